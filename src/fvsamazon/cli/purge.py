"""`fvsamazon purge`: erases what is past its retention, or one order's personal data at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fvsamazon import events, logs
from fvsamazon.cli import action_texts as texts
from fvsamazon.cli import context
from fvsamazon.cli.personal import person
from fvsamazon.clock import SystemClock
from fvsamazon.retention import END_THE_READER, Purger
from fvsamazon.store import orders, personal

if TYPE_CHECKING:
    from fvsamazon.cli.context import Invocation
    from fvsamazon.cli.personal import Person
    from fvsamazon.settings import Settings
    from fvsamazon.store.database import Database


def run_purge(invocation: Invocation, *, dry_run: bool, order: str | None) -> None:
    """Erase and say what was.

    Ends with 1 where a named order is not recorded, or a reader keeps bytes in the files.
    """
    who = person()
    settings = invocation.settings(secrets=False)

    async def work() -> bool:
        async with context.opened(settings) as database:
            if order is not None:
                return await _erase_one(settings, database, order, who, dry_run=dry_run)
            return await _erase_due(settings, database, who, dry_run=dry_run)

    if not context.run_async(work):
        sys.exit(context.EX_FAILED)


def _purger(settings: Settings, database: Database, who: Person) -> Purger:
    days = settings.personal_data.retention_days
    log = logs.get_logger()
    return Purger(database, SystemClock(), days=days, log=log, user_id=who.user_id)


async def _erase_due(settings: Settings, database: Database, who: Person, *, dry_run: bool) -> bool:
    """Return whether everything that is due is gone, from the files too."""
    language, days = settings.language, settings.personal_data.retention_days
    purger = _purger(settings, database, who)
    if dry_run:
        count, before = await purger.due()
        told = f"{before:%Y-%m-%d %H:%M}Z"
        print(texts.WOULD_ERASE.say(language, count, before=told, days=days))
        return True
    done = await purger.purge()
    clean = done.clean or await purger.clean(patience=10)
    parts = texts.PARTS.say(language, done.parts)
    print(texts.ERASED.say(language, done.orders, parts=parts))
    return clean or _still_there(settings)


async def _erase_one(
    settings: Settings, database: Database, order: str, who: Person, *, dry_run: bool
) -> bool:
    language = settings.language
    rows = [row["id"] for row in await orders.get(database, order)]
    if not rows:
        _warn(texts.NOT_RECORDED.say(language, order=order))
        return False
    kept = len(await personal.parts(database, rows))
    if dry_run:
        print(texts.ORDER_WOULD_ERASE.say(language, kept, order=order))
        return True
    done = await _purger(settings, database, who).erase(rows)
    logs.get_logger().info(
        events.PRIVACY_ERASED,
        order=order,
        user=who.user_id,
        why="request",
        orders=done.orders,
        fields=done.parts,
    )
    said = texts.ORDER_ERASED if done.parts else texts.ORDER_HAD_NONE
    print(said.say(language, order=order))
    return done.clean or _still_there(settings)


def _still_there(settings: Settings) -> bool:
    """Say why bytes stay for now; return False: it is not done."""
    remedy = END_THE_READER.say(settings.language, path=settings.database)
    _warn(texts.STILL_THERE.say(settings.language, remedy=remedy))
    return False


def _warn(sentence: str) -> None:
    print(f"fvsamazon: {sentence}", file=sys.stderr)
