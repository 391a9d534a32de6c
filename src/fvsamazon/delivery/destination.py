"""Whether Finvalda takes documents now: noticed once, probed with a growing pause, told once.

In: what became of calls. Out: how long to leave Finvalda alone. The state is in the database: a
restart keeps the pause, and `status` shows it. A refused login or a build that cannot be used waits
for a person and is probed slowly; a reload tries at once.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from fvsamazon import backoff, events
from fvsamazon.clock import SECOND, micros_now
from fvsamazon.errors import StoreError
from fvsamazon.finvalda.trouble_texts import in_words
from fvsamazon.store import outbox
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from fvsamazon.clock import Clock
    from fvsamazon.errors import RemoteError
    from fvsamazon.store.database import Database

DOWN_BASE, DOWN_MOST = 5.0, 300.0
"""Seconds: first and longest pause while Finvalda does not answer."""
ATTENTION_PAUSE: Final = 600.0
UP, DOWN, ATTENTION = "up", "down", "attention"


class Destination:
    """Finvalda as seen from here."""

    def __init__(self, database: Database, clock: Clock, log: FilteringBoundLogger) -> None:
        self._database = database
        self._clock = clock
        self._log = log
        self.state = UP
        self._failures = 0
        self._since: int | None = None
        self._retry_at = 0.0
        self._loaded = False

    async def load(self, *, try_now: bool = False) -> None:
        """Take up what the last process knew; with `try_now` its pause is over."""
        self._loaded = True
        row = await outbox.destination(self._database)
        if row is None:
            return
        self.state = row["state"]
        self._failures = row["failures"]
        self._since = row["since"]
        left = ((row["retry_at"] or 0) - self._now()) / SECOND
        longest = max(DOWN_MOST, ATTENTION_PAUSE)
        self._retry_at = self._clock.elapsed() + (0.0 if try_now else min(max(left, 0.0), longest))

    def try_now(self) -> None:
        """End the pause: somebody has changed something."""
        self._retry_at = self._clock.elapsed()

    def wait(self) -> float:
        """Return the seconds for which to leave Finvalda alone."""
        if self.state == UP:
            return 0.0
        return max(0.0, self._retry_at - self._clock.elapsed())

    async def down(self, error: RemoteError) -> float:
        """Finvalda cannot be reached; return the pause."""
        first = self.state == UP
        wait = backoff.delay(self._failures + 1, base=DOWN_BASE, cap=DOWN_MOST, jitter=1.0)
        wait = max(wait, error.retry_after or 0.0)
        text = getattr(error, "text", None)
        await self._change(DOWN, wait, error, text if isinstance(text, Text) else None)
        if first:
            self._log.warning(
                events.DELIVERY_PAUSED,
                retry_in=round(wait, 1),
                due=await outbox.due_count(self._database),
                **error.log_fields(),
            )
        return wait

    async def attention(self, error: RemoteError, text: Text) -> float:
        """A person must act before anything is delivered; return the pause."""
        first = self.state != ATTENTION
        await self._change(ATTENTION, ATTENTION_PAUSE, error, text)
        if first:
            self._log.error(
                events.DELIVERY_ATTENTION, why=str(error), remedy=text.en, **error.log_fields()
            )
        return ATTENTION_PAUSE

    async def up(self) -> None:
        """Finvalda answers."""
        if self.state == UP:
            return
        before, failures, since = self.state, self._failures, self._since
        self.state, self._failures, self._since = UP, 0, None
        try:
            await self._save(None, None)
        except StoreError:
            # `status` reads what is stored: the next answer has to bring it there.
            self.state, self._failures, self._since = before, failures, since
            raise
        seconds = (self._now() - since) / SECOND if since is not None else 0.0
        self._log.info(
            events.DELIVERY_RESUMED,
            failures=failures,
            seconds=round(max(0.0, seconds), 1),
            due=await outbox.due_count(self._database),
        )

    async def _change(
        self, state: str, wait: float, error: RemoteError, text: Text | None = None
    ) -> None:
        if self.state == UP:
            self._since = self._now()
        self.state = state
        self._failures += 1
        self._retry_at = self._clock.elapsed() + wait
        told = in_words(error)
        said = {"code": type(error).__name__, "en": told.en, "lt": told.lt}
        if text is not None:
            said |= {"remedy_en": text.en, "remedy_lt": text.lt}
        await self._save(json.dumps([said], ensure_ascii=False), int(wait * SECOND))

    async def _save(self, reasons: str | None, wait: int | None) -> None:
        async with self._database.transaction() as tx:
            await outbox.save_destination(
                tx,
                {
                    "state": self.state,
                    "reasons": reasons,
                    "since": self._since,
                    "failures": self._failures,
                    "retry_at": None if wait is None else self._now() + wait,
                },
            )

    def _now(self) -> int:
        return micros_now(self._clock)
