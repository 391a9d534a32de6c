"""One row of each list of master data, read into its record.

Names are those of `GetDescriptions` first, then those of the older methods that answer with the
card itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon.finvalda.records import (
    Address,
    BarcodeMatch,
    Client,
    CurrencyRate,
    PartnerProduct,
    Permissions,
    Product,
    Reader,
    Series,
    Service,
    VatCode,
    Warehouse,
)
from fvsamazon.finvalda.wire import UnreadableAnswer, rows_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from fvsamazon.finvalda.wire import Envelope, Row

WAREHOUSES, CLIENTS = 65, 6
"""Classes of permission in GetUserPermissions."""


def product(row: Row) -> Product:
    """Return a product, from a list or from its own card."""
    read = Reader(row, "product")
    return Product(
        code=read.code("product", "sKodas"),
        title=read.text("title", "sPavadinimas"),
        barcode=read.text("barcode", "sBarKodas"),
        vat_percent=read.decimal("vat_percent"),
        active=read.flag("active", "nAktyvi", default=True),
    )


def service(row: Row) -> Service:
    """Return a service, from a list or from its own card."""
    read = Reader(row, "service")
    return Service(
        code=read.code("code", "sKodas"),
        title=read.text("title", "sPavadinimas"),
        vat_percent=read.decimal("vat_percent"),
    )


def client(row: Row) -> Client:
    """Return a client, from a list or from its own card."""
    read = Reader(row, "client")
    return Client(
        code=read.code("code", "sKodas"),
        title=read.text("title", "sPavadinimas"),
        vat_code=read.text("vat_payer_code", "sPvmMoketojoKod"),
        country=read.text("country", "sValstybeKodas"),
        active=read.flag("active", "nAktyvus", default=True),
    )


def address(row: Row) -> Address:
    """Return an address card."""
    read = Reader(row, "address")
    return Address(
        client=read.code("client"),
        code=read.code("code"),
        info=(read.text("info1"), read.text("info2"), read.text("info3")),
        city=read.text("city"),
        post_code=read.text("post_code"),
        country=read.text("country"),
        street=read.text("street"),
    )


def barcode(row: Row) -> BarcodeMatch:
    """Return a bar code with its product."""
    read = Reader(row, "bar code")
    return BarcodeMatch(code=read.code("code"), barcode=read.text("barcode"))


def partner(row: Row) -> PartnerProduct:
    """Return one entry of a partner's catalogue."""
    read = Reader(row, "partner product")
    return PartnerProduct(
        client=read.code("client"),
        product=read.code("product"),
        partner_product=read.text("partner_product"),
    )


def rate(zone: tzinfo, row: Row) -> CurrencyRate:
    """Return the rate of one day."""
    read = Reader(row, "rate")
    day = read.day(zone, "date")
    rate = read.amount("rate")
    if day is None or rate <= 0:
        raise UnreadableAnswer("rate: no date, or not above zero")
    return CurrencyRate(code=read.code("code"), date=day, rate=rate)


def series(row: Row) -> Series:
    """Return a document series."""
    read = Reader(row, "series")
    return Series(read.code("code"), read.text("title"), read.whole("type"))


def warehouse(row: Row) -> Warehouse:
    """Return a warehouse."""
    read = Reader(row, "warehouse")
    return Warehouse(read.code("kodas"), read.text("pavadinimas"))


def vat_code(row: Row) -> VatCode:
    """Return a VAT code."""
    read = Reader(row, "VAT code")
    return VatCode(
        code=read.code("kodas"),
        title=read.text("pavadinimas"),
        percent=read.decimal("procentas_1"),
    )


def listed_code(row: Row) -> str:
    """Return the code of a row of a plain list."""
    return Reader(row, "list").code("kodas")


def permissions(envelope: Envelope) -> Permissions:
    """Return what a user is restricted to; the misspelt names are the service's own."""
    root = envelope.data.get("result", envelope.data.get("results", envelope.data))
    if not isinstance(root, dict) or "perrmissions" not in root:
        raise UnreadableAnswer("the answer holds no permissions")
    codes: dict[int, frozenset[str]] = {}
    for row in rows_of(root["perrmissions"]):
        kind = Reader(row, "permission").whole("perrmisionClass")
        if kind is None:
            raise UnreadableAnswer("permission: no class")
        entities = [
            Reader(entity, "permission") for entity in rows_of(row.get("permittedEntities"))
        ]
        told = frozenset(entity.text("id1") for entity in entities)
        codes[kind] = codes.get(kind, frozenset()) | told
    return Permissions(
        warehouses=codes.get(WAREHOUSES),
        clients=codes.get(CLIENTS),
    )
