"""What a failed search request means for its account (sp-api.md sections 2 and 4).

Nothing of the failed page was recorded. Every branch ends in a wait: nothing here hammers Amazon,
gives a window up without reading it again, or touches another account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon import windows
from fvsamazon.errors import ContractViolation, NotFound, Rejected, Throttled, Unauthorized
from fvsamazon.poller.quota import SEARCH
from fvsamazon.store import accounts
from fvsamazon.texts import Text

if TYPE_CHECKING:
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
    lt="Amazon nerodo šios paskyros užsakymų (403, taip pat ir su nauju prieigos raktu)",
)
SEARCH_REFUSED_REMEDY = Text(
    en="check in Seller Central that the application is authorised for this account and has the "
    "role Inventory and Order Tracking, then make a new refresh token and reload",
    lt="Seller Central patikrinkite, ar programa turi šios paskyros leidimą ir rolę Inventory and "
    "Order Tracking, tada sukurkite naują atnaujinimo raktą (refresh token) ir įkelkite nuostatas "
    "iš naujo",
)
CREDENTIALS_REFUSED = Text(
    en="Login with Amazon refuses this account's credentials ({code})",
    lt="Login with Amazon nepriima šios paskyros prisijungimo duomenų ({code})",
)
CREDENTIALS_REMEDY = Text(
    en="put a valid client secret and refresh token into the settings and reload",
    lt="įrašykite galiojančius client secret ir refresh token į nuostatas ir įkelkite iš naujo",
)
QUERY_REFUSED = Text(
    en="Amazon refuses the search itself ({code}); it is tried again every half hour",
    lt="Amazon atmeta pačią paiešką ({code}); ji kartojama kas pusvalandį",
)
QUERY_REFUSED_REMEDY = Text(
    en="check the region's ENDPOINT and MARKETPLACES; if they are right, report the request id "
    "to Amazon",
    lt="patikrinkite regiono ENDPOINT ir MARKETPLACES; jei jie teisingi, praneškite Amazon "
    "užklausos numerį (request id)",
)


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
    ) -> None:
        self._database = database
        self._quota = quota
        self._searcher = searcher
        self._state = state
        self._report = report
        self._refused_once = False
        self._unreadable_answers = 0

    def over(self) -> None:
        """A request succeeded."""
        self._refused_once = False
        self._unreadable_answers = 0

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
            return await self._unauthorized(error)
        if isinstance(error, ContractViolation):
            return await self._unreadable(error, search, row)
        if isinstance(error, Rejected):
            return await self._rejected(error, search, row)
        return await self._state.fails(error, kind=search.kind)

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

    async def _unauthorized(self, error: Unauthorized) -> float:
        if error.permanent:
            return await self.no_token(error)
        if not self._refused_once:
            # An expired or withdrawn token looks like a missing right: a fresh one decides (the
            # client has dropped the refused one).
            self._refused_once = True
            return 0.0
        self._refused_once = False
        return await self._state.attention(SEARCH_REFUSED, SEARCH_REFUSED_REMEDY, error=error)

    async def _unreadable(
        self, error: ContractViolation, search: TraversalRow, row: accounts.AccountRow
    ) -> float:
        self._unreadable_answers += 1
        if search.page_token and self._unreadable_answers >= SAME_PAGE_TRIES:
            self._unreadable_answers = 0
            await self.restart(search, row, "the page cannot be read")
        return await self._state.fails(error, kind=search.kind)

    async def _rejected(
        self, error: Rejected, search: TraversalRow, row: accounts.AccountRow
    ) -> float:
        span = windows.Window(search.after, search.before).seconds
        if search.page_token and not isinstance(error, NotFound) and span > windows.SPAN_LEAST:
            await self.restart(search, row, "Amazon refused the page token")
            return 0.0
        if search.kind == "live" and error.status == 400:  # noqa: PLR2004 - InvalidInput
            widened = row.bound_widened * 2 + WIDEN_BY
            if widened <= windows.BOUND_WIDENED_MOST:
                async with self._database.transaction() as tx:
                    await accounts.update(tx, row.id, {"bound_widened": widened})
                self._report.widened(widened)
                return await self._state.fails(error, kind=search.kind)
        return await self._state.attention(
            QUERY_REFUSED,
            QUERY_REFUSED_REMEDY,
            error=error,
            wait=REFUSED_RETRY,
            code=f"{error.status} {error.code or ''}".strip(),
        )
