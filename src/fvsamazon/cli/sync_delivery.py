"""The delivery of `fvsamazon sync`: what is due is delivered once, by the daemon's own steps.

In: the settings, the rules, an opened store. Out: what became of it, in sentences. What is in doubt
or passes by itself is left to the next run: nothing is waited for but Finvalda's answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon import events, logs
from fvsamazon.assembly import buyers, delivery_spec
from fvsamazon.cli import action_texts as texts
from fvsamazon.delivery.build import new_worker
from fvsamazon.errors import StoreCorrupt, StoreUnavailable
from fvsamazon.store import deliveries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fvsamazon.clock import Clock
    from fvsamazon.delivery.build import RulesInForce
    from fvsamazon.settings import Settings
    from fvsamazon.store.database import Database
    from fvsamazon.texts import Language

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
        left = ", ".join(
            f"{counts[state]} {state}"
            for state in ("due", "in_doubt", "held", "failed")
            if counts[state]
        )
        yield texts.DELIVERED.say(language, booked=self.booked) + (f"; {left}" if left else "")
        if not self.reached:
            yield texts.NOT_REACHED.say(language)
        if counts["held"]:
            yield texts.ABOUT_HELD.say(language)


async def deliver_due(
    settings: Settings, rules: RulesInForce, database: Database, clock: Clock
) -> Delivered:
    """Deliver until nothing is left that can be delivered now."""
    spec = delivery_spec(settings)
    if spec is None:
        return Delivered()
    before = await deliveries.counts(database)
    http = spec.http_client()
    try:
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
        while True:
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
    finally:
        await http.aclose()
    after = await deliveries.counts(database)
    return Delivered(
        asked=True,
        booked=max(0, after["booked"] - before["booked"]),
        failed=max(0, after["failed"] - before["failed"]),
        reached=worker.destination.state == "up" and not bugs,
    )
