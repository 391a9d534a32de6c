"""`fvsamazon orders list|show|export`, run as users run them, on real files."""

from __future__ import annotations

import csv
import io
import json
import shlex
import sys
import tracemalloc
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from fvsamazon.cli.order_export import as_object, csv_writer
from fvsamazon.store import orders
from support.commands import environment, fvsamazon_run, settings_file
from support.recorded import NOON, order, record, recorded

if TYPE_CHECKING:
    from pathlib import Path

KEYS = [
    "region",
    "account",
    "order_id",
    "marketplace_id",
    "status",
    "fulfilled_by",
    "created_time",
    "last_updated_time",
    "currency",
    "grand_total",
    "items",
    "delivery",
]
ID = "305-0000000-0000001"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    settings_file(tmp_path)
    return tmp_path


async def listed(folder: Path, *options: str) -> list[str]:
    rows = (await fvsamazon_run("orders", "list", "--json", *options, folder=folder)).json
    return [row["order_id"][-2:] for row in rows]


async def test_list_shows_the_newest_first_and_filters(folder: Path) -> None:
    pending = {"fulfillmentStatus": "PENDING", "fulfilledBy": "AMAZON"}
    async with recorded(folder / "fvsamazon.db") as database:
        await record(database, order(1), order(2, hours=2), order(3, hours=1, fulfillment=pending))
        await record(database, order(4, hours=3), region="FarEast", name="jp")
        await record(database, order(5, hours=4), region="FarEast", name="au")
    assert await listed(folder) == ["05", "04", "02", "03", "01"]
    assert await listed(folder, "--limit", "2") == ["05", "04"]
    assert await listed(folder, "--region", "fareast", "--account", "JP") == ["04"]
    assert await listed(folder, "--status", "pending") == ["03"]
    assert await listed(folder, "--since", "2026-11-20T15:00:00+01:00") == ["05", "04", "02"]
    table = (await fvsamazon_run("orders", "list", "--limit", "2", folder=folder)).out
    assert "305-0000000-0000005" in table
    assert "29.80 EUR" in table
    assert "--limit shows more" in table


async def test_list_unreadable_says_why(folder: Path) -> None:
    async with recorded(folder / "fvsamazon.db") as database:
        await record(database, {**order(1), "orderItems": "x"}, order(2))
    rows = (await fvsamazon_run("orders", "list", "--unreadable", "--json", folder=folder)).json
    assert [(row["order_id"], row["account"], row["fetchable"]) for row in rows] == [
        (ID, "main", True)
    ]
    told = (await fvsamazon_run("orders", "list", "--unreadable", folder=folder)).out
    assert rows[0]["reason"] in told
    other = await fvsamazon_run(
        "orders", "list", "--unreadable", "--region", "FarEast", folder=folder
    )
    assert "Every order could be read." in other.out


async def test_show_tells_lines_history_and_why_not_booked(folder: Path) -> None:
    later = "2026-11-20T13:00:00.250Z"
    touched = "2026-11-20T14:00:00Z"
    cancelled = {"fulfillmentStatus": "CANCELLED", "fulfilledBy": "MERCHANT"}
    async with recorded(folder / "fvsamazon.db") as database:
        for seen, version in enumerate(
            [
                order(1),
                order(1, lastUpdatedTime=later, fulfillment=cancelled),
                order(1, lastUpdatedTime=touched, fulfillment=cancelled),
            ]
        ):
            await record(database, version, seen=NOON + timedelta(days=1, minutes=seen))
    answer = (await fvsamazon_run("orders", "show", ID, "--json", folder=folder)).json
    assert [(v["change"], v["status"], v["last_updated_time"]) for v in answer["history"]] == [
        ("new", "SHIPPED", "2026-11-20T12:00:00Z"),
        ("changed", "CANCELLED", later),
        ("touched", "CANCELLED", touched),
    ]
    assert answer["items"][0]["sku"] == "SKU-1"
    assert "cancelled at Amazon; booking is not set up:" in answer["why_not_booked"]
    told = (await fvsamazon_run("orders", "show", ID, folder=folder)).out
    assert answer["why_not_booked"] in told
    assert "touched" in told
    assert "Thing" in told
    lithuanian = await fvsamazon_run("orders", "show", ID, folder=folder, FVSAMAZON_LANGUAGE="lt")
    assert "neįtraukta į Finvaldą: užsakymas „Amazon“ sistemoje atšauktas" in lithuanian.out


async def test_show_says_what_to_do_about_an_order_that_is_not_there(folder: Path) -> None:
    async with recorded(folder / "fvsamazon.db") as database:
        await record(database, {**order(2), "orderItems": "x"})
    missing = await fvsamazon_run("orders", "show", ID, folder=folder)
    assert (missing.code, missing.out) == (1, "")
    assert f"`fvsamazon orders fetch {ID}`" in missing.err
    aside = await fvsamazon_run("orders", "show", "305-0000000-0000002", folder=folder)
    assert aside.code == 1
    assert "could not be read" in aside.err


async def test_what_a_buyer_typed_cannot_move_the_cursor(folder: Path) -> None:
    document = order(1)
    document["orderItems"][0]["product"]["title"] = "red \u202eflip [bold]x[/bold]"
    document["orderItems"][0]["product"]["sellerSku"] = "A\u200bB"
    async with recorded(folder / "fvsamazon.db") as database:
        await record(database, document)
    told = (await fvsamazon_run("orders", "show", ID, folder=folder)).out
    assert "\u202e" not in told
    assert "A\\u200bB" in told
    assert "[bold]x[/bold]" in told


