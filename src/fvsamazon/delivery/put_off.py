"""Documents that Finvalda refuses again and again for reasons that should pass by themselves.

In: each such refusal, and whether any order still waits. Out: a log line once it has lasted, a
second one after an hour, then one a day, and one at the end; each tells how many orders wait, so
that a Finvalda that takes nothing gives no more lines than one locked operation does.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from fvsamazon import events
from fvsamazon.store import deliveries, outbox

if TYPE_CHECKING:
    from typing import Any

    from structlog.typing import FilteringBoundLogger

    from fvsamazon.clock import Clock
    from fvsamazon.store.database import Database

AGAIN: Final = (3_600.0, 86_400.0)
"""Seconds from the first line to the second, and from then on between any two."""
LOOK_EVERY: Final = 60.0
"""Seconds between two looks whether any order still waits."""


class PutOff:
    """Tells of orders that wait for what should have passed."""

    def __init__(self, database: Database, clock: Clock, log: FilteringBoundLogger) -> None:
        self._database = database
        self._clock = clock
        self._log = log
        self._since: float | None = None
        self._told = 0
        self._next = 0.0
        self._look_at = 0.0

    async def refused(self, failures: int, stored: str | None, keys: dict[str, Any]) -> None:
        """Note that an order, whose log keys these are, was put off so many times in a row."""
        if failures < deliveries.PUT_OFF:
            return
        now = self._clock.elapsed()
        if self._since is None:
            self._since = self._next = now
        if now < self._next:
            return
        self._next = now + AGAIN[min(self._told, len(AGAIN) - 1)]
        self._told += 1
        self._look_at = now + LOOK_EVERY
        reasons = json.loads(stored) if stored else []
        self._log.warning(
            events.DELIVERY_PUT_OFF,
            **keys,
            failures=failures,
            orders=(await outbox.put_off(self._database, deliveries.PUT_OFF)).orders,
            why=" ".join(one["en"] for one in reasons),
            remedy=" ".join(one["remedy_en"] for one in reasons if "remedy_en" in one),
            code=reasons[0]["code"] if reasons else None,
        )

    async def look(self) -> None:
        """See, now and then, whether it is over."""
        now = self._clock.elapsed()
        if self._since is None or now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY
        if (await outbox.put_off(self._database, deliveries.PUT_OFF)).orders:
            return
        self._log.info(events.DELIVERY_PUT_OFF_ENDED, seconds=round(now - self._since, 1))
        self._since, self._told = None, 0
