-- The latest row of each product.
start transaction;

truncate table dwd.dim_product;

insert into dwd.dim_product
select product_id, name, category, list_price, stock
from (
    select p.*, row_number() over (partition by product_id order by load_day desc) as newest
    from ods.product p
) latest
where newest = 1;

commit;
