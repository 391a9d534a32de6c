"""One page of one search: spend a token, ask Amazon, commit what came.

In: a search in progress (or one about to begin). Out: its orders, its next page and, at its end,
the moved mark, all in one transaction. A page whose commit fails is committed again, not fetched
again. A mark must never pass an order that is not committed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from fvsamazon import windows
from fvsamazon.amazon.client import SearchQuery
from fvsamazon.clock import SECOND, from_micros, micros_now, to_micros
from fvsamazon.poller.quota import SEARCH
from fvsamazon.store import accounts, coverage

if TYPE_CHECKING:
    from datetime import datetime

    from fvsamazon.amazon.client import AmazonClient, OrdersPage
    from fvsamazon.clock import Clock
    from fvsamazon.poller.quota import Quota
    from fvsamazon.poller.recording import Recorder
    from fvsamazon.store import orders
    from fvsamazon.store.database import Database, Transaction

_TOKEN_HASH = 8


class LoopingToken(Exception):
    """Amazon handed out a page token that this search has used before."""


@dataclass(frozen=True, slots=True)
class PageDone:
    """What one committed page meant; `finished` says that its search has ended."""

    traversal: coverage.TraversalRow
    outcome: orders.Recorded
    finished: bool
    late: tuple[tuple[str, int], ...]
    """Id and lastUpdatedTime of what the live search had passed without being shown it."""


class Plan(Protocol):
    """Says what follows from a page: changes of the account's row, part of the page's commit."""

    async def __call__(self, tx: Transaction, done: PageDone) -> dict[str, object]:
        """Return the columns to change."""
        ...


class AmazonTime:
    """Amazon's clock as seen through its Date headers, safe against jumps of our own.

    Within a process it is carried by the elapsed time, so that a corrected wall clock moves no
    window; across a restart by the wall clock.
    """

    def __init__(self, clock: Clock, offset: int | None) -> None:
        self._clock = clock
        self._wall = micros_now(clock)
        self._elapsed = clock.elapsed()
        self.offset = offset

    def steady(self) -> int:
        """Return our own time in microseconds, blind to jumps of the wall clock."""
        return self._wall + int((self._clock.elapsed() - self._elapsed) * SECOND)

    def bound(self, widened: float) -> int:
        """Return the latest instant at which a window may end now."""
        return windows.upper_bound(self.steady(), offset=self.offset, widened=widened)

    def now(self) -> int:
        """Return Amazon's time as well as it is known, in microseconds."""
        return self.steady() + (self.offset or 0)

    def stored_offset(self) -> int | None:
        """Return the offset from the wall clock, as the next process will need it."""
        if self.offset is None:
            return None
        return self.offset + self.steady() - micros_now(self._clock)

    def learn(self, sent: int, server_time: datetime | None) -> None:
        """Take an answer's Date header; `sent` is `steady()` of when the request left."""
        if server_time is not None:
            self.offset = windows.learn_offset(
                self.offset,
                sent=sent,
                received=self.steady(),
                server_second=to_micros(server_time),
            )


