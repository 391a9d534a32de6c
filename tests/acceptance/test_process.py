"""The installed daemon as systemd and an administrator meet it: notices, signals, exit codes."""

from __future__ import annotations

import re
import signal
import socket
import time
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from fvsamazon.simulator import Simulation, SimulationOptions, account
from support.daemon import Running, running, write_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

ACCOUNTS = (account("Europe", codes="DE"), account("FarEast", codes="JP"))


@pytest.fixture
async def simulation() -> AsyncIterator[Simulation]:
    options = SimulationOptions(orders=100, live_rate=0.5, accounts=ACCOUNTS)
    async with Simulation(options) as served:
        yield served


@pytest.fixture
def given(simulation: Simulation, tmp_path: Path) -> dict[str, str]:
    """Settings of both regions, written where the daemon finds them."""
    found = {k: v for k, v in simulation.settings().items() if "FINVALDA" not in k}
    found |= {"FVSAMAZON_POLL_INTERVAL": "1", "FVSAMAZON_LOG_FORMAT": "json"}
    write_settings(tmp_path, found)
    return found


def without(given: dict[str, str], word: str) -> dict[str, str]:
    return {name: value for name, value in given.items() if word not in name}


async def reloaded(daemon: Running, event: str = "settings.reloaded") -> dict[str, object]:
    """Send SIGHUP and return the line that answers it, which has to come within five seconds."""
    before = len(daemon.named(event))
    daemon.send(signal.SIGHUP)
    await daemon.until(lambda: len(daemon.named(event)) > before, 5.0)
    return daemon.named(event)[-1]


async def polled(daemon: Running, region: str, times: int = 1) -> None:
    before = len(daemon.named("poll.completed", region=region))
    await daemon.until(lambda: len(daemon.named("poll.completed", region=region)) >= before + times)


