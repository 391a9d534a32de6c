"""How things stand, read from the database alone: the same while the daemon runs and while not.

In: the store. Out: one report, of which `status`, its JSON, the Nagios line and the heartbeat are
views. A region's own figures are the worst of its accounts. Nothing heavy is imported here: the
command has to answer at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fvsamazon.amazon.ratelimit import PLANS, SEARCH_ORDERS
from fvsamazon.clock import SECOND, from_micros, iso, micros_now, to_micros
from fvsamazon.poller.quota import Quota
from fvsamazon.poller.served import served_from
from fvsamazon.regions import REGION_NAMES
from fvsamazon.store import accounts, coverage, deliveries, notices, outbox, personal
from fvsamazon.texts import Text
from fvsamazon.windows import history_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from fvsamazon.clock import Clock
    from fvsamazon.store.database import Database
    from fvsamazon.texts import Language

STATES = ("ok", "starting", "throttled", "failing", "attention")
"""From best to worst; `off` stands for a region that the settings do not name."""
STALE = 1_800.0
"""Seconds of lag beyond which an account that calls itself well is not."""


@dataclass(frozen=True, slots=True)
class Backfill:
    """A history under way: reached down to, wanted down to, and the seconds it will take."""

    reached: datetime
    target: datetime
    estimate_seconds: float | None


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """One account, or the worst of several; as it stands before its first poll by default."""

    region: str
    name: str
    state: str = "starting"
    reason: Text | None = None
    token_valid_until: datetime | None = None
    cursor: datetime | None = None
    last_poll: datetime | None = None
    lag_seconds: float | None = None
    orders: int = 0
    unreadable: int = 0
    late: int = 0
    quota_tokens: float = PLANS[SEARCH_ORDERS].burst
    quota_rate: float = PLANS[SEARCH_ORDERS].rate
    backfill: Backfill | None = None
    quiet_since: datetime | None = None
    shipping_role_missing_since: datetime | None = None
    marketplaces: tuple[str, ...] | None = None
    known: bool = False
    """Whether a daemon has taken the account up."""


@dataclass(frozen=True, slots=True)
class Configured:
    """What the settings in sight name: regions that are on, accounts by region and name.

    An account may be missing here whose secret the service alone is handed.
    """

    regions: frozenset[str]
    accounts: frozenset[tuple[str, str]]
    finvalda: bool = False


@dataclass(frozen=True, slots=True)
class FinvaldaStatus:
    """Whether Finvalda takes documents; `since` and `retry_at` are there while it does not.

    `put_off` counts the orders that it goes on refusing for reasons that should pass by
    themselves, `put_off_reason` is the oldest one's.
    """

    state: str = "off"
    reason: Text | None = None
    remedy: Text | None = None
    since: datetime | None = None
    failures: int = 0
    retry_at: datetime | None = None
    put_off: int = 0
    put_off_reason: Text | None = None


@dataclass(frozen=True, slots=True)
class RegionStatus:
    """One region and its accounts."""

    name: str
    accounts: tuple[AccountStatus, ...] = ()
    on: bool = True

    @property
    def state(self) -> str:
        if not self.on:
            return "off"
        if not self.accounts:
            return "starting"
        return max((account.state for account in self.accounts), key=STATES.index)

    @property
    def worst(self) -> AccountStatus:
        """Return each figure at its worst among the accounts; orders are added up."""
        if not self.accounts:
            return AccountStatus(self.name, "", state=self.state)
        worst = max(
            self.accounts, key=lambda a: (STATES.index(a.state), a.lag_seconds or 0.0, a.name)
        )
        tokens = [account.token_valid_until for account in self.accounts]
        return AccountStatus(
            region=self.name,
            name=worst.name,
            state=worst.state,
            reason=worst.reason,
            token_valid_until=None if None in tokens else self._of(min, "token_valid_until"),
            cursor=self._of(min, "cursor"),
            last_poll=self._of(min, "last_poll"),
            lag_seconds=self._of(max, "lag_seconds"),
            orders=sum(account.orders for account in self.accounts),
            unreadable=sum(account.unreadable for account in self.accounts),
            late=sum(account.late for account in self.accounts),
            quota_tokens=min(account.quota_tokens for account in self.accounts),
            quota_rate=min(account.quota_rate for account in self.accounts),
            backfill=self._longest(),
            quiet_since=self._of(min, "quiet_since"),
            shipping_role_missing_since=self._of(min, "shipping_role_missing_since"),
            known=all(account.known for account in self.accounts),
        )

    def _of(self, choose: Callable[[Iterable[Any]], Any], name: str) -> Any:  # noqa: ANN401
        found = [getattr(account, name) for account in self.accounts]
        told = [value for value in found if value is not None]
        return choose(told) if told else None

    def _longest(self) -> Backfill | None:
        found = [account.backfill for account in self.accounts if account.backfill is not None]
        return max(found, key=lambda b: b.estimate_seconds or 0.0, default=None)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything at one moment."""

    at: datetime
    regions: tuple[RegionStatus, ...] = ()
    deliveries: dict[str, int] = field(default_factory=lambda: dict.fromkeys(deliveries.STATES, 0))
    personal: personal.Figures = field(default_factory=personal.Figures)
    finvalda: FinvaldaStatus = field(default_factory=FinvaldaStatus)

    @property
    def accounts(self) -> tuple[AccountStatus, ...]:
        return tuple(account for region in self.regions for account in region.accounts)

    @property
    def ok(self) -> bool:
        """Whether no account fails or needs a person."""
        return all(account.state in {"ok", "starting", "throttled"} for account in self.accounts)


