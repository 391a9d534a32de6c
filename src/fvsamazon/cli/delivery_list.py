"""`fvsamazon deliveries list` and `show`: what stands in Finvalda, and what waits for what."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from fvsamazon.cli import context
from fvsamazon.cli.tables import console, plain, table
from fvsamazon.cli.wording import exact, json_text
from fvsamazon.clock import from_micros
from fvsamazon.store import deliveries, outbox

if TYPE_CHECKING:
    import sqlite3

    from fvsamazon.cli.context import Invocation
    from fvsamazon.texts import Language


def run_list(invocation: Invocation, *, state: str | None, limit: int, as_json: bool) -> None:
    """Print deliveries."""
    settings = invocation.settings(log=False, secrets=False)

    async def read() -> list[sqlite3.Row]:
        async with context.opened(settings) as database:
            return await outbox.deliveries(database, state=state, limit=limit)

    rows: list[sqlite3.Row] = context.run_async(read)
    if as_json:
        found = [as_object(row, settings.language) for row in rows]
        print(json_text(found, indent=2))
        return
    if not rows:
        print("No such delivery.")
        return
    made = table("order", "account", "kind", "state", "document", "journal", "number", "why",
                 right=["number"])  # fmt: skip
    for row in rows:
        made.add_row(
            plain(row["order_id"]),
            plain(f"{row['region']}/{row['account']}"),
            plain(row["kind"]),
            plain(row["state"]),
            plain(row["number_text"]),
            plain(row["journal"]),
            plain(row["number"]),
            plain(deliveries.told(row["reasons"], settings.language)),
        )
    console().print(made)
    if len(rows) == limit:
        print(f"These are the newest {limit}; --limit shows more.")


def run_show(invocation: Invocation, order_id: str, *, as_json: bool) -> None:
    """Print one order's deliveries; ends with 1 where nothing is or was due."""
    settings = invocation.settings(log=False, secrets=False)

    async def read() -> list[sqlite3.Row]:
        async with context.opened(settings) as database:
            return await outbox.of_order_id(database, order_id)

    rows: list[sqlite3.Row] = context.run_async(read)
    if not rows:
        print(
            f"fvsamazon: nothing is or was due for {order_id}; `fvsamazon deliveries preview "
            f"{order_id}` tells what the rules make of it",
            file=sys.stderr,
        )
        sys.exit(context.EX_FAILED)
    if as_json:
        shown = [_whole(row, settings.language) for row in rows]
        print(json_text(shown, indent=2))
        return
    for row in rows:
        _print(_whole(row, settings.language))


def as_object(row: sqlite3.Row, language: Language) -> dict[str, Any]:
    """Return one delivery with its order in its stable form."""
    return {
        "region": row["region"],
        "account": row["account"],
        "order_id": row["order_id"],
        "kind": row["kind"],
        "state": row["state"],
        "document": row["number_text"],
        "journal": row["journal"],
        "number": row["number"],
        "reason": deliveries.told(row["reasons"], language),
    }


def _whole(row: sqlite3.Row, language: Language) -> dict[str, Any]:
    sent = row["document"]
    readable = sent is not None and any(sent)
    return {
        **as_object(row, language),
        "reasons": [
            {"code": code, "text": text, "remedy": remedy or None}
            for code, text, remedy in deliveries.reasons_of(row["reasons"], language)
        ],
        "class": row["operation_class"],
        "series": row["series"],
        "client": row["client"],
        "currency": row["currency"],
        "total": row["total"],
        "attempts": row["attempts"],
        "sent_at": _moment(row["sent_at"]),
        "booked_at": _moment(row["booked_at"]),
        "next_attempt_at": _moment(row["next_attempt_at"]),
        "sent": json.loads(outbox.unpack(sent)) if readable else None,
    }


def _moment(micros: int | None) -> str | None:
    return None if micros is None else exact(from_micros(micros))


def _print(shown: dict[str, Any]) -> None:
    out = console()
    out.print(plain(f"{shown['kind']} of order {shown['order_id']}: {shown['state']}", "bold"))
    made = table("", "")
    made.show_header = False
    hidden = {"order_id", "kind", "state", "reason", "reasons", "sent"}
    for name, value in shown.items():
        if name not in hidden and value is not None:
            made.add_row(plain(name.replace("_", " "), "dim"), plain(value))
    out.print(made)
    for one in shown["reasons"]:
        out.print(plain(f"{one['code']}: {one['text']}"))
        if one["remedy"]:
            out.print(plain(f"-> {one['remedy']}", "italic"))
    if shown["sent"] is not None:
        out.print(plain(json_text(shown["sent"])))
