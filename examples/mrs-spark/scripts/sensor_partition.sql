-- The day that the Spark job has written becomes visible.
alter table sensors.reading add if not exists partition (day = '${day}')
location '/sensors/clean/day=${day}';

analyze table sensors.reading partition (day = '${day}') compute statistics;