def unknown(configured: Configured, at: datetime) -> Report:
    """Return the report of accounts of which nothing is recorded: there is no database."""
    blank = [AccountStatus(region, name) for region, name in configured.accounts]
    finvalda = FinvaldaStatus("starting" if configured.finvalda else "off")
    return Report(at, _by_region(blank, configured.regions), finvalda=finvalda)


async def collect(database: Database, clock: Clock, configured: Configured | None = None) -> Report:
    """Read how things stand now.

    Without `configured` the report is of the accounts that the running daemon has taken up.
    """
    now = clock.now()
    counters = await accounts.counters(database)
    unreadable = await accounts.unreadable(database)
    roleless = await notices.by_account(database, notices.SHIPPING_ROLE)
    rows = await accounts.all_accounts(database, active=configured is None)
    if configured is not None:
        rows = [row for row in rows if _is_wanted(row, configured)]
    found = [await _account(database, clock, row, counters, unreadable, roleless) for row in rows]
    regions = frozenset(row.region for row in rows)
    if configured is not None:
        regions = configured.regions
        seen = {(row.region, row.name) for row in rows}
        found += [AccountStatus(*key) for key in configured.accounts - seen]
    return Report(
        now,
        _by_region(found, regions),
        await deliveries.counts(database),
        await personal.figures(database),
        await _finvalda(database, configured),
    )


async def _finvalda(database: Database, configured: Configured | None) -> FinvaldaStatus:
    """Return how Finvalda stands; without `configured`, as the running daemon has it."""
    taken_up = await outbox.load_meta(database, outbox.TAKEN_UP) is not None
    if configured is not None and not configured.finvalda:
        return FinvaldaStatus()
    if not taken_up:
        return FinvaldaStatus("off" if configured is None else "starting")
    waiting = await outbox.put_off(database, deliveries.PUT_OFF)
    put_off_reason, _ = _said(waiting.reasons)
    row = await outbox.destination(database)
    if row is None or row["state"] == "up":
        return FinvaldaStatus("ok", put_off=waiting.orders, put_off_reason=put_off_reason)
    reason, remedy = _said(row["reasons"])
    return FinvaldaStatus(
        "attention" if row["state"] == "attention" else "failing",
        reason,
        remedy,
        _moment(row["since"]),
        row["failures"],
        _moment(row["retry_at"]),
        waiting.orders,
        put_off_reason,
    )


def _said(stored: str | None) -> tuple[Text | None, Text | None]:
    """Return reasons, and remedies, as they are stored: each as one text in both languages."""
    told = json.loads(stored) if stored else []
    found = []
    for names in (("en", "lt"), ("remedy_en", "remedy_lt")):
        en, lt = (" ".join(one[name] for one in told if one.get(name)) for name in names)
        found.append(Text(en, lt) if en else None)
    return found[0], found[1]


def _is_wanted(row: accounts.AccountRow, configured: Configured) -> bool:
    taken_up = bool(row.active) and row.region in configured.regions
    return taken_up or (row.region, row.name) in configured.accounts


def _by_region(found: list[AccountStatus], on: frozenset[str]) -> tuple[RegionStatus, ...]:
    found.sort(key=lambda account: (account.name != accounts.MAIN, account.name))
    return tuple(
        RegionStatus(
            name, tuple(account for account in found if account.region == name), on=name in on
        )
        for name in REGION_NAMES
    )


