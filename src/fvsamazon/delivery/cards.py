"""The client, address and product cards that a document needs, made where the rules say so.

In: a document. Out: the code of its client in Finvalda, or a hold. A card is read before it is
made, and one that exists is used as it stands: making is refused for a code that is there, so an
answer that never came costs one more look. A company known under its VAT number keeps its card.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fvsamazon import events
from fvsamazon.delivery.holds import Hold, said
from fvsamazon.finvalda.codes import CARD_EXISTS, NUMBER_TAKEN
from fvsamazon.finvalda.errors import Refused
from fvsamazon.finvalda.letters import to_baltic
from fvsamazon.finvalda.tables import CARDS, ItemClass

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from fvsamazon.booking.clients import AddressCard, Client, ClientCard
    from fvsamazon.booking.outcomes import Document
    from fvsamazon.booking.products import NewProduct
    from fvsamazon.finvalda.client import FinvaldaClient
    from fvsamazon.finvalda.fields import Scalar
    from fvsamazon.finvalda.records import Client as KnownClient

_NAME: Final = CARDS[ItemClass.CLIENT].fields["sPavadinimas"].length
_TITLE: Final = CARDS[ItemClass.PRODUCT].fields["sPavadinimas"].length


class Cards:
    """Settles the cards of documents."""

    def __init__(self, client: FinvaldaClient, log: FilteringBoundLogger) -> None:
        self._finvalda = client
        self._log = log

    async def settle(self, document: Document) -> str | Hold:
        """Make what is missing; return the client's code, or why the order has to wait.

        Raises `RemoteError`.
        """
        code = await self._client(document)
        if isinstance(code, Hold):
            return code
        if document.client.address is not None:
            await self._address(document, code, document.client.address)
        for product in document.new_products:
            hold = await self._product(document, product)
            if hold is not None:
                return hold
        return code

    async def same_client(self, document: Document, code: str) -> bool:
        """Tell whether a found document's client is the one that this document would have."""
        if _same(document.client.code, code):
            return True
        number = document.client.card.vat_number if document.client.card else None
        if number is None:
            return False
        known = await self._finvalda.clients(vat_code=number, private=document.client.personal)
        return any(_same(one.code, code) for one in known)

    async def _client(self, document: Document) -> str | Hold:
        client = document.client
        card = client.card
        if card is None:
            return client.code
        if card.vat_number is not None:
            known = await self._by_number(client, card.vat_number)
            if known is not None:
                return known
        existing = await self._finvalda.clients([client.code], private=client.personal)
        if existing:
            return self._accepted(client, card, existing[0])
        try:
            await self._finvalda.insert_item(
                ItemClass.CLIENT,
                _client_fields(card),
                parameter=document.parameter,
                private=client.personal,
            )
        except Refused as refused:
            if refused.number in NUMBER_TAKEN and card.vat_number is not None:
                known = await self._by_number(client, card.vat_number)
                if known is not None:
                    return known
            if refused.number not in CARD_EXISTS:
                raise
            existing = await self._finvalda.clients([client.code], private=client.personal)
            if not existing:
                raise
            return self._accepted(client, card, existing[0])
        self._log.info(
            events.DELIVERY_CLIENT_CREATED, order=document.order_id, client=client.told(client.code)
        )
        return client.code

    async def _by_number(self, client: Client, number: str) -> str | None:
        """Return the client that carries a VAT number already: active ones first."""
        known = await self._finvalda.clients(vat_code=number, private=client.personal)
        chosen = min(known, key=lambda one: (not one.active, one.code), default=None)
        return chosen.code if chosen else None

    @staticmethod
    def _accepted(client: Client, card: ClientCard, existing: KnownClient) -> str | Hold:
        """Take a card with our code as it stands, unless it may be another buyer's."""
        if card.vat_number is not None:
            # It does not carry the number, or the search by number had found it.
            other = bool(existing.vat_code.strip()) or client.shortened
        else:
            other = client.shortened and not _same(
                existing.title, to_baltic(card.name)[:_NAME].rstrip()
            )
        if other:
            taken = said("client_taken", code=client.code)
            short = said("client_taken", code=client.told(client.code))
            return Hold((replace(taken, logged=short.text.en),))
        return existing.code

    async def _address(self, document: Document, client: str, address: AddressCard) -> None:
        private = document.client.personal
        if await self._finvalda.addresses(client, [address.code], private=private):
            return
        fields: dict[str, Scalar] = {
            "sKodas": address.code,
            "sKlientoKodas": client,
            "sAdresas": address.street,
            "sPapildomaInf1": address.name,
            "sMiestas": address.city,
            "sPastoIndeksas": address.post_code,
            "sTelefonoNr": address.phone,
            "sValstybe": address.country,
        }
        try:
            await self._finvalda.insert_item(
                ItemClass.ADDRESS, fields, parameter=document.parameter, private=private
            )
        except Refused as refused:
            if refused.number not in CARD_EXISTS:
                raise

    async def _product(self, document: Document, product: NewProduct) -> Hold | None:
        title = to_baltic(product.title)[:_TITLE].rstrip()
        known = await self._finvalda.products([product.code])
        if not known:
            fields: dict[str, Scalar] = {
                "sKodas": product.code,
                "sPavadinimas": product.title,
                "sPastaba": product.sku,
            }
            try:
                await self._finvalda.insert_item(
                    ItemClass.PRODUCT, fields, parameter=document.parameter
                )
            except Refused as refused:
                if refused.number not in CARD_EXISTS:
                    raise
                known = await self._finvalda.products([product.code])
            else:
                self._log.info(
                    events.DELIVERY_PRODUCT_CREATED, order=document.order_id, product=product.code
                )
        if known and product.shortened and not _same(known[0].title, title):
            return Hold((said("product_taken", code=product.code),))
        return None


def _client_fields(card: ClientCard) -> dict[str, Scalar]:
    return {
        "sKodas": card.code,
        "sPavadinimas": card.name,
        "sRusis": card.type,
        "sPvmMoketojoKod": card.vat_number,
        "sValstybeKodas": card.country,
        "sAdresas": card.street,
        "sMiestas": card.city,
        "sPastoKodas": card.post_code,
        "sTelefonas": card.phone,
        "nFizinisAsmuo": int(card.natural_person),
    }


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
