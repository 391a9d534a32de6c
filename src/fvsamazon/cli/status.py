"""`fvsamazon status`: how things stand, as a table, as JSON, as a Nagios line, or watched.

Works beside the daemon and without it, and while there is no database yet. It has to answer at
once: no log is set up (nothing here writes one), and rich is loaded for the table alone.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio
import typer

from fvsamazon import __version__, status
from fvsamazon.cli import context, nagios
from fvsamazon.cli.wording import NOTHING, clock_time, date_time, span
from fvsamazon.clock import SystemClock, from_micros
from fvsamazon.store.accounts import MAIN
from fvsamazon.store.lock import DaemonLock

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from rich.console import Group
    from rich.table import Table

    from fvsamazon.cli.context import Invocation
    from fvsamazon.settings import Settings

EVERY = 2.0
"""Seconds between two looks of `--watch`."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A report, and what the database cannot say."""

    report: status.Report
    database: Path
    exists: bool
    daemon: bool
    personal_on: bool = False
    retention_days: int = 30

    @property
    def verdict(self) -> nagios.Verdict:
        if not self.exists:
            return nagios.unknown(f"there is no database {self.database}")
        return nagios.judge(self.report, daemon=self.daemon)


def run_status(invocation: Invocation, *, as_json: bool, check: bool, watch: bool) -> None:
    """Tell how things stand."""
    if check:
        _check(invocation)
    settings = invocation.settings(log=False, secrets=False)
    if watch:
        if not sys.stdout.isatty():
            raise typer.BadParameter("--watch needs a terminal")
        _watch(settings)
        return
    snapshot = take(settings)
    if as_json:
        print(json.dumps(document(snapshot), indent=2))
        return
    from fvsamazon.cli.tables import console

    console().print(page(snapshot))


def take(settings: Settings) -> Snapshot:
    """Read how things stand now."""
    configured = named(settings)
    clock = SystemClock()
    path = settings.database.absolute()
    group = settings.personal_data
    privacy = (group.enabled, group.retention_days)
    if not context.database_exists(path):
        report = status.unknown(configured, clock.now())
        return Snapshot(report, path, False, False, *privacy)

    async def read() -> status.Report:
        async with context.opened(settings) as database:
            return await status.collect(database, clock, configured)

    report = context.run_async(read)
    return Snapshot(report, path, True, DaemonLock.held(path), *privacy)


def named(settings: Settings) -> status.Configured:
    """Return the regions and accounts that the settings name."""
    regions = settings.regions_on()
    return status.Configured(
        regions=frozenset(regions),
        accounts=frozenset(
            (region, name)
            for region, given in regions.items()
            for name in ([MAIN] if given.refresh_token is not None else []) + list(given.accounts)
        ),
    )


def document(snapshot: Snapshot) -> dict[str, Any]:
    """Return what `--json` prints; keys are added, never changed."""
    shown = status.as_json(snapshot.report)
    shown["personal_data"] |= {
        "enabled": snapshot.personal_on,
        "retention_days": snapshot.retention_days,
    }
    return {
        "version": __version__,
        "ok": snapshot.verdict.code == nagios.OK,
        "daemon_running": snapshot.daemon,
        "database": str(snapshot.database),
        "database_exists": snapshot.exists,
        **shown,
    }


def _check(invocation: Invocation) -> None:
    """Print the one line of a Nagios plugin and end with its code."""
    figures = ""
    try:
        snapshot = take(invocation.settings(log=False, secrets=False))
        verdict = snapshot.verdict
        figures = nagios.figures(snapshot.report) if snapshot.exists else ""
    except Exception as error:  # noqa: BLE001 - whatever hides the answer is an answer: UNKNOWN
        verdict = nagios.unknown(str(error) or type(error).__name__)
    print(verdict.line + (f" | {figures}" if figures else ""))
    sys.exit(verdict.code)


def _watch(settings: Settings) -> None:
    """Show the page again every two seconds, until Ctrl-C."""
    from rich.live import Live

    from fvsamazon.cli.tables import console

    async def pause() -> None:
        await SystemClock().sleep(EVERY)

    try:
        with Live(page(take(settings)), console=console(), auto_refresh=False) as live:
            while True:
                anyio.run(pause)
                live.update(page(take(settings)), refresh=True)
    except KeyboardInterrupt:
        return


