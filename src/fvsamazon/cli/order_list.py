"""`fvsamazon orders list`: the newest orders, or those that could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fvsamazon.cli import context
from fvsamazon.cli import order_texts as texts
from fvsamazon.cli.order_export import as_object
from fvsamazon.cli.state_texts import DELIVERY, worded
from fvsamazon.cli.tables import console, plain, table
from fvsamazon.cli.wording import NOTHING, date_time, exact, json_text
from fvsamazon.clock import from_micros, to_micros
from fvsamazon.regions import marketplace_code
from fvsamazon.store import accounts, deliveries, orders

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from rich.table import Table

    from fvsamazon.cli.context import Invocation
    from fvsamazon.texts import Language


@dataclass(frozen=True, slots=True)
class Filter:
    """Which orders are wanted; None: all."""

    region: str | None = None
    account: str | None = None
    status: str | None = None
    since: datetime | None = None

    def takes(self, region: str, account: str) -> bool:
        """Tell whether orders of an account are wanted."""
        return self.region in {None, region} and self.account in {None, account}


def run_list(invocation: Invocation, wanted: Filter, *, limit: int, as_json: bool) -> None:
    """Print the newest orders."""
    settings = invocation.settings(log=False, secrets=False)

    async def read() -> list[sqlite3.Row]:
        async with context.opened(settings) as database:
            ids = [
                row.id
                for row in await accounts.all_accounts(database)
                if wanted.takes(row.region, row.name)
            ]
            since = to_micros(wanted.since) if wanted.since else None
            return await orders.newest(
                database, ids, limit=limit, status=wanted.status, since=since
            )

    rows: list[sqlite3.Row] = context.run_async(read)
    if as_json:
        print(json_text([as_object(row) for row in rows], indent=2))
        return
    console().print(_orders_table(rows, settings.language))
    if len(rows) == limit:
        print(texts.NEWEST.say(settings.language, limit=limit))
    elif not rows:
        print(texts.NONE.say(settings.language))


def run_list_unreadable(
    invocation: Invocation, wanted: Filter, *, limit: int, as_json: bool
) -> None:
    """Print the orders that were set aside."""
    settings = invocation.settings(log=False, secrets=False)

    async def read() -> list[sqlite3.Row]:
        async with context.opened(settings) as database:
            return await orders.unreadable(database)

    rows: list[sqlite3.Row] = context.run_async(read)
    rows = [row for row in rows if wanted.takes(row["region"], row["account"])][:limit]
    if as_json:
        print(json_text([_unreadable(row) for row in rows], indent=2))
        return
    if not rows:
        print(texts.ALL_READ.say(settings.language))
        return
    console().print(_unreadable_table(rows, settings.language))
    print(texts.FETCHED_AGAIN.say(settings.language))


def _orders_table(rows: list[sqlite3.Row], language: Language) -> Table:
    columns = (
        texts.CREATED, texts.REGION, texts.ACCOUNT, texts.ORDER, texts.STORE, texts.STATUS,
        texts.SENT_BY, texts.TOTAL, texts.DELIVERY,
    )  # fmt: skip
    right = [texts.TOTAL.say(language)]
    made = table(*(column.say(language) for column in columns), right=right)
    for row in rows:
        made.add_row(
            plain(date_time(from_micros(row["created_at"]))),
            plain(row["region"]),
            plain(row["account"]),
            plain(row["order_id"]),
            plain(marketplace_code(row["marketplace_id"]) or row["marketplace_id"]),
            plain(row["status"]),
            plain(row["fulfilled_by"]),
            plain(amount(row["grand_total"], row["currency"])),
            plain(worded(DELIVERY, deliveries.of_order(row)["state"], language)),
        )
    return made


def amount(value: str | None, currency: str | None) -> str:
    """Return a sum of money for people."""
    return NOTHING if value is None else f"{value} {currency}"


def _unreadable(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "region": row["region"],
        "account": row["account"],
        "order_id": row["order_id"],
        "fetchable": bool(row["fetchable"]),
        "reason": row["reason"],
        "first_seen_at": exact(from_micros(row["first_seen_at"])),
        "attempts": row["attempts"],
        "next_try_at": exact(from_micros(row["next_at"])) if row["fetchable"] else None,
    }


def _unreadable_table(rows: list[sqlite3.Row], language: Language) -> Table:
    columns = (
        texts.FIRST_SEEN, texts.REGION, texts.ACCOUNT, texts.ORDER, texts.TRIES, texts.NEXT,
        texts.WHY,
    )  # fmt: skip
    right = [texts.TRIES.say(language)]
    made = table(*(column.say(language) for column in columns), right=right)
    for row in rows:
        following = date_time(from_micros(row["next_at"])) if row["fetchable"] else NOTHING
        made.add_row(
            plain(date_time(from_micros(row["first_seen_at"]))),
            plain(row["region"]),
            plain(row["account"]),
            plain(row["order_id"]),
            plain(row["attempts"]),
            plain(following),
            plain(row["reason"]),
        )
    return made
