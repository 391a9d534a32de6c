"""Parcels of simulated orders that the merchant ships."""

# ruff: noqa: PLR2004 - shares of what the dice decide are the content here

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fvsamazon.simulator.clock import iso
from fvsamazon.simulator.story import Act

if TYPE_CHECKING:
    from fvsamazon.simulator.content import Item
    from fvsamazon.simulator.view import View

Json = dict[str, Any]

_WAREHOUSES: dict[str, Json] = {
    "LT": {"name": "Pavyzdžio sandėlis", "addressLine1": "Sandėlių g. 1", "addressLine2": "",
           "city": "Vilnius", "postalCode": "LT-02001", "countryCode": "LT"},
    "GB": {"name": "Example Warehouse", "addressLine1": "Unit 7, Sample Park",
           "city": "Coventry", "postalCode": "CV1 1AA", "countryCode": "GB"},
    "US": {"name": "Sample Depot", "addressLine1": "100 Sample Ave", "city": "Reno",
           "stateOrRegion": "NV", "postalCode": "89501", "countryCode": "US"},
}  # fmt: skip
_CARRIERS = (("DPD", "DPD Classic"), ("LP Express", "Terminal"), ("UPS", "UPS Standard"))


def packages(view: View) -> list[Json]:
    """Return the parcels that have left so far; Amazon's own parcels are never shown."""
    content, acts = view.content, view.acts
    if not view.story.merchant or content.pick_up or view.status == "CANCELLED":
        return []
    items = [item for item in content.items if not item.dropped]
    loads: list[tuple[Act, list[Item]]] = []
    if Act.SHIPPED_PART in acts:
        loads.append((Act.SHIPPED_PART, items[:1]))
        items = items[1:]
    if Act.SHIPPED in acts and items:
        loads.append((Act.SHIPPED, items))
    return [
        _package(view, index, acts[act], load, last=index == len(loads))
        for index, (act, load) in enumerate(loads, start=1)
    ]


def _package(view: View, index: int, shipped: int, load: list[Item], *, last: bool) -> Json:
    flavour = view.content.flavour
    carrier, service = _CARRIERS[view.number % len(_CARRIERS)]
    # A first parcel of two is ahead of the acts that are told of the last one.
    status, detail = "SHIPPED", "PICKED_UP"
    if Act.DELIVERED in view.acts:
        status, detail = "DELIVERED", "DELIVERED"
        if last and flavour > 0.985:
            status, detail = "UNDELIVERABLE", "RETURNING_TO_SELLER"
    elif Act.IN_TRANSIT in view.acts:
        status, detail = "IN_TRANSIT", "OUT_FOR_DELIVERY"
    packed = view.acts[Act.PAID] + (shipped - view.acts[Act.PAID]) // 2
    step = view.story.step
    package: Json = {
        "packageReferenceId": str(index),
        "createdTime": iso(packed // step * step),
        "packageStatus": {"status": status},
        "carrier": carrier,
        "shipTime": iso(shipped),
        "shippingService": service,
        "packageItems": [{"orderItemId": item.item_id, "quantity": item.quantity} for item in load],
    }
    if flavour < 0.8:
        package["packageStatus"]["detailedStatus"] = detail
        package["trackingNumber"] = f"SIM{view.number:010d}{index}"
    origin = view.content.origin
    if flavour < 0.95:
        package["shipFromAddress"] = _WAREHOUSES.get(
            origin, {"city": "Sample City", "countryCode": origin}
        )
    return package
