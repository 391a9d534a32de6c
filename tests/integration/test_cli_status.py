"""`fvsamazon status`, run as users run it, on real files."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from fvsamazon.clock import SystemClock, to_micros
from fvsamazon.poller.quota import SEARCH, Quota
from fvsamazon.store import accounts, coverage
from fvsamazon.store.lock import DaemonLock
from support.commands import SETTINGS, environment, fvsamazon_run, settings_file
from support.recorded import account_id, record, recorded
from support.recorded import order as order_document

if TYPE_CHECKING:
    from pathlib import Path

    from fvsamazon.store.database import Database

FIELDS = {
    "state",
    "reason",
    "token_valid_until",
    "cursor",
    "last_poll",
    "lag_seconds",
    "orders",
    "quota_tokens",
}
STATES = ["not_due", "due", "sending", "in_doubt", "booked", "held", "failed", "skipped"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    settings_file(tmp_path)
    return tmp_path / "fvsamazon.db"


async def put(database: Database, region: str, name: str, **values: Any) -> None:
    async with database.transaction() as tx:
        await accounts.update(tx, await account_id(database, region, name), values)


async def moved(database: Database, region: str, name: str, ago: float) -> datetime:
    """Let the live search have come to `ago` seconds before now."""
    mark = (datetime.now(UTC) - timedelta(seconds=ago)).replace(microsecond=0)
    row = coverage.CoverageRow(coverage.ALL, to_micros(mark), to_micros(mark), None, None)
    async with database.transaction() as tx:
        await coverage.save(tx, await account_id(database, region, name), [row])
    return mark


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_without_a_database_every_account_is_starting(path: Path) -> None:
    told = await fvsamazon_run("status", folder=path.parent)
    assert told.code == 0
    assert "there is no database" in told.out
    answer = (await fvsamazon_run("status", "--json", folder=path.parent)).json
    assert answer["database"] == str(path)
    assert (answer["database_exists"], answer["daemon_running"], answer["ok"]) == (False,) * 3
    assert answer["regions"]["NorthAmerica"]["state"] == "off"
    assert answer["regions"]["Europe"]["accounts"]["main"]["state"] == "starting"
    assert list(answer["regions"]["FarEast"]["accounts"]) == ["au", "jp"]
    assert not path.exists()


async def test_the_contract_s_keys_are_there(path: Path) -> None:
    async with recorded(path):
        pass
    answer = (await fvsamazon_run("status", "--json", folder=path.parent)).json
    assert list(answer["regions"]) == ["NorthAmerica", "Europe", "FarEast"]
    for region in answer["regions"].values():
        assert region.keys() > FIELDS
        for account in region["accounts"].values():
            assert account.keys() >= FIELDS
    assert list(answer["deliveries"]) == STATES
    assert set(answer["deliveries"].values()) == {0}


async def test_a_region_is_as_bad_as_its_worst_account(path: Path) -> None:
    async with recorded(path) as database:
        await put(database, "FarEast", "jp", state="ok")
        await put(database, "FarEast", "au", state="attention", reason="revoked")
        early = await moved(database, "FarEast", "jp", 5_000)
        late = await moved(database, "FarEast", "au", 130)
        ends = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=30)
        jp = await account_id(database, "FarEast", "jp")
        await accounts.save_token(database, jp, b"sealed", to_micros(ends))
        await Quota(database, SystemClock(), jp).take(SEARCH)
        await record(database, order_document(1), region="FarEast", name="jp")
        await record(database, order_document(2), region="FarEast", name="au")
    answer = (await fvsamazon_run("status", "--json", folder=path.parent)).json
    region = answer["regions"]["FarEast"]
    jp_told, au_told = region["accounts"]["jp"], region["accounts"]["au"]
    assert (region["state"], region["reason"]) == ("attention", "revoked")
    assert (jp_told["cursor"], au_told["cursor"]) == (iso(early), iso(late))
    assert region["cursor"] == iso(early)
    assert region["lag_seconds"] == pytest.approx(5_000, abs=60)
    assert region["orders"] == 2
    assert jp_told["token_valid_until"] == iso(ends)
    assert region["token_valid_until"] is None  # one account has none
    assert region["quota_tokens"] == jp_told["quota_tokens"] < au_told["quota_tokens"] == 20


async def test_lag_is_measured_by_amazon_s_clock(path: Path) -> None:
    async with recorded(path) as database:
        await moved(database, "Europe", "main", 10_000)
        await put(database, "Europe", "main", clock_offset=-9_900_000_000)
    answer = (await fvsamazon_run("status", "--json", folder=path.parent)).json
    assert answer["regions"]["Europe"]["lag_seconds"] == pytest.approx(100, abs=60)


async def test_what_the_settings_leave_out_is_off_and_what_they_add_is_starting(
    path: Path,
) -> None:
    async with recorded(path) as database:
        await put(database, "FarEast", "jp", state="ok")
        await put(database, "Europe", "main", state="ok")
    settings_file(
        path.parent,
        {
            "FVSAMAZON_EUROPE__CLIENT_ID": "id",
            "FVSAMAZON_EUROPE__CLIENT_SECRET": "secret",
            "FVSAMAZON_EUROPE__REFRESH_TOKEN": "Atzr|europe",
            "FVSAMAZON_EUROPE__ACCOUNTS__GULF__REFRESH_TOKEN": "Atzr|gulf",
        },
    )
    regions = (await fvsamazon_run("status", "--json", folder=path.parent)).json["regions"]
    assert regions["FarEast"]["state"] == "off"
    assert {name: a["state"] for name, a in regions["Europe"]["accounts"].items()} == {
        "main": "ok",
        "gulf": "starting",
    }


async def test_secrets_that_only_the_service_is_handed_are_not_needed(path: Path) -> None:
    settings_file(
        path.parent,
        {
            "FVSAMAZON_EUROPE__CLIENT_ID": "id",
            "FVSAMAZON_FAREAST__CLIENT_ID": "id",
            "FVSAMAZON_FAREAST__ACCOUNTS__JP__MARKETPLACES": "JP",
        },
    )
    empty = (await fvsamazon_run("status", "--json", folder=path.parent)).json["regions"]
    assert {name: region["state"] for name, region in empty.items()} == {
        "NorthAmerica": "off",
        "Europe": "starting",
        "FarEast": "starting",
    }
    async with recorded(path) as database:
        for region, name in (("Europe", "main"), ("FarEast", "jp"), ("FarEast", "au")):
            await put(database, region, name, state="ok")
            await moved(database, region, name, 130)
        await record(database, order_document(1))
        lock = DaemonLock.acquire(path)
        well = await fvsamazon_run("status", "--check", folder=path.parent)
        lock.release()
    assert well.code == 0
    assert "3 accounts, 1 order," in well.out
    for command in (["list"], ["export"], ["show", "305-0000000-0000001"]):
        assert (await fvsamazon_run("orders", *command, folder=path.parent)).code == 0
    # what asks Amazon does need them, and says so
    assert (await fvsamazon_run("orders", "fetch", "1", folder=path.parent)).code == 78
    assert (await fvsamazon_run("check", folder=path.parent)).code == 1


async def test_the_table_shows_accounts_history_and_reasons_harmlessly(path: Path) -> None:
    now = datetime.now(UTC)
    async with recorded(path) as database:
        main = await account_id(database)
        await put(
            database,
            "Europe",
            "main",
            state="failing",
            reason="odd \x1b[2J [bold]reason",
            history_density=0.001,
            quiet_since=to_micros(now),
        )
        row = coverage.CoverageRow(
            coverage.ALL,
            to_micros(now),
            to_micros(now),
            to_micros(now - timedelta(days=3)),
            to_micros(now - timedelta(days=30)),
        )
        async with database.transaction() as tx:
            await coverage.save(tx, main, [row])
        await record(database, order_document(1), {**order_document(2), "orderItems": 5})
    told = (await fvsamazon_run("status", folder=path.parent)).out
    assert "Europe/main: odd \\x1b[2J [bold]reason" in told
    assert "\x1b" not in told
    assert "history read back to" in told
    assert "left" in told
    assert "no order for much longer than usual" in told
    assert "1 order could not be read" in told
    assert "NorthAmerica" in told


async def test_check_answers_by_the_state_of_things(path: Path) -> None:
    missing = await fvsamazon_run("status", "--check", folder=path.parent)
    assert missing.code == 3
    assert missing.out.startswith("FVSAMAZON UNKNOWN - there is no database")
    async with recorded(path) as database:
        for region, name in (("Europe", "main"), ("FarEast", "jp"), ("FarEast", "au")):
            await put(database, region, name, state="ok")
            await moved(database, region, name, 130)
        stopped = await fvsamazon_run("status", "--check", folder=path.parent)
        assert stopped.code == 2
        assert "the daemon is not running" in stopped.out
        lock = DaemonLock.acquire(path)
        try:
            well = await fvsamazon_run("status", "--check", folder=path.parent)
            assert (well.code, well.out.count("\n")) == (0, 1)
            assert well.out.startswith("FVSAMAZON OK - 3 accounts, 0 orders, lag 2 min")
            assert "| 'Europe/main lag'=" in well.out
            answer = (await fvsamazon_run("status", "--json", folder=path.parent)).json
            assert (answer["daemon_running"], answer["ok"]) == (True, True)
            await put(database, "FarEast", "jp", state="attention", reason="revoked")
            bad = await fvsamazon_run("status", "--check", folder=path.parent)
            assert bad.code == 2
            assert "FarEast/jp needs a person: revoked" in bad.out
        finally:
            lock.release()


async def test_a_credential_near_its_end_is_told(path: Path) -> None:
    today = datetime.now(UTC).date()
    dates = {
        "FVSAMAZON_EUROPE__CLIENT_SECRET_ISSUED": (today - timedelta(days=168)).isoformat(),
        "FVSAMAZON_EUROPE__REFRESH_TOKEN_ISSUED": (today - timedelta(days=370)).isoformat(),
    }
    settings_file(path.parent, {**SETTINGS, **dates})
    async with recorded(path):
        pass
    told = (await fvsamazon_run("status", "--json", folder=path.parent)).json["credentials"]
    assert [(entry["setting"], entry["days"] < 0) for entry in told] == [
        ("FVSAMAZON_EUROPE__REFRESH_TOKEN", True),
        ("FVSAMAZON_EUROPE__CLIENT_SECRET", False),
    ]
    assert (told[1]["region"], told[1]["account"]) == ("Europe", "main")
    ends = (today + timedelta(days=12)).isoformat()
    assert told[1]["expires"] == ends
    page = " ".join((await fvsamazon_run("status", folder=path.parent)).out.split())
    assert f"FVSAMAZON_EUROPE__CLIENT_SECRET: Amazon accepts it until {ends}, 11 d" in page
    assert "FVSAMAZON_EUROPE__REFRESH_TOKEN: Amazon accepts it only until" in page
    line = await fvsamazon_run("status", "--check", folder=path.parent)
    assert "FVSAMAZON_EUROPE__CLIENT_SECRET" in line.out
    answer = await fvsamazon_run("check", "--offline", "--json", folder=path.parent)
    rows = [row for row in answer.json["rows"] if row["check"] == "credential"]
    assert [row["state"] for row in rows] == ["warn", "warn"]
    assert "_ISSUED" in rows[0]["remedy"]


async def test_the_end_of_a_token_that_the_service_alone_is_handed_is_told(path: Path) -> None:
    values = {k: v for k, v in SETTINGS.items() if "TOKEN" not in k}
    settings_file(path.parent, values)
    async with recorded(path) as database:
        long_ago = to_micros(datetime.now(UTC) - timedelta(days=340))
        await put(database, "Europe", "main", token_seen_at=long_ago)
    told = (await fvsamazon_run("status", "--json", folder=path.parent)).json["credentials"]
    assert [entry["setting"] for entry in told] == ["FVSAMAZON_EUROPE__REFRESH_TOKEN"]


def test_asking_for_the_daemon_never_stops_one_from_starting(path: Path) -> None:
    DaemonLock.acquire(path).release()
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            DaemonLock.held(path)

    asker = threading.Thread(target=ask)
    asker.start()
    try:
        for _ in range(3_000):
            DaemonLock.acquire(path).release()
    finally:
        done.set()
        asker.join()


async def test_check_says_unknown_for_whatever_it_cannot_find_out(path: Path) -> None:
    async with recorded(path) as database, database.transaction() as tx:
        await tx.execute("update meta set value = '99' where key = 'compatible_version'")
    newer = await fvsamazon_run("status", "--check", folder=path.parent)
    assert newer.code == 3
    assert "newer fvsamazon" in newer.out
    path.write_bytes(b"this is no database at all, however long it may be " * 40)
    damaged = await fvsamazon_run("status", "--check", folder=path.parent)
    assert damaged.code == 3
    assert "UNKNOWN" in damaged.out
    settings_file(path.parent, {"FVSAMAZON_NONSENSE": "1"})
    unset = await fvsamazon_run("status", "--check", folder=path.parent)
    assert unset.code == 3
    assert "FVSAMAZON_NONSENSE" in unset.out
    lost = await fvsamazon_run(
        "--env-file", "/nowhere.env", "status", "--check", folder=path.parent
    )
    assert lost.code == 3


async def test_without_check_faults_have_the_contract_s_codes(path: Path) -> None:
    async with recorded(path) as database, database.transaction() as tx:
        await tx.execute("update meta set value = '99' where key = 'compatible_version'")
    assert (await fvsamazon_run("status", folder=path.parent)).code == 78
    settings_file(path.parent, {"FVSAMAZON_NONSENSE": "1"})
    assert (await fvsamazon_run("status", folder=path.parent)).code == 78


async def test_watch_wants_a_terminal(path: Path) -> None:
    told = await fvsamazon_run("status", "--watch", folder=path.parent)
    assert told.code == 2
    assert "terminal" in told.err


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], ["pydantic_settings", "aiosqlite", "anyio"]),
        (["status"], []),
        (["status", "--check"], ["rich.table"]),
    ],
)
async def test_answers_load_little(path: Path, arguments: list[str], heavy: list[str]) -> None:
    async with recorded(path):
        pass
    never = ["httpx", "cryptography", "starlette", "uvicorn", "structlog", "msgspec", *heavy]
    program = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print('LOADED', [m for m in {never} if m in sys.modules]))\n"
        f"sys.argv = ['fvsamazon', *{arguments}]\n"
        "from fvsamazon.cli import main\n"
        "main()\n"
    )
    process = await anyio.run_process(
        [sys.executable, "-c", program], cwd=path.parent, env=environment(), check=False
    )
    assert b"LOADED []" in process.stdout
