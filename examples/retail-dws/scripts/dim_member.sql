-- The latest row of each member; the phone number leaves ODS masked only.
start transaction;

truncate table dwd.dim_member;

insert into dwd.dim_member
select member_id,
       name,
       regexp_replace(phone, '^(\d{3})\d+(\d{4})$', '\1****\2'),
       coalesce(nullif(trim(city), ''), '未知'),
       joined_on
from (
    select m.*, row_number() over (partition by member_id order by load_day desc) as newest
    from ods.member m
) latest
where newest = 1;

commit;
