"""What a failed search request means for its account (sp-api.md sections 2 and 4).

Nothing of the failed page was recorded. Every branch ends in a wait: nothing here hammers Amazon,
gives a window up without reading it again, or touches another account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon import backoff, windows
from fvsamazon.errors import ContractViolation, NotFound, Rejected, Throttled, Unauthorized
from fvsamazon.poller.quota import SEARCH
from fvsamazon.poller.state import RETRY_BASE, RETRY_MOST
from fvsamazon.store import accounts
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from fvsamazon.clock import Clock
    from fvsamazon.errors import RemoteError
    from fvsamazon.poller.quota import Quota
    from fvsamazon.poller.report import Report
    from fvsamazon.poller.searching import Searcher
    from fvsamazon.poller.state import AccountState
    from fvsamazon.store.coverage import TraversalRow
    from fvsamazon.store.database import Database

REFUSED_RETRY = 1_800.0
"""Seconds until a query that Amazon refuses is tried again (sp-api.md section 3.5, incidents)."""
WIDEN_BY = 60.0
SAME_PAGE_TRIES = 3
"""Unreadable answers to one page token after which its window starts again."""

SEARCH_REFUSED = Text(
    en="Amazon refuses to show this account's orders (403, also with a fresh access token)",
    lt="„Amazon“ nerodo šios paskyros užsakymų (403, taip pat ir su nauju prieigos raktu)",
)
SEARCH_REFUSED_REMEDY = Text(
    en="check in Seller Central that the application is authorised for this account and has the "
    "role Inventory and Order Tracking, then make a new refresh token and reload",
    lt="„Seller Central“ patikrinkite, ar programa turi šios paskyros leidimą ir vaidmenį "
    "„Inventory and Order Tracking“, tada sukurkite naują atnaujinimo raktą (refresh token) ir "
    "iš naujo įkelkite nustatymus",
)
CREDENTIALS_REFUSED = Text(
    en="Login with Amazon refuses this account's credentials ({code})",
    lt="„Login with Amazon“ nepriima šios paskyros prisijungimo duomenų ({code})",
)
CREDENTIALS_REMEDY = Text(
    en="put a valid client secret and refresh token into the settings and reload",
    lt="į nustatymus įrašykite galiojančius „client secret“ ir „refresh token“ ir įkelkite juos iš "
    "naujo",
)
QUERY_REFUSED = Text(
    en="Amazon refuses the search itself ({code}); it is tried again every half hour",
    lt="„Amazon“ atmeta pačią paiešką ({code}); ji kartojama kas pusvalandį",
)
QUERY_REFUSED_REMEDY = Text(
    en="check the region's ENDPOINT and MARKETPLACES; if they are right, report the request id "
    "to Amazon",
    lt="patikrinkite regiono ENDPOINT ir MARKETPLACES; jei jie teisingi, praneškite „Amazon“ "
    "užklausos numerį (request id)",
)


SEARCH_STUCK = Text(
    en="Amazon does not answer the {kind} search: {detail}",
    lt="„Amazon“ neatsako į paiešką ({kind}): {detail}",
)
SEARCH_STUCK_REMEDY = Text(
    en="new orders come in all the same; if it lasts, report the request id in the log to Amazon",
    lt="nauji užsakymai vis tiek gaunami; jei tai tęsiasi, praneškite „Amazon“ žurnale "
    "nurodytą užklausos numerį (request id)",
)
STUCK = 5
"""Failures in a row after which a history or a sweep wants a person's attention."""


@dataclass(slots=True)
class _Pause:
    """A history or sweep at rest until `until` (seconds of `Clock.elapsed`)."""

    until: float = 0.0
    failures: int = 0


