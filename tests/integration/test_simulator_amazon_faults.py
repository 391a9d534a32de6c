"""The simulated Amazon fails on demand, over real sockets, in every way that the sheet tells."""

from __future__ import annotations

import json
import time
import zlib
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from fvsamazon.simulator import KINDS, Act, ManualClock, Simulation, SimulationOptions
from support.simulated_amazon import (
    ORDERS,
    START,
    Reader,
    in_process,
    stamp,
    standing_simulation,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"


@pytest.fixture
async def served() -> AsyncIterator[Reader]:
    """A reader of a simulation on real sockets."""
    options = SimulationOptions(orders=400, live_rate=0.1, tomorrow=False)
    async with (
        Simulation(options) as simulation,
        httpx.AsyncClient(trust_env=False, timeout=5) as http,
    ):
        yield Reader(http, simulation, base=simulation.url)


@pytest.fixture
async def standing() -> AsyncIterator[Reader]:
    """A reader of a simulation on a clock that stands still, in process."""
    simulation = standing_simulation(orders=500, live_rate=0, tomorrow=False)
    async with in_process(simulation) as http:
        yield Reader(http, simulation)


def query(reader: Reader) -> dict[str, str]:
    return reader.window(days=70) | {"includedData": "FULFILLMENT,PROCEEDS"}


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


async def test_every_kind_has_a_sentence_and_an_unknown_one_is_refused(standing: Reader) -> None:
    faults = standing.simulation.faults
    assert all(len(sentence) > 10 for sentence in KINDS.values())
    with pytest.raises(ValueError, match="no fault is called flood"):
        faults.add("flood")
    with pytest.raises(ValueError, match="no operation is called getOrders"):
        faults.add("reset", operation="getOrders")


# On the wire.


async def test_answers_of_trouble(served: Reader) -> None:
    for kind, status, name in (
        ("throttle", 429, "QuotaExceeded"),
        ("error_500", 500, "InternalFailure"),
        ("invalid_input", 400, "InvalidInput"),
        ("forbidden", 403, "AccessDenied"),
    ):
        served.simulation.faults.add(kind, count=1)
        assert code(await served.get(**query(served))) == (status, name)
        assert (await served.get(**query(served))).status_code == 200
    served.simulation.faults.add("error_503", count=1)
    answer = await served.get(**query(served))
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert "<html>" in answer.text
    assert served.simulation.journal.self_inflicted == 0
    assert served.simulation.journal.stats()["throttled_by_fault"] == 1


async def test_garbage_and_an_empty_body_come_with_200(served: Reader) -> None:
    served.simulation.faults.add("garbage", count=1)
    answer = await served.get(**query(served))
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"codec|Expecting"):
        answer.json()
    served.simulation.faults.add("empty", count=1)
    answer = await served.get(**query(served))
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_reset_is_a_reset(served: Reader) -> None:
    served.simulation.faults.add("reset", count=1)
    with pytest.raises(httpx.ReadError):
        await served.get(**query(served))
    assert (await served.get(**query(served))).status_code == 200


