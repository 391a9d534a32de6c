"""The tables of `booking.toml`, each read into its value.

In: a `TomlTable`. Out: the value of `rule_types`; faults go to the table's list and reading goes
on. Lengths are Finvalda's (`finvalda.md` sections 2 and 3): what does not fit there is refused
here, before any order meets it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, cast

from fvsamazon.booking.decimals import to_decimal
from fvsamazon.booking.fact_names import PROGRAMMES, SCHEMES
from fvsamazon.booking.matching import pattern_places
from fvsamazon.booking.product_table import PRODUCT_LIMIT
from fvsamazon.booking.rule_types import (
    NETTED,
    RATE,
    SERVICE_KINDS,
    ClientRule,
    DocumentRules,
    KnownRules,
    MoneyRules,
    PerBuyer,
    ProductPattern,
    SkipRule,
    VatRule,
    WarehouseRule,
)
from fvsamazon.booking.templates import has_stray_brace, names_in
from fvsamazon.booking.zones import normal_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fvsamazon.booking.match_reading import MatchReader
    from fvsamazon.booking.toml_tables import TomlTable

SERIES_LIMIT: Final = 10
TITLE_LIMIT: Final = 50
TITLE_COUNT: Final = 5
REMARK_LIMIT: Final = 255
OBJECT_LIMIT: Final = 10
OBJECT_COUNT: Final = 6
CLIENT_LIMIT: Final = 15
CLIENT_TYPE_LIMIT: Final = 10
WAREHOUSE_LIMIT: Final = 10
SERVICE_LIMIT: Final = 13
VAT_CODE_LIMIT: Final = 10

DOCUMENT_KINDS: Final = ("S", "SF", "D", "DS", "K", "KS", "KT", "VS", "VD", "VK")
TAX_DIFFERS: Final = ("hold", "ours", "amazon")
UNCOLLECTED: Final = ("hold", "price")
WAYS: Final = ("table", "code", "pattern", "barcode", "partner")

_DOCUMENT_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "sale_when": ("SHIPPED", "UNSHIPPED"),
    "partial": ("wait", "sale"),
    "cancelled": ("remove", "keep"),
    "reservation": ("none", "PardRezDok", "UVMPardRezDok"),
    "number": ("order_id", "finvalda"),
    "date": ("shipped", "created"),
    "exchange_rate": ("finvalda", "parameter"),
}
_ORDER_ID: Final = "{order_id}"
_VAT_NUMBER: Final = "{vat_number}"


def read_document(table: TomlTable) -> dict[str, Any]:
    """Return the keys of `DocumentRules` that the table sets."""
    changes: dict[str, Any] = {}
    for key, allowed in _DOCUMENT_CHOICES.items():
        if key in table:
            changes[key] = table.choice(key, allowed, allowed[0])
        else:
            table.take(key)
    for key, limit in (("parameter", None), ("series", SERIES_LIMIT), ("remark", REMARK_LIMIT)):
        value = table.template(key, limit=limit)
        if value is not None:
            changes[key] = value or None if key == "parameter" else value
    for key, count, limit in (
        ("titles", TITLE_COUNT, TITLE_LIMIT),
        ("objects", OBJECT_COUNT, OBJECT_LIMIT),
    ):
        texts = table.texts(key)
        if texts is None:
            continue
        if len(texts) > count:
            table.fault("too_many", key, count=len(texts), limit=count)
        for text in texts:
            table.check_template(key, text, limit=limit)
        changes[key] = texts[:count]
    return changes


def check_numbering(table: TomlTable, document: DocumentRules) -> None:
    """Refuse Finvalda's numbers without a searched title: the sale could not be found again."""
    if document.number == "finvalda" and not any(_ORDER_ID in title for title in document.titles):
        table.fault("title_for_number", "number", place=_ORDER_ID)


def read_known(table: TomlTable | None) -> KnownRules:
    """Read `[known]`: values of Amazon's that are newer than this program."""
    if table is None:
        return KnownRules()
    programmes = frozenset(table.texts("programmes") or ())
    schemes = frozenset(table.texts("schemes") or ())
    models: dict[str, Any] = {}
    named = table.sub("collection_models")
    if named is not None:
        for model in named.keys():  # noqa: SIM118 - a table, not a mapping
            models[model] = named.choice(model, ("NONE", "MARKETPLACE"), "NONE")
    table.finish()
    return KnownRules(programmes - PROGRAMMES, schemes - SCHEMES, models)


def read_skip(table: TomlTable, matches: MatchReader) -> SkipRule:
    """Read one `[[skip]]`."""
    match = matches.read(table)
    reason = table.text("reason", filled=True)
    if "reason" not in table:
        table.fault("missing_key", name="reason", example='reason = "the web shop books it"')
    table.finish()
    return SkipRule(match, reason or "", table.line)


def read_client(table: TomlTable, matches: MatchReader) -> ClientRule:
    """Read one `[[client]]`: a shared code, a card per buyer, or a hold."""
    match = matches.read(table)
    code = table.template("code", limit=CLIENT_LIMIT, filled=True)
    hold = table.text("hold", filled=True)
    per_buyer = _per_buyer(table.sub("per_buyer"))
    address = table.flag("address")
    _one_of(table, "code", "per_buyer", "hold")
    table.finish()
    return ClientRule(match, table.line, code, per_buyer, address, hold)


