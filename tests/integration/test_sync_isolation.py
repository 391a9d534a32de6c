"""`sync` and `orders fetch`: a bug in one account, settings that no daemon has read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from fvsamazon import events
from fvsamazon.assembly import rules_in_force
from fvsamazon.cli.sync import _sync
from fvsamazon.cli.sync_delivery import MOST_BUGS
from fvsamazon.delivery.worker import DeliveryWorker
from fvsamazon.errors import StoreCorrupt, StoreUnavailable
from fvsamazon.poller.account import AccountPoller
from fvsamazon.poller.build import Workshop
from fvsamazon.retention import Purger
from fvsamazon.settings import load
from fvsamazon.simulator import Simulation, SimulationOptions, account
from support.commands import fvsamazon_run, settings_file

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from fvsamazon.poller.build import AccountSpec
    from fvsamazon.settings import Settings


@pytest.fixture
async def amazon() -> AsyncIterator[Simulation]:
    accounts = (account("Europe", codes="DE"), account("FarEast", codes="JP"))
    options = SimulationOptions(orders=20, backlog_days=2, live_rate=0.0, seed=3, accounts=accounts)
    async with Simulation(options) as simulation:
        yield simulation


@pytest.fixture
def given(amazon: Simulation, tmp_path: Path) -> dict[str, str]:
    found = {k: v for k, v in amazon.settings().items() if "FINVALDA" not in k}
    return {**found, "FVSAMAZON_DATABASE": str(tmp_path / "fvsamazon.db")}


@pytest.fixture
def settings(given: dict[str, str], tmp_path: Path) -> Settings:
    return load(settings_file(tmp_path, given), {}).settings


def of(lines: Any, event: str) -> list[Any]:
    return [line for line in lines if line["event"] == event]


def strike(monkeypatch: pytest.MonkeyPatch, region: str, error: Exception) -> None:
    """Let every step of one region's accounts fail."""
    real = AccountPoller.step

    async def step(self: AccountPoller) -> float:
        if self._account.region == region:
            raise error
        return await real(self)

    monkeypatch.setattr(AccountPoller, "step", step)


async def test_a_pass_that_cannot_begin_leaves_no_client_open(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second account's row cannot be made: what the first was given is closed all the same."""
    made: list[httpx.AsyncClient] = []
    taken_up = Workshop.account

    async def account_of(self: Workshop, spec: AccountSpec, *more: Any, **named: Any) -> Any:
        made.append(self.http)
        if spec.region == "FarEast":
            raise StoreUnavailable("the disk is full")
        return await taken_up(self, spec, *more, **named)

    monkeypatch.setattr(Workshop, "account", account_of)
    with pytest.raises(StoreUnavailable):
        await _sync(settings, (), rules_in_force(settings), deliver=False)
    assert len(made) == 2
    assert all(client.is_closed for client in made)


async def test_a_bug_in_one_account_leaves_a_pass_to_the_others(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    strike(monkeypatch, "Europe", KeyError("a bug"))
    with capture_logs() as lines:
        results, _ = await _sync(settings, (), rules_in_force(settings), deliver=True)
    assert {(r.region, r.name): r.ok for r in results} == {
        ("Europe", "main"): False,
        ("FarEast", "main"): True,
    }
    assert "KeyError" in str([r.reason for r in results if not r.ok])
    [told] = of(lines, events.REGION_FAILED)
    assert (told["region"], told["account"]) == ("Europe", "main")
    assert told["exc_info"]
    assert len(of(lines, events.SYNC_COMPLETED)) == 1
    with closing(sqlite3.connect(settings.database)) as database:
        regions = {row[0] for row in database.execute("select region from orders")}
    assert regions == {"FarEast"}


async def test_a_bug_in_the_purge_leaves_the_pass_to_the_accounts(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def step(_self: Purger) -> float:
        raise KeyError("a bug")

    monkeypatch.setattr(Purger, "step", step)
    with capture_logs() as lines:
        results, _ = await _sync(settings, (), rules_in_force(settings), deliver=True)
    assert sorted(r.ok for r in results) == [False, True, True]
    assert of(lines, events.TASK_FAILED)[0]["task"] == "retention"


@pytest.mark.parametrize("trouble", [StoreUnavailable("the disk is full"), StoreCorrupt("damaged")])
async def test_the_stores_trouble_ends_a_pass(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    strike(monkeypatch, "Europe", trouble)
    with pytest.raises(BaseExceptionGroup) as told:
        await _sync(settings, (), rules_in_force(settings), deliver=True)
    assert told.group_contains(type(trouble), depth=1)


async def test_a_delivery_that_meets_nothing_but_bugs_is_given_up(
    amazon: Simulation, given: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finvalda = {k: v for k, v in amazon.settings().items() if "FINVALDA" in k}
    settings = load(settings_file(tmp_path, {**given, **finvalda}), {}).settings
    left = [7]

    async def step(_self: DeliveryWorker) -> float:
        left[0] -= 1
        if left[0]:
            raise KeyError("a bug")
        return 2.0

    async def idle(_self: DeliveryWorker) -> bool:
        return True

    monkeypatch.setattr(DeliveryWorker, "step", step)
    monkeypatch.setattr(DeliveryWorker, "idle", idle)
    rules = rules_in_force(settings)
    with capture_logs() as lines:
        results, delivered = await _sync(settings, (), rules, deliver=True)
        assert len(of(lines, events.TASK_FAILED)) == 6
        left[0] = -1
        _, given_up = await _sync(settings, (), rules, deliver=True)
    assert all(result.ok for result in results)
    assert not delivered.ok
    assert not given_up.ok
    assert len(of(lines, events.TASK_FAILED)) == 6 + MOST_BUGS


async def test_fetch_takes_no_account_up_that_the_daemon_has_not(
    given: dict[str, str], tmp_path: Path
) -> None:
    settings_file(tmp_path, given)
    assert (await fvsamazon_run("sync", folder=tmp_path)).code == 0
    settings_file(tmp_path, {k: v for k, v in given.items() if "FAREAST" not in k})
    assert (await fvsamazon_run("sync", folder=tmp_path)).code == 0
    # Edited, and not reloaded: the region is named again, Europe's refresh token is another.
    settings_file(tmp_path, given, FVSAMAZON_EUROPE__REFRESH_TOKEN="Atzr|issued-anew")

    def rows() -> list[Any]:
        with closing(sqlite3.connect(given["FVSAMAZON_DATABASE"])) as database:
            sql = "select region, name, active, hex(token_hash), token_seen_at from account"
            return sorted(database.execute(sql))

    before = rows()
    assert [(row[0], row[2]) for row in before] == [("Europe", 1), ("FarEast", 0)]
    one = await fvsamazon_run("orders", "fetch", "305-0000000-0000001", folder=tmp_path)
    assert one.code == 1
    far = await fvsamazon_run(
        "orders", "fetch", "305-0000000-0000001", "--region", "FarEast", folder=tmp_path
    )
    assert far.code == 1
    assert "reload the daemon" in far.err
    assert rows() == before
