"""What an account's polling tells the log: one canonical line a poll, edges of everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon import events
from fvsamazon.clock import SECOND, iso, micros_now

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from fvsamazon.clock import Clock
    from fvsamazon.errors import RemoteError
    from fvsamazon.poller.searching import PageDone
    from fvsamazon.store.coverage import CoverageRow, TraversalRow

PROGRESS_EVERY = 30.0
"""Seconds of work after which a long search says how far it is."""


def window_text(search: TraversalRow) -> str:
    """Return a search's window as the log shows it."""
    return f"{iso(search.after)}/{iso(search.before)}"


class Report:
    """Logs of one account's polling; holds what the next line needs."""

    def __init__(self, log: FilteringBoundLogger, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._clipped: set[int] = set()
        self._told_at: dict[str, float] = {}
        self._told_orders: dict[str, tuple[int, int, int, int]] = {}
        self._late = 0
        self._unreadable: set[str] = set()
        self._history_told = False
        self._rate: float | None = None

    def page(self, done: PageDone, mark: int | None) -> None:
        """Log the orders of one page; `mark` is where the live search stood before it."""
        search, outcome = done.traversal, done.outcome
        for change in ("new", "changed", "touched"):
            for order in getattr(outcome, change):
                self._log.debug(events.ORDER_RECORDED, order=order, change=change)
        self._unreadable.difference_update(outcome.new, outcome.changed, outcome.touched)
        for order in outcome.unreadable:
            # Windows overlap: the same order comes again with each poll.
            if order not in self._unreadable:
                self._unreadable.add(order)
                self._log.warning(
                    events.POLL_UNREADABLE, order=order, reason=outcome.reasons.get(order)
                )
        for order, updated_at in done.late:
            self._late += 1
            self._log.warning(
                events.POLL_LATE_ORDER,
                order=order,
                kind=search.kind,
                last_updated_time=iso(updated_at),
                late_seconds=None if mark is None else round((mark - updated_at) / SECOND),
            )

    def completed(self, search: TraversalRow, *, lag: float | None) -> None:
        """Log the canonical line of a search that has ended."""
        began = search.started_at
        requests, orders, new, changed = self._since_last_line(search)
        if search.kind == "sweep":
            self._log.debug(
                events.SWEEP_COMPLETED,
                kind=search.family,
                orders=search.orders,
                late=self._late,
                requests=search.pages,
                window=window_text(search),
            )
            self._late = 0
            return
        self._told_at.pop(search.kind, None)
        self._told_orders.pop(search.kind, None)
        self._log.info(
            events.POLL_COMPLETED,
            kind=search.kind,
            requests=requests,
            orders=orders,
            new=new,
            changed=changed,
            lag_seconds=None if lag is None else round(lag, 1),
            window=window_text(search),
            seconds=round(max(0, micros_now(self._clock) - began) / SECOND, 1),
        )

    def progress(self, search: TraversalRow, *, lag: float | None) -> None:
        """Log that a search of many pages goes on, every half minute."""
        now = self._clock.elapsed()
        if now - self._told_at.setdefault(search.kind, now) < PROGRESS_EVERY:
            return
        self._told_at[search.kind] = now
        requests, orders, new, changed = self._since_last_line(search)
        self._log.info(
            events.POLL_COMPLETED,
            kind=search.kind,
            requests=requests,
            orders=orders,
            new=new,
            changed=changed,
            lag_seconds=None if lag is None else round(lag, 1),
            window=window_text(search),
        )

    def _since_last_line(self, search: TraversalRow) -> tuple[int, int, int, int]:
        now = (search.pages, search.orders, search.new_orders, search.changed_orders)
        before = self._told_orders.get(search.kind, (0, 0, 0, 0))
        self._told_orders[search.kind] = now
        if now[0] < before[0]:
            before = (0, 0, 0, 0)
        return (now[0] - before[0], now[1] - before[1], now[2] - before[2], now[3] - before[3])

    def clipped(self, wanted: int, served: int) -> None:
        """Say once that Amazon does not serve as far back as was wanted."""
        if wanted not in self._clipped:
            self._clipped.add(wanted)
            self._log.warning(events.POLL_CLIPPED, wanted=iso(wanted), served=iso(served))

    def failed(self, kind: str, wait: float, error: RemoteError) -> None:
        """Say that a history or a sweep rests while live polls go on."""
        self._log.warning(
            events.REGION_FAILED, kind=kind, retry_in=round(wait, 1), **error.log_fields()
        )

    def resumed(self, kind: str, failures: int) -> None:
        self._log.info(events.REGION_RECOVERED, kind=kind, failures=failures)

    def dropped(self, search: TraversalRow, why: str) -> None:
        self._log.info(
            events.POLL_WINDOW_DROPPED, kind=search.kind, why=why, window=window_text(search)
        )

    def restarted(self, search: TraversalRow, why: str) -> None:
        self._told_orders.pop(search.kind, None)
        self._log.warning(
            events.POLL_WINDOW_RESTARTED, kind=search.kind, why=why, window=window_text(search)
        )

    def widened(self, seconds: float) -> None:
        self._log.warning(events.POLL_BOUND_WIDENED, seconds=seconds)

    def history_begins(self, search: TraversalRow, target: int, estimate: float | None) -> None:
        """Say once a start that orders of the past are fetched, and how long it will take."""
        if not self._history_told:
            self._history_told = True
            self._log.info(
                events.HISTORY_STARTED,
                since=iso(target),
                until=iso(search.before),
                estimate_seconds=None if estimate is None else round(estimate),
            )

    def rate(self, operation: str, rate: float) -> None:
        """Say when Amazon grants another rate than before."""
        if self._rate is not None and rate != self._rate:
            self._log.info(events.QUOTA_ADOPTED, operation=operation, rate=rate)
        self._rate = rate

    def history_done(self, covered: dict[str, CoverageRow]) -> None:
        """Say that everything of the past that was wanted is recorded, where it was not before."""
        if not self._history_told:
            return
        self._history_told = False
        lows = [row.history_low for row in covered.values() if row.history_low is not None]
        highs = [row.history_high for row in covered.values() if row.history_high is not None]
        if lows and highs:
            self._log.info(events.HISTORY_COMPLETED, since=iso(max(lows)), until=iso(min(highs)))
