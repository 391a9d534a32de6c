"""Orders: their current state, the history of their versions, and those that could not be read.

`record` is the only way in. It is told a page of orders and answers what was new, what changed
and what was only touched. An older version that arrives late never overwrites a newer one, yet it
is in the history: every version that Amazon showed is recorded.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from fvsamazon.clock import SECOND, to_micros
from fvsamazon.orders import OrderRecord, Unreadable
from fvsamazon.store import accounts, queries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator, Callable, Sequence

    from fvsamazon.store.database import Database, Transaction

    Amend = Callable[[bytes, OrderRecord], OrderRecord]

SHIPPED = "SHIPPED"
CANCELLED = "CANCELLED"
FIRST_RETRY = 60_000_000
"""Microseconds until an unreadable order is fetched by `getOrder` for the first time."""
LONGEST_RETRY = 3_600_000_000
"""Microseconds of the longest pause between two tries."""
BITE = 200
"""Orders that one reading of many holds at once."""


@dataclass(slots=True)
class Recorded:
    """What one page of orders meant."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    """Ids that another account of the region holds; the first keeps them."""
    unreadable: list[str] = field(default_factory=list)
    owed: list[str] = field(default_factory=list)
    """Ids that are recorded, and set aside all the same: what follows could not be written."""
    reason: str = ""
    """Why the last of the unreadable or owed ones is."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Why each of the unreadable ones is, by the name under which it was set aside."""
    news: list[tuple[str, int]] = field(default_factory=list)
    """Id and lastUpdatedTime of what was new or changed."""
    moved: list[tuple[int, int]] = field(default_factory=list)
    """(lastUpdatedTime before, lastUpdatedTime now) of the orders whose time moved on."""

    def add(self, other: Recorded) -> None:
        """Take in what a further part of the page meant."""
        for one in fields(self):
            if one.name not in {"reason", "reasons"}:
                getattr(self, one.name).extend(getattr(other, one.name))
        self.reason = other.reason or self.reason
        self.reasons.update(other.reasons)


def pack(payload: bytes) -> bytes:
    """Return the payload as it lies in the database."""
    return zlib.compress(payload, 6)


def unpack(stored: bytes) -> bytes:
    """Return the payload of `pack`."""
    return zlib.decompress(stored)


async def record(
    tx: Transaction,
    *,
    region: str,
    account_id: int,
    found: Sequence[OrderRecord | Unreadable],
    now: int,
    program: str,
    amend: Amend | None = None,
) -> Recorded:
    """Write a page of orders, part of the caller's commit.

    `amend` completes an order from its stored payload, where it does not tell what that told.
    """
    sql = queries.load("orders")
    records = [item for item in found if isinstance(item, OrderRecord)]
    if amend is not None:
        records = await _amended(tx, region, records, amend)
    ids = json.dumps([item.order_id for item in records])
    known = await tx.all(sql["known"], {"ids": ids, "region": region})
    page = _Page({row["order_id"]: dict(row) for row in known}, account_id)
    for item in records:
        page.see(_values(item, region, account_id, now))
    await tx.execute_many(sql["insert"], page.inserts.values())
    await tx.execute_many(sql["update"], page.updates.values())
    await tx.execute_many(sql["add_version"], page.versions)
    for bad in found:
        if isinstance(bad, Unreadable):
            name = await set_aside(tx, account_id=account_id, item=bad, now=now, program=program)
            page.outcome.unreadable.append(name)
            page.outcome.reason = page.outcome.reasons[name] = bad.reason
    for former in page.taken_over:
        await accounts.count(tx, former, "orders", -1)
    gained = len(page.outcome.new) + len(page.taken_over)
    await accounts.count(tx, account_id, "orders", gained)
    await accounts.count(tx, account_id, "versions", len(page.versions))
    if records:
        await _remember_facts(tx, account_id, records)
    return page.outcome


async def _amended(
    tx: Transaction, region: str, records: list[OrderRecord], amend: Amend
) -> list[OrderRecord]:
    ids = [item.order_id for item in records if item.zone_untold]
    if not ids:
        return records
    rows = await tx.all(
        queries.load("orders")["payloads"], {"ids": json.dumps(ids), "region": region}
    )
    stored = {row["order_id"]: row["payload"] for row in rows}
    return [
        amend(unpack(stored[item.order_id]), item)
        if item.zone_untold and item.order_id in stored
        else item
        for item in records
    ]


