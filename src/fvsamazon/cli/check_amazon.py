"""What `check` asks Amazon for one account: a token, its marketplaces, one page of orders.

Each request is paid for from the account's own buckets, so that a check beside the daemon causes
no 429; where a bucket is empty the row says so and nothing waits. The access token is asked for
anew, because it is the credentials that are tested, and is kept nowhere.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from fvsamazon import __version__
from fvsamazon.amazon.auth import AccountTokens, LwaClient
from fvsamazon.amazon.client import AmazonClient, SearchQuery
from fvsamazon.amazon.http import user_agent
from fvsamazon.cli import check_texts as texts
from fvsamazon.cli import remote_texts
from fvsamazon.cli.check_roles import roles_row
from fvsamazon.cli.check_rows import Row, State
from fvsamazon.cli.wording import span
from fvsamazon.errors import RemoteError, Throttled, Unauthorized, Unavailable
from fvsamazon.orders import OrderRecord, Unreadable
from fvsamazon.poller.faults import SEARCH_REFUSED_REMEDY
from fvsamazon.poller.quota import PARTICIPATIONS, SEARCH
from fvsamazon.regions import marketplace_code

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    import httpx

    from fvsamazon.amazon.client import AnswerFacts, OrdersPage, Participations
    from fvsamazon.clock import Clock
    from fvsamazon.poller.build import AccountSpec
    from fvsamazon.poller.quota import Quota
    from fvsamazon.texts import Language, Text

LOOK_BACK = timedelta(days=30)
BOUND_AGE = timedelta(minutes=3)
"""Amazon's rule is two minutes before its own now."""
CLOCK_TOLERANCE = 30.0
"""Seconds between the clocks that are worth a warning."""


class KeptNowhere:
    """A token store that forgets."""

    async def load(self) -> bytes | None:
        return None

    async def save(self, sealed: bytes, valid_until: datetime) -> None:
        """Keep nothing."""

    async def drop(self) -> None:
        """There is nothing to forget."""


class QuotaEmpty(Exception):
    """There is no token for a request now; `wait` is in seconds."""

    def __init__(self, operation: str, wait: float) -> None:
        super().__init__(operation)
        self.operation = operation
        self.wait = wait


