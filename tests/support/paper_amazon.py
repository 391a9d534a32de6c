"""Amazon on one page: the few rules that decide whether a reader loses orders.

For tests that need thousands of worlds. The simulator is the full thing; this one shares no code
with it or with the program. It pages by offset over a living result set, so that an order which is
updated leaves its window and moves its neighbours towards pages that were read before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.clocks import FakeClock

ENDPOINT = "https://amazon.test"
LWA = "https://lwa.test/token"


@dataclass
class PaperOrder:
    """One order: when it was made, last updated, and which version it is at."""

    order_id: str
    created: datetime
    updated: datetime
    version: int = 1
    status: str = "UNSHIPPED"
    broken: bool = False
    hidden_until: datetime | None = None

    def wire(self) -> dict[str, Any]:
        amount: Any = {"broken": True} if self.broken else "10.00"
        return {
            "orderId": self.order_id,
            "createdTime": stamp(self.created),
            "lastUpdatedTime": stamp(self.updated),
            "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1PA6795UKMFR9"},
            "fulfillment": {"fulfillmentStatus": self.status, "fulfilledBy": "MERCHANT"},
            "proceeds": {"grandTotal": {"amount": amount, "currencyCode": "EUR"}},
            "orderItems": [
                {
                    "orderItemId": "1",
                    "quantityOrdered": self.version,
                    "product": {"sellerSku": "SKU"},
                }
            ],
        }


@dataclass
class Call:
    """One request as Amazon saw it."""

    operation: str
    query: dict[str, str]
    status: int
    at: datetime


@dataclass
class PaperAmazon:
    """Orders, a bucket of the published size and the two-minute rule."""

    clock: FakeClock
    rate: float = 0.0056
    burst: float = 20.0
    page_size: int = 100
    skew: timedelta = timedelta(0)
    orders: dict[str, PaperOrder] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    throttled: int = 0
    fault: Callable[[httpx.Request], httpx.Response | None] | None = None
    on_search: Callable[[], None] | None = None
    _tokens: dict[str, tuple[float, float]] = field(default_factory=dict)
    _serial: int = 0

    def now(self) -> datetime:
        return self.clock.now() + self.skew

    def add(self, *, age: float = 0.0, updated_age: float | None = None) -> PaperOrder:
        """Make an order created so many seconds ago."""
        self._serial += 1
        created = whole(self.now() - timedelta(seconds=age))
        updated = whole(self.now() - timedelta(seconds=age if updated_age is None else updated_age))
        order = PaperOrder(f"305-0000000-{self._serial:07}", created, updated)
        self.orders[order.order_id] = order
        return order

    def update(self, order: PaperOrder, *, status: str | None = None) -> None:
        """Change an order now."""
        order.updated = max(whole(self.now()), order.updated + timedelta(seconds=1))
        order.version += 1
        order.status = status or order.status

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer like Amazon."""
        if request.url.host == "lwa.test":
            if self.fault and (answer := self.fault(request)):
                return answer
            return httpx.Response(200, json={"access_token": "Atza|t", "expires_in": 3600})
        path = request.url.path
        operation = "searchOrders" if path.endswith("/orders") else "getOrder"
        if "marketplaceParticipations" in path:
            operation = "getMarketplaceParticipations"
        query = dict(request.url.params)
        answer = self._limited(operation) or (self.fault and self.fault(request)) or None
        if answer is None:
            if operation == "searchOrders":
                answer = self._search(query)
                if self.on_search:
                    self.on_search()
            elif operation == "getOrder":
                answer = self._get(path.rsplit("/", 1)[1])
            else:
                answer = self._json(200, {"payload": []})
        self.calls.append(Call(operation, query, answer.status_code, self.now()))
        return answer

    def truth(self, until: datetime) -> dict[str, PaperOrder]:
        """Return the orders that a careful reader has by a bound."""
        return {k: o for k, o in self.orders.items() if o.updated <= until and not o.broken}

    def _limited(self, operation: str) -> httpx.Response | None:
        rate, burst = {
            "searchOrders": (self.rate, self.burst),
            "getOrder": (0.5, 30.0),
        }.get(operation, (0.016, 15.0))
        tokens, at = self._tokens.get(operation, (burst, self.clock.passed))
        tokens = min(burst, tokens + (self.clock.passed - at) * rate)
        if tokens < 1.0:
            self._tokens[operation] = (tokens, self.clock.passed)
            self.throttled += 1
            return httpx.Response(429, json={"errors": [{"code": "QuotaExceeded", "message": ""}]})
        self._tokens[operation] = (tokens - 1.0, self.clock.passed)
        return None

    def _search(self, query: dict[str, str]) -> httpx.Response:
        created = "createdAfter" in query
        prefix = "created" if created else "lastUpdated"
        after, before = parse(query[f"{prefix}After"]), parse(query[f"{prefix}Before"])
        if before > self.now() - timedelta(minutes=2):
            return self._error(400, "InvalidInput")
        offset = 0
        plain = json.dumps({k: v for k, v in sorted(query.items()) if k != "paginationToken"})
        if token := query.get("paginationToken"):
            bound_to, offset = json.loads(token)
            if bound_to != plain:
                return self._error(400, "InvalidInput")
        shown = [
            o for o in self.orders.values() if not o.hidden_until or o.hidden_until <= self.now()
        ]

        def key(order: PaperOrder) -> datetime:
            return order.created if created else order.updated

        within = [order for order in shown if after <= key(order) <= before]
        found = sorted(within, key=lambda order: (key(order), order.order_id))
        page = found[offset : offset + self.page_size]
        body: dict[str, Any] = {
            "orders": [o.wire() for o in page],
            f"{prefix}Before": stamp(before),
        }
        if offset + self.page_size < len(found):
            body["pagination"] = {"nextToken": json.dumps([plain, offset + self.page_size])}
        return self._json(200, body)

    def _get(self, order_id: str) -> httpx.Response:
        order = self.orders.get(order_id)
        return self._json(200, {"order": order.wire()}) if order else self._error(404, "NotFound")

    def _json(self, status: int, body: dict[str, Any]) -> httpx.Response:
        headers = {
            "date": self.now().strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "x-amzn-RateLimit-Limit": str(self.rate),
            "x-amzn-RequestId": "r",
        }
        return httpx.Response(status, json=body, headers=headers)

    def _error(self, status: int, code: str) -> httpx.Response:
        return self._json(status, {"errors": [{"code": code, "message": code}]})


def whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime:
    return datetime.fromisoformat(text)
