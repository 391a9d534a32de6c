"""`fvsamazon purge`: erases what is past its retention, or one order's personal data at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fvsamazon import events, logs
from fvsamazon.cli import context
from fvsamazon.cli.personal import person
from fvsamazon.clock import SystemClock
from fvsamazon.retention import Purger
from fvsamazon.store import orders, personal

if TYPE_CHECKING:
    from fvsamazon.cli.context import Invocation
    from fvsamazon.cli.personal import Person
    from fvsamazon.settings import Settings
    from fvsamazon.store.database import Database

_STILL_THERE = (
    "fvsamazon: it is erased, and a program that is reading the database keeps its bytes in the "
    "write-ahead log until it ends; the daemon clears them at its next purge"
)


def run_purge(invocation: Invocation, *, dry_run: bool, order: str | None) -> None:
    """Erase and say what was; ends with 1 where a named order is not recorded."""
    who = person()
    settings = invocation.settings(secrets=False)

    async def work() -> bool:
        async with context.opened(settings) as database:
            if order is not None:
                return await _erase_one(settings, database, order, who, dry_run=dry_run)
            await _erase_due(settings, database, dry_run=dry_run)
            return True

    if not context.run_async(work):
        sys.exit(context.EX_FAILED)


def _purger(settings: Settings, database: Database) -> Purger:
    days = settings.personal_data.retention_days
    return Purger(database, SystemClock(), days=days, log=logs.get_logger())


async def _erase_due(settings: Settings, database: Database, *, dry_run: bool) -> None:
    days = settings.personal_data.retention_days
    purger = _purger(settings, database)
    if dry_run:
        count, before = await purger.due()
        print(
            f"{count} orders would be erased now: delivered or cancelled before "
            f"{before:%Y-%m-%d %H:%M}Z ({days} days less two hours)"
        )
        return
    done = await purger.purge()
    clean = done.clean or await purger.clean(patience=10)
    print(f"{done.orders} orders erased, {done.parts} encrypted parts in all")
    if not clean:
        print(_STILL_THERE, file=sys.stderr)


async def _erase_one(
    settings: Settings, database: Database, order: str, who: Person, *, dry_run: bool
) -> bool:
    rows = [row["id"] for row in await orders.get(database, order)]
    if not rows:
        print(f"fvsamazon: {order} is not recorded, so nothing of it is kept", file=sys.stderr)
        return False
    kept = len(await personal.parts(database, rows))
    if dry_run:
        print(f"{order}: {kept} encrypted parts would be erased, and none stored again")
        return True
    done = await _purger(settings, database).erase(rows, user_id=who.user_id)
    logs.get_logger().info(events.PRIVACY_ERASED, order=order, user=who.user_id)
    what = "its personal data is erased" if done.parts else "no personal data of it was kept"
    print(
        f"{order}: {what}; a later fetch stores none. Finvalda and backups keep their own copies: "
        "see docs/data-protection.md"
    )
    if not done.clean:
        print(_STILL_THERE, file=sys.stderr)
    return True
