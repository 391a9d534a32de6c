"""What is due for an order now: a sale, a reservation, nothing, or a person.

In: the order's status and the rules of its document. Out: which, and which items with how many
pieces. A request to cancel that nobody carried out changes nothing; what was cancelled after
something shipped is a person's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from fvsamazon.booking.decimals import amount_text
from fvsamazon.booking.money import GOODS
from fvsamazon.booking.outcomes import Nothing
from fvsamazon.booking.reasons import Reason, reason
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from decimal import Decimal

    from fvsamazon.booking.rule_types import DocumentRules, MoneyRules
    from fvsamazon.orders import Order, OrderLine

PENDING: Final = frozenset({"PENDING", "PENDING_AVAILABILITY", "INVOICE_UNCONFIRMED"})
OPEN: Final = frozenset({"UNSHIPPED", "PARTIALLY_SHIPPED"})
SHIPPED: Final = "SHIPPED"
CANCELLED: Final = "CANCELLED"
UNFULFILLABLE: Final = "UNFULFILLABLE"
_GONE: Final = frozenset({"SHIPPED", "IN_TRANSIT", "DELIVERED", "UNDELIVERABLE"})
_ORDERED: Final = Text("ordered", "užsakyto")
_FULFILLED: Final = Text("fulfilled", "išsiųsto")

Due = Literal["sale", "reservation"]


def what_is_due(order: Order, document: DocumentRules) -> Due | Nothing | Reason:
    """Decide by the status alone."""
    status = order.status
    if status is None:
        return reason("status_missing")
    if status == SHIPPED:
        return "sale"
    if status in OPEN:
        return _open(status, document)
    if status == CANCELLED:
        return _cancelled(order, document)
    if status in PENDING:
        return Nothing("pending", status)
    known = status == UNFULFILLABLE
    return Nothing("unfulfillable", status) if known else reason("status_unknown", status=status)


def _open(status: str, document: DocumentRules) -> Due | Nothing:
    early = status == "PARTIALLY_SHIPPED" and document.partial == "sale"
    if document.sale_when == "UNSHIPPED" or early:
        return "sale"
    return "reservation" if document.reservation != "none" else Nothing("not_shipped", status)


def _cancelled(order: Order, document: DocumentRules) -> Nothing | Reason:
    for package in order.packages:
        if package.status in _GONE or (package.shipped_at and package.status != CANCELLED):
            parcel = f"{package.reference}: {package.status or SHIPPED}"
            what = Text(f"package {parcel}", f"siunta {parcel}")
            return reason("cancelled_but_shipped", what=what)
    for line in order.lines:
        if line.quantity_fulfilled:
            shipped = line.quantity_fulfilled
            what = Text(
                f"{line.item_id}: quantityFulfilled {shipped}",
                f"{line.item_id}: išsiųsta {shipped}",
            )
            return reason("cancelled_but_shipped", what=what)
    why: Literal["cancelled", "cancelled_kept"] = (
        "cancelled_kept" if document.cancelled == "keep" else "cancelled"
    )
    return Nothing(why, order.status)


@dataclass(frozen=True, slots=True)
class Pieces:
    """How many pieces of an item a document takes; None leaves the item out."""

    count: int | None
    why: Literal["quantity_fulfilled", "quantity_ordered"]
    reasons: tuple[Reason, ...] = ()


def pieces_of(order: Order, line: OrderLine, switches: MoneyRules, name: str) -> Pieces:
    """Return the pieces to book: what was fulfilled once shipped, else what was ordered.

    An item that was cancelled before shipping (no piece, no proceeds) is left out.
    """
    proceeds = line.proceeds_total.amount if line.proceeds_total else None
    if order.status == SHIPPED:
        return _fulfilled(line, proceeds, switches, name)
    why: Literal["quantity_ordered"] = "quantity_ordered"
    if not proceeds and (line.cancelled_by is not None or line.quantity_ordered <= 0):
        return Pieces(None, why)
    if line.quantity_ordered <= 0:
        return Pieces(None, why, (_money_without_goods(name, _ORDERED, proceeds),))
    return Pieces(line.quantity_ordered, why)


def _fulfilled(
    line: OrderLine, proceeds: Decimal | None, switches: MoneyRules, name: str
) -> Pieces:
    why: Literal["quantity_fulfilled"] = "quantity_fulfilled"
    fulfilled = line.quantity_fulfilled
    if fulfilled is None:
        if not proceeds and line.cancelled_by is not None:
            return Pieces(None, why)
        return Pieces(None, why, (reason("quantity_missing", item=name),))
    if fulfilled <= 0:
        if proceeds:
            return Pieces(None, why, (_money_without_goods(name, _FULFILLED, proceeds),))
        if line.quantity_unfulfilled and line.cancelled_by is None:
            return Pieces(None, why, (reason("quantity_missing", item=name),))
        return Pieces(None, why)
    held = _priced_for_more(line, fulfilled, name) if switches.partly_fulfilled == "hold" else ()
    return Pieces(fulfilled, why, held)


def _money_without_goods(name: str, done: Text, proceeds: Decimal | None) -> Reason:
    amount = "-" if proceeds is None else amount_text(proceeds)
    return reason("money_without_goods", item=name, done=done, amount=amount)


def _priced_for_more(line: OrderLine, fulfilled: int, name: str) -> tuple[Reason, ...]:
    """Hold an item whose price is still for all pieces though fewer were shipped."""
    goods = [part.subtotal for part in line.parts if part.kind == GOODS]
    stated = goods[0].amount if len(goods) == 1 and goods[0] is not None else None
    if stated is None or line.unit_price is None or fulfilled >= line.quantity_ordered:
        return ()
    unit = line.unit_price.amount
    if not unit.is_finite() or not unit or stated != unit * line.quantity_ordered:
        return ()
    arithmetic = f"{amount_text(unit)} * {line.quantity_ordered} = {amount_text(stated)}"
    return (
        reason(
            "partly_fulfilled",
            item=name,
            fulfilled=fulfilled,
            ordered=line.quantity_ordered,
            arithmetic=arithmetic,
        ),
    )