def page(snapshot: Snapshot) -> Group:
    """Return what a terminal shows."""
    from rich.console import Group

    from fvsamazon.cli.tables import plain

    running = "a daemon is running" if snapshot.daemon else "no daemon is running"
    lines = [plain(f"fvsamazon {__version__}, {running}, {date_time(snapshot.report.at)}")]
    if snapshot.exists:
        lines.append(plain(f"database {snapshot.database}"))
    else:
        missing = f"there is no database {snapshot.database} yet; `fvsamazon run` makes it"
        lines.append(plain(missing, "yellow"))
    said = [*_remarks(snapshot.report), *_retention(snapshot)]
    remarks = [plain(remark) for remark in said]
    return Group(*lines, regions_table(snapshot.report), *remarks)


def regions_table(report: status.Report) -> Table:
    """Return a row for each account; a region that is off has a row of its own."""
    from fvsamazon.cli.tables import plain, state, table

    figures = ("lag", "orders", "quota")
    made = table(
        "region", "account", "state", "token valid until", "recorded up to", *figures[:1],
        "last poll", *figures[1:], right=figures,
    )  # fmt: skip
    for region in report.regions:
        if not region.accounts:
            made.add_row(plain(region.name, "dim"), "", state(region.state), *([""] * 6))
        for number, account in enumerate(region.accounts):
            made.add_row(
                plain(region.name if number == 0 else ""),
                plain(account.name),
                state(account.state),
                plain(_token(account, report.at)),
                plain(clock_time(account.cursor, report.at)),
                plain(span(account.lag_seconds)),
                plain(_ago(account.last_poll, report.at)),
                plain(account.orders),
                plain(f"{account.quota_tokens:.1f}"),
            )
    return made


def _token(account: status.AccountStatus, now: datetime) -> str:
    until = account.token_valid_until
    return "expired" if until is not None and until <= now else clock_time(until, now)


def _ago(moment: datetime | None, now: datetime) -> str:
    return NOTHING if moment is None else f"{span((now - moment).total_seconds())} ago"


def _retention(snapshot: Snapshot) -> list[str]:
    """Return how long personal data is kept, where any is or was."""
    figures = snapshot.report.personal
    if not (snapshot.personal_on or figures.kept or figures.erased):
        return []
    state = "on" if snapshot.personal_on else "off, what is there stays until its retention ends"
    last = figures.last_erasure
    purged = f"last purge {date_time(from_micros(last))}" if last else "nothing erased yet"
    sentence = (
        f"personal data: {state}; of {figures.kept} orders, erased within "
        f"{snapshot.retention_days} days of delivery or cancellation; of {figures.erased} erased; "
        f"{purged}"
    )
    return [sentence]


def _remarks(report: status.Report) -> list[str]:
    """Return a sentence for whatever the table has no column for."""
    found = []
    for account in report.accounts:
        where = f"{account.region}/{account.name}:"
        if account.reason:
            found.append(f"{where} {account.reason}")
        if account.backfill is not None:
            reached, target = account.backfill.reached, account.backfill.target
            left = account.backfill.estimate_seconds
            rest = "" if left is None else f", about {span(left)} left"
            found.append(
                f"{where} history read back to {date_time(reached)}, "
                f"wanted from {date_time(target)}{rest}"
            )
        if account.quiet_since is not None:
            since = date_time(account.quiet_since)
            found.append(
                f"{where} no order for much longer than usual (noticed {since}); "
                "does the refresh token belong to this account?"
            )
        if account.unreadable:
            found.append(
                f"{where} {account.unreadable} orders could not be read and are tried again "
                "(`fvsamazon orders list --unreadable`)"
            )
        if account.late:
            found.append(f"{where} {account.late} order versions were shown late by Amazon")
    counts = [f"{count} {name}" for name, count in report.deliveries.items() if count]
    if counts:
        found.append(f"deliveries: {', '.join(counts)}")
    return found
