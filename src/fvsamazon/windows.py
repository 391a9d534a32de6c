"""Which stretch of time is searched next: pure arithmetic, no clock and no database.

Times are microseconds since 1970 (UTC), lengths seconds, densities orders a second. Bounds are
whole seconds, so that no rounding on the wire opens a gap, and both are inclusive at Amazon, so
that windows which meet at an instant leave none there. A search by `updated` walks forward from the
mark ("live"); one by `created` walks backward from the day the account joined ("history").
"""

from __future__ import annotations

from dataclasses import dataclass

from fvsamazon.clock import SECOND

PAGE = 100
"""Orders a page, the most that searchOrders serves (Orders API 2026-01-01, maxResultsPerPage)."""
PAGE_FILL = 80
"""Orders that a window meant for one page should hold, so that a busy minute still fits."""
RULE_AGE = 120.0
"""Seconds before its own now from which on Amazon lets no window end."""
BOUND_AGE = 125.0
"""Seconds before Amazon's now at which a window ends: its rule is two minutes."""
BOUND_AGE_BLIND = 180.0
"""The same while Amazon's clock has not been seen."""
BOUND_WIDENED_MOST = 900.0
"""Seconds by which refusals may widen that distance."""
FIRST_LIVE = 1_800.0
OVERLAP_MOST = 1_800.0
LIVE_PAGES = 100
"""Pages that a catch-up after an outage may plan for in one window."""
HISTORY_PAGES = 20
"""Pages that a history window is planned for: at half the published refill they take two of the 24
hours that a page token lives."""
HISTORY_FIRST = 86_400.0
HISTORY_MOST = 30 * 86_400.0
SPAN_LEAST = 1.0
SWEEP_DEPTHS = (86_400.0, 7 * 86_400.0)
"""How far back the sweep goes, in turn, for each family."""

LIVE_SHARE = 1.11
"""Live polls come every 1.11 / rate: 436 of the 483.8 searches of a day at the published rate."""
LIVE_SHARE_BESIDE_HISTORY = 2.5
HISTORY_SHARE = 2.0
SWEEP_SHARE = 10.0
"""Seconds between calls, in units of 1 / rate: a history takes half of the refill, the sweep a
tenth, live polls what is left."""


@dataclass(frozen=True, slots=True)
class Window:
    """A closed stretch of time, both bounds inclusive."""

    after: int
    before: int

    @property
    def seconds(self) -> float:
        return (self.before - self.after) / SECOND


def micros(seconds: float) -> int:
    """Return a length in seconds as whole seconds, in microseconds; never less than one."""
    return max(1, int(seconds)) * SECOND


def floor_second(moment: int) -> int:
    """Return the whole second that a moment lies in."""
    return moment - moment % SECOND


def upper_bound(now: int, *, offset: int | None, widened: float) -> int:
    """Return the latest instant that Amazon lets a window end at.

    `now` is our clock, `offset` Amazon's less ours (None: not seen yet).
    """
    age = (BOUND_AGE_BLIND if offset is None else BOUND_AGE) + widened
    return floor_second(now + (offset or 0) - micros(age))


def live_window(
    mark: int | None,
    bound: int,
    *,
    density: float | None,
    span_limit: float | None = None,
    floor: int = 0,
) -> Window:
    """Return the next window by `updated`.

    The first starts half an hour before its bound. Each later one starts at the mark less an
    overlap that is used as long as it costs no second page. `span_limit` (seconds) cuts it while
    page tokens are refused; `floor` is the earliest instant that Amazon serves.
    """
    if mark is None:
        start, overlap = bound - micros(FIRST_LIVE), 0.0
    else:
        start = min(floor_second(mark), bound)
        overlap = _overlap((bound - start) / SECOND, density)
    start = max(start, min(floor, bound))
    most = LIVE_PAGES * PAGE_FILL / density if density else None
    limit = min((x for x in (most, span_limit) if x is not None), default=None)
    before = bound
    if limit is not None and bound - start > micros(limit):
        before, overlap = start + micros(limit), 0.0
    if span_limit is not None:
        overlap = min(overlap, max(0.0, span_limit - (before - start) / SECOND))
    look_back = floor_second(int(overlap * SECOND))
    return Window(max(start - look_back, min(floor, start)), before)


def _overlap(length: float, density: float | None) -> float:
    room = OVERLAP_MOST if not density else PAGE_FILL / density - length
    return min(OVERLAP_MOST, max(0.0, room))


def history_window(
    low: int, target: int, *, density: float | None, span_limit: float | None
) -> Window | None:
    """Return the next window by `created`, going back; None when the target is reached."""
    if low <= target:
        return None
    length = min(span_limit or HISTORY_FIRST, HISTORY_MOST)
    if density:
        length = min(length, HISTORY_PAGES * PAGE / density)
    length = max(length, SPAN_LEAST)
    return Window(max(target, low - micros(length)), low)


def history_seconds(low: int, target: int, *, density: float | None, rate: float) -> float | None:
    """Return the seconds that a history will take at its share of the rate, None: unknown."""
    if density is None:
        return None
    pages = max(1.0, density * (low - target) / SECOND / PAGE_FILL)
    return pages * HISTORY_SHARE / rate


def wider(span: float | None, *, first: float, most: float) -> float:
    """Return the span that may be tried after one that went well."""
    return min(most, (span or first) * 4)


def narrower(span: float) -> float:
    """Return the span to try after a page token was refused."""
    return max(SPAN_LEAST, span / 2)


def sweep_window(
    mark: int | None, bound: int, *, round_number: int, density: float | None
) -> Window | None:
    """Return the next window of the sweep, going back; None when its depth is reached.

    One page is what it should cost.
    """
    depth = sweep_depth(round_number)
    bottom = bound - micros(depth)
    start = bound if mark is None else min(mark, bound)
    if start <= bottom:
        return None
    length = depth if not density else max(SPAN_LEAST, PAGE_FILL / density)
    return Window(max(bottom, start - micros(length)), start)


def sweep_depth(round_number: int) -> float:
    """Return how far back, in seconds, a round of the sweep goes."""
    return SWEEP_DEPTHS[(round_number // 2) % len(SWEEP_DEPTHS)]


def sweep_by_created(round_number: int) -> bool:
    """Tell whether a round searches by `created` (else by `updated`)."""
    return round_number % 2 == 1


def learn_density(before: float | None, orders: int, window: Window) -> float:
    """Return the density to reckon with after a window was read.

    A rise counts at once, because a second page costs quota; a fall is believed slowly.
    """
    seen = orders / max(window.seconds, SPAN_LEAST)
    if before is None or seen >= before:
        return seen
    return before * 0.7 + seen * 0.3


def learn_offset(before: int | None, *, sent: int, received: int, server_second: int) -> int:
    """Return Amazon's clock less ours.

    The Date header names a whole second, cut off; it was written between sending and receiving.
    So `server_second - received` is never above the true difference: the highest such value is
    kept, until an answer proves it too high. Staying below keeps windows on the allowed side.
    """
    lowest = server_second - received
    highest = server_second + SECOND - sent
    if before is None or not lowest <= before <= highest:
        return lowest
    return before
