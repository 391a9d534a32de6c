"""What a reader costs while little happens: CPU seconds a minute and memory.

Three regions at Amazon's published rate, so that a poll is due every 200 s. Ours keeps tokens
fresh, sweeps, watches itself and writes a heartbeat meanwhile; theirs sleeps.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from common import COMMAND, THEIRS, cpu_of, folder, kept_running, memory_of, simulator, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def idle(command: Sequence[str], place: Path, seconds: float) -> tuple[float, float]:
    """Return CPU seconds a minute and megabytes of a reader that has caught up."""
    with kept_running(command, place) as process:
        time.sleep(15)
        before = cpu_of(process.pid)
        time.sleep(seconds)
        return (cpu_of(process.pid) - before) * 60 / seconds, memory_of(process.pid)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    seconds = parser.parse_args().seconds
    with simulator(orders=300) as amazon:
        settings = {k: v for k, v in amazon.settings.items() if "ACCOUNTS" not in k}
        amazon.post("/_trade", rate_factor=1)
        with folder(settings) as place:
            ours = idle([COMMAND, "run"], place, seconds)
            theirs = idle([*THEIRS, "loop", "200"], place, seconds)
    table(
        f"Three accounts, measured over {seconds:.0f} s after 15 s of catching up",
        [
            ("CPU seconds a minute", ours[0], theirs[0]),
            ("resident memory, MB", ours[1], theirs[1]),
        ],
    )


if __name__ == "__main__":
    main()
