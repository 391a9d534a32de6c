"""What the simulated Amazon sends is what Amazon's own model says and what real clients read.

The model is no part of the project: it is found by REFERENCE_DIR, and without it those tests
skip. The three clients are Amazon's SDK and the two that are most used; each reads an account
page by page over a socket, and what it read must be the simulator's truth.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema
import pytest
from amzn_selling_partner.plugins._amazon.auth import LWAAuth, LWACredentials
from amzn_selling_partner.sdk.client import Client
from amzn_selling_partner.sdk.models.orders_v2026_01_01.enums import OrdersV20260101IncludedData
from anyio import to_thread
from sp_api.api import OrdersV20260101
from sp_api.auth import AccessTokenClient, access_token_client
from sp_api.base import Marketplaces
from spapi import SPAPIClient, SPAPIConfig
from spapi.api.orders_v2026_01_01.search_orders_api import SearchOrdersApi

from fvsamazon.simulator import Simulation, SimulationOptions
from support.simulated_amazon import (
    EVERYTHING,
    ORDERS,
    START,
    Reader,
    in_process,
    stamp,
    standing_simulation,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Json = dict[str, Any]
Read = dict[str, tuple[str, datetime, str | None]]

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"
DATA_SETS = ["FULFILLMENT", "PROCEEDS", "BUYER", "RECIPIENT", "PACKAGES", "TAX"]


def model(name: str) -> Json:
    folder = os.environ.get("REFERENCE_DIR")
    if not folder:
        pytest.skip("REFERENCE_DIR is not set: Amazon's model is not here to compare with")
    found: Json = json.loads((Path(folder) / name).read_text(encoding="utf-8"))
    return found


class Contract:
    """One definition of a Swagger 2.0 model, strict about formats and about unknown members."""

    def __init__(self, name: str, definition: str) -> None:
        self._model = model(name)
        self._root = {"$ref": f"#/definitions/{definition}"}
        formats = jsonschema.FormatChecker(formats=())
        formats.checks("date-time")(lambda text: bool(RFC_3339.fullmatch(str(text))))
        self._validator = jsonschema.Draft4Validator(
            self._root | {"definitions": self._model["definitions"]}, format_checker=formats
        )

    def check(self, value: object) -> None:
        self._validator.validate(value)
        assert self._unknown(self._root, value, "") == set()

    def _unknown(self, definition: Json, value: object, path: str) -> set[str]:
        while "$ref" in definition:
            definition = self._model["definitions"][definition["$ref"].rpartition("/")[2]]
        if isinstance(value, list):
            rows = (self._unknown(definition["items"], one, f"{path}[]") for one in value)
            return set().union(*rows)
        if not isinstance(value, dict):
            return set()
        known = definition.get("properties", {})
        found = {f"{path}.{name}" for name in value if name not in known}
        for name in value.keys() & known.keys():
            found |= self._unknown(known[name], value[name], f"{path}.{name}")
        return found


@pytest.fixture(scope="module")
def today() -> Simulation:
    """Nothing of tomorrow, every account, orders in each state of their lives."""
    return standing_simulation(orders=1500, live_rate=0.3, tomorrow=False, seed=20, backlog_days=40)


async def pages(simulation: Simulation, included: str | None) -> AsyncIterator[Json]:
    params = {"createdAfter": stamp(START - timedelta(days=70))}
    simulation.quota.refill()
    if included is not None:
        params["includedData"] = included
    async with in_process(simulation) as http:
        for region, account in simulation.amazon.accounts:
            async for page in Reader(http, simulation, region, account).pages(**params):
                yield page


async def orders(simulation: Simulation) -> list[Json]:
    return [one async for page in pages(simulation, EVERYTHING) for one in page["orders"]]


# Amazon's model.


@pytest.mark.parametrize("included", [None, "FULFILLMENT", EVERYTHING])
async def test_every_page_of_every_account_is_valid(
    today: Simulation, included: str | None
) -> None:
    contract = Contract("amazon-orders-2026-01-01.openapi.json", "SearchOrdersResponse")
    count = 0
    async for page in pages(today, included):
        contract.check(page)
        count += len(page["orders"])
    assert count > 1500


async def test_single_orders_are_valid(today: Simulation) -> None:
    contract = Contract("amazon-orders-2026-01-01.openapi.json", "GetOrderResponse")
    today.quota.refill()
    async with in_process(today) as http:
        reader = Reader(http, today, "FarEast")
        for order in [one.order_id for one in today.amazon.truth("FarEast")][:30]:
            answer = await reader.get(f"{ORDERS}/{order}", includedData=EVERYTHING)
            contract.check(answer.json())


async def test_errors_are_valid_and_of_declared_statuses(today: Simulation) -> None:
    contract = Contract("amazon-orders-2026-01-01.openapi.json", "ErrorList")
    declared = model("amazon-orders-2026-01-01.openapi.json")["paths"][ORDERS]["get"]["responses"]
    today.quota.refill()
    async with in_process(today) as http:
        reader = Reader(http, today)
        answers = [await reader.get(), await reader.get(f"{ORDERS}/302-0000000-0000000")]
        for kind in ("throttle", "error_500", "forbidden", "invalid_input"):
            today.faults.add(kind, count=1)
            answers.append(await reader.get(**reader.window(days=1)))
        reader.headers["x-amz-access-token"] = "made up"
        answers.append(await reader.get(**reader.window(days=1)))
    assert {one.status_code for one in answers} == {400, 403, 404, 429, 500}
    for answer in answers:
        contract.check(answer.json())
        headers = declared[str(answer.status_code)]["headers"]
        assert ("x-amzn-RateLimit-Limit" in answer.headers) == ("x-amzn-RateLimit-Limit" in headers)


async def test_participations_are_valid(today: Simulation) -> None:
    contract = Contract("amazon-sellers.openapi.json", "GetMarketplaceParticipationsResponse")
    async with in_process(today) as http:
        for region, account in today.amazon.accounts:
            contract.check((await Reader(http, today, region, account).get(PARTICIPATIONS)).json())


async def test_the_model_refuses_what_tomorrow_sends() -> None:
    """The proof above could fail: with tomorrow on it does."""
    contract = Contract("amazon-orders-2026-01-01.openapi.json", "SearchOrdersResponse")
    faults = 0
    async for page in pages(standing_simulation(orders=500, live_rate=0), EVERYTHING):
        for order in page["orders"]:
            try:
                contract.check(page | {"orders": [order]})
            except (jsonschema.ValidationError, AssertionError):
                faults += 1
    assert faults > 50


# What the world holds.


async def test_the_world_shows_everything_that_a_reader_must_bear(today: Simulation) -> None:
    found = await orders(today)

    def seen(*path: str) -> set[Any]:
        """Return every value at a path, `[]` standing for each element."""
        values: list[Any] = list(found)
        for key in path:
            if key == "[]":
                values = [one for value in values for one in value]
            else:
                values = [value[key] for value in values if key in value]
        return {json.dumps(v) if isinstance(v, list | dict) else v for v in values}

    statuses = seen("fulfillment", "fulfillmentStatus")
    assert statuses == {
        "PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED",
        "CANCELLED", "UNFULFILLABLE",
    }  # fmt: skip
    assert len(seen("salesChannel", "marketplaceId")) == 23
    assert seen("salesChannel", "channelName") == {"AMAZON", "NON_AMAZON"}
    assert len(seen("proceeds", "grandTotal", "currencyCode")) == 17
    assert seen("programs", "[]") >= {"AMAZON_BUSINESS", "PRIME", "PREORDER", "AMAZON_EASY_SHIP"}
    assert "[]" in seen("programs")
    assert seen("associatedOrders", "[]", "associationType") >= {"REPLACEMENT_ORIGINAL_ID"}
    items = ("orderItems", "[]")
    kinds = seen(*items, "proceeds", "breakdowns", "[]", "type")
    assert kinds >= {"ITEM", "SHIPPING", "GIFT_WRAP", "TAX", "DISCOUNT", "OTHER"}
    subtypes = seen(*items, "proceeds", "breakdowns", "[]", "detailedBreakdowns", "[]", "subtype")
    assert subtypes >= {"ITEM", "SHIPPING", "GIFT_WRAP", "DISCOUNT"}
    schemes = seen(*items, "tax", "taxCalculationBreakdowns", "[]", "reportingScheme")
    assert schemes == {"UOSS", "IOSS"}
    assert seen(*items, "tax", "taxCollections", "[]", "model") == {"MARKETPLACE_FACILITATOR"}
    assert seen("packages", "[]", "packageStatus", "status") >= {"SHIPPED", "DELIVERED"}
    assert seen("packages", "[]", "shipFromAddress", "countryCode") >= {"LT", "GB", "US"}
    assert len(seen("recipient", "deliveryAddress", "countryCode")) > 25
    assert "" in seen("recipient", "deliveryAddress", "addressLine3")
    names = "".join(seen("recipient", "deliveryAddress", "name"))
    assert set("ßŻñ花") <= set(names)
    assert len(set(names)) > 80
    assert seen("tax", "taxRegistrations", "[]", "entityType") == {"BUYER", "MARKETPLACE"}
    business = [one for one in found if "AMAZON_BUSINESS" in one.get("programs", [])]
    assert {"taxRegistrations" in one.get("tax", {}) for one in business} == {True, False}
    times = seen("lastUpdatedTime")
    assert {"." in one for one in times} == {True, False}
    assert any("cancellationRequest" in text for text in seen(*items, "cancellation"))


async def test_a_tip_counts_once_it_is_final() -> None:
    simulation = standing_simulation(orders=2500, live_rate=0, tomorrow=False, backlog_days=5)
    tips = {"PENDING": 0, "FINALIZED": 0}
    async with in_process(simulation) as http:
        reader = Reader(http, simulation, "NorthAmerica")
        for order in await reader.read(
            createdAfter=stamp(START - timedelta(days=9)), includedData="PROCEEDS,FULFILLMENT"
        ):
            rows = order.get("proceeds", {}).get("breakdowns", [])
            for tip in [row for row in rows if row["type"] == "DELIVERY_TIP"]:
                tips[tip["status"]] += 1
                whole = Decimal(order["proceeds"]["grandTotal"]["amount"]) - item_total(order)
                final = tip["status"] == "FINALIZED"
                assert whole == (Decimal(tip["subtotal"]["amount"]) if final else 0)
    assert all(tips.values())


# Sums.


def money(value: Json) -> Decimal:
    return Decimal(value["amount"])


def item_total(order: Json) -> Decimal:
    totals = [
        money(one["proceeds"]["proceedsTotal"]) for one in order["orderItems"] if "proceeds" in one
    ]
    return sum(totals, Decimal(0))


def reading(item: Json) -> str:
    """Return where an item's tax is, by its own arithmetic; fails if it has none."""
    parts = tax = discount = Decimal(0)
    for row in item["proceeds"]["breakdowns"]:
        value = money(row["subtotal"])
        if row["type"] == "TAX":
            tax = value
        elif row["type"] == "DISCOUNT":
            discount = abs(value)
            details = row.get("detailedBreakdowns", [])
            assert not details or sum(money(one["value"]) for one in details) == value
        else:
            parts += value
    total = money(item["proceeds"]["proceedsTotal"])
    if not tax:
        assert parts - discount == total
        return "none"
    on_top, inside = parts - discount + tax == total, parts - discount == total
    assert on_top != inside
    return "on top" if on_top else "not in the sum"


