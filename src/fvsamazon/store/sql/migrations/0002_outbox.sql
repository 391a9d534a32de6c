-- What is to stand in Finvalda for an order, or stands there: at most a sale and a reservation.
create table outbox (
  id integer primary key,
  order_row integer not null references orders (id),
  kind text not null,                       -- sale reservation
  state text not null,                      -- not_due due sending in_doubt booked held failed skipped
  speaks integer not null default 1,        -- the row that tells the order's delivery
  aim text not null default 'book',         -- book remove
  revision integer not null default 0,      -- moves with every change, whoever makes it
  ordered_at integer not null,              -- when the order was made: the oldest goes first
  next_attempt_at integer,                  -- empty: nothing to do until something changes
  attempts integer not null default 0,      -- times that it was sent
  failures integer not null default 0,      -- passing faults in a row
  why text,                                 -- what it waits for: by_version by_person … of a hold
  reasons text,                             -- JSON: code, sentence and remedy in both languages
  operation_class text,
  parameter text,
  document blob,                            -- zlib of the very text that was sent
  version_hash blob,                        -- content_hash of the order version that it was built from
  facts blob,                               -- zlib: what that version says, to compare later ones by
  currency text,
  total text,
  client text,
  series text,
  number_text text,                         -- the document's number
  journal text,
  number integer,                           -- the operation's number in its journal
  sent_at integer,
  sent_elapsed real,                        -- seconds since the start of the machine `sent_boot`
  sent_boot text,
  looked_up_at integer,
  looked_up_elapsed real,
  absences integer not null default 0,      -- look-ups in a row that found nothing and count
  booked_at integer,
  verify_at integer,                        -- when to see whether it still stands
  unique (order_row, kind)
) strict;

create index outbox_due on outbox (next_attempt_at) where next_attempt_at is not null;
create index outbox_verify on outbox (verify_at) where verify_at is not null;
create index outbox_by_state on outbox (state, ordered_at);

-- Orders by the state of their delivery; those that are not counted have none.
create table delivery_count (
  state text primary key,
  value integer not null
) strict, without rowid;

create trigger outbox_in after insert on outbox when new.speaks begin insert into delivery_count (state, value) values (new.state, 1) on conflict (state) do update set value = value + 1; end;
create trigger outbox_out after delete on outbox when old.speaks begin update delivery_count set value = value - 1 where state = old.state; end;
create trigger outbox_moved after update of state, speaks on outbox begin update delivery_count set value = value - 1 where state = old.state and old.speaks; insert into delivery_count (state, value) select new.state, 1 where new.speaks on conflict (state) do update set value = value + 1; end;

-- A service that documents go to, while it does not take them.
create table destination (
  name text primary key,
  state text not null,                      -- up down attention
  reasons text,
  since integer,
  failures integer not null default 0,
  retry_at integer
) strict, without rowid;
