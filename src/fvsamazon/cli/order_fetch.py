"""`fvsamazon orders fetch`: single orders by id, beside a running daemon.

In: ids. Out: each recorded, or a sentence why not. The quota is the daemon's own, spent from the
same rows; an account that no daemon has taken up yet is not asked, for its row is the daemon's to
make.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon import events, logs
from fvsamazon.amazon.http import HttpClients
from fvsamazon.assembly import Sinks, account_specs, intents, keeper
from fvsamazon.cli import context, remote_texts
from fvsamazon.cli import order_texts as texts
from fvsamazon.cli.wording import shown, span
from fvsamazon.clock import SystemClock
from fvsamazon.errors import NotFound, RemoteError, Throttled, Unauthorized
from fvsamazon.poller.build import Workshop
from fvsamazon.poller.quota import GET, Quota
from fvsamazon.store import accounts, orders

if TYPE_CHECKING:
    from fvsamazon.cli.context import Invocation
    from fvsamazon.clock import Clock
    from fvsamazon.poller.errands import Errands
    from fvsamazon.settings import Settings
    from fvsamazon.store.database import Database
    from fvsamazon.texts import Language

PATIENCE = 60.0
"""Seconds that a command waits for Amazon's quota, all orders together."""


@dataclass(frozen=True, slots=True)
class _Source:
    """One account that may know an order."""

    region: str
    name: str
    errands: Errands
    quota: Quota

    @property
    def label(self) -> str:
        return f"{self.region}/{self.name}"


class QuotaUsedUp(Exception):
    """There is no token for getOrder within the time that a person waits."""

    def __init__(self, wait: float) -> None:
        self.wait = wait
        super().__init__(texts.QUOTA_USED_UP.say("en", span=span(wait)))


def run_fetch(
    invocation: Invocation, ids: tuple[str, ...], *, region: str | None, account: str | None
) -> None:
    """Bring the orders in; ends with 1 if any was not."""
    settings = invocation.settings()
    if not context.run_async(lambda: _fetch_all(settings, ids, region, account)):
        sys.exit(context.EX_FAILED)


async def _fetch_all(
    settings: Settings, ids: tuple[str, ...], region: str | None, account: str | None
) -> bool:
    clock = SystemClock()
    async with context.opened(settings) as database, HttpClients() as clients:
        sources = await _sources(settings, database, clock, clients, region, account)
        if not sources:
            print(f"fvsamazon: {texts.NO_ACCOUNT.say(settings.language)}", file=sys.stderr)
            return False
        fetcher = Fetcher(database, clock, sources, settings.language)
        outcomes = [await fetcher.fetch(order_id) for order_id in ids]
    return all(outcomes)


async def _sources(
    settings: Settings,
    database: Database,
    clock: Clock,
    clients: HttpClients,
    region: str | None,
    account: str | None,
) -> list[_Source]:
    specs = account_specs(settings)
    guardian = keeper(settings, clock, beside_daemon=True)
    sink = Sinks(guardian, intents(settings, clock))
    found = []
    for spec in (spec for group in specs.values() for spec in group):
        if region not in {None, spec.region} or account not in {None, spec.name}:
            continue
        row = await accounts.find(database, spec.region, spec.name)
        if row is None or not row.active:
            continue
        workshop = Workshop(
            database=database,
            clock=clock,
            http=clients.by_way_of(spec.proxy),
            sink=sink,
        )
        task = workshop.build(spec, row)
        quota = Quota(database, clock, row.id)
        found.append(_Source(spec.region, spec.name, task.errands, quota))
    return found


class Fetcher:
    """Asks account after account for one order after another."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sources: list[_Source],
        language: Language = "en",
    ) -> None:
        self._database = database
        self._clock = clock
        self._sources = sources
        self._language: Language = language
        self._deadline = clock.elapsed() + PATIENCE

    async def fetch(self, order_id: str) -> bool:
        """Bring one order in and say how it went."""
        troubles = []
        for source in await self._in_order(order_id):
            try:
                outcome = await self._ask(source, order_id)
            except NotFound:
                continue
            except QuotaUsedUp as error:
                told = texts.QUOTA_USED_UP.say(self._language, span=span(error.wait))
                troubles.append(f"{source.label}: {told}")
                continue
            except RemoteError as error:
                troubles.append(f"{source.label}: {remote_texts.told(error, self._language)}")
                continue
            return _told(order_id, source, outcome, self._language)
        asked = ", ".join(source.label for source in self._sources)
        unknown = texts.UNKNOWN_ORDER.say(self._language, asked=asked)
        why = "; ".join(troubles) if troubles else unknown
        print(f"fvsamazon: {order_id}: {shown(why)}", file=sys.stderr)
        return False

    async def _in_order(self, order_id: str) -> list[_Source]:
        """Return the accounts, first the one that is known to hold the order."""
        held = {
            (row["region"], row["account"]) for row in await orders.get(self._database, order_id)
        }
        return sorted(self._sources, key=lambda s: (s.region, s.name) not in held)

    async def _ask(self, source: _Source, order_id: str) -> orders.Recorded:
        """Ask one account, again where its token was refused or Amazon's bucket was empty."""
        refused = False
        while True:
            await self._wait_for_quota(source.quota)
            try:
                return await source.errands.fetch(order_id)
            except Throttled:
                continue
            except Unauthorized as error:
                # The client has dropped the access token: the second try has a fresh one.
                if refused or error.permanent:
                    raise
                refused = True

    async def _wait_for_quota(self, quota: Quota) -> None:
        while wait := await quota.take(GET):
            if self._clock.elapsed() + wait > self._deadline:
                raise QuotaUsedUp(wait)
            await self._clock.sleep(wait)


def _told(order_id: str, source: _Source, outcome: orders.Recorded, language: Language) -> bool:
    """Print what became of an order; False where it could not be read."""
    if outcome.unreadable:
        told = texts.SENT_UNREADABLE.say(language, source=source.label, why=shown(outcome.reason))
        print(f"fvsamazon: {order_id}: {told}", file=sys.stderr)
        return False
    change, said = "touched", texts.TOUCHED
    if outcome.foreign:
        change, said = "foreign", texts.FOREIGN
    elif outcome.new:
        change, said = "new", texts.NEW
    elif outcome.changed:
        change, said = "changed", texts.CHANGED
    logs.get_logger().info(
        events.ORDER_FETCHED,
        region=source.region,
        account=source.name,
        order=order_id,
        change=change,
    )
    print(f"{order_id}: {source.label}: {said.say(language)}")
    return True
