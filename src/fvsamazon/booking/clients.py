"""Which Finvalda client an order belongs to: a shared code, or a card of the buyer.

In: the first `[[client]]` that fits, the order's facts, what is known of the buyer. Out: the
client's code, with the card to make where it is missing, or reasons. Whether a shortened code
already means another buyer is the caller's question: only Finvalda can answer it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.explain import Because, because
from fvsamazon.booking.new_codes import client_code, plain_code
from fvsamazon.booking.reasons import Reason, joined, reason
from fvsamazon.booking.rules_reading import CLIENT_LIMIT
from fvsamazon.booking.templates import render, template_reasons, too_long
from fvsamazon.booking.vat_numbers import BAD, VatNumber, forms, holds_number, shortened
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fvsamazon.booking.context import BookingContext, Buyer, Lookups
    from fvsamazon.booking.facts import BuyerFacts
    from fvsamazon.booking.matching import FactValue
    from fvsamazon.booking.rule_types import ClientRule, PerBuyer
    from fvsamazon.orders import Order

ADDRESS_CODE_LIMIT: Final = 13
_A_NAME: Final = Text("name", "vardas arba pavadinimas")
_STREET: Final = Text("street", "gatvė")
_COUNTRIES: Final = {"XI": "GB"}
"""Country cards are ISO's: a Northern Irish company's is GB."""


@dataclass(frozen=True, slots=True)
class ClientCard:
    """A client to make where it is missing; personal fields stay out of every repr."""

    code: str = field(repr=False)
    name: str = field(repr=False)
    type: str | None
    natural_person: bool
    vat_number: str | None = field(repr=False)
    country: str | None
    street: str | None = field(default=None, repr=False)
    city: str | None = field(default=None, repr=False)
    post_code: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AddressCard:
    """An address card of the client, one an order."""

    code: str
    street: str = field(repr=False)
    name: str = field(repr=False)
    city: str | None = field(default=None, repr=False)
    post_code: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """The client of a document.

    `shortened` says that its code was cut to Finvalda's fifteen characters, and that the caller
    must see whether the short one means another buyer. `vat_number` is the buyer's, of which codes
    may be made.
    """

    code: str = field(repr=False)
    card: ClientCard | None = None
    address: AddressCard | None = None
    shortened: bool = False
    vat_number: str | None = field(default=None, repr=False)

    def told(self, code: str) -> str:
        """Return the code of this buyer's client, own or found, as a log may tell it."""
        number = self.vat_number
        return shortened(code) if number and holds_number(code, number) else code

    @property
    def personal(self) -> tuple[str, ...]:
        """What of a person stands on its cards or in its code; nobody's words may repeat it."""
        cards = [card for card in (self.card, self.address) if card is not None]
        parts = [(one.name, one.street, one.city, one.post_code, one.phone) for one in cards]
        texts = tuple(text for part in parts for text in part if text)
        number = self.vat_number
        if number is None:
            return texts
        return (*texts, *forms(number), *((self.code,) if holds_number(self.code, number) else ()))


@dataclass(frozen=True, slots=True)
class ChosenClient:
    """The outcome: a client, or reasons."""

    client: Client | None
    reasons: tuple[Reason, ...] = ()
    why: tuple[Because, ...] = ()


def choose_client(
    rule: ClientRule,
    order: Order,
    buyer: BuyerFacts,
    context: BookingContext,
    values: Mapping[str, FactValue],
    lookups: Lookups,
) -> ChosenClient:
    """Make the client that a rule names; `values` fill its templates."""
    if rule.hold is not None:
        text = rule.hold.rstrip(".")
        held = reason("rule_hold", what="", table="[[client]]", line=rule.line, text=text)
        return ChosenClient(None, (held,))
    if rule.per_buyer is not None:
        found = _known_company(rule, order, buyer, context, lookups)
        return found or _buyers_own(rule, rule.per_buyer, order, buyer, context, values)
    rendered = render(rule.code or "", values)
    reasons = template_reasons("[[client]] code", rule.code or "", rendered.missing)
    if len(rendered.text) > CLIENT_LIMIT:
        reasons += (too_long("[[client]] code", rendered.text, CLIENT_LIMIT),)
    address = None
    if rule.address:
        address, missing = _address(order, context.personal)
        reasons += _personal_reasons(rule, missing)
    why = because("client", "client_shared", line=rule.line, code=rendered.text)
    number = buyer.number.number if buyer.number else None
    client = Client(rendered.text, address=address, vat_number=number)
    return ChosenClient(None if reasons else client, reasons, (why,))


