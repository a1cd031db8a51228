-- Sales of one day by shop and category.
start transaction;

delete from dws.sales_daily
where sale_day = to_date('${day}', 'yyyymmdd');

insert into dws.sales_daily
select l.sale_day,
       l.shop_id,
       p.category,
       count(distinct l.order_id),
       sum(l.quantity),
       sum(l.amount),
       sum(l.paid_amount)
from dwd.order_line l
join dwd.dim_product p on p.product_id = l.product_id
where l.sale_day = to_date('${day}', 'yyyymmdd')
group by l.sale_day, l.shop_id, p.category;

commit;
