"""Reads Amazon's orders: raw JSON in, what the store keeps of them out.

Tolerant of everything that Amazon may add, leave out or send as null. An order that cannot be
read comes back as `Unreadable` and harms no other. What must never happen: a value that is not
known to be free of personal data leaves this module in the clear, or at all while personal data
is switched off; an amount is guessed.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec

from fvsamazon.amazon import wire
from fvsamazon.amazon.split import NotReadable, split
from fvsamazon.errors import safe_text
from fvsamazon.orders import (
    Association,
    Money,
    Order,
    OrderLine,
    OrderRecord,
    Package,
    Part,
    PartDetail,
    Place,
    TaxCollection,
    TaxRegistration,
    Unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_HASH_BYTES: Final = 16
_UNTOLD: Final = "UNKNOWN"
"""Kind of a part of which Amazon did not tell the kind."""

ORDER_LIMIT: Final = 4 * 2**20
"""Bytes of one order; an item has about two thousand."""

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(wire.OrderWire)
_objects = msgspec.json.Decoder(dict[str, Any])

_IDENTITY: Final = re.compile(r"[!-~]{1,60}")
_ESCAPES: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
_CONTROLS: Final = bytes(max(byte, ord(" ")) for byte in range(256))
_FAULTS = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
"""What decoding and encoding may raise; a broken UTF-8 sequence is a ValueError."""


def read_order(raw: bytes | msgspec.Raw, *, personal: bool = False) -> OrderRecord | Unreadable:
    """Read one order as it stands in Amazon's answer; never raises for what Amazon sent."""
    sent = bytes(raw)
    if len(sent) > ORDER_LIMIT:
        return _unreadable(sent, f"the order has more than {ORDER_LIMIT} bytes", {})
    try:
        source = _decode(sent)
    except _FAULTS:
        return _unreadable(sent, "the order is no JSON object that can be read")
    try:
        public, rest = split(source, personal=personal)
        updated = public.pop("lastUpdatedTime", None)
        content = _encoder.encode(public)
        if updated is not None:
            public["lastUpdatedTime"] = updated
        payload = _encoder.encode(public)
        order = _decoder.decode(payload)
        protected = _encoder.encode(rest) if personal else None
    except NotReadable as error:
        return _unreadable(sent, safe_text(str(error)), source)
    except msgspec.ValidationError as error:
        return _unreadable(sent, _reason(error), source)
    except _FAULTS:
        return _unreadable(sent, "the order cannot be written down again", source)
    fulfillment = order.fulfillment or wire.FulfillmentWire()
    channel = order.sales_channel or wire.ChannelWire()
    total = _money(order.proceeds.grand_total if order.proceeds else None)
    return OrderRecord(
        order_id=order.order_id,
        created_at=_utc(order.created_time),
        updated_at=_utc(order.last_updated_time),
        created_text=public["createdTime"],
        updated_text=public["lastUpdatedTime"],
        marketplace_id=channel.marketplace_id,
        channel=channel.channel_name,
        status=fulfillment.fulfillment_status,
        fulfilled_by=fulfillment.fulfilled_by,
        currency=total.currency if total else None,
        grand_total=f"{total.amount:f}" if total else None,
        payload=payload,
        content_hash=_hash(content),
        personal=protected,
        delivered=_is_delivered(fulfillment.fulfillment_status, order.packages),
        tax_registered=bool(order.tax and order.tax.tax_registrations),
        zone_untold=_zone_untold(order),
    )


def _zone_untold(order: wire.OrderWire) -> bool:
    recipient = order.recipient or wire.RecipientWire()
    places = [recipient.delivery_address, *(p.ship_from_address for p in order.packages)]
    return any(place and (place.vat_zone_assumed or not place.vat_zone) for place in places)


def content_hash(payload: bytes) -> bytes:
    """Return the hash of a public part, without the time of its last update."""
    public = _objects.decode(payload)
    public.pop("lastUpdatedTime", None)
    return _hash(_encoder.encode(public))


def order_of(payload: bytes, region: str, account: str) -> Order:
    """Build the order that the booking rules read from the public part of a record."""
    order = _decoder.decode(payload)
    fulfillment = order.fulfillment or wire.FulfillmentWire()
    channel = order.sales_channel or wire.ChannelWire()
    proceeds = order.proceeds or wire.OrderProceeds()
    recipient = order.recipient or wire.RecipientWire()
    return Order(
        region=region,
        account=account,
        order_id=order.order_id,
        created_at=_utc(order.created_time),
        updated_at=_utc(order.last_updated_time),
        status=fulfillment.fulfillment_status,
        fulfilled_by=fulfillment.fulfilled_by,
        channel=channel.channel_name,
        marketplace_id=channel.marketplace_id,
        programmes=order.programs,
        associations=tuple(
            Association(link.order_id, link.association_type) for link in order.associated_orders
        ),
        grand_total=_money(proceeds.grand_total),
        parts=_parts(proceeds.breakdowns),
        ship_to=_place(recipient.delivery_address),
        tax_registrations=tuple(
            TaxRegistration(
                r.entity_type, r.tax_registration_type, r.tax_registration_number, r.legal_name
            )
            for r in (order.tax.tax_registrations if order.tax else ())
        ),
        lines=tuple(_line(item) for item in order.order_items),
        packages=tuple(_package(package) for package in order.packages),
        deliver_by_latest=_latest(fulfillment.deliver_by_window),
    )


