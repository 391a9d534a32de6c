"""The verdict of `status --check`: one line and one code, as monitoring plugins answer.

OK while orders come in by themselves; WARNING what a person should look at in office hours;
CRITICAL what stops orders from being recorded, or all of them from being booked, until somebody
acts; UNKNOWN what could not be found
out. The codes and the form of the line are those of the Monitoring Plugins guidelines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon import status
from fvsamazon.cli import status_finvalda
from fvsamazon.cli import status_texts as texts
from fvsamazon.cli.wording import span
from fvsamazon.errors import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fvsamazon.texts import Language

OK, WARNING, CRITICAL, UNKNOWN = range(4)
_WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
Finding = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A code and why."""

    code: int
    text: str

    @property
    def line(self) -> str:
        # A bar would begin the plugin's figures.
        return f"FVSAMAZON {_WORDS[self.code]} - {safe_text(self.text, 1_000).replace('|', '/')}"


def unknown(why: object) -> Verdict:
    """Return the verdict where something could not be found out."""
    return Verdict(UNKNOWN, str(why))


def judge(
    report: status.Report,
    *,
    daemon: bool,
    language: Language = "en",
    warnings: Iterable[str] = (),
) -> Verdict:
    """Return what a monitor should be told of a report; `warnings` are what is not in it."""
    findings = list(_findings(report, language, daemon=daemon))
    findings += [(WARNING, told) for told in warnings]
    findings.sort(key=lambda found: -found[0])
    if not findings:
        orders = sum(account.orders for account in report.accounts)
        lag = max((a.lag_seconds for a in report.accounts if a.lag_seconds is not None), default=0)
        told = texts.ORDERS_TOLD.say(language, orders)
        count = len(report.accounts)
        return Verdict(OK, texts.WELL.say(language, count, orders=told, lag=span(lag)))
    return Verdict(findings[0][0], "; ".join(text for _, text in findings))


def figures(report: status.Report) -> str:
    """Return the plugin's performance data."""
    found = []
    for account in report.accounts:
        label = f"{account.region}/{account.name}"
        if account.lag_seconds is not None:
            found.append(f"'{label} lag'={account.lag_seconds:.0f}s;{status.STALE:.0f}")
        found.append(f"'{label} orders'={account.orders}c")
    return " ".join(found)


def _findings(report: status.Report, language: Language, *, daemon: bool) -> Iterator[Finding]:
    if not daemon:
        yield CRITICAL, texts.NOT_RUNNING.say(language)
    if all(region.state == "off" for region in report.regions):
        yield WARNING, texts.NO_REGION.say(language)
    for region in report.regions:
        if region.on and not region.accounts:
            yield WARNING, texts.NOT_POLLED.say(language, region=region.name)
    for account in report.accounts:
        yield from _of_account(account, language, daemon=daemon)
    for critical, told in status_finvalda.findings(report.finvalda, report.at, language):
        yield CRITICAL if critical else WARNING, told
    for state, sentence in (("failed", texts.FAILED), ("held", texts.HELD)):
        if count := report.deliveries.get(state, 0):
            yield WARNING, sentence.say(language, count)


def _of_account(
    account: status.AccountStatus, language: Language, *, daemon: bool
) -> Iterator[Finding]:
    where = f"{account.region}/{account.name}"
    lag = account.lag_seconds or 0.0
    late = lag > status.STALE
    why = f": {account.reason.say(language)}" if account.reason else ""
    if account.state == "attention":
        yield CRITICAL, texts.NEEDS_A_PERSON.say(language, where=where) + why
    elif account.state == "failing":
        told = texts.FAILS.say(language, where=where, span=span(lag)) + why
        yield CRITICAL if late else WARNING, told
    elif late:
        yield WARNING, texts.BEHIND.say(language, where=where, span=span(lag))
    elif daemon and not account.known:
        yield WARNING, texts.NOT_TAKEN_UP.say(language, where=where)
    if account.quiet_since is not None:
        yield WARNING, texts.NO_ORDERS.say(language, where=where)
    if account.unreadable:
        yield WARNING, texts.NOT_READ.say(language, account.unreadable, where=where)
