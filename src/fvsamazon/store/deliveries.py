"""Deliveries as people see them: an order has one, whose state is one of the contract's eight.

In: the outbox. Out: counts for `status`, the delivery object of `orders export` and `orders show`,
and what `deliveries retry` and `skip` may change beside a running daemon.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fvsamazon.store import outbox

if TYPE_CHECKING:
    import sqlite3

    from fvsamazon.store.database import Database
    from fvsamazon.texts import Language

STATES = ("not_due", "due", "sending", "in_doubt", "booked", "held", "failed", "skipped")
"""What can become of an order in Finvalda."""
NOT_DUE = "not_due"
PUT_OFF = 3
"""Refusals in a row, some four minutes of them, after which "passes by itself" deserves a word."""
STUCK = frozenset({"held", "failed"})
TOLD = frozenset({"held", "failed", "skipped"})
"""States whose reason an order's delivery tells."""


async def counts(database: Database) -> dict[str, int]:
    """Return the number of recorded orders in each state."""
    found = dict.fromkeys(STATES, 0) | await outbox.counts(database)
    others = sum(count for state, count in found.items() if state != NOT_DUE)
    found[NOT_DUE] = max(0, await outbox.recorded(database) - others)
    return found


def reasons_of(stored: str | None, language: Language = "en") -> list[tuple[str, str, str]]:
    """Return code, sentence and remedy of each reason, as they are stored."""
    return [
        (one["code"], one[language], one.get(f"remedy_{language}") or "")
        for one in (json.loads(stored) if stored else [])
    ]


def told(stored: str | None, language: Language = "en") -> str | None:
    """Return reasons and remedies as one text."""
    lines = [" ".join(filter(None, part[1:])) for part in reasons_of(stored, language)]
    return " ".join(lines) or None


def of_order(row: sqlite3.Row, language: Language = "en") -> dict[str, Any]:
    """Return the delivery of an order, read with it from the store, in the contract's form."""
    state = row["delivery_state"] or NOT_DUE
    stands = row["delivery_journal"] is not None
    return {
        "state": state,
        "document": row["delivery_document"] if stands else None,
        "journal": row["delivery_journal"],
        "number": row["delivery_number"],
        "reason": told(row["delivery_reasons"], language) if state in TOLD else None,
    }


async def retry(database: Database, order_id: str, now: int) -> str | None:
    """Put an order's stuck delivery back to due; return its state before, None without any."""
    async with database.transaction() as tx:
        before = None
        for found in await outbox.of_order_id(tx, order_id):
            row = outbox.row_of(found)
            before = before or row.state
            person = row.state == "skipped" and row.why == "by_person"
            if row.state not in STUCK and not person:
                continue
            before = row.state
            values: dict[str, Any] = {"next_attempt_at": now, "failures": 0}
            if row.why == "by_version" and row.stands:
                # A person may have corrected the sale: it is compared with Finvalda once more.
                values |= {"state": "booked", "why": "by_person"}
            else:
                values |= {
                    "state": "due",
                    "why": "by_person",
                    "reasons": None,
                    "journal": None,
                    "number": None,
                }
            await outbox.update(tx, row, values)
    return before


async def skip(database: Database, order_id: str, reason: str) -> str | None:
    """Take an order's stuck delivery out for good; return its state before, None without any."""
    said = {"code": "skipped_by_person", "en": reason, "lt": reason}
    async with database.transaction() as tx:
        before = None
        for found in await outbox.of_order_id(tx, order_id):
            row = outbox.row_of(found)
            before = before or row.state
            if row.state not in STUCK:
                continue
            before = row.state
            await outbox.update(
                tx,
                row,
                {
                    "state": "skipped",
                    "why": "by_person",
                    "reasons": json.dumps([said], ensure_ascii=False),
                    "next_attempt_at": None,
                    "verify_at": None,
                },
            )
    return before


async def reservations(database: Database, order_id: str) -> list[tuple[str, int]]:
    """Return the reservations of an order that stand in Finvalda: journal and number of each."""
    rows = [outbox.row_of(found) for found in await outbox.of_order_id(database, order_id)]
    return [
        (row.journal, row.number)
        for row in rows
        if row.kind == outbox.RESERVATION and row.journal is not None and row.number is not None
    ]
