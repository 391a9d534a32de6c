"""How many searches an order costs while trade goes on, and how many of them Amazon refuses.

Both readers poll one account every second for a while, at 1,000 times Amazon's published rates.
"""

from __future__ import annotations

import argparse
import sqlite3
import time
from typing import TYPE_CHECKING

from common import COMMAND, THEIRS, Simulator, folder, kept_running, simulator, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def poll(command: Sequence[str], place: Path, seconds: float, amazon: Simulator) -> tuple[int, int]:
    """Run a reader for a while; return its searches and the 429s that it brought on itself."""
    before = amazon.stats()
    with kept_running(command, place):
        time.sleep(seconds)
    after = amazon.stats()

    def searches(stats: dict[str, dict[str, dict[str, int]]]) -> int:
        return sum(stats["answers"].get("searchOrders", {}).values())

    return (
        searches(after) - searches(before),
        after["throttled_by_bucket"] - before["throttled_by_bucket"],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    wanted = parser.parse_args()
    figures = []
    # A simulator each: a bucket that one has emptied must not greet the other.
    for command, file in (
        ([COMMAND, "run"], "fvsamazon.db"),
        ([*THEIRS, "loop", "1"], "theirs.db"),
    ):
        with simulator(orders=5_000, live_rate=5) as amazon:
            settings = amazon.one_account() | {"FVSAMAZON_POLL_INTERVAL": "1"}
            with folder(settings) as place:
                calls, refused = poll(command, place, wanted.seconds, amazon)
                store = sqlite3.connect(place / file)
                (orders,) = store.execute("select count(*) from orders").fetchone()
                store.close()
        figures.append((calls, calls / orders, refused))
    ours, theirs = figures
    table(
        f"Polling one account every second for {wanted.seconds:.0f} s, backlog included",
        [
            ("searches", ours[0], theirs[0]),
            ("searches an order", ours[1], theirs[1]),
            ("429s brought on oneself", ours[2], theirs[2]),
        ],
    )


if __name__ == "__main__":
    main()
