-- name: anything
select exists (
  select 1 from personal_access
  where id > coalesce((select cast(value as integer) from meta where key = :accesses), 0)
) or exists (
  select 1 from erasure
  where user_id is not null
    and id > coalesce((select cast(value as integer) from meta where key = :erasures), 0)
) as found

-- name: accesses
select a.id, a.at, a.user_id, a.login_id, a.command, o.order_id
from personal_access as a join orders as o on o.id = a.order_row
where a.id > coalesce((select cast(value as integer) from meta where key = :key), 0)
order by a.id limit :limit

-- name: erasures
select e.id, e.at, e.why, e.user_id, o.order_id, e.orders, e.parts
from erasure as e left join orders as o on o.id = e.order_row
where e.user_id is not null
  and e.id > coalesce((select cast(value as integer) from meta where key = :key), 0)
order by e.id limit :limit

-- name: told
insert into meta (key, value) values (?, ?)
on conflict (key) do update set value = excluded.value
