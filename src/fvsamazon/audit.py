"""Tells in the service's own log what people did to personal data by commands of their own.

In: the records that `orders show` and `export`, `purge` and `key` leave in the database. Out: a
line for each. A command's log goes to the terminal of whoever ran it; an auditor reads the
service's. What must never happen: a line that is told twice by a restart, or one with a personal
value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon import events
from fvsamazon.clock import iso
from fvsamazon.store import audit

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from fvsamazon.store.database import Database

BATCH = 100
"""Records that one transaction takes; a line names no more orders than that."""


class AuditTrail:
    """Follows the records; one for a daemon's life."""

    def __init__(self, database: Database, log: FilteringBoundLogger) -> None:
        self._database = database
        self._log = log

    async def step(self) -> None:
        """Tell everything that was not told yet."""
        if not await audit.anything(self._database):
            return
        more = True
        while more:
            async with self._database.transaction() as tx:
                accesses = await audit.take_accesses(tx, BATCH)
                erasures = await audit.take_erasures(tx, BATCH)
            # Behind the commit: what a full disk kept from being marked is not told each minute.
            for access in accesses:
                self._log.info(
                    events.PRIVACY_ACCESSED,
                    user=access.user_id,
                    login=access.login_id,
                    orders=list(access.orders),
                    command=access.command,
                    at=iso(access.at),
                )
            for erasure in erasures:
                self._log.info(
                    events.PRIVACY_ERASED,
                    order=erasure.order_id,
                    user=erasure.user_id,
                    why=erasure.why,
                    orders=erasure.orders,
                    fields=erasure.parts,
                    at=iso(erasure.at),
                )
            more = bool(accesses or erasures)
