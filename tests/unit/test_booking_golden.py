"""Hand-worked cases over vat.md: what the accountant would book, worked out on paper.

Each case states the law it follows and its arithmetic; the numbers were worked out by hand and
are compared whole. The rules are the shipped example for a Lithuanian seller.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fvsamazon.booking.documents import decide
from fvsamazon.booking.outcomes import Document, Hold, Nothing, Outcome
from fvsamazon.booking.preview import KEYS, preview_json
from fvsamazon.cli.preview_text import as_lines
from support.booking_orders import FINVALDA, example_rules, make_context, make_order

GOLDEN = Path(__file__).parent / "golden"
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['case']}")
    for path in sorted(GOLDEN.glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))
]
LINE_KEYS = (
    "kind",
    "code",
    "warehouse",
    "quantity",
    "net",
    "vat",
    "gross",
    "vat_percent",
    "vat_code",
    "rule",
)


def decided(case: dict[str, Any]) -> Outcome:
    rules = example_rules(*((old, new) for old, new in case.get("replace", ())))
    return decide(make_order(case["order"]), rules, make_context(case.get("context")), FINVALDA)


def codes(outcome: Outcome) -> list[str]:
    if isinstance(outcome, Hold):
        return [found.code for found in outcome.reasons]
    return [outcome.why] if isinstance(outcome, Nothing) else []


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any]) -> None:
    expect = case["expect"]
    outcome = decided(case)
    shown = preview_json("305-1234567-7654321", outcome)
    assert tuple(shown) == KEYS
    assert shown["outcome"] == expect["outcome"], shown["reasons"]
    if "codes" in expect:
        found = codes(outcome)
        assert found[: len(expect["codes"])] == expect["codes"]
        assert expect.get("more_codes") or len(found) == len(expect["codes"])
    if "says" in expect:
        assert expect["says"] in " ".join(map(str, shown["reasons"]))  # type: ignore[call-overload]
    if "explains" in expect:
        assert expect["explains"] in "\n".join(as_lines(outcome, "en"))
    for key in ("currency", "total", "client", "series", "document", "date", "kind"):
        if key in expect:
            assert shown[key] == expect[key]
    expected = [dict(zip(LINE_KEYS, line, strict=True)) for line in expect.get("lines", ())]
    assert shown["lines"] == expected
    if isinstance(outcome, Document):
        assert outcome.unchecked == ()
        check_amounts(outcome, expect)


def check_amounts(document: Document, expect: dict[str, Any]) -> None:
    assert sum(line.gross for line in document.lines) == document.total
    assert all(line.net + line.vat == line.gross for line in document.lines)
    if "kept_out" in expect:
        assert document.kept_out == Decimal(expect["kept_out"])
    if "class" in expect:
        assert document.finvalda_class == expect["class"]
    if "euro" in expect:
        euro = [(line.net_eur, line.vat_eur) for line in document.lines]
        assert euro == [(Decimal(net), Decimal(vat)) for net, vat in expect["euro"]]


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 30


@pytest.mark.parametrize("case", CASES)
def test_every_case_can_be_said_in_both_languages(case: dict[str, Any]) -> None:
    outcome = decided(case)
    english, lithuanian = as_lines(outcome, "en"), as_lines(outcome, "lt")
    assert len(english) == len(lithuanian) > 0
    assert not any("{" in line for line in (*english, *lithuanian))
