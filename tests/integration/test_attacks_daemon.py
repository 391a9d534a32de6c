"""Attacks on the daemon as a whole: reloads that come too early, or that fail half-way."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from structlog.testing import capture_logs

from fvsamazon import events
from fvsamazon.clock import SystemClock
from fvsamazon.daemon import Daemon
from fvsamazon.errors import StoreBusy, StoreUnavailable
from fvsamazon.sdnotify import Notifier
from fvsamazon.settings import load
from fvsamazon.simulator import Simulation, SimulationOptions, account
from fvsamazon.store import accounts
from fvsamazon.store.lock import DaemonLock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

Lines = list[MutableMapping[str, Any]]


@pytest.fixture
async def simulation() -> AsyncIterator[Simulation]:
    accounts = (account("Europe", codes="DE"), account("FarEast", codes="JP"))
    async with Simulation(SimulationOptions(orders=20, accounts=accounts)) as served:
        yield served


@pytest.fixture
async def daemon(simulation: Simulation, tmp_path: Path) -> Daemon:
    given = {k: v for k, v in simulation.settings().items() if "FINVALDA" not in k}
    given["FVSAMAZON_DATABASE"] = str(tmp_path / "fvsamazon.db")
    write(tmp_path, given)
    return Daemon(
        load(tmp_path / "settings.env", {}),
        environ={},
        clock=SystemClock(),
        notifier=Notifier({}),
        configure_logs=lambda _settings: None,
    )


def write(folder: Path, given: dict[str, str]) -> None:
    text = "".join(f"{name}={value}\n" for name, value in given.items())
    (folder / "settings.env").touch(0o600)
    (folder / "settings.env").write_text(text, encoding="utf-8")


def named(lines: Lines, event: str) -> Lines:
    return [line for line in lines if line["event"] == event]


async def until(true: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not true():
            await anyio.sleep(0.02)


async def test_a_reload_asked_for_during_the_start_starts_no_region_twice(daemon: Daemon) -> None:
    daemon._reload_wanted.set()
    with capture_logs() as lines:
        async with anyio.create_task_group() as group:
            group.start_soon(daemon.run)
            await until(lambda: bool(named(lines, events.SETTINGS_RELOADED)))
            daemon._stopping.set()
    started = sorted(line["region"] for line in named(lines, events.REGION_STARTED))
    assert started == ["Europe", "FarEast"]
    assert len(named(lines, events.DAEMON_STARTED)) == 1


async def test_a_reload_that_fails_half_way_is_told_once_it_is_in_force(
    daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = accounts.retire
    failures = iter([StoreUnavailable("the disk is full")])

    async def retire(*given: Any) -> None:
        for failure in failures:
            raise failure
        await real(*given)

    with capture_logs() as lines:
        async with anyio.create_task_group() as group:
            group.start_soon(daemon.run)
            await until(lambda: bool(named(lines, events.DAEMON_STARTED)))
            monkeypatch.setattr(accounts, "retire", retire)
            text = (tmp_path / "settings.env").read_text(encoding="utf-8")
            kept = [line for line in text.splitlines() if "FAREAST" not in line]
            kept.append("FVSAMAZON_EUROPE__POLL_INTERVAL=7")
            (tmp_path / "settings.env").write_text("\n".join(kept), encoding="utf-8")
            daemon._reload_wanted.set()
            await until(lambda: bool(named(lines, events.SETTINGS_RELOADED)))
            daemon._stopping.set()
    told = named(lines, events.SETTINGS_RELOADED)
    assert len(told) == 1
    assert {name.split(".")[0] for name in told[0]["changed"]} == {"europe", "fareast"}
    assert "Europe" in told[0]["restarted"]
    assert [line["region"] for line in named(lines, events.REGION_STARTED)][2:] == ["Europe"]


def test_a_second_name_for_the_file_is_no_way_around_the_lock(tmp_path: Path) -> None:
    real, link = tmp_path / "fvsamazon.db", tmp_path / "other.db"
    real.touch()
    link.symlink_to(real)
    lock = DaemonLock.acquire(real)
    try:
        assert DaemonLock.held(link)
        with pytest.raises(StoreBusy):
            DaemonLock.acquire(link)
    finally:
        lock.release()
    assert not DaemonLock.held(link)
