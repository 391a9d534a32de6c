"""The delivery's task in the daemon: started, replaced when its terms change, stopped in order.

In: what the settings and the rules say now. Out: one worker that runs, or none. A write that is
abandoned at the end of the patience stays `sending` in the database, and is in doubt from then on.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import anyio

from fvsamazon import events
from fvsamazon.delivery.build import DeliverySpec, RulesInForce, new_worker
from fvsamazon.delivery.intents import IntentSink, plan_of, without_finvalda
from fvsamazon.supervisor import run_loop

if TYPE_CHECKING:
    import httpx
    from anyio.abc import TaskGroup
    from structlog.typing import FilteringBoundLogger

    from fvsamazon.clock import Clock
    from fvsamazon.delivery.evaluating import Personal
    from fvsamazon.delivery.worker import DeliveryWorker
    from fvsamazon.store.database import Database
    from fvsamazon.supervisor import Guard

    Terms = tuple[DeliverySpec, RulesInForce, object]
    """Finvalda, rules, and what the settings say of personal data."""

NAME: Final = "delivery"
PATIENCE: Final = 60.0
"""Seconds for a step, beyond the requests that it may wait for."""
DRAIN: Final = 3.0
"""Seconds that a step under way gets to finish when its worker is replaced."""
REQUESTS: Final = 20
"""Requests of one step, at the most."""


class _Running:
    """One worker at work."""

    def __init__(
        self,
        worker: DeliveryWorker,
        http: httpx.AsyncClient,
        terms: Terms,
    ) -> None:
        self.worker = worker
        self.http = http
        self.terms = terms
        self.stopping = anyio.Event()
        self.ended = anyio.Event()
        self.scope = anyio.CancelScope()


class Delivery:
    """Keeps the right worker running."""

    def __init__(self, clock: Clock, guard: Guard, log: FilteringBoundLogger) -> None:
        self._clock = clock
        self._guard = guard
        self._log = log
        self._running: _Running | None = None
        self.sink = IntentSink(clock)

    async def apply(
        self,
        group: TaskGroup,
        database: Database,
        spec: DeliverySpec | None,
        in_force: RulesInForce,
        *,
        personal: Personal,
        privacy: object,
        reloading: bool,
    ) -> bool:
        """Run what the settings say; return whether the worker was started again.

        A worker whose terms are the same goes on, and tries a Finvalda that was away at once;
        `privacy` is by what two `personal` are told apart.
        """
        terms = None if spec is None else (spec, in_force, privacy)
        if self._running is not None and self._running.terms == terms:
            self._running.worker.destination.try_now()
            return False
        had = self._running is not None
        await self.stop(DRAIN)
        if terms is None:
            self.sink.plan = None
            await without_finvalda(database)
            return had
        self.sink.plan = plan_of(in_force.rules)
        await self._start(group, database, terms, personal=personal, reloading=reloading)
        return reloading

    async def _start(
        self,
        group: TaskGroup,
        database: Database,
        terms: Terms,
        *,
        personal: Personal,
        reloading: bool,
    ) -> None:
        spec, in_force, _ = terms
        http = spec.http_client()
        try:
            worker = new_worker(
                spec,
                in_force,
                http,
                database=database,
                clock=self._clock,
                personal=personal,
            )
            held = await worker.start(try_now=reloading)
        except BaseException:
            await http.aclose()
            raise
        self._running = _Running(worker, http, terms)
        file = str(in_force.path)
        if in_force.rules is None:
            self._log.warning(events.RULES_MISSING, file=file)
        else:
            self._log.info(
                events.RULES_LOADED,
                file=file,
                book_from=in_force.rules.book_from.isoformat(),
                held=held,
            )
            for warning in in_force.rules.warnings:
                self._log.warning(events.SETTINGS_WARNING, detail=warning.say())
        await group.start(self._run, self._running)

    async def _run(self, running: _Running, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        try:
            with running.scope:
                await partial(
                    run_loop,
                    NAME,
                    running.worker.step,
                    guard=self._guard,
                    clock=self._clock,
                    stopping=running.stopping,
                    step_limit=PATIENCE + REQUESTS * running.terms[0].timeout,
                )(task_status=task_status)
        finally:
            running.ended.set()

    async def stop(self, patience: float) -> bool:
        """End the worker after its step; return False where that had to be abandoned."""
        running = self._running
        if running is None:
            return True
        running.stopping.set()
        with anyio.move_on_after(patience):
            await running.ended.wait()
        in_time = running.ended.is_set()
        if not in_time:
            running.scope.cancel()
            await running.ended.wait()
        with anyio.CancelScope(shield=True):
            await running.http.aclose()
        # Not before: a stop that breaks off a reload waits for the same worker once more.
        if self._running is running:
            self._running = None
        return in_time
