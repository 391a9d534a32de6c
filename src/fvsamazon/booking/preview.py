"""An outcome as people and scripts see it: JSON of a fixed shape, and explained text.

In: what `documents.decide` made. Out: the object of `deliveries preview --json` (its keys are a
contract), or lines of text in which each field of the document says why it has its value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fvsamazon.booking.currencies import minor_unit
from fvsamazon.booking.decimals import plain
from fvsamazon.booking.explain import because
from fvsamazon.booking.outcomes import Document, Hold, Nothing, Skip

if TYPE_CHECKING:
    from decimal import Decimal

    from fvsamazon.booking.context import Need
    from fvsamazon.booking.outcomes import Line, Outcome
    from fvsamazon.texts import Language

KEYS: Final = (
    "order_id",
    "outcome",
    "reasons",
    "currency",
    "total",
    "client",
    "series",
    "document",
    "date",
    "kind",
    "lines",
)


def preview_json(order_id: str, outcome: Outcome, language: Language = "en") -> dict[str, object]:
    """Return the object of `preview --json`; amounts and quantities are texts."""
    shown: dict[str, object] = dict.fromkeys(KEYS)
    shown |= {
        "order_id": order_id,
        "outcome": outcome_word(outcome),
        "reasons": list(reason_lines(outcome, language)),
        "lines": [],
    }
    if isinstance(outcome, Hold):
        shown["currency"] = outcome.currency
    if isinstance(outcome, Document):
        unit = minor_unit(outcome.currency)
        shown |= {
            "currency": outcome.currency,
            "total": _money(outcome.total, unit),
            "client": outcome.client.code,
            "series": outcome.series,
            "document": outcome.number,
            "date": outcome.date.isoformat(),
            "kind": outcome.kind,
            "lines": [_line_json(line, unit) for line in outcome.lines],
        }
    return shown


def outcome_word(outcome: Outcome) -> str:
    """Return sale, reservation, hold, nothing or skip."""
    if isinstance(outcome, Document):
        return outcome.outcome
    return type(outcome).__name__.lower()


def reason_lines(outcome: Outcome, language: Language = "en") -> tuple[str, ...]:
    """Return why no document is due, one sentence each; nothing for a document."""
    if isinstance(outcome, Hold):
        return tuple(found.as_line(language) for found in outcome.reasons)
    if isinstance(outcome, Skip):
        return (outcome.reason,)
    if isinstance(outcome, Nothing):
        told = because("outcome", f"nothing_{outcome.why}", status=outcome.status or "?")
        return (f"{outcome.why}: {told.say(language)}",)
    return ()


def unchecked_lines(needs: tuple[Need, ...], language: Language = "en") -> tuple[str, ...]:
    """Return what Finvalda was not asked, one sentence each."""
    return tuple(
        because("reference", f"unchecked_{need.kind}", value=need.value, day=need.day).say(language)
        for need in needs
    )


def _line_json(line: Line, unit: Decimal) -> dict[str, object]:
    return {
        "kind": line.kind,
        "code": line.code,
        "warehouse": line.warehouse,
        "quantity": plain(line.quantity),
        "net": _money(line.net, unit),
        "vat": _money(line.vat, unit),
        "gross": _money(line.gross, unit),
        "vat_percent": plain(line.vat_percent),
        "vat_code": line.vat_code,
        "rule": line.rule,
    }


def _money(amount: Decimal, unit: Decimal) -> str:
    return f"{amount.quantize(unit):f}"
