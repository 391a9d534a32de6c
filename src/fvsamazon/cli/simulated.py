"""What `simulate` and `demo` share: the simulator, which comes with an extra of its own."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import typer

from fvsamazon.cli.context import EX_FAILED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fvsamazon.simulator import Simulation, SimulationOptions

NEEDED = ("starlette", "uvicorn")


def simulation_options(**chosen: object) -> SimulationOptions:
    """Return the simulator's options; what they refuse is a usage error."""
    try:
        from fvsamazon.simulator import SimulationOptions
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in NEEDED:
            raise
        print(
            'fvsamazon: the simulator needs packages of its own; run pip install "fvsamazon[demo]"',
            file=sys.stderr,
        )
        sys.exit(EX_FAILED)
    try:
        return SimulationOptions(**chosen)  # type: ignore[arg-type]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@asynccontextmanager
async def serving(options: SimulationOptions) -> AsyncIterator[Simulation]:
    """Serve the simulation; a taken port ends the command with a sentence."""
    from fvsamazon.simulator import Simulation

    simulation = Simulation(options)
    try:
        await simulation.__aenter__()
    except OSError as error:
        ports = [str(p) for p in (options.port_amazon, options.port_finvalda) if p]
        print(
            f"fvsamazon: the simulator cannot listen on port {' or '.join(ports) or '0'} "
            f"({error.strerror}); choose another",
            file=sys.stderr,
        )
        sys.exit(EX_FAILED)
    try:
        yield simulation
    finally:
        await simulation.__aexit__(None, None, None)
