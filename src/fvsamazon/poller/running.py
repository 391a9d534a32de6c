"""The regions' tasks in the daemon: started, asked to stop, waited for, at last abandoned.

In: what the settings say of each account. Out: regions at work, and their end, in order or not. A
step that had to be abandoned has committed nothing, or all of its page; its request is made again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from fvsamazon import events
from fvsamazon.poller.region import RegionPoller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from anyio.abc import TaskGroup, TaskStatus
    from structlog.typing import FilteringBoundLogger

    from fvsamazon.clock import Clock
    from fvsamazon.poller.build import AccountSpec, Workshop
    from fvsamazon.regions import RegionName
    from fvsamazon.supervisor import Guard


class RunningRegion:
    """One region at work under the settings that it was built with."""

    def __init__(
        self, specs: tuple[AccountSpec, ...], poller: RegionPoller, log: FilteringBoundLogger
    ) -> None:
        self.specs = specs
        self.poller = poller
        self._log = log
        self._stopping = anyio.Event()
        self._scope = anyio.CancelScope()
        self._ended = anyio.Event()

    async def start(self, group: TaskGroup) -> None:
        """Take up the work; return when every account's loops run."""
        await group.start(self._run)
        self._log.info(
            events.REGION_STARTED,
            region=self.poller.region,
            accounts=[spec.name for spec in self.specs],
            endpoint=self.specs[0].endpoint,
        )

    async def _run(self, *, task_status: TaskStatus[None]) -> None:
        try:
            with self._scope:
                await self.poller.run(self._stopping, task_status=task_status)
        finally:
            self._ended.set()
            self._log.info(events.REGION_STOPPED, region=self.poller.region)

    def ask_to_stop(self) -> None:
        """Let the steps under way be the last ones."""
        self._stopping.set()

    async def end(self) -> None:
        """Wait for the end that was asked for."""
        await self._ended.wait()

    @property
    def has_ended(self) -> bool:
        return self._ended.is_set()

    async def abandon(self) -> None:
        """End at once, whatever is under way."""
        self._scope.cancel()
        await self._ended.wait()


class Regions:
    """The regions that are at work."""

    def __init__(self, clock: Clock, guard: Guard, log: FilteringBoundLogger) -> None:
        self._clock = clock
        self._guard = guard
        self._log = log
        self._running: dict[RegionName, RunningRegion] = {}
        self._ending: list[RunningRegion] = []

    @property
    def names(self) -> list[RegionName]:
        return list(self._running)

    def differs(self, name: RegionName, specs: tuple[AccountSpec, ...] | None) -> bool:
        """Tell whether a region at work is not the one that is wanted."""
        return self._running[name].specs != specs

    async def start(
        self,
        group: TaskGroup,
        specs: tuple[AccountSpec, ...],
        known: frozenset[tuple[str, str]],
        workshop: Callable[[AccountSpec], Workshop],
        *,
        try_now: bool,
    ) -> None:
        """Take one region's accounts up and let them work."""
        name = specs[0].region
        tasks = [await workshop(spec).account(spec, known, try_now=try_now) for spec in specs]
        poller = RegionPoller(name, tasks, clock=self._clock, guard=self._guard)
        self._running[name] = RunningRegion(specs, poller, self._log)
        await self._running[name].start(group)

    def ask_to_stop(self, names: Iterable[RegionName]) -> list[RunningRegion]:
        """Let the steps under way be the last ones; return whom to wait for.

        Those that were asked before and have not ended are among them: whoever waited for them may
        have been called off.
        """
        self._ending = [region for region in self._ending if not region.has_ended]
        for name in names:
            region = self._running.pop(name)
            region.ask_to_stop()
            self._ending.append(region)
        return list(self._ending)

    def poll_now(self) -> None:
        """Let every account poll as far as its quota allows."""
        for region in self._running.values():
            region.poller.poll_now()

    def try_again(self, names: Iterable[RegionName]) -> None:
        """Try what waits for a person at once: the settings were read anew."""
        for name in names:
            self._running[name].poller.try_again()


async def end_all(regions: Sequence[RunningRegion], patience: float) -> bool:
    """Wait for the end of regions that were asked to stop, then abandon what still runs.

    Returns False where a step had to be abandoned.
    """
    with anyio.move_on_after(max(0.0, patience)):
        for region in regions:
            await region.end()
    late = [region for region in regions if not region.has_ended]
    for region in late:
        await region.abandon()
    return not late
