"""What the demo shows while it runs: a live page on a terminal, plain log lines elsewhere."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from rich.console import Group
from rich.live import Live

from fvsamazon.cli.status import regions_table
from fvsamazon.cli.tables import console, plain
from fvsamazon.cli.wording import shown, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fvsamazon.cli.demo_daemon import LogLine
    from fvsamazon.simulator import Simulation
    from fvsamazon.status import Report

TAIL = 10
"""Lines of the log that the page shows."""
_STYLES = {"warning": "yellow", "error": "red", "critical": "bold red"}


class View(Protocol):
    """Shows what happens."""

    def line(self, line: LogLine) -> None:
        """Take one line of the daemon's log."""
        ...

    def report(self, report: Report, simulation: Simulation, left: float) -> None:
        """Take how things stand; `left` are the seconds that the demo still runs."""
        ...


class PlainView:
    """Prints the daemon's log."""

    def line(self, line: LogLine) -> None:
        print(shown(line.short), flush=True)

    def report(self, report: Report, simulation: Simulation, left: float) -> None:
        """The log tells enough."""


class LiveView:
    """Redraws one page."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._tail: deque[LogLine] = deque(maxlen=TAIL)

    def line(self, line: LogLine) -> None:
        if line.fields.get("level") != "debug":
            self._tail.append(line)

    def report(self, report: Report, simulation: Simulation, left: float) -> None:
        stats = simulation.journal.stats()
        recorded = sum(account.orders for account in report.accounts)
        head = (
            f"fvsamazon demo: {span(left)} left; orders in the simulated Amazon "
            f"{simulation.amazon.count()}, recorded {recorded}; requests {stats['requests']}, "
            f"429s caused {stats['throttled_by_bucket']}"
        )
        note = (
            "An update is recorded about two minutes after it happened: Amazon's own rule. "
            "Ctrl-C ends the demo."
        )
        tail = [
            plain(line.short, _STYLES.get(str(line.fields.get("level")), "dim"))
            for line in self._tail
        ]
        for text in tail:
            text.no_wrap, text.overflow = True, "ellipsis"
        self._live.update(
            Group(plain(head, "bold"), plain(note, "dim"), regions_table(report), *tail),
            refresh=True,
        )


@contextmanager
def view() -> Iterator[View]:
    """Return what suits standard output."""
    out = console()
    if not out.is_terminal:
        yield PlainView()
        return
    with Live(console=out, auto_refresh=False) as live:
        yield LiveView(live)
