-- Fails the node when a day has arrived empty, or far smaller than usual.
with counted as (
    select load_day, count(*) as line_count
    from ods.${table}
    where load_day between to_char(to_date('${day}', 'yyyymmdd') - 7, 'yyyymmdd') and '${day}'
    group by load_day
), usual as (
    select avg(line_count) as line_count
    from counted
    where load_day < '${day}'
)
select 1 / case
    when coalesce(today.line_count, 0) = 0 then 0
    when today.line_count < usual.line_count * 0.5 then 0
    else 1
end as arrived
from usual
left join counted today on today.load_day = '${day}';
