"""How long to wait after a failure: pure arithmetic, no clock and no randomness of its own.

In: how many failures there were in a row. Out: seconds. Whoever calls draws the random number, so
that tests are exact and many daemons behind one service do not come back at the same moment.
"""

from __future__ import annotations

_DOUBLINGS = 62
"""Beyond so many every wait is the cap; it keeps a counter that ran for years from overflowing."""


def delay(
    attempt: int, base: float, cap: float, jitter: float = 1.0, *, full: bool = False
) -> float:
    """Return the seconds to wait after failure number `attempt` (the first is 1).

    The wait doubles from `base` up to `cap`. `jitter` is a random number from 0 to 1 that shortens
    it: to no less than half, so that a wait stays a wait, or with `full` to anything down to
    nothing, which spreads a crowd best.
    """
    if attempt < 1:
        return 0.0
    longest = min(cap, base * 2.0 ** min(attempt - 1, _DOUBLINGS))
    share = min(1.0, max(0.0, jitter))
    return longest * (share if full else 0.5 + share / 2)
