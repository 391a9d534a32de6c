"""`fvsamazon sync`: one pass, every account at once, refused beside a daemon."""

from __future__ import annotations

import json
import os
import pty
import re
import sqlite3
import subprocess
import sys
from importlib.resources import files
from typing import TYPE_CHECKING

import anyio
import pytest

from fvsamazon.simulator import Simulation, SimulationOptions, account
from fvsamazon.store.lock import DaemonLock
from support.commands import environment, fvsamazon_run, settings_file

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
        for name, own in state["accounts"].items():
            assert own["state"] == "ok"
            assert own["backfill"] is None
            since = own["cursor"]
            for order in amazon.amazon.truth(region, name):
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


async def on_a_terminal(*arguments: str, folder: Path, **env: str) -> str:
    """Run a command whose output is a terminal; return what a person saw, colours taken out."""
    leader, follower = pty.openpty()
    process = await anyio.open_process(
        [sys.executable, "-m", "fvsamazon", *arguments],
        cwd=folder,
        env=environment(TERM="xterm-256color", COLUMNS="160", **env),
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    shown = b""

    def read() -> None:
        nonlocal shown
        with pytest.raises(OSError, match="Input/output"):
            while chunk := os.read(leader, 65536):
                shown += chunk

    with anyio.fail_after(60):
        await anyio.to_thread.run_sync(read)
        assert await process.wait() == 0
    os.close(leader)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode("utf-8"))


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Path]:
    """A folder of settings that point at both worlds, with rules."""
    rules = files("fvsamazon.cli").joinpath("demo_booking.toml").read_text("utf-8")
    (tmp_path / "booking.toml").write_text(rules, "utf-8")
    options = SimulationOptions(
        orders=40, live_rate=0.0, seed=5, rate_factor=2000,
        accounts=(account("Europe", codes="DE FR IT"),),
    )  # fmt: skip
    async with Simulation(options) as simulation:
        settings_file(tmp_path, simulation.settings(), FVSAMAZON_LOG_FORMAT="json")
        yield tmp_path


async def test_a_terminal_shows_how_far_the_delivery_is(company: Path) -> None:
    shown = await on_a_terminal("sync", folder=company)
    found = re.findall(r"Finvalda .*?(\d+) done, (\d+) left", shown)
    steps = [(int(done), int(left)) for done, left in found]
    assert steps[0][1] > 0
    assert steps[-1] == (max(done for done, _ in steps), 0)
    assert re.search(r"Finvalda: [1-9]\d* booked; \d+ held", shown)


async def test_a_pipe_gets_no_bar_and_whole_sentences_in_one_language(company: Path) -> None:
    done = await fvsamazon_run("sync", folder=company, FVSAMAZON_LANGUAGE="lt")
    assert done.code == 0, done.err
    assert "liko" not in done.out + done.err
    (told,) = [line for line in done.out.splitlines() if line.startswith("Finvalda: ")]
    assert re.fullmatch(r"Finvalda: įtraukta užsakymų: [1-9]\d*; sulaikyta: \d+", told)
