"""`fvsamazon orders export`: every recorded order as JSON lines or CSV.

In: the store, read in short bites, so that memory stays flat. Out: the contract's keys, all of
them always there, null where unknown. A spreadsheet must not take what a buyer or a seller typed
for a formula.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

from fvsamazon.amazon.reader import order_of
from fvsamazon.cli import context
from fvsamazon.cli.personal import COLUMNS, Revealer, cells, person
from fvsamazon.cli.wording import json_text
from fvsamazon.clock import SystemClock, to_micros
from fvsamazon.store import deliveries, orders

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from fvsamazon.cli.context import Invocation
    from fvsamazon.orders import Order
    from fvsamazon.store.database import Database
    from fvsamazon.texts import Language

JSONL, CSV = "jsonl", "csv"
FORMATS = (JSONL, CSV)
ORDER_COLUMNS = (
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
)
ITEM_COLUMNS = ("sku", "asin", "quantity", "proceeds")
DELIVERY_COLUMNS = ("state", "document", "journal", "number", "reason")

BITE = 100
"""Orders whose reading by a person is one line of the log."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20")
"""How a formula begins; spreadsheets take the full-width forms of these signs for the same."""
_SECOND_CELL = re.compile("(;\\s*)([=+\\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a spreadsheet whose lists are parted by semicolons, as Lithuania's are, begins a cell."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def run_export(
    invocation: Invocation,
    form: str,
    *,
    since: datetime | None,
    region: str | None,
    personal_data: bool = False,
) -> None:
    """Write the orders to standard output."""
    who = person()
    settings = invocation.settings(log=personal_data, secrets=False)
    revealer = Revealer(settings, SystemClock(), who, "orders export") if personal_data else None
    if isinstance(sys.stdout, io.TextIOWrapper):
        # The data is the same whatever the locale of the shell.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    write = (
        csv_writer(sys.stdout, COLUMNS if personal_data else ())
        if form == CSV
        else json_writer(sys.stdout)
    )

    async def export() -> None:
        async with context.opened(settings) as database:
            bite: list[sqlite3.Row] = []
            async for row in orders.each(
                database, region=region, since=to_micros(since) if since else None
            ):
                if revealer is None:
                    write(as_object(row, settings.language))
                    continue
                bite.append(row)
                if len(bite) == BITE:
                    await show_people(revealer, database, bite)
                    bite = []
            if revealer is not None:
                await show_people(revealer, database, bite)

    async def show_people(revealer: Revealer, database: Database, bite: list[sqlite3.Row]) -> None:
        parts = await revealer.reveal(database, bite)
        for row in bite:
            part = parts.get(row["id"])
            shown = cells(part) if form == CSV else {"personal_data": part}
            write({**as_object(row, settings.language), **shown})

    context.run_async(export)


def as_object(row: sqlite3.Row, language: Language = "en") -> dict[str, Any]:
    """Return one order in the contract's form."""
    order = order_of(orders.unpack(row["payload"]), row["region"], row["account"])
    return {
        "region": row["region"],
        "account": row["account"],
        "order_id": row["order_id"],
        "marketplace_id": row["marketplace_id"],
        "status": row["status"],
        "fulfilled_by": row["fulfilled_by"],
        "created_time": row["created_text"],
        "last_updated_time": row["updated_text"],
        "currency": row["currency"],
        "grand_total": row["grand_total"],
        "items": _items(order),
        "delivery": deliveries.of_order(row, language),
    }


def _items(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "sku": line.sku,
            "asin": line.asin,
            "quantity": line.quantity_ordered,
            "proceeds": f"{line.proceeds_total.amount:f}" if line.proceeds_total else None,
        }
        for line in order.lines
    ]


def json_writer(stream: TextIO) -> Callable[[dict[str, Any]], None]:
    """Return what writes one order as one line of JSON."""

    def write(item: dict[str, Any]) -> None:
        stream.write(json_text(item, compact=True) + "\n")

    return write


def csv_writer(stream: TextIO, more: Sequence[str] = ()) -> Callable[[dict[str, Any]], None]:
    """Return what writes one order as lines of CSV; the heading is written at once."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(
        [*ORDER_COLUMNS, *ITEM_COLUMNS, *(f"delivery_{name}" for name in DELIVERY_COLUMNS), *more]
    )

    def write(item: dict[str, Any]) -> None:
        for number, line in enumerate(item["items"] or [{}]):
            own = [item[name] for name in ORDER_COLUMNS]
            if number:
                own[ORDER_COLUMNS.index("grand_total")] = None
            cells = [
                *own,
                *(line.get(name) for name in ITEM_COLUMNS),
                *(item["delivery"][name] for name in DELIVERY_COLUMNS),
                *(item.get(name) for name in more),
            ]
            writer.writerow([harmless(cell) for cell in cells])

    return write


def harmless(cell: object) -> object:
    """Return a cell on one line that no spreadsheet takes for a formula; numbers stay numbers."""
    if not isinstance(cell, str):
        return cell
    line = cell if cell.isprintable() else "".join(c if c.isprintable() else " " for c in cell)
    line = _SECOND_CELL.sub(r"\1'\2", line)
    begins = cell.startswith(_FORMULA) or line.lstrip().startswith(_FORMULA)
    return f"'{line}" if begins and not _NUMBER.fullmatch(cell) else line
