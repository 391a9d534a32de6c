"""The delivery of `fvsamazon sync`: what is due is delivered once, by the daemon's own steps.

In: the settings, the rules, an opened store. Out: what became of it, in sentences, and on a
terminal a bar that tells how many due orders are done and how many are left. What is in doubt
or passes by itself is left to the next run: nothing is waited for but Finvalda's answers.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon import events, logs
from fvsamazon.assembly import buyers, delivery_spec
from fvsamazon.cli import action_texts as texts
from fvsamazon.cli.bars import bars
from fvsamazon.cli.state_texts import counted
from fvsamazon.delivery.build import new_worker
from fvsamazon.errors import StoreCorrupt, StoreUnavailable
from fvsamazon.store import deliveries, outbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.progress import Progress, TaskID

    from fvsamazon.clock import Clock
    from fvsamazon.delivery.build import RulesInForce
    from fvsamazon.settings import Settings
    from fvsamazon.store.database import Database
    from fvsamazon.texts import Language

LOOK_EVERY = 0.2
"""Seconds between two looks at how many orders are due."""
MOST_BUGS = 20
"""Failures of the program after which one run gives the delivery up."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one run delivered; `asked` is false where there is no Finvalda, or none was wanted."""

    asked: bool = False
    booked: int = 0
    failed: int = 0
    reached: bool = True

    @property
    def ok(self) -> bool:
        return self.reached and not self.failed

    def sentences(self, counts: Mapping[str, int], language: Language = "en") -> Iterator[str]:
        """Tell it to a person."""
        if not self.asked:
            return
        states = ("due", "in_doubt", "held", "failed")
        left = counted({state: counts[state] for state in states}, language)
        yield texts.DELIVERED.say(language, booked=self.booked) + (f"; {left}" if left else "")
        if not self.reached:
            yield texts.NOT_REACHED.say(language)
        if counts["held"]:
            yield texts.ABOUT_HELD.say(language)


class _Bar:
    """Counts due orders a few times a second, for whoever watches; else it asks for nothing."""

    def __init__(
        self, progress: Progress, database: Database, clock: Clock, language: Language
    ) -> None:
        self._progress = progress
        self._database = database
        self._clock = clock
        self._language = language
        self._task: TaskID | None = None
        self._next = 0.0
        self._most = 0

    async def look(self, *, last: bool = False) -> None:
        """Show how far it is; more may become due on the way."""
        now = self._clock.elapsed()
        if self._progress.disable or (now < self._next and not last):
            return
        self._next = now + LOOK_EVERY
        left = await outbox.due_count(self._database)
        self._most = max(self._most, left)
        if self._task is None:
            self._task = self._progress.add_task("Finvalda", note="")
        done = self._most - left
        note = texts.LEFT.say(self._language, done=done, left=left)
        self._progress.update(self._task, total=self._most or 1, completed=done, note=note)


async def deliver_due(
    settings: Settings, rules: RulesInForce, database: Database, clock: Clock
) -> Delivered:
    """Deliver until nothing is left that can be delivered now."""
    spec = delivery_spec(settings)
    if spec is None:
        return Delivered()
    before = await deliveries.counts(database)
    http = spec.http_client()
    progress = bars()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(http.aclose)
        worker = new_worker(
            spec,
            rules,
            http,
            database=database,
            clock=clock,
            personal=buyers(settings, database),
        )
        await worker.start(try_now=True)
        bugs = 0
        stack.enter_context(progress)
        bar = _Bar(progress, database, clock, settings.language)
        while True:
            await bar.look()
            try:
                wait = await worker.step()
            except (StoreUnavailable, StoreCorrupt):
                raise
            except Exception:  # noqa: BLE001 - the worker has failed that order; others go on
                bugs += 1
                logs.get_logger().exception(events.TASK_FAILED, task="delivery")
                if bugs == MOST_BUGS:
                    break
                continue
            if worker.destination.state != "up" or (wait and await worker.idle()):
                break
        await bar.look(last=True)
    after = await deliveries.counts(database)
    return Delivered(
        asked=True,
        booked=max(0, after["booked"] - before["booked"]),
        failed=max(0, after["failed"] - before["failed"]),
        reached=worker.destination.state == "up" and not bugs,
    )