class _Page:
    """Sorts the orders of one page by what each means for the store."""

    def __init__(self, known: dict[str, dict[str, Any]], account_id: int) -> None:
        self._known = known
        self._account_id = account_id
        self.inserts: dict[str, dict[str, Any]] = {}
        self.updates: dict[str, dict[str, Any]] = {}
        self.versions: list[dict[str, Any]] = []
        self.taken_over: list[int] = []
        self.outcome = Recorded()

    def see(self, values: dict[str, Any]) -> None:
        """Take one sight of an order; a page may hold the same order twice."""
        order_id = values["order_id"]
        before = (
            self.updates.get(order_id) or self.inserts.get(order_id) or self._known.get(order_id)
        )
        if before is None:
            self.inserts[order_id] = values
            self.versions.append(values)
            self.outcome.new.append(order_id)
            self.outcome.news.append((order_id, values["updated_at"]))
        elif before["account_id"] != self._account_id and before["held"]:
            self.outcome.foreign.append(order_id)
        else:
            self._see_again(values, before)

    def _see_again(self, values: dict[str, Any], before: dict[str, Any]) -> None:
        order_id = values["order_id"]
        same_time = before["updated_at"] == values["updated_at"]
        same_content = before["content_hash"] == values["content_hash"]
        if same_time and same_content:
            return
        self.versions.append(values)
        if values["updated_at"] < before["updated_at"]:
            return
        _keep_first_times(values, before)
        if not same_time:
            self.outcome.moved.append((before["updated_at"], values["updated_at"]))
        if same_content:
            self.outcome.touched.append(order_id)
        else:
            self.outcome.changed.append(order_id)
            self.outcome.news.append((order_id, values["updated_at"]))
        if order_id in self.inserts:
            self.inserts[order_id] = values
        else:
            if before["account_id"] != self._account_id:
                # Its account is no longer in the settings: whoever shows it goes on with it.
                self.taken_over.append(before["account_id"])
            self.updates[order_id] = {**values, "id": before["id"]}


def _identity(item: Unreadable) -> tuple[str, bool]:
    if item.order_id:
        return item.order_id, True
    return f"unknown-{item.fingerprint}", False


def _values(item: OrderRecord, region: str, account_id: int, now: int) -> dict[str, Any]:
    updated_at = to_micros(item.updated_at)
    return {
        "region": region,
        "order_id": item.order_id,
        "account_id": account_id,
        "marketplace_id": item.marketplace_id,
        "channel": item.channel,
        "status": item.status,
        "fulfilled_by": item.fulfilled_by,
        "created_at": to_micros(item.created_at),
        "updated_at": updated_at,
        "created_text": item.created_text,
        "updated_text": item.updated_text,
        "currency": item.currency,
        "grand_total": item.grand_total,
        "content_hash": item.content_hash,
        "payload": pack(item.payload),
        "now": now,
        "first_shipped_at": updated_at if item.status == SHIPPED else None,
        "first_delivered_at": updated_at if item.delivered else None,
        "cancelled_at": updated_at if item.status == CANCELLED else None,
        "version_status": item.status,
    }


def _keep_first_times(values: dict[str, Any], before: dict[str, Any]) -> None:
    """The first sight of a state dates it."""
    for name in ("first_shipped_at", "first_delivered_at", "cancelled_at"):
        times = [time for time in (before[name], values[name]) if time is not None]
        values[name] = min(times, default=None)


async def _remember_facts(tx: Transaction, account_id: int, records: Sequence[OrderRecord]) -> None:
    newest = max(to_micros(item.created_at) for item in records)
    await tx.execute(
        "update account set newest_order_at = max(coalesce(newest_order_at, 0), :newest), "
        "tax_registration_seen = tax_registration_seen or :seen where id = :id",
        {
            "newest": newest,
            "seen": int(any(item.tax_registered for item in records)),
            "id": account_id,
        },
    )


async def set_aside(
    tx: Transaction, *, account_id: int, item: Unreadable, now: int, program: str
) -> str:
    """Keep an order that could not be read, to be fetched again by itself; return its name."""
    name, fetchable = _identity(item)
    await tx.execute(
        queries.load("orders")["set_aside"],
        {
            "account_id": account_id,
            "order_id": name,
            "fetchable": int(fetchable),
            "reason": item.reason,
            "now": now,
            "next_at": now + FIRST_RETRY,
            "program": program,
        },
    )
    return name


