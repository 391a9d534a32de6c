"""`fvsamazon deliveries list` and `show`: what stands in Finvalda, and what waits for what."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from fvsamazon.cli import context
from fvsamazon.cli import delivery_texts as texts
from fvsamazon.cli.state_texts import DELIVERY, KIND, worded
from fvsamazon.cli.tables import console, plain, table
from fvsamazon.cli.wording import exact, json_text
from fvsamazon.clock import from_micros
from fvsamazon.store import deliveries, outbox

if TYPE_CHECKING:
    import sqlite3

    from rich.table import Table

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
    language = settings.language
    if not rows:
        print(texts.NONE.say(language))
        return
    console().print(_table(rows, language))
    if len(rows) == limit:
        print(texts.NEWEST.say(language, limit=limit))
    if any(row["reasons"] for row in rows):
        print(texts.ABOUT_CODES.say(language))


def _table(rows: list[sqlite3.Row], language: Language) -> Table:
    """Return a line for each; reasons by their words, which fit one and never change."""
    columns = (
        texts.ORDER, texts.ACCOUNT, texts.KIND, texts.STATE, texts.DOCUMENT, texts.JOURNAL,
        texts.NUMBER, texts.WHY,
    )  # fmt: skip
    right = [texts.NUMBER.say(language)]
    made = table(*(column.say(language) for column in columns), right=right)
    for row in rows:
        one = as_object(row, language)
        made.add_row(
            plain(one["order_id"]),
            plain(f"{one['region']}/{one['account']}"),
            plain(worded(KIND, one["kind"], language)),
            plain(worded(DELIVERY, one["state"], language)),
            plain(one["document"]),
            plain(one["journal"]),
            plain(one["number"]),
            plain(", ".join(code for code, _, _ in deliveries.reasons_of(row["reasons"])) or None),
        )
    return made


def run_show(invocation: Invocation, order_id: str, *, as_json: bool) -> None:
    """Print one order's deliveries; ends with 1 where nothing is or was due."""
    settings = invocation.settings(log=False, secrets=False)

    async def read() -> list[sqlite3.Row]:
        async with context.opened(settings) as database:
            return await outbox.of_order_id(database, order_id)

    rows: list[sqlite3.Row] = context.run_async(read)
    if not rows:
        told = texts.NEVER_DUE.say(settings.language, order=order_id)
        print(f"fvsamazon: {told}", file=sys.stderr)
        sys.exit(context.EX_FAILED)
    if as_json:
        shown = [_whole(row, settings.language) for row in rows]
        print(json_text(shown, indent=2))
        return
    for row in rows:
        _print(_whole(row, settings.language), settings.language)


def as_object(row: sqlite3.Row, language: Language) -> dict[str, Any]:
    """Return one delivery with its order in its stable form.

    A number that was written for a document which does not stand is nobody's.
    """
    stands = row["journal"] is not None and row["number"] is not None
    return {
        "region": row["region"],
        "account": row["account"],
        "order_id": row["order_id"],
        "kind": row["kind"],
        "state": row["state"],
        "document": row["number_text"] if stands else None,
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


def _print(shown: dict[str, Any], language: Language) -> None:
    out = console()
    head = texts.HEADLINE.say(
        language,
        kind=worded(KIND, shown["kind"], language),
        order=shown["order_id"],
        state=worded(DELIVERY, shown["state"], language),
    )
    out.print(plain(head, "bold"))
    made = table("", "")
    made.show_header = False
    for name, text in texts.FACTS.items():
        if shown[name] is not None:
            made.add_row(plain(text.say(language), "dim"), plain(shown[name]))
    out.print(made)
    for one in shown["reasons"]:
        out.print(plain(f"{one['code']}: {one['text']}"))
        if one["remedy"]:
            out.print(plain(f"-> {one['remedy']}", "italic"))
    if shown["sent"] is not None:
        out.print(plain(f"{texts.SENT.say(language)} {json_text(shown['sent'])}"))