class Searcher:
    """Reads searches of one account page by page."""

    def __init__(
        self,
        *,
        database: Database,
        client: AmazonClient,
        quota: Quota,
        time: AmazonTime,
        account: accounts.AccountRow,
        recorder: Recorder,
    ) -> None:
        self._database = database
        self._client = client
        self._quota = quota
        self._time = time
        self._account = account
        self._recorder = recorder

    async def prepare(self) -> None:
        """Make sure of an access token before quota is spent; raises `RemoteError`."""
        await self._client.prepare()

    async def fetch(self, search: coverage.TraversalRow) -> OrdersPage:
        """Ask for the next page of a search; the token was spent before.

        Raises `RemoteError` and `LoopingToken`; nothing is recorded then.
        """
        sent = self._time.steady()
        page = await self._client.search_orders(_query(search))
        self._time.learn(sent, page.facts.server_time)
        if page.next_token and _hash(page.next_token) in _used(search):
            raise LoopingToken
        return page

    async def commit(
        self,
        search: coverage.TraversalRow,
        page: OrdersPage,
        *,
        mark: int | None,
        plan: Plan | None = None,
    ) -> PageDone:
        """Record a page, and where the search goes on; at its end move the marks.

        `mark` is where the live search stood when the page was asked for. What `plan` makes of
        the page is written along: a crash must not leave a search ended and the next unplanned.
        """
        async with self._database.transaction() as tx:
            outcome = await self._recorder.record(tx, page.orders)
            late = _late(search.kind, outcome, mark)
            await accounts.count(tx, self._account.id, "late", len(late))
            search = _after(search, page, outcome)
            await self._quota.settle(tx, SEARCH, rate=page.facts.rate)
            done = PageDone(search, outcome, not page.next_token, late)
            # Before the search ends: the plan looks at the window of several pages before it.
            changes = await plan(tx, done) if plan is not None else {}
            if page.next_token:
                await coverage.save_traversal(tx, self._account.id, search)
            else:
                await coverage.drop_traversal(tx, self._account.id, search.kind)
                await self._finish(tx, search)
            await accounts.update(
                tx, self._account.id, {"clock_offset": self._time.stored_offset(), **changes}
            )
        return done

    def was_too_early(self, search: coverage.TraversalRow) -> bool:
        """Tell whether a window ends later than Amazon's clock, as known by now, allows."""
        return search.before > self._time.now() - windows.micros(windows.RULE_AGE)

    async def drop(self, kind: coverage.Kind) -> None:
        """Give a search up without moving anything."""
        async with self._database.transaction() as tx:
            await coverage.drop_traversal(tx, self._account.id, kind)

    async def _finish(self, tx: Transaction, search: coverage.TraversalRow) -> None:
        if search.kind == "sweep":
            await accounts.update(tx, self._account.id, {"sweep_mark": search.after})
            return
        known = await coverage.rows(tx, self._account.id)
        covered = [known[name] for name in search.covers.split(",") if name in known]
        if search.kind == "history":
            await coverage.save(
                tx,
                self._account.id,
                [
                    replace(row, history_low=min(row.history_low or search.after, search.after))
                    for row in covered
                ],
            )
            return
        mark = min(search.before, search.bound) if search.bound is not None else search.before
        mark = max(mark, search.after)
        await coverage.save(
            tx,
            self._account.id,
            [replace(row, live_mark=max(row.live_mark or 0, mark)) for row in covered],
        )
        await coverage.forget_paged_windows(tx, self._account.id, mark)
        if search.pages > 1:
            await coverage.save_paged_window(
                tx,
                self._account.id,
                coverage.PagedWindow(
                    search.after, search.before, search.started_at, self._time.now()
                ),
            )


def begin(
    kind: coverage.Kind,
    family: coverage.Family,
    window: windows.Window,
    *,
    marketplaces: tuple[str, ...],
    covers: tuple[str, ...],
    included_data: tuple[str, ...],
    started_at: int,
) -> coverage.TraversalRow:
    """Return a search before its first page."""
    return coverage.TraversalRow(
        kind=kind,
        family=family,
        after=window.after,
        before=window.before,
        marketplaces=",".join(marketplaces),
        included_data=",".join(included_data),
        covers=",".join(covers),
        page_token="",
        pages=0,
        orders=0,
        new_orders=0,
        changed_orders=0,
        bound=None,
        seen_tokens=b"",
        started_at=started_at,
    )


def _query(search: coverage.TraversalRow) -> SearchQuery:
    return SearchQuery(
        family=search.family,
        after=from_micros(search.after),
        before=from_micros(search.before),
        marketplace_ids=tuple(search.marketplaces.split(",")) if search.marketplaces else (),
        included_data=tuple(search.included_data.split(",")),
        page_token=search.page_token or None,
    )


def _after(
    search: coverage.TraversalRow, page: OrdersPage, outcome: orders.Recorded
) -> coverage.TraversalRow:
    bound = search.bound
    if page.bound is not None:
        named = to_micros(page.bound)
        bound = named if bound is None else min(bound, named)
    token = page.next_token or ""
    return replace(
        search,
        page_token=token,
        pages=search.pages + 1,
        orders=search.orders + len(page.orders),
        new_orders=search.new_orders + len(outcome.new),
        changed_orders=search.changed_orders + len(outcome.changed),
        bound=bound,
        seen_tokens=search.seen_tokens + (_hash(token) if token else b""),
    )


def _late(
    kind: coverage.Kind, outcome: orders.Recorded, mark: int | None
) -> tuple[tuple[str, int], ...]:
    if kind == "history" or mark is None:
        return ()
    return tuple(entry for entry in outcome.news if entry[1] < mark)


def _hash(token: str) -> bytes:
    return hashlib.blake2b(token.encode(), digest_size=_TOKEN_HASH).digest()


def _used(search: coverage.TraversalRow) -> set[bytes]:
    tokens = search.seen_tokens
    return {tokens[i : i + _TOKEN_HASH] for i in range(0, len(tokens), _TOKEN_HASH)}
