"""An account's real parts against the full simulator in process: a fault's day in a second.

Both clocks are moved by hand and together; `clock.jump` moves the daemon's wall clock alone.
Loops run under the daemon's own guard, so that what it logs and how it waits is the daemon's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx

from fvsamazon import logs
from fvsamazon.clock import from_micros
from fvsamazon.poller.build import AccountSpec, Workshop, data_sets
from fvsamazon.poller.planning import PollPlan
from fvsamazon.sdnotify import Notifier
from fvsamazon.simulator import Act, InProcess, ManualClock, Simulation, SimulationOptions, account
from fvsamazon.store import accounts, schema
from fvsamazon.supervisor import Guard, Watchdog
from support.at_once import open_at_once
from support.clocks import START, FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from fvsamazon.poller.region import AccountTask

BASE = "http://simulator.test"
REGIONS = ("Europe", "FarEast")
NO_NEWS = frozenset({
    "poll.completed", "order.recorded", "token.refreshed", "sweep.completed", "history.started",
    "history.completed", "marketplaces.read", "quota.adopted", "poll.clipped",
})  # fmt: skip
"""Events of a day on which nothing goes wrong."""


class BothClocks(FakeClock):
    """The daemon's clock and Amazon's."""

    def __init__(self) -> None:
        super().__init__()
        self.amazon = ManualClock(START)

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        self.amazon.advance(seconds)


def spec_of(
    simulation: Simulation, region: Any, base: str | None = None, *, rotation: bool = False
) -> AccountSpec:
    """Return an account's settings that point at a simulation."""
    client = simulation.lwa.clients[region]
    return AccountSpec(
        region=region,
        name="main",
        endpoint=simulation.endpoint(region, base),
        lwa_url=f"{base or simulation.url}/auth/o2/token",
        proxy=None,
        client_id=client.client_id,
        client_secret=client.secret,
        client_secret_next=client.next_secret if rotation else None,
        refresh_token=simulation.lwa.refresh_tokens[region, "main"],
        plan=PollPlan(
            included_data=data_sets(personal=False), start_from=START - timedelta(hours=2)
        ),
        personal=False,
    )


@dataclass
class Trial:
    """One account a region, Europe and Far East."""

    path: Path
    rate_factor: float = 2.0
    rotation: bool = False
    clock: BothClocks = field(default_factory=BothClocks)
    tasks: dict[str, AccountTask] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.simulation = Simulation(
            SimulationOptions(
                orders=0,
                live_rate=0,
                tomorrow=False,
                rate_factor=self.rate_factor,
                accounts=(account("Europe", codes="DE"), account("FarEast", codes="JP")),
            ),
            clock=self.clock.amazon,
        )

    async def open(self) -> None:
        self.database = await open_at_once(self.path)
        await schema.migrate(self.database)
        self.http = httpx.AsyncClient(transport=InProcess(self.simulation.app))
        self.guard = Guard(self.clock, logs.get_logger())
        self.database.on_commit = self.guard.store_wrote
        self.watchdog = Watchdog(
            notifier=Notifier({}),
            guard=self.guard,
            store_answers=self.database.answers,
            log=logs.get_logger(),
        )
        workshop = Workshop(
            database=self.database, clock=self.clock, http=self.http, jitter=lambda: 0.5
        )
        specs = [
            spec_of(self.simulation, region, BASE, rotation=self.rotation) for region in REGIONS
        ]
        known = frozenset(spec.key for spec in specs)
        for spec in specs:
            self.tasks[spec.region] = await workshop.account(spec, known)

    async def close(self) -> None:
        await self.http.aclose()
        await self.database.close()

    async def run(self, seconds: float, *, watch: bool = False) -> None:
        """Let every loop of every account work for so long, as the daemon runs them."""
        until = self.clock.elapsed() + seconds
        due: dict[str, Any] = {}
        for region, task in self.tasks.items():
            for part, step in task.steps():
                where = {"region": region, "account": "main"}
                due[f"{part}:{region}"] = [self.clock.elapsed(), step, where]
        if watch:
            due["watchdog"] = [self.clock.elapsed(), self.watchdog.step, {}]
        while True:
            name = min(due, key=lambda one: due[one][0])
            at, step, where = due[name]
            self.clock.advance(max(0.0, min(at, until) - self.clock.elapsed()))
            if self.clock.elapsed() >= until:
                return
            async with self.guard.step(name, **where) as outcome:
                outcome.wait = await step()
            due[name][0] = self.clock.elapsed() + outcome.wait

    def trade(self, count: int, *, region: str = "Europe", seconds: float = 0.0) -> list[str]:
        """Place orders, one after another over so many seconds; the daemon is not run meanwhile."""
        made = []
        for _ in range(count):
            self.clock.advance(seconds / count)
            made.append(self.simulation.amazon.place(region, life=False))
        return made

    def change(self, order: str, *, region: str = "Europe") -> None:
        self.simulation.amazon.happen(region, "main", order, Act.CANCELLED)

    def truth(self, region: str) -> dict[str, tuple[Any, str]]:
        found = self.simulation.amazon.truth(region)
        return {one.order_id: (one.updated, one.status) for one in found}

    async def stored(self, region: str) -> dict[str, tuple[Any, str]]:
        rows = await self.database.all(
            "select order_id, updated_at, status from orders where region = ?", (region,)
        )
        return {r["order_id"]: (from_micros(r["updated_at"]), r["status"]) for r in rows}

    async def state(self, region: str = "Europe") -> str:
        row = await accounts.find(self.database, region, "main")
        assert row is not None
        return row.state

    def searches(self, region: str = "Europe") -> int:
        return len(self.simulation.journal.of("searchOrders", region))
