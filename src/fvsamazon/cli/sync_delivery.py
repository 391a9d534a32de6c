"""The delivery of `fvsamazon sync`: what is due is delivered once, by the daemon's own steps.

In: the settings, the rules, an opened store. Out: what became of it, in sentences. What is in doubt
or passes by itself is left to the next run: nothing is waited for but Finvalda's answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon.assembly import buyers, delivery_spec
from fvsamazon.delivery.build import new_worker
from fvsamazon.store import deliveries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fvsamazon.clock import Clock
    from fvsamazon.delivery.build import RulesInForce
    from fvsamazon.settings import Settings
    from fvsamazon.store.database import Database


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

    def sentences(self, counts: Mapping[str, int]) -> Iterator[str]:
        """Tell it to a person."""
        if not self.asked:
            return
        left = ", ".join(
            f"{counts[state]} {state}"
            for state in ("due", "in_doubt", "held", "failed")
            if counts[state]
        )
        yield f"Finvalda: {self.booked} booked" + (f"; {left}" if left else "")
        if not self.reached:
            yield "Finvalda takes no documents now: the log tells why; what is due stays due"
        if counts["held"]:
            yield "`fvsamazon deliveries list --state held` tells what to do about held orders"


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
        while True:
            wait = await worker.step()
            if worker.destination.state != "up" or (wait and await worker.idle()):
                break
    finally:
        await http.aclose()
    after = await deliveries.counts(database)
    return Delivered(
        asked=True,
        booked=max(0, after["booked"] - before["booked"]),
        failed=max(0, after["failed"] - before["failed"]),
        reached=worker.destination.state == "up",
    )