async def test_export_writes_the_contract_s_object_for_each_order(folder: Path) -> None:
    bare = {
        key: value
        for key, value in order(2, hours=1).items()
        if key not in {"proceeds", "fulfillment"}
    }
    bare["salesChannel"] = {"channelName": "NON_AMAZON"}
    bare["orderItems"] = [{"orderItemId": "1", "quantityOrdered": 1, "product": {}}]
    async with recorded(folder / "fvsamazon.db") as database:
        await record(database, order(1), bare)
    lines = (await fvsamazon_run("orders", "export", folder=folder)).out.splitlines()
    first, second = (json.loads(line) for line in lines)
    assert list(first) == list(second) == KEYS
    assert first == {
        "region": "Europe",
        "account": "main",
        "order_id": ID,
        "marketplace_id": "A1PA6795UKMFR9",
        "status": "SHIPPED",
        "fulfilled_by": "MERCHANT",
        "created_time": "2026-11-20T12:00:00Z",
        "last_updated_time": "2026-11-20T12:00:00Z",
        "currency": "EUR",
        "grand_total": "29.80",
        "items": [{"sku": "SKU-1", "asin": "B000000001", "quantity": 2, "proceeds": "29.80"}],
        "delivery": {
            "state": "not_due",
            "document": None,
            "journal": None,
            "number": None,
            "reason": None,
        },
    }
    unknown = ("marketplace_id", "status", "fulfilled_by", "currency", "grand_total")
    assert {second[name] for name in unknown} == {None}
    assert second["items"] == [{"sku": None, "asin": None, "quantity": 1, "proceeds": None}]


async def test_export_can_be_narrowed(folder: Path) -> None:
    async with recorded(folder / "fvsamazon.db") as database:
        await record(database, order(1), order(2, hours=5))
        await record(database, order(3, hours=5), region="FarEast", name="jp")
    late = await fvsamazon_run("orders", "export", "--since", "2026-11-20T17:00", folder=folder)
    assert late.out.count("\n") == 2
    east = await fvsamazon_run("orders", "export", "--region", "FarEast", folder=folder)
    assert [json.loads(line)["account"] for line in east.out.splitlines()] == ["jp"]


async def test_csv_has_a_line_an_item_and_its_totals_add_up(folder: Path) -> None:
    two = order(1)
    two["orderItems"].append({**two["orderItems"][0], "orderItemId": "2"})
    async with recorded(folder / "fvsamazon.db") as database:
        await record(database, two, order(2, hours=1, orderItems=[]))
    out = (await fvsamazon_run("orders", "export", "--format", "csv", folder=folder)).out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["order_id"][-1], row["grand_total"], row["sku"]) for row in rows] == [
        ("1", "29.80", "SKU-1"),
        ("1", "", "SKU-1"),
        ("2", "29.80", ""),
    ]
    assert {row["delivery_state"] for row in rows} == {"not_due"}


@pytest.mark.parametrize(
    ("sku", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-x", "'-x"),
        ("@x", "'@x"),
        ("\t=1", "' =1"),
        ("\r=1", "' =1"),
        ("a\nb", "a b"),
    ],
)
def test_no_cell_of_csv_is_a_formula_or_breaks_its_line(sku: str, cell: str) -> None:
    stream = io.StringIO(newline="")
    item: dict[str, Any] = dict.fromkeys(KEYS)
    item["items"] = [{"sku": sku, "asin": "B0", "quantity": 1, "proceeds": "-3.50"}]
    item["delivery"] = dict.fromkeys(["state", "document", "journal", "number", "reason"])
    csv_writer(stream)(item)
    row = next(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))
    assert row["sku"] == cell
    assert stream.getvalue().count("\n") == 2
    assert row["proceeds"] == "-3.50"


async def test_export_holds_a_bite_of_orders_at_a_time(tmp_path: Path) -> None:
    async with recorded(tmp_path / "many.db") as database:
        for start in range(0, 2_000, 100):
            await record(database, *(order(n) for n in range(start, start + 100)))
        tracemalloc.start()
        seen = 0
        async for row in orders.each(database):
            as_object(row)
            seen += 1
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert seen == 2_000
    assert peak < 2_000_000


async def test_export_into_a_closed_pipe_is_no_fault(folder: Path) -> None:
    async with recorded(folder / "fvsamazon.db") as database:
        for start in range(0, 1_000, 100):
            await record(database, *(order(n) for n in range(start, start + 100)))
    told = await fvsamazon_run("orders", "export", folder=folder)
    assert told.out.count("\n") == 1_000
    command = f"{shlex.quote(sys.executable)} -m fvsamazon orders export | head -n 1"
    piped = await anyio.run_process(command, cwd=folder, env=environment())
    assert piped.stdout.count(b"\n") == 1
    assert piped.stderr == b""


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--region", "Asia"),
        ("list", "--since", "yesterday"),
        ("list", "--limit", "0"),
        ("export", "--format", "xml"),
        ("show", "305 0000000"),
        ("fetch",),
        ("fetch", "../../etc"),
    ],
)
async def test_wrong_usage_ends_with_2(folder: Path, arguments: tuple[str, ...]) -> None:
    assert (await fvsamazon_run("orders", *arguments, folder=folder)).code == 2


@pytest.mark.parametrize("command", ["list", "export", "fetch", "show"])
async def test_no_command_but_run_sync_and_demo_makes_a_database(
    folder: Path, command: str
) -> None:
    ids = [ID] if command in {"fetch", "show"} else []
    told = await fvsamazon_run("orders", command, *ids, folder=folder)
    assert told.code == 1
    assert "there is no database" in told.err
    assert [path.name for path in folder.iterdir()] == ["settings.env"]
