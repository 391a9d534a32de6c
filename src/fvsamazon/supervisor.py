"""Named, guarded, watched tasks.

A step that fails by a bug is logged with its traceback and repeated after a back-off while the
others go on. A store that does not answer now pauses whoever needs it, told once. Only a damaged
database, or a task that makes no progress at all, ends the process: systemd starts it again.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from fvsamazon import backoff, events
from fvsamazon.clock import wait_any
from fvsamazon.errors import StoreCorrupt, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from structlog.typing import FilteringBoundLogger

    from fvsamazon.clock import Clock
    from fvsamazon.sdnotify import Notifier

BUG_BASE, BUG_MOST = 5.0, 300.0
"""Seconds: first and longest pause of a task that met a bug."""
STORE_BASE, STORE_MOST = 1.0, 30.0
"""Seconds: first and longest pause while the store does not answer."""
SUSPENDED = 60.0
"""Seconds by which the watchdog may be late before the machine must have been asleep."""
STEP_LIMIT = 120.0
"""Seconds that a step may take before it has to show progress."""
FIRST_PROGRESS = 300.0
"""Seconds within which a new task has to show its first progress."""


class Liveness:
    """By when each task has to show progress again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: dict[str, tuple[float, float]] = {}

    def progress(self, name: str, within: float) -> None:
        """Note progress; the next has to come within so many seconds."""
        now = self._clock.elapsed()
        self._due[name] = (now, now + within)

    def begin(self, name: str) -> None:
        """A task takes up work: a new one has some time to show its first progress."""
        if name not in self._due:
            self.progress(name, FIRST_PROGRESS)

    def forget(self, name: str) -> None:
        """A task ended on purpose."""
        self._due.pop(name, None)

    def forgive(self, seconds: float) -> None:
        """Give every task so much longer: the machine was suspended meanwhile."""
        self._due = {name: (last, due + seconds) for name, (last, due) in self._due.items()}

    def late(self) -> dict[str, tuple[float, float]]:
        """Return the tasks that are overdue: seconds of silence and seconds allowed."""
        now = self._clock.elapsed()
        return {
            name: (now - last, due - last) for name, (last, due) in self._due.items() if now > due
        }


@dataclass(slots=True)
class StepOutcome:
    """What a guarded step leaves: the seconds to wait before the next."""

    wait: float = 0.0


@dataclass(slots=True)
class _Trouble:
    failures: int
    since: float


