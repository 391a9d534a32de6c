"""Which products an order item is: SKU to product codes by the ways that `[products]` names.

In: an item and the rules. Out: the products that it consists of (several for a bundle), each with
its share of the price and its class, or the reasons why none is found. The first way that answers
decides; a way that Finvalda has not been asked about yet is told as unchecked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.explain import Because, because
from fvsamazon.booking.matching import pattern_parts
from fvsamazon.booking.new_codes import plain_code
from fvsamazon.booking.product_table import PRODUCT_LIMIT
from fvsamazon.booking.reasons import Reason, reason
from fvsamazon.booking.templates import render

if TYPE_CHECKING:
    from fvsamazon.booking.context import Lookups
    from fvsamazon.booking.rule_types import ProductRules
    from fvsamazon.orders import OrderLine

TITLE_LIMIT: Final = 50
_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product card to be made before the document is sent.

    `shortened` says that its code was cut to Finvalda's length, and may mean another product.
    """

    code: str
    title: str
    sku: str
    shortened: bool


@dataclass(frozen=True, slots=True)
class Component:
    """One product of an item: pieces of it for each piece sold, and its share of the price.

    `share` None takes what the components before it leave. `service` tells that `code` is a
    service, which has no warehouse.
    """

    code: str
    quantity: Decimal
    share: Decimal | None
    class_name: str
    why: Because
    service: bool = False
    new: NewProduct | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """The outcome for one item; `components` is empty where there are reasons."""

    components: tuple[Component, ...]
    reasons: tuple[Reason, ...] = ()


def resolve(line: OrderLine, name: str, rules: ProductRules, lookups: Lookups) -> Resolved:
    """Find the products of an item; `name` is what reasons call it."""
    if not line.sku:
        if rules.unknown == "service":
            return Resolved((_service(rules),))
        return Resolved((), (reason("sku_missing", item=name),))
    finder = _Finder(line, line.sku, name, rules, lookups)
    for way in rules.by:
        found = finder.by(way)
        if found is not None:
            return found
    return finder.unknown()


def _service(rules: ProductRules) -> Component:
    code = rules.unknown_service or ""
    why = because("code", "product_service", code=code)
    return Component(code, _ONE, None, rules.class_name, why, service=True)


class _Finder:
    """Tries the ways for one item."""

    def __init__(
        self, line: OrderLine, sku: str, name: str, rules: ProductRules, lookups: Lookups
    ) -> None:
        self._line = line
        self._sku = sku
        self._name = name
        self._rules = rules
        self._lookups = lookups

    def by(self, way: str) -> Resolved | None:
        if way == "table":
            return self._by_table()
        if way == "pattern":
            return self._by_pattern()
        if way == "code":
            return self._by_code()
        if way == "barcode":
            return self._by_barcode()
        return self._several(self._lookups.partner_product(self._sku), self._sku, "partner")

    def unknown(self) -> Resolved:
        if self._rules.unknown == "service":
            return Resolved((_service(self._rules),))
        if self._rules.unknown == "create":
            return self._create()
        ways = ", ".join(self._rules.by) or "-"
        found = reason("product_unknown", item=self._name, sku=self._sku, ways=ways)
        return Resolved((), (found,))

    def _by_table(self) -> Resolved | None:
        rows = self._rules.table.get(self._sku)
        if rows is None:
            return None
        components, reasons = [], []
        for row in rows:
            if self._lookups.product_exists(row.product) is False:
                place = f"products.csv:{row.line}"
                reasons.append(self._missing(row.product, place))
            why = because("code", "product_table", sku=self._sku, line=row.line)
            components.append(Component(row.product, row.quantity, row.share, row.class_name, why))
        return Resolved(() if reasons else tuple(components), tuple(reasons))

    def _by_pattern(self) -> Resolved | None:
        for pattern in self._rules.patterns:
            parts = pattern_parts(pattern.sku, self._sku)
            if parts is None:
                continue
            places = {str(place): part for place, part in enumerate(parts, start=1)}
            code = render(pattern.product, places).text
            if len(code) > PRODUCT_LIMIT:
                return Resolved((), (self._too_long(code),))
            exists = self._lookups.product_exists(code)
            if exists is False:
                return Resolved((), (self._missing(code, f"booking.toml:{pattern.line}"),))
            why = because("code", "product_pattern", pattern=pattern.sku, line=pattern.line)
            return Resolved((Component(code, pattern.quantity, None, pattern.class_name, why),))
        return None

    def _by_code(self) -> Resolved | None:
        if len(self._sku) > PRODUCT_LIMIT:
            return None
        exists = self._lookups.product_exists(self._sku)
        # Not asked yet counts as found: the preview shows it as unchecked, and a delivery asks
        # before it sends.
        if exists is False:
            return None
        return self._one(self._sku, "code" if exists else "code_assumed")

    def _by_barcode(self) -> Resolved | None:
        for code in (self._sku, self._line.asin):
            if code:
                found = self._several(self._lookups.product_by_barcode(code), code, "barcode")
                if found is not None:
                    return found
        return None

    def _several(self, products: tuple[str, ...] | None, code: str, way: str) -> Resolved | None:
        different = tuple(dict.fromkeys(products or ()))
        if not different:
            return None
        if len(different) > 1:
            listed = ", ".join(different)
            found = reason(
                "product_ambiguous", item=self._name, sku=self._sku, code=code, products=listed
            )
            return Resolved((), (found,))
        return self._one(different[0], way)

    def _one(self, code: str, way: str) -> Resolved:
        why = because("code", f"product_{way}", sku=self._sku)
        return Resolved((Component(code, _ONE, None, self._rules.class_name, why),))

    def _create(self) -> Resolved:
        whole = plain_code(self._sku)
        code = whole[:PRODUCT_LIMIT]
        if not code:
            return Resolved((), (self._missing(self._sku, "products.csv"),))
        title = (self._line.title or self._sku)[:TITLE_LIMIT]
        new = NewProduct(code, title, self._sku, code != whole)
        (component,) = self._one(code, "create").components
        return Resolved((replace(component, new=new),))

    def _missing(self, product: str, place: str) -> Reason:
        return reason(
            "product_missing", item=self._name, sku=self._sku, product=product, place=place
        )

    def _too_long(self, product: str) -> Reason:
        return reason(
            "product_code_too_long",
            item=self._name,
            sku=self._sku,
            product=product,
            limit=PRODUCT_LIMIT,
        )
