"""The records of who read personal data and who had it erased, as far as no log has them yet.

In: rows that commands left, by whichever process. Out: what a line of the log says of each; and
the mark up to where they were told. No personal value is in these records, nor leaves them here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon.store import queries

if TYPE_CHECKING:
    from fvsamazon.store.database import Database, Transaction

_ACCESSES = "audit_accesses_told"
_ERASURES = "audit_erasures_told"


@dataclass(frozen=True, slots=True)
class Access:
    """One reading by one person, of at most as many orders as were asked for."""

    at: int
    user_id: int
    login_id: int | None
    command: str
    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure that a person asked for; `order_id` where it was one order's."""

    at: int
    why: str
    user_id: int
    order_id: str | None
    orders: int
    parts: int


def _sql(name: str) -> str:
    return queries.load("audit")[name]


async def anything(database: Database) -> bool:
    """Tell whether there is something that was not told."""
    keys = {"accesses": _ACCESSES, "erasures": _ERASURES}
    row = await database.one(_sql("anything"), keys)
    return bool(row and row["found"])


async def take_accesses(tx: Transaction, limit: int) -> list[Access]:
    """Return the oldest readings that were not told, and count them as told by this commit."""
    rows = await tx.all(_sql("accesses"), {"key": _ACCESSES, "limit": limit})
    found: dict[tuple[int, int, int | None, str], list[str]] = {}
    for row in rows:
        key = (row["at"], row["user_id"], row["login_id"], row["command"])
        found.setdefault(key, []).append(row["order_id"])
    if rows:
        await _told_up_to(tx, _ACCESSES, rows[-1]["id"])
    return [Access(*key, orders=tuple(orders)) for key, orders in found.items()]


async def take_erasures(tx: Transaction, limit: int) -> list[Erasure]:
    """Return the oldest erasures by people that were not told, and count them as told."""
    rows = await tx.all(_sql("erasures"), {"key": _ERASURES, "limit": limit})
    if rows:
        await _told_up_to(tx, _ERASURES, rows[-1]["id"])
    return [
        Erasure(row["at"], row["why"], row["user_id"], row["order_id"], row["orders"], row["parts"])
        for row in rows
    ]


async def _told_up_to(tx: Transaction, key: str, row_id: int) -> None:
    await tx.execute(_sql("told"), (key, str(row_id)))
