"""The whole document of `deliveries preview`, for a person to read and for a script.

In: what the rules made of an order. Out: lines of text in which every field that Finvalda is sent
stands with its reason, and the keys that JSON has beside the contract's. Of a card that holds
personal data the code and the names of its fields are told, never a value.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fvsamazon.booking.currencies import EURO, minor_unit
from fvsamazon.booking.decimals import plain
from fvsamazon.booking.outcomes import Document, Hold
from fvsamazon.booking.preview import preview_json, reason_lines, unchecked_lines
from fvsamazon.cli import delivery_texts as texts
from fvsamazon.cli.state_texts import LINE, worded
from fvsamazon.cli.wording import NOTHING
from fvsamazon.delivery.payloads import payload_of
from fvsamazon.finvalda.errors import InvalidPayload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from fvsamazon.booking.clients import AddressCard, ClientCard
    from fvsamazon.booking.explain import Because
    from fvsamazon.booking.outcomes import Line, Outcome
    from fvsamazon.texts import Language, Text

_EURO = minor_unit(EURO)


@dataclass(frozen=True, slots=True)
class Sent:
    """The operation as it would be sent; `faults` say why Finvalda has no field for it."""

    fields: Mapping[str, Any] | None
    faults: tuple[Text, ...] = ()

    def field(self, name: str, otherwise: str) -> str:
        """Return a field as Finvalda gets it: its letters, its length."""
        return str(self.fields.get(name) or "") if self.fields is not None else otherwise


def sent(document: Document) -> Sent:
    """Return the operation of a document, as far as the code of its client is settled."""
    try:
        payload = payload_of(document, document.client.code)
    except InvalidPayload as error:
        return Sent(None, error.told)
    return Sent(json.loads(payload.text)[payload.item_class])


def as_json(order_id: str, outcome: Outcome, language: Language) -> dict[str, object]:
    """Return the contract's object and, beside its keys, the rest of what would be sent."""
    shown = preview_json(order_id, outcome, language)
    more: dict[str, object] = dict.fromkeys(
        ("class", "parameter", "rate", "remark", "client_card", "address_card", "finvalda")
    )
    more |= {"titles": [], "objects": [], "product_cards": []}
    if not isinstance(outcome, Document):
        return {**shown, **more}
    operation = sent(outcome)
    client = outcome.client
    more |= {
        "class": outcome.finvalda_class,
        "parameter": outcome.parameter,
        "rate": None if outcome.rate is None else plain(outcome.rate),
        "remark": operation.field("sPastaba", outcome.remark),
        "titles": list(_titles(outcome, operation)),
        "objects": list(outcome.objects),
        "client_card": _card_json(client.card),
        "address_card": _card_json(client.address),
        "product_cards": [{"code": one.code, "sku": one.sku} for one in outcome.new_products],
        "finvalda": (
            None if operation.fields is None else {outcome.finvalda_class: operation.fields}
        ),
    }
    lines: Any = shown["lines"]
    shown["lines"] = [
        {
            **one,
            "net_eur": _euro(line.net_eur),
            "vat_eur": _euro(line.vat_eur),
            "item_id": line.item_id,
        }
        for one, line in zip(lines, outcome.lines, strict=True)
    ]
    return {**shown, **more}


def as_lines(outcome: Outcome, language: Language) -> tuple[str, ...]:
    """Return an outcome as lines of text, each field with its reason."""
    lines = list(reason_lines(outcome, language))
    if isinstance(outcome, Document):
        lines += _document(outcome, language)
    if isinstance(outcome, Document | Hold):
        lines += unchecked_lines(outcome.unchecked, language)
    return tuple(lines)


