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
