"""How fast a history comes in: orders a second, CPU a thousand orders, memory at its peak.

One account, no quota worth mentioning, both readers against the same simulator one after another.
"""

from __future__ import annotations

import argparse
import sqlite3
from datetime import UTC, datetime, timedelta

from common import COMMAND, THEIRS, Measured, folder, measure, simulator, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=20_000, help="over all accounts")
    wanted = parser.parse_args()
    with simulator(orders=wanted.orders) as amazon:
        amazon.post("/_trade", rate_factor=1_000_000)
        start = (datetime.now(UTC) - timedelta(days=70)).strftime("%Y-%m-%dT%H:%M:%SZ")
        settings = amazon.one_account() | {
            "FVSAMAZON_EUROPE__START_FROM": start,
            "FVSAMAZON_POLL_INTERVAL": "1",
        }
        with folder(settings) as place:
            theirs = measure([*THEIRS, "once"], place)
            their_count = int(theirs.out.split()[0])
            ours = measure([COMMAND, "sync", "--no-deliver"], place)
            store = sqlite3.connect(place / "fvsamazon.db")
            (our_count,) = store.execute("select count(*) from orders").fetchone()
            store.close()
    told = f"{our_count} and {their_count} orders (theirs leaves out those of other channels)"

    def rows(name: str, ours_is: float, theirs_is: float) -> tuple[str, float, float]:
        return name, ours_is, theirs_is

    def each(one: Measured, count: int) -> tuple[float, float]:
        return count / one.seconds, one.cpu * 1000 / count

    (our_speed, our_cpu), (their_speed, their_cpu) = (
        each(ours, our_count),
        each(theirs, their_count),
    )
    table(
        f"Ingest of {told}, from the start of the process to its end",
        [
            rows("orders a second", our_speed, their_speed),
            rows("CPU seconds a thousand orders", our_cpu, their_cpu),
            rows("peak memory, MB", ours.peak, theirs.peak),
        ],
    )


if __name__ == "__main__":
    main()
