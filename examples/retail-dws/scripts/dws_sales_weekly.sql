-- The week that ended, and its growth over the week before.
start transaction;

delete from dws.sales_weekly
where week_start = date_trunc('week', to_date('${day}', 'yyyymmdd'))::date;

insert into dws.sales_weekly
with week as (
    select date_trunc('week', sale_day)::date as week_start,
           shop_id, category, sum(orders) as orders, sum(amount) as amount
    from dws.sales_daily
    where sale_day >= date_trunc('week', to_date('${day}', 'yyyymmdd'))::date - 7
    group by 1, 2, 3
)
select now.week_start, now.shop_id, now.category, now.orders, now.amount,
       round((now.amount - before.amount) / nullif(before.amount, 0), 4)
from week now
left join week before
       on before.shop_id = now.shop_id
      and before.category = now.category
      and before.week_start = now.week_start - 7
where now.week_start = date_trunc('week', to_date('${day}', 'yyyymmdd'))::date;

commit;
