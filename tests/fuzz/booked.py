"""What must be true of any outcome of the booking rules, whatever the order and the rules say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fuzz.driver import TOLD_LIMIT, require, require_quiet
from fvsamazon.booking.outcomes import Document, Hold, Nothing, Skip
from fvsamazon.booking.preview import preview_json
from fvsamazon.cli.preview_text import as_lines
from fvsamazon.delivery.payloads import payload_of
from fvsamazon.finvalda.errors import InvalidPayload

if TYPE_CHECKING:
    from fvsamazon.booking.outcomes import Outcome
    from fvsamazon.orders import Order
    from fvsamazon.texts import Language

_LANGUAGES: tuple[Language, ...] = ("en", "lt")


def require_sound(outcome: Outcome, order: Order) -> None:
    """Hold an outcome against what the accountant, the preview and Finvalda rely on."""
    require(isinstance(outcome, Document | Hold | Nothing | Skip), "no outcome of ours")
    for language in _LANGUAGES:
        json.dumps(preview_json(order.order_id, outcome, language))
        for line in as_lines(outcome, language):
            require(len(line) <= 2 * TOLD_LIMIT, "an explanation without bounds")
    if isinstance(outcome, Hold):
        require(bool(outcome.reasons), "held without a reason")
    if isinstance(outcome, Document):
        _require_balanced(outcome, order)
        try:
            payload = payload_of(outcome, "AMAZON")
        except InvalidPayload as error:
            require_quiet(error, limit=50 * TOLD_LIMIT)
        else:
            require(payload.text.isascii() and bool(json.loads(payload.text)), "cannot be sent")


def _require_balanced(document: Document, order: Order) -> None:
    lines = document.lines
    require(bool(lines), "a document without lines")
    require(sum(line.net + line.vat for line in lines) == document.total, "the lines do not add up")
    require(all(line.net + line.vat == line.gross for line in lines), "a line does not add up")
    grand = order.grand_total
    require(grand is not None, "booked without a grand total")
    if grand is not None:
        due = grand.amount - document.kept_out
        require(due == document.total, "booked to another total than Amazon's")
        require(grand.currency == document.currency, "booked in another currency")
