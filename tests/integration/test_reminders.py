"""Warnings come once a day, ahead of time, and not again after a restart."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from fvsamazon import logs
from fvsamazon.reminders import Credential, Reminders
from support.clocks import FakeClock
from support.personal import Office

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

DAY = 86_400.0
TOKEN = Credential("Europe", "main", "FVSAMAZON_EUROPE__REFRESH_TOKEN", "token", None)
SECRET = Credential("Europe", "main", "FVSAMAZON_EUROPE__CLIENT_SECRET", "secret", None)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    made = await Office(tmp_path / "f.db", FakeClock()).open()
    yield made
    await made.database.close()


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as found:
        yield found


def reminders(office: Office, *credentials: Credential, host: str | None = None) -> Reminders:
    return Reminders(
        office.database,
        office.clock,
        credentials=credentials,
        plain_host=host,
        log=logs.get_logger(),
    )


@pytest.mark.parametrize(("credential", "days"), [(TOKEN, 335), (SECRET, 150)])
async def test_a_credential_is_warned_of_a_month_ahead(
    office: Office, lines: list[Any], credential: Credential, days: int
) -> None:
    office.clock.advance((days - 1) * DAY)
    await reminders(office, credential).step()
    assert lines == []
    office.clock.advance(DAY)
    await reminders(office, credential).step()
    (line,) = lines
    assert line["event"] == "credential.expiring"
    assert (line["credential"], line["days"]) == (credential.setting, 30)


async def test_the_day_that_the_settings_give_counts(office: Office, lines: list[Any]) -> None:
    given = Credential("Europe", "main", "X__CLIENT_SECRET", "secret", date(2026, 6, 1))
    await reminders(office, given).step()
    assert [(line["expires"], line["days"]) for line in lines] == [("2026-11-28", 4)]


async def test_once_a_day_and_across_restarts(office: Office, lines: list[Any]) -> None:
    office.clock.advance(400 * DAY)
    for _ in range(48):
        assert await reminders(office, TOKEN, SECRET, host="finvalda.lan").step() == 3600.0
        office.clock.advance(3600)
    assert [line["event"] for line in lines] == [
        "credential.expiring",
        "credential.expiring",
        "delivery.insecure",
    ] * 2
    assert lines[0]["days"] < 0, "it has ended"


async def test_a_clock_that_was_set_back_silences_nothing(office: Office, lines: list[Any]) -> None:
    await reminders(office, host="finvalda.lan").step()
    office.clock.jump(-10 * DAY)
    await reminders(office, host="finvalda.lan").step()
    assert len(lines) == 2
