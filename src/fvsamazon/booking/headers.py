"""The head of a document: series, number, titles, remark and objects from their templates.

In: the rules of the document and the facts of the order. Out: texts that fit Finvalda's fields, or
reasons. Codes are never cut; free texts are, but never so that the order id is lost where the
document is found by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon.booking.explain import Because, because
from fvsamazon.booking.reasons import Reason, reason
from fvsamazon.booking.rules_reading import (
    OBJECT_LIMIT,
    REMARK_LIMIT,
    SERIES_LIMIT,
    TITLE_LIMIT,
)
from fvsamazon.booking.templates import render, template_reasons, too_long

if TYPE_CHECKING:
    from fvsamazon.booking.context import BookingContext
    from fvsamazon.booking.matching import Facts
    from fvsamazon.booking.rule_types import DocumentRules


@dataclass(frozen=True, slots=True)
class Header:
    """The head of a document, with what is wrong with it."""

    series: str | None
    number: str | None
    searched_title: str | None
    parameter: str
    titles: tuple[str, ...]
    remark: str
    objects: tuple[str, ...]
    reasons: tuple[Reason, ...]
    why: tuple[Because, ...]


def read_header(
    document: DocumentRules, context: BookingContext, order_id: str, facts: Facts
) -> Header:
    """Fill the templates of `[document]`."""
    reasons: list[Reason] = []

    def code(where: str, template: str, limit: int | None) -> str:
        rendered = render(template, facts)
        reasons.extend(template_reasons(where, template, rendered.missing))
        if limit is not None and len(rendered.text) > limit:
            reasons.append(too_long(where, rendered.text, limit))
        return rendered.text

    series = code("series", document.series, SERIES_LIMIT)
    parameter = code("parameter", document.parameter or "", None) or context.default_parameter
    if not parameter:
        reasons.append(reason("parameter_missing"))
    objects = tuple(code("objects", text, OBJECT_LIMIT) for text in document.objects)
    titles = tuple(render(title, facts).text[:TITLE_LIMIT] for title in document.titles)
    searched = next((title for title in titles if order_id in title), None)
    numbered = document.number == "order_id"
    if not numbered and searched is None:
        longest = max((render(title, facts).text for title in document.titles), key=len, default="")
        reasons.append(too_long("titles", longest, TITLE_LIMIT))
    return Header(
        series=series or None,
        number=order_id if numbered else None,
        searched_title=searched,
        parameter=parameter,
        titles=titles,
        remark=render(document.remark, facts).text[:REMARK_LIMIT],
        objects=objects,
        reasons=tuple(reasons),
        why=(
            because("series", "series"),
            because("number", "number_order_id" if numbered else "number_finvalda"),
        ),
    )
