-- Lines of paid orders; the payment is shared out by the lines' amounts.
start transaction;

delete from dwd.order_line
where sale_day = to_date('${day}', 'yyyymmdd');

insert into dwd.order_line
with paid as (
    select order_id, sum(amount) as amount
    from ods.payment
    where load_day = '${day}'
    group by order_id
), line as (
    select l.order_id, l.line_no, l.product_id, l.quantity,
           round(l.quantity * l.unit_price - l.discount, 2) as amount
    from ods.order_line l
    where l.load_day = '${day}'
)
select o.order_id,
       line.line_no,
       o.ordered_at::date,
       o.shop_id,
       o.member_id,
       line.product_id,
       line.quantity,
       line.amount,
       round(paid.amount * line.amount
             / nullif(sum(line.amount) over (partition by o.order_id), 0), 2)
from ods.sale_order o
join line on line.order_id = o.order_id
join paid on paid.order_id = o.order_id
where o.load_day = '${day}'
  and o.status in ('PAID', 'SHIPPED', 'DONE')
  and line.amount > 0;

commit;