async def test_a_cut_answer_ends_before_its_length(served: Reader) -> None:
    served.simulation.faults.add("cut", count=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        await served.get(**query(served))


async def test_no_answer_ever(served: Reader) -> None:
    await served.log_in()
    served.simulation.faults.add("hang", count=1)
    served.http.timeout = httpx.Timeout(0.3)
    with pytest.raises(httpx.ReadTimeout):
        await served.get(**query(served))


async def test_a_slow_answer_and_a_dripping_one_come_whole(served: Reader) -> None:
    whole = await served.get(PARTICIPATIONS)
    served.simulation.faults.add("slow", count=1, seconds=0.3)
    began = time.monotonic()
    assert (await served.get(PARTICIPATIONS)).content == whole.content
    assert time.monotonic() - began >= 0.3
    served.simulation.faults.add("drip", count=1, piece=50, interval=0.05)
    began = time.monotonic()
    assert (await served.get(PARTICIPATIONS)).content == whole.content
    assert time.monotonic() - began >= 0.3


async def test_a_drip_stops_when_the_reader_goes(served: Reader) -> None:
    served.simulation.faults.add("drip", count=1, piece=1, interval=0.2)
    with anyio.move_on_after(0.5) as gone:
        await served.get(**query(served))
    assert gone.cancelled_caught
    assert (await served.get(**query(served))).status_code == 200


async def test_a_huge_body_goes_on_and_on(served: Reader) -> None:
    await served.log_in()
    served.simulation.faults.add("huge", count=1)
    url, taken = served.endpoint + ORDERS, 0
    async with served.http.stream(
        "GET", url, params=query(served), headers=served.headers
    ) as answer:
        assert answer.status_code == 200
        async for part in answer.aiter_raw():
            taken += len(part)
            if taken > 20_000_000:
                break
    assert taken > 20_000_000


async def test_a_gzip_bomb_is_good_gzip(served: Reader) -> None:
    await served.log_in()
    size = 50 << 20
    served.simulation.faults.add("gzip_bomb", count=1, size=size)
    packed = b""
    async with served.http.stream(
        "GET", served.endpoint + ORDERS, params=query(served), headers=served.headers
    ) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        async for part in answer.aiter_raw():
            packed += part
    assert len(packed) < 100_000
    assert len(zlib.decompress(packed, wbits=31)) == size


async def test_deep_nesting_is_more_than_a_parser_takes(served: Reader) -> None:
    served.simulation.faults.add("deep_nesting", count=1)
    answer = await served.get(**query(served))
    assert answer.status_code == 200
    with pytest.raises(RecursionError):
        json.loads(answer.content)


async def test_whoever_follows_a_redirect_is_seen(served: Reader) -> None:
    served.simulation.faults.add("redirect", count=1)
    answer = await served.get(**query(served))
    assert answer.status_code == 307
    target = httpx.URL(answer.headers["location"])
    assert target.host == "localhost"
    assert served.simulation.journal.followed_redirects == 0
    followed = await served.http.get(target.copy_with(host="127.0.0.1"))
    assert followed.json() == {"orders": []}
    assert served.simulation.journal.followed_redirects == 1


async def test_a_region_that_is_down_leaves_the_others_up(served: Reader) -> None:
    simulation = served.simulation
    america = Reader(served.http, simulation, "NorthAmerica", base=simulation.url)
    down = simulation.faults.add("region_down", region="Europe")
    for _ in range(2):
        with pytest.raises(httpx.ReadError):
            await served.get(PARTICIPATIONS)
    assert (await america.get(PARTICIPATIONS)).status_code == 200
    assert (await served.log_in()).status_code == 200
    simulation.faults.remove(down)
    assert (await served.get(PARTICIPATIONS)).status_code == 200


# On Login with Amazon.


async def test_login_fails_only_when_it_is_named(served: Reader) -> None:
    faults = served.simulation.faults
    faults.add("error_500", count=1)
    assert (await served.log_in()).status_code == 200
    faults.clear()
    for kind, status, name in (
        ("error_500", 500, "server_error"),
        ("throttle", 429, "slow_down"),
        ("forbidden", 403, "access_denied"),
        ("invalid_input", 400, "invalid_request"),
        ("lwa_error", 503, "temporarily_unavailable"),
    ):
        faults.add(kind, operation="token", count=1)
        answer = await served.log_in()
        assert (answer.status_code, answer.json()["error"]) == (status, name)
    faults.add("lwa_error", count=1, error="unauthorized_client", status=400)
    assert (await served.log_in()).json()["error"] == "unauthorized_client"
    faults.add("error_503", operation="token", count=1)
    assert "<html>" in (await served.log_in()).text
    faults.add("redirect", operation="token", count=1)
    assert (await served.log_in()).status_code == 307


@pytest.mark.parametrize(
    ("kind", "error"),
    [("reset", httpx.ReadError), ("cut", httpx.RemoteProtocolError), ("hang", httpx.ReadTimeout)],
)
async def test_login_breaks_on_the_wire(served: Reader, kind: str, error: type[Exception]) -> None:
    served.http.timeout = httpx.Timeout(1 if kind == "hang" else 2)
    served.simulation.faults.add(kind, operation="token", region="Europe", count=1)
    with pytest.raises(error):
        await served.log_in()
    assert (await served.log_in()).status_code == 200


async def test_login_of_one_account_fails_and_of_the_other_does_not(standing: Reader) -> None:
    gulf = Reader(standing.http, standing.simulation, "Europe", "gulf")
    standing.simulation.faults.add("error_500", operation="token", account="gulf")
    assert (await standing.log_in()).status_code == 200
    assert (await gulf.log_in()).status_code == 500


async def test_a_revoked_refresh_token_takes_its_access_tokens_along(standing: Reader) -> None:
    simulation = standing.simulation
    gulf = Reader(standing.http, simulation, "Europe", "gulf")
    assert (await standing.get(**query(standing))).status_code == 200
    revoked = simulation.faults.add("revoked_refresh_token", region="Europe", account="main")
    answer = await standing.get(**query(standing))
    assert code(answer) == (403, "Unauthorized")
    assert "revoked" in answer.json()["errors"][0]["details"]
    assert (await standing.log_in()).json()["error"] == "invalid_grant"
    assert (await gulf.get(**query(gulf))).status_code == 200
    simulation.faults.remove(revoked)
    # A new access token is needed: those of before stay dead.
    assert code(await standing.get(**query(standing))) == (403, "Unauthorized")
    await standing.log_in()
    assert (await standing.get(**query(standing))).status_code == 200


async def test_an_expired_access_token_is_cured_by_a_fresh_one(standing: Reader) -> None:
    await standing.log_in()
    standing.simulation.faults.add("expired_access_token")
    for _ in range(2):
        answer = await standing.get(**query(standing))
        assert code(answer) == (403, "Unauthorized")
        assert "expired" in answer.json()["errors"][0]["details"]
    await standing.log_in()
    assert (await standing.get(**query(standing))).status_code == 200


# Scope and life of a fault.


async def test_a_fault_strikes_only_where_it_is_scripted(standing: Reader) -> None:
    simulation, faults = standing.simulation, standing.simulation.faults
    japan = Reader(standing.http, simulation, "FarEast")
    sydney = Reader(standing.http, simulation, "FarEast", "au")
    faults.add("forbidden", region="FarEast", account="au", operation="searchOrders")
    assert (await japan.get(**query(japan))).status_code == 200
    assert (await sydney.get(PARTICIPATIONS)).status_code == 200
    assert (await sydney.get(**query(sydney))).status_code == 403
    assert (await standing.get(**query(standing))).status_code == 200


async def test_a_fault_strikes_on_its_page_after_its_wait_and_so_often(standing: Reader) -> None:
    faults = standing.simulation.faults
    small = query(standing) | {"maxResultsPerPage": "20"}
    fault = faults.add("error_500", page=2, after=1, count=2)
    first = (await standing.get(**small)).json()
    second = small | {"paginationToken": first["pagination"]["nextToken"]}
    statuses = [(await standing.get(**second)).status_code for _ in range(4)]
    assert statuses == [200, 500, 500, 200]
    assert fault.struck == 2
    assert faults.active() == ()


async def test_a_fault_with_a_duration_ends_by_itself(standing: Reader) -> None:
    clock = standing.simulation.clock
    assert isinstance(clock, ManualClock)
    standing.simulation.faults.add("error_500", duration=30)
    assert (await standing.get(PARTICIPATIONS)).status_code == 500
    clock.advance(29)
    assert (await standing.get(PARTICIPATIONS)).status_code == 500
    clock.advance(1)
    assert (await standing.get(PARTICIPATIONS)).status_code == 200


async def test_the_clock_is_off_for_as_long_as_the_script_says(standing: Reader) -> None:
    simulation = standing.simulation
    simulation.faults.add("clock_skew", seconds=-400, duration=60)
    answer = await standing.get(PARTICIPATIONS)
    assert answer.headers["Date"] == "Mon, 23 Nov 2026 11:53:20 GMT"
    young = {"createdAfter": stamp(START.replace(hour=9)),
             "createdBefore": stamp(START.replace(hour=11, minute=53))}  # fmt: skip
    assert code(await standing.get(**young)) == (400, "InvalidInput")
    assert isinstance(simulation.clock, ManualClock)
    simulation.clock.advance(60)
    assert (await standing.get(**young)).status_code == 200
    skew = simulation.faults.add("clock_skew", seconds=90)
    simulation.faults.remove(skew)
    simulation.faults.remove(skew)
    assert simulation.clock.offset == 0


# On pages.


async def test_a_page_token_expires_once_or_is_refused_for_ever(standing: Reader) -> None:
    faults = standing.simulation.faults
    first = (await standing.get(**query(standing))).json()
    second = query(standing) | {"paginationToken": first["pagination"]["nextToken"]}
    faults.add("expired_page_token")
    assert code(await standing.get(**second)) == (400, "InvalidInput")
    assert (await standing.get(**second)).status_code == 200
    faults.add("refused_page_token")
    for _ in range(5):
        assert code(await standing.get(**second)) == (400, "InvalidInput")
    assert (await standing.get(**query(standing))).status_code == 200


async def test_a_looping_page_token_names_itself(standing: Reader) -> None:
    small = query(standing) | {"maxResultsPerPage": "20"}
    first = (await standing.get(**small)).json()
    token = first["pagination"]["nextToken"]
    standing.simulation.faults.add("looping_page_token")
    for _ in range(3):
        second = (await standing.get(**small, paginationToken=token)).json()
        assert second["pagination"]["nextToken"] == token
        assert second["orders"][0] != first["orders"][0]


async def test_a_duplicate_stands_on_two_pages_and_nothing_is_lost(standing: Reader) -> None:
    small = query(standing) | {"maxResultsPerPage": "60"}
    good = [one["orderId"] for one in await standing.read(**small)]
    standing.simulation.faults.add("duplicate_order", count=2)
    doubled = [one["orderId"] for one in await standing.read(**small)]
    assert len(doubled) == len(good) + 2
    assert set(doubled) == set(good)
    assert doubled[59] == doubled[60]


@pytest.mark.parametrize("how", ["items", "time", "id", "type"])
async def test_an_unreadable_order_spoils_itself_alone(standing: Reader, how: str) -> None:
    faults = standing.simulation.faults
    page = (await standing.get(**query(standing))).json()["orders"]
    chosen = page[7]["orderId"]
    faults.add("unreadable_order", operation="searchOrders", order_id=chosen, how=how)
    spoilt = (await standing.get(**query(standing))).json()["orders"]
    assert [place for place in range(100) if spoilt[place] != page[place]] == [7]
    healed = await standing.get(f"{ORDERS}/{chosen}", includedData="FULFILLMENT,PROCEEDS")
    assert healed.json()["order"] == page[7]


async def test_an_unreadable_order_without_a_name_is_the_first_met_and_stays(
    standing: Reader,
) -> None:
    good = (await standing.get(**query(standing))).json()["orders"]
    standing.simulation.faults.add("unreadable_order")
    for _ in range(2):
        orders = (await standing.get(**query(standing))).json()["orders"]
        assert isinstance(orders[0]["orderItems"], dict)
        assert orders[1:] == good[1:]
    other = await standing.get(f"{ORDERS}/{good[1]['orderId']}")
    assert isinstance(other.json()["order"]["orderItems"], list)
    same = await standing.get(f"{ORDERS}/{good[0]['orderId']}")
    assert isinstance(same.json()["order"]["orderItems"], dict)


async def test_a_late_order_shows_after_its_time_with_its_own_stamp(standing: Reader) -> None:
    simulation, clock = standing.simulation, standing.simulation.clock
    assert isinstance(clock, ManualClock)
    simulation.faults.add("late_order", region="Europe", act="CREATED", seconds=400, count=1)
    late = simulation.amazon.place("Europe", life=False)
    prompt = simulation.amazon.place("Europe", life=False)

    async def seen() -> dict[str, Any]:
        orders = await standing.read(lastUpdatedAfter=stamp(START))
        return {one["orderId"]: one["lastUpdatedTime"] for one in orders}

    clock.advance(390)
    assert set(await seen()) == {prompt}
    assert (await standing.get(f"{ORDERS}/{late}")).status_code == 404
    assert late not in {one.order_id for one in simulation.amazon.truth("Europe")}
    clock.advance(10)
    found = await seen()
    assert set(found) == {prompt, late}
    assert found[late] <= stamp(START)
    assert late in {one.order_id for one in simulation.amazon.truth("Europe")}


async def test_a_late_change_shows_the_older_version_until_then(standing: Reader) -> None:
    simulation, clock = standing.simulation, standing.simulation.clock
    assert isinstance(clock, ManualClock)
    order = simulation.amazon.place("Europe")
    simulation.faults.add("late_order", act="PAID", seconds=600)
    clock.advance(590)
    path = f"{ORDERS}/{order}"
    before = (await standing.get(path, includedData="FULFILLMENT")).json()["order"]
    assert before["lastUpdatedTime"] == before["createdTime"]
    assert before["fulfillment"]["fulfillmentStatus"] == "PENDING"
    clock.advance(60)
    after = (await standing.get(path, includedData="FULFILLMENT")).json()["order"]
    assert after["fulfillment"]["fulfillmentStatus"] in {"UNSHIPPED", "SHIPPED"}
    # Everything that waited behind the late act happened at its own time, before it showed.
    assert before["lastUpdatedTime"] < after["lastUpdatedTime"] < stamp(clock.now())


# The servers.


async def test_the_servers_stop_soon_with_requests_in_flight() -> None:
    ended: list[Exception] = []
    async with (
        httpx.AsyncClient(trust_env=False, timeout=30) as http,
        anyio.create_task_group() as group,
    ):
        async with Simulation(SimulationOptions(orders=50)) as simulation:
            reader = Reader(http, simulation, base=simulation.url)
            await reader.log_in()
            simulation.faults.add("hang", count=1)
            simulation.faults.add("drip", count=1, piece=1, interval=5)

            async def ask() -> None:
                try:
                    await reader.get(**query(reader))
                except httpx.HTTPError as error:
                    ended.append(error)

            group.start_soon(ask)
            group.start_soon(ask)
            await anyio.sleep(0.3)
            began = time.monotonic()
        assert time.monotonic() - began < 4
    assert len(ended) == 2


async def test_what_fails_inside_the_simulation_comes_out_as_it_is() -> None:
    with pytest.raises(KeyError, match="mine"):
        async with Simulation(SimulationOptions(orders=1)):
            raise KeyError("mine")
    for patience in (0, 0.01, 0.3):
        with anyio.move_on_after(patience) as scope:
            async with Simulation(SimulationOptions(orders=1, live_rate=0)):
                await anyio.sleep_forever()
        assert scope.cancelled_caught


async def test_a_taken_port_is_an_error_at_once() -> None:
    async with Simulation(SimulationOptions(orders=1)) as simulation:
        taken = httpx.URL(simulation.finvalda_url).port
        assert taken is not None
        with pytest.raises(OSError, match="in use"):
            await Simulation(SimulationOptions(orders=1, port_finvalda=taken)).__aenter__()


async def test_finvalda_is_served_on_a_port_of_its_own() -> None:
    async with (
        Simulation(SimulationOptions(orders=1)) as simulation,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        settings = simulation.settings()
        assert settings["FVSAMAZON_FINVALDA__URL"].startswith(simulation.finvalda_url)
        answer = await http.get(f"{simulation.finvalda_url}/_truth")
        assert answer.status_code == 200
        assert answer.json()["doubles"] == {}


async def test_acts_by_hand_follow_the_rules_of_an_order(standing: Reader) -> None:
    world = standing.simulation.amazon
    order = world.place("Europe", life=False)
    with pytest.raises(ValueError, match="needs PAID"):
        world.happen("Europe", "main", order, Act.SHIPPED)
    with pytest.raises(KeyError):
        world.happen("Europe", "gulf", order, Act.PAID)
    for act in (Act.PAID, Act.SHIPPED, Act.TOUCHED):
        world.happen("Europe", "main", order, act)
    (true,) = [one for one in world.truth("Europe") if one.order_id == order]
    assert (true.status, true.versions) == ("SHIPPED", 4)
