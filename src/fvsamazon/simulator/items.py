"""The document of one item of a simulated order."""

# ruff: noqa: PLR2004 - shares of what the dice decide are the content here

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fvsamazon.simulator.clock import iso
from fvsamazon.simulator.money import money
from fvsamazon.simulator.options import D2C
from fvsamazon.simulator.story import Act

if TYPE_CHECKING:
    from fvsamazon.simulator.content import Item
    from fvsamazon.simulator.view import Lens, View

Json = dict[str, Any]

_REASONS = ("Ordered by mistake", "Found it cheaper", "Buyer wrote: please cancel, sorry!")


def item_document(view: View, lens: Lens, item: Item, *, priced: bool) -> Json:
    """Write one OrderItem; `priced` says whether the order shows money at all."""
    found: Json = {
        "orderItemId": item.item_id,
        "quantityOrdered": item.quantity,
        "product": _product(view, item, priced=priced),
    }
    _plain(found, view, item)
    wanted = lens.wanted
    if "PROCEEDS" in wanted and priced and not item.dropped:
        found["proceeds"] = _proceeds(view, item)
    if "EXPENSE" in wanted and view.story.marketplace.code == "JP" and item.flavour < 0.5:
        points = max(1, item.unit_price * item.quantity // 100)
        granted = {"pointsNumber": points, "pointsMonetaryValue": money(points, "JPY")}
        found["expense"] = {"pointsCost": {"pointsGranted": granted}}
    if "PROMOTION" in wanted and item.promotions:
        found["promotion"] = {"breakdowns": [{"promotionId": one} for one in item.promotions]}
    if "CANCELLATION" in wanted and (cancellation := _cancellation(view, item)):
        found["cancellation"] = cancellation
    if "FULFILLMENT" in wanted:
        found["fulfillment"] = _fulfillment(view, lens, item)
    pending = view.status in {"PENDING", "PENDING_AVAILABILITY"}
    if "TAX" in wanted and not pending and (tax := _tax(item)):
        found["tax"] = tax
    return found


def _plain(found: Json, view: View, item: Item) -> None:
    """Add what comes whatever data sets were asked for."""
    if item.flavour < 0.05:
        found["measurement"] = {"unit": "COUNT", "value": item.quantity}
    if item.product.kind == "serial" or item.flavour > 0.97:
        found["programs"] = ["TRANSPARENCY"]
    elif item.product.kind == "food" and item.flavour < 0.2:
        found["programs"] = ["SUBSCRIBE_AND_SAVE"]
    elif item.flavour < 0.3:
        found["programs"] = []
    if view.story.marketplace.code == "US" and item.product.kind == "bulky" and item.flavour < 0.3:
        found["associatedOrderItems"] = [{
            "orderId": view.order_id,
            "orderItemId": f"{int(item.item_id) + 7:014d}",
            "associationType": "VALUE_ADD_SERVICE",
        }]  # fmt: skip


def _product(view: View, item: Item, *, priced: bool) -> Json:
    product = item.product
    found: Json = {"asin": product.asin, "title": product.title}
    if item.flavour > 0.004:
        found["sellerSku"] = product.sku
    condition = "REFURBISHED" if product.kind == "serial" and item.flavour < 0.5 else "NEW"
    found["condition"] = {"conditionType": condition, "conditionSubtype": condition}
    if item.flavour < 0.5:
        found["condition"]["conditionNote"] = ""
    if priced and not item.dropped and item.flavour < 0.98:
        found["price"] = {"unitPrice": money(item.unit_price, item.money.currency)}
        if view.content.business:
            found["price"]["priceDesignation"] = "BUSINESS_PRICE"
    if item.serials and Act.SHIPPED in view.acts:
        found["serialNumbers"] = list(item.serials)
    if item.custom_url:
        # No role and no data set hides this one.
        found["customization"] = {"customizedUrl": item.custom_url}
    return found


def _proceeds(view: View, item: Item) -> Json:
    if view.status == "CANCELLED":
        nothing = money(0, item.money.currency)
        return {"proceedsTotal": nothing, "breakdowns": [{"type": "ITEM", "subtotal": nothing}]}
    return item.money.document()


def _cancellation(view: View, item: Item) -> Json:
    found: Json = {}
    reason = _REASONS[view.number % len(_REASONS)]
    if Act.CANCEL_ASKED in view.acts:
        found["cancellationRequest"] = {"requester": "BUYER", "cancelReason": reason}
    if view.status == "CANCELLED":
        by = "BUYER" if Act.CANCEL_ASKED in view.acts else ("AMAZON", "MERCHANT")[view.number % 2]
        found["cancellationExecution"] = {"cancelledBy": by, "cancelReason": reason}
    elif item.dropped and Act.PAID in view.acts:
        found["cancellationExecution"] = {"cancelledBy": "MERCHANT", "cancelReason": "No stock"}
    return found


def fulfilled(view: View, item: Item) -> int:
    """Return how many units of the item have left."""
    if item.dropped or view.status == "CANCELLED":
        return 0
    if Act.SHIPPED in view.acts:
        return item.quantity
    if Act.SHIPPED_PART in view.acts and item is view.content.items[0]:
        return item.quantity
    return 0


def _fulfillment(view: View, lens: Lens, item: Item) -> Json:
    done = fulfilled(view, item)
    closed = item.dropped or view.status == "CANCELLED"
    found: Json = {
        "quantityFulfilled": done,
        "quantityUnfulfilled": 0 if closed else item.quantity - done,
    }
    packing: Json = {}
    if item.gift:
        gift: Json = {}
        if view.story.merchant and D2C in lens.roles:
            gift["giftMessage"] = item.gift
        if item.wrap:
            gift["giftWrapLevel"] = item.wrap
        packing["giftOption"] = gift
    if item.product.kind == "serial":
        packing["serialNumberRequirement"] = {"requirementType": "REQUIRED"}
    if packing:
        found["packing"] = packing
    shipping: Json = {}
    if view.content.level == "SCHEDULED":
        shipping["scheduledDeliveryWindow"] = {
            "earliestDateTime": iso(view.deliver_by - 7_200_000),
            "latestDateTime": iso(view.deliver_by),
        }
    constraint = {"age": "recipientAgeVerification", "bulky": "palletDelivery"}.get(
        item.product.kind
    )
    if constraint:
        shipping["shippingConstraints"] = {constraint: "MANDATORY"}
    if item.case.ioss:
        shipping["internationalShipping"] = {"iossNumber": "IM0000000000"}
    if shipping:
        found["shipping"] = shipping
    if view.story.marketplace.code == "UK" and item.flavour < 0.05:
        found["picking"] = {
            "substitutionPreference": {
                "substitutionType": "CUSTOMER_PREFERENCE",
                "substitutionOptions": [{"asin": "B0SIM00014", "quantityOrdered": item.quantity}],
            }
        }
    return found


def _tax(item: Item) -> Json:
    found: Json = {}
    if item.case.scheme:
        found["taxCalculationBreakdowns"] = [{"reportingScheme": item.case.scheme}]
    if item.case.collector:
        found["taxCollections"] = [
            {"model": "MARKETPLACE_FACILITATOR", "responsibleParty": item.case.collector}
        ]
    return found
