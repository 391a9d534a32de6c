"""What Amazon may send tomorrow: values and fields that its model of today does not know.

Nulls stand for absent fields, lists grow new words, objects grow new members (some of them
personal), and none of it may stop a reader. Nothing here changes a sum.
"""

# ruff: noqa: PLR2004 - shares of what the dice decide are the content here

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

Json = dict[str, Any]

_NULLABLE = ("buyer", "programs", "packages", "payment", "tax", "associatedOrders",
             "orderAliases", "fulfillmentOrders", "recipient", "proceeds")  # fmt: skip
_NULLABLE_ITEM = ("programs", "promotion", "cancellation", "expense", "tax", "measurement")


def oddify(order: Json, dice: Random) -> None:
    """Change about every fourth order in place; the same order always in the same way."""
    luck = dice.random()
    if luck < 0.10:
        _nulls(order, dice)
    elif luck < 0.20:
        _members(order)
    elif luck < 0.28:
        _words(order, dice)


def _nulls(order: Json, dice: Random) -> None:
    for key in _NULLABLE:
        if dice.random() < 0.5:
            order.setdefault(key, None)
    for item in order["orderItems"]:
        for key in _NULLABLE_ITEM:
            if dice.random() < 0.5:
                item.setdefault(key, None)
        for key in ("price", "serialNumbers", "customization"):
            item["product"].setdefault(key, None)
    address = (order.get("recipient") or {}).get("deliveryAddress")
    if address:
        for key in ("addressLine2", "addressLine3", "phone", "companyName", "postalCode"):
            address.setdefault(key, None)


def _members(order: Json) -> None:
    order["sustainability"] = {"climatePledge": True, "kilograms": 1.25, "notes": []}
    order["salesChannel"]["storefront"] = {"kind": "LIVE_STREAM"}
    if order.get("buyer"):
        order["buyer"]["buyerNickname"] = "Invented Nick"
    if order.get("recipient"):
        order["recipient"]["deliveryAddress"]["digitalAddress"] = {"code": "sample.sample.sample"}
    if order.get("proceeds"):
        order["proceeds"]["settlement"] = {"state": "EXPECTED"}
    for item in order["orderItems"]:
        item["returnPolicy"] = {"days": 30}
        item["product"]["dimensions"] = [1, 2.5, None]


def _words(order: Json, dice: Random) -> None:
    order["programs"] = [*(order.get("programs") or []), "AMAZON_TELEPORT"]
    fulfillment = order.get("fulfillment")
    if fulfillment and dice.random() < 0.5:
        fulfillment["fulfillmentServiceLevel"] = "DRONE"
    for package in order.get("packages") or []:
        package["packageStatus"]["detailedStatus"] = "HELD_BY_ROBOT"
        if package["packageStatus"]["status"] == "IN_TRANSIT":
            package["packageStatus"]["status"] = "IN_ORBIT"
    address = (order.get("recipient") or {}).get("deliveryAddress")
    if address:
        address["addressType"] = "LOCKER_IN_SPACE"
    for item in order["orderItems"]:
        item["product"].setdefault("condition", {})["conditionType"] = "PRELOVED"
        proceeds = item.get("proceeds")
        if proceeds and dice.random() < 0.3:
            nothing = dict(proceeds["proceedsTotal"])
            nothing["amount"] = "0" if nothing["currencyCode"] == "JPY" else "0.00"
            proceeds["breakdowns"].append({"type": "GREEN_FEE", "subtotal": nothing})
        if "tax" in item and dice.random() < 0.05:
            item["tax"]["taxCollections"] = [
                {"model": "GOVERNMENT_ESCROW", "responsibleParty": "Ministry of Samples"}
            ]
