-- Each shop's share of the day.
start transaction;

delete from ads.sales_report
where sale_day = to_date('${day}', 'yyyymmdd');

insert into ads.sales_report
select sale_day,
       shop_id,
       amount,
       round(amount / nullif(sum(amount) over (), 0), 4),
       rank() over (order by amount desc)
from (
    select sale_day, shop_id, sum(paid_amount) as amount
    from dws.sales_daily
    where sale_day = to_date('${day}', 'yyyymmdd')
    group by sale_day, shop_id
) shop;

commit;
