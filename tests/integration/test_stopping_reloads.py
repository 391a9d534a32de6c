"""A stop that breaks off a reload: what the reload was waiting for gets its time all the same."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import anyio

from fvsamazon import logs
from fvsamazon.clock import SystemClock
from fvsamazon.delivery import running
from fvsamazon.poller.region import RegionPoller
from fvsamazon.poller.running import Regions, RunningRegion, end_all
from fvsamazon.supervisor import Guard
from support.house import spec

if TYPE_CHECKING:
    import pytest

    from fvsamazon.store.database import Database


class Work:
    """A worker, or an account, whose step takes a moment."""

    name = "main"
    woken = None

    def __init__(self) -> None:
        self.begun = anyio.Event()
        self.done = False
        self.destination = SimpleNamespace(try_now=lambda: None)

    async def start(self, *, try_now: bool) -> int:
        return int(try_now)

    async def step(self) -> float:
        self.begun.set()
        await anyio.sleep(0.3)
        self.done = True
        return 60.0

    def steps(self) -> Any:
        return (("poll", self.step),)


class Line:
    """An HTTP client of which only the end matters."""

    closed = False

    async def aclose(self) -> None:
        self.closed = True


async def test_a_worker_that_a_reload_was_ending_is_waited_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, line = Work(), Line()
    monkeypatch.setattr(running, "new_worker", lambda *_, **__: work)
    settings: Any = SimpleNamespace(timeout=1.0, http_client=lambda: line)
    rules: Any = SimpleNamespace(rules=None, path=Path("booking.toml"))
    clock, log = SystemClock(), logs.get_logger()
    delivery = running.Delivery(clock, Guard(clock, log), log)
    reload = anyio.CancelScope()

    async with anyio.create_task_group() as group:

        async def apply(privacy: int) -> None:
            await delivery.apply(
                group,
                database,
                settings,
                rules,
                personal=None,  # type: ignore[arg-type]
                privacy=privacy,
                reloading=privacy > 1,
            )

        async def again() -> None:
            with reload:
                await apply(2)

        await apply(1)
        await work.begun.wait()
        group.start_soon(again)
        await anyio.wait_all_tasks_blocked()
        reload.cancel()
        assert await delivery.stop(3.0)
        group.cancel_scope.cancel()
    assert work.done
    assert line.closed


async def test_a_region_that_a_reload_was_ending_is_waited_for() -> None:
    work: Any = Work()
    clock, log = SystemClock(), logs.get_logger()
    guard = Guard(clock, log)
    regions = Regions(clock, guard, log)
    region = RunningRegion((spec(),), RegionPoller("Europe", [work], clock=clock, guard=guard), log)
    regions._running["Europe"] = region
    async with anyio.create_task_group() as group:
        await region.start(group)
        await work.begun.wait()
        with anyio.move_on_after(0.05):
            await end_all(regions.ask_to_stop(["Europe"]), 3.0)
        assert not work.done
        assert regions.names == []
        assert await end_all(regions.ask_to_stop(regions.names), 3.0)
        group.cancel_scope.cancel()
    assert work.done
