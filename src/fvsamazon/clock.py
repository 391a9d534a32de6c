"""The one place that reads the time and sleeps.

Everything else is given a `Clock`, so that tests advance time instead of waiting for it, and so
that a jump of the wall clock is seen in one place. Lint forbids going around this module.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

import anyio

SECOND: Final = 1_000_000
"""Microseconds: the store and everything beside it counts in them."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """Wall time, elapsed time and waiting."""

    def now(self) -> datetime:
        """Return the wall clock, aware, in UTC."""
        ...

    def elapsed(self) -> float:
        """Return seconds since the machine started, suspend included; never goes back."""
        ...

    def boot(self) -> str:
        """Return a name for this start of the machine; `elapsed` compares only within one."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; `seconds` below zero count as zero."""
        ...


class SystemClock:
    """The machine's own clock."""

    def __init__(self) -> None:
        try:
            self._boot = _BOOT_ID.read_text(encoding="ascii").strip()
        except OSError:
            self._boot = "unknown"

    def now(self) -> datetime:
        return datetime.now(UTC)

    def elapsed(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def boot(self) -> str:
        return self._boot

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(max(0.0, seconds))


async def wait_any(clock: Clock, seconds: float | None, *events: anyio.Event) -> bool:
    """Wait until `seconds` have passed or one of `events` is set, whichever comes first.

    `None` waits for the events alone. Returns True when an event ended the wait.
    """
    if any(event.is_set() for event in events):
        return True
    woken = False
    async with anyio.create_task_group() as group:

        async def until_set(event: anyio.Event) -> None:
            nonlocal woken
            await event.wait()
            woken = True
            group.cancel_scope.cancel()

        async def until_due(delay: float) -> None:
            await clock.sleep(delay)
            group.cancel_scope.cancel()

        for event in events:
            group.start_soon(until_set, event)
        if seconds is not None:
            group.start_soon(until_due, seconds)
    return woken


def to_micros(moment: datetime) -> int:
    """Return microseconds since 1970 in UTC: how the store keeps a time."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds


def micros_now(clock: Clock) -> int:
    """Return the wall clock in the store's microseconds."""
    return to_micros(clock.now())


def from_micros(micros: int) -> datetime:
    """Return the aware UTC time of `to_micros`."""
    seconds, rest = divmod(micros, SECOND)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


def iso(micros: int) -> str:
    """Return a moment as people and the wire write it: `2026-01-31T12:00:00Z`."""
    return from_micros(micros).strftime("%Y-%m-%dT%H:%M:%SZ")
