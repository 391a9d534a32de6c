"""Amazon's Orders API: one request a call, no retry and no quota inside.

In: a query. Out: orders read by `reader`, and what the answer told beside them (`AnswerFacts`).
Every failure is an error of `fvsamazon.errors` that carries the same facts. The caller pays the
bucket before and settles it after; `prepare` gets the access token ahead of that, so that no token
of the quota is spent while Login with Amazon is out of order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote, urlencode

import anyio
import anyio.to_thread

from fvsamazon.amazon.errors import SERVICE, error_of, request_id, told_rate, violation
from fvsamazon.amazon.http import Exchange, exchange
from fvsamazon.amazon.pages import read_answer, read_bound, read_page, read_participations
from fvsamazon.amazon.ratelimit import GET_ORDER, PARTICIPATIONS, SEARCH_ORDERS
from fvsamazon.amazon.reader import read_order
from fvsamazon.amazon.split import clean
from fvsamazon.errors import Unauthorized

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import httpx

    from fvsamazon.amazon.auth import AccountTokens
    from fvsamazon.amazon.http import Answer
    from fvsamazon.clock import Clock
    from fvsamazon.orders import OrderRecord, Unreadable

ORDERS_PATH: Final = "/orders/2026-01-01/orders"
PARTICIPATIONS_PATH: Final = "/sellers/v1/marketplaceParticipations"

TOTAL_SECONDS: Final = 90.0
"""Patience with one whole answer, however slowly it drips; below `ratelimit.FLIGHT_LIMIT`."""
PAGE_SIZE: Final = 100
OFF_THREAD_BYTES: Final = 2**20
"""A larger page is read beside the event loop, which serves the other accounts meanwhile."""

PUBLIC_DATA: Final = (
    "RECIPIENT",
    "PROCEEDS",
    "EXPENSE",
    "PROMOTION",
    "CANCELLATION",
    "FULFILLMENT",
    "PACKAGES",
    "TAX",
    "PAYMENT",
    "FULFILLMENT_ORDERS",
)
"""The data sets of a request that names none: all but BUYER; RECIPIENT for the VAT zone."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """One page of a search. Bounds are inclusive and sent in milliseconds, cut, not rounded."""

    family: Literal["created", "updated"]
    after: datetime
    before: datetime
    marketplace_ids: tuple[str, ...] = ()
    included_data: tuple[str, ...] = PUBLIC_DATA
    page_token: str | None = None
    page_size: int = PAGE_SIZE

    def parameters(self) -> dict[str, str]:
        """Return the query as Amazon names it; lists are joined by commas."""
        prefix = "created" if self.family == "created" else "lastUpdated"
        found = {
            f"{prefix}After": iso_millis(self.after),
            f"{prefix}Before": iso_millis(self.before),
            "marketplaceIds": ",".join(self.marketplace_ids),
            "includedData": ",".join(self.included_data),
            "maxResultsPerPage": str(self.page_size),
            "paginationToken": self.page_token or "",
        }
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What an answer tells beside its content: its own clock, the granted rate, its id."""

    server_time: datetime | None
    rate: float | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class OrdersPage:
    """One page of a search; without a `next_token` the last one."""

    orders: tuple[OrderRecord | Unreadable, ...]
    next_token: str | None
    bound: datetime | None
    facts: AnswerFacts


@dataclass(frozen=True, slots=True)
class SingleOrder:
    """One order, asked for by its id."""

    order: OrderRecord | Unreadable
    facts: AnswerFacts


@dataclass(frozen=True, slots=True)
class Participation:
    """One marketplace of the account, and whether it sells there."""

    marketplace_id: str
    country: str | None
    name: str | None
    currency: str | None
    domain: str | None
    participating: bool | None
    suspended: bool | None


@dataclass(frozen=True, slots=True)
class Participations:
    """Every marketplace that the account may sell in."""

    rows: tuple[Participation, ...]
    facts: AnswerFacts


