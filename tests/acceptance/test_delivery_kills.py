"""Daemon and Finvalda killed with SIGKILL at random while documents are sent and answers lost.

Every due order is booked once; a database rebuilt from Amazon adopts them all.
"""

from __future__ import annotations

import random
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from fvsamazon.simulator import Simulation, SimulationOptions, account
from fvsamazon.simulator.finvalda import SERVICE, FinvaldaState
from support import finvalda_server
from support.commands import environment
from support.daemon import Running, write_settings

SEED = 11
TIMEOUT = 2
SETTLED = 420.0
"""Seconds after the last kill within which nothing may be left in doubt."""


class Finvalda:
    """The simulated Finvalda, started and killed."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.file = folder / "finvalda.jsonl"
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "finvalda.log"
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self, share: float) -> None:
        tests = Path(finvalda_server.__file__).parents[1]
        given = environment()
        given["PYTHONPATH"] = f"{given['PYTHONPATH']}:{tests}"
        words = [str(self.port), str(self.file), str(SEED), str(share)]
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - it only forks
                [sys.executable, "-m", "support.finvalda_server", *words],
                env=given,
                stdout=out,
                stderr=out,
            )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def truth(self) -> dict[str, Any]:
        async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
            with anyio.fail_after(30):
                while True:
                    try:
                        return dict((await client.get(f"{self.url}/_truth")).json())
                    except httpx.TransportError:
                        await anyio.sleep(0.1)


def states(database: Path) -> dict[str, int]:
    """Count what was due; which other orders were ever looked at depends on what was seen when."""
    with closing(sqlite3.connect(database)) as store:
        found = dict(store.execute("select state, value from delivery_count where value > 0"))
    found.pop("not_due", None)
    return found


def booked(database: Path) -> set[tuple[str, int]]:
    with closing(sqlite3.connect(database)) as store:
        return set(store.execute("select journal, number from outbox where state = 'booked'"))


def live_sales(truth: dict[str, Any]) -> set[tuple[str, int]]:
    return {
        (one["journal"], one["number"])
        for one in truth["operations"]
        if one["class"] == "PardDok" and not one["deleted"]
    }


def settled(database: Path) -> bool:
    found = states(database)
    return not set(found) & {"due", "sending", "in_doubt"}


async def kill_and_compare(folder: Path, kills: int, orders: int, seed: int) -> None:
    print(f"seed {seed}")  # noqa: T201 - a failure must be repeatable
    dice = random.Random(seed)
    finvalda = Finvalda(folder)
    options = SimulationOptions(
        orders=orders,
        backlog_days=20,
        live_rate=0,
        seed=seed,
        rate_factor=2000,
        accounts=(account("Europe", codes="DE FR IT"),),
    )
    async with Simulation(options) as simulation:
        state = FinvaldaState(SEED, simulation.clock.now)
        rules = files("fvsamazon.cli").joinpath("demo_booking.toml").read_text("utf-8")
        (folder / "booking.toml").write_text(rules, "utf-8")
        write_settings(
            folder,
            {
                **simulation.settings(),
                "FVSAMAZON_FINVALDA__URL": finvalda.url + SERVICE,
                "FVSAMAZON_FINVALDA__PASSWORD": state.password,
            },
            FVSAMAZON_FINVALDA__TIMEOUT=str(TIMEOUT),
            FVSAMAZON_POLL_INTERVAL="1",
            FVSAMAZON_LOG_FORMAT="json",
        )
        database = folder / "fvsamazon.db"
        daemon = Running(folder)
        await finvalda.start(3)
        await daemon.start()
        try:
            for _ in range(kills):
                await anyio.sleep(dice.uniform(0.2, 1.5))
                if dice.random() < 0.7:
                    daemon.kill()
                    await daemon.start()
                else:
                    finvalda.kill()
                    await finvalda.start(3)
            finvalda.kill()
            await finvalda.start(0)
            await daemon.until(lambda: settled(database), SETTLED, every=1.0)
            truth = await finvalda.truth()
            assert truth["doubles"] == {}
            assert live_sales(truth) == booked(database)
            assert len(live_sales(truth)) > orders / 4
            assert "failed" not in states(database)
            assert await daemon.stop() == 0
            daemon.kill()
            before = states(database)
            for path in folder.glob("fvsamazon.db*"):
                path.unlink()
            await daemon.start()
            await daemon.until(
                lambda: database.exists() and _count(database) and states(database) == before,
                120,
                every=1.0,
            )
            again = await finvalda.truth()
            assert live_sales(again) == live_sales(truth) == booked(database)
            assert again["doubles"] == {}
            assert await daemon.stop() == 0
        finally:
            daemon.kill()
            finvalda.kill()


def _count(database: Path) -> int:
    with closing(sqlite3.connect(database)) as store:
        known = "select count(*) from sqlite_schema where name = 'delivery_count'"
        return int(store.execute(known).fetchone()[0])


@pytest.mark.slow
async def test_two_hundred_kills_book_nothing_twice(tmp_path: Path) -> None:
    await kill_and_compare(tmp_path, 200, 1_500, random.SystemRandom().randrange(10**9))
