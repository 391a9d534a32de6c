"""What needs a person: told in either language, in English to the log, and tried when mended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
from structlog.testing import capture_logs

from fvsamazon import events, status
from fvsamazon.logs import get_logger
from fvsamazon.poller.region import RegionPoller
from fvsamazon.supervisor import Guard
from support.house import House, spec

if TYPE_CHECKING:
    from collections.abc import MutableMapping

HOUR = 3_600.0
DAY = 24 * HOUR


def refused_login(request: httpx.Request) -> httpx.Response | None:
    if request.url.host == "lwa.test":
        return httpx.Response(401, json={"error": "invalid_client"})
    return None


def refused_search(request: httpx.Request) -> httpx.Response | None:
    if request.url.path.endswith("/orders"):
        return httpx.Response(403, json={"errors": [{"code": "Unauthorized"}]})
    return None


def of(lines: list[MutableMapping[str, Any]], event: str) -> list[MutableMapping[str, Any]]:
    return [line for line in lines if line["event"] == event]


def region(house: House) -> RegionPoller:
    """Return what wakes the account's loops in the daemon."""
    return RegionPoller(
        "Europe", [house.task], clock=house.clock, guard=Guard(house.clock, get_logger())
    )


async def turn(house: House) -> None:
    """Let each loop of the account do one step."""
    for _, step in house.task.steps():
        await step()


async def test_credentials_mended_while_the_program_was_down_are_tried_at_the_start(
    house: House,
) -> None:
    house.amazon.fault = refused_login
    for _ in range(3):
        await turn(house)
    assert (await house.row()).state == "attention"
    house.account = replace(house.account, client_secret="the new one")
    house.amazon.fault = None
    house.clock.advance(10)
    await house.restart()
    region(house)
    for _ in range(3):
        await turn(house)
    assert (await house.row()).state == "ok"


async def test_credentials_that_amazon_takes_again_are_tried_as_soon_as_that_shows(
    house: House,
) -> None:
    """Nothing changed in the settings: the application was authorised again in Seller Central."""
    region(house)
    house.amazon.fault = refused_login
    for _ in range(3):
        await turn(house)
    house.clock.advance(1_800)
    house.task.poller.state.try_now()
    await turn(house)
    house.amazon.fault = None
    house.clock.advance(1_900)
    for _ in range(3):
        await turn(house)
    assert (await house.row()).state == "ok"


async def test_searches_that_stay_refused_are_not_tried_with_every_fresh_token(
    house: House,
) -> None:
    """After a 403 the token is dropped and the keeper gets another one: that is no good news."""
    region(house)
    house.amazon.fault = refused_search
    end = house.clock.elapsed() + 6 * HOUR
    while house.clock.elapsed() < end:
        await turn(house)
        house.clock.advance(10)
    searches = [call for call in house.amazon.calls if call.operation == "searchOrders"]
    assert (await house.row()).state == "attention"
    # Twice an hour's probe: the token in hand, then a fresh one.
    assert len(searches) <= 2 * 7


async def test_the_log_is_english_and_what_is_kept_can_be_read_in_both(house: House) -> None:
    house.amazon.fault = refused_search
    with capture_logs() as lines:
        for _ in range(3):
            await turn(house)
    [line] = of(lines, events.REGION_ATTENTION)
    assert line["why"].startswith("Amazon refuses to show")
    assert line["remedy"].startswith("check in Seller Central")
    report = await status.collect(house.database, house.clock)
    found = {
        language: status.as_json(report, language)["regions"]["Europe"]["reason"]
        for language in ("en", "lt")
    }
    assert found["en"] == line["why"]
    assert found["lt"].startswith("„Amazon“ nerodo")


async def test_a_reason_kept_by_an_older_version_is_still_told(house: House) -> None:
    async with house.database.transaction() as tx:
        await tx.execute("update account set state = 'attention', reason = 'it said so'")
    row = await house.row()
    assert row.reason is not None
    assert (row.reason.en, row.reason.lt) == ("it said so", "it said so")


async def test_a_start_repeats_nothing_that_was_told_before(house: House) -> None:
    house.account = spec(start_from=house.clock.now() - timedelta(days=60))
    await house.restart()
    house.amazon.add(age=20 * DAY)
    with capture_logs() as lines:
        await turn(house)
        await house.run(6 * HOUR)
        await house.task.tokens.step()
    assert len(of(lines, events.HISTORY_STARTED)) == 1
    assert len(of(lines, events.HISTORY_COMPLETED)) == 1
    assert of(lines, events.TOKEN_REFRESHED)
    with capture_logs() as lines:
        await house.restart()
        await house.task.tokens.step()
        await house.run(60)
        await house.task.tokens.step()
    assert of(lines, events.HISTORY_COMPLETED) == []
    assert of(lines, events.TOKEN_REFRESHED) == []


async def test_a_start_before_amazons_memory_is_told_as_far_as_amazon_remembers(
    house: House,
) -> None:
    """Two years, though the settings want twenty (sp-api.md, section 3)."""
    now = house.clock.now()
    house.account = spec(start_from=now - timedelta(days=20 * 365))
    await house.restart()
    with capture_logs() as lines:
        await house.run(60)
    [line] = of(lines, events.HISTORY_STARTED)
    assert line["since"] >= (now - timedelta(days=732)).strftime("%Y-%m-%d")
    report = await status.collect(house.database, house.clock)
    [account] = report.accounts
    assert account.backfill is not None
    # Amazon's memory moves on with the day: to the hour it is the same.
    assert line["since"][:13] == account.backfill.target.strftime("%Y-%m-%dT%H")
