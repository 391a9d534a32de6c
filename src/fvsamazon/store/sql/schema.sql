-- Times are microseconds since 1970 in UTC unless a comment says otherwise.

create table meta (
  key text primary key,
  value text not null
) strict, without rowid;

-- A selling account: known by region and name, never by its token.
create table account (
  id integer primary key,
  region text not null,
  name text not null,
  token_hash blob,                          -- keyed hash of the refresh token
  secret_hash blob,                         -- keyed hash of the client secret
  token_seen_at integer,                    -- when this refresh token was first seen
  secret_seen_at integer,                   -- when this client secret was first seen
  active integer not null default 1,        -- named by the settings in force
  state text not null default 'starting',   -- starting ok throttled failing attention
  reason text,
  failing_since integer,
  failures integer not null default 0,
  retry_at integer,
  live_due_at integer,
  live_polled_at integer,
  live_density real,                        -- updated orders a second, as last seen
  live_span_limit real,                     -- seconds; set while page tokens are refused
  history_density real,                     -- created orders a second
  history_span_limit real,
  history_called_at integer,
  sweep_round integer not null default 0,
  sweep_mark integer,                       -- the sweep has gone down to here
  sweep_called_at integer,
  suspect_from integer,                     -- a window from which an order left while it was read
  suspect_to integer,
  clock_offset integer,                     -- Amazon's clock less ours, in microseconds
  bound_widened real not null default 0,    -- seconds added to the distance of the upper bound
  participations text,
  participations_at integer,
  participations_state text,
  tax_registration_seen integer not null default 0,
  newest_order_at integer,
  quiet_since integer,
  unique (region, name)
) strict;

create table token (
  account_id integer primary key references account (id),
  sealed blob not null,
  valid_until integer not null
) strict;

create table bucket (
  account_id integer not null references account (id),
  operation text not null,
  tokens real not null,
  elapsed real not null,                    -- seconds since the start of the machine
  boot text not null,
  wall integer not null,
  rate real not null,                       -- tokens a second
  burst real not null,
  pending integer not null,
  primary key (account_id, operation)
) strict, without rowid;

-- Up to where everything is recorded, for each marketplace ('*': no filter at all).
create table coverage (
  account_id integer not null references account (id),
  marketplace text not null,
  live_mark integer,                        -- every update up to here is recorded
  history_high integer,                     -- everything created between these two is recorded
  history_low integer,
  history_target integer,                   -- how far back history_low has to go
  primary key (account_id, marketplace)
) strict, without rowid;

-- A search in progress: its query, which stays the same to its end, and the next page.
create table traversal (
  account_id integer not null references account (id),
  kind text not null,                       -- live history sweep
  family text not null,                     -- updated created
  after integer not null,
  before integer not null,
  marketplaces text not null,               -- ids joined by commas; empty: no filter
  included_data text not null,
  covers text not null,                     -- the rows of coverage that its end moves
  page_token text not null,
  pages integer not null,
  orders integer not null,
  new_orders integer not null,
  changed_orders integer not null,
  bound integer,                            -- the earliest upper bound that an answer named
  seen_tokens blob not null,                -- eight bytes of hash for each page token used
  started_at integer not null,
  primary key (account_id, kind)
) strict, without rowid;

-- Live traversals of several pages: an order that left one early may have hidden another. A row
-- goes when everything that was updated while its window was read has been seen.
create table paged_window (
  account_id integer not null references account (id),
  after integer not null,
  before integer not null,
  started_at integer not null,
  ended_at integer not null,
  primary key (account_id, after, before)
) strict, without rowid;

create table orders (
  id integer primary key,
  region text not null,
  order_id text not null,
  account_id integer not null references account (id),
  marketplace_id text,
  channel text,
  status text,
  fulfilled_by text,
  created_at integer not null,
  updated_at integer not null,
  created_text text not null,
  updated_text text not null,
  currency text,
  grand_total text,
  content_hash blob not null,
  payload blob not null,                    -- zlib of Amazon's JSON, public part
  first_seen_at integer not null,
  recorded_at integer not null,
  first_shipped_at integer,                 -- lastUpdatedTime of the first version seen SHIPPED
  first_delivered_at integer,               -- the same for DELIVERED
  cancelled_at integer,
  unique (region, order_id)
) strict;

create index orders_by_created on orders (account_id, created_at);

create table order_version (
  order_row integer not null references orders (id),
  updated_at integer not null,
  content_hash blob not null,
  status text,
  seen_at integer not null,
  primary key (order_row, updated_at, content_hash)
) strict, without rowid;

create table unreadable (
  id integer primary key,
  account_id integer not null references account (id),
  order_id text not null,
  fetchable integer not null,               -- order_id is a real order id, not a fingerprint
  reason text not null,
  first_seen_at integer not null,
  attempts integer not null default 0,
  next_at integer not null,
  program text not null,                    -- version that could not read it
  unique (account_id, order_id)
) strict;

create table counter (
  account_id integer not null references account (id),
  name text not null,                       -- orders versions late
  value integer not null,
  primary key (account_id, name)
) strict, without rowid;

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

-- The ciphertexts of personal data. A row is never deleted and never changes its length; it is
-- overwritten where it lies. When rows of other lengths come and go, SQLite may leave a copy of a
-- row behind in the unused part of a page, which secure_delete does not clear.
create table slot (
  id integer primary key,
  sealed blob not null
) strict;

-- Slots of so many bytes that are all zeros and wait for the next ciphertext of that length.
create table free_slot (
  size integer not null,
  id integer not null references slot (id),
  primary key (size, id)
) strict, without rowid;

-- What is kept of an order beside its public payload.
create table personal (
  order_row integer not null references orders (id),
  field text not null,                      -- order: what Amazon sent
  version_at integer not null,              -- lastUpdatedTime of the version that it is from
  key_id blob not null,
  nonce blob not null,
  slot integer not null unique references slot (id),
  stored_at integer not null,
  primary key (order_row, field)
) strict, without rowid;

create index personal_by_key on personal (key_id);

-- Orders that hold, or held, personal data. The mark of an erased one stays for good.
create table order_privacy (
  order_row integer primary key references orders (id),
  clock_at integer,                         -- from here retention counts; empty: not begun
  erased_at integer,
  why text                                  -- retention request
) strict;

create index order_privacy_due on order_privacy (clock_at) where erased_at is null;
create index order_privacy_erased on order_privacy (erased_at) where erased_at is not null;

-- Every key that this file's ciphertexts were made with, by its id (no key follows from it).
create table encryption_key (
  key_id blob primary key,
  first_used_at integer not null,
  retired_at integer
) strict, without rowid;

-- That personal data was erased: when, why, by whom; never what it was.
create table erasure (
  id integer primary key,
  at integer not null,
  why text not null,                        -- retention request key_lost
  user_id integer,                          -- empty: the program itself
  order_row integer references orders (id), -- where one order's was asked for
  orders integer not null,
  parts integer not null
) strict;

-- Which person read personal data, when, of which order.
create table personal_access (
  id integer primary key,
  at integer not null,
  user_id integer not null,
  login_id integer,                         -- who logged in, where that is another (sudo)
  command text not null,
  order_row integer not null references orders (id)
) strict;

create index personal_access_by_order on personal_access (order_row);

-- What was told to people and is not to be repeated at every start.
create table notice (
  name text primary key,
  told_at integer not null
) strict, without rowid;
