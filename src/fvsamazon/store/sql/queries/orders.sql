-- name: known
select o.id, o.order_id, o.account_id, o.updated_at, o.content_hash, o.status,
       o.first_shipped_at, o.first_delivered_at, o.cancelled_at, a.active as held
from json_each(:ids) as wanted
join orders as o on o.region = :region and o.order_id = wanted.value
join account as a on a.id = o.account_id

-- name: payloads
select o.order_id, o.payload
from json_each(:ids) as wanted
join orders as o on o.region = :region and o.order_id = wanted.value

-- name: insert
insert into orders (
  region, order_id, account_id, marketplace_id, channel, status, fulfilled_by,
  created_at, updated_at, created_text, updated_text, currency, grand_total,
  content_hash, payload, first_seen_at, recorded_at,
  first_shipped_at, first_delivered_at, cancelled_at
) values (
  :region, :order_id, :account_id, :marketplace_id, :channel, :status, :fulfilled_by,
  :created_at, :updated_at, :created_text, :updated_text, :currency, :grand_total,
  :content_hash, :payload, :now, :now,
  :first_shipped_at, :first_delivered_at, :cancelled_at
)

-- name: update
update orders set
  account_id = :account_id, marketplace_id = :marketplace_id, channel = :channel, status = :status,
  fulfilled_by = :fulfilled_by, created_at = :created_at, updated_at = :updated_at,
  created_text = :created_text, updated_text = :updated_text, currency = :currency,
  grand_total = :grand_total, content_hash = :content_hash, payload = :payload,
  recorded_at = :now, first_shipped_at = :first_shipped_at,
  first_delivered_at = :first_delivered_at, cancelled_at = :cancelled_at
where id = :id

-- name: add_version
insert into order_version (order_row, updated_at, content_hash, status, seen_at)
select id, :updated_at, :content_hash, :version_status, :now
from orders where region = :region and order_id = :order_id
on conflict (order_row, updated_at, content_hash) do nothing

-- name: version_exists
select 1 from order_version where order_row = ? and updated_at = ? and content_hash = ?

-- name: among_unreadable
select order_id from unreadable
where account_id = :account_id and order_id in (select value from json_each(:ids))

-- name: forget_unreadable
delete from unreadable where account_id = ? and order_id in (select value from json_each(?))

-- name: set_aside
insert into unreadable (account_id, order_id, fetchable, reason, first_seen_at, next_at, program)
values (:account_id, :order_id, :fetchable, :reason, :now, :next_at, :program)
on conflict (account_id, order_id) do update set reason = excluded.reason

-- name: unreadable_due
select id, order_id, attempts, reason from unreadable
where account_id = :account_id and fetchable = 1
  and (next_at <= :now or next_at > :beyond or program <> :program)
order by next_at limit 1

-- name: unreadable_next
select min(case when program <> :program then 0 else next_at end) as next_at
from unreadable where account_id = :account_id and fetchable = 1

-- name: unreadable_failed
update unreadable
set attempts = attempts + 1, next_at = :next_at, reason = :reason, program = :program
where id = :id

-- name: unreadable_all
select a.region, a.name as account, u.order_id, u.fetchable, u.reason, u.first_seen_at,
       u.attempts, u.next_at
from unreadable as u join account as a on a.id = u.account_id
order by u.first_seen_at

-- name: get
select o.*, a.name as account,
       x.state as delivery_state, x.number_text as delivery_document, x.journal as delivery_journal,
       x.number as delivery_number, x.reasons as delivery_reasons
from orders as o join account as a on a.id = o.account_id
left join outbox as x on x.order_row = o.id and x.speaks = 1
where o.order_id = :order_id
order by o.region

-- name: versions
select updated_at, content_hash, status, seen_at from order_version
where order_row = ? order by updated_at, seen_at

-- name: each
select o.*, a.name as account,
       x.state as delivery_state, x.number_text as delivery_document, x.journal as delivery_journal,
       x.number as delivery_number, x.reasons as delivery_reasons
from orders as o join account as a on a.id = o.account_id
left join outbox as x on x.order_row = o.id and x.speaks = 1
where o.id > :after
  and (:region is null or o.region = :region)
  and (:since is null or o.updated_at >= :since)
  and (:status is null or o.status = :status)
  and (:account is null or a.name = :account)
order by o.id limit :limit

-- name: newest
select o.*, a.name as account,
       x.state as delivery_state, x.number_text as delivery_document, x.journal as delivery_journal,
       x.number as delivery_number, x.reasons as delivery_reasons
from account as a join orders as o on o.account_id = a.id
left join outbox as x on x.order_row = o.id and x.speaks = 1
where a.id = :account_id
  and (:since is null or o.updated_at >= :since)
  and (:status is null or o.status = :status)
order by o.created_at desc limit :limit

-- name: newest_created
select created_at from orders where account_id = :account_id
order by created_at desc limit :limit

-- name: late_versions
select count(*) as n from order_version as v join orders as o on o.id = v.order_row
where o.account_id = :account_id and v.updated_at >= :since
  and v.seen_at - v.updated_at > :micros
