"""The delivery as it runs: real SQLite, a simulated Finvalda over real HTTP, time moved by hand."""

from __future__ import annotations

import copy
import json
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from fvsamazon import logs
from fvsamazon.amazon.reader import read_order
from fvsamazon.booking.rules import parse
from fvsamazon.clock import to_micros
from fvsamazon.delivery.evaluating import no_personal_data
from fvsamazon.delivery.intents import IntentSink, plan_of
from fvsamazon.delivery.worker import DeliveryWorker, Terms
from fvsamazon.finvalda.client import FinvaldaClient
from fvsamazon.finvalda.http import new_http_client
from fvsamazon.finvalda.transport import Credentials
from fvsamazon.simulator.finvalda import FinvaldaState
from fvsamazon.store import accounts, deliveries, orders, outbox, schema
from fvsamazon.store.database import Database
from support.at_once import open_at_once
from support.clocks import FakeClock
from support.simulated_finvalda import served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    import httpx

    from fvsamazon.booking.rule_types import Rules
    from fvsamazon.delivery.evaluating import Personal

ORDER_ID = "305-0000000-0000001"
SEED = 7
TIMEOUT = 1.0
"""Seconds of real time that the client waits for an answer."""
RULES = """
version = 1
book_from = 2026-11-01

[document]
series = "AMZ"
titles = ["{marketplace} {fulfilled_by}", "", "", "", "AMZ {order_id}"]

[[skip]]
match = { channel = "NON_AMAZON" }
reason = "the web shop books it"

[[client]]
match = { buyer_vat_country = "EU" }
per_buyer = { code = "B2B{vat_number}", type = "B2B" }
[[client]]
code = "AMZ{marketplace}"

[[warehouse]]
code = "FBM"
ship_from = "LT"

[products]
by = ["code", "partner"]

[services]
SHIPPING = "SIUNTIMAS"

[rates]
DE = { standard = 19 }

[[vat]]
name = "to a business of another member state"
match = { movement = "intra_eu", buyer_vat_country = "EU" }
code = "PVM0ES"
percent = 0
kind = "SF"
[[vat]]
name = "OSS"
match = { movement = "intra_eu", buyer_vat_country = "NONE" }
code = "OSS{ship_to}{percent}"
percent = "rate"
kind = "SF"
"""
RESERVATIONS = RULES.replace('series = "AMZ"', 'series = "AMZ"\nreservation = "PardRezDok"')


def rules_of(text: str = RULES, *changes: tuple[str, str]) -> Rules:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    parsed = parse(text)
    assert parsed.rules is not None, [fault.say() for fault in parsed.faults]
    return parsed.rules


def amazon_order(
    number: int = 1,
    *,
    status: str = "SHIPPED",
    total: str = "29.80",
    sku: str = "PREKE001",
    minutes: float = 0,
    quantity: int = 2,
    **changes: Any,
) -> dict[str, Any]:
    """Return an order as Amazon sends it; `minutes` move its last update."""
    made = datetime.fromisoformat("2026-11-20T12:00:00+00:00") + timedelta(minutes=number)
    updated = made + timedelta(hours=1, minutes=minutes)
    money = {"amount": total, "currencyCode": "EUR"}
    shipped = status == "SHIPPED"
    document = {
        "orderId": f"305-0000000-{number:07}",
        "createdTime": made.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lastUpdatedTime": updated.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1PA6795UKMFR9"},
        "fulfillment": {"fulfillmentStatus": status, "fulfilledBy": "MERCHANT"},
        "recipient": {"deliveryAddress": {"countryCode": "DE", "postalCode": "50667"}},
        "proceeds": {"grandTotal": money},
        "orderItems": [
            {
                "orderItemId": "1",
                "quantityOrdered": quantity,
                "product": {"sellerSku": sku, "asin": "B000000001", "title": "Thing"},
                "proceeds": {
                    "proceedsTotal": money,
                    "breakdowns": [{"type": "ITEM", "subtotal": money}],
                },
                "fulfillment": {"quantityFulfilled": quantity if shipped else 0},
            }
        ],
    }
    return copy.deepcopy({**document, **changes})


VAT_BUYER = {
    "taxRegistrations": [
        {
            "entityType": "BUYER",
            "taxRegistrationType": "VAT",
            "taxRegistrationNumber": "DE123456789",
            "legalName": "Muster GmbH",
        }
    ]
}


@cache
def _tls() -> ssl.SSLContext:
    """Return one context for all: to read the machine's authorities anew takes a while."""
    return ssl.create_default_context()


