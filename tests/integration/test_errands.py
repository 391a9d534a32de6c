"""What an account needs beside its searches: where it sells, whether it is quiet, its token."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from structlog.testing import capture_logs

from fvsamazon import events

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from support.house import House

HOUR = 3_600.0
DAY = 24 * HOUR


def of(lines: list[MutableMapping[str, Any]], event: str) -> list[MutableMapping[str, Any]]:
    return [line for line in lines if line["event"] == event]


def asked(house: House, operation: str) -> list[int]:
    return [call.status for call in house.amazon.calls if call.operation == operation]


async def test_where_an_account_sells_is_asked_once_a_day_and_across_restarts(
    house: House,
) -> None:
    await house.heal(HOUR)
    await house.restart()
    await house.heal(HOUR)
    assert len(asked(house, "getMarketplaceParticipations")) == 1
    await house.heal(DAY)
    assert len(asked(house, "getMarketplaceParticipations")) == 2


@pytest.mark.parametrize("status", [403, 404, 429, 500])
async def test_no_answer_about_marketplaces_stops_polling(house: House, status: int) -> None:
    def fault(request: httpx.Request) -> httpx.Response | None:
        if "Participations" in request.url.path:
            return httpx.Response(status, json={"errors": [{"code": "X", "message": "no"}]})
        return None

    house.amazon.fault = fault
    order = house.amazon.add(age=600)
    with capture_logs() as lines:
        await house.heal(HOUR)
        await house.run(60)
    assert order.order_id in await house.stored()
    assert (await house.row()).state == "ok"
    assert len(of(lines, events.MARKETPLACES_FAILED)) == (0 if status == 429 else 1)
    assert len(asked(house, "getMarketplaceParticipations")) <= (60 if status == 429 else 1)


async def test_an_account_that_falls_quiet_is_told_once(house: House) -> None:
    for n in range(40):
        house.amazon.add(age=n * HOUR)
    await house.run(60)
    with capture_logs() as lines:
        for _ in range(5):
            await house.run(6 * HOUR)
            await house.heal(HOUR)
    [told] = of(lines, events.POLL_QUIET)
    assert told["usual_seconds"] == DAY
    assert (await house.row()).quiet_since is not None
    house.amazon.add()
    await house.run(HOUR)
    await house.heal(2 * HOUR)
    assert (await house.row()).quiet_since is None


async def test_a_token_of_the_wrong_account_is_told_although_all_answers_are_good(
    house: House,
) -> None:
    await house.run(HOUR)
    with capture_logs() as lines:
        house.clock.advance(6 * DAY)
        await house.run(60)
        await house.heal(2 * HOUR)
        assert of(lines, events.POLL_QUIET) == []
        house.clock.advance(2 * DAY)
        await house.run(60)
        await house.heal(2 * HOUR)
    assert len(of(lines, events.POLL_QUIET)) == 1


async def test_a_token_is_refreshed_ahead_of_its_end_and_kept_across_a_restart(
    house: House,
) -> None:
    asked_at = []

    def fault(request: httpx.Request) -> httpx.Response | None:
        if request.url.host == "lwa.test":
            asked_at.append(house.clock.now())
        return None

    house.amazon.fault = fault
    with capture_logs() as lines:
        end = house.clock.now() + timedelta(hours=3)
        while house.clock.now() < end:
            house.clock.advance(await house.task.tokens.step())
        await house.restart()
        await house.task.tokens.step()
        await house.run(60)
    gaps = [b - a for a, b in itertools.pairwise(asked_at)]
    assert len(asked_at) == 4
    assert all(timedelta(minutes=54) < gap <= timedelta(minutes=56) for gap in gaps)
    assert [line["valid_until"] for line in of(lines, events.TOKEN_REFRESHED)]


async def test_a_token_server_out_of_order_is_told_once_and_its_return_too(
    house: House,
) -> None:
    broken = True

    def fault(request: httpx.Request) -> httpx.Response | None:
        if request.url.host == "lwa.test" and broken:
            return httpx.Response(503, text="<html>sorry</html>")
        return None

    house.amazon.fault = fault
    with capture_logs() as lines:
        for _ in range(6):
            house.clock.advance(await house.task.tokens.step())
        broken = False
        await house.task.tokens.step()
    assert len(of(lines, events.TOKEN_FAILED)) == 1
    [back] = of(lines, events.TOKEN_RECOVERED)
    assert back["failures"] == 6
    assert asked(house, "searchOrders") == []
