"""An order as this program thinks of it, between Amazon's wire model and Finvalda's document.

`OrderRecord` is what the store keeps of one order version; `Order` is what the booking rules
read. Both are made by `amazon.reader`. Absent is None, never zero and never an empty text:
Amazon leaves out what it does not know, and an unknown amount must not be booked as nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency (ISO 4217), exact."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class PartDetail:
    """One `detailedBreakdowns` row: which part a tax or a discount belongs to."""

    subtype: str | None
    value: Money | None


@dataclass(frozen=True, slots=True)
class Part:
    """One `breakdowns` row: ITEM, SHIPPING, GIFT_WRAP, COD_FEE, TAX, DISCOUNT and others."""

    kind: str
    subtotal: Money | None
    status: str | None = None
    details: tuple[PartDetail, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where something starts or arrives, as far as it is no personal data.

    `zone` is the country as VAT sees it (`XI`, `PT-20`, `FR` for Monaco, … see `booking.zones`);
    None when it cannot be told (Great Britain without a post code). `zone_assumed` says that the
    mainland was taken because no post code was there.
    """

    country: str | None
    state: str | None = None
    zone: str | None = None
    zone_assumed: bool = False


@dataclass(frozen=True, slots=True)
class TaxCollection:
    """Who remits the tax of an item: `MARKETPLACE_FACILITATOR` is Amazon."""

    model: str | None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order item. Quantities are pieces; amounts are line totals, never unit prices."""

    item_id: str
    sku: str | None
    asin: str | None
    title: str | None
    quantity_ordered: int
    quantity_fulfilled: int | None
    quantity_unfulfilled: int | None
    unit_price: Money | None
    proceeds_total: Money | None
    parts: tuple[Part, ...]
    programmes: tuple[str, ...]
    schemes: tuple[str, ...]
    collections: tuple[TaxCollection, ...]
    cancelled_by: str | None


@dataclass(frozen=True, slots=True)
class Package:
    """One parcel of a merchant-fulfilled order."""

    reference: str
    shipped_at: datetime | None
    status: str | None
    ship_from: Place | None
    items: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class TaxRegistration:
    """A tax number that Amazon states for the buyer, the seller or the marketplace."""

    entity: str | None
    kind: str | None
    number: str | None
    legal_name: str | None


@dataclass(frozen=True, slots=True)
class Association:
    """A link to another order (`REPLACEMENT_ORIGINAL_ID`, `EXCHANGE_ORIGINAL_ID`)."""

    order_id: str | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """One version of one order, without personal data."""

    region: str
    account: str
    order_id: str
    created_at: datetime
    updated_at: datetime
    status: str | None
    fulfilled_by: str | None
    channel: str | None
    marketplace_id: str | None
    programmes: tuple[str, ...]
    associations: tuple[Association, ...]
    grand_total: Money | None
    parts: tuple[Part, ...]
    ship_to: Place | None
    tax_registrations: tuple[TaxRegistration, ...]
    lines: tuple[OrderLine, ...]
    packages: tuple[Package, ...]
    deliver_by_latest: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """What the store keeps of one order version.

    `payload` is Amazon's JSON reduced to the fields known to be free of personal data, with the
    VAT zones worked out; `content_hash` covers it without `lastUpdatedTime`, so that a version
    that says nothing new ("touched") is told from one that does ("changed"). `personal` is the
    rest, plain, only while personal data is switched on; the store encrypts it and never keeps it
    otherwise.
    """

    order_id: str
    created_at: datetime
    updated_at: datetime
    created_text: str
    updated_text: str
    marketplace_id: str | None
    channel: str | None
    status: str | None
    fulfilled_by: str | None
    currency: str | None
    grand_total: str | None
    payload: bytes
    content_hash: bytes
    personal: bytes | None = field(default=None, repr=False)
    delivered: bool = False
    tax_registered: bool = False
    zone_untold: bool = False
    """A place whose VAT zone this version does not tell for certain; an earlier one may have."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An order that could not be read: set aside, fetched again by `getOrder`, never lost.

    `order_id` is None where not even that could be made out; `fingerprint` (hex of a hash of the
    bytes) then tells it from others. `reason` holds no personal data.
    """

    order_id: str | None
    reason: str
    fingerprint: str = ""
