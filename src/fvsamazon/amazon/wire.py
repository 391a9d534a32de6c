"""Amazon's answers as they are sent, as far as this program reads them.

Tolerant by design: every field that Amazon may leave out is optional, unknown ones are passed
over, and what looks like a closed list of values is a plain text. Orders come as `Raw` out of a
page, so that one that cannot be read harms no other. The order models read the *public* part that
`reader` makes, where null and empty are gone already; what they refuse cannot be booked.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads annotations at run time
from typing import Annotated

from msgspec import Meta, Raw, Struct

Amount = Annotated[str, Meta(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?\Z")]
"""A decimal number in text, as RFC 8259 writes one."""
Currency = Annotated[str, Meta(pattern=r"^[A-Za-z]{3}\Z")]
Identity = Annotated[str, Meta(pattern=r"^[!-~]{1,60}\Z")]
"""Printable ASCII without spaces: Amazon's ids, and those of other channels (S01-…)."""
Quantity = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class Wire(Struct, rename="camel", gc=False):
    """Base of the models: Amazon's camelCase outside, ours inside."""


class Pagination(Wire):
    """Where the next page is; no token on the last one."""

    next_token: str | None = None


class SearchPage(Wire):
    """Answer of searchOrders."""

    orders: list[Raw] | None = None
    pagination: Pagination | None = None
    last_updated_before: str | None = None
    created_before: str | None = None


class OrderAnswer(Wire):
    """Answer of getOrder."""

    order: Raw = Raw(b"null")


class MarketplaceWire(Wire):
    """A marketplace that the account may sell in."""

    id: str | None = None
    country_code: str | None = None
    name: str | None = None
    default_currency_code: str | None = None
    domain_name: str | None = None


class ParticipationWire(Wire):
    """Whether it does."""

    is_participating: bool | None = None
    has_suspended_listings: bool | None = None


class MarketplaceParticipation(Wire):
    """One row of getMarketplaceParticipations."""

    marketplace: MarketplaceWire | None = None
    participation: ParticipationWire | None = None


class ParticipationsAnswer(Wire):
    """Answer of getMarketplaceParticipations."""

    payload: list[Raw] | None = None


class ErrorRow(Wire):
    """One fault as Amazon words it."""

    code: str | None = None
    message: str | None = None
    details: str | None = None


class ErrorAnswer(Wire):
    """The body of every refusal, where Amazon itself made it."""

    errors: list[ErrorRow] | None = None


class TokenAnswer(Wire, rename=None):
    """Answer of Login with Amazon, good or bad."""

    access_token: str | None = None
    expires_in: float | str | None = None
    error: str | None = None
    error_description: str | None = None

    def __repr__(self) -> str:
        return "TokenAnswer(…)"


class MoneyWire(Wire):
    """Amazon's Money."""

    amount: Amount | None = None
    currency_code: Currency | None = None


class DetailWire(Wire):
    """One of an item's `detailedBreakdowns`."""

    subtype: str | None = None
    value: MoneyWire | None = None


class PartWire(Wire):
    """One of the `breakdowns` of an order or an item."""

    type: str | None = None
    status: str | None = None
    subtotal: MoneyWire | None = None
    detailed_breakdowns: tuple[DetailWire, ...] = ()


class OrderProceeds(Wire):
    """What the order brings."""

    grand_total: MoneyWire | None = None
    breakdowns: tuple[PartWire, ...] = ()


class ItemProceeds(Wire):
    """What one item brings."""

    proceeds_total: MoneyWire | None = None
    breakdowns: tuple[PartWire, ...] = ()


class WindowWire(Wire):
    """Amazon's DateTimeRange."""

    latest_date_time: datetime | None = None


class FulfillmentWire(Wire):
    """How the order is fulfilled."""

    fulfillment_status: str | None = None
    fulfilled_by: str | None = None
    deliver_by_window: WindowWire | None = None


class AddressWire(Wire):
    """What is kept of an address, and the VAT zone that `reader` worked out from the rest."""

    country_code: str | None = None
    state_or_region: str | None = None
    vat_zone: str | None = None
    vat_zone_assumed: bool = False


class RecipientWire(Wire):
    """Where the order goes."""

    delivery_address: AddressWire | None = None


class RegistrationWire(Wire):
    """One tax registration."""

    entity_type: str | None = None
    tax_registration_type: str | None = None
    tax_registration_number: str | None = None
    legal_name: str | None = None


class OrderTax(Wire):
    """Tax facts of the order."""

    tax_registrations: tuple[RegistrationWire, ...] = ()


class AssociationWire(Wire):
    """A link to another order."""

    order_id: str | None = None
    association_type: str | None = None


class ChannelWire(Wire):
    """Where the order was placed."""

    channel_name: str | None = None
    marketplace_id: str | None = None


class PriceWire(Wire):
    """Price of one piece."""

    unit_price: MoneyWire | None = None


class ProductWire(Wire):
    """What was ordered."""

    asin: str | None = None
    title: str | None = None
    seller_sku: str | None = None
    price: PriceWire | None = None


class ItemFulfillment(Wire):
    """How much of the item was sent."""

    quantity_fulfilled: Quantity | None = None
    quantity_unfulfilled: Quantity | None = None


class CancellationExecution(Wire):
    """A cancellation carried out."""

    cancelled_by: str | None = None


class CancellationWire(Wire):
    """What is known of cancelling an item."""

    cancellation_execution: CancellationExecution | None = None


class CalculationWire(Wire):
    """Under which scheme an item's tax is reported."""

    reporting_scheme: str | None = None


class CollectionWire(Wire):
    """Who collects an item's tax."""

    model: str | None = None


class ItemTax(Wire):
    """Tax facts of one item."""

    tax_calculation_breakdowns: tuple[CalculationWire, ...] = ()
    tax_collections: tuple[CollectionWire, ...] = ()


class ItemWire(Wire):
    """One order item."""

    order_item_id: Identity
    quantity_ordered: Quantity
    programs: tuple[str, ...] = ()
    product: ProductWire | None = None
    proceeds: ItemProceeds | None = None
    cancellation: CancellationWire | None = None
    fulfillment: ItemFulfillment | None = None
    tax: ItemTax | None = None


class PackageItemWire(Wire):
    """How much of an item a package holds."""

    order_item_id: str | None = None
    quantity: Quantity | None = None


class PackageStatusWire(Wire):
    """Where a package is."""

    status: str | None = None


class PackageWire(Wire):
    """One package of a merchant-fulfilled order."""

    package_reference_id: str | None = None
    package_status: PackageStatusWire | None = None
    ship_time: datetime | None = None
    ship_from_address: AddressWire | None = None
    package_items: tuple[PackageItemWire, ...] = ()


class OrderWire(Wire):
    """The public part of an order."""

    order_id: Identity
    created_time: datetime
    last_updated_time: datetime
    programs: tuple[str, ...] = ()
    associated_orders: tuple[AssociationWire, ...] = ()
    sales_channel: ChannelWire | None = None
    recipient: RecipientWire | None = None
    proceeds: OrderProceeds | None = None
    fulfillment: FulfillmentWire | None = None
    tax: OrderTax | None = None
    order_items: tuple[ItemWire, ...] = ()
    packages: tuple[PackageWire, ...] = ()