def _document(document: Document, language: Language) -> Iterator[str]:
    unit = minor_unit(document.currency)
    total = _money(document.total, unit)
    operation = sent(document)
    parameter = f"{texts.PARAMETER.say(language)} {document.parameter}"
    yield f"{document.finvalda_class} {total} {document.currency}, {parameter}"
    if operation.faults:
        faults = "; ".join(fault.say(language) for fault in operation.faults)
        yield texts.WOULD_BE_HELD.say(language, faults=faults)
    values = {
        "client": document.client.code,
        "series": document.series or NOTHING,
        "number": document.number or NOTHING,
        "date": document.date.isoformat(),
        "kind": document.kind or NOTHING,
        "rate": NOTHING if document.rate is None else plain(document.rate),
        "total": total,
    }
    for field, text in texts.HEAD.items():
        told = _said(document.because, field, language)
        yield f"  {text.say(language)} {values[field]}" + (f": {told}" if told else "")
    yield from _free_texts(document, operation, language)
    yield from _cards(document, language)
    for place, line in enumerate(document.lines, start=1):
        yield from _line(place, line, document.currency, language)


def _free_texts(document: Document, operation: Sent, language: Language) -> Iterator[str]:
    """Return what has no reason but the rules' own words."""
    for place, title in enumerate(_titles(document, operation), start=1):
        if title:
            yield f"  {texts.TITLE.say(language, place=place)}: {title}"
    remark = operation.field("sPastaba", document.remark)
    if remark:
        yield f"  {texts.REMARK.say(language)}: {remark}"
    for place, code in enumerate(document.objects, start=1):
        if code:
            yield f"  {texts.OBJECT.say(language, place=place)}: {code}"


def _titles(document: Document, operation: Sent) -> Iterator[str]:
    for place, title in enumerate(document.titles, start=1):
        yield operation.field(f"sPavadinimas{place}", title)


def _cards(document: Document, language: Language) -> Iterator[str]:
    for text, card in (
        (texts.NEW_CLIENT, document.client.card),
        (texts.ADDRESS, document.client.address),
    ):
        if card is not None:
            words = ", ".join(texts.CARD[name].say(language) for name in _filled(card))
            made = texts.MADE_WITH.say(language, fields=words)
            yield f"  {text.say(language)} {card.code}: {made}"
    for product in document.new_products:
        yield f"  {texts.NEW_PRODUCT.say(language)} {product.code}: SKU {product.sku}"


def _filled(card: ClientCard | AddressCard) -> list[str]:
    """Return which fields of a card are known; the values are a person's."""
    return [name for name in texts.CARD if getattr(card, name, None)]


def _card_json(card: ClientCard | AddressCard | None) -> dict[str, object] | None:
    return None if card is None else {"code": card.code, "fields": _filled(card)}


def _line(place: int, line: Line, currency: str, language: Language) -> Iterator[str]:
    unit = minor_unit(currency)
    foreign = currency != EURO
    values: dict[str, str | None] = {
        "code": None,
        "quantity": plain(line.quantity),
        "warehouse": line.warehouse,
        "ship_from": None,
        "ship_to": None,
        "gross": _money(line.gross, unit),
        "net": _money(line.net, unit) + _in_euro(line.net_eur, foreign=foreign),
        "vat": _money(line.vat, unit) + _in_euro(line.vat_eur, foreign=foreign),
        "vat_percent": plain(line.vat_percent),
        "vat_code": line.vat_code,
        "item": line.item_id,
    }
    yield f"  {place}. {worded(LINE, line.kind, language)} {line.code}"
    for field, text in texts.FIELDS.items():
        value, told = values[field], _said(line.because, field, language)
        if value is not None or told:
            name = text.say(language)
            yield f"     {name}" + (f" {value}" if value else "") + (f": {told}" if told else "")


def _in_euro(amount: Decimal | None, *, foreign: bool) -> str:
    return f" ({_money(amount, _EURO)} {EURO})" if foreign and amount is not None else ""


def _euro(amount: Decimal | None) -> str | None:
    return None if amount is None else _money(amount, _EURO)


def _money(amount: Decimal, unit: Decimal) -> str:
    return f"{amount.quantize(unit):f}"


def _said(explanations: Sequence[Because], field: str, language: Language) -> str:
    return "; ".join(one.say(language) for one in explanations if one.about == field)
