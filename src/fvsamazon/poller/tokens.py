"""Keeps one account's access token fresh, so that no poll has to wait for Login with Amazon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon import backoff, events
from fvsamazon.clock import iso, to_micros
from fvsamazon.errors import RemoteError, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from structlog.typing import FilteringBoundLogger

    from fvsamazon.amazon.auth import AccountTokens, LwaClient
    from fvsamazon.clock import Clock

RETRY_BASE, RETRY_MOST = 5.0, 300.0
SHORTEST_WAIT = 1.0
"""Seconds between two requests, however short-lived the tokens that come."""
PROBE = 3_600.0
"""Seconds between tries of credentials that were refused."""
LOOK_AGAIN = 60.0
"""Seconds after which the keeper looks again: a poll may have dropped the token meanwhile."""


class TokenKeeper:
    """Refreshes one account's token ahead of its end; owned by the account's third loop."""

    def __init__(
        self,
        *,
        tokens: AccountTokens,
        lwa: LwaClient,
        clock: Clock,
        log: FilteringBoundLogger,
        jitter: Callable[[], float],
    ) -> None:
        self._tokens = tokens
        self._lwa = lwa
        self._clock = clock
        self._log = log
        self._jitter = jitter
        self._failures = 0
        self._since = 0.0
        self._rests_until = float("-inf")
        self._switched = False
        self._told: datetime | None = None
        self._works = False
        self._mended = False

    async def step(self) -> float:
        """Refresh if it is time; return the seconds until it will be."""
        try:
            await self._tokens.load()
            if self._tokens.next_refresh_at() <= self._clock.now():
                # Whoever woke the loop up early asked for a poll, which asks by itself.
                if (rest := self._rests_until - self._clock.elapsed()) > 0:
                    return min(rest, LOOK_AGAIN)
                await self._tokens.refresh()
                self._mended = self._mended or self._failures > 0 or not self._works
                self._works = True
        except RemoteError as error:
            return self._failed(error)
        self._tell()
        wait = (self._tokens.next_refresh_at() - self._clock.now()).total_seconds()
        return min(max(SHORTEST_WAIT, wait), LOOK_AGAIN)

    def take_mended(self) -> bool:
        """Tell, once, that the credentials got a token for the first time, or after failures."""
        mended, self._mended = self._mended, False
        return mended

    def _tell(self) -> None:
        until = self._tokens.valid_until
        valid_until = iso(to_micros(until)) if until else None
        if until is not None and until not in {self._told, self._tokens.inherited}:
            self._told = until
            self._log.info(events.TOKEN_REFRESHED, valid_until=valid_until)
        if self._failures:
            self._log.info(
                events.TOKEN_RECOVERED,
                failures=self._failures,
                seconds=round(self._clock.elapsed() - self._since, 1),
                valid_until=valid_until,
            )
            self._failures = 0
        if self._lwa.using_next_secret != self._switched:
            self._switched = self._lwa.using_next_secret
            if self._switched:
                self._log.warning(events.TOKEN_SECRET_SWITCHED)

    def _failed(self, error: RemoteError) -> float:
        self._failures += 1
        wait = PROBE
        if not (isinstance(error, Unauthorized) and error.permanent):
            wait = backoff.delay(
                self._failures, base=RETRY_BASE, cap=RETRY_MOST, jitter=self._jitter()
            )
        self._rests_until = self._clock.elapsed() + wait
        if self._failures == 1:
            self._since = self._clock.elapsed()
            self._log.warning(events.TOKEN_FAILED, retry_in=round(wait, 1), **error.log_fields())
        return wait
