"""Encrypted personal data as it lies in the database, and the records about it.

In: ciphertexts, never a plain value. A ciphertext lies in a slot that is overwritten with zeros
when it goes (see `0003_personal.sql`); `Database.checkpoint` afterwards makes the bytes go from the
write-ahead log too. Every erasure and every reading by a person leaves a record here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from fvsamazon.store import queries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from fvsamazon.store.database import Database, Transaction

Why = Literal["retention", "request"]

_LAST_PURGE = "last_purge"
_BYTES_KEPT = "erased_bytes_since"

ORDER = "order"
"""Field of what Amazon sent of an order and may not stand in the clear."""


class Source(Protocol):
    """A database or a transaction: what can be read from."""

    async def all(
        self, sql: str, values: Sequence[Any] | dict[str, Any] = ()
    ) -> list[sqlite3.Row]: ...

    async def one(
        self, sql: str, values: Sequence[Any] | dict[str, Any] = ()
    ) -> sqlite3.Row | None: ...


@dataclass(frozen=True, slots=True)
class Part:
    """One encrypted part; `version_at` is the lastUpdatedTime of the version that it is from."""

    order_row: int
    field: str
    version_at: int
    key_id: bytes
    nonce: bytes
    sealed: bytes
    slot: int
    stored_at: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What `status` shows: orders kept and erased, the oldest clock, the last erasure.

    `last_purge` is when one went through, though it found nothing; `bytes_kept_since`, from when
    erased bytes may still lie in the write-ahead log.
    """

    kept: int = 0
    erased: int = 0
    oldest: int | None = None
    last_erasure: int | None = None
    last_purge: int | None = None
    bytes_kept_since: int | None = None


def _sql(name: str) -> str:
    return queries.load("personal")[name]


def _part(row: sqlite3.Row) -> Part:
    return Part(
        row["order_row"],
        row["field"],
        row["version_at"],
        row["key_id"],
        row["nonce"],
        row["sealed"],
        row["slot"],
        row["stored_at"],
    )


async def standing(
    source: Source, region: str, ids: Iterable[str], *, personal: bool
) -> list[sqlite3.Row]:
    """Return how recorded orders stand; without `personal` only those that hold or held any."""
    return await source.all(
        _sql("standing"),
        {"region": region, "ids": json.dumps(list(ids)), "personal": int(personal)},
    )


async def parts(source: Source, rows: Iterable[int], field: str = ORDER) -> dict[int, Part]:
    """Return one field's parts of some orders, by the order's row."""
    found = await source.all(_sql("parts"), {"rows": json.dumps(list(rows)), "field": field})
    return {row["order_row"]: _part(row) for row in found}


async def part(source: Source, order_row: int, field: str = ORDER) -> Part | None:
    """Return one part of one order."""
    row = await source.one(_sql("part"), (order_row, field))
    return _part(row) if row else None


async def put(
    tx: Transaction,
    *,
    order_row: int,
    field: str,
    version_at: int,
    sealed: tuple[bytes, bytes, bytes],
    now: int,
) -> None:
    """Write a part, over the one that was there; `sealed` is key id, nonce and ciphertext."""
    key_id, nonce, ciphertext = sealed
    before = await part(tx, order_row, field)
    if before is not None and len(before.sealed) == len(ciphertext):
        slot = before.slot
        await tx.execute("update slot set sealed = ? where id = ?", (ciphertext, slot))
    else:
        if before is not None:
            await _empty(tx, before)
        slot = await _fill(tx, ciphertext)
    await tx.execute(
        _sql("put"),
        {
            "order_row": order_row,
            "field": field,
            "version_at": version_at,
            "key_id": key_id,
            "nonce": nonce,
            "slot": slot,
            "now": now,
        },
    )


async def _empty(tx: Transaction, gone: Part) -> None:
    """Overwrite a slot; its row in `personal` goes with the caller's next statement."""
    size = len(gone.sealed)
    await tx.execute("update slot set sealed = zeroblob(?) where id = ?", (size, gone.slot))
    await tx.execute("insert into free_slot (size, id) values (?, ?)", (size, gone.slot))


async def _fill(tx: Transaction, ciphertext: bytes) -> int:
    size = len(ciphertext)
    free = await tx.one("select id from free_slot where size = ? limit 1", (size,))
    if free is None:
        return await tx.insert("insert into slot (sealed) values (?)", (ciphertext,))
    slot: int = free["id"]
    await tx.execute("delete from free_slot where size = ? and id = ?", (size, slot))
    await tx.execute("update slot set sealed = ? where id = ?", (ciphertext, slot))
    return slot


async def set_clock(tx: Transaction, order_row: int, clock_at: int | None) -> None:
    """Note from when an order's retention counts."""
    await tx.execute(_sql("clock"), (order_row, clock_at))


async def clock_offset(source: Source, account_id: int) -> int | None:
    """Return Amazon's clock less ours as an account last saw it, in microseconds."""
    row = await source.one("select clock_offset from account where id = ?", (account_id,))
    return row["clock_offset"] if row else None


async def due(source: Source, before: int, limit: int) -> list[int]:
    """Return orders whose clock began before a moment, the longest kept first."""
    return [row["order_row"] for row in await source.all(_sql("due"), (before, limit))]


async def due_count(source: Source, before: int) -> int:
    """Return how many orders `due` has in all."""
    row = await source.one(_sql("due_count"), (before,))
    return row["n"] if row else 0


