"""`fvsamazon demo`: the real daemon against simulated services, watched and then judged.

The simulator runs in this process, the daemon in one of its own; nothing of the machine's own
settings, and no real service, is touched. Ends with a summary, and with 1 where an order was lost.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from fvsamazon import events, status
from fvsamazon.cli import context, demo_daemon, demo_delivery, demo_verdict
from fvsamazon.cli.demo_view import view
from fvsamazon.cli.simulated import serving, simulation_options
from fvsamazon.cli.tables import console
from fvsamazon.clock import SystemClock
from fvsamazon.errors import StoreError
from fvsamazon.store.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import TaskGroup

    from fvsamazon.cli.demo_daemon import DemoDaemon, LogLine
    from fvsamazon.cli.demo_view import View
    from fvsamazon.simulator import Simulation, SimulationOptions

LOOK_EVERY = 1.0
"""Seconds between two looks at the daemon's database."""
START_SECONDS = 60.0
"""Patience with the daemon's start."""


def run_demo(*, seconds: float, **chosen: object) -> None:
    """Run, tell, and end with 0 when nothing was lost."""
    options = simulation_options(**chosen)
    if not context.run_async(lambda: Demo(options, seconds).run()):
        sys.exit(context.EX_FAILED)


class Demo:
    """One demo, from the first order to the summary."""

    def __init__(self, options: SimulationOptions, seconds: float) -> None:
        self._options = options
        self._seconds = seconds
        self._clock = SystemClock()
        self._started = anyio.Event()
        self._clean = True

    async def run(self) -> bool:
        """Run the demo; return whether all went well."""
        with (
            anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals,
            tempfile.TemporaryDirectory(prefix="fvsamazon-demo-") as folder,
        ):
            async with serving(self._options) as simulation:
                database = Path(folder) / "fvsamazon.db"
                demo_delivery.write_rules(Path(folder))
                settings = demo_daemon.write_settings(
                    Path(folder),
                    {
                        **simulation.settings(),
                        "FVSAMAZON_DATABASE": str(database),
                        "FVSAMAZON_POLL_INTERVAL": f"{demo_verdict.POLL_INTERVAL:g}",
                        "FVSAMAZON_LOG_FORMAT": "json",
                    },
                )
                async with demo_daemon.running(settings) as daemon:
                    with view() as shown:
                        async with anyio.create_task_group() as group:
                            group.start_soon(self._until_signal, signals, group)
                            group.start_soon(self._follow, daemon, shown, group)
                            group.start_soon(self._watch, database, simulation, shown, group)
                        ended_by_itself = daemon.exit_code is not None
                        await self._stop(daemon, shown)
                if ended_by_itself or not self._in_order(daemon.exit_code):
                    print(
                        "fvsamazon: the daemon ended by itself or did not stop in order",
                        file=sys.stderr,
                    )
                    self._clean = False
                if not self._started.is_set():
                    print("The daemon was stopped before it had begun.")
                    return self._clean
                return await self._judge(database, simulation) and self._clean

    def _in_order(self, exit_code: int | None) -> bool:
        """Tell whether the daemon stopped as it should; before it listens a signal just ends it."""
        early = not self._started.is_set() and exit_code == -signal.SIGTERM
        return exit_code == 0 or early

    async def _until_signal(self, signals: AsyncIterator[int], group: TaskGroup) -> None:
        async for _ in signals:
            group.cancel_scope.cancel()
            return

    async def _follow(self, daemon: DemoDaemon, shown: View, group: TaskGroup) -> None:
        """Hand the daemon's log on; its end is the end of the demo."""
        async for line in daemon.lines():
            self._show(line, shown)
        group.cancel_scope.cancel()

    async def _stop(self, daemon: DemoDaemon, shown: View) -> None:
        """Stop the daemon in order while its last lines are read."""
        async with anyio.create_task_group() as group:
            group.start_soon(daemon.stop)
            async for line in daemon.lines():
                self._show(line, shown)

    def _show(self, line: LogLine, shown: View) -> None:
        # A region may have polled before the last part of the daemon has said that it is up.
        if line.event in {events.DAEMON_STARTED, events.POLL_COMPLETED}:
            self._started.set()
        shown.line(line)

    async def _watch(
        self, path: Path, simulation: Simulation, shown: View, group: TaskGroup
    ) -> None:
        """Show how things stand until the time is up."""
        with anyio.move_on_after(START_SECONDS) as patience:
            await self._started.wait()
        if patience.cancelled_caught:
            group.cancel_scope.cancel()
            return
        ends = self._clock.elapsed() + self._seconds
        database = await Database.open(path, create=False)
        try:
            while (left := ends - self._clock.elapsed()) > 0:
                # the daemon's own log tells of a store that does not answer
                with suppress(StoreError):
                    shown.report(await status.collect(database, self._clock), simulation, left)
                await self._clock.sleep(min(LOOK_EVERY, left))
        finally:
            with anyio.CancelScope(shield=True):
                await database.close()
        group.cancel_scope.cancel()

    async def _judge(self, path: Path, simulation: Simulation) -> bool:
        """Compare, print the summary, return whether everything is as it has to be."""
        database = await Database.open(path, create=False)
        try:
            verdicts = await demo_verdict.judge(database, simulation)
            bookings = await demo_delivery.judge_bookings(database, simulation)
        finally:
            await database.close()
        console().print(demo_verdict.summary(verdicts))
        for verdict in verdicts:
            for word, ids in (("lost", verdict.lost), ("wrong", verdict.wrong)):
                if ids:
                    more = f" and {len(ids) - 5} more" if len(ids) > 5 else ""  # noqa: PLR2004
                    where = f"{verdict.region}/{verdict.account}"
                    print(f"{word}, {where}: {', '.join(ids[:5])}{more}")
        print(
            "The daemon reads 30 days back, and Amazon hides the last two minutes: what lies "
            "outside cannot be read yet."
        )
        good = all(verdict.good for verdict in verdicts)
        print(
            "Every order that could be read is recorded as it is."
            if good
            else "Orders were lost or recorded wrongly: please report it with the seed."
        )
        for sentence in bookings.sentences():
            print(sentence)
        return good and bookings.good
