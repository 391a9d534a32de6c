"""What the world keeps of an order, its index by time, and how the truth is told of it."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fvsamazon.simulator.clock import from_ms, iso, stamp
from fvsamazon.simulator.money import amount
from fvsamazon.simulator.orders import grand_total

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fvsamazon.simulator.places import Marketplace
    from fvsamazon.simulator.view import View
    from fvsamazon.simulator.world import World

Json = dict[str, Any]


class Entry:
    """One order's numbers; `stage` is the place in its plot, -1 while nobody may see it."""

    __slots__ = (
        "account", "created", "merchant", "number", "outside", "place", "stage", "status",
        "updated",
    )  # fmt: skip

    def __init__(self, number: int, account: tuple[str, str], place: Marketplace) -> None:
        self.number = number
        self.account = account
        self.place = place
        self.created = 0
        self.updated = 0
        self.stage = -1
        self.status = ""
        self.merchant = False
        self.outside = False

    @property
    def marketplace_id(self) -> str | None:
        return None if self.outside else self.place.id


class TimeIndex:
    """Order numbers sorted by a time; they are added, mostly at the end, and never removed."""

    def __init__(self) -> None:
        self._times = array("q")
        self._numbers = array("q")

    def __len__(self) -> int:
        return len(self._times)

    def add(self, at: int, number: int) -> None:
        if not self._times or at >= self._times[-1]:
            self._times.append(at)
            self._numbers.append(number)
        else:
            place = bisect_right(self._times, at)
            self._times.insert(place, at)
            self._numbers.insert(place, number)

    def span(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield (time, number) between two times, both included, as the index is now."""
        low, high = bisect_left(self._times, first), bisect_right(self._times, last)
        return zip(self._times[low:high], self._numbers[low:high], strict=True)


class TrueOrder:
    """What a reader should know of one order; the costlier facts are worked out when read."""

    def __init__(self, world: World, entry: Entry, until: int | None) -> None:
        self._world = world
        self._entry = entry
        self._until = until
        self.region, self.account = entry.account
        self.order_id = world.id_of(entry)

    @cached_property
    def _put(self) -> Json | None:
        return self._world.put_version(self._entry, self._until)

    @cached_property
    def _view(self) -> View:
        return self._world.view(self._entry, self._until)

    @property
    def _moved_since(self) -> bool:
        return self._until is not None and self._entry.updated > self._until

    @property
    def marketplace_id(self) -> str | None:
        return self._entry.marketplace_id

    @property
    def fulfilled_by(self) -> str:
        return "MERCHANT" if self._entry.merchant else "AMAZON"

    @property
    def created(self) -> datetime:
        return from_ms(self._entry.created)

    @property
    def updated(self) -> datetime:
        if self._put is not None:
            return from_ms(stamp(self._put["lastUpdatedTime"]))
        return from_ms(self._view.updated if self._moved_since else self._entry.updated)

    @property
    def created_time(self) -> str:
        """The time as Amazon sends it."""
        return str(self._put["createdTime"]) if self._put else iso(self._entry.created)

    @property
    def last_updated_time(self) -> str:
        if self._put is not None:
            return str(self._put["lastUpdatedTime"])
        return iso(self._view.updated if self._moved_since else self._entry.updated)

    @property
    def status(self) -> str:
        if self._put is not None:
            return str((self._put.get("fulfillment") or {}).get("fulfillmentStatus", ""))
        view = self._view
        return view.story.shown_status(view.status, tomorrow=self._world.options.tomorrow)

    @property
    def versions(self) -> int:
        """How many times the order has had a lastUpdatedTime of its own."""
        if self._put is not None:
            return self._entry.stage + 1
        return sum(
            1
            for at, _ in self._view.story.plot[: self._entry.stage + 1]
            if self._until is None or at <= self._until
        )

    @property
    def currency(self) -> str | None:
        if self._put is not None:
            return _grand_total(self._put).get("currencyCode")
        return None if grand_total(self._view) is None else self._view.content.currency

    @property
    def grand_total(self) -> str | None:
        """The decimal string that Amazon sends, or None while it sends none."""
        if self._put is not None:
            return _grand_total(self._put).get("amount")
        total = grand_total(self._view)
        return None if total is None else amount(total, self._view.content.currency)

    def as_json(self) -> Json:
        return {
            "region": self.region,
            "account": self.account,
            "order_id": self.order_id,
            "marketplace_id": self.marketplace_id,
            "fulfilled_by": self.fulfilled_by,
            "status": self.status,
            "created_time": self.created_time,
            "last_updated_time": self.last_updated_time,
            "currency": self.currency,
            "grand_total": self.grand_total,
            "versions": self.versions,
        }


def _grand_total(document: Json) -> Json:
    return (document.get("proceeds") or {}).get("grandTotal") or {}
