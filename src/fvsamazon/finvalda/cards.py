"""Reading Finvalda's master data: products, clients, rates, series, codes.

In come the codes that rules and orders name; out go the cards that Finvalda has of them, and none
for a code that it does not know. Never ask with an empty list: Finvalda takes an empty filter for
none and returns everything. Builds without `GetDescriptions` are asked card by card where the older
methods can; what only the newer one has stays `MissingMethod`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from fvsamazon.finvalda import card_rows, errors
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
from fvsamazon.finvalda.tables import ItemClass

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import date, tzinfo

    from fvsamazon.finvalda.transport import Transport
    from fvsamazon.finvalda.wire import Envelope, Row

T = TypeVar("T")

DESCRIPTIONS = "GetDescriptions"
CODES_AT_ONCE = 100
"""Codes of one request; keeps the statement on the server short."""


class CardReads:
    """Reads of cards and code lists."""

    _transport: Transport
    _zone: tzinfo

    async def products(self, codes: Iterable[str]) -> list[Product]:
        """Return the products of these codes."""
        columns = [
            "product",
            "title",
            "barcode",
            "vat_percent",
            "active",
        ]
        single = ("GetPreke", "sPrekesKodas", ItemClass.PRODUCT)
        return await self._cards("Products", codes, columns, card_rows.product, single)

    async def services(self, codes: Iterable[str]) -> list[Service]:
        """Return the services of these codes."""
        columns = ["code", "title", "vat_percent"]
        single = ("GetPaslauga", "sPaslaugosKodas", ItemClass.SERVICE)
        return await self._cards("Services", codes, columns, card_rows.service, single)

    async def clients(
        self,
        codes: Iterable[str] = (),
        *,
        vat_code: str | None = None,
        private: Collection[str] = (),
    ) -> list[Client]:
        """Return the clients of these codes, or the ones that carry a VAT number.

        `private` is hidden in a refusal's words: a number, or the code that was made of one.
        """
        columns = ["code", "title", "vat_payer_code", "country", "active"]
        if vat_code is None:
            single = ("GetKlientas", "sKliKod", ItemClass.CLIENT)
            return await self._cards("Clients", codes, columns, card_rows.client, single, private)
        if not vat_code.strip():
            raise ValueError("say which number to look for")
        found = await self._describe(
            "Clients",
            {"Clients": {"VatCode": vat_code}},
            columns,
            partial(_each, card_rows.client),
            private,
        )
        key = _squeeze(vat_code)
        return [client for client in found if _squeeze(client.vat_code) == key]

    async def addresses(
        self, client: str, codes: Iterable[str] = (), *, private: Collection[str] = ()
    ) -> list[Address]:
        """Return the address cards of one client, all of them where no codes are given.

        `private` is hidden in a refusal's words.
        """
        if not client:
            raise ValueError("say whose addresses")
        wanted = _wanted(codes)
        filters: dict[str, object] = {"Clients": {"Codes": [client]}}
        if wanted:
            filters["Address"] = {"Codes": wanted}
        columns = [
            "client",
            "code",
            "info1",
            "info2",
            "info3",
            "city",
            "post_code",
            "country",
            "street",
        ]
        found = await self._describe(
            "Address", filters, columns, partial(_each, card_rows.address), private
        )
        return [
            card
            for card in found
            if _same(card.client, [client]) and (not wanted or _same(card.code, wanted))
        ]

    async def product_by_barcodes(self, barcodes: Iterable[str]) -> list[BarcodeMatch]:
        """Return which products carry these bar codes; several may share one."""
        found: list[BarcodeMatch] = []
        for some in _portions(barcodes):
            filters = {"Products": {"Codes": [], "BarCodes": some}}
            rows = await self._describe(
                "BarCodes", filters, None, partial(_each, card_rows.barcode)
            )
            found += [match for match in rows if _same(match.barcode, some)]
        return found

    async def partner_products(
        self, client: str, products: Iterable[str] = ()
    ) -> list[PartnerProduct]:
        """Return the catalogue of one partner, or the part of it about these products."""
        if not client:
            raise ValueError("say whose catalogue")
        filters = {"PartnerProducts": {"Products": _wanted(products), "Client": client}}
        columns = ["client", "product", "partner_product"]
        found = await self._describe(
            "PartnerProducts", filters, columns, partial(_each, card_rows.partner)
        )
        return [row for row in found if _same(row.client, [client])]

    async def currency_rates(
        self, codes: Iterable[str], first: date, last: date
    ) -> list[CurrencyRate]:
        """Return the rates of these currencies from `first` to `last`, both included."""
        found: list[CurrencyRate] = []
        for some in _portions(codes):
            filters = {
                "CurrencyRates": {
                    "Codes": some,
                    "DateFrom": first.isoformat(),
                    "DateTo": last.isoformat(),
                }
            }
            read = partial(_each, partial(card_rows.rate, self._zone))
            rows = await self._describe("CurrencyRates", filters, None, read)
            found += [
                rate for rate in rows if _same(rate.code, some) and first <= rate.date <= last
            ]
        return found

    async def document_series(self, *, user: str | None = None) -> list[Series]:
        """Return the invoice series, or those of them that `user` may work with."""
        series: dict[str, object] = {"Type": 0}
        if user:
            series["UserName"] = user
        return await self._describe(
            "DocumentSeries", {"Series": series}, None, partial(_each, card_rows.series)
        )

    async def warehouses(self) -> list[Warehouse]:
        """Return the warehouses; the cheapest read there is, so it tests the connection too."""
        return await self._transport.read("GetSandelius", partial(_each, card_rows.warehouse))

    async def vat_codes(self) -> list[VatCode]:
        """Return the VAT codes."""
        return await self._transport.read("GetMokesciai", partial(_each, card_rows.vat_code))

    async def objects(self, place: int) -> list[str]:
        """Return the codes of the objects of one of the six places."""
        return await self._transport.read(
            f"GetObjektai{place}Set", partial(_each, card_rows.listed_code)
        )

    async def client_types(self) -> list[str]:
        """Return the codes of the types and tags of clients, which come in one list."""
        return await self._transport.read(
            "GetKlientuRusisPozymius", partial(_each, card_rows.listed_code)
        )

    async def user_permissions(self, user: str) -> Permissions:
        """Return what a Finvalda user is restricted to."""
        query = {"finUser": user}
        return await self._transport.read("GetUserPermissions", card_rows.permissions, query=query)

    async def _cards(
        self,
        kind: str,
        codes: Iterable[str],
        columns: Sequence[str],
        parse: Callable[[Row], T],
        single: tuple[str, str, ItemClass],
        private: Collection[str] = (),
    ) -> list[T]:
        found: list[T] = []
        for some in _portions(codes):
            read = partial(_each_of, parse, some)
            filters = {kind: {"Codes": some}}
            try:
                found += await self._describe(kind, filters, columns, read, private)
            except errors.MissingMethod:
                found += await self._one_by_one(some, parse, single, private)
        return found

    async def _one_by_one(
        self,
        codes: Sequence[str],
        parse: Callable[[Row], T],
        single: tuple[str, str, ItemClass],
        private: Collection[str],
    ) -> list[T]:
        method, argument, item_class = single
        found: list[T] = []
        for code in codes:
            read = partial(_entity, parse, item_class)
            query = {argument: code}
            card = await self._transport.read(method, read, query=query, private=private)
            if card is not None:
                found.append(card)
        return found

    async def _describe(
        self,
        kind: str,
        filters: object,
        columns: Sequence[str] | None,
        parse: Callable[[Envelope], list[T]],
        private: Collection[str] = (),
    ) -> list[T]:
        parameters: dict[str, object] = {"type": kind}
        if isinstance(filters, dict):
            parameters.update(filters)
        if columns is not None:
            parameters["columns"] = list(columns)
        body = {"readParams": parameters}
        return await self._transport.read(DESCRIPTIONS, parse, body=body, private=private)


def _wanted(codes: Iterable[str]) -> list[str]:
    return [code for code in dict.fromkeys(codes) if code.strip()]


def _portions(codes: Iterable[str]) -> Iterator[list[str]]:
    wanted = _wanted(codes)
    for start in range(0, len(wanted), CODES_AT_ONCE):
        yield wanted[start : start + CODES_AT_ONCE]


def _same(told: str, wanted: Sequence[str]) -> bool:
    """Compare as the database does, which knows no difference between capital and small letters."""
    return told.strip().casefold() in {code.strip().casefold() for code in wanted}


def _squeeze(number: str) -> str:
    return "".join(number.split()).casefold()


def _each(parse: Callable[[Row], T], envelope: Envelope) -> list[T]:
    return [parse(row) for row in envelope.rows()]


def _each_of(parse: Callable[[Row], T], codes: Sequence[str], envelope: Envelope) -> list[T]:
    return [
        parse(row)
        for row in envelope.rows()
        if _same(Reader(row, "card").text("product", "code"), codes)
    ]


def _entity(parse: Callable[[Row], T], item_class: ItemClass, envelope: Envelope) -> T | None:
    row = envelope.entity(item_class.value)
    return None if row is None else parse(row)
