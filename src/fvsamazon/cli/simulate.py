"""`fvsamazon simulate`: the simulated services by themselves, until a signal ends them.

The first line on standard output is one JSON object with the settings that point at them; a
script reads it and starts whatever it wants to try. Everything else goes to standard error.
"""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING

import anyio

from fvsamazon.cli import context
from fvsamazon.cli.simulated import serving, simulation_options

if TYPE_CHECKING:
    from fvsamazon.simulator import SimulationOptions


def run_simulate(**chosen: object) -> None:
    """Serve until SIGTERM or SIGINT."""
    options = simulation_options(**chosen)
    context.run_async(lambda: _serve(options))


async def _serve(options: SimulationOptions) -> None:
    # Signals first: whoever reads the first line may send one at once.
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with serving(options) as simulation:
            print(json.dumps({"settings": simulation.settings()}), flush=True)
            print(
                f"simulating Amazon at {simulation.url} with {simulation.amazon.count()} orders; "
                "end with Ctrl-C",
                file=sys.stderr,
            )
            async for _ in signals:
                break
            stats = simulation.journal.stats()
            print(
                f"{stats['requests']} requests, {simulation.amazon.count()} orders at the end",
                file=sys.stderr,
            )
