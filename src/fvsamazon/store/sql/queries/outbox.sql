-- name: get
select * from outbox where id = ?

-- name: of_order
select * from outbox where order_row = ? order by kind desc

-- name: due
select id from outbox where next_attempt_at <= :now or next_attempt_at > :beyond
order by ordered_at, id limit :limit

-- name: due_count
select count(*) as n from outbox where state = 'due'

-- name: verifiable
select id from outbox where verify_at <= :now and state = 'booked' order by verify_at limit 1

-- name: next_verification
select min(verify_at) as at from outbox where verify_at is not null

-- name: put_off
select count(*) over () as orders, o.order_id, x.failures, x.reasons
from outbox as x join orders as o on o.id = x.order_row
where x.next_attempt_at is not null and x.failures >= :failures
  and x.state not in ('held', 'failed')
order by x.ordered_at, x.id limit 1

-- name: insert
insert into outbox (order_row, kind, state, aim, ordered_at, next_attempt_at)
values (:order_row, :kind, 'due', :aim, :ordered_at, :now)
on conflict (order_row, kind) do nothing

-- name: wake_order
update outbox set next_attempt_at = min(coalesce(next_attempt_at, :now), :now),
  revision = revision + 1, failures = 0
where order_row = :order_row
  and state not in ('in_doubt', 'sending') and not (state = 'skipped' and why = 'by_person')

-- name: wake_touched
update outbox set next_attempt_at = :now, revision = revision + 1
where state = 'held' and (why is null or why <> 'by_version')
  and order_row in (select o.id from json_each(:ids) as wanted
    join orders as o on o.region = :region and o.order_id = wanted.value)

-- name: touch_order
update outbox set revision = revision + 1
where order_row = :order_row and state in ('in_doubt', 'sending')

-- name: revive
update outbox set state = 'due', reasons = null, why = null
where order_row = :order_row and state = 'not_due' and kind = :kind

-- name: speak
update outbox set speaks = (id = (
    select id from outbox where order_row = :order_row
    order by state = 'not_due', kind = 'reservation' limit 1))
where order_row = :order_row and speaks <> (id = (
    select id from outbox where order_row = :order_row
    order by state = 'not_due', kind = 'reservation' limit 1))

-- name: wake_held
update outbox set next_attempt_at = :now, revision = revision + 1
where state in ('held', 'failed') and (why is null or why <> 'by_version')

-- name: wake_put_off
update outbox set next_attempt_at = :now, revision = revision + 1
where state = 'due' and failures > 0 and next_attempt_at > :now

-- name: wake_skipped
update outbox set next_attempt_at = :now, revision = revision + 1
where state = 'skipped' and why = 'by_rule'

-- name: wake_account
update outbox set next_attempt_at = :now, revision = revision + 1
where state = 'held' and (why is null or why <> 'by_version')
  and order_row in (select id from orders where account_id = :account_id)

-- name: sending
select * from outbox where state = 'sending'

-- name: interrupted
update outbox set state = 'in_doubt', revision = revision + 1, absences = 0,
  next_attempt_at = :now
where state = 'sending'

-- name: counts
select state, value from delivery_count

-- name: recorded
select coalesce(sum(value), 0) as n from counter where name = 'orders'

-- name: deliveries
select x.*, o.order_id, o.region, a.name as account, o.status, o.created_text
from outbox as x join orders as o on o.id = x.order_row join account as a on a.id = o.account_id
where x.speaks = 1 and (:state is null or x.state = :state)
  and (:state is not null or x.state <> 'not_due')
order by x.ordered_at desc limit :limit

-- name: of_order_id
select x.*, o.order_id, o.region, a.name as account, o.status, o.created_text
from outbox as x join orders as o on o.id = x.order_row join account as a on a.id = o.account_id
where o.order_id = :order_id order by x.speaks desc

-- name: order
select o.*, a.name as account, a.tax_registration_seen from orders as o
join account as a on a.id = o.account_id where o.id = ?

-- name: wanting
select o.id, o.status, o.created_at, case when o.status = 'CANCELLED' then o.payload end as payload,
  exists (select 1 from outbox as x where x.order_row = o.id) as known
from orders as o where o.id > :after order by o.id limit :limit

-- name: rows_of
select o.id, o.order_id, o.created_at from json_each(:ids) as wanted
join orders as o on o.region = :region and o.order_id = wanted.value
where o.account_id = :account_id

-- name: meta
select value from meta where key = ?

-- name: set_meta
insert into meta (key, value) values (:key, :value)
on conflict (key) do update set value = excluded.value

-- name: destination
select * from destination where name = ?

-- name: set_destination
insert into destination (name, state, reasons, since, failures, retry_at)
values (:name, :state, :reasons, :since, :failures, :retry_at)
on conflict (name) do update set state = excluded.state, reasons = excluded.reasons,
  since = excluded.since, failures = excluded.failures, retry_at = excluded.retry_at
