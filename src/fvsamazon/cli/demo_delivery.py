"""What the demo's daemon booked, held against what stands in the simulated Finvalda.

In: the daemon's database and the simulator's truth. Out: counts, the holds with their remedies, and
what must never be: an order with two live sales, or a sale that the database calls booked and that
is not there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING

from fvsamazon.store import deliveries, outbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fvsamazon.simulator import Simulation
    from fvsamazon.store.database import Database

RULES = "demo_booking.toml"
SHOWN = 5
_LOOKED_AT = 10_000


def write_rules(folder: Path) -> None:
    """Put the demo's booking rules beside its settings."""
    text = files("fvsamazon.cli").joinpath(RULES).read_text("utf-8")
    (folder / "booking.toml").write_text(text, "utf-8")


@dataclass(slots=True)
class Bookings:
    """The reckoning of one demo."""

    counts: dict[str, int]
    sales: int = 0
    doubles: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    holds: list[tuple[str, int, str, str]] = field(default_factory=list)
    """Code, how often, an example and its remedy."""

    @property
    def good(self) -> bool:
        return not self.doubles and not self.missing

    def sentences(self) -> Iterator[str]:
        """Tell it to a person."""
        counts = self.counts
        waiting = counts["due"] + counts["sending"] + counts["in_doubt"]
        yield (
            f"Finvalda: {self.sales} sales, {counts['held']} held, {counts['failed']} failed, "
            f"{counts['skipped']} skipped by a rule, {waiting} still due, "
            f"{len(self.doubles)} booked twice."
        )
        for code, count, example, remedy in self.holds[:SHOWN]:
            yield f"  held {count} times, {code}: {example}"
            yield f"    -> {remedy}"
        for word, ids in (("booked twice", self.doubles), ("not in Finvalda", self.missing)):
            if ids:
                yield f"{word}: {', '.join(ids[:SHOWN])}"


async def judge_bookings(database: Database, simulation: Simulation) -> Bookings:
    """Hold the outbox against the truth."""
    found = Bookings(await deliveries.counts(database))
    finvalda = simulation.finvalda
    found.doubles = sorted(finvalda.doubles())
    standing = {
        (one["journal"], one["number"])
        for one in finvalda.operations()
        if one["class"] == "PardDok" and not one["deleted"]
    }
    found.sales = len(standing)
    for row in await outbox.deliveries(database, state="booked", limit=_LOOKED_AT):
        if row["kind"] == "sale" and (row["journal"], row["number"]) not in standing:
            found.missing.append(row["order_id"])
    codes: Counter[str] = Counter()
    examples: dict[str, tuple[str, str]] = {}
    for row in await outbox.deliveries(database, state="held", limit=_LOOKED_AT):
        for code, text, remedy in deliveries.reasons_of(row["reasons"])[:1]:
            codes[code] += 1
            examples.setdefault(code, (text, remedy))
    found.holds = [(code, count, *examples[code]) for code, count in codes.most_common()]
    return found
