"""`fvsamazon status`: how things stand, as a table, as JSON, as a Nagios line, or watched.

Works beside the daemon and without it, and while there is no database yet. It has to answer at
once: no log is set up (nothing here writes one), and rich is loaded for the table alone.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
import typer

from fvsamazon import __version__, status
from fvsamazon.cli import context, credentials, nagios, status_finvalda, status_personal
from fvsamazon.cli import status_texts as texts
from fvsamazon.cli.state_texts import ACCOUNT, counted, worded
from fvsamazon.cli.status_personal import Protection
from fvsamazon.cli.wording import NOTHING, clock_time, date_time, figure, json_text, span
from fvsamazon.clock import SystemClock
from fvsamazon.errors import FvsamazonError
from fvsamazon.store.accounts import MAIN
from fvsamazon.store.lock import DaemonLock

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from rich.console import Group
    from rich.table import Table

    from fvsamazon.cli.context import Invocation
    from fvsamazon.reminders import Ending
    from fvsamazon.settings import Settings
    from fvsamazon.store.database import Database
    from fvsamazon.texts import Language

EVERY = 2.0
"""Seconds between two looks of `--watch`."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A report, and what the database cannot say."""

    report: status.Report
    database: Path
    exists: bool
    daemon: bool
    protection: Protection = field(default_factory=Protection)
    endings: tuple[Ending, ...] = ()
    """Credentials that Amazon will soon stop accepting."""
    language: Language = "en"

    @property
    def warnings(self) -> list[str]:
        """What a person should look at besides accounts and deliveries."""
        found = status_personal.findings(
            self.report,
            self.protection,
            self.language,
            daemon=self.daemon,
            path=self.database,
        )
        return [*found, *(credentials.remark(ending, self.language) for ending in self.endings)]

    @property
    def verdict(self) -> nagios.Verdict:
        if not self.exists:
            return nagios.unknown(texts.NO_DATABASE.say(self.language, path=self.database))
        return nagios.judge(
            self.report, daemon=self.daemon, language=self.language, warnings=self.warnings
        )


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
        print(json_text(document(snapshot), indent=2))
        return
    from fvsamazon.cli.tables import console

    console().print(page(snapshot))


def take(settings: Settings) -> Snapshot:
    """Read how things stand now."""
    configured = named(settings)
    clock = SystemClock()
    path = settings.database.absolute()
    group = settings.personal_data
    exists = context.database_exists(path)
    report = status.unknown(configured, clock.now())
    trouble: str | None = None
    endings: tuple[Ending, ...] = ()

    async def read() -> None:
        nonlocal report, trouble, endings
        async with context.opened(settings) as database:
            report = await status.collect(database, clock, configured)
            trouble = await _key_trouble(settings, database) if group.enabled else None
            endings = await credentials.near(settings, database)

    if exists:
        context.run_async(read)
    return Snapshot(
        report,
        path,
        exists,
        exists and DaemonLock.held(path),
        protection=Protection(group.enabled, group.retention_days, trouble),
        endings=endings,
        language=settings.language,
    )


async def _key_trouble(settings: Settings, database: Database) -> str | None:
    """Return why personal data cannot be encrypted or read, and what to do; None: it can."""
    # Cryptography is loaded for those who keep personal data.
    from fvsamazon.keyfile import KeyUnusable
    from fvsamazon.store import personal
    from fvsamazon.vault import Vault

    group = settings.personal_data
    if group.key_bytes is None and group.key_file is None:
        # A credential that the service alone is handed.
        return None
    try:
        Vault(group.key_bytes, group.key_file).keys().require(await personal.key_ids(database))
    except KeyUnusable as error:
        return error.say(settings.language)
    return None


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
        finvalda=settings.finvalda.url is not None,
    )


def document(snapshot: Snapshot) -> dict[str, Any]:
    """Return what `--json` prints; keys are added, never changed."""
    shown = status.as_json(snapshot.report, snapshot.language)
    shown["personal_data"] |= {
        "enabled": snapshot.protection.on,
        "retention_days": snapshot.protection.days,
    }
    shown["credentials"] = [credentials.as_json(ending) for ending in snapshot.endings]
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
        verdict = nagios.unknown(_why(error, invocation.language))
    print(verdict.line + (f" | {figures}" if figures else ""))
    sys.exit(verdict.code)


