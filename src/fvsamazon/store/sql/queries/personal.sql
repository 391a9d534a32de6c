-- name: standing
select o.id, o.order_id, o.account_id, o.updated_at, o.payload, o.first_delivered_at,
       o.cancelled_at, o.first_shipped_at, v.clock_at, v.erased_at,
       v.order_row is not null as known
from json_each(:ids) as wanted
join orders as o on o.region = :region and o.order_id = wanted.value
left join order_privacy as v on v.order_row = o.id
where :personal or v.order_row is not null

-- name: part
select p.order_row, p.field, p.version_at, p.key_id, p.nonce, p.slot, p.stored_at, s.sealed
from personal as p join slot as s on s.id = p.slot
where p.order_row = ? and p.field = ?

-- name: parts
select p.order_row, p.field, p.version_at, p.key_id, p.nonce, p.slot, p.stored_at, s.sealed
from json_each(:rows) as wanted
join personal as p on p.order_row = wanted.value
join slot as s on s.id = p.slot
where p.field = :field

-- name: put
insert into personal (order_row, field, version_at, key_id, nonce, slot, stored_at)
values (:order_row, :field, :version_at, :key_id, :nonce, :slot, :now)
on conflict (order_row, field) do update set
  version_at = excluded.version_at, key_id = excluded.key_id, nonce = excluded.nonce,
  slot = excluded.slot, stored_at = excluded.stored_at

-- name: know_key
insert into encryption_key (key_id, first_used_at) values (?, ?)
on conflict (key_id) do update set retired_at = null where retired_at is not null

-- name: clock
insert into order_privacy (order_row, clock_at) values (?, ?)
on conflict (order_row) do update set clock_at = excluded.clock_at where erased_at is null

-- name: due
select order_row from order_privacy
where erased_at is null and clock_at <= ? order by clock_at limit ?

-- name: due_count
select count(*) as n from order_privacy where erased_at is null and clock_at <= ?

-- name: empty_slots
update slot set sealed = zeroblob(length(sealed))
where id in (select slot from personal where order_row in (select value from json_each(?)))

-- name: free_slots
insert into free_slot (size, id)
select length(s.sealed), s.id from personal as p join slot as s on s.id = p.slot
where p.order_row in (select value from json_each(?))

-- name: drop_parts
delete from personal where order_row in (select value from json_each(?))

-- name: mark
insert into order_privacy (order_row, erased_at, why)
select value, :now, :why from json_each(:rows) where true
on conflict (order_row) do update set erased_at = excluded.erased_at, why = excluded.why
where erased_at is null

-- name: of_key
select p.order_row, p.field, p.version_at, p.key_id, p.nonce, p.slot, p.stored_at, s.sealed, o.region, o.order_id
from personal as p join slot as s on s.id = p.slot join orders as o on o.id = p.order_row
where p.key_id = ? and (p.order_row, p.field) > (?, ?)
order by p.order_row, p.field limit ?

-- name: figures
select (select count(*) from order_privacy where erased_at is null) as kept,
       (select count(*) from order_privacy where erased_at is not null) as erased,
       (select min(clock_at) from order_privacy where erased_at is null) as oldest,
       (select max(at) from erasure) as last_erasure,
       (select cast(value as integer) from meta where key = :purge) as last_purge,
       (select cast(value as integer) from meta where key = :bytes) as bytes_kept_since

-- name: note_bytes
insert into meta (key, value) values (?, ?) on conflict (key) do nothing

-- name: note_purge
insert into meta (key, value) values (?, ?)
on conflict (key) do update set value = excluded.value

-- name: erased_mark
select erased_at, why from order_privacy where order_row = ? and erased_at is not null
