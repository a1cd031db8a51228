-- Averages and extremes by machine and hour.
insert overwrite table sensors.reading_hourly partition (day = '${day}')
select machine_id,
       sensor,
       hour(measured_at) as hour_of_day,
       avg(value),
       min(value),
       max(value),
       count(*)
from sensors.reading
where day = '${day}'
  and quality = 'GOOD'
group by machine_id, sensor, hour(measured_at);
