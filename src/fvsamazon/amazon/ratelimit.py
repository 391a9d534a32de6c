"""Amazon's token buckets, reckoned on our side: state in, state out, no clock and no I/O.

What must never happen is a request that Amazon's own bucket has no token for. So our count may be
too low and never too high: L <= S - P, where L is what we count, S what Amazon has, and P the
requests that were sent and have not arrived. Two things could break that. A request that Amazon
sees late finds a bucket that had been full meanwhile, so a request in flight lowers the level up
to which we refill. And rates are told rounded (0.0056 may be 1/180), so we refill a little slower.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from fvsamazon.clock import micros_now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fvsamazon.clock import Clock

SEARCH_ORDERS: Final = "searchOrders"
GET_ORDER: Final = "getOrder"
PARTICIPATIONS: Final = "getMarketplaceParticipations"


@dataclass(frozen=True, slots=True)
class Plan:
    """Amazon's published quota of one operation: tokens a second, and how many it saves up."""

    rate: float
    burst: float


PLANS: Final[Mapping[str, Plan]] = {
    SEARCH_ORDERS: Plan(0.0056, 20),
    GET_ORDER: Plan(0.5, 30),
    PARTICIPATIONS: Plan(0.016, 15),
}

CAUTION: Final = 0.99
"""Share of the told rate that we count on: it comes rounded, and two clocks drift apart."""

MAX_IN_FLIGHT: Final = 4
"""Requests of one bucket under way at once (a poller, a command beside it). What stands beyond
that belongs to processes that were killed, and arrived long ago or never will."""

FLIGHT_LIMIT: Final = 150.0
"""Seconds after which a request has arrived or never will; beyond the client's own time limit."""

BACKWARDS: Final = 60.0
"""Seconds that a clock may seem to go back because two processes read it in another order."""

RESTORED: Final = "restored"
"""Name of the boot in a state whose past is unknown: the file was restored or came from afar."""

MIN_RATE: Final = 1e-5
MAX_RATE: Final = 1e4

_SPIN: Final = 0.001
"""Seconds on top of a wait, so that rounding does not wake the waiter a hair too early."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A reading of the clock: seconds since `boot` began, and microseconds since 1970."""

    elapsed: float
    boot: str
    wall: int


@dataclass(frozen=True, slots=True)
class BucketState:
    """One bucket as it stood at `elapsed`/`boot`/`wall`; `pending` requests had not been answered.

    The fields are those of the store's table, in its order.
    """

    tokens: float
    elapsed: float
    boot: str
    wall: int
    rate: float
    burst: float
    pending: int


def moment(clock: Clock) -> Moment:
    """Return the clock's reading; take it inside the transaction that writes the bucket."""
    return Moment(clock.elapsed(), clock.boot(), micros_now(clock))


def fresh(plan: Plan, at: Moment) -> BucketState:
    """Return the bucket of an account that nothing is known of: full."""
    return BucketState(plan.burst, at.elapsed, at.boot, at.wall, plan.rate, plan.burst, 0)


def refill(state: BucketState, at: Moment, rate: float | None = None) -> BucketState:
    """Return the bucket as it stands at `at`; `rate` replaces the state's own for the time passed.

    Within one boot elapsed time counts and the wall clock is not looked at. Across a boot the
    wall clock counts, unless it contradicts the time since that boot; then, as for a restored
    file, nothing is added and one token at most is believed in.
    """
    tokens = max(0.0, state.tokens) if math.isfinite(state.tokens) else 0.0
    pending = max(0, min(state.pending, MAX_IN_FLIGHT))
    passed = _passed(state, at)
    if passed is None:
        return replace(_stamp(state, at), tokens=min(tokens, 1.0), pending=pending)
    tokens += passed * (state.rate if rate is None else rate) * CAUTION
    full = max(0.0, state.burst - pending)
    elapsed = max(at.elapsed, state.elapsed) if state.boot == at.boot else at.elapsed
    if passed >= FLIGHT_LIMIT:
        pending = 0
    return replace(_stamp(state, at), tokens=min(tokens, full), elapsed=elapsed, pending=pending)


def take(state: BucketState, at: Moment, *, keep: float = 0.0) -> BucketState | None:
    """Return the bucket after a request was paid for, or None while it must wait.

    `keep` tokens stay for others. Commit the result before the request is sent.
    """
    now = refill(state, at)
    if now.tokens < 1.0 + keep:
        return None
    return replace(now, tokens=now.tokens - 1.0, pending=min(now.pending + 1, MAX_IN_FLIGHT))


def complete(state: BucketState, at: Moment, rate: float | None = None) -> BucketState:
    """Return the bucket after an answer (or the failure to get one); `rate` is what it told.

    The time of the request counts at the lower of the old and the new rate, as nobody knows when
    within it Amazon changed over.
    """
    told = rate if rate is not None and is_rate(rate) else state.rate
    now = refill(state, at, min(told, state.rate))
    # A process that was frozen may complete what was given up for lost: Amazon's bucket was full
    # until its request came.
    full = max(0.0, now.burst - max(1, now.pending))
    return replace(now, tokens=min(now.tokens, full), rate=told, pending=max(0, now.pending - 1))


def throttled(state: BucketState, at: Moment, rate: float | None = None) -> BucketState:
    """Return the bucket after a 429: empty, whoever emptied it."""
    return replace(complete(state, at, rate), tokens=0.0)


def wait(state: BucketState, at: Moment, *, keep: float = 0.0) -> float:
    """Return seconds until `take` would succeed (zero: now), if nobody else takes meanwhile."""
    now = refill(state, at)
    need = min(1.0 + keep, now.burst)
    if now.tokens >= need:
        return 0.0
    seconds = (need - now.tokens) / (now.rate * CAUTION) + _SPIN
    if need > now.burst - now.pending:
        # Only an answer, or the end of all patience with it, lets the level rise that far.
        return max(seconds, FLIGHT_LIMIT)
    return seconds


def is_rate(rate: float) -> bool:
    """Say whether a told rate can be one: finite, and neither never nor without end."""
    return math.isfinite(rate) and MIN_RATE <= rate <= MAX_RATE


def _passed(state: BucketState, at: Moment) -> float | None:
    """Return the seconds between a state and a moment; None where they cannot be known."""
    if state.boot == RESTORED:
        return None
    if state.boot == at.boot:
        passed = at.elapsed - state.elapsed
        return max(0.0, passed) if passed > -BACKWARDS else None
    passed = (at.wall - state.wall) / 1e6
    # The state is older than this boot, so at least the time since the boot has passed.
    return max(0.0, passed) if passed >= at.elapsed - BACKWARDS else None


def _stamp(state: BucketState, at: Moment) -> BucketState:
    return replace(state, elapsed=at.elapsed, boot=at.boot, wall=at.wall)
