"""Deliveries as the outbox knows them: what `status` counts.

A database whose schema has no outbox yet holds no delivery.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fvsamazon.store.database import Database

STATES = ("not_due", "due", "sending", "in_doubt", "booked", "held", "failed", "skipped")
"""What can become of an order in Finvalda."""
NOT_DUE = "not_due"


async def has_outbox(database: Database) -> bool:
    """Tell whether this file can hold deliveries at all."""
    found = "select 1 from sqlite_schema where type = 'table' and name = 'outbox'"
    return await database.one(found) is not None


async def counts(database: Database) -> dict[str, int]:
    """Return the number of deliveries in each state."""
    found = dict.fromkeys(STATES, 0)
    if await has_outbox(database):
        for row in await database.all("select state, count(*) as n from outbox group by state"):
            found[row["state"]] = row["n"]
    return found


def not_due() -> dict[str, str | None]:
    """Return the delivery of an order that is not in the outbox, as `orders export` shows it."""
    return {"state": NOT_DUE, "document": None, "journal": None, "number": None, "reason": None}