async def test_every_sum_can_be_read_by_the_two_readings(today: Simulation) -> None:
    readings = {"none": 0, "on top": 0, "not in the sum": 0}
    for order in await orders(today):
        if "proceeds" not in order or order["fulfillment"]["fulfillmentStatus"] == "CANCELLED":
            continue
        items = [one for one in order["orderItems"] if "proceeds" in one]
        for item in items:
            readings[reading(item)] += 1
            first = item["proceeds"]["breakdowns"][0]
            assert first["type"] == "ITEM"
            if "price" in item["product"]:
                unit = money(item["product"]["price"]["unitPrice"])
                assert money(first["subtotal"]) == unit * item["quantityOrdered"]
        tips = [
            money(row["subtotal"])
            for row in order["proceeds"].get("breakdowns", [])
            if row["type"] == "DELIVERY_TIP" and row["status"] == "FINALIZED"
        ]
        grand_total = order["proceeds"]["grandTotal"]
        assert item_total(order) + sum(tips) == money(grand_total)
        currencies = set(re.findall(r'"currencyCode": "(\w+)"', json.dumps(order["proceeds"])))
        assert currencies == {grand_total["currencyCode"]}
        if currencies == {"JPY"}:
            assert "." not in json.dumps([one["proceeds"] for one in items])
    assert all(count > 100 for count in readings.values())