class AmazonClient:
    """Speaks to one region's endpoint for one selling account.

    `personal` says whether personal data that comes is handed on or dropped here.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        endpoint: str,
        tokens: AccountTokens,
        *,
        clock: Clock,
        user_agent: str,
        personal: bool = False,
        seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._http = http
        self._endpoint = endpoint.rstrip("/")
        self._tokens = tokens
        self._clock = clock
        self._user_agent = user_agent
        self._personal = personal
        self._seconds = seconds

    async def prepare(self) -> None:
        """Make sure of an access token; raises what `AccountTokens.get` raises."""
        await self._tokens.get()

    async def search_orders(self, query: SearchQuery) -> OrdersPage:
        """Fetch one page of orders."""
        answer = await self._get(SEARCH_ORDERS, ORDERS_PATH, query.parameters())
        read = partial(self._read_page, answer, created=query.family == "created")
        try:
            if len(answer.body) > OFF_THREAD_BYTES:
                return await anyio.to_thread.run_sync(read)
            return read()
        except ValueError as error:
            raise violation(answer, SEARCH_ORDERS, str(error)) from error

    def _read_page(self, answer: Answer, *, created: bool) -> OrdersPage:
        page, raws, next_token = read_page(answer.body)
        return OrdersPage(
            orders=tuple(read_order(raw, personal=self._personal) for raw in raws),
            next_token=next_token,
            bound=read_bound(page.created_before if created else page.last_updated_before),
            facts=_facts(answer),
        )

    async def get_order(
        self, order_id: str, included_data: Sequence[str] = PUBLIC_DATA
    ) -> SingleOrder:
        """Fetch one order; raises `NotFound` where this account has no such order."""
        path = f"{ORDERS_PATH}/{quote(order_id, safe='')}"
        parameters = {"includedData": ",".join(included_data)} if included_data else {}
        answer = await self._get(GET_ORDER, path, parameters)
        try:
            order = read_order(read_answer(answer.body), personal=self._personal)
        except ValueError as error:
            raise violation(answer, GET_ORDER, str(error)) from error
        if order.order_id is None:
            order = replace(order, order_id=order_id)
        if order.order_id != order_id:
            raise violation(answer, GET_ORDER, "is about another order")
        return SingleOrder(order, _facts(answer))

    async def marketplace_participations(self) -> Participations:
        """Fetch where the account sells."""
        answer = await self._get(PARTICIPATIONS, PARTICIPATIONS_PATH, {})
        try:
            rows = read_participations(answer.body)
        except ValueError as error:
            raise violation(answer, PARTICIPATIONS, str(error)) from error
        found = []
        for row in rows:
            place, part = row.marketplace, row.participation
            if place is not None and place.id:
                found.append(
                    Participation(
                        marketplace_id=clean(place.id),
                        country=_cleaned(place.country_code),
                        name=_cleaned(place.name),
                        currency=_cleaned(place.default_currency_code),
                        domain=_cleaned(place.domain_name),
                        participating=part.is_participating if part else None,
                        suspended=part.has_suspended_listings if part else None,
                    )
                )
        return Participations(tuple(found), _facts(answer))

    async def _get(self, operation: str, path: str, parameters: Mapping[str, str]) -> Answer:
        """Send one GET with the account's token; raise the error of anything but a 200."""
        token = await self._tokens.get()
        url = self._endpoint + path
        if parameters:
            url += "?" + urlencode(parameters, quote_via=quote, safe="")
        request = self._http.build_request(
            "GET",
            url,
            headers={
                "x-amz-access-token": token.value.reveal(),
                "x-amz-date": self._clock.now().strftime("%Y%m%dT%H%M%SZ"),
                "user-agent": self._user_agent,
                "accept": "application/json",
                "accept-encoding": "gzip",
            },
        )
        answer = await exchange(self._http, request, Exchange(SERVICE, operation, self._seconds))
        if answer.status == 200:  # noqa: PLR2004
            return answer
        error = error_of(answer, operation, token.value.reveal())
        if isinstance(error, Unauthorized):
            # Whatever the reason, the next attempt is made with a fresh token.
            self._tokens.invalidate(token)
        raise error


def iso_millis(moment: datetime) -> str:
    """Return an aware moment as Amazon writes it: UTC, to the millisecond."""
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


def _facts(answer: Answer) -> AnswerFacts:
    return AnswerFacts(answer.server_time, told_rate(answer.headers), request_id(answer.headers))


def _cleaned(text: str | None) -> str | None:
    return clean(text) if text else None