class Guard:
    """Runs steps so that their failures stay their own."""

    def __init__(self, clock: Clock, log: FilteringBoundLogger) -> None:
        self.clock = clock
        self._log = log
        self.liveness = Liveness(clock)
        self._bugs: dict[str, _Trouble] = {}
        self._store: _Trouble | None = None
        self.store_reason: str | None = None
        """Why the store does not answer now; None while it does."""
        self._unserved: set[str] = set()
        self._wrote = False

    @asynccontextmanager
    async def step(self, name: str, **where: str) -> AsyncIterator[StepOutcome]:
        """Run one step of a task; a failure becomes a wait.

        `where` are the keys of the log line; with a `region` it is that region which failed.
        """
        self.liveness.begin(name)
        outcome = StepOutcome()
        try:
            yield outcome
        except StoreCorrupt:
            raise
        except StoreUnavailable as error:
            outcome.wait = self._store_failed(name, error)
        except Exception:  # noqa: BLE001 - this is where a bug stays its task's own
            outcome.wait = self._bug(name, where)
        else:
            self._recovered(name, where)
            self._served(name)

    def idle(self, name: str, within: float) -> None:
        """A task has finished a step and shows its next progress within so many seconds."""
        self.liveness.progress(name, within)

    def forget(self, name: str) -> None:
        self.liveness.forget(name)
        self._bugs.pop(name, None)
        self._unserved.discard(name)

    def _store_failed(self, name: str, error: StoreUnavailable) -> float:
        now = self.clock.elapsed()
        first = self._store is None
        self._store = self._store or _Trouble(0, now)
        self._store.failures += 1
        wait = backoff.delay(self._store.failures, base=STORE_BASE, cap=STORE_MOST, jitter=1.0)
        self.store_reason = str(error)
        self._unserved.add(name)
        self._wrote = False
        if first:
            self._log.error(events.STORE_ATTENTION, detail=str(error), retry_in=round(wait, 1))
        return wait

    def store_wrote(self) -> None:
        """The store has committed something."""
        self._wrote = True

    def _served(self, name: str) -> None:
        """A full disk still takes small changes: all is well once every task got what it wanted."""
        if self._store is None or not self._wrote:
            return
        self._unserved.discard(name)
        if not self._unserved:
            trouble, self._store, self.store_reason = self._store, None, None
            self._log.info(
                events.STORE_RECOVERED,
                failures=trouble.failures,
                seconds=round(self.clock.elapsed() - trouble.since, 1),
            )

    def _bug(self, name: str, where: dict[str, str]) -> float:
        trouble = self._bugs.setdefault(name, _Trouble(0, self.clock.elapsed()))
        trouble.failures += 1
        wait = backoff.delay(trouble.failures, base=BUG_BASE, cap=BUG_MOST, jitter=1.0)
        if "region" in where:
            self._log.exception(events.REGION_FAILED, retry_in=round(wait, 1), **where)
        else:
            self._log.exception(events.TASK_FAILED, task=name, retry_in=round(wait, 1))
        return wait

    def _recovered(self, name: str, where: dict[str, str]) -> None:
        trouble = self._bugs.pop(name, None)
        if trouble is None:
            return
        seconds = round(self.clock.elapsed() - trouble.since, 1)
        if "region" in where:
            self._log.info(
                events.REGION_RECOVERED, failures=trouble.failures, seconds=seconds, **where
            )
        else:
            self._log.info(
                events.TASK_RECOVERED, task=name, failures=trouble.failures, seconds=seconds
            )


async def run_loop(  # noqa: PLR0913 - one shape, every loop's needs
    name: str,
    step: Callable[[], Awaitable[float]],
    *,
    guard: Guard,
    clock: Clock,
    stopping: anyio.Event,
    step_limit: float = STEP_LIMIT,
    wake: Callable[[], anyio.Event] | None = None,
    where: dict[str, str] | None = None,
    task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED,
) -> None:
    """Repeat a step until `stopping` is set: the one shape of every eternal task.

    `step` returns the seconds until it wants to run again and may take `step_limit` seconds; the
    event that `wake` returns ends a wait early.
    """
    task_status.started()
    try:
        while not stopping.is_set():
            events_to_watch = [stopping] if wake is None else [stopping, wake()]
            async with guard.step(name, **(where or {})) as outcome:
                outcome.wait = await step()
            guard.idle(name, outcome.wait + step_limit)
            if outcome.wait > 0:
                await wait_any(clock, outcome.wait, *events_to_watch)
    finally:
        guard.forget(name)


class Watchdog:
    """Feeds systemd's watchdog while every task makes progress and the store answers."""

    def __init__(
        self,
        *,
        notifier: Notifier,
        guard: Guard,
        store_answers: Callable[[], Awaitable[None]],
        log: FilteringBoundLogger,
    ) -> None:
        self._notifier = notifier
        self._guard = guard
        self._store_answers = store_answers
        self._log = log
        self._told: set[str] = set()
        interval = notifier.watchdog_interval
        self._every = 5.0 if interval is None else interval / 3
        self._looked_at: float | None = None

    async def step(self) -> float:
        """Look at every task and the store once, feed the watchdog if all is well."""
        # Elapsed time runs on while a machine sleeps, waiting tasks do not.
        now = self._guard.clock.elapsed()
        slept = 0.0 if self._looked_at is None else now - self._looked_at - self._every
        self._looked_at = now
        if slept > SUSPENDED:
            self._guard.liveness.forgive(slept)
        late = self._guard.liveness.late()
        for name, (silent, limit) in late.items():
            if name not in self._told:
                self._log.critical(
                    events.TASK_STALLED,
                    task=name,
                    silent_seconds=round(silent, 1),
                    limit_seconds=round(limit, 1),
                )
        self._told = set(late)
        await self._store_answers()
        if not late:
            self._notifier.watchdog()
        return self._every
