"""The accountant's rules as values: what `booking.toml` and the product table say, once checked.

Made by `rules`, read by everything that turns an order into a document. A `line` is where the
table begins in the file, for reasons and explanations. Nothing here knows an order, and nothing
here holds a percentage of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal
    from zoneinfo import ZoneInfo

    from fvsamazon.booking.faults import Fault
    from fvsamazon.booking.matching import Match

SaleWhen = Literal["SHIPPED", "UNSHIPPED"]
ReservationClass = Literal["PardRezDok", "UVMPardRezDok"]

DEFAULT_TABLE: Final = "products.csv"
SERVICE_KINDS: Final = ("SHIPPING", "GIFT_WRAP", "COD_FEE", "TIP", "OTHER", "DISCOUNT")
NETTED: Final = "net"
RATE: Final = "rate"


@dataclass(frozen=True, slots=True)
class DocumentRules:
    """`[document]`, after the first `[[document.override]]` that fits."""

    sale_when: SaleWhen = "SHIPPED"
    partial: Literal["wait", "sale"] = "wait"
    cancelled: Literal["remove", "keep"] = "remove"
    reservation: Literal["none"] | ReservationClass = "none"
    parameter: str | None = None
    series: str = ""
    number: Literal["order_id", "finvalda"] = "order_id"
    date: Literal["shipped", "created"] = "shipped"
    exchange_rate: Literal["finvalda", "parameter"] = "finvalda"
    titles: tuple[str, ...] = ()
    remark: str = ""
    objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OverrideRule:
    """One `[[document.override]]`: the keys of `[document]` that it sets."""

    match: Match
    changes: Mapping[str, object]
    line: int

    def applied_to(self, document: DocumentRules) -> DocumentRules:
        return replace(document, **self.changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class SkipRule:
    """One `[[skip]]`."""

    match: Match
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class PerBuyer:
    """A client card for each buyer: templates of its code and Finvalda's client type."""

    code: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class ClientRule:
    """One `[[client]]`: a shared code, a card per buyer, or a hold."""

    match: Match
    line: int
    code: str | None = None
    per_buyer: PerBuyer | None = None
    address: bool | None = None
    hold: str | None = None


@dataclass(frozen=True, slots=True)
class WarehouseRule:
    """One `[[warehouse]]`; `ship_from` speaks where Amazon does not."""

    match: Match
    line: int
    code: str | None = None
    ship_from: str | None = None
    hold: str | None = None


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One row of the product table; several rows of one SKU are a bundle.

    `share` is a fraction of the price; None takes what the others leave.
    """

    sku: str
    product: str
    quantity: Decimal
    share: Decimal | None
    class_name: str
    line: int


@dataclass(frozen=True, slots=True)
class ProductPattern:
    """One `[[products.pattern]]`: SKUs with * and ? to one product code with {1}, {2}, …."""

    sku: str
    product: str
    quantity: Decimal
    class_name: str
    line: int


@dataclass(frozen=True, slots=True)
class ProductRules:
    """`[products]` and the table beside it; `unknown_service` goes with "service:CODE"."""

    by: tuple[str, ...]
    unknown: Literal["hold", "create", "service"]
    unknown_service: str | None
    class_name: str
    table: Mapping[str, tuple[ProductRow, ...]]
    patterns: tuple[ProductPattern, ...] = ()


@dataclass(frozen=True, slots=True)
class MoneyRules:
    """`[money]`: what happens where Amazon's tax and the rules' do not meet."""

    amazon_tax_differs: Literal["hold", "ours", "amazon"] = "hold"
    uncollected_tax: Literal["hold", "price"] = "hold"
    partly_fulfilled: Literal["hold", "book"] = "hold"


@dataclass(frozen=True, slots=True)
class VatRule:
    """One `[[vat]]`: a code with a percentage and a document kind, or a hold.

    `percent` None means the rate of `rates_of` and the product's class.
    """

    match: Match
    name: str
    line: int
    code: str | None = None
    percent: Decimal | None = None
    rates_of: Literal["ship_to", "ship_from"] = "ship_to"
    kind: str | None = None
    collected: Literal["in", "out"] = "in"
    amazon_tax_differs: Literal["hold", "ours", "amazon"] | None = None
    uncollected_tax: Literal["hold", "price"] | None = None
    hold: str | None = None


@dataclass(frozen=True, slots=True)
class KnownRules:
    """`[known]`: Amazon's newer values that the accountant has looked at and lets pass."""

    programmes: frozenset[str] = frozenset()
    schemes: frozenset[str] = frozenset()
    collection_models: Mapping[str, Literal["NONE", "MARKETPLACE"]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that decides what becomes of an order.

    `warnings` are places that will hold orders (a rate, a class or a whole list that is missing)
    and tables that are never asked: no faults, because the file says what happens, but `check`
    tells them.
    """

    book_from: date
    time_zone: ZoneInfo
    document: DocumentRules
    overrides: tuple[OverrideRule, ...]
    skips: tuple[SkipRule, ...]
    clients: tuple[ClientRule, ...]
    warehouses: tuple[WarehouseRule, ...]
    products: ProductRules
    services: Mapping[str, str]
    money: MoneyRules
    rates: Mapping[str, Mapping[str, Decimal]]
    vat: tuple[VatRule, ...]
    known: KnownRules
    warnings: tuple[Fault, ...] = ()

    @property
    def variants(self) -> tuple[DocumentRules, ...]:
        """Return `[document]` as it stands and as each override may leave it."""
        return (self.document, *(one.applied_to(self.document) for one in self.overrides))