class SearchFaults:
    """Decides about one account's failed search requests."""

    def __init__(
        self,
        *,
        database: Database,
        quota: Quota,
        searcher: Searcher,
        state: AccountState,
        report: Report,
        clock: Clock,
        jitter: Callable[[], float],
    ) -> None:
        self._database = database
        self._quota = quota
        self._searcher = searcher
        self._state = state
        self._report = report
        self._clock = clock
        self._jitter = jitter
        self._refused_once = False
        self._unreadable_answers = 0
        self._pauses: dict[str, _Pause] = {}

    def paused(self, kind: str) -> float:
        """Return the seconds for which a history or a sweep has to rest, 0 when it need not."""
        pause = self._pauses.get(kind)
        return 0.0 if pause is None else max(0.0, pause.until - self._clock.elapsed())

    async def over(self, kind: str) -> None:
        """A request of a search succeeded."""
        self._refused_once = False
        self._unreadable_answers = 0
        pause = self._pauses.pop(kind, None)
        if pause is not None:
            self._report.resumed(kind, pause.failures)
            if not any(p.failures >= STUCK for p in self._pauses.values()):
                await self._state.drop_notice(SEARCH_STUCK)

    async def no_token(self, error: RemoteError) -> float:
        """Login with Amazon gave no token, so that nothing was asked and no quota spent."""
        if isinstance(error, Unauthorized) and error.permanent:
            return await self._state.attention(
                CREDENTIALS_REFUSED, CREDENTIALS_REMEDY, error=error, code=error.code or "?"
            )
        return await self._state.fails(error, kind="token")

    async def handle(
        self, error: RemoteError, search: TraversalRow, row: accounts.AccountRow
    ) -> float:
        """Return the seconds until the account is tried again."""
        if isinstance(error, Throttled):
            await self._quota.throttled(SEARCH)
            tokens, rate = await self._quota.level(SEARCH)
            wait = max(0.0, 1 - tokens) / rate
            await self._state.throttled(error, wait)
            return wait
        await self._quota.settled(SEARCH, rate=error.rate)
        if isinstance(error, Unauthorized):
            return await self._unauthorized(error, search)
        if isinstance(error, ContractViolation):
            return await self._unreadable(error, search, row)
        if isinstance(error, Rejected):
            return await self._rejected(error, search, row)
        return await self._fails(error, search)

    async def _fails(
        self, error: RemoteError, search: TraversalRow, *, at_least: float = 0.0
    ) -> float:
        """Back off: the account where it is the live search, else that one search alone.

        What Amazon cannot answer about the past must not delay what is new.
        """
        if search.kind == "live":
            return await self._state.fails(error, kind=search.kind, at_least=at_least)
        pause = self._pauses.setdefault(search.kind, _Pause())
        pause.failures += 1
        wait = backoff.delay(pause.failures, base=RETRY_BASE, cap=RETRY_MOST, jitter=self._jitter())
        wait = max(wait, at_least, error.retry_after or 0.0)
        pause.until = self._clock.elapsed() + wait
        if pause.failures == 1:
            self._report.failed(search.kind, wait, error)
        if pause.failures == STUCK:
            await self._state.notice(
                SEARCH_STUCK, SEARCH_STUCK_REMEDY, kind=search.kind, detail=str(error)
            )
        return 0.0

    async def restart(self, search: TraversalRow, row: accounts.AccountRow, why: str) -> None:
        """Give up a search whose pages cannot be walked, and cut the next window short."""
        span = windows.narrower(windows.Window(search.after, search.before).seconds)
        changes: dict[str, object] = {f"{search.kind}_span_limit": span}
        if search.kind == "sweep":
            # The sweep only repeats what was read before: it goes on below the bad window.
            changes = {"sweep_mark": search.after, "suspect_from": None, "suspect_to": None}
        await self._searcher.drop(search.kind)
        async with self._database.transaction() as tx:
            await accounts.update(tx, row.id, changes)
        self._report.restarted(search, why)

    async def _unauthorized(self, error: Unauthorized, search: TraversalRow) -> float:
        if error.permanent:
            return await self.no_token(error)
        if not self._refused_once:
            # An expired or withdrawn token looks like a missing right: a fresh one decides (the
            # client has dropped the refused one).
            self._refused_once = True
            return 0.0
        self._refused_once = False
        if search.kind != "live":
            # If the account itself is refused, the next live poll finds out.
            return await self._fails(error, search, at_least=REFUSED_RETRY)
        return await self._state.attention(SEARCH_REFUSED, SEARCH_REFUSED_REMEDY, error=error)

    async def _unreadable(
        self, error: ContractViolation, search: TraversalRow, row: accounts.AccountRow
    ) -> float:
        self._unreadable_answers += 1
        if search.page_token and self._unreadable_answers >= SAME_PAGE_TRIES:
            self._unreadable_answers = 0
            await self.restart(search, row, "the page cannot be read")
        return await self._fails(error, search)

    async def _rejected(
        self, error: Rejected, search: TraversalRow, row: accounts.AccountRow
    ) -> float:
        span = windows.Window(search.after, search.before).seconds
        if search.page_token and not isinstance(error, NotFound) and span > windows.SPAN_LEAST:
            await self.restart(search, row, "Amazon refused the page token")
            return 0.0
        if search.kind == "live" and self._searcher.was_too_early(search):
            # Our clock had misled us; the answer told Amazon's, and the next bound goes by that.
            return await self._state.fails(error, kind=search.kind)
        if search.kind == "live" and error.status == 400:  # noqa: PLR2004 - InvalidInput
            widened = row.bound_widened * 2 + WIDEN_BY
            if widened <= windows.BOUND_WIDENED_MOST:
                async with self._database.transaction() as tx:
                    await accounts.update(tx, row.id, {"bound_widened": widened})
                self._report.widened(widened)
                return await self._state.fails(error, kind=search.kind)
        if search.kind != "live":
            return await self._fails(error, search, at_least=REFUSED_RETRY)
        return await self._state.attention(
            QUERY_REFUSED,
            QUERY_REFUSED_REMEDY,
            error=error,
            wait=REFUSED_RETRY,
            code=f"{error.status} {error.code or ''}".strip(),
        )
