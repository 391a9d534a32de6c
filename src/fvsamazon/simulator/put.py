"""Orders that a test wrote by hand: kept version by version, shown as they stand."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from fvsamazon.simulator.clock import stamp
from fvsamazon.simulator.places import BY_ID

if TYPE_CHECKING:
    from fvsamazon.simulator.records import Entry

Json = dict[str, Any]

_ORDER_SETS = {
    "buyer": "BUYER",
    "recipient": "RECIPIENT",
    "proceeds": "PROCEEDS",
    "payment": "PAYMENT",
    "tax": "TAX",
    "fulfillment": "FULFILLMENT",
    "packages": "PACKAGES",
    "fulfillmentOrders": "FULFILLMENT_ORDERS",
}
_ITEM_SETS = {
    "proceeds": "PROCEEDS",
    "expense": "EXPENSE",
    "promotion": "PROMOTION",
    "cancellation": "CANCELLATION",
    "fulfillment": "FULFILLMENT",
    "tax": "TAX",
}


class PutOrder:
    """All versions of one hand-written order, by their lastUpdatedTime."""

    def __init__(self) -> None:
        self._versions: list[tuple[int, Json]] = []

    @property
    def latest(self) -> Json:
        return self._versions[-1][1]

    def at(self, until: int | None) -> Json:
        """Return the newest version of `until` or before, or the first if there is none."""
        fitting = [one for at, one in self._versions if until is None or at <= until]
        return fitting[-1] if fitting else self._versions[0][1]

    def add(self, document: Json, entry: Entry) -> bool:
        """Keep a version; return whether it has a lastUpdatedTime of its own."""
        document = deepcopy(document)
        updated = stamp(document["lastUpdatedTime"])
        if self._versions and updated < self._versions[-1][0]:
            raise ValueError("a new version cannot be older than the one before")
        fresh = not self._versions or updated > self._versions[-1][0]
        self._versions.append((updated, document))
        fulfillment = document.get("fulfillment") or {}
        marketplace = BY_ID.get((document.get("salesChannel") or {}).get("marketplaceId") or "")
        entry.place = marketplace or entry.place
        entry.outside = marketplace is None
        entry.created, entry.updated = stamp(document["createdTime"]), updated
        entry.status = fulfillment.get("fulfillmentStatus", "")
        entry.merchant = fulfillment.get("fulfilledBy") == "MERCHANT"
        entry.stage += 1
        return fresh


def filtered(document: Json, wanted: frozenset[str]) -> Json:
    """Return the document without the data sets that were not asked for."""
    order = {
        key: value
        for key, value in document.items()
        if key not in _ORDER_SETS or _ORDER_SETS[key] in wanted
    }
    if isinstance(order.get("orderItems"), list):
        order["orderItems"] = [
            {
                key: value
                for key, value in item.items()
                if key not in _ITEM_SETS or _ITEM_SETS[key] in wanted
            }
            for item in order["orderItems"]
        ]
    return order
