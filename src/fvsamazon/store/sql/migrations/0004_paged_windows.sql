-- An account keeps every live window of several pages until nothing more can be told of it: what
-- left the first one may be seen only behind a second.
create table several_paged (
  account_id integer not null references account (id),
  after integer not null,
  before integer not null,
  started_at integer not null,
  ended_at integer not null,
  primary key (account_id, after, before)
) strict, without rowid;

insert into several_paged (account_id, after, before, started_at, ended_at)
  select account_id, after, before, started_at, ended_at from paged_window;

drop table paged_window;

alter table several_paged rename to paged_window;
