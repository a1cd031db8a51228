-- Page views of the web shop, counted by product and minute.
create source stream clicks (
    member_id   bigint,
    product_id  bigint,
    page        string,
    clicked_at  timestamp
) with (
    type = "dis",
    channel = "retail-clicks",
    encode = "json"
) timestamp by clicked_at.rowtime;

create sink stream product_minutes (
    product_id  bigint,
    minute_end  timestamp,
    views       bigint
) with (
    type = "dis",
    channel = "retail-product-minutes",
    encode = "json"
);

insert into product_minutes
select product_id,
       tumble_end(clicked_at, interval '1' minute),
       count(*)
from clicks
where page = 'product'
group by tumble(clicked_at, interval '1' minute), product_id;
