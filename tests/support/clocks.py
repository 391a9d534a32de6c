"""A clock that tests move by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import anyio

START = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


class FakeClock:
    """Time stands still until somebody sleeps or the test moves it."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._elapsed = 1_000.0
        self._boot = "boot-1"
        self.passed = 0.0
        """Seconds that have truly passed, whatever was done to this machine and its clock."""

    def now(self) -> datetime:
        return self._now

    def elapsed(self) -> float:
        return self._elapsed

    def boot(self) -> str:
        return self._boot

    async def sleep(self, seconds: float) -> None:
        self.advance(max(0.0, seconds))
        await anyio.lowlevel.checkpoint()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)
        self._elapsed += seconds
        self.passed += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock, as an administrator or NTP does."""
        self._now += timedelta(seconds=seconds)

    def reboot(self, seconds: float) -> None:
        """Restart the machine; it is down for some seconds."""
        self._now += timedelta(seconds=seconds)
        self.passed += seconds
        self._elapsed = 10.0
        self._boot += "+"
