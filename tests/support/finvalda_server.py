"""A simulated Finvalda as a process of its own, to be killed: `python -m … PORT FILE SEED SHARE`.

What it answered with success is on disk before the answer leaves. Of every hundred inserts, SHARE
percent lose their answer, as many are lost themselves, as many are carried out late. No number is
refused for standing twice: only the client keeps documents apart.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from fvsamazon.simulator.catalogue import PRODUCTS
from fvsamazon.simulator.finvalda import FinvaldaState, finvalda_app

FOREVER = 10**7


def main(port: int, file: Path, seed: int, share: float) -> None:
    state = FinvaldaState(seed, lambda: datetime.now(UTC), file)
    state.sell((product.sku, product.title) for product in PRODUCTS)
    state.rules.duplicates = "none"
    if share:
        insert = "InsertNewOperation"
        chance = {"method": insert, "seconds": FOREVER, "probability": share / 100}
        state.faults.add("lost_answer", **chance)  # type: ignore[arg-type]
        state.faults.add("lost_request", **chance)  # type: ignore[arg-type]
        state.faults.add("late_commit", delay=20.0, **chance)  # type: ignore[arg-type]
    uvicorn.run(finvalda_app(state), host="127.0.0.1", port=port, log_config=None)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
