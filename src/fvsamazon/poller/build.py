"""Puts one account's parts together: what the daemon, `sync` and `orders fetch` all start from."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fvsamazon import __version__, logs
from fvsamazon.amazon.auth import AccountTokens, LwaClient
from fvsamazon.amazon.client import AmazonClient
from fvsamazon.amazon.http import user_agent
from fvsamazon.clock import micros_now, to_micros
from fvsamazon.poller.account import AccountPoller
from fvsamazon.poller.errands import Errands
from fvsamazon.poller.faults import SearchFaults
from fvsamazon.poller.planning import Planner, PollPlan
from fvsamazon.poller.quota import Quota
from fvsamazon.poller.recording import OrderSink, Recorder
from fvsamazon.poller.region import AccountTask
from fvsamazon.poller.report import Report
from fvsamazon.poller.searching import AmazonTime, Searcher
from fvsamazon.poller.state import AccountState
from fvsamazon.poller.tokens import TokenKeeper
from fvsamazon.privacy import PrivacyPlan
from fvsamazon.store import accounts

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import httpx

    from fvsamazon.clock import Clock
    from fvsamazon.regions import RegionName
    from fvsamazon.store.database import Database

DATA_SETS = ("RECIPIENT", "PROCEEDS", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX")
"""Data sets that booking needs; country and state stand in RECIPIENT."""
PERSONAL_DATA_SETS = ("BUYER",)


def data_sets(*, personal: bool) -> tuple[str, ...]:
    """Return the `includedData` of every request."""
    return (*PERSONAL_DATA_SETS, *DATA_SETS) if personal else DATA_SETS


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """Everything that the settings say of one account; two equal ones need no restart."""

    region: RegionName
    name: str
    endpoint: str
    lwa_url: str
    proxy: str | None = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)
    client_secret_next: str | None = field(repr=False)
    refresh_token: str = field(repr=False)
    plan: PollPlan
    personal: bool
    privacy: PrivacyPlan = field(default_factory=PrivacyPlan)

    @property
    def key(self) -> tuple[str, str]:
        return (self.region, self.name)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all accounts share."""

    database: Database
    clock: Clock
    http: httpx.AsyncClient
    sink: OrderSink | None = None
    jitter: Callable[[], float] = random.random

    async def account(
        self, spec: AccountSpec, configured: frozenset[tuple[str, str]], *, try_now: bool = False
    ) -> AccountTask:
        """Take one account up and build it; with `try_now` its stored back-off is forgotten."""
        row = await accounts.ensure(
            self.database,
            region=spec.region,
            name=spec.name,
            refresh_token=spec.refresh_token,
            client_secret=spec.client_secret,
            configured=configured,
            now=micros_now(self.clock),
        )
        return self.build(spec, row, try_now=try_now)

    def build(
        self, spec: AccountSpec, row: accounts.AccountRow, *, try_now: bool = False
    ) -> AccountTask:
        """Build one account as it stands: whoever works beside a daemon changes nothing of it."""
        log = logs.get_logger(region=spec.region, account=spec.name)
        quota = Quota(self.database, self.clock, row.id)
        agent = user_agent(__version__)
        lwa = LwaClient(
            self.http,
            spec.lwa_url,
            client_id=spec.client_id,
            client_secret=spec.client_secret,
            client_secret_next=spec.client_secret_next,
            clock=self.clock,
            user_agent=agent,
        )
        tokens = AccountTokens(
            lwa,
            spec.refresh_token,
            region=spec.region,
            account=spec.name,
            store=StoredToken(self.database, row.id),
            clock=self.clock,
        )
        client = AmazonClient(
            self.http,
            spec.endpoint,
            tokens,
            clock=self.clock,
            user_agent=agent,
            personal=spec.personal,
        )
        time = AmazonTime(self.clock, row.clock_offset)
        report = Report(log, self.clock)
        state = AccountState(
            database=self.database,
            clock=self.clock,
            row=row,
            log=log,
            jitter=self.jitter,
        )
        if try_now:
            state.try_now()
        recorder = Recorder(account=row, clock=self.clock, sink=self.sink, log=log)
        searcher = Searcher(
            database=self.database,
            client=client,
            quota=quota,
            time=time,
            account=row,
            recorder=recorder,
        )
        poller = AccountPoller(
            database=self.database,
            clock=self.clock,
            quota=quota,
            searcher=searcher,
            planner=Planner(
                database=self.database,
                searcher=searcher,
                time=time,
                account=row,
                plan=spec.plan,
                report=report,
            ),
            faults=SearchFaults(
                database=self.database,
                quota=quota,
                searcher=searcher,
                state=state,
                report=report,
                clock=self.clock,
                jitter=self.jitter,
            ),
            state=state,
            report=report,
            time=time,
            account=row,
            poll_interval=spec.plan.poll_interval,
        )
        errands = Errands(
            database=self.database,
            clock=self.clock,
            client=client,
            quota=quota,
            account=row,
            included_data=spec.plan.included_data,
            recorder=recorder,
            jitter=self.jitter,
            log=log,
        )
        keeper = TokenKeeper(tokens=tokens, lwa=lwa, clock=self.clock, log=log, jitter=self.jitter)
        return AccountTask(name=spec.name, poller=poller, errands=errands, tokens=keeper)


class StoredToken:
    """One account's sealed access token in the database."""

    def __init__(self, database: Database, account_id: int) -> None:
        self._database = database
        self._account_id = account_id

    async def load(self) -> bytes | None:
        stored = await accounts.load_token(self._database, self._account_id)
        return stored[0] if stored else None

    async def save(self, sealed: bytes, valid_until: datetime) -> None:
        await accounts.save_token(self._database, self._account_id, sealed, to_micros(valid_until))

    async def drop(self) -> None:
        await accounts.drop_token(self._database, self._account_id)