@dataclass
class DeliveryHouse:
    """A database, a Finvalda and the worker between them."""

    path: Path
    clock: FakeClock
    finvalda: FinvaldaState
    url: str
    rules: Rules | None = field(default_factory=rules_of)
    database: Database = field(init=False)
    worker: DeliveryWorker = field(init=False)
    sink: IntentSink = field(init=False)
    http: httpx.AsyncClient = field(init=False)
    account: accounts.AccountRow = field(init=False)
    database_type: type[Database] = Database
    personal: Personal = no_personal_data

    async def open(self, *, try_now: bool = False, plan: bool = True) -> DeliveryHouse:
        """Start, or start again after `close`."""
        self.database = await open_at_once(self.path, self.database_type)
        await schema.migrate(self.database)
        self.account = await accounts.ensure(
            self.database,
            region="Europe",
            name="main",
            refresh_token="token",
            client_secret="secret",
            configured=frozenset({("Europe", "main")}),
            now=to_micros(self.clock.now()),
        )
        self.http = new_http_client(self.url, timeout=TIMEOUT, tls=_tls())
        self.sink = IntentSink(self.clock, plan_of(self.rules) if plan else None)
        self.worker = self.new_worker()
        await self.worker.start(try_now=try_now)
        return self

    def new_worker(self) -> DeliveryWorker:
        state = self.finvalda
        client = FinvaldaClient(
            self.http,
            self.url,
            Credentials(state.username, state.password, company_id=state.company_id),
            timeout=TIMEOUT,
        )
        terms = Terms(self.rules, state.parameter, state.username, TIMEOUT, repr(self.rules))
        return DeliveryWorker(
            database=self.database,
            clock=self.clock,
            log=logs.get_logger(),
            client=client,
            terms=terms,
            personal=self.personal,
        )

    async def close(self) -> None:
        await self.http.aclose()
        await self.database.close()

    async def restart(self, *, try_now: bool = False) -> None:
        await self.close()
        await self.open(try_now=try_now)

    async def reload(self, rules: Rules | None) -> int:
        """Put other rules in force, as a reload does; return how many held orders are due."""
        self.rules = rules
        self.sink.plan = plan_of(rules)
        self.worker = self.new_worker()
        return await self.worker.start(try_now=True)

    async def record(self, *documents: dict[str, Any]) -> orders.Recorded:
        """Record orders as the poller does, intents and all."""
        found = [read_order(json.dumps(document).encode()) for document in documents]
        async with self.database.transaction() as tx:
            outcome = await orders.record(
                tx,
                region="Europe",
                account_id=self.account.id,
                found=found,
                now=to_micros(self.clock.now()),
                program="1",
            )
            await self.sink.recorded(tx, self.account, found, outcome)
        return outcome

    async def work(self, seconds: float = 0.0, *, stride: float = 0.5) -> None:
        """Let the worker do what it can now, and in the time that follows.

        Time passes in strides of so many seconds at least.
        """
        end = self.clock.elapsed() + seconds
        for _ in range(5_000):
            wait = await self.worker.step()
            if wait == 0.0:
                continue
            left = end - self.clock.elapsed()
            if left <= 0:
                return
            self.clock.advance(min(max(wait, stride), left))
        raise AssertionError("the worker never rests")

    async def delivery(self, number: int = 1) -> dict[str, Any]:
        found = await orders.get(self.database, f"305-0000000-{number:07}")
        return deliveries.of_order(found[0])

    async def row(self, number: int = 1) -> Any:
        found = await outbox.of_order_id(self.database, f"305-0000000-{number:07}")
        return found[0] if found else None

    async def state(self, number: int = 1) -> str:
        return str((await self.delivery(number))["state"])

    async def states(self) -> dict[str, int]:
        return {k: v for k, v in (await deliveries.counts(self.database)).items() if v}

    def sales(self, number: int = 1) -> int:
        return len(self.finvalda.sales(f"305-0000000-{number:07}"))

    def live(self, space: str) -> list[dict[str, Any]]:
        return [
            one
            for one in self.finvalda.truth()["operations"]
            if one["class"] == space and not one["deleted"]
        ]

    def calls(self, method: str) -> int:
        return sum(call.method == method for call in self.finvalda.calls)

    def complaints(self) -> Sequence[object]:
        return list(self.finvalda.complaints)


@asynccontextmanager
async def delivery_house(path: Path, rules: Rules | None = None) -> AsyncIterator[DeliveryHouse]:
    """Open everything on a fresh database; `rules` None takes the usual ones."""
    clock = FakeClock()
    state = FinvaldaState(SEED, clock.now)
    async with served(state) as client:
        url = str(client.base_url).rstrip("/")
        house = DeliveryHouse(path, clock, state, url, rules or rules_of())
        await house.open()
        try:
            yield house
        finally:
            await house.close()