# Real clients.


@pytest.fixture
async def served() -> AsyncIterator[Simulation]:
    """A simulation on a socket whose orders rest and are all old enough to be read."""
    options = SimulationOptions(
        orders=1000, live_rate=0.2, tomorrow=False, strict_user_agent=False, seed=11
    )
    async with Simulation(options) as simulation:
        simulation.amazon.stop_trade()
        simulation.clock.offset = 300
        yield simulation


def agreed(simulation: Simulation, region: str, read: Read, *, all_channels: bool = True) -> None:
    true = {
        one.order_id: (one.status, one.updated, one.grand_total)
        for one in simulation.amazon.truth(region)
        if all_channels or one.marketplace_id is not None
    }
    assert read == true
    assert len(read) > 100
    calls = simulation.journal.of("searchOrders", region)
    assert len(calls) == (len(read) + 99) // 100
    assert simulation.journal.self_inflicted == 0


async def test_amazons_own_sdk_reads_the_truth(served: Simulation) -> None:
    def read() -> Read:
        settings = served.settings()
        config = SPAPIConfig(
            client_id=settings["FVSAMAZON_EUROPE__CLIENT_ID"],
            client_secret=settings["FVSAMAZON_EUROPE__CLIENT_SECRET"],
            refresh_token=settings["FVSAMAZON_EUROPE__REFRESH_TOKEN"],
            region="EU",
        )
        client = SPAPIClient(
            config,
            oauth_endpoint=settings["FVSAMAZON_LWA_URL"],
            endpoint=settings["FVSAMAZON_EUROPE__ENDPOINT"],
        )
        api = SearchOrdersApi(client.api_client)
        query: Json = {
            "created_after": datetime.now(UTC) - timedelta(days=90),
            "included_data": DATA_SETS,
        }
        found: Read = {}
        while True:
            page = api.search_orders(**query)
            for one in page.orders:
                total = one.proceeds.grand_total.amount if one.proceeds else None
                found[one.order_id] = (
                    one.fulfillment.fulfillment_status,
                    datetime.fromisoformat(one.last_updated_time),
                    total,
                )
            if page.pagination is None:
                break
            query["pagination_token"] = page.pagination.next_token
        client.api_client.rest_client.pool_manager.clear()
        return found

    agreed(served, "Europe", await to_thread.run_sync(read))