async def _account(
    database: Database,
    clock: Clock,
    row: accounts.AccountRow,
    counters: dict[tuple[int, str], int],
    unreadable: dict[int, int],
    roleless: dict[int, int],
) -> AccountStatus:
    # Marks are in Amazon's time, as far as that is known.
    now = micros_now(clock) + (row.clock_offset or 0)
    known = await coverage.rows(database, row.id)
    marks = [entry.live_mark for entry in known.values() if entry.live_mark is not None]
    # What the last search moved is what the settings in force cover.
    mark = max(marks, default=None)
    covered = {name: entry for name, entry in known.items() if entry.live_mark == mark}
    told = roleless.get(row.id, 0)
    token = await accounts.load_token(database, row.id)
    tokens, rate = await Quota(database, clock, row.id).level(SEARCH_ORDERS)
    return AccountStatus(
        region=row.region,
        name=row.name,
        state=row.state if row.active else "starting",
        reason=row.reason if row.active else None,
        token_valid_until=from_micros(token[1]) if token else None,
        cursor=_moment(mark),
        last_poll=_moment(row.live_polled_at),
        lag_seconds=None if mark is None else max(0.0, (now - mark) / SECOND),
        orders=counters.get((row.id, "orders"), 0),
        unreadable=unreadable.get(row.id, 0),
        late=counters.get((row.id, "late"), 0),
        quota_tokens=tokens,
        quota_rate=rate,
        backfill=_backfill(row, covered, rate, now),
        quiet_since=_moment(row.quiet_since),
        # A token that came later may well have brought the role.
        shipping_role_missing_since=_moment(told if told >= (row.token_seen_at or 1) else None),
        marketplaces=tuple(json.loads(row.participations)) if row.participations else None,
        known=bool(row.active),
    )


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _backfill(
    row: accounts.AccountRow, covered: dict[str, coverage.CoverageRow], rate: float, now: int
) -> Backfill | None:
    floor = served_from(row.region, covered.keys() - {coverage.ALL}, now)
    span = coverage.history_span(covered, floor)
    if span is None:
        return None
    low, target = span
    density = row.history_density or row.live_density
    estimate = history_seconds(low, target, density=density, rate=rate)
    return Backfill(from_micros(low), from_micros(target), estimate)


def as_json(report: Report, language: Language = "en") -> dict[str, Any]:
    """Return the stable form of `status --json`; reasons come in `language`."""
    regions: dict[str, Any] = {}
    for region in report.regions:
        own = _fields(region.worst, language)
        own["accounts"] = {account.name: _fields(account, language) for account in region.accounts}
        regions[region.name] = own
    kept = report.personal
    return {
        "at": _iso(report.at),
        "regions": regions,
        "deliveries": report.deliveries,
        "finvalda": _finvalda_fields(report.finvalda, language),
        "personal_data": {
            "orders": kept.kept,
            "erased": kept.erased,
            "oldest": _iso(_moment(kept.oldest)),
            "last_purge": _iso(_moment(kept.last_purge)),
            "last_erasure": _iso(_moment(kept.last_erasure)),
            "erased_bytes_since": _iso(_moment(kept.bytes_kept_since)),
        },
    }


def _finvalda_fields(finvalda: FinvaldaStatus, language: Language) -> dict[str, Any]:
    told = {
        "reason": finvalda.reason,
        "remedy": finvalda.remedy,
        "put_off_reason": finvalda.put_off_reason,
    }
    return {
        "state": finvalda.state,
        "since": _iso(finvalda.since),
        "failures": finvalda.failures,
        "retry_at": _iso(finvalda.retry_at),
        "put_off": finvalda.put_off,
        **{name: None if text is None else text.say(language) for name, text in told.items()},
    }


def _fields(account: AccountStatus, language: Language) -> dict[str, Any]:
    backfill = account.backfill
    return {
        "state": account.state,
        "reason": account.reason.say(language) if account.reason else None,
        "token_valid_until": _iso(account.token_valid_until),
        "cursor": _iso(account.cursor),
        "last_poll": _iso(account.last_poll),
        "lag_seconds": None if account.lag_seconds is None else round(account.lag_seconds, 1),
        "orders": account.orders,
        "unreadable": account.unreadable,
        "late": account.late,
        "quota_tokens": round(account.quota_tokens, 2),
        "quota_rate": account.quota_rate,
        "backfill": None
        if backfill is None
        else {
            "reached": _iso(backfill.reached),
            "target": _iso(backfill.target),
            "estimate_seconds": None
            if backfill.estimate_seconds is None
            else round(backfill.estimate_seconds),
        },
        "quiet_since": _iso(account.quiet_since),
        "shipping_role_missing_since": _iso(account.shipping_role_missing_since),
    }


def _iso(moment: datetime | None) -> str | None:
    """Return a moment as people and the wire write it."""
    return None if moment is None else iso(to_micros(moment))
