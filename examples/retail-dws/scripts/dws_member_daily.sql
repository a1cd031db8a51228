-- What each member bought on one day.
start transaction;

delete from dws.member_daily
where sale_day = to_date('${day}', 'yyyymmdd');

insert into dws.member_daily
select sale_day, member_id, count(distinct order_id), sum(amount)
from dwd.order_line
where sale_day = to_date('${day}', 'yyyymmdd')
  and member_id is not null
group by sale_day, member_id;

commit;
