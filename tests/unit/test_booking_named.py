"""The codes that `check` asks Finvalda for are all that the rules can ever name."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from fvsamazon.booking.documents import decide
from fvsamazon.booking.named import named_codes
from fvsamazon.booking.outcomes import Document
from support.booking_orders import FINVALDA, example_rules, make_context, make_order, rules_from

GOLDEN = Path(__file__).parent / "golden"


def test_the_examples_codes() -> None:
    named = named_codes(example_rules(), "FVSAMAZON")
    assert named.parameters == ("FVSAMAZON",)
    assert named.series == ("AMZ", "AMZX")
    assert named.clients[:2] == ("AMZDE", "AMZFR")
    assert named.clients[-1] == "AMZPIRKEJAS"
    assert named.client_types == ("B2B",)
    assert named.warehouses == ("FBAPL", "FBADE", "FBAGB", "FBAUS", "FBAJP", "CENTR")
    assert named.services == ("SIUNTIMAS", "PAKAVIMAS", "KITA")
    assert named.products == ("PUODELIS01", "LEKSTE22", "KNYGA001")
    assert named.open == ()
    assert {"PVM21", "PVM5", "DE19", "PL5", "NEPVM", "PVM0ES", "PVM0EXP"} <= set(named.vat)
    assert {"DE0ES", "PL0EXP", "OSSFI255", "OSSLT21", "OSSPT-2016"} <= set(named.vat)
    assert named.vat["OSSFI255"] == (Decimal("25.5"),)
    assert named.vat["PVM0ES"] == (Decimal(0),)
    assert "OSSGB20" not in named.vat
    assert "PVM19" not in named.vat
    assert "LT21" not in named.vat
    assert all(len(code) <= 10 for code in named.vat)


def test_no_golden_document_has_a_code_that_check_would_not_ask_for() -> None:
    named = named_codes(example_rules(), "FVSAMAZON")
    for path in GOLDEN.glob("*.json"):
        for case in json.loads(path.read_text(encoding="utf-8")):
            order, context = make_order(case["order"]), make_context(case.get("context"))
            outcome = decide(order, example_rules(), context, FINVALDA)
            if isinstance(outcome, Document):
                assert outcome.client.card is not None or outcome.client.code in named.clients
                for line in outcome.lines:
                    assert line.vat_code in named.vat
                    assert line.code in (*named.products, *named.services)
                    assert line.warehouse is None or line.warehouse in named.warehouses


def test_what_only_an_order_can_fill_is_told() -> None:
    rules = rules_from(
        "version = 1\nbook_from = 2026-12-01\n"
        '[document]\nseries = "{marketplace}"\nobjects = ["", "O"]\n'
        '[[document.override]]\nmatch = { marketplace = "US" }\nparameter = "Q"\nseries = "S"\n'
        '[products]\nunknown = "service:KITA"\n'
        '[[products.pattern]]\nsku = "A-*"\nproduct = "PREKE{1}"\n'
        '[[products.pattern]]\nsku = "B-*"\nproduct = "PREKE"\n'
        '[[client]]\ncode = "A{marketplace}"\n'
        '[[vat]]\nname = "a"\ncode = "V{currency}"\npercent = 0\n'
        '[[vat]]\nname = "c"\ncode = "X{ship_to}"\npercent = 0\n'
        '[[vat]]\nname = "b"\ncode = "V{percent}"\npercent = "5.5"\n'
    )
    named = named_codes(rules, "P")
    assert named.open == ("{marketplace}", "A{marketplace}", "V{currency}", "X{ship_to}")
    assert (named.parameters, named.series, named.clients) == (("P", "Q"), ("S",), ())
    assert named.objects == {2: ("O",)}
    assert (named.services, named.products) == (("KITA",), ("PREKE",))
    assert named.vat == {"V55": (Decimal("5.5"),)}
