"""What people did to personal data stands in the service's own log, once, without a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import structlog

from fvsamazon import logs
from fvsamazon.audit import BATCH, AuditTrail
from fvsamazon.clock import to_micros
from fvsamazon.heartbeat import Heartbeat
from fvsamazon.sdnotify import Notifier
from fvsamazon.store import personal
from fvsamazon.store.lock import Marker
from fvsamazon.supervisor import Guard
from support.clocks import FakeClock
from support.personal import Office, stamp, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

ID = "305-1234567-7654321"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    made = await Office(tmp_path / "f.db", FakeClock()).open()
    yield made
    await made.database.close()


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as found:
        yield found


def trail(office: Office) -> AuditTrail:
    return AuditTrail(office.database, logs.get_logger())


async def read(office: Office, rows: list[int], *, user: int, login: int | None = None) -> None:
    async with office.database.transaction() as tx:
        await personal.record_access(
            tx,
            at=to_micros(office.clock.now()),
            user_id=user,
            login_id=login,
            command="orders show",
            rows=rows,
        )


async def test_a_reading_is_told_once_and_not_again_by_a_restart(
    office: Office, lines: list[Any]
) -> None:
    await office.record(wire(), wire("305-0000000-0000002"))
    when = office.clock.now()
    await read(office, [1, 2], user=0, login=1000)
    office.clock.advance(45)
    await trail(office).step()
    await trail(office).step()
    assert lines == [
        {
            "event": "privacy.accessed",
            "log_level": "info",
            "user": 0,
            "login": 1000,
            "orders": [ID, "305-0000000-0000002"],
            "command": "orders show",
            "at": stamp(when),
        }
    ]
    await read(office, [2], user=1000)
    await read(office, [2], user=1001)
    await trail(office).step()
    assert [line["user"] for line in lines] == [0, 1000, 1001]


async def test_erasures_by_people_are_told_and_the_services_own_are_not(
    office: Office, lines: list[Any]
) -> None:
    await office.record(wire(), wire("305-0000000-0000002"))
    async with office.database.transaction() as tx:
        for why, user in (("retention", None), ("retention", 1000), ("key_lost", 1001)):
            await personal.record_erasure(tx, at=0, why=why, orders=3, parts=2, user_id=user)
    await office.purger_for(0).erase([1])
    await trail(office).step()
    await trail(office).step()
    told = [(e["user"], e["why"], e["order"], e["orders"], e["fields"]) for e in lines]
    assert told == [
        (1000, "retention", None, 3, 2),
        (1001, "key_lost", None, 3, 2),
        (0, "request", ID, 1, 1),
    ]
    assert {line["event"] for line in lines} == {"privacy.erased"}
    assert "Canary" not in str(lines)


async def test_a_long_list_comes_in_lines_of_bearable_length(
    office: Office, lines: list[Any]
) -> None:
    names = [f"305-0000000-{number:07}" for number in range(BATCH + 1)]
    await office.record(*(wire(name) for name in names))
    await read(office, list(range(1, BATCH + 2)), user=5)
    await trail(office).step()
    assert [len(line["orders"]) for line in lines] == [BATCH, 1]
    assert [name for line in lines for name in line["orders"]] == names


async def test_the_heartbeat_tells_them_and_when_the_purge_ran(
    office: Office, lines: list[Any]
) -> None:
    heartbeat = Heartbeat(
        database=office.database,
        marker=Marker(office.database),
        clock=office.clock,
        log=logs.get_logger(),
        notifier=Notifier({}),
        guard=Guard(office.clock, logs.get_logger()),
    )
    await office.record(wire())
    await heartbeat.step()
    when = office.clock.now()
    await office.purger.step()
    await read(office, [1], user=1000)
    office.clock.advance(60)
    await heartbeat.step()
    await heartbeat.step()
    told = [line for line in lines if line["event"] == "daemon.heartbeat"]
    assert [line["last_purge"] for line in told] == [None, stamp(when), stamp(when)]
    assert [line["event"] for line in lines].count("privacy.accessed") == 1


async def test_nothing_to_tell_writes_nothing(office: Office, lines: list[Any]) -> None:
    await office.record(wire())
    before = office.path.with_name("f.db-wal").stat().st_size
    for _ in range(3):
        await trail(office).step()
    assert office.path.with_name("f.db-wal").stat().st_size == before
    assert lines == []