def _known_company(
    rule: ClientRule, order: Order, buyer: BuyerFacts, context: BookingContext, lookups: Lookups
) -> ChosenClient | None:
    """Reuse the client that has the buyer's VAT number, which Finvalda keeps unique."""
    if buyer.number is None or buyer.number.country == BAD:
        return None
    number = buyer.number.number
    codes = lookups.client_by_vat(number)
    if not codes:
        return None
    address, missing = _address(order, context.personal) if rule.address else (None, ())
    reasons = _personal_reasons(rule, missing)
    client = Client(codes[0], address=address, vat_number=number)
    why = because("client", "client_found", number=number)
    return ChosenClient(None if reasons else client, reasons, (why,))


def _buyers_own(
    rule: ClientRule,
    per_buyer: PerBuyer,
    order: Order,
    buyer: BuyerFacts,
    context: BookingContext,
    values: Mapping[str, FactValue],
) -> ChosenClient:
    rendered = render(per_buyer.code, values)
    reasons = template_reasons("per_buyer code", per_buyer.code, rendered.missing)
    full = client_code(rendered.text)
    code = full[:CLIENT_LIMIT]
    number = buyer.number if buyer.number and buyer.number.country != BAD else None
    card: ClientCard | None = None
    more: tuple[Reason, ...]
    if buyer.number is not None and number is None:
        more = (reason("vat_number_bad", number=buyer.number.number),)
    elif number is not None:
        card, more = _company(code, per_buyer, number, buyer, context)
    else:
        card, more = _person(code, rule, per_buyer, order, context.personal)
    reasons += more
    address = None
    if rule.address or (rule.address is None and number is None):
        address, missing = _address(order, context.personal)
        if rule.address and number is not None:
            reasons += _personal_reasons(rule, missing)
    why = [because("client", "client_own", line=rule.line, code=full)]
    if code != full:
        why.append(because("client", "client_shortened", code=code, full=full))
    told = buyer.number.number if buyer.number else None
    client = Client(code, card, address, shortened=code != full, vat_number=told)
    return ChosenClient(None if reasons else client, reasons, tuple(why))


def _company(
    code: str,
    per_buyer: PerBuyer,
    number: VatNumber,
    buyer: BuyerFacts,
    context: BookingContext,
) -> tuple[ClientCard | None, tuple[Reason, ...]]:
    """Make a company's card from its registration, with or without an address."""
    personal = context.personal
    name = buyer.legal_name or context.company_name or (personal and personal.company_name)
    if not name:
        return None, (reason("client_name_missing", number=number.number),)
    card = ClientCard(
        code=code,
        name=name,
        type=per_buyer.type,
        natural_person=False,
        vat_number=number.number,
        country=_COUNTRIES.get(number.country, number.country),
        street=personal.street if personal else None,
        city=personal.city if personal else None,
        post_code=personal.post_code if personal else None,
        phone=personal.phone if personal else None,
    )
    return card, ()


def _person(
    code: str, rule: ClientRule, per_buyer: PerBuyer, order: Order, personal: Buyer | None
) -> tuple[ClientCard | None, tuple[Reason, ...]]:
    """Make a natural person's card, which waits until name and street are there."""
    name = personal.name if personal else None
    street = personal.street if personal else None
    missing = _missing(name, street)
    if personal is None or not name or not street:
        return None, _personal_reasons(rule, missing)
    card = ClientCard(
        code=code,
        name=name,
        type=per_buyer.type,
        natural_person=True,
        vat_number=None,
        country=order.ship_to.country if order.ship_to else None,
        street=street,
        city=personal.city,
        post_code=personal.post_code,
        phone=personal.phone,
    )
    return card, ()


def _address(order: Order, personal: Buyer | None) -> tuple[AddressCard | None, tuple[Text, ...]]:
    """Make an address card, or tell what is missing for one."""
    name = (personal.name or personal.company_name) if personal else None
    street = personal.street if personal else None
    if personal is None or not name or not street:
        return None, _missing(name, street)
    card = AddressCard(
        # The last digits of an order id differ most; an address code belongs to one client.
        code=plain_code(order.order_id)[-ADDRESS_CODE_LIMIT:],
        street=street,
        name=name,
        city=personal.city,
        post_code=personal.post_code,
        phone=personal.phone,
        country=order.ship_to.country if order.ship_to else None,
    )
    return card, ()


def _missing(name: str | None, street: str | None) -> tuple[Text, ...]:
    return tuple(word for word, value in ((_A_NAME, name), (_STREET, street)) if not value)


def _personal_reasons(rule: ClientRule, missing: tuple[Text, ...]) -> tuple[Reason, ...]:
    if not missing:
        return ()
    return (reason("client_personal_data", line=rule.line, missing=joined(missing, ", ")),)
