-- Cleaned facts and dimensions: one row for each business key.
create schema if not exists dwd;

create table if not exists dwd.order_line (
    order_id    bigint        not null,
    line_no     smallint      not null,
    sale_day    date          not null,
    shop_id     integer       not null,
    member_id   bigint,
    product_id  bigint        not null,
    quantity    numeric(12,3) not null,
    amount      numeric(12,2) not null,
    paid_amount numeric(12,2) not null
) with (orientation = column)
distribute by hash (order_id);

create table if not exists dwd.dim_member (
    member_id   bigint        not null,
    name        varchar(64)   not null,
    phone_mask  varchar(32),
    city        varchar(64)   not null,
    joined_on   date          not null
) with (orientation = column)
distribute by replication;

create table if not exists dwd.dim_product (
    product_id  bigint        not null,
    name        varchar(128)  not null,
    category    varchar(64)   not null,
    list_price  numeric(12,2) not null,
    stock       integer       not null
) with (orientation = column)
distribute by replication;
