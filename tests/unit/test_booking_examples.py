"""The shipped example rules: every rule is reached, and Amazon's own example orders come out.

Amazon's model with its example orders is not part of this repository; REFERENCE_DIR names the
folder that holds it.
"""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fvsamazon.amazon.reader import order_of, read_order
from fvsamazon.booking.documents import decide
from fvsamazon.booking.outcomes import Document, Hold
from fvsamazon.booking.preview import preview_json
from fvsamazon.booking.zones import MEMBER_STATES, OWN_RATE_ZONES
from fvsamazon.cli.preview_text import as_lines
from fvsamazon.orders import OrderRecord
from support.booking_orders import (
    CONTEXT,
    FINVALDA,
    RATES,
    FakeReference,
    example_rules,
    make_context,
    make_order,
)

GOLDEN = Path(__file__).parent / "golden"
OFFICIAL_RATES = {**RATES, "BRL": Decimal("0.16")}
REVIEWED = Path(__file__).parent / "golden_official.json"
MODEL = "amazon-orders-2026-01-01.openapi.json"


def golden_cases() -> list[dict[str, Any]]:
    return [
        case
        for path in sorted(GOLDEN.glob("*.json"))
        for case in json.loads(path.read_text(encoding="utf-8"))
    ]


def test_every_vat_rule_of_the_example_decides_some_case() -> None:
    used: set[str] = set()
    for case in golden_cases():
        if "replace" in case:
            continue
        outcome = decide(
            make_order(case["order"]),
            example_rules(),
            make_context(case.get("context")),
            FINVALDA,
        )
        if isinstance(outcome, Document):
            used |= {line.rule for line in outcome.lines}
        if isinstance(outcome, Hold):
            used |= {
                found.words["table"].en.removeprefix("[[vat]] “").removesuffix("”")
                for found in outcome.reasons
                if "table" in found.words
            }
    assert {rule.name for rule in example_rules().vat} <= used


def test_the_example_has_a_rate_for_every_place_of_consumption() -> None:
    rates = example_rules().rates
    assert set(rates) == MEMBER_STATES | OWN_RATE_ZONES | {"XI"}
    assert all("standard" in classes for classes in rates.values())


@pytest.mark.parametrize("zone", sorted(MEMBER_STATES | OWN_RATE_ZONES | {"XI"}))
def test_every_place_of_consumption_can_be_sold_to(zone: str) -> None:
    order = make_order(
        {
            "ship_to": zone,
            "grand": "100.00",
            "packages": [{}],
            "items": [{"total": "100.00", "parts": [["ITEM", "100.00"]]}],
        }
    )
    outcome = decide(order, example_rules(), CONTEXT, FINVALDA)
    assert isinstance(outcome, Document)
    (line,) = outcome.lines
    percent = example_rules().rates[zone]["standard"]
    assert line.vat_percent == percent
    written = f"{percent:f}".replace(".", "")
    assert line.vat_code == (f"PVM{written}" if zone == "LT" else f"OSS{zone}{written}")


def official_orders() -> dict[str, bytes]:
    folder = os.environ.get("REFERENCE_DIR")
    if not folder:
        pytest.skip("REFERENCE_DIR is not set: Amazon's model with its example orders is not here")
    model = json.loads((Path(folder) / MODEL).read_text(encoding="utf-8"))
    found: dict[str, bytes] = {}

    def walk(value: object) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("orderId"), str) and "orderItems" in value:
                found[value["orderId"]] = json.dumps(value).encode()
                return
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(model)
    return found


SKUS = """sku,product
ECHO-DOT-4-CHARCOAL,ECHOUS
FIRE-TV-4K-2021,FIREUS
ECHO-DOT-4-JP-CHARCOAL,ECHOJP
FIRE-TV-4K-MAX-JP,FIREJP
ECHO-DOT-4-UK-CHARCOAL-SINGLE,ECHOUK
ECHO-DOT-4-UK-CHARCOAL-3PACK,ECHO3UK
DELL-I15-BR-001,DELLBR
ECHO-DOT-4-BR-PRETO,ECHOBR
FIRE-HD10-TR-BLK,FIRETR
ECHO-POP-US-BLK,POPUS
"""
EARLIER = ("book_from = 2026-12-01", "book_from = 2024-01-01")
VARIANTS = {
    "as shipped": (EARLIER,),
    "booked at UNSHIPPED, tax that nobody collects belongs to the price": (
        EARLIER,
        ('sale_when = "SHIPPED"', 'sale_when = "UNSHIPPED"'),
        ('uncollected_tax = "hold"', 'uncollected_tax = "price"'),
        ('ship_to = ["GB", "IM"], collector = "NONE" }\nhold', "replacement = true }\nhold"),
    ),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_amazons_own_example_orders_come_out_as_reviewed(variant: str) -> None:
    rules = example_rules(*VARIANTS[variant], table=SKUS)
    reviewed = json.loads(REVIEWED.read_text(encoding="utf-8"))[variant]
    found = {}
    for order_id, raw in official_orders().items():
        record = read_order(raw)
        assert isinstance(record, OrderRecord)
        order = order_of(record.payload, "Europe", "main")
        outcome = decide(order, rules, CONTEXT, FakeReference(rates=OFFICIAL_RATES))
        assert as_lines(outcome, "lt")
        found[order_id] = shortened(preview_json(order_id, outcome))
    assert found == reviewed


def shortened(shown: dict[str, Any]) -> dict[str, Any]:
    """Keep what is reviewed: for a hold its codes, for a document every field."""
    codes = [reason.split(":")[0] for reason in shown["reasons"]]
    if shown["outcome"] in {"hold", "nothing"}:
        return {"outcome": shown["outcome"], "reasons": codes}
    lines = [list(line.values()) for line in shown["lines"]]
    kept = {key: value for key, value in shown.items() if key != "order_id"}
    return {**kept, "reasons": codes, "lines": lines}
