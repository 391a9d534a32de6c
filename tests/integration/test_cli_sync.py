"""`fvsamazon sync`: one pass, every account at once, refused beside a daemon."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from fvsamazon.simulator import Simulation, SimulationOptions
from fvsamazon.store.lock import DaemonLock
from support.commands import fvsamazon_run, settings_file

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def amazon() -> AsyncIterator[Simulation]:
    async with Simulation(SimulationOptions(orders=150, live_rate=0.01, seed=3)) as simulation:
        yield simulation


@pytest.fixture
def folder(tmp_path: Path, amazon: Simulation) -> Path:
    settings = {k: v for k, v in amazon.settings().items() if "FINVALDA" not in k}
    settings_file(tmp_path, settings)
    return tmp_path


def recorded(folder: Path) -> set[str]:
    connection = sqlite3.connect(folder / "fvsamazon.db")
    found = {row[0] for row in connection.execute("select order_id from orders")}
    connection.close()
    return found


async def test_one_pass_catches_every_account_up(folder: Path, amazon: Simulation) -> None:
    done = await fvsamazon_run("sync", folder=folder)
    assert done.code == 0, done.err
    assert done.out.count("caught up") == 6
    assert amazon.journal.self_inflicted == 0
    stored = recorded(folder)
    status = await fvsamazon_run("status", "--json", folder=folder)
    for region, state in status.json["regions"].items():
        for account, own in state["accounts"].items():
            assert own["state"] == "ok"
            assert own["backfill"] is None
            since = own["cursor"]
            for order in amazon.amazon.truth(region, account):
                age = (order.created - order.created.fromisoformat(since)).days
                if age > -29 and order.last_updated_time <= since:
                    assert order.order_id in stored


async def test_a_region_can_be_chosen(folder: Path) -> None:
    done = await fvsamazon_run("sync", "--region", "fareast", folder=folder)
    assert done.code == 0, done.err
    assert {line.split("/")[0] for line in done.out.splitlines() if "caught up" in line} == {
        "FarEast"
    }
    wrong = await fvsamazon_run("sync", "--region", "Mars", folder=folder)
    assert wrong.code == 2


async def test_an_account_that_fails_is_told_and_the_others_are_caught_up(
    folder: Path, amazon: Simulation
) -> None:
    amazon.faults.add("revoked_refresh_token", operation="token", region="Europe", account="main")
    done = await fvsamazon_run("sync", folder=folder)
    assert done.code == 1
    assert "Europe/main: failed" in done.out
    assert done.out.count("caught up") == 5
    events = [json.loads(line)["event"] for line in done.err.splitlines() if line[:1] == "{"]
    assert "region.attention" in events
    amazon.faults.clear()
    again = await fvsamazon_run("sync", folder=folder)
    assert again.code == 0, again.out


async def test_a_running_daemon_keeps_its_database(folder: Path) -> None:
    lock = DaemonLock.acquire(folder / "fvsamazon.db")
    done = await fvsamazon_run("sync", folder=folder)
    lock.release()
    assert done.code == 75
    assert "systemctl stop" in done.err