async def test_python_amazon_sp_api_reads_the_truth(
    served: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read() -> Read:
        settings = served.settings()
        monkeypatch.setattr(AccessTokenClient, "scheme", "http://")
        monkeypatch.setattr(AccessTokenClient, "host", httpx.URL(served.url).netloc.decode())
        monkeypatch.setattr(access_token_client, "cache", {})
        credentials = {
            "refresh_token": settings["FVSAMAZON_FAREAST__REFRESH_TOKEN"],
            "lwa_app_id": settings["FVSAMAZON_FAREAST__CLIENT_ID"],
            "lwa_client_secret": settings["FVSAMAZON_FAREAST__CLIENT_SECRET"],
        }
        with OrdersV20260101(marketplace=Marketplaces.JP, credentials=credentials) as client:
            client.endpoint = settings["FVSAMAZON_FAREAST__ENDPOINT"]
            query: Json = {
                "createdAfter": stamp(datetime.now(UTC) - timedelta(days=90)),
                "includedData": DATA_SETS,
            }
            found: Read = {}
            while True:
                answer = client.search_orders(**query)
                for one in answer.payload["orders"]:
                    found[one["orderId"]] = (
                        one["fulfillment"]["fulfillmentStatus"],
                        datetime.fromisoformat(one["lastUpdatedTime"]),
                        one.get("proceeds", {}).get("grandTotal", {}).get("amount"),
                    )
                if answer.next_token is None:
                    break
                query["paginationToken"] = answer.next_token
            client._auth._transport.close()
        return found

    # It names its marketplace in every search, and so never sees orders of other channels.
    agreed(served, "FarEast", await to_thread.run_sync(read), all_channels=False)


async def test_amzn_selling_partner_reads_the_truth(served: Simulation) -> None:
    def read() -> Read:
        settings = served.settings()
        endpoint = settings["FVSAMAZON_NORTHAMERICA__ENDPOINT"]
        auth = LWAAuth(
            LWACredentials(
                client_id=settings["FVSAMAZON_NORTHAMERICA__CLIENT_ID"],
                client_secret=settings["FVSAMAZON_NORTHAMERICA__CLIENT_SECRET"],
                refresh_token=settings["FVSAMAZON_NORTHAMERICA__REFRESH_TOKEN"],
            ),
            token_url=settings["FVSAMAZON_LWA_URL"],
            base_url=endpoint,
        )
        client = Client(base_url=endpoint, auth=auth)
        found: Read = {}
        for one in client.orders_v2026_01_01.iter_list_orders(
            created_after=datetime.now(UTC) - timedelta(days=90),
            included_data=[OrdersV20260101IncludedData(name) for name in DATA_SETS],
        ):
            total = one.proceeds.grand_total if one.proceeds else None
            assert one.fulfillment is not None
            found[one.order_id] = (
                one.fulfillment.fulfillment_status.value,
                one.last_updated_time,
                total.amount if total else None,
            )
        client.close()
        auth.close()
        return found

    agreed(served, "NorthAmerica", await to_thread.run_sync(read))
