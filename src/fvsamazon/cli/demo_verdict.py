"""What the demo's daemon recorded, held against what the simulated Amazon knows.

In: the daemon's database and the simulator's truth, after the daemon has stopped. Out: one line an
account. An order is owed when the daemon could have read it by then: its last update lies within
what the live search has passed, or its creation within what the history has. An owed order that is
missing, or recorded in an older version, is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fvsamazon.cli.tables import plain, table
from fvsamazon.clock import SECOND, to_micros
from fvsamazon.store import accounts, coverage, orders
from fvsamazon.windows import BOUND_AGE, BOUND_AGE_BLIND, FIRST_LIVE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from rich.table import Table

    from fvsamazon.simulator import Simulation
    from fvsamazon.store.database import Database

POLL_INTERVAL = 1.0
"""Seconds between the demo's polls."""
PROMISED = BOUND_AGE + POLL_INTERVAL + 10.0
"""Seconds after its last update within which a version has to be recorded."""
SLACK = 10_000_000
"""Microseconds by which the daemon's beginning may be misjudged."""
_THROTTLED = 429


@dataclass(slots=True)
class Verdict:
    """One account's reckoning."""

    region: str
    account: str
    in_amazon: int = 0
    owed: int = 0
    recorded: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    late: int = 0
    requests: int = 0
    throttled: int = 0

    @property
    def good(self) -> bool:
        return not self.lost and not self.wrong


@dataclass(frozen=True, slots=True)
class Reach:
    """Up to where an account's searches have come; microseconds since 1970."""

    mark: int
    live_from: int
    history_low: int
    prompt_from: int
    """What was updated later could be read only after the daemon's start."""

    def owes(self, created: int, updated: int) -> bool:
        """Tell whether an order of these times had to be read in this very version."""
        return updated <= self.mark and (updated >= self.live_from or created >= self.history_low)


async def judge(database: Database, simulation: Simulation) -> list[Verdict]:
    """Hold every account's records against the truth."""
    found = []
    for region, name in simulation.amazon.accounts:
        verdict = Verdict(region, name)
        calls = [c for c in simulation.journal.calls if (c.region, c.account) == (region, name)]
        verdict.requests = len(calls)
        verdict.throttled = sum(
            call.status == _THROTTLED and call.throttled_by == "bucket" for call in calls
        )
        row = await accounts.find(database, region, name)
        reach = await _reach(database, row.id) if row is not None else None
        records = {
            record["order_id"]: record
            async for record in orders.each(database, region=region, account=name)
        }
        verdict.recorded = len(records)
        if row is not None and reach is not None:
            verdict.late = await orders.late_versions(
                database, row.id, since=reach.prompt_from, seconds=PROMISED
            )
        _compare(verdict, simulation, reach, records)
        found.append(verdict)
    return found


async def _reach(database: Database, account_id: int) -> Reach | None:
    """Return how far the searches have come; None before the first one has ended."""
    row = (await coverage.rows(database, account_id)).get(coverage.ALL)
    if row is None or row.live_mark is None or row.history_high is None:
        return None
    return Reach(
        mark=row.live_mark,
        live_from=row.history_high - int(FIRST_LIVE * SECOND) + SLACK,
        history_low=row.history_high if row.history_low is None else row.history_low,
        prompt_from=row.history_high + int((BOUND_AGE_BLIND - BOUND_AGE) * SECOND) + SLACK,
    )


def _compare(
    verdict: Verdict,
    simulation: Simulation,
    reach: Reach | None,
    records: dict[str, sqlite3.Row],
) -> None:
    for true in simulation.amazon.truth(verdict.region, verdict.account):
        verdict.in_amazon += 1
        if reach is None:
            continue
        created, updated = to_micros(true.created), to_micros(true.updated)
        record = records.get(true.order_id)
        in_history = reach.history_low <= created <= reach.live_from
        owed = reach.owes(created, updated)
        verdict.owed += owed or in_history
        if record is None:
            if owed or in_history:
                verdict.lost.append(true.order_id)
        elif record["updated_at"] < updated:
            if owed:
                verdict.lost.append(true.order_id)
        elif record["updated_at"] == updated and _facts(record) != (
            true.status,
            true.fulfilled_by,
            true.marketplace_id,
            true.created_time,
            true.last_updated_time,
            true.currency,
            true.grand_total,
        ):
            verdict.wrong.append(true.order_id)


def _facts(record: sqlite3.Row) -> tuple[str | None, ...]:
    return (
        record["status"],
        record["fulfilled_by"],
        record["marketplace_id"],
        record["created_text"],
        record["updated_text"],
        record["currency"],
        record["grand_total"],
    )


def summary(verdicts: Iterable[Verdict]) -> Table:
    """Return the table with which the demo ends."""
    figures = (
        "in Amazon", "could be read", "recorded", "lost", "wrong", "late", "requests", "429s caused"
    )  # fmt: skip
    made = table("region", "account", *figures, right=figures)
    total = [0] * len(figures)
    for verdict in verdicts:
        numbers = [
            verdict.in_amazon,
            verdict.owed,
            verdict.recorded,
            len(verdict.lost),
            len(verdict.wrong),
            verdict.late,
            verdict.requests,
            verdict.throttled,
        ]
        total = [sum(pair) for pair in zip(total, numbers, strict=True)]
        made.add_row(plain(verdict.region), plain(verdict.account), *map(plain, numbers))
    made.add_section()
    made.add_row(plain("together", "bold"), "", *(plain(number, "bold") for number in total))
    return made
