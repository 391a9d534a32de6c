"""Which search an account goes on with: coverage, windows and the settings put together.

Live work goes before history, history before the sweep. A search in progress keeps its query to
the end; one that the settings in force forbid is dropped without moving anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon import windows
from fvsamazon.clock import to_micros
from fvsamazon.poller.searching import begin
from fvsamazon.poller.served import served_from
from fvsamazon.store import accounts, coverage

if TYPE_CHECKING:
    from datetime import datetime

    from fvsamazon.poller.report import Report
    from fvsamazon.poller.searching import AmazonTime, Searcher
    from fvsamazon.store.database import Database

DEFAULT_HISTORY = 30 * 86_400.0
"""Seconds that the first run reaches back where START_FROM is not set."""


@dataclass(frozen=True, slots=True)
class PollPlan:
    """What the settings want of one account; `poll_interval` in seconds, None: by the quota."""

    marketplaces: tuple[str, ...] = ()
    start_from: datetime | None = None
    poll_interval: float | None = None
    included_data: tuple[str, ...] = ()


class Planner:
    """Makes the searches of one account."""

    def __init__(
        self,
        *,
        database: Database,
        searcher: Searcher,
        time: AmazonTime,
        account: accounts.AccountRow,
        plan: PollPlan,
        report: Report,
    ) -> None:
        self._database = database
        self._searcher = searcher
        self._time = time
        self._account = account
        self._plan = plan
        self._report = report

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coverage rows in force."""
        return self._plan.marketplaces or (coverage.ALL,)

    async def covered(self, row: accounts.AccountRow) -> dict[str, coverage.CoverageRow]:
        """Return the coverage in force, with rows for what has joined since."""
        start = self._plan.start_from
        high = self._time.bound(row.bound_widened)
        return await coverage.join(
            self._database,
            row.id,
            self._plan.marketplaces,
            high=high,
            target=to_micros(start) if start else None,
            default_target=high - windows.micros(DEFAULT_HISTORY),
        )

    async def in_progress(self) -> dict[str, coverage.TraversalRow]:
        """Return the searches to go on with, those that are now forbidden dropped."""
        allowed = {}
        for kind, search in (await coverage.traversals(self._database, self._account.id)).items():
            why = self._forbidden(search)
            if why is None:
                allowed[kind] = search
            else:
                await self._searcher.drop(search.kind)
                self._report.dropped(search, why)
        return allowed

    def _forbidden(self, search: coverage.TraversalRow) -> str | None:
        asked = set(search.marketplaces.split(",")) if search.marketplaces else set()
        permitted = set(self._plan.marketplaces)
        if permitted and (not asked or not asked <= permitted):
            return "marketplaces"
        if not set(search.included_data.split(",")) <= set(self._plan.included_data):
            return "included data"
        return None

    def live(
        self, row: accounts.AccountRow, covered: dict[str, coverage.CoverageRow]
    ) -> coverage.TraversalRow:
        """Return the next search by `updated`."""
        bound = self._time.bound(row.bound_widened)
        first = bound - windows.micros(windows.FIRST_LIVE)
        joining = [entry.history_high for entry in covered.values() if entry.live_mark is None]
        known = [entry.live_mark for entry in covered.values() if entry.live_mark is not None]
        # What joined and was never polled since is read from where its history begins.
        mark = min([*known, *(high for high in joining if high is not None)], default=None)
        if mark is not None and joining:
            mark = min(mark, first) if known or mark < first else None
        floor = self._floor()
        if mark is not None and mark < floor:
            self._report.clipped(mark, floor)
        window = windows.live_window(
            mark, bound, density=row.live_density, span_limit=row.live_span_limit, floor=floor
        )
        return self._search("live", "updated", window, tuple(sorted(covered)))

    def history(
        self, row: accounts.AccountRow, covered: dict[str, coverage.CoverageRow]
    ) -> coverage.TraversalRow | None:
        """Return the next search by `created`, None when everything wanted is recorded."""
        floor = self._floor()
        left = coverage.history_left(covered, floor)
        if not left:
            return None
        if any((covered[name].history_target or 0) < floor for name in left):
            self._report.clipped(min(covered[name].history_target or 0 for name in left), floor)
        low = max(entry[0] for entry in left.values())
        group = tuple(sorted(name for name, entry in left.items() if entry[0] == low))
        # Marketplaces that joined apart meet at the later one's mark and go on together.
        meeting = max((entry[0] for entry in left.values() if entry[0] != low), default=0)
        target = max(meeting, min(left[name][1] for name in group))
        # A mark that was set before Amazon's clock was known may lie ahead of what it serves.
        window = windows.history_window(
            min(low, self._time.bound(row.bound_widened)),
            target,
            density=row.history_density or row.live_density,
            span_limit=row.history_span_limit,
        )
        return None if window is None else self._search("history", "created", window, group)

    def past(
        self, row: accounts.AccountRow, covered: dict[str, coverage.CoverageRow], rate: float
    ) -> tuple[int, float | None] | None:
        """Return how far back the history left goes, and the seconds that it will take."""
        span = coverage.history_span(covered, self._floor())
        if span is None:
            return None
        low, target = span
        density = row.history_density or row.live_density
        return target, windows.history_seconds(low, target, density=density, rate=rate)

    async def sweep(self, row: accounts.AccountRow) -> coverage.TraversalRow | None:
        """Return the sweep's next search; None when a round has just ended."""
        names = self.names
        if row.suspect_from is not None and row.suspect_to is not None:
            suspect = windows.Window(row.suspect_from, row.suspect_to)
            return self._search("sweep", "updated", suspect, names)
        by_created = windows.sweep_by_created(row.sweep_round)
        window = windows.sweep_window(
            row.sweep_mark,
            self._time.bound(row.bound_widened),
            round_number=row.sweep_round,
            density=row.history_density if by_created else row.live_density,
        )
        if window is not None:
            return self._search("sweep", "created" if by_created else "updated", window, names)
        async with self._database.transaction() as tx:
            await accounts.update(
                tx, row.id, {"sweep_round": row.sweep_round + 1, "sweep_mark": None}
            )
        return None

    def _search(
        self,
        kind: coverage.Kind,
        family: coverage.Family,
        window: windows.Window,
        covers: tuple[str, ...],
    ) -> coverage.TraversalRow:
        return begin(
            kind,
            family,
            window,
            marketplaces=() if coverage.ALL in covers else covers,
            covers=covers,
            included_data=self._plan.included_data,
            started_at=self._time.now(),
        )

    def _floor(self) -> int:
        return served_from(self._account.region, self._plan.marketplaces, self._time.now())
