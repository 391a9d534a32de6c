"""The verdict of `status --check`: one line and one code, as monitoring plugins answer.

OK while orders come in by themselves; WARNING what a person should look at in office hours;
CRITICAL what stops orders from being recorded until somebody acts; UNKNOWN what could not be found
out. The codes and the form of the line are those of the Monitoring Plugins guidelines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon import status
from fvsamazon.cli.wording import span
from fvsamazon.errors import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def judge(report: status.Report, *, daemon: bool) -> Verdict:
    """Return what a monitor should be told of a report."""
    findings = sorted(_findings(report, daemon=daemon), key=lambda found: -found[0])
    if not findings:
        accounts = len(report.accounts)
        orders = sum(account.orders for account in report.accounts)
        lag = max((a.lag_seconds for a in report.accounts if a.lag_seconds is not None), default=0)
        return Verdict(OK, f"{accounts} accounts, {orders} orders, lag {span(lag)}")
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


def _findings(report: status.Report, *, daemon: bool) -> Iterator[Finding]:
    if not daemon:
        yield CRITICAL, "the daemon is not running"
    if all(region.state == "off" for region in report.regions):
        yield WARNING, "no region is on"
    for region in report.regions:
        if region.on and not region.accounts:
            yield WARNING, f"{region.name} has not been polled yet"
    for account in report.accounts:
        where = f"{account.region}/{account.name}"
        for code, text in _of_account(account, daemon=daemon):
            yield code, f"{where} {text}"
    for state in ("failed", "held"):
        if count := report.deliveries.get(state, 0):
            yield WARNING, f"{count} deliveries {state}"


def _of_account(account: status.AccountStatus, *, daemon: bool) -> Iterator[Finding]:
    lag = account.lag_seconds or 0.0
    late = lag > status.STALE
    why = f": {account.reason}" if account.reason else ""
    if account.state == "attention":
        yield CRITICAL, f"needs a person{why}"
    elif account.state == "failing":
        yield CRITICAL if late else WARNING, f"fails, {span(lag)} behind{why}"
    elif late:
        yield WARNING, f"is {span(lag)} behind"
    elif daemon and not account.known:
        yield WARNING, "is in the settings and not polled yet: reload the daemon"
    if account.quiet_since is not None:
        yield WARNING, "has had no order for much longer than usual"
    if account.unreadable:
        yield WARNING, f"{account.unreadable} orders could not be read"
