"""`fvsamazon check` and `orders fetch`, run as users run them, against the simulated Amazon."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from fvsamazon.clock import SystemClock, to_micros
from fvsamazon.poller.quota import GET, PARTICIPATIONS, SEARCH, Quota
from fvsamazon.simulator import Simulation, SimulationOptions, account
from fvsamazon.store import accounts, schema
from fvsamazon.store.database import Database
from support.commands import Result, fvsamazon_run, settings_file

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

WHERE = {"Europe/main": ("Europe", "main"), "Europe/gulf": ("Europe", "gulf")}


@pytest.fixture
async def amazon() -> AsyncIterator[Simulation]:
    options = SimulationOptions(
        orders=60,
        live_rate=0.05,
        tomorrow=False,
        rate_factor=1.0,
        accounts=(
            account("Europe", codes="DE FR", roles={"D2C", "TAX"}),
            account("Europe", "gulf", "AE SA"),
        ),
    )
    async with Simulation(options) as simulation:
        yield simulation


@pytest.fixture
def folder(tmp_path: Path, amazon: Simulation) -> Path:
    settings_file(tmp_path, {k: v for k, v in amazon.settings().items() if "FINVALDA" not in k})
    return tmp_path


async def taken_up(folder: Path) -> None:
    """Make the database that a daemon would have made."""
    database = await Database.open(folder / "fvsamazon.db", create=True)
    try:
        await schema.migrate(database)
        for region, name in WHERE.values():
            await accounts.ensure(
                database,
                region=region,
                name=name,
                refresh_token=name,
                client_secret="x",
                configured=frozenset(WHERE.values()),
                now=to_micros(SystemClock().now()),
            )
    finally:
        await database.close()


async def spent(folder: Path, operation: str) -> None:
    """Empty one bucket of every account."""
    database = await Database.open(folder / "fvsamazon.db", create=False)
    try:
        for row in await accounts.all_accounts(database):
            await Quota(database, SystemClock(), row.id).throttled(operation)
    finally:
        await database.close()


def asked(amazon: Simulation) -> list[str]:
    """Return what the API was asked, Login with Amazon aside."""
    return [call.operation for call in amazon.journal.calls if call.operation != "token"]


def states(result: Result, where: str = "Europe/main") -> dict[str, str]:
    return {
        row["check"]: row["state"]
        for row in result.json["rows"]
        if (row["region"], row["account"]) in {WHERE[where], (None, None)}
    }


def row_of(result: Result, check: str, where: str = "Europe/main") -> dict[str, Any]:
    found: dict[str, Any] = next(
        row
        for row in result.json["rows"]
        if row["check"] == check and (row["region"], row["account"]) == WHERE[where]
    )
    return found


async def test_all_is_well_without_a_database_and_none_is_made(
    folder: Path, amazon: Simulation
) -> None:
    told = await fvsamazon_run("check", "--json", folder=folder)
    assert told.code == 0
    assert states(told) == {
        "settings": "ok",
        "database": "ok",
        "disk": "ok",
        "token": "ok",
        "marketplaces": "ok",
        "orders": "ok",
        "roles": "ok",
        "clock": "ok",
    }
    assert row_of(told, "marketplaces")["detail"] == "sells in DE, FR"
    assert [path.name for path in folder.iterdir()] == ["settings.env"]
    assert sorted(asked(amazon)) == 2 * [PARTICIPATIONS] + 2 * [SEARCH]


async def test_no_personal_data_and_no_secret_is_shown(folder: Path, amazon: Simulation) -> None:
    told = await fvsamazon_run("check", folder=folder, FVSAMAZON_LOG_LEVEL="debug")
    for name, value in amazon.settings().items():
        if "SECRET" in name or "TOKEN" in name:
            assert value not in told.out + told.err
    assert "Atza|" not in told.out + told.err


async def test_offline_asks_nobody(folder: Path, amazon: Simulation) -> None:
    told = await fvsamazon_run("check", "--offline", "--json", folder=folder)
    assert told.code == 0
    assert list(states(told)) == ["settings", "database", "disk"]
    assert amazon.journal.calls == ()


async def test_bad_settings_are_rows_and_a_failure(folder: Path) -> None:
    settings_file(folder, {"FVSAMAZON_LOG_LEVEL": "loud", "FVSAMAZON_EUROP": "x"})
    told = await fvsamazon_run("check", "--json", folder=folder)
    assert told.code == 1
    assert {(row["check"], row["state"]) for row in told.json["rows"]} == {("settings", "fail")}
    assert len(told.json["rows"]) == 2


async def test_no_region_is_a_failure_with_a_remedy(folder: Path) -> None:
    settings_file(folder, {})
    told = await fvsamazon_run("check", "--json", folder=folder)
    assert told.code == 1
    failed = [row for row in told.json["rows"] if row["state"] == "fail"]
    assert [row["detail"] for row in failed] == ["no region is on"]
    assert "CLIENT_ID" in failed[0]["remedy"]


@pytest.mark.parametrize(
    ("fault", "check", "state", "word"),
    [
        ({"kind": "revoked_refresh_token"}, "token", "fail", "authorise the application again"),
        (
            {"kind": "lwa_error", "error": "invalid_client", "status": 401},
            "token",
            "fail",
            "client secret",
        ),
        ({"kind": "reset", "operation": "token"}, "token", "fail", "network"),
        (
            {"kind": "forbidden", "operation": "getMarketplaceParticipations"},
            "marketplaces",
            "warn",
            "Selling Partner Insights",
        ),
        (
            {"kind": "throttle", "operation": "getMarketplaceParticipations"},
            "marketplaces",
            "warn",
            "another program",
        ),
        ({"kind": "forbidden", "operation": "searchOrders"}, "orders", "fail", "role"),
        ({"kind": "throttle", "operation": "searchOrders"}, "orders", "warn", "another program"),
        ({"kind": "error_503", "operation": "searchOrders"}, "orders", "fail", "network"),
        ({"kind": "unreadable_order", "how": "items"}, "orders", "warn", "set aside"),
    ],
)
async def test_a_fault_is_told_for_its_account_alone(
    folder: Path, amazon: Simulation, fault: dict[str, Any], check: str, state: str, word: str
) -> None:
    amazon.faults.add(**fault, region="Europe", account="gulf")
    told = await fvsamazon_run("check", "--json", folder=folder)
    assert told.code == (1 if state == "fail" else 0)
    row = row_of(told, check, "Europe/gulf")
    assert row["state"] == state
    assert word in row["remedy"]
    assert set(states(told).values()) == {"ok"}


async def test_an_empty_quota_is_reported_and_not_waited_for(
    folder: Path, amazon: Simulation
) -> None:
    await taken_up(folder)
    await spent(folder, SEARCH)
    await spent(folder, PARTICIPATIONS)
    told = await fvsamazon_run("check", "--json", folder=folder)
    assert told.code == 0
    for check in ("marketplaces", "orders"):
        assert row_of(told, check)["state"] == "warn"
        assert "used up" in row_of(told, check)["detail"]
    assert asked(amazon) == []


async def test_requests_are_paid_from_the_daemon_s_own_buckets(folder: Path) -> None:
    await taken_up(folder)
    await fvsamazon_run("check", folder=folder)
    with sqlite3.connect(folder / "fvsamazon.db") as connection:
        rows = connection.execute("select operation, tokens, pending from bucket").fetchall()
    connection.close()
    assert sorted({row[0] for row in rows}) == [PARTICIPATIONS, SEARCH]
    assert all(tokens < {SEARCH: 20, PARTICIPATIONS: 15}[name] for name, tokens, _ in rows)
    assert {row[2] for row in rows} == {0}


async def test_a_database_that_cannot_be_used_keeps_amazon_out_of_it(
    folder: Path, amazon: Simulation
) -> None:
    await taken_up(folder)
    with sqlite3.connect(folder / "fvsamazon.db") as connection:
        connection.execute("update meta set value = '99' where key = 'compatible_version'")
    connection.close()
    told = await fvsamazon_run("check", "--json", folder=folder)
    assert told.code == 1
    found = states(told)
    assert (found["database"], found["token"]) == ("fail", "ok")
    assert "orders" not in found
    assert asked(amazon) == []


async def test_both_secrets_of_a_rotation_are_tested(folder: Path, amazon: Simulation) -> None:
    settings_file(folder, amazon.settings(rotation=True))
    amazon.faults.add("rotated_secret")
    told = await fvsamazon_run("check", "--json", folder=folder)
    assert row_of(told, "token")["state"] == "warn"
    assert "CLIENT_SECRET_NEXT works" in row_of(told, "token")["detail"]
    amazon.faults.clear()
    settings_file(
        folder, amazon.settings(), FVSAMAZON_EUROPE__CLIENT_SECRET_NEXT="amzn1.oa2-cs.v1.wrong"
    )
    told = await fvsamazon_run("check", "--json", folder=folder)
    assert "CLIENT_SECRET_NEXT is refused" in row_of(told, "token")["detail"]


async def test_a_clock_that_is_off_is_told(folder: Path, amazon: Simulation) -> None:
    amazon.faults.add("clock_skew", seconds=300)
    told = await fvsamazon_run("check", "--json", folder=folder)
    clock = next(row for row in told.json["rows"] if row["check"] == "clock")
    assert clock["state"] == "warn"
    assert "NTP" in clock["remedy"]


async def test_the_table_names_account_state_and_remedy(folder: Path, amazon: Simulation) -> None:
    amazon.faults.add("revoked_refresh_token", region="Europe", account="gulf")
    told = await fvsamazon_run("check", folder=folder, FVSAMAZON_LANGUAGE="lt")
    assert told.code == 1
    assert "Europe/gulf" in told.out
    assert "-> " in told.out
    assert "parduoda: DE, FR" in told.out


async def known_id(amazon: Simulation, name: str) -> str:
    return next(amazon.amazon.truth("Europe", name)).order_id


async def test_fetch_finds_the_account_that_knows_the_order(
    folder: Path, amazon: Simulation
) -> None:
    await taken_up(folder)
    one, other = await known_id(amazon, "main"), await known_id(amazon, "gulf")
    told = await fvsamazon_run("orders", "fetch", other, one, folder=folder)
    assert told.code == 0
    assert f"{other}: Europe/gulf: recorded, new" in told.out
    assert f"{one}: Europe/main: recorded, new" in told.out
    shown = (await fvsamazon_run("orders", "show", other, "--json", folder=folder)).json
    assert (shown["account"], shown["order_id"]) == ("gulf", other)
    before = len(amazon.journal.of("getOrder"))
    again = await fvsamazon_run("orders", "fetch", other, folder=folder)
    assert "recorded before" in again.out
    # the account that holds it is asked first
    assert len(amazon.journal.of("getOrder")) == before + 1


async def test_fetch_ends_with_1_when_nobody_knows_an_order(
    folder: Path, amazon: Simulation
) -> None:
    await taken_up(folder)
    one = await known_id(amazon, "main")
    told = await fvsamazon_run("orders", "fetch", "305-0000000-0000000", one, folder=folder)
    assert told.code == 1
    assert "305-0000000-0000000: no such order in Europe/main, Europe/gulf" in told.err
    assert f"{one}: Europe/main: recorded" in told.out
    only = await fvsamazon_run("orders", "fetch", one, "--account", "gulf", folder=folder)
    assert (only.code, "no such order in Europe/gulf" in only.err) == (1, True)


async def test_fetch_tries_again_with_a_fresh_token(folder: Path, amazon: Simulation) -> None:
    await taken_up(folder)
    one = await known_id(amazon, "main")
    amazon.faults.add("expired_access_token", operation="getOrder", account="main")
    told = await fvsamazon_run("orders", "fetch", one, "--account", "main", folder=folder)
    assert told.code == 0
    assert [call.status for call in amazon.journal.of("getOrder")] == [403, 200]


async def test_fetch_waits_for_the_quota_and_causes_no_429(
    folder: Path, amazon: Simulation
) -> None:
    await taken_up(folder)
    await spent(folder, GET)
    one = await known_id(amazon, "main")
    told = await fvsamazon_run("orders", "fetch", one, "--account", "main", folder=folder)
    assert told.code == 0
    assert amazon.journal.self_inflicted == 0


async def test_fetch_of_an_order_that_cannot_be_read_says_so(
    folder: Path, amazon: Simulation
) -> None:
    await taken_up(folder)
    one = await known_id(amazon, "main")
    amazon.faults.add("unreadable_order", how="items")
    told = await fvsamazon_run("orders", "fetch", one, folder=folder)
    assert told.code == 1
    assert "could not be read" in told.err


async def test_fetch_leaves_accounts_alone_that_no_daemon_has_taken_up(
    folder: Path, amazon: Simulation
) -> None:
    database = await Database.open(folder / "fvsamazon.db", create=True)
    await schema.migrate(database)
    await database.close()
    one = await known_id(amazon, "main")
    told = await fvsamazon_run("orders", "fetch", one, folder=folder)
    assert told.code == 1
    assert "start or reload the daemon" in told.err
    assert amazon.journal.calls == ()
