-- What arrives from the shops' databases, one partition a day.
create schema if not exists ods;

create table if not exists ods.sale_order (
    order_id    bigint        not null,
    member_id   bigint,
    shop_id     integer       not null,
    status      varchar(16)   not null,
    ordered_at  timestamp     not null,
    load_day    char(8)       not null
) with (orientation = column)
distribute by hash (order_id);

create table if not exists ods.order_line (
    order_id    bigint        not null,
    line_no     smallint      not null,
    product_id  bigint        not null,
    quantity    numeric(12,3) not null,
    unit_price  numeric(12,2) not null,
    discount    numeric(12,2) not null default 0,
    load_day    char(8)       not null
) with (orientation = column)
distribute by hash (order_id);

create table if not exists ods.payment (
    payment_id  bigint        not null,
    order_id    bigint        not null,
    channel     varchar(16)   not null,
    amount      numeric(12,2) not null,
    paid_at     timestamp     not null,
    load_day    char(8)       not null
) with (orientation = column)
distribute by hash (order_id);

create table if not exists ods.member (
    member_id   bigint        not null,
    name        varchar(64)   not null,
    phone       varchar(32),
    city        varchar(64),
    joined_on   date          not null,
    load_day    char(8)       not null
) with (orientation = column)
distribute by hash (member_id);

create table if not exists ods.product (
    product_id  bigint        not null,
    name        varchar(128)  not null,
    category    varchar(64)   not null,
    list_price  numeric(12,2) not null,
    stock       integer       not null,
    load_day    char(8)       not null
) with (orientation = column)
distribute by hash (product_id);
