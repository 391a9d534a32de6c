"""How long until a command answers, and until a daemon has its first order."""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import time
from typing import TYPE_CHECKING

from common import COMMAND, THEIRS, folder, kept_running, measure, simulator, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

IMPORT = [sys.executable, "-c", "from sp_api.api import OrdersV20260101"]


def middle(command: Sequence[str], place: Path, times: int) -> float:
    return statistics.median(measure(command, place).seconds for _ in range(times))


def first_order(command: Sequence[str], place: Path, file: str) -> float:
    """Return the seconds from the start of a reader until an order stands in its database."""
    began = time.perf_counter()
    with kept_running(command, place):
        while time.perf_counter() - began < 60:
            try:
                store = sqlite3.connect(f"file:{place / file}?mode=ro", uri=True)
                try:
                    if store.execute("select 1 from orders limit 1").fetchone():
                        return time.perf_counter() - began
                finally:
                    store.close()
            except sqlite3.Error:
                pass
            time.sleep(0.005)
    raise SystemExit(f"{command} recorded nothing within a minute")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=7)
    times = parser.parse_args().times
    with simulator(orders=2_000, live_rate=1) as amazon:
        settings = amazon.one_account()
        with folder(settings) as place:
            imported = middle(IMPORT, place, times)
            firsts = []
            for command, file in (
                ([COMMAND, "run"], "fvsamazon.db"),
                ([*THEIRS, "once"], "theirs.db"),
            ):
                found = []
                for _ in range(times):
                    for old in place.glob(f"{file}*"):
                        old.unlink()
                    found.append(first_order(command, place, file))
                firsts.append(statistics.median(found))
            status = middle([COMMAND, "status"], place, times)
            helped = middle([COMMAND, "--help"], place, times)
    table(
        f"Start-up, median of {times} (theirs: importing the library)",
        [
            ("--help, seconds", helped, imported),
            ("status, seconds", status, imported),
            ("until the first order is recorded, seconds", firsts[0], firsts[1]),
        ],
    )


if __name__ == "__main__":
    main()
