"""`fvsamazon deliveries retry` and `skip`: what a person decides, beside a running daemon."""

from __future__ import annotations

import os
import pwd
import sys
from typing import TYPE_CHECKING

from fvsamazon import events, logs
from fvsamazon.cli import context
from fvsamazon.clock import SystemClock, to_micros
from fvsamazon.store import deliveries

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fvsamazon.cli.context import Invocation
    from fvsamazon.store.database import Database

MAY = frozenset({"held", "failed"})
SKIPPED = "skipped"


def run_retry(invocation: Invocation, ids: tuple[str, ...]) -> None:
    """Put stuck orders back to due; ends with 1 if any was not stuck."""
    now = to_micros(SystemClock().now())

    async def one(database: Database, order_id: str) -> str | None:
        return await deliveries.retry(database, order_id, now)

    done = _change(invocation, ids, one, MAY | {SKIPPED}, "is tried again")
    if done:
        logs.get_logger().info(events.DELIVERY_RETRIED, orders=done, user=_user())
    _end(len(done) == len(ids))


def run_skip(invocation: Invocation, ids: tuple[str, ...], reason: str) -> None:
    """Take stuck orders out for good; ends with 1 if any was not stuck."""

    async def one(database: Database, order_id: str) -> str | None:
        return await deliveries.skip(database, order_id, reason)

    done = _change(invocation, ids, one, MAY, "is skipped")
    if done:
        logs.get_logger().info(events.DELIVERY_SKIPPED, orders=done, user=_user())
    _end(len(done) == len(ids))


def _change(
    invocation: Invocation,
    ids: tuple[str, ...],
    change: Callable[[Database, str], Awaitable[str | None]],
    may: frozenset[str],
    word: str,
) -> list[str]:
    settings = invocation.settings(secrets=False)
    done: list[str] = []

    async def work() -> None:
        async with context.opened(settings) as database:
            for order_id in ids:
                before = await change(database, order_id)
                if before in may:
                    done.append(order_id)
                    print(f"{order_id}: was {before}, {word}")
                else:
                    stands = before or "not due"
                    listed = " or ".join(sorted(may))
                    print(
                        f"fvsamazon: {order_id} is {stands}; only what is {listed} can be changed",
                        file=sys.stderr,
                    )

    context.run_async(work)
    return done


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _end(good: bool) -> None:
    if not good:
        sys.exit(context.EX_FAILED)
