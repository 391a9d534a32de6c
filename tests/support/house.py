"""One account's real poller on a real database against paper Amazon, with time moved by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fvsamazon.clock import from_micros
from fvsamazon.poller.build import AccountSpec, Workshop, data_sets
from fvsamazon.poller.planning import PollPlan
from fvsamazon.store import accounts, coverage, schema
from support.at_once import open_at_once
from support.paper_amazon import ENDPOINT, LWA, PaperAmazon

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import httpx

    from fvsamazon.poller.recording import OrderSink
    from fvsamazon.poller.region import AccountTask
    from fvsamazon.store.database import Database
    from support.clocks import FakeClock


def spec(name: str = "main", **plan: Any) -> AccountSpec:
    return AccountSpec(
        region="Europe",
        name=name,
        endpoint=ENDPOINT,
        lwa_url=LWA,
        proxy=None,
        client_id="client",
        client_secret="secret",
        client_secret_next=None,
        refresh_token=f"Atzr|{name}",
        plan=PollPlan(included_data=data_sets(personal=False), **plan),
        personal=False,
    )


@dataclass
class House:
    """The parts of the daemon that one account needs."""

    path: Path
    clock: FakeClock
    amazon: PaperAmazon
    account: AccountSpec = field(default_factory=spec)
    sink: OrderSink | None = None
    database: Database = field(init=False)
    task: AccountTask = field(init=False)
    http: httpx.AsyncClient = field(init=False)

    async def open(self) -> House:
        """Start, or start again after `close`."""
        self.database = await open_at_once(self.path)
        await schema.migrate(self.database)
        self.http = self.amazon.client()
        workshop = Workshop(
            database=self.database,
            clock=self.clock,
            http=self.http,
            sink=self.sink,
            jitter=lambda: 0.5,
        )
        self.task = await workshop.account(self.account, frozenset({self.account.key}))
        return self

    async def close(self) -> None:
        await self.http.aclose()
        await self.database.close()

    async def restart(self) -> None:
        await self.close()
        await self.open()

    async def run(self, seconds: float, *, steps: int = 100_000) -> int:
        """Let the poller work for so long; return the number of its steps."""
        end = self.clock.elapsed() + seconds
        for count in range(steps):
            wait = await self.task.poller.step()
            left = end - self.clock.elapsed()
            if left <= 0 or wait >= left:
                self.clock.advance(max(0.0, left))
                return count
            self.clock.advance(wait)
        raise AssertionError("the poller never rests")

    async def heal(self, seconds: float) -> None:
        """Let the errands work for so long."""
        end = self.clock.elapsed() + seconds
        while self.clock.elapsed() < end:
            self.clock.advance(max(0.05, await self.task.errands.step()))

    async def stored(self) -> dict[str, tuple[datetime, str | None]]:
        rows = await self.database.all("select order_id, updated_at, status from orders")
        return {r["order_id"]: (from_micros(r["updated_at"]), r["status"]) for r in rows}

    async def mark(self) -> datetime | None:
        rows = await coverage.rows(self.database, (await self.row()).id)
        marks = [row.live_mark for row in rows.values() if row.live_mark is not None]
        return from_micros(min(marks)) if marks else None

    async def row(self) -> accounts.AccountRow:
        row = await accounts.find(self.database, "Europe", self.account.name)
        assert row is not None
        return row

    async def missing(self) -> set[str]:
        """Return what a careful reader would have by now and the database has not."""
        mark = await self.mark()
        if mark is None:
            return set(self.amazon.orders)
        stored = await self.stored()
        truth = self.amazon.truth(mark)
        return {
            key
            for key, order in truth.items()
            if key not in stored or stored[key] != (order.updated, order.status)
        }
