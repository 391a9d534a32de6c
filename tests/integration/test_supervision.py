"""Tasks that fail, hang, or meet a store that does not answer: what is told, what goes on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from structlog.testing import capture_logs

from fvsamazon import events, logs
from fvsamazon.clock import SystemClock
from fvsamazon.errors import StoreCorrupt, StoreUnavailable
from fvsamazon.heartbeat import ClockWatch
from fvsamazon.supervisor import FIRST_PROGRESS, Guard, Watchdog, run_loop
from support.clocks import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from fvsamazon.store.database import Database


class Fed:
    """A notifier that counts what the watchdog got."""

    watchdog_interval: float | None = 30.0

    def __init__(self) -> None:
        self.times = 0

    def watchdog(self) -> None:
        self.times += 1


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def guard(clock: FakeClock) -> Guard:
    return Guard(clock, logs.get_logger())


def names(lines: list[MutableMapping[str, Any]]) -> list[str]:
    return [line["event"] for line in lines]


async def test_a_bug_is_told_with_its_region_and_the_pause_grows(
    guard: Guard, clock: FakeClock
) -> None:
    waits: list[float] = []
    with capture_logs() as lines:
        for _ in range(8):
            async with guard.step("poll:Europe:main", region="Europe", account="main") as outcome:
                raise KeyError("a bug")
            waits.append(outcome.wait)
            clock.advance(outcome.wait)
        async with guard.step("poll:Europe:main", region="Europe", account="main"):
            pass
    assert names(lines) == [events.REGION_FAILED] * 8 + [events.REGION_RECOVERED]
    assert lines[0]["region"] == "Europe"
    assert lines[0]["exc_info"]
    assert lines[-1]["failures"] == 8
    assert waits == sorted(waits)
    assert waits[0] == 5.0
    assert waits[-1] == 300.0


async def test_a_bug_in_a_task_of_no_region_is_a_failed_task(guard: Guard) -> None:
    with capture_logs() as lines:
        async with guard.step("heartbeat"):
            raise ValueError("a bug")
        async with guard.step("heartbeat"):
            pass
    assert names(lines) == [events.TASK_FAILED, events.TASK_RECOVERED]


async def test_a_store_that_does_not_answer_is_told_once_and_its_return_once(
    guard: Guard, database: Database
) -> None:
    database.on_commit = guard.store_wrote
    with capture_logs() as lines:
        for name in ("poll:Europe:main", "poll:FarEast:main", "heartbeat"):
            async with guard.step(name) as outcome:
                raise StoreUnavailable("the disk is full")
            assert outcome.wait > 0
        assert guard.store_reason == "the disk is full"
        async with guard.step("heartbeat"):
            await database.one("select 1")
        assert guard.store_reason == "the disk is full"
        async with guard.step("poll:FarEast:main"), database.transaction() as tx:
            await tx.execute("insert into meta (key, value) values ('free', '1')")
        # A full disk takes small changes still: it is over when everybody got what they wanted.
        assert guard.store_reason == "the disk is full"
        for name in ("poll:Europe:main", "heartbeat"):
            async with guard.step(name):
                pass
    assert names(lines) == [events.STORE_ATTENTION, events.STORE_RECOVERED]
    assert lines[1]["failures"] == 3
    assert guard.store_reason is None


async def test_a_damaged_database_ends_the_process(guard: Guard) -> None:
    with pytest.raises(StoreCorrupt):
        async with guard.step("poll:Europe:main", region="Europe"):
            raise StoreCorrupt("the database is damaged")


async def test_the_watchdog_is_fed_only_while_every_task_shows_progress(
    guard: Guard, clock: FakeClock, database: Database
) -> None:
    fed = Fed()
    watchdog = Watchdog(
        notifier=fed,  # type: ignore[arg-type]
        guard=guard,
        store_answers=database.answers,
        log=logs.get_logger(),
    )
    assert await watchdog.step() == 10.0
    guard.idle("poll:Europe:main", 60.0)
    guard.idle("heartbeat", 600.0)
    for _ in range(5):
        clock.advance(10)
        await watchdog.step()
    assert fed.times == 6
    clock.advance(11)
    with capture_logs() as lines:
        await watchdog.step()
        await watchdog.step()
    assert fed.times == 6
    assert names(lines) == [events.TASK_STALLED]
    assert lines[0]["task"] == "poll:Europe:main"
    guard.idle("poll:Europe:main", 60.0)
    await watchdog.step()
    assert fed.times == 7


async def test_a_machine_that_slept_restarts_no_healthy_daemon(
    guard: Guard, clock: FakeClock, database: Database
) -> None:
    fed = Fed()
    watchdog = Watchdog(
        notifier=fed,  # type: ignore[arg-type]
        guard=guard,
        store_answers=database.answers,
        log=logs.get_logger(),
    )
    await watchdog.step()
    guard.idle("poll:Europe:main", 60.0)
    clock.advance(8 * 3_600)
    await watchdog.step()
    assert fed.times == 2
    for _ in range(7):
        clock.advance(10)
        await watchdog.step()
    assert fed.times < 9


async def test_the_watchdog_is_not_fed_while_the_store_does_not_answer(guard: Guard) -> None:
    fed = Fed()

    async def silent() -> None:
        raise StoreUnavailable("no answer")

    watchdog = Watchdog(
        notifier=fed,  # type: ignore[arg-type]
        guard=guard,
        store_answers=silent,
        log=logs.get_logger(),
    )
    with pytest.raises(StoreUnavailable):
        await watchdog.step()
    assert fed.times == 0


async def test_a_task_that_hangs_in_its_first_step_is_noticed(
    guard: Guard, clock: FakeClock
) -> None:
    async with guard.step("poll:Europe:main"):
        clock.advance(FIRST_PROGRESS + 1)
        assert set(guard.liveness.late()) == {"poll:Europe:main"}
    guard.forget("poll:Europe:main")
    assert guard.liveness.late() == {}


async def test_a_loop_goes_on_after_a_bug_and_ends_when_asked(
    guard: Guard, clock: FakeClock
) -> None:
    stopping = anyio.Event()
    seen: list[int] = []

    async def step() -> float:
        seen.append(len(seen))
        if len(seen) == 2:
            raise RuntimeError("a bug")
        if len(seen) == 4:
            stopping.set()
        return 10.0

    with capture_logs() as lines:
        await run_loop("task", step, guard=guard, clock=clock, stopping=stopping)
    assert seen == [0, 1, 2, 3]
    assert names(lines) == [events.TASK_FAILED, events.TASK_RECOVERED]
    assert guard.liveness.late() == {}


async def test_one_loops_bug_stops_no_other(guard: Guard) -> None:
    stopping = anyio.Event()
    steps = {"good": 0, "bad": 0}

    def make(name: str) -> Callable[[], Any]:
        async def step() -> float:
            steps[name] += 1
            if name == "bad":
                raise RuntimeError("a bug")
            if steps["good"] == 20:
                stopping.set()
            return 0.001

        return step

    with capture_logs(), anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for name in steps:
                await group.start(
                    partial(
                        run_loop,
                        name,
                        make(name),
                        guard=guard,
                        clock=SystemClock(),
                        stopping=stopping,
                    )
                )
    assert steps == {"good": 20, "bad": 1}


def test_a_clock_that_was_set_and_one_that_differs_are_told_once(clock: FakeClock) -> None:
    with capture_logs() as lines:
        watch = ClockWatch(clock, logs.get_logger())
        clock.advance(60)
        watch.look({"Europe": 0.4})
        clock.jump(-3_600)
        watch.look({"Europe": 3_600.4})
        clock.advance(60)
        watch.look({"Europe": 3_600.4})
        clock.jump(3_600)
        watch.look({"Europe": 0.4})
        watch.look({"Europe": -90.0})
    assert [(line["event"], line["seconds"]) for line in lines] == [
        (events.CLOCK_JUMPED, -3_600.0),
        (events.CLOCK_SKEWED, -3_600.4),
        (events.CLOCK_JUMPED, 3_600.0),
        (events.CLOCK_SKEWED, 90.0),
    ]
