"""The simulated Amazon keeps Amazon's rules: queries, pages, tokens, quota, headers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from fvsamazon.simulator import Act, Simulation, SimulationOptions, account
from support.simulated_amazon import (
    AGENT,
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

DE, FR, US = "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "ATVPDKIKX0DER"
PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"


@pytest.fixture
async def simulation() -> Simulation:
    return standing_simulation(orders=500, live_rate=0.2)


@pytest.fixture
async def http(simulation: Simulation) -> AsyncIterator[httpx.AsyncClient]:
    async with in_process(simulation) as client:
        yield client


@pytest.fixture
async def reader(http: httpx.AsyncClient, simulation: Simulation) -> Reader:
    return Reader(http, simulation)


def ago(**span: float) -> str:
    return stamp(START - timedelta(**span))


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


# Which queries it takes.


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"createdAfter": ago(days=1), "lastUpdatedAfter": ago(days=1)},
        {"createdAfter": ago(days=1), "lastUpdatedBefore": ago(hours=1)},
        {"lastUpdatedAfter": ago(days=1), "createdBefore": ago(hours=1)},
        {"createdBefore": ago(hours=1)},
        {"createdAfter": ago(hours=1), "createdBefore": ago(hours=2)},
        {"createdAfter": ago(days=1), "createdBefore": ago(seconds=119)},
        {"lastUpdatedAfter": ago(days=1), "lastUpdatedBefore": ago(seconds=119.9)},
        {"createdAfter": "2026-11-20"},
        {"createdAfter": "2026-11-20T10:00:00"},
        {"createdAfter": "2026-11-20T10:00:00 00:00"},
        {"createdAfter": "2026-13-40T10:00:00Z"},
        {"createdAfter": "TEST_CASE_400"},
        {"createdAfter": ago(days=1), "includedData": "FULFILMENT"},
        {"createdAfter": ago(days=1), "includedData": ""},
        {"createdAfter": ago(days=1), "fulfillmentStatuses": "Shipped"},
        {"createdAfter": ago(days=1), "fulfilledBy": "AFN"},
        {"createdAfter": ago(days=1), "marketplaceIds": "DE"},
        {"createdAfter": ago(days=1), "marketplaceIds": ",".join([DE] * 51)},
        {"createdAfter": ago(days=1), "maxResultsPerPage": "0"},
        {"createdAfter": ago(days=1), "maxResultsPerPage": "101"},
        {"createdAfter": ago(days=1), "maxResultsPerPage": "ten"},
        {"createdAfter": ago(days=1), "paginationToken": "no token of ours"},
    ],
)
async def test_a_query_that_breaks_a_rule_is_invalid_input(
    reader: Reader, params: dict[str, str]
) -> None:
    assert error(await reader.get(**params)) == (400, "InvalidInput")


async def test_a_list_is_comma_separated_and_never_repeated(reader: Reader) -> None:
    await reader.log_in()
    answer = await reader.http.get(
        reader.endpoint + ORDERS,
        params=[("createdAfter", ago(days=1)), ("marketplaceIds", DE), ("marketplaceIds", FR)],
        headers=reader.headers,
    )
    assert error(answer) == (400, "InvalidInput")
    assert (await reader.get(createdAfter=ago(days=1), marketplaceIds=f"{DE},{FR}")).is_success


async def test_a_bound_two_minutes_old_is_old_enough(reader: Reader) -> None:
    exact = {"lastUpdatedAfter": ago(days=1), "lastUpdatedBefore": ago(minutes=2)}
    assert (await reader.get(**exact)).status_code == 200


async def test_the_bound_is_measured_by_amazons_clock(
    reader: Reader, simulation: Simulation
) -> None:
    simulation.clock.offset = -60
    query = {"lastUpdatedAfter": ago(days=1), "lastUpdatedBefore": ago(seconds=150)}
    assert error(await reader.get(**query)) == (400, "InvalidInput")


async def test_bounds_are_inclusive_and_to_the_millisecond(
    reader: Reader, simulation: Simulation
) -> None:
    created = START - timedelta(hours=3)
    order = simulation.amazon.place("Europe", at=created, life=False)
    at = next(one.created for one in simulation.amazon.truth("Europe") if one.order_id == order)
    tick = timedelta(milliseconds=1)

    async def found(after: datetime, before: datetime) -> bool:
        orders = await reader.read(createdAfter=stamp(after), createdBefore=stamp(before))
        return order in {one["orderId"] for one in orders}

    assert await found(at, at)
    assert not await found(at + tick, at + tick)
    assert not await found(at - tick, at - tick)


@pytest.mark.parametrize("family", ["created", "lastUpdated"])
async def test_the_answer_names_the_bound_of_its_family_alone(reader: Reader, family: str) -> None:
    other = "lastUpdated" if family == "created" else "created"
    body = (await reader.get(**{f"{family}After": ago(days=1)})).json()
    assert body[f"{family}Before"] == ago(minutes=2)
    assert f"{other}Before" not in body
    given = {f"{family}After": ago(days=1), f"{family}Before": ago(hours=1)}
    assert (await reader.get(**given)).json()[f"{family}Before"] == ago(hours=1)


# Which orders answer.


async def test_filters_agree_with_the_truth(reader: Reader, simulation: Simulation) -> None:
    simulation.amazon.stop_trade()
    simulation.clock.offset = 600
    whole = {"createdAfter": ago(days=70), "includedData": "FULFILLMENT"}
    truth = {one.order_id: one for one in simulation.amazon.truth("Europe")}
    everything = await reader.read(**whole)
    assert {one["orderId"] for one in everything} == set(truth)
    assert {one["salesChannel"]["channelName"] for one in everything} == {"AMAZON", "NON_AMAZON"}
    cases: list[tuple[dict[str, str], Any]] = [
        ({"marketplaceIds": f"{DE},{FR}"}, lambda one: one.marketplace_id in {DE, FR}),
        ({"fulfilledBy": "MERCHANT"}, lambda one: one.fulfilled_by == "MERCHANT"),
        ({"fulfillmentStatuses": "CANCELLED,SHIPPED"},
         lambda one: one.status in {"CANCELLED", "SHIPPED"}),
    ]  # fmt: skip
    for params, fits in cases:
        found = {one["orderId"] for one in await reader.read(**whole, **params)}
        assert found == {one.order_id for one in truth.values() if fits(one)}
        assert 0 < len(found) < len(truth)


async def test_naming_all_marketplaces_hides_the_orders_of_other_channels(
    reader: Reader, simulation: Simulation
) -> None:
    places = simulation.amazon.accounts["Europe", "main"].marketplaces
    ids = ",".join(place.id for place in places)
    orders = await reader.read(createdAfter=ago(days=70), marketplaceIds=ids)
    assert {one["salesChannel"]["channelName"] for one in orders} == {"AMAZON"}


async def test_a_marketplace_of_another_region_is_forbidden(reader: Reader) -> None:
    answer = await reader.get(createdAfter=ago(days=1), marketplaceIds=US)
    assert error(answer) == (403, "Unauthorized")


async def test_a_marketplace_that_the_account_does_not_sell_in_has_no_orders(
    http: httpx.AsyncClient, simulation: Simulation
) -> None:
    gulf = Reader(http, simulation, "Europe", "gulf")
    assert await gulf.read(createdAfter=ago(days=70), marketplaceIds=DE) == []


async def test_accounts_never_see_each_other(
    http: httpx.AsyncClient, simulation: Simulation
) -> None:
    seen: set[str] = set()
    for region, name in simulation.amazon.accounts:
        orders = await Reader(http, simulation, region, name).read(createdAfter=ago(days=70))
        ids = {one["orderId"] for one in orders}
        assert ids
        assert not ids & seen
        seen |= ids
    europe = Reader(http, simulation)
    stranger = next(iter(simulation.amazon.truth("FarEast", "sg"))).order_id
    assert error(await europe.get(f"{ORDERS}/{stranger}")) == (404, "NotFound")


async def test_history_reaches_two_years_back_but_to_2016_in_japan() -> None:
    simulation = standing_simulation(orders=0, live_rate=0)
    async with in_process(simulation) as client:
        old = START - timedelta(days=3 * 365)
        ancient = START - timedelta(days=11 * 365)
        for region in ("Europe", "FarEast"):
            order = simulation.amazon.place(region, at=old, life=False)
            simulation.amazon.place(region, at=ancient, life=False)
            reader = Reader(client, simulation, region)
            orders = await reader.read(createdAfter=stamp(ancient - timedelta(days=1)))
            kept = [order] if region == "FarEast" else []
            assert [one["orderId"] for one in orders] == kept
            answer = await reader.get(f"{ORDERS}/{order}")
            assert answer.status_code == (200 if kept else 404)


# Pages.


async def test_pages_hold_every_order_once_and_the_last_has_no_pagination(
    reader: Reader, simulation: Simulation
) -> None:
    query = reader.window(days=70)
    pages = [page async for page in reader.pages(**query, maxResultsPerPage="37")]
    assert [len(page["orders"]) for page in pages[:-1]] == [37] * (len(pages) - 1)
    assert all("pagination" in page for page in pages[:-1])
    ids = [one["orderId"] for page in pages for one in page["orders"]]
    bound = START - timedelta(minutes=5)
    true = [one.order_id for one in simulation.amazon.truth("Europe") if one.updated <= bound]
    assert len(pages) > 5
    assert sorted(ids) == sorted(true)


async def test_a_page_that_ends_exactly_at_the_end_is_the_last(reader: Reader) -> None:
    query = {"createdAfter": ago(days=70), "createdBefore": ago(minutes=5)}
    orders = await reader.read(**query)
    query["createdBefore"] = orders[99]["createdTime"]
    assert orders[99]["createdTime"] < orders[100]["createdTime"]
    pages = [page async for page in reader.pages(**query, maxResultsPerPage="50")]
    assert [len(page["orders"]) for page in pages] == [50, 50]


@pytest.mark.parametrize(
    "change",
    [
        {"includedData": "PROCEEDS"},
        {"fulfilledBy": "AMAZON"},
        {"marketplaceIds": DE},
        {"lastUpdatedBefore": ago(minutes=6)},
        {"lastUpdatedAfter": ago(days=69)},
    ],
)
async def test_a_page_token_is_bound_to_its_query(reader: Reader, change: dict[str, str]) -> None:
    query = reader.window(days=70) | {"includedData": "FULFILLMENT"}
    token = (await reader.get(**query)).json()["pagination"]["nextToken"]
    changed = query | {"paginationToken": token} | change
    assert error(await reader.get(**changed)) == (400, "InvalidInput")
    smaller = query | {"paginationToken": token, "maxResultsPerPage": "3"}
    assert len((await reader.get(**smaller)).json()["orders"]) == 3


async def test_a_page_token_belongs_to_its_account_and_survives_no_change(
    reader: Reader, http: httpx.AsyncClient, simulation: Simulation
) -> None:
    query = reader.window(days=70)
    token = (await reader.get(**query)).json()["pagination"]["nextToken"]
    gulf = Reader(http, simulation, "Europe", "gulf")
    assert error(await gulf.get(**query, paginationToken=token)) == (400, "InvalidInput")
    bent = token[:-8] + ("A" if token[-8] != "A" else "B") + token[-7:]
    assert error(await reader.get(**query, paginationToken=bent)) == (400, "InvalidInput")


async def test_a_page_token_lives_for_a_day() -> None:
    simulation = standing_simulation(orders=300, live_rate=0)
    async with in_process(simulation) as http:
        reader = Reader(http, simulation)
        query = reader.window(days=70)
        token = (await reader.get(**query)).json()["pagination"]["nextToken"]
        simulation.clock.offset = 86_400
        await reader.log_in()
        assert (await reader.get(**query, paginationToken=token)).status_code == 200
        simulation.clock.offset = 86_401
        late = await reader.get(**query, paginationToken=token)
        assert error(late) == (400, "InvalidInput")


async def test_an_order_that_leaves_the_window_makes_a_careless_reader_lose_another(
    reader: Reader, simulation: Simulation
) -> None:
    query = reader.window(days=70) | {"maxResultsPerPage": "50"}
    before = [one["orderId"] for one in await reader.read(**query)]
    first = (await reader.get(**query)).json()
    token = first["pagination"]["nextToken"]
    simulation.amazon.happen("Europe", "main", first["orders"][0]["orderId"], Act.TOUCHED)
    rest = await reader.read(**query, paginationToken=token)
    seen = {one["orderId"] for one in [*first["orders"], *rest]}
    assert set(before) - seen == {before[50]}


async def test_the_bound_of_the_first_page_holds_for_all_pages(
    reader: Reader, simulation: Simulation
) -> None:
    query = {"createdAfter": ago(days=70)}
    first = (await reader.get(**query)).json()
    simulation.clock.offset = 900
    later = (await reader.get(**query, paginationToken=first["pagination"]["nextToken"])).json()
    assert later["createdBefore"] == first["createdBefore"]


# Data sets and personal data.


async def test_without_data_sets_there_is_no_status_and_no_money(reader: Reader) -> None:
    orders = await reader.read(createdAfter=ago(days=70))
    assert {key for one in orders for key in one} == {
        "orderId", "createdTime", "lastUpdatedTime", "salesChannel", "orderItems", "programs",
        "orderAliases", "associatedOrders",
        # What tomorrow adds: nulls for the absent, and a member that nobody knows.
        "buyer", "packages", "payment", "tax", "fulfillmentOrders", "recipient", "proceeds",
        "sustainability",
    }  # fmt: skip
    gated = ("buyer", "packages", "payment", "tax", "recipient", "proceeds", "fulfillmentOrders")
    assert not any(one.get(key) for one in orders for key in gated)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("BUYER", "buyer"),
        ("RECIPIENT", "recipient"),
        ("PROCEEDS", "proceeds"),
        ("FULFILLMENT", "fulfillment"),
        ("PACKAGES", "packages"),
        ("TAX", "tax"),
        ("PAYMENT", "payment"),
    ],
)
async def test_a_data_set_brings_its_own_part_alone(name: str, key: str) -> None:
    simulation = standing_simulation(orders=300, live_rate=0, tomorrow=False)
    async with in_process(simulation) as client:
        bare = await Reader(client, simulation).read(createdAfter=ago(days=70))
        orders = await Reader(client, simulation).read(createdAfter=ago(days=70), includedData=name)
    assert {k for one in orders for k in one} - {k for one in bare for k in one} == {key}


async def test_personal_data_needs_the_role_the_seller_and_the_status() -> None:
    seen: dict[str, list[dict[str, Any]]] = {}
    for name, roles in {"both": {"D2C", "TAX"}, "d2c": {"D2C"}, "tax": {"TAX"}, "no": ()}.items():
        accounts = (account("Europe", codes="DE FR UK", roles=set(roles)),)
        simulation = standing_simulation(
            orders=500, live_rate=0, accounts=accounts, tomorrow=False, backlog_days=4
        )
        async with in_process(simulation) as client:
            seen[name] = await Reader(client, simulation).read(
                createdAfter=ago(days=70), includedData=EVERYTHING
            )

    def having(name: str, *path: str) -> set[tuple[str, str]]:
        """Return (who ships, status) of the orders that show the value at the path."""
        found = set()
        for order in seen[name]:
            value: Any = order
            for key in path:
                value = (value or {}).get(key)
            if value:
                facts = order["fulfillment"]
                found.add((facts["fulfilledBy"], facts["fulfillmentStatus"]))
        return found

    shippable = {"UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED"}
    merchant = {("MERCHANT", one) for one in shippable}
    assert having("both", "buyer", "buyerEmail") == merchant
    assert having("both", "recipient", "deliveryAddress", "name") == merchant
    assert having("both", "recipient", "deliveryAddress", "phone") == merchant
    assert having("d2c", "buyer", "buyerName") == merchant
    assert having("tax", "buyer", "buyerName") >= {("AMAZON", "SHIPPED")}
    assert having("tax", "buyer", "buyerEmail") == set()
    for path in (
        ("buyer", "buyerName"),
        ("recipient", "deliveryAddress", "addressLine1"),
        ("recipient", "deliveryAddress", "postalCode"),
        ("tax", "taxRegistrations"),
    ):
        assert having("no", *path) == set()
    assert having("tax", "tax", "taxRegistrations")
    assert having("no", "recipient", "deliveryAddress", "city")
    assert not any("PENDING" in status for _, status in having("both", "recipient"))
    assert not any("PENDING" in status for _, status in having("both", "proceeds"))
    # The address of a personalised article and serial numbers come whatever the roles.
    items = [item for order in seen["no"] for item in order["orderItems"]]
    assert any("customization" in item["product"] for item in items)
    assert any("serialNumbers" in item["product"] for item in items)
    gifts = [
        item["fulfillment"]["packing"]["giftOption"]
        for item in items
        if "giftOption" in item["fulfillment"].get("packing", {})
    ]
    assert gifts
    assert not any("giftMessage" in gift for gift in gifts)


async def test_a_telephone_number_goes_once_delivery_is_overdue() -> None:
    simulation = standing_simulation(orders=400, live_rate=0, tomorrow=False, backlog_days=5)
    async with in_process(simulation) as client:
        reader = Reader(client, simulation)
        query = {"createdAfter": ago(days=70), "includedData": EVERYTHING}

        def phones(orders: list[dict[str, Any]]) -> set[str]:
            return {
                one["orderId"]
                for one in orders
                if "phone" in one.get("recipient", {}).get("deliveryAddress", {})
                and one["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
            }

        assert phones(await reader.read(**query))
        simulation.amazon.stop_trade()
        simulation.clock.offset = 30 * 86_400
        await reader.log_in()
        assert phones(await reader.read(**query)) == set()


# Tokens of Login with Amazon.


async def test_a_token_answer_has_what_amazons_has(reader: Reader) -> None:
    answer = await reader.log_in()
    body = answer.json()
    assert answer.status_code == 200
    assert body["access_token"].startswith("Atza|")
    assert len(body["access_token"]) <= 2048
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 3600
    assert body["refresh_token"] == reader.form()["refresh_token"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 401, "invalid_client"),
        ({"refresh_token": "Atzr|wrong"}, 400, "invalid_grant"),
        ({"refresh_token": ""}, 400, "invalid_request"),
        ({"client_secret": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 400, "invalid_scope"),
    ],
)
async def test_login_refuses_by_the_table(
    reader: Reader, changes: dict[str, str], status: int, code: str
) -> None:
    answer = await reader.log_in(**changes)
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert "access_token" not in answer.text


async def test_a_refresh_token_of_another_application_is_unauthorized(
    reader: Reader, simulation: Simulation
) -> None:
    other = simulation.lwa.refresh_tokens["FarEast", "main"]
    answer = await reader.log_in(refresh_token=other)
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


async def test_a_token_request_must_be_a_form(reader: Reader) -> None:
    answer = await reader.http.post(reader.settings["FVSAMAZON_LWA_URL"], json=reader.form())
    assert answer.json()["error"] == "invalid_request"


async def test_both_secrets_of_a_rotation_work_until_the_first_ends(
    reader: Reader, simulation: Simulation
) -> None:
    second = simulation.settings("http://x", rotation=True)["FVSAMAZON_EUROPE__CLIENT_SECRET_NEXT"]
    assert (await reader.log_in(client_secret=second)).status_code == 200
    assert (await reader.log_in()).status_code == 200
    simulation.faults.add("rotated_secret", region="Europe")
    assert (await reader.log_in()).json()["error"] == "invalid_client"
    assert (await reader.log_in(client_secret=second)).status_code == 200


async def test_an_access_token_ends_after_its_hour_with_403(
    reader: Reader, simulation: Simulation
) -> None:
    await reader.log_in()
    simulation.clock.offset = 3599
    assert (await reader.get(**reader.window(days=1))).status_code == 200
    simulation.clock.offset = 3600
    answer = await reader.get(**reader.window(days=1))
    assert error(answer) == (403, "Unauthorized")
    assert "expired" in answer.json()["errors"][0]["details"]


@pytest.mark.parametrize("token", ["", "Atza|made-up"])
async def test_no_token_or_a_made_up_one_is_403(reader: Reader, token: str) -> None:
    reader.headers["x-amz-access-token"] = token
    assert error(await reader.get(**reader.window(days=1))) == (403, "Unauthorized")


async def test_a_token_works_on_the_endpoint_of_its_region_only(
    reader: Reader, simulation: Simulation
) -> None:
    await reader.log_in()
    reader.endpoint = simulation.endpoint("FarEast", "http://simulator.test")
    assert error(await reader.get(**reader.window(days=1))) == (403, "Unauthorized")


# The form of requests and answers.


@pytest.mark.parametrize(
    ("agent", "status"),
    [
        ("", 403),
        ("python-httpx/0.28", 400),
        ("name/1 (Language=Python/3.11; Host=" + "h" * 500 + ")", 400),
        (AGENT, 200),
    ],
)
async def test_the_user_agent_must_name_its_language(
    reader: Reader, agent: str, status: int
) -> None:
    await reader.log_in()
    reader.headers["user-agent"] = agent
    assert (await reader.get(**reader.window(days=1))).status_code == status


async def test_a_get_with_a_body_or_its_length_is_refused(reader: Reader) -> None:
    await reader.log_in()
    for more in ({"content": b"{}"}, {"headers": {"content-length": "0"}}):
        headers = reader.headers | more.get("headers", {})  # type: ignore[operator]
        answer = await reader.http.request(
            "GET",
            reader.endpoint + ORDERS,
            params=reader.window(days=1),
            content=more.get("content"),  # type: ignore[arg-type]
            headers=headers,
        )
        assert error(answer) == (400, "InvalidInput")


@pytest.mark.parametrize("path", ["/orders/v0/orders", "/orders/2026-01-01", "/nothing"])
async def test_an_unknown_path_is_a_missing_authentication_token(reader: Reader, path: str) -> None:
    assert error(await reader.get(path)) == (403, "MissingAuthenticationToken")


async def test_amazon_is_read_only_here(reader: Reader) -> None:
    await reader.log_in()
    answer = await reader.http.post(reader.endpoint + ORDERS, headers=reader.headers)
    assert error(answer) == (403, "MissingAuthenticationToken")


async def test_headers_tell_the_rate_where_amazon_tells_it(
    reader: Reader, simulation: Simulation
) -> None:
    good = await reader.get(**reader.window(days=1))
    bad = await reader.get()
    unknown = await reader.get(f"{ORDERS}/999-0000000-0000000")
    assert [one.status_code for one in (good, bad, unknown)] == [200, 400, 404]
    assert good.headers["x-amzn-RateLimit-Limit"] == "5.6"
    assert bad.headers["x-amzn-RateLimit-Limit"] == "5.6"
    assert unknown.headers["x-amzn-RateLimit-Limit"] == "500"
    assert good.headers["Date"] == "Mon, 23 Nov 2026 12:00:00 GMT"
    assert len({one.headers["x-amzn-RequestId"] for one in (good, bad, unknown)}) == 3
    assert bad.headers["x-amzn-ErrorType"] == "InvalidInput"
    simulation.faults.add("throttle", count=1)
    throttled = await reader.get(**reader.window(days=1))
    reader.headers["x-amz-access-token"] = "Atza|made-up"
    denied = await reader.get(**reader.window(days=1))
    assert [one.status_code for one in (throttled, denied)] == [429, 403]
    for answer in (throttled, denied):
        assert "x-amzn-RateLimit-Limit" not in answer.headers
        assert "x-amzn-RequestId" in answer.headers
    assert "Retry-After" not in throttled.headers


async def test_answers_are_packed_where_the_reader_takes_gzip(reader: Reader) -> None:
    packed = await reader.get(**reader.window(days=70))
    reader.headers["accept-encoding"] = "identity"
    plain = await reader.get(**reader.window(days=70))
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < len(plain.content) / 3


async def test_get_order_shows_what_the_search_shows(reader: Reader) -> None:
    query = reader.window(days=3) | {"includedData": EVERYTHING}
    orders = (await reader.get(**query)).json()["orders"]
    assert len(orders) > 20
    for order in orders[:20]:
        answer = await reader.get(f"{ORDERS}/{order['orderId']}", includedData=EVERYTHING)
        assert answer.json() == {"order": order}
    for nobody in ("112-0000000-0000000", "not-an-id", "112-00000000-000000"):
        assert error(await reader.get(f"{ORDERS}/{nobody}")) == (404, "NotFound")


async def test_participations_name_the_accounts_marketplaces(
    http: httpx.AsyncClient, simulation: Simulation
) -> None:
    japan = Reader(http, simulation, "FarEast")
    rows = (await japan.get(PARTICIPATIONS)).json()["payload"]
    assert rows[0]["marketplace"]["id"] == "A1VC38T7YXB528"
    assert rows[0]["marketplace"]["defaultCurrencyCode"] == "JPY"
    assert rows[0]["participation"]["isParticipating"] is True


# Quota.


async def test_each_account_and_operation_has_a_bucket_of_its_own() -> None:
    simulation = standing_simulation(orders=50, live_rate=0, rate_factor=1)
    async with in_process(simulation) as client:
        reader = Reader(client, simulation)
        query = reader.window(days=1)
        for _ in range(20):
            assert (await reader.get(**query)).status_code == 200
        for _ in range(3):
            assert error(await reader.get(**query)) == (429, "QuotaExceeded")
        assert (await reader.get(PARTICIPATIONS)).status_code == 200
        assert (await Reader(client, simulation, "Europe", "gulf").get(**query)).is_success
        assert simulation.journal.self_inflicted == 3
        simulation.clock.advance(178)  # type: ignore[attr-defined]
        assert (await reader.get(**query)).status_code == 429
        simulation.clock.advance(1)  # type: ignore[attr-defined]
        assert (await reader.get(**query)).status_code == 200
        assert (await reader.get(**query)).status_code == 429


async def test_a_refused_query_costs_a_token_and_a_refused_token_none(
    reader: Reader, simulation: Simulation
) -> None:
    key = ("Europe", "main")
    await reader.get()
    assert simulation.quota.tokens(key, "searchOrders") == 19
    reader.headers["x-amz-access-token"] = "Atza|made-up"
    await reader.get()
    assert simulation.quota.tokens(key, "searchOrders") == 19


async def test_a_clock_that_jumps_gives_no_tokens(reader: Reader, simulation: Simulation) -> None:
    simulation.quota.set_factor(1)
    for _ in range(20):
        await reader.get(**reader.window(days=1))
    simulation.clock.offset = 3000
    assert (await reader.get(**reader.window(days=1))).status_code == 429


# What is written down.


async def test_the_journal_knows_each_request(reader: Reader, simulation: Simulation) -> None:
    query = reader.window(days=70)
    pages = [page async for page in reader.pages(**query)]
    calls = simulation.journal.of("searchOrders")
    assert [one.page for one in calls] == list(range(1, len(pages) + 1))
    assert [one.orders for one in calls] == [len(page["orders"]) for page in pages]
    assert {(one.region, one.account, one.status) for one in calls} == {("Europe", "main", 200)}
    assert calls[0].params == query
    assert calls[0].user_agent == AGENT
    (token,) = simulation.journal.of("token")
    secrets = set(reader.form().values()) - {"refresh_token"}
    assert not secrets & set(token.params.values())


async def test_truth_faults_requests_and_counts_are_had_over_http(
    reader: Reader, simulation: Simulation
) -> None:
    http = reader.http
    lines = (await http.get("/_truth", params={"region": "Europe"})).text.splitlines()
    assert len(lines) == simulation.amazon.count("Europe")
    assert httpx.Response(200, text=lines[0]).json()["account"] == "main"
    until = stamp(START - timedelta(days=10))
    past = await http.get("/_truth", params={"region": "Europe", "account": "main", "until": until})
    assert 0 < len(past.text.splitlines()) < len(lines)
    added = await http.post("/_faults", json={"kind": "throttle", "region": "Europe", "count": 1})
    assert added.status_code == 201
    assert (await reader.get(**reader.window(days=1))).status_code == 429
    assert (await http.post("/_faults", json={"kind": "earthquake"})).status_code == 400
    await http.post("/_faults", json={"kind": "reset"})
    assert (await http.get("/_faults")).json()["active"][0]["kind"] == "reset"
    assert (await http.delete("/_faults")).status_code == 204
    assert (await http.get("/_faults")).json()["active"] == []
    stats = (await http.get("/_stats")).json()
    assert stats["throttled_by_fault"] == 1
    assert stats["throttled_by_bucket"] == 0
    calls = (await http.get("/_requests")).text.splitlines()
    assert len(calls) == stats["requests"] == 2
    assert (await http.get("/_requests", params={"since": "1"})).text.splitlines() == calls[1:]
    assert (await http.get("/_truth", params={"region": "Atlantis"})).status_code == 400
    assert (await http.get("/_truth", params={"until": "today"})).status_code == 400
    assert (await http.get("/_truth", params={"until": "2026-11-23"})).status_code == 400
    assert (await http.get("/_requests", params={"since": "x"})).status_code == 400
    assert (await http.post("/_trade", content=b"{")).status_code == 400
    assert (await http.post("/_trade", json={"rate_factor": 2, "live_rate": 3})).is_success
    assert simulation.quota.rate(("Europe", "main"), "getOrder") == 1
    assert (await http.post("/_trade", json={"stop": True})).status_code == 204
    placed = await http.post("/_orders", json={"region": "Europe", "place": True})
    order = placed.json()["order_id"]
    acted = await http.post(
        "/_orders", json={"region": "Europe", "order_id": order, "act": "CANCELLED"}
    )
    assert acted.status_code == 201
    nobody = {"region": "Europe", "order_id": "302-0000000-0000000", "act": "TOUCHED"}
    assert (await http.post("/_orders", json=nobody)).status_code == 404
    statuses = {one.order_id: one.status for one in simulation.amazon.truth("Europe")}
    assert statuses[order] == "CANCELLED"


async def test_settings_name_every_region_account_and_address(simulation: Simulation) -> None:
    settings = simulation.settings("http://127.0.0.1:1")
    assert settings["FVSAMAZON_LWA_URL"] == "http://127.0.0.1:1/auth/o2/token"
    assert settings["FVSAMAZON_NORTHAMERICA__ENDPOINT"] == "http://127.0.0.1:1/na"
    assert settings["FVSAMAZON_EUROPE__ENDPOINT"] == "http://127.0.0.1:1/eu"
    assert settings["FVSAMAZON_FAREAST__ENDPOINT"] == "http://127.0.0.1:1/fe"
    tokens = {name for name in settings if name.endswith("REFRESH_TOKEN")}
    assert tokens == {
        "FVSAMAZON_NORTHAMERICA__REFRESH_TOKEN",
        "FVSAMAZON_EUROPE__REFRESH_TOKEN",
        "FVSAMAZON_EUROPE__ACCOUNTS__GULF__REFRESH_TOKEN",
        "FVSAMAZON_FAREAST__REFRESH_TOKEN",
        "FVSAMAZON_FAREAST__ACCOUNTS__AU__REFRESH_TOKEN",
        "FVSAMAZON_FAREAST__ACCOUNTS__SG__REFRESH_TOKEN",
    }
    assert len(set(settings.values())) == len(settings)


def test_options_that_make_no_sense_are_refused() -> None:
    bad: list[dict[str, Any]] = [
        {"orders": -1},
        {"rate_factor": 0},
        {"accounts": ()},
        {"accounts": (account("Europe", "second"),)},
        {"accounts": (account("Europe"), account("Europe"))},
    ]
    for options in bad:
        with pytest.raises(ValueError):  # noqa: PT011 - each has a sentence of its own
            SimulationOptions(**options)
    with pytest.raises(ValueError, match="another region"):
        account("Europe", codes="US")
