"""Every way in which Amazon, Login with Amazon, the clock or the disk fail, and what is made of it.

One row a fault: what strikes, what the log says of it, what the account is meanwhile, how often
Amazon is asked. At the end of each the store is equal to the truth, without a hand's help where
that is possible, the other region never noticed, and no 429 was our own doing.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from structlog.testing import capture_logs

from fvsamazon import logs
from fvsamazon.clock import SystemClock
from fvsamazon.poller.build import Workshop
from fvsamazon.poller.region import RegionPoller
from fvsamazon.simulator import Simulation, SimulationOptions, account
from fvsamazon.supervisor import Guard
from support.trial import NO_NEWS, REGIONS, Trial, spec_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from fvsamazon.store.database import Database

MINUTE, HOUR = 60.0, 3_600.0
SEARCH: dict[str, Any] = {"operation": "searchOrders"}
TOKEN: dict[str, Any] = {"operation": "token"}
FAILED, RECOVERED = "region.failed", "region.recovered"
ATTENTION, THROTTLED = "region.attention", "poll.throttled"
RESTARTED, WIDENED = "poll.window_restarted", "poll.bound_widened"


@dataclass(frozen=True)
class Row:
    """A fault from its beginning to a while after its end."""

    kind: str
    says: tuple[str, ...]
    where: dict[str, Any] = field(default_factory=lambda: dict(SEARCH))
    state: str = "ok"
    """What the account is when the fault has lasted for `lasts` seconds."""
    lasts: float = 12 * MINUTE
    most_searches: int = 20
    """How often Amazon may be asked meanwhile: the quota allows 33 and a burst."""
    heals: float = 20 * MINUTE
    """Seconds after the end of the fault within which all must be well."""
    rotation: bool = False
    orders: int = 130
    """Orders that wait when the fault begins: two pages, so that there is a page token."""
    told: tuple[str, Any] | None = None
    """A key and value of the first line."""


def row(kind: str, *says: str, **more: Any) -> Row:
    where = more.pop("where", dict(SEARCH))
    return Row(kind, says, where=where, **more)


BRIEF = {**SEARCH, "count": 3}
PASSES = [FAILED, RECOVERED]
TABLE = {
    # Answers that are none. Widely used clients take several of them for an empty last page.
    "one 429 of others": row("throttle", THROTTLED, where={**SEARCH, "count": 1}),
    "a storm of 429": row("throttle", THROTTLED, state="throttled", most_searches=15),
    "500": row("error_500", *PASSES, where=BRIEF, told=("code", "InternalFailure")),
    "500 for hours": row("error_500", *PASSES, state="failing", lasts=3 * HOUR, most_searches=24),
    "503 with a page of HTML": row("error_503", *PASSES, where=BRIEF, told=("status", 503)),
    "a reset connection": row("reset", *PASSES, where=BRIEF, told=("error", "Unavailable")),
    "a cut answer": row("cut", *PASSES, where=BRIEF, told=("error", "Unavailable")),
    "garbage": row("garbage", *PASSES, where=BRIEF, told=("error", "ContractViolation")),
    "an empty body": row("empty", *PASSES, where=BRIEF, told=("error", "ContractViolation")),
    "no answer": row("hang", *PASSES, where=BRIEF, told=("error", "Unavailable")),
    "a redirect to another host": row("redirect", *PASSES, where=BRIEF),
    "an endless answer": row("huge", *PASSES, where={**BRIEF, "count": 1, "size": 40_000_000}),
    "a bomb": row("gzip_bomb", *PASSES, where={**BRIEF, "count": 1, "size": 40_000_000}),
    "garbage on the second page": row("garbage", *PASSES, where={**BRIEF, "page": 2, "count": 1}),
    "an empty second page": row("empty", *PASSES, where={**BRIEF, "page": 2, "count": 1}),
    "a slow drip that ends": row("drip", where={**BRIEF, "piece": 20_000, "interval": 0.001}),
    # Page tokens.
    "an expired page token": row("expired_page_token", RESTARTED),
    "a page token refused for ever": row("refused_page_token", RESTARTED, lasts=HOUR,
        most_searches=60),
    "a looping page token": row("looping_page_token", RESTARTED, orders=230, state="ok"),
    # Refusals.
    "a refused search": row(
        "invalid_input", *(WIDENED, FAILED), *(WIDENED,) * 3, ATTENTION, RECOVERED,
        state="attention", lasts=3 * HOUR, most_searches=14,
    ),
    "403 on searches": row(
        "forbidden", ATTENTION, RECOVERED, state="attention", lasts=3 * HOUR, most_searches=8,
        told=("status", 403),
    ),
    "an expired access token": row("expired_access_token"),
    "a revoked refresh token": row(
        "revoked_refresh_token", ATTENTION, "token.failed", RECOVERED, where={}, state="attention",
        lasts=4 * HOUR, most_searches=8, heals=2 * HOUR,
    ),
    # Login with Amazon.
    "Login with Amazon is out": row(
        "error_500", "token.failed", "token.recovered", where=TOKEN, lasts=31 * MINUTE,
        most_searches=30,
    ),
    "Login with Amazon is out for hours": row(
        "error_503", "token.failed", FAILED, where=TOKEN, lasts=4 * HOUR, state="failing",
        most_searches=50,
    ),
    "Login with Amazon accepts and never answers": row(
        "hang", "token.failed", FAILED, where=TOKEN, lasts=4 * HOUR, state="failing",
        most_searches=50,
    ),
    "Login with Amazon talks garbage": row(
        "garbage", "token.failed", FAILED, where=TOKEN, lasts=2 * HOUR, state="failing",
        most_searches=50,
    ),
    "unauthorized_client": row(
        "lwa_error", "token.failed", ATTENTION, lasts=2 * HOUR, state="attention",
        where={"error": "unauthorized_client", "status": 400}, most_searches=50, heals=2 * HOUR,
    ),
    "temporarily_unavailable": row(
        "lwa_error", "token.failed", "token.recovered", lasts=31 * MINUTE, most_searches=30,
        where={"error": "temporarily_unavailable", "status": 503},
    ),
    "a rotated secret, the next one set": row(
        "rotated_secret", "token.secret_switched", where={}, lasts=2 * HOUR, rotation=True,
        most_searches=120,
    ),
    "a rotated secret, no next one": row(
        "rotated_secret", "token.failed", ATTENTION, where={}, lasts=3 * HOUR, state="attention",
        most_searches=50, heals=2 * HOUR,
    ),
    # Orders.
    "the same order on two pages": row("duplicate_order", where={"count": 1}),
    # Whole regions.
    "the region is down for long": row(
        "region_down", *PASSES, where={}, state="failing", lasts=8 * HOUR, most_searches=50
    ),
}  # fmt: skip


@pytest.fixture
async def trial(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Trial]:
    rotation = bool(getattr(request, "param", False))
    made = Trial(tmp_path / "fvsamazon.db", rotation=rotation)
    await made.open()
    yield made
    await made.close()


def subsequence(wanted: tuple[str, ...], said: list[str]) -> bool:
    rest = iter(said)
    return all(name in rest for name in wanted)


@pytest.mark.parametrize(
    ("trial", "row"),
    [pytest.param(one.rotation, one, id=name) for name, one in TABLE.items()],
    indirect=["trial"],
)
async def test_a_fault_is_told_once_and_loses_nothing(trial: Trial, row: Row) -> None:
    trial.trade(3)
    await trial.run(20 * MINUTE)
    first = trial.trade(row.orders, seconds=400)
    trial.change(first[0])
    trial.trade(5, region="FarEast")
    with capture_logs() as lines:
        fault = trial.simulation.faults.add(row.kind, region="Europe", **row.where)
        before, other = trial.searches(), trial.searches("FarEast")
        await trial.run(row.lasts)
        assert fault.struck > 0, "the fault never struck"
        assert await trial.state() == row.state
        assert trial.searches() - before <= row.most_searches
        assert trial.searches("FarEast") - other >= row.lasts / 130
        trial.trade(2)
        trial.change(first[1])
        trial.simulation.faults.clear()
        await trial.run(row.heals)
    for region in REGIONS:
        assert await trial.stored(region) == trial.truth(region), region
        assert await trial.state(region) == "ok"
    assert trial.simulation.journal.self_inflicted == 0
    assert trial.simulation.journal.followed_redirects == 0
    news = [line for line in lines if line["event"] not in NO_NEWS]
    said = [line["event"] for line in news]
    assert {line["region"] for line in news} <= {"Europe"}
    assert subsequence(row.says, said), said
    assert len(said) <= max(2 * len(row.says) + 1, 1), said
    if row.told:
        key, value = row.told
        assert news[0][key] == value
        assert news[0].get("request_id") or key != "code"


async def test_an_order_that_cannot_be_read_is_set_aside_told_once_and_healed(
    trial: Trial,
) -> None:
    await trial.run(10 * MINUTE)
    bad, good = trial.trade(2)
    faults = trial.simulation.faults
    faults.add("unreadable_order", region="Europe", how="items", order_id=bad, **SEARCH)
    refused = faults.add(
        "unreadable_order", region="Europe", how="time", order_id=bad, operation="getOrder"
    )
    with capture_logs() as lines:
        await trial.run(20 * MINUTE)
        assert set(await trial.stored("Europe")) == {good}
        aside = await trial.database.all("select order_id, attempts from unreadable")
        assert [(one["order_id"], one["attempts"]) for one in aside] == [(bad, 2)]
        assert [one["event"] for one in lines].count("poll.unreadable") == 1
        await trial.run(30 * MINUTE)
        faults.remove(refused)
        await trial.run(HOUR)
        faults.clear()
        await trial.run(2 * HOUR)
    assert await trial.stored("Europe") == trial.truth("Europe")
    assert await trial.database.all("select 1 from unreadable") == []
    said = [one["event"] for one in lines if one["event"] not in NO_NEWS]
    assert said[:2] == ["poll.unreadable", "order.healed"]


@pytest.mark.parametrize("seconds", [7_200.0, -7_200.0, 90_000.0])
async def test_a_clock_that_differs_from_amazons_moves_windows_and_loses_nothing(
    trial: Trial, seconds: float
) -> None:
    trial.simulation.faults.add("clock_skew", seconds=seconds)
    trial.trade(3)
    with capture_logs() as lines:
        await trial.run(HOUR)
        trial.trade(3)
        await trial.run(10 * MINUTE)
    assert await trial.stored("Europe") == trial.truth("Europe")
    assert await trial.state() == "ok"
    refused = [c for c in trial.simulation.journal.of("searchOrders", "Europe") if c.status == 400]
    assert len(refused) <= 1
    assert {one["event"] for one in lines} - NO_NEWS <= {FAILED, WIDENED, RECOVERED}


@pytest.mark.parametrize("seconds", [7_200.0, -7_200.0, 90_000.0, -90_000.0])
async def test_a_clock_that_is_set_stops_nothing_and_spends_nothing_twice(
    trial: Trial, seconds: float
) -> None:
    await trial.run(20 * MINUTE)
    with capture_logs() as lines:
        trial.clock.jump(seconds)
        await trial.close()
        await trial.open()
        trial.trade(3)
        await trial.run(30 * MINUTE)
    assert await trial.stored("Europe") == trial.truth("Europe")
    assert trial.simulation.journal.self_inflicted == 0
    refused = [c for c in trial.simulation.journal.of("searchOrders", "Europe") if c.status == 400]
    assert len(refused) <= 1
    assert {one["event"] for one in lines} - NO_NEWS <= {FAILED, WIDENED, RECOVERED}


async def test_a_403_on_where_an_account_sells_delays_no_poll(trial: Trial) -> None:
    trial.simulation.faults.add(
        "forbidden", region="Europe", operation="getMarketplaceParticipations"
    )
    trial.trade(3)
    with capture_logs() as lines:
        await trial.run(8 * HOUR)
    assert await trial.stored("Europe") == trial.truth("Europe")
    said = [one for one in lines if one["event"] not in NO_NEWS]
    assert [one["event"] for one in said] == ["marketplaces.failed"]
    assert (said[0]["region"], said[0]["status"]) == ("Europe", 403)
    asked = trial.simulation.journal.of("getMarketplaceParticipations", "Europe")
    assert 1 <= len(asked) <= 2
    live = [one for one in lines if one["event"] == "poll.completed" and one["kind"] == "live"]
    assert max(one["lag_seconds"] for one in live if one["region"] == "Europe") < 240


async def store_events(trial: Trial, lines: list[Any]) -> list[str]:
    await trial.run(10 * MINUTE, watch=True)
    assert await trial.stored("Europe") == trial.truth("Europe")
    assert await trial.state() == "ok"
    assert trial.simulation.journal.self_inflicted == 0
    return [one["event"] for one in lines if one["event"] not in NO_NEWS]


async def test_a_full_disk_pauses_all_work_and_hammers_nobody(trial: Trial) -> None:
    trial.trade(3)
    await trial.run(10 * MINUTE, watch=True)
    trial.trade(300, seconds=60)
    writer = trial.database._writer
    (pages,) = next(iter(await writer.execute_fetchall("pragma page_count")))
    await (await writer.execute(f"pragma max_page_count = {pages}")).close()
    with capture_logs() as lines:
        before = trial.searches()
        await trial.run(HOUR, watch=True)
        assert trial.searches() - before <= 2
        assert len(await trial.stored("Europe")) < 303
        assert trial.guard.store_reason is not None
        await (await writer.execute("pragma max_page_count = 1000000")).close()
        said = await store_events(trial, lines)
    assert said == ["store.attention", "store.recovered"]
    told = next(one for one in lines if one["event"] == "store.attention")
    assert "the disk is full" in told["detail"]


async def test_a_database_locked_by_another_program_pauses_all_work(
    trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fvsamazon.store.database.BUSY_TIMEOUT", 0.01)
    await trial.close()
    await trial.open()
    trial.trade(3)
    await trial.run(10 * MINUTE, watch=True)
    trial.trade(3)
    with closing(sqlite3.connect(tmp_path / "fvsamazon.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        with capture_logs() as lines:
            before = trial.searches()
            await trial.run(20 * MINUTE, watch=True)
            assert trial.searches() == before
            assert trial.guard.store_reason is not None
            other.execute("rollback")
            said = await store_events(trial, lines)
    assert said == ["store.attention", "store.recovered"]
    told = next(one for one in lines if one["event"] == "store.attention")
    assert "locked by another program" in told["detail"]


# Over real sockets, where what hangs really hangs.


@pytest.fixture
async def simulation() -> AsyncIterator[Simulation]:
    accounts = (account("Europe", codes="DE"), account("FarEast", codes="JP"))
    options = SimulationOptions(orders=60, backlog_days=2, live_rate=0.2, accounts=accounts)
    async with Simulation(options) as served:
        yield served


async def test_a_token_server_that_never_answers_stalls_nobody_else(
    simulation: Simulation, database: Database
) -> None:
    clock, stopping = SystemClock(), anyio.Event()
    simulation.faults.add("hang", region="Europe", **TOKEN)
    polled = anyio.Event()

    async def watch() -> None:
        while [one["event"] for one in lines].count("poll.completed") < 2:
            await anyio.sleep(0.05)
        polled.set()

    with capture_logs() as lines:
        guard = Guard(clock, logs.get_logger())
        async with httpx.AsyncClient(trust_env=False) as http, anyio.create_task_group() as group:
            workshop = Workshop(database=database, clock=clock, http=http)
            group.start_soon(watch)
            for region in REGIONS:
                spec = spec_of(simulation, region)
                task = await workshop.account(spec, frozenset({spec.key}))
                poller = RegionPoller(region, [task], clock=clock, guard=guard)
                group.start_soon(poller.run, stopping)
            with anyio.move_on_after(15):
                await polled.wait()
            group.cancel_scope.cancel()
    assert polled.is_set(), "the other region does not poll"
    assert {one["region"] for one in lines if one["event"] == "poll.completed"} == {"FarEast"}
    assert len(simulation.journal.of("token", "Europe")) == 1, "one refresh, whoever waits"
    assert simulation.journal.of("searchOrders", "Europe") == []
