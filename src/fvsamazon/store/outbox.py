"""What is to stand in Finvalda for each order, and what stands there.

One row is an intent: an order and a kind (sale, reservation). It is written in the transaction that
records the order, and moves through the contract's states. `revision` moves with every change, so
that whoever decided on an older sight of a row finds out before acting on it: the worker, the
poller and the command line write here beside one another.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from fvsamazon.store import queries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from fvsamazon.store.database import Database, Transaction

Kind = Literal["sale", "reservation"]
State = Literal["not_due", "due", "sending", "in_doubt", "booked", "held", "failed", "skipped"]
Why = Literal["by_version", "by_person", "by_rule", "by_finvalda"]

SALE: Kind = "sale"
RESERVATION: Kind = "reservation"
DESTINATION = "finvalda"
LONGEST_PAUSE = 2 * 3_600_000_000
"""Microseconds that no pause of an intent lasts: held ones are tried hourly."""
TAKEN_UP = "delivery_caught_up"
"""Key in `meta`, there while orders get intents: under which plan, and up to which order."""


class Changed(Exception):
    """Somebody else has changed the row meanwhile: decide again."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One intent; times are microseconds since 1970, UTC."""

    id: int
    order_row: int
    kind: Kind
    state: State
    speaks: int
    aim: str
    revision: int
    ordered_at: int
    next_attempt_at: int | None
    attempts: int
    failures: int
    why: Why | None
    reasons: str | None
    operation_class: str | None
    parameter: str | None
    document: bytes | None
    version_hash: bytes | None
    facts: bytes | None
    currency: str | None
    total: str | None
    client: str | None
    series: str | None
    number_text: str | None
    journal: str | None
    number: int | None
    sent_at: int | None
    sent_elapsed: float | None
    sent_boot: str | None
    looked_up_at: int | None
    looked_up_elapsed: float | None
    absences: int
    booked_at: int | None
    verify_at: int | None

    @property
    def stands(self) -> bool:
        """Whether Finvalda is known to have a document of this row."""
        return self.journal is not None and self.number is not None


COLUMNS = tuple(field.name for field in fields(OutboxRow))
_WRITABLE = frozenset(COLUMNS) - {"id", "order_row", "kind", "speaks", "revision", "ordered_at"}


def row_of(row: sqlite3.Row) -> OutboxRow:
    """Return a row of the table as a value."""
    return OutboxRow(*(row[column] for column in COLUMNS))


def pack(text: bytes | str) -> bytes:
    """Return a text as it lies in the database."""
    return zlib.compress(text.encode() if isinstance(text, str) else text, 6)


def unpack(stored: bytes) -> bytes:
    """Return the text of `pack`."""
    return zlib.decompress(stored)


async def get(database: Database | Transaction, row_id: int) -> OutboxRow | None:
    """Return one intent."""
    row = await database.one(_sql("get"), (row_id,))
    return row_of(row) if row else None


async def of_order(database: Database | Transaction, order_row: int) -> list[OutboxRow]:
    """Return the intents of an order, the sale first."""
    return [row_of(row) for row in await database.all(_sql("of_order"), (order_row,))]


async def due(database: Database, now: int, limit: int) -> list[int]:
    """Return the rows that have something to do, of the oldest orders first."""
    values = {"now": now, "beyond": now + LONGEST_PAUSE, "limit": limit}
    return [row["id"] for row in await database.all(_sql("due"), values)]


def is_due(row: OutboxRow, now: int) -> bool:
    """Tell whether an intent has something to do now.

    One that is put off for longer than any pause lasts was put off by a clock that was wrong.
    """
    at = row.next_attempt_at
    return at is not None and not now < at <= now + LONGEST_PAUSE


async def verifiable(database: Database, now: int) -> int | None:
    """Return a booked row whose time has come to be looked after."""
    row = await database.one(_sql("verifiable"), {"now": now})
    return row["id"] if row else None


async def due_count(database: Database) -> int:
    """Return how many intents are due, now or later."""
    row = await database.one(_sql("due_count"))
    return row["n"] if row else 0


@dataclass(frozen=True, slots=True)
class PutOff:
    """How many orders wait for what passes by itself, and why the oldest of them does."""

    orders: int = 0
    order_id: str | None = None
    failures: int = 0
    reasons: str | None = None


async def put_off(database: Database, failures: int) -> PutOff:
    """Return which orders got no use of Finvalda so many times in a row, or more often."""
    row = await database.one(_sql("put_off"), {"failures": failures})
    if row is None:
        return PutOff()
    return PutOff(row["orders"], row["order_id"], row["failures"], row["reasons"])


async def want(
    tx: Transaction, *, order_row: int, kind: Kind, ordered_at: int, now: int, aim: str = "book"
) -> None:
    """Make sure of an intent; one that was dropped is due again."""
    values = {
        "order_row": order_row,
        "kind": kind,
        "aim": aim,
        "ordered_at": ordered_at,
        "now": now,
    }
    await tx.execute(_sql("insert"), values)
    await tx.execute(_sql("revive"), {"order_row": order_row, "kind": kind})
    await _speak(tx, order_row)


async def wake(tx: Transaction, order_row: int, now: int) -> None:
    """Have an order's intents decided anew: it has changed. One in doubt waits for its look-up."""
    await tx.execute(_sql("wake_order"), {"order_row": order_row, "now": now})
    await tx.execute(_sql("touch_order"), {"order_row": order_row})