async def erase(tx: Transaction, rows: Sequence[int], *, why: Why, now: int) -> int:
    """Overwrite everything personal of some orders and mark them; return how many parts went."""
    ids = json.dumps(list(rows))
    gone = await _drop(tx, ids, now)
    await tx.execute(_sql("mark"), {"rows": ids, "why": why, "now": now})
    await erase_documents(tx, ids)
    return gone


async def _drop(tx: Transaction, ids: str, now: int) -> int:
    await tx.execute(_sql("note_bytes"), (_BYTES_KEPT, str(now)))
    await tx.execute(_sql("free_slots"), (ids,))
    await tx.execute(_sql("empty_slots"), (ids,))
    return await tx.execute(_sql("drop_parts"), (ids,))


async def bytes_kept_since(source: Source) -> int | None:
    """Return from when erased bytes may lie in the write-ahead log, None where none do."""
    row = await source.one("select value from meta where key = ?", (_BYTES_KEPT,))
    return int(row["value"]) if row else None


async def bytes_gone(tx: Transaction) -> None:
    """The write-ahead log was emptied: what was erased is in no file any more."""
    await tx.execute("delete from meta where key = ?", (_BYTES_KEPT,))


async def purge_completed(tx: Transaction, now: int) -> None:
    """Keep that a purge has gone through everything that was due."""
    await tx.execute(_sql("note_purge"), (_LAST_PURGE, str(now)))


async def erase_documents(tx: Transaction, ids: str) -> int:
    """Take the texts that were sent to Finvalda for some orders out of the outbox.

    A document whose fate is still looked up stays until that is known.
    """
    if not await _has_documents(tx):
        return 0
    # Overwritten first where it lies: what shrinks may be moved about in its page.
    chosen = (
        "where document is not null and state not in ('sending', 'in_doubt') "
        "and order_row in (select value from json_each(?))"
    )
    await tx.execute(f"update outbox set document = zeroblob(length(document)) {chosen}", (ids,))  # noqa: S608 - our own words
    return await tx.execute(f"update outbox set document = null {chosen}", (ids,))  # noqa: S608


async def late_documents(source: Source, since: int) -> list[int]:
    """Return erased orders of which a document was sent before, and is still here."""
    if not await _has_documents(source):
        return []
    rows = await source.all(
        "select distinct v.order_row from order_privacy as v "
        "join outbox as d on d.order_row = v.order_row "
        "where v.erased_at >= ? and d.document is not null and d.sent_at < v.erased_at "
        "and d.state not in ('sending', 'in_doubt')",
        (since,),
    )
    return [row["order_row"] for row in rows]


async def _has_documents(source: Source) -> bool:
    sql = "select 1 from pragma_table_info('outbox') where name = 'document'"
    return await source.one(sql) is not None


async def record_erasure(
    tx: Transaction,
    *,
    at: int,
    why: str,
    orders: int,
    parts: int,
    user_id: int | None = None,
    order_row: int | None = None,
) -> None:
    """Keep that something was erased."""
    await tx.execute(
        "insert into erasure (at, why, user_id, order_row, orders, parts) "
        "values (?, ?, ?, ?, ?, ?)",
        (at, why, user_id, order_row, orders, parts),
    )


async def record_access(
    tx: Transaction,
    *,
    at: int,
    user_id: int,
    login_id: int | None,
    command: str,
    rows: Sequence[int],
) -> None:
    """Keep that a person read orders' personal data."""
    await tx.execute_many(
        "insert into personal_access (at, user_id, login_id, command, order_row) "
        "values (?, ?, ?, ?, ?)",
        [(at, user_id, login_id, command, row) for row in rows],
    )


async def key_ids(source: Source) -> frozenset[bytes]:
    """Return the keys that something here is encrypted with now."""
    rows = await source.all("select distinct key_id from personal")
    return frozenset(row["key_id"] for row in rows)


async def know_key(tx: Transaction, key_id: bytes, now: int) -> None:
    """Remember a key that encrypts."""
    await tx.execute(_sql("know_key"), (key_id, now))


async def retire_keys(tx: Transaction, current: bytes, now: int) -> None:
    """Remember of which keys nothing is encrypted any more."""
    await tx.execute(
        "update encryption_key set retired_at = ? where retired_at is null "
        "and key_id <> ? and key_id not in (select key_id from personal)",
        (now, current),
    )


async def of_key(
    source: Source, key_id: bytes, after: tuple[int, str], limit: int
) -> list[tuple[Part, str, str]]:
    """Return some parts under a key, each with its order's region and id, by row and field."""
    rows = await source.all(_sql("of_key"), (key_id, *after, limit))
    return [(_part(row), row["region"], row["order_id"]) for row in rows]


async def drop_key(tx: Transaction, key_id: bytes, now: int) -> tuple[int, int]:
    """Overwrite what a lost key encrypted, without marking it; return orders and parts."""
    rows = await tx.all("select distinct order_row from personal where key_id = ?", (key_id,))
    ids = json.dumps([row["order_row"] for row in rows])
    return len(rows), await _drop(tx, ids, now)


async def erased(source: Source, order_row: int) -> tuple[int, str] | None:
    """Return when and why an order's personal data was erased."""
    row = await source.one(_sql("erased_mark"), (order_row,))
    return (row["erased_at"], row["why"]) if row else None


async def figures(database: Database) -> Figures:
    """Return how much is kept and was erased."""
    keys = {"purge": _LAST_PURGE, "bytes": _BYTES_KEPT}
    row = await database.one(_sql("figures"), keys)
    if row is None:  # pragma: no cover - a select without a table always has a row
        raise LookupError
    return Figures(**dict(row))
