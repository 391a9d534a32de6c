"""The daemon as a whole: reloads that come too early, or that fail half-way."""

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


async def test_an_edit_that_mends_a_failing_reload_is_heard(
    daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it fails it is tried again by itself, later and later; a person need not wait."""
    real = accounts.ensure

    async def ensure(*given: Any, **named_too: Any) -> Any:
        text = (tmp_path / "settings.env").read_text(encoding="utf-8")
        if "POLL_INTERVAL=7" in text:
            raise KeyError("a bug that only these settings meet")
        return await real(*given, **named_too)

    with capture_logs() as lines:
        async with anyio.create_task_group() as group:
            group.start_soon(daemon.run)
            await until(lambda: bool(named(lines, events.DAEMON_STARTED)))
            monkeypatch.setattr(accounts, "ensure", ensure)
            text = (tmp_path / "settings.env").read_text(encoding="utf-8")
            spoilt = f"{text}FVSAMAZON_EUROPE__POLL_INTERVAL=7\n"
            (tmp_path / "settings.env").write_text(spoilt, encoding="utf-8")
            daemon._reload_wanted.set()
            await until(lambda: bool(named(lines, events.TASK_FAILED)))
            # A file that is refused does not end the trying, a good one puts things right.
            (tmp_path / "settings.env").write_text("nonsense", encoding="utf-8")
            daemon._reload_wanted.set()
            await until(lambda: bool(named(lines, events.SETTINGS_REJECTED)))
            assert daemon._half_way
            (tmp_path / "settings.env").write_text(text, encoding="utf-8")
            daemon._reload_wanted.set()
            with anyio.fail_after(4):
                await until(lambda: bool(named(lines, events.SETTINGS_RELOADED)))
            daemon._stopping.set()
    [told] = named(lines, events.SETTINGS_RELOADED)
    assert told["restarted"] == ["Europe"]
    assert [line["region"] for line in named(lines, events.REGION_STARTED)][2:] == ["Europe"]


async def test_a_reload_that_waits_for_a_full_disk_is_no_task_that_hangs(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[Any] = []
    clock = daemon._clock
    real, elapsed = accounts.retire, clock.elapsed
    ahead = [0.0]
    monkeypatch.setattr(clock, "elapsed", lambda: elapsed() + ahead[0])

    async def retire(*given: Any) -> None:
        late.append("reload" in daemon._guard.liveness.late())
        ahead[0] += 100.0
        if len(late) < 6:
            daemon._reload_wanted.set()
            raise StoreUnavailable("the disk is full")
        await real(*given)

    with capture_logs() as lines:
        async with anyio.create_task_group() as group:
            group.start_soon(daemon.run)
            await until(lambda: bool(named(lines, events.DAEMON_STARTED)))
            monkeypatch.setattr(accounts, "retire", retire)
            daemon._reload_wanted.set()
            await until(lambda: bool(named(lines, events.SETTINGS_RELOADED)))
            daemon._stopping.set()
    assert late == [False] * 6


@pytest.mark.parametrize("part", ["Europe", "delivery"])
async def test_a_bug_in_one_part_of_a_start_keeps_no_other_down(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """Polling needs no Finvalda, and a region no other."""
    ensure, apply = accounts.ensure, daemon._delivery.apply
    spoilt = [True]

    async def ensured(*given: Any, **more: Any) -> Any:
        if spoilt[0] and more["region"] == part:
            raise KeyError("a bug")
        return await ensure(*given, **more)

    async def applied(*given: Any, **more: Any) -> Any:
        if spoilt[0] and part == "delivery":
            raise KeyError("a bug")
        return await apply(*given, **more)

    monkeypatch.setattr(accounts, "ensure", ensured)
    monkeypatch.setattr(daemon._delivery, "apply", applied)
    with capture_logs() as lines:
        async with anyio.create_task_group() as group:
            group.start_soon(daemon.run)
            await until(lambda: bool(named(lines, events.DAEMON_STARTED)))
            up = {line["region"] for line in named(lines, events.REGION_STARTED)}
            assert up == {"Europe", "FarEast"} - {part}
            await until(lambda: len(named(lines, events.TASK_FAILED)) == 2)
            await until(lambda: bool(named(lines, events.POLL_COMPLETED)))
            assert all(line["exc_info"] for line in named(lines, events.TASK_FAILED))
            # It is tried again by itself, later and later, and at once when somebody asks.
            spoilt[0] = False
            daemon._reload_wanted.set()
            await until(lambda: bool(named(lines, events.SETTINGS_RELOADED)))
            assert sorted(daemon._regions.names) == ["Europe", "FarEast"]
            daemon._stopping.set()
    started = sorted(line["region"] for line in named(lines, events.REGION_STARTED))
    assert started == ["Europe", "FarEast"]


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
