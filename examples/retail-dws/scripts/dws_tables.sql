-- Summaries by day and by week, for many reports.
create schema if not exists dws;

create table if not exists dws.sales_daily (
    sale_day    date          not null,
    shop_id     integer       not null,
    category    varchar(64)   not null,
    orders      bigint        not null,
    quantity    numeric(18,3) not null,
    amount      numeric(18,2) not null,
    paid_amount numeric(18,2) not null
) with (orientation = column)
distribute by hash (shop_id);

create table if not exists dws.sales_weekly (
    week_start  date          not null,
    shop_id     integer       not null,
    category    varchar(64)   not null,
    orders      bigint        not null,
    amount      numeric(18,2) not null,
    growth      numeric(9,4)
) with (orientation = column)
distribute by hash (shop_id);

create table if not exists dws.member_daily (
    sale_day    date          not null,
    member_id   bigint        not null,
    orders      bigint        not null,
    amount      numeric(18,2) not null
) with (orientation = column)
distribute by hash (member_id);
