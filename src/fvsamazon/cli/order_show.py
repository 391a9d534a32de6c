"""`fvsamazon orders show`: one order with its lines, its history and its booking."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fvsamazon.amazon.reader import order_of
from fvsamazon.cli import context
from fvsamazon.cli import order_texts as texts
from fvsamazon.cli.order_export import as_object
from fvsamazon.cli.order_list import amount
from fvsamazon.cli.order_reasons import why_not_booked
from fvsamazon.cli.personal import Revealer, cells, person
from fvsamazon.cli.state_texts import CHANGE, DELIVERY, worded
from fvsamazon.cli.tables import console, plain, table
from fvsamazon.cli.wording import NOTHING, date_time, exact, json_text, shown
from fvsamazon.clock import SystemClock, from_micros
from fvsamazon.regions import marketplace_code
from fvsamazon.store import deliveries, orders, personal

if TYPE_CHECKING:
    import sqlite3

    from rich.console import Console
    from rich.table import Table

    from fvsamazon.cli.context import Invocation
    from fvsamazon.orders import Money, Order
    from fvsamazon.settings import Settings
    from fvsamazon.texts import Language, Text


@dataclass(frozen=True, slots=True)
class Found:
    """One recorded order and the versions of it that Amazon showed, oldest first."""

    row: sqlite3.Row
    versions: list[sqlite3.Row]
    personal: dict[str, Any] | None = None
    """What is kept beside the public part, where a person asked for it."""
    erased: tuple[int, str] | None = None
    """When and why its personal data was erased."""


def run_show(
    invocation: Invocation, order_id: str, *, as_json: bool, personal_data: bool = False
) -> None:
    """Print what is recorded of an id; ends with 1 where nothing is."""
    who = person()
    settings = invocation.settings(log=personal_data, secrets=False)
    revealer = Revealer(settings, SystemClock(), who, "orders show") if personal_data else None

    async def read() -> tuple[list[Found], list[sqlite3.Row]]:
        async with context.opened(settings) as database:
            rows = await orders.get(database, order_id)
            shows = await revealer.reveal(database, rows) if revealer else {}
            found = [
                Found(
                    row,
                    await orders.versions(database, row["id"]),
                    shows.get(row["id"]),
                    await personal.erased(database, row["id"]),
                )
                for row in rows
            ]
            aside = [r for r in await orders.unreadable(database) if r["order_id"] == order_id]
            return found, aside

    found, aside = context.run_async(read)
    if as_json:
        if found:
            document = _document(found[0], settings)
            if personal_data:
                document["personal_data"] = found[0].personal
            print(json_text(document, indent=2))
    else:
        for entry in found:
            _print(console(), entry, settings)
            if personal_data and entry.personal is None and entry.erased is None:
                print(texts.NOTHING_KEPT.say(settings.language))
    for row in aside:
        told = texts.UNREADABLE.say(
            settings.language,
            order=shown(order_id),
            where=f"{row['region']}/{row['account']}",
            why=shown(row["reason"]),
        )
        print(f"fvsamazon: {told}", file=sys.stderr)
    if not found:
        if not aside:
            told = texts.NOT_RECORDED.say(settings.language, order=shown(order_id))
            print(f"fvsamazon: {told}", file=sys.stderr)
        sys.exit(context.EX_FAILED)


def _document(found: Found, settings: Settings) -> dict[str, Any]:
    row = found.row
    return {
        **as_object(row, settings.language),
        "channel": row["channel"],
        "first_seen_at": exact(from_micros(row["first_seen_at"])),
        "recorded_at": exact(from_micros(row["recorded_at"])),
        "history": [
            {
                "last_updated_time": exact(from_micros(version["updated_at"])),
                "status": version["status"],
                "seen_at": exact(from_micros(version["seen_at"])),
                "change": change,
            }
            for version, change in _changes(found)
        ],
        "why_not_booked": why_not_booked(row, settings),
        "personal_data_erased_at": exact(from_micros(found.erased[0])) if found.erased else None,
    }


def _changes(found: Found) -> list[tuple[sqlite3.Row, str]]:
    """Return each version with what it brought: new, changed, or touched (only its time)."""
    named = []
    before: bytes | None = None
    for version in found.versions:
        content = version["content_hash"]
        change = "touched" if content == before else "changed"
        named.append((version, "new" if before is None else change))
        before = content
    return named


def _print(out: Console, found: Found, settings: Settings) -> None:
    row, language = found.row, settings.language
    order = order_of(orders.unpack(row["payload"]), row["region"], row["account"])
    out.print(plain(texts.HEADLINE.say(language, order=row["order_id"]), "bold"))
    facts = table("", "")
    facts.show_header = False
    for name, value in _facts(row, order, language):
        facts.add_row(plain(name.say(language), "dim"), plain(value))
    out.print(facts)
    out.print(_lines(order, language))
    out.print(_history(found, language))
    out.print(plain(_delivery(row, language)))
    if why := why_not_booked(row, settings):
        out.print(plain(why))
    if found.personal is not None:
        out.print(_people(found.personal, language))
        rest = f"{texts.EVERYTHING.say(language)}: {json_text(found.personal)}"
        out.print(plain(rest), soft_wrap=True)
    if found.erased is not None:
        out.print(plain(_erasure(*found.erased, language)))


def _delivery(row: sqlite3.Row, language: Language) -> str:
    told = deliveries.of_order(row)
    state = worded(DELIVERY, told["state"], language)
    if told["journal"] is None:
        return texts.DELIVERY_STATE.say(language, state=state)
    return texts.IN_FINVALDA.say(
        language,
        state=state,
        journal=told["journal"],
        number=told["number"],
        document=told["document"] or NOTHING,
    )


def _people(part: dict[str, Any], language: Language) -> Table:
    """Return who bought and where it goes."""
    made = table("", texts.PERSONAL.say(language))
    for name, value in cells(part).items():
        if value:
            made.add_row(plain(texts.PEOPLE[name].say(language), "dim"), plain(value))
    return made


def _erasure(at: int, why: str, language: Language) -> str:
    reason = texts.ON_REQUEST if why == "request" else texts.RETENTION_OVER
    moment = date_time(from_micros(at))
    return texts.ERASED.say(language, at=moment, why=reason.say(language))


def _facts(row: sqlite3.Row, order: Order, language: Language) -> list[tuple[Text, str]]:
    code = marketplace_code(row["marketplace_id"])
    place = order.ship_to
    going = NOTHING
    if place is not None and place.country is not None:
        going = place.country
        if place.zone not in {None, place.country}:
            assumed = texts.ASSUMED.say(language) if place.zone_assumed else ""
            going += texts.ZONE.say(language, zone=place.zone) + assumed
    store = code or row["marketplace_id"] or NOTHING
    links = [f"{link.kind} {link.order_id}" for link in order.associations]
    return [
        (texts.ACCOUNT, f"{row['region']}/{row['account']}"),
        (texts.STORE, texts.CHANNEL.say(language, store=store, channel=row["channel"])),
        (texts.STATUS, row["status"] or NOTHING),
        (texts.SENT_BY, row["fulfilled_by"] or NOTHING),
        (texts.CREATED, date_time(from_micros(row["created_at"]))),
        (texts.UPDATED, date_time(from_micros(row["updated_at"]))),
        (texts.RECORDED, date_time(from_micros(row["recorded_at"]))),
        (texts.TOTAL, amount(row["grand_total"], row["currency"])),
        (texts.GOES_TO, going),
        (texts.PROGRAMMES, ", ".join(order.programmes) or NOTHING),
        *((texts.BELONGS_TO, link) for link in links),
    ]


def _lines(order: Order, language: Language) -> Table:
    names = [text.say(language) for text in (texts.SKU, texts.ASIN, texts.TITLE)]
    right = [text.say(language) for text in (texts.PIECES, texts.SENT, texts.PROCEEDS)]
    made = table(*names, *right, right=right)
    for line in order.lines:
        sent = NOTHING if line.quantity_fulfilled is None else str(line.quantity_fulfilled)
        made.add_row(
            plain(line.sku),
            plain(line.asin),
            plain(line.title),
            plain(line.quantity_ordered),
            plain(sent),
            plain(_money(line.proceeds_total)),
        )
    return made


def _money(money: Money | None) -> str:
    return NOTHING if money is None else f"{money.amount:f} {money.currency}"


def _history(found: Found, language: Language) -> Table:
    columns = (texts.UPDATED, texts.STATUS, texts.SEEN, texts.CHANGE)
    made = table(*(column.say(language) for column in columns))
    for version, change in _changes(found):
        made.add_row(
            plain(date_time(from_micros(version["updated_at"]))),
            plain(version["status"]),
            plain(date_time(from_micros(version["seen_at"]))),
            plain(worded(CHANGE, change, language)),
        )
    return made
