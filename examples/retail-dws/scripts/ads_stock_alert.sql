-- Products that sell out within a week at the pace of the last two.
start transaction;

truncate table ads.stock_alert;

insert into ads.stock_alert
select p.product_id, p.name, p.stock, round(p.stock / nullif(pace.a_day, 0), 1)
from dwd.dim_product p
join (
    select product_id, sum(quantity) / 14 as a_day
    from dwd.order_line
    where sale_day > to_date('${day}', 'yyyymmdd') - 14
    group by product_id
) pace on pace.product_id = p.product_id
where p.stock < pace.a_day * 7;

commit;