def _line(item: wire.ItemWire) -> OrderLine:
    product = item.product or wire.ProductWire()
    proceeds = item.proceeds or wire.ItemProceeds()
    fulfillment = item.fulfillment or wire.ItemFulfillment()
    cancellation = item.cancellation or wire.CancellationWire()
    execution = cancellation.cancellation_execution
    tax = item.tax or wire.ItemTax()
    return OrderLine(
        item_id=item.order_item_id,
        sku=product.seller_sku,
        asin=product.asin,
        title=product.title,
        quantity_ordered=item.quantity_ordered,
        quantity_fulfilled=fulfillment.quantity_fulfilled,
        quantity_unfulfilled=fulfillment.quantity_unfulfilled,
        unit_price=_money(product.price.unit_price if product.price else None),
        proceeds_total=_money(proceeds.proceeds_total),
        parts=_parts(proceeds.breakdowns),
        programmes=item.programs,
        schemes=tuple(
            row.reporting_scheme for row in tax.tax_calculation_breakdowns if row.reporting_scheme
        ),
        collections=tuple(TaxCollection(c.model) for c in tax.tax_collections),
        cancelled_by=execution.cancelled_by if execution else None,
    )


def _package(package: wire.PackageWire) -> Package:
    status = package.package_status or wire.PackageStatusWire()
    return Package(
        reference=package.package_reference_id or "",
        shipped_at=_utc(package.ship_time) if package.ship_time else None,
        status=status.status,
        ship_from=_place(package.ship_from_address),
        items=tuple(
            (item.order_item_id, item.quantity)
            for item in package.package_items
            if item.order_item_id is not None and item.quantity is not None
        ),
    )


def _parts(rows: Sequence[wire.PartWire]) -> tuple[Part, ...]:
    return tuple(
        Part(
            row.type or _UNTOLD,
            _money(row.subtotal),
            row.status,
            tuple(PartDetail(d.subtype, _money(d.value)) for d in row.detailed_breakdowns),
        )
        for row in rows
    )


def _money(sent: wire.MoneyWire | None) -> Money | None:
    """Return an amount, or None where it or its currency was not told: unknown, never zero."""
    if sent is None or sent.amount is None or sent.currency_code is None:
        return None
    return Money(Decimal(sent.amount), sent.currency_code.upper())


def _place(address: wire.AddressWire | None) -> Place | None:
    if address is None:
        return None
    return Place(
        address.country_code,
        address.state_or_region,
        address.vat_zone,
        address.vat_zone_assumed,
    )


def _latest(window: wire.WindowWire | None) -> datetime | None:
    found = window.latest_date_time if window else None
    return _utc(found) if found else None


def _utc(moment: datetime) -> datetime:
    """Return a moment in UTC; Amazon means UTC where it names no zone."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        # The first or the last day that a datetime can hold.
        return moment.replace(tzinfo=UTC)


def _is_delivered(status: str | None, packages: Sequence[wire.PackageWire]) -> bool:
    """Say whether all that was sent has arrived, and nothing is left to send."""
    if status in {"UNSHIPPED", "PARTIALLY_SHIPPED"}:
        return False
    states = [p.package_status.status if p.package_status else None for p in packages]
    return "DELIVERED" in states and set(states) <= {"DELIVERED", "UNDELIVERABLE", "CANCELLED"}


def _decode(sent: bytes) -> dict[str, Any]:
    """Decode one order, mending what a cut in the middle of a character leaves behind."""
    try:
        return _objects.decode(sent)
    except msgspec.ValidationError:
        raise
    except _FAULTS:
        return _objects.decode(mend(sent))


def mend(sent: bytes) -> bytes:
    """Return JSON with broken UTF-8, half surrogate pairs and bare control characters replaced.

    Amazon cuts titles and names at a fixed length, which may leave half an emoji.
    """
    whole = _ESCAPES.sub(
        lambda found: rb"\ufffd" if found["half"] else found[0], sent.translate(_CONTROLS)
    )
    return whole.decode("utf-8", "replace").encode("utf-8")


def _hash(content: bytes) -> bytes:
    return blake2b(content, digest_size=_HASH_BYTES).digest()


def _reason(error: msgspec.ValidationError) -> str:
    """Return what a validation error says: the field and the form wanted, never the value."""
    what, _, where = str(error).partition(" - at `$")
    return safe_text(f"{where.strip('.`')} {what}".strip())


def _unreadable(sent: bytes, reason: str, source: dict[str, Any] | None = None) -> Unreadable:
    fingerprint = blake2b(sent, digest_size=_HASH_BYTES).hexdigest()
    return Unreadable(_order_id(sent, source), reason, fingerprint)


def _order_id(sent: bytes, source: dict[str, Any] | None) -> str | None:
    """Make out the id of an order that could not be read."""
    if source is None:
        try:
            # More forgiving than msgspec: numbers out of all bounds, for one.
            source = json.loads(sent.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return None
    found = source.get("orderId") if isinstance(source, dict) else None
    return found if isinstance(found, str) and _IDENTITY.fullmatch(found) else None
