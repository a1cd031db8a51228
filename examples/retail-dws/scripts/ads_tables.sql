-- What people and applications read.
create schema if not exists ads;

create table if not exists ads.sales_report (
    sale_day    date          not null,
    shop_id     integer       not null,
    amount      numeric(18,2) not null,
    share       numeric(7,4)  not null,
    rank_no     integer       not null
) distribute by hash (shop_id);

create table if not exists ads.top_product (
    sale_day    date          not null,
    rank_no     integer       not null,
    product_id  bigint        not null,
    name        varchar(128)  not null,
    amount      numeric(18,2) not null
) distribute by hash (product_id);

create table if not exists ads.member_report (
    sale_day    date          not null,
    city        varchar(64)   not null,
    new_members bigint        not null,
    buyers      bigint        not null,
    amount      numeric(18,2) not null
) distribute by hash (city);

create table if not exists ads.stock_alert (
    product_id  bigint        not null,
    name        varchar(128)  not null,
    stock       integer       not null,
    days_left   numeric(9,1)  not null
) distribute by hash (product_id);
