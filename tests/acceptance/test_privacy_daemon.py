"""What the running daemon does about personal data: purge first, tell of keys, take up new ones."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from fvsamazon import keyfile
from fvsamazon.privacy import PrivacyPlan
from fvsamazon.simulator import D2C, TAX, Simulation, SimulationOptions, account
from fvsamazon.store import personal
from fvsamazon.store.database import Database
from support.clocks import FakeClock
from support.commands import environment, fvsamazon_run
from support.personal import Office, found_in, raw_bytes, stamp, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OPTIONS = SimulationOptions(
    orders=200,
    backlog_days=5,
    live_rate=0.5,
    accounts=(account("Europe", codes="DE FR", roles={D2C, TAX}),),
)


@pytest.fixture
async def simulation() -> AsyncIterator[Simulation]:
    async with Simulation(OPTIONS) as running:
        yield running


def write_settings(folder: Path, simulation: Simulation, **more: str) -> None:
    values = {
        name: value
        for name, value in simulation.settings().items()
        if not name.startswith("FVSAMAZON_FINVALDA")
    }
    values |= {
        "FVSAMAZON_PERSONAL_DATA__ENABLED": "true",
        "FVSAMAZON_PERSONAL_DATA__KEY_FILE": "key",
        "FVSAMAZON_LOG_FORMAT": "json",
        "FVSAMAZON_LOG_FILE": "log",
        "FVSAMAZON_POLL_INTERVAL": "1",
    }
    path = folder / "settings.env"
    path.write_text("".join(f"{k}={v}\n" for k, v in (values | more).items()), "utf-8")
    path.chmod(0o600)


def lines(folder: Path) -> list[dict[str, Any]]:
    try:
        text = (folder / "log").read_text("utf-8")
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text.splitlines()]


async def until(folder: Path, event: str, count: int = 1, seconds: float = 25.0) -> dict[str, Any]:
    with anyio.fail_after(seconds):
        while True:
            found = [line for line in lines(folder) if line["event"] == event]
            if len(found) >= count:
                return found[-1]
            await anyio.sleep(0.05)


@asynccontextmanager
async def daemon(folder: Path) -> AsyncIterator[Any]:
    async with await anyio.open_process(
        [sys.executable, "-m", "fvsamazon", "run"],
        cwd=folder,
        env=environment(),
        stdout=-3,
        stderr=-3,
    ) as process:
        try:
            await until(folder, "daemon.started")
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
                with anyio.move_on_after(8):
                    await process.wait()
            if process.returncode is None:
                process.kill()


async def test_what_is_overdue_goes_before_the_first_poll(
    tmp_path: Path, simulation: Simulation
) -> None:
    write_settings(tmp_path, simulation)
    keyfile.create(tmp_path / "key")
    clock = FakeClock(datetime.now(UTC) - timedelta(days=31))
    plan = PrivacyPlan(enabled=True, key_file=tmp_path / "key")
    office = await Office(tmp_path / "fvsamazon.db", clock, plan).open()
    old = wire(lastUpdatedTime=stamp(clock.now()))
    old["fulfillment"]["fulfillmentStatus"] = "CANCELLED"
    await office.record(old)
    sealed = await office.ciphertexts()
    await office.database.close()
    assert found_in(raw_bytes(tmp_path / "fvsamazon.db"), sealed[0])
    async with daemon(tmp_path):
        names = [line["event"] for line in lines(tmp_path)]
        assert names.index("privacy.purged") < names.index("region.started")
        assert not found_in(raw_bytes(tmp_path / "fvsamazon.db"), sealed[0])


async def test_a_missing_key_is_told_at_the_start_and_found_when_it_is_made(
    tmp_path: Path, simulation: Simulation
) -> None:
    write_settings(tmp_path, simulation)
    async with daemon(tmp_path):
        line = await until(tmp_path, "privacy.key_unusable")
        assert "does not exist" in line["why"]
        await until(tmp_path, "poll.completed", 2)
        status = await fvsamazon_run("status", "--json", folder=tmp_path)
        assert status.json["regions"]["Europe"]["orders"] > 0
        assert status.json["personal_data"]["orders"] == 0
        made = await fvsamazon_run("key", "create", folder=tmp_path)
        assert made.code == 0
        with anyio.fail_after(20):
            while True:
                status = await fvsamazon_run("status", "--json", folder=tmp_path)
                if status.json["personal_data"]["orders"]:
                    break
    for event in ("privacy.key_unusable", "privacy.key_usable"):
        assert len([line for line in lines(tmp_path) if line["event"] == event]) == 1


async def test_a_key_put_right_is_told_by_the_reload_though_no_order_comes(
    tmp_path: Path, simulation: Simulation
) -> None:
    write_settings(tmp_path, simulation, FVSAMAZON_POLL_INTERVAL="3600")
    async with daemon(tmp_path) as process:
        await until(tmp_path, "privacy.key_unusable")
        process.send_signal(signal.SIGHUP)
        await until(tmp_path, "privacy.key_unusable", 2)
        await until(tmp_path, "settings.reloaded")
        keyfile.create(tmp_path / "key")
        process.send_signal(signal.SIGHUP)
        await until(tmp_path, "privacy.key_usable")


async def test_a_reload_tells_of_a_lost_key_once_for_every_region(
    tmp_path: Path, simulation: Simulation
) -> None:
    write_settings(tmp_path, simulation)
    keyfile.create(tmp_path / "key")
    async with daemon(tmp_path) as process:
        await until(tmp_path, "poll.completed", 6)
        (tmp_path / "key").unlink()
        process.send_signal(signal.SIGHUP)
        await until(tmp_path, "settings.reloaded")
        polled = len([line for line in lines(tmp_path) if line["event"] == "poll.completed"])
        await until(tmp_path, "poll.completed", polled + 6)
    events = [line["event"] for line in lines(tmp_path)]
    reloaded = events.index("settings.reloaded")
    assert "privacy.key_unusable" in events[:reloaded]
    assert "privacy.key_unusable" not in events[reloaded:]


async def test_what_a_person_did_stands_in_the_services_log_once(
    tmp_path: Path, simulation: Simulation
) -> None:
    write_settings(tmp_path, simulation)
    keyfile.create(tmp_path / "key")
    plan = PrivacyPlan(enabled=True, key_file=tmp_path / "key")
    clock = FakeClock(datetime.now(UTC))
    office = await Office(tmp_path / "fvsamazon.db", clock, plan).open()
    await office.record(wire())
    await office.database.close()
    order = "305-1234567-7654321"
    shown = await fvsamazon_run("orders", "show", order, "--personal-data", folder=tmp_path)
    assert shown.code == 0, shown.err
    gone = await fvsamazon_run("purge", "--order", order, folder=tmp_path)
    assert gone.code == 0, gone.err
    for _ in range(2):
        async with daemon(tmp_path):
            await until(tmp_path, "privacy.erased")
            await until(tmp_path, "daemon.heartbeat")
        told = [line for line in lines(tmp_path) if line["event"].startswith("privacy.")]
        told = [line for line in told if line["event"] != "privacy.purged"]
        assert [(line["event"], line["user"]) for line in told] == [
            ("privacy.accessed", os.getuid()),
            ("privacy.erased", os.getuid()),
        ]
        assert told[0]["orders"] == [order]
        assert (told[1]["order"], told[1]["why"]) == (order, "request")


async def test_the_key_is_rotated_beside_the_daemon_without_a_pause(
    tmp_path: Path, simulation: Simulation
) -> None:
    write_settings(tmp_path, simulation)
    keyfile.create(tmp_path / "key")
    async with daemon(tmp_path) as process:
        await until(tmp_path, "poll.completed", 3)
        for _ in range(3):
            turned = await fvsamazon_run("key", "rotate", folder=tmp_path)
            assert turned.code == 0, turned.err
            current = keyfile.key_id(keyfile.read(tmp_path / "key"))
            database = await Database.open(tmp_path / "fvsamazon.db", create=False)
            assert await personal.key_ids(database) == {current}
            polls = len([line for line in lines(tmp_path) if line["event"] == "poll.completed"])
            await until(tmp_path, "poll.completed", polls + 2)
            assert await personal.key_ids(database) == {current}
            await database.close()
        for old in keyfile.retired(tmp_path / "key"):
            old.unlink()
        exported = await fvsamazon_run("orders", "export", "--personal-data", folder=tmp_path)
        assert exported.code == 0, exported.err
        people = [json.loads(line)["personal_data"] for line in exported.out.splitlines()]
        assert len([one for one in people if one]) > 50
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    bad = [line for line in lines(tmp_path) if line["level"] in {"error", "critical"}]
    assert [line for line in bad if line["event"] != "region.attention"] == []


async def test_a_wrong_key_stops_no_order(tmp_path: Path, simulation: Simulation) -> None:
    write_settings(tmp_path, simulation)
    keyfile.create(tmp_path / "key")
    async with daemon(tmp_path):
        await until(tmp_path, "poll.completed", 2)
    (tmp_path / "log").unlink()
    (tmp_path / "key").rename(tmp_path / "right")
    keyfile.create(tmp_path / "key")
    async with daemon(tmp_path) as process:
        line = await until(tmp_path, "privacy.key_unusable")
        assert "not the one that encrypted" in line["why"]
        done = await until(tmp_path, "poll.completed", 2)
        assert done["region"] == "Europe"
        (tmp_path / "right").replace(tmp_path / "key")
        database = await Database.open(tmp_path / "fvsamazon.db", create=False)
        before = await personal.figures(database)
        with anyio.fail_after(20):
            while (await personal.figures(database)).kept <= before.kept:
                await anyio.sleep(0.1)
        await database.close()
        assert process.returncode is None


async def test_a_shorter_retention_is_in_force_after_a_reload(
    tmp_path: Path, simulation: Simulation
) -> None:
    write_settings(tmp_path, simulation)
    keyfile.create(tmp_path / "key")
    clock = FakeClock(datetime.now(UTC) - timedelta(days=20))
    plan = PrivacyPlan(enabled=True, key_file=tmp_path / "key")
    office = await Office(tmp_path / "fvsamazon.db", clock, plan).open()
    old = wire(lastUpdatedTime=stamp(clock.now()))
    old["fulfillment"]["fulfillmentStatus"] = "CANCELLED"
    await office.record(old)
    await office.database.close()
    async with daemon(tmp_path) as process:
        write_settings(tmp_path, simulation, FVSAMAZON_PERSONAL_DATA__RETENTION_DAYS="10")
        process.send_signal(signal.SIGHUP)
        await until(tmp_path, "settings.reloaded")
        assert (await until(tmp_path, "privacy.purged"))["orders"] >= 1
