"""Orders, rules and a Finvalda for tests of the booking rules, in short form.

An order is written as a small JSON object (see `tests/unit/golden`); amounts are texts. The rules
are the shipped example, with named pieces of its text replaced where a case needs it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fvsamazon.booking.context import BookingContext, Buyer
from fvsamazon.booking.rules import parse
from fvsamazon.orders import (
    Association,
    Money,
    Order,
    OrderLine,
    Package,
    Part,
    PartDetail,
    Place,
    TaxCollection,
    TaxRegistration,
)
from fvsamazon.regions import find_marketplace

if TYPE_CHECKING:
    from fvsamazon.booking.rule_types import Rules

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
ORDER_ID = "305-1234567-7654321"
CREATED = "2026-12-08T09:00:00+00:00"
UPDATED = "2026-12-10T12:00:00+00:00"
SHIPPED = "2026-12-10T10:00:00+00:00"


@dataclass(frozen=True, slots=True)
class FakeReference:
    """A Finvalda that knows exactly what it was given; `products` None knows every code."""

    products: frozenset[str] | None = None
    barcodes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    partners: dict[str, tuple[str, ...]] = field(default_factory=dict)
    clients: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rates: dict[str, Decimal] = field(default_factory=dict)

    def product_exists(self, code: str) -> bool | None:
        return self.products is None or code in self.products

    def product_by_barcode(self, code: str) -> tuple[str, ...] | None:
        return self.barcodes.get(code, ())

    def partner_product(self, sku: str) -> tuple[str, ...] | None:
        return self.partners.get(sku, ())

    def client_by_vat(self, number: str) -> tuple[str, ...] | None:
        return self.clients.get(number, ())

    def rate(self, currency: str, day: date) -> Decimal | Literal[False] | None:  # noqa: ARG002
        return self.rates.get(currency, False)


PRODUCTS = frozenset({"PUODELIS01", "LEKSTE22", "KNYGA001"})
RATES = {
    "GBP": Decimal("1.15"),
    "USD": Decimal("0.92"),
    "JPY": Decimal("0.0061"),
    "TRY": Decimal("0.021"),
}
FINVALDA = FakeReference(PRODUCTS, rates=RATES)
CONTEXT = BookingContext(default_parameter="FVSAMAZON")


def example_text() -> str:
    return (EXAMPLES / "booking.lt.toml").read_text(encoding="utf-8")


def example_table() -> str:
    return (EXAMPLES / "products.csv").read_text(encoding="utf-8")


def example_rules(*replacements: tuple[str, str], table: str | None = None) -> Rules:
    """Return the example rules with pieces of their text replaced."""
    return _rules(replacements, table)


@lru_cache(maxsize=64)
def _rules(replacements: tuple[tuple[str, str], ...], table: str | None) -> Rules:
    text = example_text()
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    return rules_from(text, example_table() if table is None else table)


def rules_from(text: str, table: str = "sku,product\n") -> Rules:
    """Return rules from a text that has no faults."""
    parsed = parse(text, read_table=lambda _: table)
    assert parsed.rules is not None, [fault.say() for fault in parsed.faults]
    return parsed.rules


def make_order(spec: dict[str, Any]) -> Order:
    """Make an order from its short form."""
    currency = spec.get("currency", "EUR")
    code = spec.get("marketplace", "DE")
    marketplace = find_marketplace(code) if code else None
    grand = spec["grand"]
    return Order(
        region=spec.get("region", "Europe"),
        account=spec.get("account", "main"),
        order_id=spec.get("order_id", ORDER_ID),
        created_at=moment(spec.get("created", CREATED)),
        updated_at=moment(spec.get("updated", UPDATED)),
        status=spec.get("status", "SHIPPED"),
        fulfilled_by=spec.get("by", "MERCHANT"),
        channel=spec.get("channel", "AMAZON"),
        marketplace_id=marketplace.id if marketplace else None,
        programmes=tuple(spec.get("programmes", ())),
        associations=tuple(
            Association("305-0000000-0000001", kind) for kind in spec.get("associations", ())
        ),
        grand_total=None if grand is None else Money(Decimal(grand), currency),
        parts=_tips(spec.get("tips", ()), currency),
        ship_to=make_place(spec.get("ship_to", "DE")),
        tax_registrations=tuple(
            TaxRegistration("BUYER", kind, number, name)
            for kind, number, name in spec.get("registrations", ())
        ),
        lines=tuple(
            _line(line, place, currency) for place, line in enumerate(spec["items"], start=1)
        ),
        packages=tuple(
            _package(package, place) for place, package in enumerate(spec.get("packages", ()))
        ),
    )


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def make_place(spec: str | dict[str, Any] | None) -> Place | None:
    """Make a place: a country whose zone it is itself, or country and zone apart."""
    if spec is None:
        return None
    if isinstance(spec, str):
        return Place(spec, zone=spec)
    return Place(spec["country"], zone=spec["zone"], zone_assumed=spec.get("assumed", False))


def _money(text: str | None, currency: str) -> Money | None:
    return None if text is None else Money(Decimal(text), currency)


def _tips(tips: list[list[str]], currency: str) -> tuple[Part, ...]:
    return tuple(Part("DELIVERY_TIP", _money(amount, currency), status) for status, amount in tips)


def _line(spec: dict[str, Any], place: int, currency: str) -> OrderLine:
    own = spec.get("currency", currency)
    ordered = spec.get("ordered", 1)
    collected = spec.get("collected", False)
    models = ["MARKETPLACE_FACILITATOR"] if collected is True else collected or []
    return OrderLine(
        item_id=spec.get("id", f"7000000000000{place}"),
        sku=spec.get("sku", "CUP-BLUE-01"),
        asin=spec.get("asin", "B000000001"),
        title="Cup",
        quantity_ordered=ordered,
        quantity_fulfilled=spec.get("fulfilled", ordered),
        quantity_unfulfilled=spec.get("unfulfilled", 0),
        unit_price=_money(spec.get("unit"), own),
        proceeds_total=_money(spec.get("total"), own),
        parts=tuple(_part(kind, amounts, own) for kind, amounts in spec.get("parts", [])),
        programmes=tuple(spec.get("programmes", ())),
        schemes=tuple(spec.get("schemes", ())),
        collections=tuple(TaxCollection(model) for model in models),
        cancelled_by=spec.get("cancelled_by"),
    )


def _part(kind: str, amounts: str | list[Any], currency: str) -> Part:
    if isinstance(amounts, str):
        return Part(kind, _money(amounts, currency))
    subtotal, rows = amounts
    details = tuple(PartDetail(subtype, _money(value, currency)) for subtype, value in rows)
    return Part(kind, _money(subtotal, currency), details=details)


def _package(spec: dict[str, Any], place: int) -> Package:
    shipped = spec.get("shipped", SHIPPED)
    return Package(
        reference=f"P{place}",
        shipped_at=moment(shipped) if shipped else None,
        status=spec.get("status", "DELIVERED"),
        ship_from=make_place(spec.get("ship_from", "LT")),
        items=tuple((item, count) for item, count in spec.get("items", ())),
    )


def make_context(spec: dict[str, Any] | None) -> BookingContext:
    """Make a context from its short form."""
    spec = spec or {}
    shipped = spec.get("first_shipped_at")
    personal = spec.get("personal")
    return BookingContext(
        default_parameter="FVSAMAZON",
        first_shipped_at=moment(shipped) if shipped else None,
        tax_role_seen=spec.get("tax_role_seen", False),
        company_name=spec.get("company_name"),
        personal=Buyer(**personal) if personal else None,
    )
