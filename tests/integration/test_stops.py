"""The running daemon: signals at any moment, another program's lock, a purge that lasts.

A stop is one in order and takes less than five seconds whatever goes on; so does a reload.
"""

from __future__ import annotations

import itertools
import signal
import sqlite3
import time
from contextlib import closing, contextmanager
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from structlog.testing import capture_logs

from fvsamazon import events
from fvsamazon.clock import SystemClock
from fvsamazon.daemon import Daemon
from fvsamazon.retention import Purger
from fvsamazon.sdnotify import Notifier
from fvsamazon.settings import load
from fvsamazon.simulator import Simulation, SimulationOptions, account
from fvsamazon.store.lock import DaemonLock
from fvsamazon.supervisor import STEP_LIMIT
from support.daemon import Running, running, write_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

RULES = files("fvsamazon.cli").joinpath("demo_booking.toml").read_text("utf-8")
IN_TIME = 5.0


@pytest.fixture
async def simulation() -> AsyncIterator[Simulation]:
    accounts = (account("Europe", codes="DE"), account("FarEast", codes="JP"))
    options = SimulationOptions(
        orders=60, backlog_days=15, live_rate=0.2, rate_factor=2000, accounts=accounts
    )
    async with Simulation(options) as served:
        yield served


@pytest.fixture
def given(simulation: Simulation, tmp_path: Path) -> dict[str, str]:
    found = {k: v for k, v in simulation.settings().items() if "FINVALDA" not in k}
    found |= {"FVSAMAZON_POLL_INTERVAL": "1", "FVSAMAZON_LOG_FORMAT": "json"}
    write_settings(tmp_path, found)
    return found


@contextmanager
def locked(folder: Path) -> Iterator[sqlite3.Connection]:
    """Hold the database's write lock, as another program may."""
    path = folder / "fvsamazon.db"
    with closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as other:
        other.execute("begin immediate")
        yield other


async def stopped(daemon: Running, number: signal.Signals = signal.SIGTERM) -> float:
    """Ask the daemon to stop and return how long it took; it has to be a stop in order."""
    began = time.monotonic()
    daemon.send(number)
    assert await daemon.ended() == 0
    taken = time.monotonic() - began
    assert daemon.events()[-1]["event"] == "daemon.stopped"
    return taken


