"""Token buckets, kept so that neither a restart nor a command beside the daemon forgets a request.

The arithmetic is the caller's (`amazon.ratelimit` by way of `quota`); this module makes reading,
reckoning and writing one transaction, so that two processes cannot spend the same token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from fvsamazon.store.database import Database, Transaction

T = TypeVar("T")

RESTORED = "restored"
"""Boot name of a bucket whose past is unknown; the arithmetic believes in one token of it."""


@dataclass(frozen=True, slots=True)
class BucketRow:
    """One bucket as stored: rate in tokens a second, `elapsed` in seconds since `boot`."""

    tokens: float
    elapsed: float
    boot: str
    wall: int
    rate: float
    burst: float
    pending: int


_SELECT = (
    "select tokens, elapsed, boot, wall, rate, burst, pending from bucket "
    "where account_id = ? and operation = ?"
)


def _row(row: sqlite3.Row | None) -> BucketRow | None:
    return BucketRow(*row) if row else None


async def peek(
    database: Database | Transaction, account_id: int, operation: str
) -> BucketRow | None:
    """Return a bucket as it stood after its last use."""
    return _row(await database.one(_SELECT, (account_id, operation)))


async def change(
    tx: Transaction,
    account_id: int,
    operation: str,
    reckon: Callable[[BucketRow | None], tuple[BucketRow, T]],
) -> T:
    """Read a bucket, let `reckon` decide, write what it returns; part of the caller's commit."""
    row, answer = reckon(_row(await tx.one(_SELECT, (account_id, operation))))
    await tx.execute(
        "insert into bucket (account_id, operation, tokens, elapsed, boot, wall, rate, burst, "
        "pending) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (account_id, operation) do update "
        "set tokens = excluded.tokens, elapsed = excluded.elapsed, boot = excluded.boot, "
        "wall = excluded.wall, rate = excluded.rate, burst = excluded.burst, "
        "pending = excluded.pending",
        (
            account_id,
            operation,
            row.tokens,
            row.elapsed,
            row.boot,
            row.wall,
            row.rate,
            row.burst,
            row.pending,
        ),
    )
    return answer


async def share(tx: Transaction, account_id: int, former: int) -> None:
    """An account got the refresh token of another, and with it that one's bucket at Amazon.

    Of neither is the level known from now on, for the other may get this one's token in turn.
    """
    for source, target in ((former, account_id), (account_id, former)):
        await tx.execute(
            "insert into bucket (account_id, operation, tokens, elapsed, boot, wall, rate, burst, "
            "pending) select ?, operation, tokens, elapsed, boot, wall, rate, burst, pending "
            "from bucket where account_id = ? on conflict do nothing",
            (target, source),
        )
    await tx.execute(
        "update bucket set boot = ? where account_id in (?, ?)", (RESTORED, account_id, former)
    )


async def distrust(database: Database) -> None:
    """Mark every bucket as of unknown past: the file was restored or came from elsewhere."""
    async with database.transaction() as tx:
        await tx.execute("update bucket set boot = ?", (RESTORED,))
