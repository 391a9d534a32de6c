"""What an order says, in a form that two versions can be compared by.

In: an order. Out: canonical bytes, stored with what was booked; and, for two of them, where they
differ. Neither rules nor rates play a part: an edit of the rules changes nothing that is booked.
What Amazon withholds later (post codes, tax registrations) and a status that only moved on are no
difference; what it says otherwise is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fvsamazon.booking.decimals import plain
from fvsamazon.booking.dueness import SHIPPED
from fvsamazon.booking.facts import BUYER
from fvsamazon.booking.money import TIP
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fvsamazon.orders import Money, Order, OrderLine, Part, Place

_PROGRESS: Final = ("UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED")
"""A status that moves along this row says nothing that was not expected when booking."""
_ITEM: Final = "eilutė"
_NAMES: Final = {
    "status": "būsena",
    "currency": "valiuta",
    "grand_total": "bendra suma",
    "tip": "arbatpinigiai",
    "ship_to": "kur gabenama",
    "ship_from": "iš kur gabenama",
    "buyer_registrations": "pirkėjo registracijos",
    "sku": "SKU",
    "quantity": "kiekis",
    "proceeds": "pajamos",
    "parts": "sumos dalys",
    "schemes": "apmokestinimo schemos",
    "collections": "mokesčio surinkimas",
}
"""What differences are called in Lithuanian; in English as they are stored."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two versions say differently; `item` is the item that it is about, if any."""

    what: str
    before: str
    after: str
    item: str = ""

    def told(self, *, values: bool = True) -> Text:
        """Return it in words, in English by the names that are stored."""
        about = self.what.removeprefix(f"item {self.item}").strip() if self.item else self.what
        named = _NAMES.get(about, about)
        lithuanian = f"{_ITEM} {self.item} {named}".rstrip() if self.item else named
        if not values:
            return Text(self.what, lithuanian)
        shown = f"{self.before} → {self.after}"
        return Text(f"{self.what}: {shown}", f"{lithuanian}: {shown}")


def comparison_facts(order: Order) -> bytes:
    """Return what the order says about the sale, as canonical JSON."""
    facts = {
        "status": order.status,
        "currency": order.grand_total.currency if order.grand_total else None,
        "grand_total": _amount(order.grand_total),
        "tip": _tip(order),
        "ship_to": _place(order.ship_to),
        "ship_from": sorted(
            {
                place
                for package in order.packages
                if package.ship_from is not None
                and (place := package.ship_from.zone or package.ship_from.country)
            }
        ),
        "buyer_registrations": sorted(
            f"{registration.kind or ''} {registration.number}"
            for registration in order.tax_registrations
            if registration.entity == BUYER and registration.number
        ),
        "items": {line.item_id: _item(order, line) for line in order.lines},
    }
    return json.dumps(facts, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()


def differences(before: bytes, after: bytes) -> tuple[Difference, ...]:
    """Return what the later version of an order says differently from the booked one."""
    if before == after:
        return ()
    return tuple(_compare(json.loads(before), json.loads(after)))


def _compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    if not _moved_on(old["status"], new["status"]):
        yield Difference("status", _text(old["status"]), _text(new["status"]))
    for name in ("currency", "grand_total", "tip"):
        if old[name] != new[name]:
            yield Difference(name, _text(old[name]), _text(new[name]))
    yield from _compare_places(old["ship_to"], new["ship_to"])
    # Parcels may appear after a sale at UNSHIPPED; registrations go when a role is lost.
    if old["ship_from"] and new["ship_from"] and old["ship_from"] != new["ship_from"]:
        yield Difference("ship_from", _text(old["ship_from"]), _text(new["ship_from"]))
    name = "buyer_registrations"
    if new[name] and old[name] != new[name]:
        yield Difference(name, _text(old[name]), _text(new[name]))
    for item in sorted(old["items"].keys() | new["items"].keys()):
        was, now = old["items"].get(item), new["items"].get(item)
        if was is None or now is None:
            yield Difference(f"item {item}", _there(was), _there(now), item)
            continue
        for name in sorted(was.keys() | now.keys()):
            if was.get(name) != now.get(name):
                what = f"item {item} {name}"
                yield Difference(what, _text(was.get(name)), _text(now.get(name)), item)


def _compare_places(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare destinations; what is withheld now, or was withheld before, has not changed."""
    if new["country"] is None or old["country"] is None:
        return
    if old["country"] != new["country"]:
        yield Difference("ship_to", old["country"], new["country"])
        return
    # Where nothing was known, the country itself was the reading.
    before = old["zone"] or old["country"]
    after = before if new["zone"] is None or new["assumed"] else new["zone"]
    if before != after:
        yield Difference("ship_to", before, after)


def _moved_on(old: str | None, new: str | None) -> bool:
    if old in _PROGRESS and new in _PROGRESS:
        return _PROGRESS.index(old) <= _PROGRESS.index(new)
    return old == new


def _item(order: Order, line: OrderLine) -> dict[str, Any]:
    quantity = line.quantity_ordered
    if order.status == SHIPPED and line.quantity_fulfilled is not None:
        # A sale booked before shipping took what was ordered: the same, if all of it left.
        quantity = line.quantity_fulfilled
    return {
        "sku": line.sku,
        "quantity": quantity,
        "proceeds": _amount(line.proceeds_total),
        "parts": sorted(_part(part) for part in line.parts),
        "schemes": sorted(line.schemes),
        "collections": sorted(collection.model or "?" for collection in line.collections),
    }


def _part(part: Part) -> str:
    details = sorted(f"{detail.subtype or ''}={_amount(detail.value)}" for detail in part.details)
    return " ".join((part.kind, _amount(part.subtotal) or "?", *details))


def _place(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {"country": None, "zone": None, "assumed": False}
    return {"country": place.country, "zone": place.zone, "assumed": place.zone_assumed}


def _tip(order: Order) -> list[str]:
    return sorted(
        f"{part.status or '?'} {_amount(part.subtotal) or '?'}"
        for part in order.parts
        if part.kind == TIP and part.status != "PENDING"
    )


def _amount(money: Money | None) -> str | None:
    return None if money is None else f"{plain(money.amount)} {money.currency}"


def _there(item: object) -> str:
    return "-" if item is None else "+"


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) or "''" for one in value) or "-"
    return "-" if value is None else str(value) or "''"
