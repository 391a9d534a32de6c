"""One account's polling: do the most urgent thing, plan the next.

`step()` does one unit of work, at most one request, and says how long there is nothing to do: the
daemon's loop, `sync` and the tests call the same method. A failed request never leaves `step()`;
only a bug and the store's trouble do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon import windows
from fvsamazon.clock import SECOND, micros_now
from fvsamazon.errors import FvsamazonError, RemoteError
from fvsamazon.poller.quota import SEARCH
from fvsamazon.poller.searching import LoopingToken
from fvsamazon.store import accounts, coverage
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from fvsamazon.amazon.client import OrdersPage
    from fvsamazon.clock import Clock
    from fvsamazon.poller.faults import SearchFaults
    from fvsamazon.poller.planning import Planner
    from fvsamazon.poller.quota import Quota
    from fvsamazon.poller.report import Report
    from fvsamazon.poller.searching import AmazonTime, PageDone, Plan, Searcher
    from fvsamazon.poller.state import AccountState
    from fvsamazon.store.database import Database, Transaction

BURST_KEPT = 5.0
"""Tokens of the burst that a history leaves for live work."""
LIVE_KEPT = 1.0
SHORTEST_NAP = 0.001
LONGEST_NAP = 900.0
"""Seconds after which a sleeping account looks again, whatever a jumped clock told it."""

FOREIGN_ORDER = Text(
    en="order {order} came from this account although another account of the region holds it",
    lt="užsakymas {order} gautas iš šios paskyros, nors jį turi kita to paties regiono paskyra",
)
FOREIGN_ORDER_REMEDY = Text(
    en="two accounts seem to be one seller: remove one of the two refresh tokens",
    lt="panašu, kad dvi paskyros yra vienas pardavėjas: pašalinkite vieną iš dviejų atnaujinimo "
    "raktų",
)


@dataclass(frozen=True, slots=True)
class _Work:
    """The search to go on with, and the tokens that it leaves for more urgent work."""

    search: coverage.TraversalRow
    keep: float


class AccountPoller:
    """Keeps one account's orders recorded."""

    def __init__(  # noqa: PLR0913 - collaborators
        self,
        *,
        database: Database,
        clock: Clock,
        quota: Quota,
        searcher: Searcher,
        planner: Planner,
        faults: SearchFaults,
        state: AccountState,
        report: Report,
        time: AmazonTime,
        account: accounts.AccountRow,
        poll_interval: float | None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._quota = quota
        self._searcher = searcher
        self._planner = planner
        self._faults = faults
        self.state = state
        self._report = report
        self._time = time
        self._account = account
        self._interval = poll_interval
        self._live_now = False
        self._began = False
        self._uncommitted: tuple[coverage.TraversalRow, OrdersPage] | None = None
        self.live_polls = 0
        """Live searches that this process began, up to its present; `sync` wants one."""
        self.history_left = True
        """Whether orders of the past are still to be fetched."""

    @property
    def history_rests(self) -> float:
        """Seconds until Amazon is asked about the past again, after it failed to answer."""
        return self._faults.paused("history")

    def poll_now(self) -> None:
        """Poll as soon as the quota allows, whatever the schedule and the back-off say."""
        self._live_now = True
        self.state.asked_to_try()

    async def step(self) -> float:
        """Do one unit of work; return the seconds until there is more, 0 when there is now."""
        if wait := self.state.wait():
            return wait
        row = await self._row()
        if self._uncommitted is not None:
            await self._commit(row)
            return 0.0
        work = await self._choose(row)
        if isinstance(work, float):
            return work
        try:
            await self._searcher.prepare()
        except RemoteError as error:
            return await self._faults.no_token(error)
        if wait := await self._quota.take(SEARCH, keep=work.keep):
            return wait if work.search.kind == "live" else min(wait, self._until_live(row))
        return await self._read(work.search, row)

    async def _choose(self, row: accounts.AccountRow) -> _Work | float:
        covered = await self._planner.covered(row)
        current = await self._planner.in_progress()
        tokens, rate = await self._quota.level(SEARCH)
        self._report.rate(SEARCH, rate)
        history = current.get("history") or self._planner.history(row, covered)
        if history is not None and (past := self._planner.past(row, covered, rate)) is not None:
            self._report.history_begins(history, *past)
        if self.history_left and history is None:
            self._report.history_done(covered)
        self.history_left = history is not None
        if "live" in current:
            return _Work(current["live"], 0.0)
        until_live = self._until_live(row)
        if until_live <= 0:
            return _Work(self._planner.live(row, covered), 0.0)
        history_rests, sweep_rests = self._faults.paused("history"), self._faults.paused("sweep")
        if tokens >= BURST_KEPT + 1 and (spend := await self._burst(row, current, history)):
            return spend
        spare = (LIVE_KEPT + 1 - tokens) / rate
        until_history = max(
            spare,
            history_rests,
            windows.HISTORY_SHARE / rate - self._since(row.history_called_at),
        )
        until_sweep = max(
            spare, sweep_rests, windows.SWEEP_SHARE / rate - self._since(row.sweep_called_at)
        )
        if history is not None and until_history <= 0:
            return _Work(history, LIVE_KEPT)
        if until_sweep <= 0:
            sweep = current.get("sweep") or await self._planner.sweep(row)
            return 0.0 if sweep is None else _Work(sweep, LIVE_KEPT)
        waits = [until_live, until_sweep, LONGEST_NAP]
        return max(SHORTEST_NAP, min(waits if history is None else [*waits, until_history]))

    async def _burst(
        self,
        row: accounts.AccountRow,
        current: dict[str, coverage.TraversalRow],
        history: coverage.TraversalRow | None,
    ) -> _Work | None:
        """Return what tokens beyond those kept for live work go to: a suspect window first."""
        if row.suspect_from is not None and not self._faults.paused("sweep"):
            sweep = current.get("sweep") or await self._planner.sweep(row)
            if sweep is not None:
                return _Work(sweep, BURST_KEPT)
        if history is not None and not self._faults.paused("history"):
            return _Work(history, BURST_KEPT)
        return None

    async def _read(self, search: coverage.TraversalRow, row: accounts.AccountRow) -> float:
        """Ask for one page and deal with whatever comes."""
        if search.kind == "live" and not search.page_token:
            self._live_now, self._began = False, True
        sent = self._time.steady()
        try:
            page = await self._searcher.fetch(search)
        except LoopingToken:
            await self._quota.settled(SEARCH)
            await self._faults.restart(search, row, "the page token came round again")
            return 0.0
        except RemoteError as error:
            self._time.learn(sent, error.server_time)
            return await self._faults.handle(error, search, row)
        self._uncommitted = (search, page)
        await self._commit(row)
        return 0.0

    async def _commit(self, row: accounts.AccountRow) -> None:
        """Record the page in hand; while the store does not answer it stays in hand."""
        if self._uncommitted is None:
            return
        search, page = self._uncommitted
        mark = await self._mark()
        done = await self._searcher.commit(search, page, mark=mark, plan=self._follows(row))
        self._uncommitted = None
        await self._faults.over(search.kind)
        await self.state.works()
        self._report.page(done, mark)
        if done.finished:
            if search.kind == "live":
                self.live_polls += self._began and not _was_cut(search, row)
                self._began = False
            self._report.completed(done.traversal, lag=await self.lag())
        else:
            self._report.progress(done.traversal, lag=await self.lag())
        if done.outcome.foreign:
            await self.state.notice(
                FOREIGN_ORDER, FOREIGN_ORDER_REMEDY, order=done.outcome.foreign[0]
            )

    def _follows(self, row: accounts.AccountRow) -> Plan:
        """Return what plans an account's next steps from a page of it."""

        async def plan(tx: Transaction, done: PageDone) -> dict[str, object]:
            search = done.traversal
            changes: dict[str, object] = {}
            if search.kind != "live":
                changes[f"{search.kind}_called_at"] = self._now()
            if done.finished:
                changes.update(await self._finished(tx, search, row))
            # Last, so that the end of one suspicion does not wipe out the next.
            changes.update(await self._suspect(tx, done, row))
            return changes

        return plan

    async def _finished(
        self, tx: Transaction, search: coverage.TraversalRow, row: accounts.AccountRow
    ) -> dict[str, object]:
        window = windows.Window(search.after, search.before)
        if search.kind == "history":
            return {
                "history_density": windows.learn_density(
                    row.history_density, search.orders, window
                ),
                "history_span_limit": windows.wider(
                    row.history_span_limit, first=windows.HISTORY_FIRST, most=windows.HISTORY_MOST
                ),
            }
        if search.kind == "sweep":
            if (search.after, search.before) == (row.suspect_from, row.suspect_to):
                return {"suspect_from": None, "suspect_to": None, "sweep_mark": row.sweep_mark}
            return {}
        changes: dict[str, object] = {
            "live_density": windows.learn_density(row.live_density, search.orders, window),
            "live_polled_at": self._now(),
            "live_due_at": await self._next_live(tx, search, row),
        }
        if row.sweep_called_at is None:
            changes["sweep_called_at"] = self._now()  # the first sweep comes a turn later
        if row.live_span_limit is not None:
            span = windows.wider(row.live_span_limit, first=1.0, most=windows.HISTORY_MOST)
            changes["live_span_limit"] = None if span >= windows.FIRST_LIVE else span
        if row.bound_widened:
            changes["bound_widened"] = max(0.0, row.bound_widened - 1.0)
        return changes

    async def _next_live(
        self, tx: Transaction, search: coverage.TraversalRow, row: accounts.AccountRow
    ) -> int:
        """Return when the next live poll is due, reckoned from the beginning of this one."""
        if _was_cut(search, row):
            return self._now()
        tokens, rate = await self._quota.level(SEARCH, tx)
        interval = self._interval or windows.LIVE_SHARE / rate
        if self._interval is not None and tokens < BURST_KEPT:
            interval = max(interval, windows.LIVE_SHARE / rate)
        if self.history_left:
            interval = max(interval, windows.LIVE_SHARE_BESIDE_HISTORY / rate)
        spent = max(0, self._time.now() - search.started_at)
        return self._now() + max(0, int(interval * SECOND) - spent)

    async def _suspect(
        self, tx: Transaction, done: PageDone, row: accounts.AccountRow
    ) -> dict[str, object]:
        """Find out whether an order left a window of several pages while it was read.

        It shifted its neighbours towards pages that had been read, so that one may have been
        skipped: the sweep reads that window again.
        """
        suspects = [
            paged
            for paged in await coverage.paged_windows(tx, row.id)
            if any(paged.was_left(*moved) for moved in done.outcome.moved)
        ]
        if not suspects:
            return {}
        bounds = windows.Window(
            min(paged.after for paged in suspects), max(paged.before for paged in suspects)
        )
        return {
            "suspect_from": min(row.suspect_from or bounds.after, bounds.after),
            "suspect_to": max(row.suspect_to or bounds.before, bounds.before),
        }

    async def lag(self) -> float | None:
        """Return the seconds since the instant up to which every update is recorded."""
        mark = await self._mark()
        return None if mark is None else max(0.0, (self._time.now() - mark) / SECOND)

    async def _mark(self) -> int | None:
        covered = await coverage.rows(self._database, self._account.id)
        names = self._planner.names
        marks = [covered[name].live_mark for name in names if name in covered]
        known = [mark for mark in marks if mark is not None]
        return min(known) if known and len(known) == len(names) else None

    def _until_live(self, row: accounts.AccountRow) -> float:
        now = self._now()
        if self._live_now or row.live_due_at is None:
            return 0.0
        if row.live_polled_at is not None and now < row.live_polled_at:
            return 0.0  # the clock was set back: nothing it said before tells when a poll is due
        wait = (row.live_due_at - now) / SECOND
        return max(0.0, min(wait, max(self._interval or 0.0, LONGEST_NAP)))

    def _since(self, moment: int | None) -> float:
        """Return the seconds since a stored moment, for ever where it lies ahead of us."""
        passed = float("inf") if moment is None else (self._now() - moment) / SECOND
        return passed if passed >= 0 else float("inf")

    def _now(self) -> int:
        return micros_now(self._clock)

    async def _row(self) -> accounts.AccountRow:
        row = await accounts.find(self._database, self._account.region, self._account.name)
        if row is None:
            raise FvsamazonError(f"account {self._account.name} is gone from the database")
        return row


def _was_cut(search: coverage.TraversalRow, row: accounts.AccountRow) -> bool:
    """Tell whether a live window ended before its time: there is more to catch up with."""
    reach = windows.micros(windows.BOUND_AGE_BLIND + row.bound_widened)
    return search.before < search.started_at - reach - 5 * SECOND