@dataclass
class AccountCheck:
    """Tests one account; `rows` fills up in the order in which things are tested."""

    spec: AccountSpec
    http: httpx.AsyncClient
    quota: Quota | None
    """None: what is left of it cannot be known, so Amazon itself is not asked."""
    clock: Clock
    language: Language
    rows: list[Row] = field(default_factory=list)
    clock_difference: float | None = None
    """Seconds by which Amazon's clock is ahead of ours."""

    async def run(self) -> None:
        """Test everything; no failure leaves here but the store's own."""
        spec = self.spec
        lwa = self._lwa(spec.client_secret, spec.client_secret_next)
        tokens = AccountTokens(
            lwa,
            spec.refresh_token,
            region=spec.region,
            account=spec.name,
            store=KeptNowhere(),
            clock=self.clock,
        )
        if not await self._token(lwa, tokens) or self.quota is None:
            return
        client = AmazonClient(
            self.http,
            spec.endpoint,
            tokens,
            clock=self.clock,
            user_agent=user_agent(__version__),
            personal=True,
        )
        await self._marketplaces(client, self.quota)
        await self._orders(client, self.quota)

    def _lwa(self, secret: str, following: str | None) -> LwaClient:
        return LwaClient(
            self.http,
            self.spec.lwa_url,
            client_id=self.spec.client_id,
            client_secret=secret,
            client_secret_next=following,
            clock=self.clock,
            user_agent=user_agent(__version__),
        )

    async def _token(self, lwa: LwaClient, tokens: AccountTokens) -> bool:
        try:
            token = await tokens.get()
        except RemoteError as error:
            self._failed("token", error)
            return False
        if lwa.using_next_secret:
            self._add("token", "warn", texts.SECRET_REFUSED, texts.MOVE_SECRET)
        elif self.spec.client_secret_next and not await self._works(self.spec.client_secret_next):
            self._add("token", "warn", texts.NEXT_SECRET_REFUSED, texts.MEND_NEXT_SECRET)
        else:
            until = token.valid_until.strftime("%H:%M:%SZ")
            self._add("token", "ok", texts.TOKEN_GOOD, until=until)
        return True

    async def _works(self, secret: str) -> bool:
        """Tell whether a client secret is accepted; an outage says nothing against it."""
        lwa = self._lwa(secret, None)
        tokens = AccountTokens(
            lwa,
            self.spec.refresh_token,
            region=self.spec.region,
            account=self.spec.name,
            store=KeptNowhere(),
            clock=self.clock,
        )
        try:
            await tokens.get()
        except Unauthorized:
            return False
        except RemoteError:
            return True
        return True

    async def _marketplaces(self, client: AmazonClient, quota: Quota) -> None:
        try:
            async with self._paid(quota, PARTICIPATIONS):
                answer = await client.marketplace_participations()
            await self._answered(quota, PARTICIPATIONS, answer.facts)
        except QuotaEmpty as empty:
            self._no_quota("marketplaces", empty)
        except Throttled:
            self._throttled("marketplaces", PARTICIPATIONS)
        except RemoteError as error:
            why = f"{error.status or ''} {error.code or type(error).__name__}".strip()
            self._add("marketplaces", "warn", texts.PLACES_UNKNOWN, texts.ADD_INSIGHTS, why=why)
        else:
            self._say_marketplaces(answer)

    def _say_marketplaces(self, answer: Participations) -> None:
        selling = {row.marketplace_id for row in answer.rows if row.participating is not False}
        suspended = [r.marketplace_id for r in answer.rows if r.suspended and r.participating]
        absent = [name for name in self.spec.plan.marketplaces if name not in selling]
        if absent:
            codes = _codes(absent)
            self._add(
                "marketplaces", "warn", texts.SELLS_NOT_IN, texts.MEND_MARKETPLACES, codes=codes
            )
        elif suspended:
            codes = _codes(suspended)
            self._add("marketplaces", "warn", texts.SUSPENDED, texts.LOOK_AT_ACCOUNT, codes=codes)
        elif selling:
            self._add("marketplaces", "ok", texts.SELLS_IN, codes=_codes(sorted(selling)))
        else:
            self._add("marketplaces", "warn", texts.SELLS_NOWHERE, texts.RIGHT_ACCOUNT)

    async def _orders(self, client: AmazonClient, quota: Quota) -> None:
        now = self.clock.now() + timedelta(seconds=self.clock_difference or 0.0)
        query = SearchQuery(
            family="updated",
            after=now - LOOK_BACK,
            before=now - BOUND_AGE,
            marketplace_ids=self.spec.plan.marketplaces,
            included_data=self.spec.plan.included_data,
        )
        try:
            async with self._paid(quota, SEARCH):
                page = await client.search_orders(query)
            await self._answered(quota, SEARCH, page.facts)
        except QuotaEmpty as empty:
            self._no_quota("orders", empty)
        except Throttled:
            self._throttled("orders", SEARCH)
        except RemoteError as error:
            self._failed("orders", error)
        else:
            self._say_orders(page)

    def _say_orders(self, page: OrdersPage) -> None:
        bad = [order for order in page.orders if isinstance(order, Unreadable)]
        count, days = len(page.orders), LOOK_BACK.days
        if not count:
            self._add("orders", "warn", texts.NO_ORDERS, texts.RIGHT_ACCOUNT, days=days)
        elif bad:
            self._add(
                "orders",
                "warn",
                texts.ORDERS_UNREADABLE,
                texts.REPORT_UNREADABLE,
                bad=len(bad),
                count=count,
                why=bad[0].reason,
            )
        else:
            self._add("orders", "ok", texts.ORDERS_GOOD, count=count, days=days)
        self.rows.append(
            roles_row(
                [order for order in page.orders if isinstance(order, OrderRecord)],
                region=self.spec.region,
                account=self.spec.name,
                personal=self.spec.personal,
                language=self.language,
            )
        )

    @asynccontextmanager
    async def _paid(self, quota: Quota, operation: str) -> AsyncIterator[None]:
        """Spend a token around one request, or raise `QuotaEmpty`."""
        if wait := await quota.take(operation):
            raise QuotaEmpty(operation, wait)
        try:
            yield
        except Throttled as error:
            self._learn(error.server_time)
            await quota.throttled(operation)
            raise
        except RemoteError as error:
            self._learn(error.server_time)
            await quota.settled(operation, rate=error.rate)
            raise

    async def _answered(self, quota: Quota, operation: str, facts: AnswerFacts) -> None:
        self._learn(facts.server_time)
        await quota.settled(operation, rate=facts.rate)

    def _learn(self, server_time: datetime | None) -> None:
        if server_time is not None:
            self.clock_difference = (server_time - self.clock.now()).total_seconds()

    def _no_quota(self, check: str, empty: QuotaEmpty) -> None:
        self._add(
            check,
            "warn",
            texts.QUOTA_EMPTY,
            texts.QUOTA_WAIT,
            operation=empty.operation,
            wait=span(empty.wait),
        )

    def _throttled(self, check: str, operation: str) -> None:
        self._add(check, "warn", texts.THROTTLED, texts.OTHER_PROGRAM, operation=operation)

    def _failed(self, check: str, error: RemoteError) -> None:
        language = self.language
        remedy = remote_texts.remedy(error, language)
        if isinstance(error, Unauthorized) and check == "orders":
            remedy = SEARCH_REFUSED_REMEDY.say(language)
        elif remedy is None and isinstance(error, Unavailable):
            remedy = texts.LOOK_AT_NETWORK.say(language)
        self.rows.append(
            Row(
                check,
                "fail",
                remote_texts.told(error, language),
                remedy,
                self.spec.region,
                self.spec.name,
            )
        )

    def _add(
        self,
        check: str,
        state: State,
        detail: Text,
        remedy: Text | None = None,
        **facts: object,
    ) -> None:
        language = self.language
        self.rows.append(
            Row(
                check,
                state,
                detail.say(language, **facts),
                remedy.say(language) if remedy else None,
                self.spec.region,
                self.spec.name,
            )
        )


def _codes(ids: list[str]) -> str:
    return ", ".join(sorted(marketplace_code(name) or name for name in ids))