async def among_unreadable(tx: Transaction, account_id: int, ids: Sequence[str]) -> list[str]:
    """Return which of these orders are set aside."""
    sql = queries.load("orders")["among_unreadable"]
    rows = await tx.all(sql, {"account_id": account_id, "ids": json.dumps(list(ids))})
    return [row["order_id"] for row in rows]


async def forget_unreadable(tx: Transaction, account_id: int, ids: Sequence[str]) -> None:
    """Orders that were set aside are written now, with what follows from them."""
    await tx.execute(queries.load("orders")["forget_unreadable"], (account_id, json.dumps(ids)))


@dataclass(frozen=True, slots=True)
class DueUnreadable:
    """An unreadable order whose time to be fetched again has come."""

    id: int
    order_id: str
    attempts: int


async def next_unreadable(
    database: Database, account_id: int, *, now: int, program: str
) -> DueUnreadable | int | None:
    """Return the unreadable order that is due, else when the next one will be, else None.

    One that is put off for longer than any pause lasts was put off by a clock that was wrong.
    """
    sql = queries.load("orders")
    values = {
        "account_id": account_id,
        "now": now,
        "beyond": now + LONGEST_RETRY,
        "program": program,
    }
    row = await database.one(sql["unreadable_due"], values)
    if row:
        return DueUnreadable(row["id"], row["order_id"], row["attempts"])
    following = await database.one(
        sql["unreadable_next"], {"account_id": account_id, "program": program}
    )
    return following["next_at"] if following else None


async def unreadable_failed(
    tx: Transaction, row_id: int, *, reason: str, next_at: int, program: str
) -> None:
    """Note that another attempt at an unreadable order did not help."""
    await tx.execute(
        queries.load("orders")["unreadable_failed"],
        {"id": row_id, "reason": reason, "next_at": next_at, "program": program},
    )


async def get(database: Database, order_id: str) -> list[sqlite3.Row]:
    """Return the orders of an id (one a region, in practice one)."""
    return await database.all(queries.load("orders")["get"], {"order_id": order_id})


async def versions(database: Database, row_id: int) -> list[sqlite3.Row]:
    """Return the versions of an order that Amazon showed, oldest first."""
    return await database.all(queries.load("orders")["versions"], (row_id,))


async def each(
    database: Database,
    *,
    region: str | None = None,
    account: str | None = None,
    status: str | None = None,
    since: int | None = None,
) -> AsyncIterator[sqlite3.Row]:
    """Go through recorded orders in the order of their first recording; `since`: updated then.

    They are read in short bites, so that a reader that takes its time (`orders export | less`)
    neither holds them all nor keeps the write-ahead log from being folded in.
    """
    values = {"region": region, "account": account, "status": status, "since": since}
    after = 0
    while rows := await database.all(
        queries.load("orders")["each"], {**values, "after": after, "limit": BITE}
    ):
        for row in rows:
            yield row
        after = rows[-1]["id"]


async def newest(
    database: Database,
    account_ids: Sequence[int],
    *,
    limit: int,
    status: str | None = None,
    since: int | None = None,
) -> list[sqlite3.Row]:
    """Return some accounts' newest orders, newest first."""
    found: list[sqlite3.Row] = []
    for account_id in account_ids:
        found += await database.all(
            queries.load("orders")["newest"],
            {"account_id": account_id, "limit": limit, "status": status, "since": since},
        )
    found.sort(key=lambda row: (row["created_at"], row["id"]), reverse=True)
    return found[:limit]


async def unreadable(database: Database) -> list[sqlite3.Row]:
    """Return the orders that were set aside."""
    return await database.all(queries.load("orders")["unreadable_all"])


async def newest_created(database: Database, account_id: int, limit: int) -> list[int]:
    """Return the creation times of an account's newest orders, newest first."""
    rows = await database.all(
        queries.load("orders")["newest_created"], {"account_id": account_id, "limit": limit}
    )
    return [row["created_at"] for row in rows]


async def late_versions(database: Database, account_id: int, *, since: int, seconds: float) -> int:
    """Return how many versions since a moment were recorded later than so many seconds after it."""
    row = await database.one(
        queries.load("orders")["late_versions"],
        {"account_id": account_id, "since": since, "micros": int(seconds * SECOND)},
    )
    return row["n"] if row else 0
