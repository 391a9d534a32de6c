"""`fvsamazon deliveries retry` and `skip`: what a person decides, beside a running daemon.

A skipped order's reservation is left in Finvalda and told: whoever books the order by hand there
begins with it, and nobody but them knows when it has done its service.
"""

from __future__ import annotations

import os
import pwd
import sys
from typing import TYPE_CHECKING

from fvsamazon import events, logs
from fvsamazon.cli import context
from fvsamazon.cli import delivery_texts as texts
from fvsamazon.cli.state_texts import DELIVERY, worded
from fvsamazon.cli.wording import shown
from fvsamazon.clock import SystemClock, micros_now
from fvsamazon.delivery import holds
from fvsamazon.errors import safe_text
from fvsamazon.store import deliveries
from fvsamazon.texts import Listed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fvsamazon.cli.context import Invocation
    from fvsamazon.store.database import Database
    from fvsamazon.texts import Language, Text

MAY = frozenset({"held", "failed"})
SKIPPED = "skipped"


def run_retry(invocation: Invocation, ids: tuple[str, ...]) -> None:
    """Put stuck orders back to due; ends with 1 if any was not stuck."""
    now = micros_now(SystemClock())

    async def one(database: Database, order_id: str) -> str | None:
        return await deliveries.retry(database, order_id, now)

    done = _change(invocation, ids, one, MAY | {SKIPPED}, texts.TRIED_AGAIN)
    if done:
        logs.get_logger().info(events.DELIVERY_RETRIED, orders=done, user=_user())
    _end(len(done) == len(ids))


def run_skip(invocation: Invocation, ids: tuple[str, ...], reason: str) -> None:
    """Take stuck orders out for good; ends with 1 if any was not stuck."""
    # It is kept, and shown in every list and export.
    said = safe_text(reason)

    async def one(database: Database, order_id: str) -> str | None:
        return await deliveries.skip(database, order_id, said)

    done = _change(invocation, ids, one, MAY, texts.IS_SKIPPED, tell=_reservations)
    if done:
        logs.get_logger().info(events.DELIVERY_SKIPPED, orders=done, user=_user())
    _end(len(done) == len(ids))


def _change(
    invocation: Invocation,
    ids: tuple[str, ...],
    change: Callable[[Database, str], Awaitable[str | None]],
    may: frozenset[str],
    word: Text,
    *,
    tell: Callable[[Database, str, Language], Awaitable[list[str]]] | None = None,
) -> list[str]:
    settings = invocation.settings(secrets=False)
    language = settings.language
    done: list[str] = []

    async def work() -> None:
        async with context.opened(settings) as database:
            for order_id in ids:
                before = await change(database, order_id)
                if before is not None and before in may:
                    done.append(order_id)
                    was = worded(DELIVERY, before, language)
                    print(word.say(language, order=order_id, before=was))
                    for line in await tell(database, order_id, language) if tell else ():
                        print(f"{order_id}: {shown(line)}")
                else:
                    told = _not_changed(order_id, before or deliveries.NOT_DUE, may, language)
                    print(f"fvsamazon: {told}", file=sys.stderr)

    context.run_async(work)
    return done


def _not_changed(order_id: str, state: str, may: frozenset[str], language: Language) -> str:
    allowed = tuple(texts.STANDS_AS.filled(state=DELIVERY[one]) for one in sorted(may))
    return texts.NOT_CHANGED.say(
        language,
        order=order_id,
        state=worded(DELIVERY, state, language),
        may=Listed(texts.OR, allowed).say(language),
    )


async def _reservations(database: Database, order_id: str, language: Language) -> list[str]:
    found = []
    for journal, number in await deliveries.reservations(database, order_id):
        told = holds.said("reservation_left", journal=journal, number=number)
        found += [text.say(language) for text in (told.text, told.remedy) if text is not None]
    return found


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _end(good: bool) -> None:
    if not good:
        sys.exit(context.EX_FAILED)
