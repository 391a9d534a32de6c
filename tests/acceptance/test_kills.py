"""The installed daemon, killed with SIGKILL at any moment, again and again, while orders flow.

At the end nothing is missing and nothing doubled, no page was read more than once a kill beyond
the one in flight, and none of Amazon's 429s was the daemon's own doing.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import anyio
import pytest

from fvsamazon.simulator import Simulation, SimulationOptions, account
from support.daemon import Running, write_settings

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_LIFE = 1.6
"""Seconds from a start to the next kill; a process is ready after about half a second."""
BOUND = timedelta(seconds=125)
"""How far behind Amazon's clock the newest window may end."""
ACCOUNTS = (
    account("Europe", codes="DE FR IT", share=0.6),
    account("FarEast", codes="JP", share=0.25),
    account("FarEast", "au", "AU", share=0.15),
)


def amazon(seed: int, rate: float) -> Simulation:
    """Busy enough for several pages a window, with a quota that only a careful reader keeps."""
    return Simulation(
        SimulationOptions(
            orders=600,
            backlog_days=20,
            live_rate=rate,
            seed=seed,
            rate_factor=400,
            accounts=ACCOUNTS,
        )
    )


def missing_and_wrong(database: Path, simulation: Simulation, until: datetime) -> list[str]:
    """Return what the file has not, or has otherwise than Amazon showed it by a moment."""
    found = []
    with closing(sqlite3.connect(database)) as store:
        rows = {
            (region, order): (updated, status)
            for region, order, updated, status in store.execute(
                "select region, order_id, updated_text, status from orders"
            )
        }
    for region, name in simulation.amazon.accounts:
        for true in simulation.amazon.truth(region, name):
            if true.updated > until:
                continue
            if rows.get((region, true.order_id)) != (true.last_updated_time, true.status):
                found.append(f"{region} {name} {true.order_id}")
    return found


def doubled(database: Path) -> int:
    """Return how many rows, versions or counts there are too many."""
    with closing(sqlite3.connect(database)) as store:
        (twice,) = store.execute(
            "select count(*) from (select 1 from order_version "
            "group by order_row, updated_at having count(*) > 1)"
        ).fetchone()
        for name, table in (("orders", "orders"), ("versions", "order_version")):
            (rows,) = store.execute(f"select count(*) from {table}").fetchone()
            (told,) = store.execute(
                "select sum(value) from counter where name = ?", (name,)
            ).fetchone()
            twice += abs(rows - told)
        (ids,) = store.execute(
            "select count(*) from (select 1 from orders group by order_id having count(*) > 1)"
        ).fetchone()
    return int(twice + ids)


def read_again(simulation: Simulation, region: str, name: str) -> int:
    """Return how many of an account's searches asked for a page that had been asked for before."""
    asked = [
        tuple(sorted(call.params.items()))
        for call in simulation.journal.of("searchOrders", region)
        if call.account == name
    ]
    return len(asked) - len(set(asked))


async def killed_again_and_again(folder: Path, kills: int, rate: float, seed: int) -> None:
    print(f"seed {seed}")  # noqa: T201 - a failure must be repeatable
    dice = random.Random(seed)
    async with amazon(seed, rate) as simulation:
        write_settings(
            folder,
            {k: v for k, v in simulation.settings().items() if "FINVALDA" not in k},
            FVSAMAZON_POLL_INTERVAL="1",
            FVSAMAZON_LOG_FORMAT="json",
        )
        daemon = Running(folder)
        for _ in range(kills):
            await daemon.start()
            # From before its first line of code to the midst of its work.
            await anyio.sleep(dice.uniform(0.1, LONGEST_LIFE))
            daemon.kill()
        simulation.amazon.set_live_rate(0)
        now = datetime.now(UTC)
        simulation.amazon.stop_trade()
        await daemon.start()
        try:
            await daemon.ready()
            database = folder / "fvsamazon.db"

            def caught_up() -> bool:
                return not missing_and_wrong(database, simulation, now - BOUND)

            await daemon.until(caught_up, 60, every=1.0)
            assert await daemon.stop() == 0
        finally:
            daemon.kill()
        assert missing_and_wrong(database, simulation, now - BOUND) == []
        assert doubled(database) == 0
        for region, name in simulation.amazon.accounts:
            assert read_again(simulation, region, name) <= kills
        assert simulation.journal.self_inflicted == 0
        answered = Counter(c.status for c in simulation.journal.of("searchOrders"))
        assert set(answered) <= {0, 200}, answered
        assert answered[200] > kills / 4, "it was killed before it could do anything"


@pytest.mark.slow
async def test_ten_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    await killed_again_and_again(tmp_path, 10, 0.5, seed=20261123)


@pytest.mark.slow
async def test_two_hundred_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    await killed_again_and_again(tmp_path, 210, 3.0, seed=random.SystemRandom().randrange(10**9))