def _per_buyer(table: TomlTable | None) -> PerBuyer | None:
    if table is None:
        return None
    code = table.template("code", filled=True)
    if "code" not in table:
        table.fault("missing_key", name="code", example='code = "B2B{vat_number}"')
    if code and _ORDER_ID not in code and _VAT_NUMBER not in code:
        table.fault("per_buyer_shared", "code", place=_VAT_NUMBER, other=_ORDER_ID)
    kind = table.text("type", limit=CLIENT_TYPE_LIMIT)
    table.finish()
    return PerBuyer(code or _ORDER_ID, kind or None)


def read_warehouse(table: TomlTable, matches: MatchReader) -> WarehouseRule:
    """Read one `[[warehouse]]`."""
    match = matches.read(table)
    code = table.template("code", limit=WAREHOUSE_LIMIT, filled=True)
    hold = table.text("hold", filled=True)
    written = table.text("ship_from", filled=True)
    ship_from = normal_zone(written) if written else None
    if written and ship_from is None:
        table.fault("zone", "ship_from", name=written)
    _one_of(table, "code", "hold")
    table.finish()
    return WarehouseRule(match, table.line, code, ship_from, hold)


def read_services(table: TomlTable | None) -> Mapping[str, str]:
    """Read `[services]`; discounts are netted unless a code stands there."""
    services = {"DISCOUNT": NETTED}
    if table is None:
        return services
    for kind in SERVICE_KINDS:
        code = table.text(kind, limit=SERVICE_LIMIT, filled=True)
        if code is not None:
            services[kind] = code
    table.finish()
    return services


def read_money(table: TomlTable | None) -> MoneyRules:
    """Read `[money]`."""
    if table is None:
        return MoneyRules()
    rules = MoneyRules(
        cast("Any", table.choice("amazon_tax_differs", TAX_DIFFERS, "hold")),
        cast("Any", table.choice("uncollected_tax", UNCOLLECTED, "hold")),
        cast("Any", table.choice("partly_fulfilled", ("hold", "book"), "hold")),
    )
    table.finish()
    return rules


def read_rates(table: TomlTable | None) -> Mapping[str, Mapping[str, Decimal]]:
    """Read `[rates]`: percentages by zone and class."""
    if table is None:
        return {}
    rates: dict[str, dict[str, Decimal]] = {}
    for written in table.keys():  # noqa: SIM118 - a table, not a mapping
        zone = normal_zone(written)
        classes = table.sub(written)
        if zone is None:
            table.fault("not_zone", written, name=written)
        if classes is None:
            continue
        found = {name: classes.percentage(name) for name in classes.keys()}  # noqa: SIM118
        if zone is not None:
            known = {name: percent for name, percent in found.items() if percent is not None}
            rates.setdefault(zone, {}).update(known)
    return rates


def read_vat(table: TomlTable, matches: MatchReader, place: int) -> VatRule:
    """Read one `[[vat]]`; without a name it is known by its place."""
    match = matches.read(table)
    name = table.text("name", filled=True)
    hold = table.text("hold", filled=True)
    code = table.template("code", limit=VAT_CODE_LIMIT, filled=True, percent=True)
    _one_of(table, "code", "hold")
    percent = _vat_percent(table)
    if code is not None and "percent" not in table:
        table.fault("missing_key", name="percent", example='percent = "rate"')
    kind = table.choice("kind", DOCUMENT_KINDS, "") or None
    differs = table.choice("amazon_tax_differs", TAX_DIFFERS, "") or None
    uncollected = table.choice("uncollected_tax", UNCOLLECTED, "") or None
    collected = table.choice("collected", ("in", "out"), "in")
    rates_of = table.choice("rates_of", ("ship_to", "ship_from"), "ship_to")
    table.finish()
    return VatRule(
        match=match,
        name=name or f"[[vat]] {place}",
        line=table.line,
        code=code,
        percent=percent,
        rates_of=cast("Any", rates_of),
        kind=kind,
        collected=cast("Any", collected),
        amazon_tax_differs=cast("Any", differs),
        uncollected_tax=cast("Any", uncollected),
        hold=hold,
    )


def _vat_percent(table: TomlTable) -> Decimal | None:
    written = table.take("percent")
    if written == RATE:
        return None
    if isinstance(written, str) and to_decimal(written) is None:
        table.fault("want_percent", "percent")
        return None
    return table.percentage("percent")


def read_pattern(table: TomlTable, default_class: str) -> ProductPattern:
    """Read one `[[products.pattern]]`."""
    sku = table.text("sku", filled=True)
    product = table.text("product", filled=True)
    for key, value in (("sku", sku), ("product", product)):
        if value is None and key not in table:
            table.fault("missing_key", name=key, example='sku = "FBA-*", product = "{1}"')
    quantity = table.number("quantity")
    if quantity is not None and quantity <= 0:
        table.fault("cell_number", "quantity", name="quantity", value=quantity)
    class_name = table.text("class", filled=True) or default_class
    if sku and product:
        _check_places(table, sku, product)
    table.finish()
    return ProductPattern(sku or "", product or "", quantity or Decimal(1), class_name, table.line)


def _check_places(table: TomlTable, sku: str, product: str) -> None:
    if has_stray_brace(product):
        table.fault("stray_brace", "product", value=product)
    runs = pattern_places(sku)
    names = names_in(product)
    for name in names:
        if not name.isdecimal() or not 1 <= int(name) <= runs:
            place = "{" + name + "}"
            table.fault("pattern_place", "product", value=product, name=place, count=runs)
    if not names and len(product) > PRODUCT_LIMIT:
        table.fault("too_long", "product", value=product, length=len(product), limit=PRODUCT_LIMIT)


def _one_of(table: TomlTable, *keys: str) -> None:
    if sum(key in table for key in keys) != 1:
        table.fault("one_outcome", name=", ".join(keys))