async def test_a_stop_waits_for_no_other_programs_lock(
    given: dict[str, str], tmp_path: Path
) -> None:
    async with running(tmp_path) as daemon:
        await daemon.ready()
        with locked(tmp_path):
            await daemon.until(lambda: daemon.named("store.attention"))
            await anyio.sleep(1.5)  # some tasks wait for the lock now
            assert await stopped(daemon) < IN_TIME
    async with running(tmp_path) as daemon:
        await daemon.ready()
        assert not daemon.named("store.restored")
    assert given


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_that_comes_before_the_store_is_open_is_one_in_order(
    given: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    async with running(tmp_path) as daemon:
        await daemon.ready()
        await daemon.stop()
    (tmp_path / "out.log").unlink()
    with locked(tmp_path):
        async with running(tmp_path) as daemon:
            # It stands before the marker's first write.
            await daemon.until(lambda: DaemonLock.held(tmp_path / "fvsamazon.db"))
            assert await stopped(daemon, number) < 2.0
            assert not daemon.named("daemon.started")
    assert given


async def test_a_hangup_during_the_start_is_a_reload(given: dict[str, str], tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        await daemon.until((tmp_path / "fvsamazon.db-lock").exists)
        for _ in range(3):
            daemon.send(signal.SIGHUP)
            daemon.send(signal.SIGUSR1)
        await daemon.until(lambda: daemon.named("settings.reloaded"))
        started = [line["region"] for line in daemon.named("region.started")]
        assert sorted(started) == ["Europe", "FarEast"]
        assert await stopped(daemon) < IN_TIME
    assert given


@pytest.mark.slow
async def test_a_reload_of_region_and_delivery_that_both_hang_is_in_force_in_time(
    simulation: Simulation, tmp_path: Path
) -> None:
    given = simulation.settings() | {
        "FVSAMAZON_POLL_INTERVAL": "1",
        "FVSAMAZON_LOG_FORMAT": "json",
    }
    write_settings(tmp_path, given)
    (tmp_path / "booking.toml").write_text(RULES, "utf-8")
    async with running(tmp_path) as daemon:
        await daemon.ready()
        await daemon.until(lambda: daemon.named("delivery.booked"), 60)
        simulation.finvalda.faults.add("hang", seconds=3_600, delay=60.0)
        simulation.faults.add("hang", operation="searchOrders", region="Europe")
        asked = len(simulation.journal.of("searchOrders", "Europe"))
        await daemon.until(lambda: len(simulation.journal.of("searchOrders", "Europe")) > asked)
        await anyio.sleep(1.0)
        write_settings(
            tmp_path,
            given,
            FVSAMAZON_EUROPE__POLL_INTERVAL="2",
            FVSAMAZON_FINVALDA__TIMEOUT="45",
        )
        daemon.send(signal.SIGHUP)
        await daemon.until(lambda: daemon.named("settings.reloaded"), IN_TIME)
        assert daemon.named("settings.reloaded")[0]["restarted"] == ["Europe", "delivery"]
        assert await stopped(daemon) < IN_TIME


@pytest.mark.slow
async def test_a_storm_of_signals_and_edits_loses_nothing_and_hammers_nobody(
    given: dict[str, str], tmp_path: Path, simulation: Simulation
) -> None:
    """A region is switched off and on again while its requests are under way."""
    off = {name: value for name, value in given.items() if "FAREAST" not in name}
    simulation.faults.add("slow", operation="searchOrders", seconds=0.3)
    async with running(tmp_path) as daemon:
        await daemon.ready()
        for n, settings in zip(range(60), itertools.cycle((off, given)), strict=False):
            if n % 3 == 0:
                write_settings(tmp_path, settings)
            daemon.send(signal.SIGHUP)
            daemon.send(signal.SIGUSR1)
            await anyio.sleep(0.1)
        simulation.faults.clear()
        write_settings(tmp_path, given)
        reloads = len(daemon.named("settings.reloaded"))
        daemon.send(signal.SIGHUP)
        await daemon.until(lambda: len(daemon.named("settings.reloaded")) > reloads, IN_TIME)
        for region in ("Europe", "FarEast"):
            done = len(daemon.named("poll.completed", region=region, kind="live"))
            await daemon.until(
                lambda r=region, d=done: (  # type: ignore[misc]
                    len(daemon.named("poll.completed", region=r, kind="live")) > d + 1
                )
            )
        assert await stopped(daemon) < IN_TIME
        levels = {line["level"] for line in daemon.events()}
        assert levels <= {"debug", "info", "warning"}
    assert simulation.journal.self_inflicted == 0
    with closing(sqlite3.connect(tmp_path / "fvsamazon.db")) as store:
        marks = dict(
            store.execute(
                "select a.region, c.live_mark from coverage c join account a on a.id = c.account_id"
            )
        )
        stored = dict(store.execute("select order_id, updated_at from orders"))
    for region, mark in marks.items():
        for order in simulation.amazon.truth(region, "main"):
            updated = datetime.fromisoformat(order.last_updated_time).timestamp() * 1e6
            if mark - 1_800e6 < updated <= mark:
                assert stored[order.order_id] == pytest.approx(updated, abs=1e6)


# A purge that lasts.


async def test_a_purge_that_lasts_shows_progress_and_can_be_stopped(
    given: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million orders past their limit are no reason to be killed, nor to go on at a stop."""
    bites = [0]
    late: list[dict[str, Any]] = []

    async def purge_batch(_self: Purger, _limit: int) -> tuple[int, int]:
        bites[0] += 1
        clock.ahead += STEP_LIMIT * 0.9
        late.append(daemon._guard.liveness.late())
        await anyio.sleep(0.01)
        return 200, 200

    class Ahead(SystemClock):
        ahead = 0.0

        def elapsed(self) -> float:
            return super().elapsed() + self.ahead

    clock = Ahead()
    monkeypatch.setattr(Purger, "purge_batch", purge_batch)
    daemon = Daemon(
        load(tmp_path / "settings.env", {}),
        environ={},
        clock=clock,
        notifier=Notifier({}),
        configure_logs=lambda _settings: None,
    )
    monkeypatch.chdir(tmp_path)
    with capture_logs() as lines, anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(daemon.run)
            while bites[0] < 20:
                await anyio.sleep(0.01)
            daemon._stop(signal.SIGTERM)
    assert late == [{}] * len(late)
    assert [line["event"] for line in lines][-1] == events.DAEMON_STOPPED
    assert events.DAEMON_STARTED not in [line["event"] for line in lines]
    assert given
