"""One order with variations, decided under the example rules: the short way to ask a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fvsamazon.booking.documents import decide
from fvsamazon.booking.outcomes import Document, Hold, Outcome
from support.booking_orders import CONTEXT, FINVALDA, example_rules, make_order

if TYPE_CHECKING:
    from fvsamazon.booking.context import BookingContext, Reference

ONE: dict[str, Any] = {"total": "11.90", "parts": [["ITEM", "11.90"]]}
ORDER: dict[str, Any] = {"grand": "11.90", "packages": [{}], "items": [ONE]}
PERSONAL = {"name": "Greta Beispiel", "street": "Lindenhof 8", "city": "Köln", "post_code": "50667"}


def outcome(
    *replacements: tuple[str, str],
    context: BookingContext = CONTEXT,
    reference: Reference = FINVALDA,
    **changes: Any,
) -> Outcome:
    return decide(
        make_order({**ORDER, **changes}), example_rules(*replacements), context, reference
    )


def document(*replacements: tuple[str, str], **changes: Any) -> Document:
    found = outcome(*replacements, **changes)
    assert isinstance(found, Document), found
    return found


def codes(found: Outcome) -> list[str]:
    assert isinstance(found, Hold), found
    return [one.code for one in found.reasons]


def item(**changes: Any) -> list[dict[str, Any]]:
    return [{**ONE, **changes}]
