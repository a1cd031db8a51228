-- The hundred products that sold best.
start transaction;

delete from ads.top_product
where sale_day = to_date('${day}', 'yyyymmdd');

insert into ads.top_product
select sale_day, rank_no, product_id, name, amount
from (
    select l.sale_day, p.product_id, p.name, sum(l.amount) as amount,
           rank() over (order by sum(l.amount) desc) as rank_no
    from dwd.order_line l
    join dwd.dim_product p on p.product_id = l.product_id
    where l.sale_day = to_date('${day}', 'yyyymmdd')
    group by l.sale_day, p.product_id, p.name
) ranked
where rank_no <= 100;

commit;