async def test_systemd_is_told_everything_in_its_order(
    given: dict[str, str], tmp_path: Path
) -> None:
    async with running(tmp_path, WATCHDOG_USEC="600000") as daemon:
        await daemon.ready()
        names = [line["event"] for line in daemon.events()]
        assert names.count("region.started") == 2
        assert names.index("daemon.started") > max(
            place for place, name in enumerate(names) if name == "region.started"
        ), "ready before every region's tasks said so"
        await daemon.until(lambda: daemon.listen().count("WATCHDOG=1") >= 3)
        await daemon.until(lambda: any("STATUS=" in note for note in daemon.listen()))
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        at = len(daemon.listen())
        await reloaded(daemon)
        await daemon.until(lambda: "READY=1" in daemon.listen()[at:])
        told = [note for note in daemon.listen()[at:] if "WATCHDOG" not in note]
        found = re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=(\d+)", told[0])
        assert found
        assert before <= int(found[1]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        assert await daemon.stop() == 0
        told = [note for note in daemon.listen() if note in {"READY=1", "STOPPING=1"}]
        assert told == ["READY=1", "READY=1", "STOPPING=1"]
        last = daemon.events()[-1]
        assert (last["event"], last["clean"]) == ("daemon.stopped", True)
    assert given


async def test_a_reload_touches_what_changed_and_loses_no_request(
    given: dict[str, str], tmp_path: Path, simulation: Simulation
) -> None:
    async with running(tmp_path) as daemon:
        await daemon.ready()
        await polled(daemon, "Europe")
        await polled(daemon, "FarEast")

        # An answer is on its way while its region is changed: it is waited for and recorded.
        simulation.faults.add("slow", region="Europe", operation="searchOrders", seconds=1.0)
        asked = len(simulation.journal.of("searchOrders", "Europe"))
        await daemon.until(lambda: len(simulation.journal.of("searchOrders", "Europe")) > asked)
        given["FVSAMAZON_EUROPE__POLL_INTERVAL"] = "2"
        write_settings(tmp_path, given)
        line = await reloaded(daemon)
        assert line["restarted"] == ["Europe"]
        assert simulation.journal.of("searchOrders", "Europe")[asked].status == 200
        simulation.faults.clear()
        await polled(daemon, "Europe")
        calls = simulation.journal.of("searchOrders", "Europe")
        assert len({tuple(sorted(call.params.items())) for call in calls}) == len(calls)

        # A region that is taken away stops, alone; one that comes starts, alone.
        write_settings(tmp_path, without(given, "FAREAST"))
        assert (await reloaded(daemon))["restarted"] == ["FarEast"]
        assert len(daemon.named("region.stopped", region="FarEast")) == 1
        asked = len(simulation.journal.of("searchOrders", "FarEast"))
        await polled(daemon, "Europe", 2)
        assert len(simulation.journal.of("searchOrders", "FarEast")) == asked
        write_settings(tmp_path, given)
        assert await restarted(daemon) == ["FarEast"]
        await polled(daemon, "FarEast")

        # Nothing changed: nothing is restarted.
        assert await restarted(daemon) == []
        assert len(daemon.named("region.started", region="FarEast")) == 2
        assert simulation.journal.self_inflicted == 0
        assert await daemon.stop() == 0


async def restarted(daemon: Running) -> list[str]:
    found = (await reloaded(daemon))["restarted"]
    assert isinstance(found, list)
    return found


async def test_a_broken_file_changes_nothing_and_a_hidden_value_is_told(
    given: dict[str, str], tmp_path: Path
) -> None:
    async with running(tmp_path, FVSAMAZON_LOG_LEVEL="info") as daemon:
        await daemon.ready()
        await polled(daemon, "Europe")
        write_settings(
            tmp_path, given, FVSAMAZON_EUROP__CLIENT_ID="x", FVSAMAZON_POLL_INTERVAL="soon"
        )
        line = await reloaded(daemon, "settings.rejected")
        assert line["level"] == "error"
        faults = line["faults"]
        assert isinstance(faults, list)
        assert len(faults) == 2
        assert any("FVSAMAZON_EUROPE__CLIENT_ID" in fault for fault in faults), "the nearest name"
        await polled(daemon, "Europe", 2)
        await polled(daemon, "FarEast", 2)
        assert daemon.named("region.stopped") == []
        write_settings(tmp_path, given, FVSAMAZON_LOG_LEVEL="debug")
        await reloaded(daemon)
        await daemon.until(lambda: daemon.named("settings.hidden"), 5.0)
        assert daemon.named("settings.hidden")[0]["names"] == ["FVSAMAZON_LOG_LEVEL"]
        assert daemon.named("order.recorded") == [], "debug is not in force"
        assert await daemon.stop() == 0


async def test_usr1_polls_at_once(
    given: dict[str, str], tmp_path: Path, simulation: Simulation
) -> None:
    write_settings(tmp_path, given, FVSAMAZON_POLL_INTERVAL="600")
    async with running(tmp_path) as daemon:
        await daemon.ready()
        await daemon.until(lambda: len(daemon.named("history.completed")) == 2)
        polls = daemon.named("poll.completed", region="Europe", kind="live")
        daemon.send(signal.SIGUSR1)
        await daemon.until(
            lambda: len(daemon.named("poll.completed", region="Europe", kind="live")) > len(polls),
            5.0,
        )
        assert daemon.named("poll.requested")[0]["regions"] == ["Europe", "FarEast"]
        assert await daemon.stop() == 0
    assert simulation.journal.self_inflicted == 0


@pytest.mark.parametrize("operation", ["searchOrders", "token"])
async def test_a_stop_takes_less_than_five_seconds_whatever_hangs(
    given: dict[str, str], tmp_path: Path, simulation: Simulation, operation: str
) -> None:
    assert given
    simulation.faults.add("hang", operation=operation)
    async with running(tmp_path) as daemon:
        await daemon.ready()
        await daemon.until(lambda: len(simulation.journal.of(operation)) >= 2)
        began = time.monotonic()
        assert await daemon.stop() == 0
        assert time.monotonic() - began < 5.0
        assert daemon.events()[-1]["event"] == "daemon.stopped"


async def test_a_second_daemon_on_the_file_is_refused(
    given: dict[str, str], tmp_path: Path
) -> None:
    assert given
    async with running(tmp_path) as daemon:
        await daemon.ready()
        async with running(tmp_path) as second:
            assert await second.ended() == 75
            assert "READY=1" not in second.listen()
        assert "already runs on" in daemon.log.read_text("utf-8")
        await polled(daemon, "Europe")
        assert await daemon.stop() == 0


async def test_invalid_settings_are_refused_with_every_fault(
    given: dict[str, str], tmp_path: Path
) -> None:
    wrong = {
        "FVSAMAZON_EUROPE__ENDPOINT": "http://example.com",
        "FVSAMAZON_POLL_INTERVAL": "0",
        "FVSAMAZON_LOG_LEVLE": "info",
    }
    write_settings(tmp_path, given | wrong)
    async with running(tmp_path) as daemon:
        assert await daemon.ended() == 78
        said = daemon.log.read_text("utf-8")
    for name in (*wrong, "FVSAMAZON_LOG_LEVEL"):
        assert name in said
    assert not (tmp_path / "fvsamazon.db").exists()


async def test_the_log_file_survives_its_move(given: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "daemon.log"
    write_settings(tmp_path, given, FVSAMAZON_LOG_FILE=str(file))
    async with running(tmp_path) as daemon:
        await daemon.ready()
        await daemon.until(lambda: "poll.completed" in file.read_text("utf-8"))
        file.rename(tmp_path / "daemon.log.1")
        await daemon.until(
            lambda: file.exists() and "poll.completed" in file.read_text("utf-8"), 10.0
        )
        assert await daemon.stop() == 0
    lines = (tmp_path / "daemon.log.1").read_text("utf-8") + file.read_text("utf-8")
    stamps = [
        datetime.fromisoformat(found) for found in re.findall(r'"timestamp":"([^"]+)"', lines)
    ]
    assert stamps == sorted(stamps)
    assert lines.count("daemon.started") == lines.count("daemon.stopped") == 1
    assert daemon.log.read_text("utf-8") == ""


async def test_an_amazon_that_accepts_and_says_nothing_is_no_reason_to_hang(
    given: dict[str, str], tmp_path: Path
) -> None:
    """A listening socket that nobody serves: connections are taken and never answered."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        write_settings(tmp_path, given, FVSAMAZON_EUROPE__ENDPOINT=f"http://127.0.0.1:{port}/eu")
        async with running(tmp_path) as daemon:
            await daemon.ready()
            await polled(daemon, "FarEast", 3)
            began = time.monotonic()
            assert await daemon.stop() == 0
            assert time.monotonic() - began < 5.0
            assert daemon.named("poll.completed", region="Europe") == []