def _why(error: Exception, language: Language) -> str:
    """Return what hides the answer; of a fault of the program no more than the log would show."""
    from fvsamazon.logs import redacted
    from fvsamazon.logs.tracebacks import summary

    text = error.say(language) if isinstance(error, FvsamazonError) else summary(error)
    return redacted(text) or type(error).__name__


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

    language = snapshot.language
    running = (texts.DAEMON_RUNS if snapshot.daemon else texts.DAEMON_RUNS_NOT).say(language)
    lines = [plain(f"fvsamazon {__version__}, {running}, {date_time(snapshot.report.at)}")]
    if snapshot.exists:
        lines.append(plain(texts.DATABASE.say(language, path=snapshot.database)))
    else:
        missing = texts.NO_DATABASE_YET.say(language, path=snapshot.database)
        lines.append(plain(missing, "yellow"))
    remarks = [plain(said) for said in _remarks(snapshot.report, language)]
    kept = status_personal.sentences(snapshot.report, snapshot.protection, language)
    remarks += [plain(said) for said in kept]
    remarks += [plain(said, "bold red") for said in snapshot.warnings]
    return Group(*lines, regions_table(snapshot.report, language), *remarks)


def regions_table(report: status.Report, language: Language = "en") -> Table:
    """Return a row for each account; a region that is off has a row of its own."""
    from fvsamazon.cli.tables import plain, state, table

    lag, orders, quota = (t.say(language) for t in (texts.LAG, texts.ORDERS, texts.QUOTA))
    first = (texts.REGION, texts.ACCOUNT, texts.STATE, texts.TOKEN, texts.RECORDED)
    made = table(
        *(text.say(language) for text in first), lag, texts.LAST_POLL.say(language), orders, quota,
        right=(lag, orders, quota),
    )  # fmt: skip
    for region in report.regions:
        if not region.accounts:
            made.add_row(
                plain(region.name, "dim"),
                "",
                state(region.state, worded(ACCOUNT, region.state, language)),
                *([""] * 6),
            )
        for number, account in enumerate(region.accounts):
            made.add_row(
                plain(region.name if number == 0 else ""),
                plain(account.name),
                state(account.state, worded(ACCOUNT, account.state, language)),
                plain(_token(account, report.at, language)),
                plain(clock_time(account.cursor, report.at)),
                plain(span(account.lag_seconds)),
                plain(_ago(account.last_poll, report.at, language)),
                plain(account.orders),
                plain(figure(account.quota_tokens, language)),
            )
    return made


def _token(account: status.AccountStatus, now: datetime, language: Language) -> str:
    until = account.token_valid_until
    ended = until is not None and until <= now
    return texts.EXPIRED.say(language) if ended else clock_time(until, now)


def _ago(moment: datetime | None, now: datetime, language: Language) -> str:
    if moment is None:
        return NOTHING
    return texts.AGO.say(language, span=span((now - moment).total_seconds()))


def _remarks(report: status.Report, language: Language) -> list[str]:
    """Return a sentence for whatever the table has no column for."""
    found = []
    for account in report.accounts:
        where = f"{account.region}/{account.name}"
        if account.reason:
            found.append(f"{where}: {account.reason.say(language)}")
        if account.backfill is not None:
            reached, target = account.backfill.reached, account.backfill.target
            left = account.backfill.estimate_seconds
            rest = "" if left is None else texts.HISTORY_LEFT.say(language, span=span(left))
            times = {"reached": date_time(reached), "target": date_time(target)}
            found.append(texts.HISTORY.say(language, where=where, **times) + rest)
        if account.quiet_since is not None:
            since = date_time(account.quiet_since)
            found.append(texts.QUIET.say(language, where=where, since=since))
        if account.unreadable:
            found.append(texts.UNREADABLE.say(language, account.unreadable, where=where))
        if account.late:
            found.append(texts.LATE.say(language, account.late, where=where))
    found += status_finvalda.sentences(report.finvalda, report.at, language)
    if counts := counted(report.deliveries, language):
        found.append(texts.DELIVERIES.say(language, counts=counts))
    return found