async def wake_touched(tx: Transaction, region: str, ids: Sequence[str], now: int) -> None:
    """Have held orders decided anew though their later versions say the same.

    One of them may have brought the personal data that a client's card waits for.
    """
    if ids:
        values = {"region": region, "ids": json.dumps(list(ids)), "now": now}
        await tx.execute(_sql("wake_touched"), values)


async def wake_held(tx: Transaction, now: int) -> int:
    """Have held, failed and skipped orders decided anew: the rules, or the program, changed."""
    count = await tx.execute(_sql("wake_held"), {"now": now})
    await tx.execute(_sql("wake_skipped"), {"now": now})
    return count


async def wake_put_off(tx: Transaction, now: int) -> int:
    """Have due orders tried at once that wait for what passes by itself."""
    return await tx.execute(_sql("wake_put_off"), {"now": now})


async def wake_account(tx: Transaction, account_id: int, now: int) -> int:
    """Have the held orders of one account decided anew."""
    return await tx.execute(_sql("wake_account"), {"account_id": account_id, "now": now})


async def sending(database: Database) -> list[OutboxRow]:
    """Return what was being sent when the last process ended."""
    return [row_of(row) for row in await database.all(_sql("sending"))]


async def interrupted(database: Database, now: int) -> int:
    """Put what a process left in `sending` in doubt; return how many there were."""
    async with database.transaction() as tx:
        return await tx.execute(_sql("interrupted"), {"now": now})


async def update(
    tx: Transaction, row: OutboxRow, values: Mapping[str, Any], *, blind: bool = False
) -> OutboxRow:
    """Change a row that still is as it was seen; raises `Changed` where it is not.

    `blind` is for what has happened in Finvalda and has to be noted whatever changed meanwhile.
    """
    if unknown := set(values) - _WRITABLE:
        raise KeyError(f"no such column of the outbox: {sorted(unknown)}")
    names = sorted(values)
    assignments = ", ".join(f"{name} = :{name}" for name in names)
    condition = "id = :id" if blind else "id = :id and revision = :revision"
    count = await tx.execute(
        f"update outbox set {assignments}, revision = revision + 1 "  # noqa: S608 - closed set
        f"where {condition}",
        {"id": row.id, "revision": row.revision, **values},
    )
    if not count:
        raise Changed
    if "state" in values:
        await _speak(tx, row.order_row)
    found = await tx.one(_sql("get"), (row.id,))
    if found is None:  # pragma: no cover - rows are never deleted
        raise Changed
    return row_of(found)


async def _speak(tx: Transaction, order_row: int) -> None:
    await tx.execute(_sql("speak"), {"order_row": order_row})


async def counts(database: Database) -> dict[str, int]:
    """Return the number of orders in each state of delivery that any has."""
    rows = await database.all(_sql("counts"))
    return {row["state"]: row["value"] for row in rows}


async def recorded(database: Database) -> int:
    """Return how many orders are recorded."""
    row = await database.one(_sql("recorded"))
    return row["n"] if row else 0


async def deliveries(
    database: Database, *, state: str | None = None, limit: int = 50
) -> list[sqlite3.Row]:
    """Return deliveries with their orders, the newest order first."""
    return await database.all(_sql("deliveries"), {"state": state, "limit": limit})


async def of_order_id(database: Database | Transaction, order_id: str) -> list[sqlite3.Row]:
    """Return the intents of an order id, the one that speaks first."""
    return await database.all(_sql("of_order_id"), {"order_id": order_id})


async def order(database: Database | Transaction, order_row: int) -> sqlite3.Row | None:
    """Return an order with its account's name and whether that has shown tax registrations."""
    return await database.one(_sql("order"), (order_row,))


async def wanting(tx: Transaction, after: int, limit: int) -> list[sqlite3.Row]:
    """Return recorded orders for the catch-up, in the order of their recording."""
    return await tx.all(_sql("wanting"), {"after": after, "limit": limit})


async def rows_of(
    tx: Transaction, *, region: str, account_id: int, ids: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """Return the row and the creation time of an account's orders by their ids."""
    values = {"region": region, "account_id": account_id, "ids": json.dumps(list(ids))}
    return {
        row["order_id"]: (row["id"], row["created_at"])
        for row in await tx.all(_sql("rows_of"), values)
    }


async def load_meta(database: Database | Transaction, key: str) -> str | None:
    """Return what the delivery remembers under a key."""
    row = await database.one(_sql("meta"), (key,))
    return row["value"] if row else None


async def save_meta(tx: Transaction, key: str, value: str) -> None:
    """Remember something under a key."""
    await tx.execute(_sql("set_meta"), {"key": key, "value": value})


async def forget_meta(tx: Transaction, key: str) -> None:
    """Forget what is remembered under a key."""
    await tx.execute("delete from meta where key = ?", (key,))


async def destination(database: Database) -> sqlite3.Row | None:
    """Return what is remembered of Finvalda's availability."""
    return await database.one(_sql("destination"), (DESTINATION,))


async def save_destination(tx: Transaction, values: Mapping[str, Any]) -> None:
    """Remember Finvalda's availability: state, reasons, since, failures, retry_at."""
    await tx.execute(_sql("set_destination"), {"name": DESTINATION, **values})


async def forget_destination(tx: Transaction) -> None:
    """There is no Finvalda any more: nothing is known of one."""
    await tx.execute("delete from destination where name = ?", (DESTINATION,))


def _sql(name: str) -> str:
    return queries.load("outbox")[name]
