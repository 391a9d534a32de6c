-- Run on a copy, with the database itself attached as `live`. Orders are the same by their name: a
-- copy may be of an earlier database, in which they have other numbers.

-- name: personal_due
select 1 from personal as kept
join orders as own on own.id = kept.order_row
where not exists (
  select 1 from live.orders as o join live.personal as p on p.order_row = o.id
  where o.region = own.region and o.order_id = own.order_id and p.field = kept.field
)
limit 1

-- name: overwrite_personal
update slot set sealed = zeroblob(length(sealed)) where id in (
  select kept.slot from personal as kept
  join orders as own on own.id = kept.order_row
  where not exists (
    select 1 from live.orders as o join live.personal as p on p.order_row = o.id
    where o.region = own.region and o.order_id = own.order_id and p.field = kept.field
  )
)

-- name: drop_personal
delete from personal where slot in (
  select kept.slot from personal as kept
  join orders as own on own.id = kept.order_row
  where not exists (
    select 1 from live.orders as o join live.personal as p on p.order_row = o.id
    where o.region = own.region and o.order_id = own.order_id and p.field = kept.field
  )
)

-- name: documents_due
select 1 from outbox
where document is not null and order_row in (
  select own.id from orders as own where not exists (
    select 1 from live.orders as o left join live.order_privacy as p on p.order_row = o.id
    where o.region = own.region and o.order_id = own.order_id and p.erased_at is null
  )
)
limit 1

-- name: overwrite_documents
update outbox set document = zeroblob(length(document))
where document is not null and order_row in (
  select own.id from orders as own where not exists (
    select 1 from live.orders as o left join live.order_privacy as p on p.order_row = o.id
    where o.region = own.region and o.order_id = own.order_id and p.erased_at is null
  )
)

-- name: drop_documents
update outbox set document = null
where document is not null and order_row in (
  select own.id from orders as own where not exists (
    select 1 from live.orders as o left join live.order_privacy as p on p.order_row = o.id
    where o.region = own.region and o.order_id = own.order_id and p.erased_at is null
  )
)
