"""The simulated services' own clocks.

Amazon's clock need not agree with the clock of the machine that asks: `offset` sets it ahead or
back without touching what it measures durations with. `ManualClock` stands still until a test
moves it, so that a whole day of trade takes no time.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(moment: datetime) -> int:
    """Return whole milliseconds since 1970."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """Return the aware time of milliseconds since 1970."""
    return EPOCH + timedelta(milliseconds=ms)


def stamp(text: str) -> int:
    """Return the milliseconds of a time as Amazon writes it."""
    return to_ms(datetime.fromisoformat(text))


def iso(ms: int) -> str:
    """Write a time as Amazon does: milliseconds where it has some."""
    text = from_ms(ms).strftime("%Y-%m-%dT%H:%M:%S")
    rest = ms % 1000
    return f"{text}.{rest:03d}Z" if rest else f"{text}Z"


class Clock:
    """The machine's time plus `offset` seconds; `elapsed` counts on, whatever the offset does."""

    def __init__(self, *, offset: float = 0.0) -> None:
        self.offset = offset

    def _wall(self) -> float:
        return time.time()

    def elapsed(self) -> float:
        return time.monotonic()

    def now_ms(self) -> int:
        return round((self._wall() + self.offset) * 1000)

    def now(self) -> datetime:
        return from_ms(self.now_ms())


class ManualClock(Clock):
    """Stands at `start` until `advance` moves it."""

    def __init__(self, start: datetime, *, offset: float = 0.0) -> None:
        super().__init__(offset=offset)
        self._start = to_ms(start) / 1000
        self._passed = 0.0

    def _wall(self) -> float:
        return self._start + self._passed

    def elapsed(self) -> float:
        return self._passed

    def advance(self, seconds: float) -> None:
        """Let time pass; it cannot be taken back (`offset` can)."""
        if seconds < 0:
            raise ValueError("a manual clock only goes forward; set `offset` to turn it back")
        self._passed += seconds
