"""Which Finvalda client an order belongs to: a shared code, or a card of the buyer.

In: the first `[[client]]` that fits, the order's facts, what is known of the buyer. Out: the
client's code, with the card to make where it is missing, or reasons. Whether a shortened code
already means another buyer is the caller's question: only Finvalda can answer it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.explain import Because, because
from fvsamazon.booking.products import product_code
from fvsamazon.booking.reasons import Reason, reason
from fvsamazon.booking.rules_reading import CLIENT_LIMIT
from fvsamazon.booking.templates import names_in, render
from fvsamazon.booking.vat_numbers import BAD, VatNumber

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fvsamazon.booking.context import BookingContext, Buyer, Lookups
    from fvsamazon.booking.facts import BuyerFacts
    from fvsamazon.booking.matching import FactValue
    from fvsamazon.booking.rule_types import ClientRule, PerBuyer
    from fvsamazon.orders import Order

ADDRESS_CODE_LIMIT: Final = 13
_NOT_ASCII: Final = str.maketrans(
    {"ß": "SS", "Æ": "AE", "Ø": "O", "Œ": "OE", "Ł": "L", "Đ": "D", "Þ": "TH"}
)
_COUNTRIES: Final = {"XI": "GB"}
"""Country cards are ISO's: a Northern Irish company's is GB."""


@dataclass(frozen=True, slots=True)
class ClientCard:
    """A client to make where it is missing; personal fields stay out of every repr."""

    code: str
    name: str = field(repr=False)
    type: str | None
    natural_person: bool
    vat_number: str | None
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

    `full_code` is the code before it was shortened to Finvalda's fifteen characters; `shortened`
    says that it was, and that the caller must see whether the short one means another buyer.
    """

    code: str
    card: ClientCard | None = None
    address: AddressCard | None = None
    shortened: bool = False
    full_code: str = ""

    @property
    def personal(self) -> tuple[str, ...]:
        """What of a person stands on its cards; nobody's words may repeat it."""
        cards = [card for card in (self.card, self.address) if card is not None]
        parts = [(one.name, one.street, one.city, one.post_code, one.phone) for one in cards]
        return tuple(text for part in parts for text in part if text)


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
        held = reason("rule_hold", what="", table="[[client]]", line=rule.line, text=rule.hold)
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
    client = Client(rendered.text, address=address, full_code=rendered.text)
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
    client = Client(codes[0], address=address, full_code=codes[0])
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
    client = Client(code, card, address, shortened=code != full, full_code=full)
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
    missing = tuple(word for word, value in (("name", name), ("street", street)) if not value)
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


def _address(order: Order, personal: Buyer | None) -> tuple[AddressCard | None, tuple[str, ...]]:
    """Make an address card, or tell what is missing for one."""
    name = (personal.name or personal.company_name) if personal else None
    street = personal.street if personal else None
    if personal is None or not name or not street:
        missing = (("name", name), ("street", street))
        return None, tuple(word for word, value in missing if not value)
    card = AddressCard(
        # The last digits of an order id differ most; an address code belongs to one client.
        code=product_code(order.order_id)[-ADDRESS_CODE_LIMIT:],
        street=street,
        name=name,
        city=personal.city,
        post_code=personal.post_code,
        phone=personal.phone,
        country=order.ship_to.country if order.ship_to else None,
    )
    return card, ()


def _personal_reasons(rule: ClientRule, missing: tuple[str, ...]) -> tuple[Reason, ...]:
    if not missing:
        return ()
    return (reason("client_personal_data", line=rule.line, missing=", ".join(missing)),)


def template_reasons(where: str, template: str, missing: tuple[str, ...]) -> tuple[Reason, ...]:
    """Return a reason where a code's template needs a fact that nobody knows."""
    if not missing:
        return ()
    known = names_in(template)
    names = ", ".join(dict.fromkeys(name for name in known if name in missing))
    return (reason("template_unknown", field=where, template=template, names=names),)


def too_long(where: str, text: str, limit: int) -> Reason:
    """Return the reason for a text that Finvalda would cut."""
    return reason("text_too_long", field=where, text=text, length=len(text), limit=limit)


def client_code(text: str) -> str:
    """Return text as Finvalda takes a new client code: capital letters and digits alone."""
    split = unicodedata.normalize("NFKD", text.upper().translate(_NOT_ASCII))
    return product_code(split)
