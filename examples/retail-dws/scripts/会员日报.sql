-- 会员日报：按城市统计新增会员、购买会员和消费金额。
start transaction;

delete from ads.member_report
where sale_day = to_date('${day}', 'yyyymmdd');

insert into ads.member_report
select to_date('${day}', 'yyyymmdd'),
       m.city,
       count(case when m.joined_on = to_date('${day}', 'yyyymmdd') then 1 end),
       count(d.member_id),
       coalesce(sum(d.amount), 0)
from dwd.dim_member m
left join dws.member_daily d
       on d.member_id = m.member_id
      and d.sale_day = to_date('${day}', 'yyyymmdd')
group by m.city;

commit;
