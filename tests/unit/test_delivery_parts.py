"""Pure parts of the delivery: which orders call for what, what is sent, what rules name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from fvsamazon.amazon.reader import read_order
from fvsamazon.booking.documents import decide
from fvsamazon.booking.outcomes import Document
from fvsamazon.delivery.buyers import buyer_of
from fvsamazon.delivery.holds import said
from fvsamazon.delivery.intents import Plan, plan_of
from fvsamazon.delivery.lookup import scope_of
from fvsamazon.delivery.payloads import payload_of
from fvsamazon.delivery.reference import partner_clients
from fvsamazon.finvalda.errors import InvalidPayload
from fvsamazon.finvalda.tables import OperationClass
from fvsamazon.orders import OrderRecord
from support.booking_orders import CONTEXT, FINVALDA, example_rules, make_order
from support.delivery_house import RESERVATIONS, RULES, amazon_order, rules_of

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
EARLY = RULES.replace('series = "AMZ"', 'series = "AMZ"\nsale_when = "UNSHIPPED"')


@pytest.mark.parametrize(
    ("text", "status", "kinds"),
    [
        (RULES, "SHIPPED", ("sale",)),
        (RULES, "UNSHIPPED", ()),
        (RULES, "PENDING", ()),
        (RULES, "UNFULFILLABLE", ()),
        (RULES, "CANCELLED", ()),
        (RULES, "AWAITING_CUSTOMS", ("sale",)),
        (RULES, None, ("sale",)),
        (EARLY, "UNSHIPPED", ("sale",)),
        (EARLY, "PARTIALLY_SHIPPED", ("sale",)),
        (RESERVATIONS, "UNSHIPPED", ("reservation",)),
        (RESERVATIONS, "PARTIALLY_SHIPPED", ("reservation",)),
        (RESERVATIONS, "CANCELLED", ("reservation",)),
        (RESERVATIONS, "SHIPPED", ("sale",)),
    ],
)
def test_status_and_rules_call_for_intents(
    text: str, status: str | None, kinds: tuple[str, ...]
) -> None:
    plan = plan_of(rules_of(text))
    assert plan.kinds(status=status, created=NOW, payload=None) == kinds


def test_nothing_from_before_book_from_gets_an_intent() -> None:
    plan = plan_of(rules_of())
    # In Vilnius the first of November begins two hours before it does in London.
    last = datetime(2026, 10, 31, 21, 59, tzinfo=UTC)
    first = datetime(2026, 10, 31, 22, 0, tzinfo=UTC)
    assert plan.kinds(status="SHIPPED", created=last, payload=None) == ()
    assert plan.kinds(status="SHIPPED", created=first, payload=None) == ("sale",)
    assert Plan().kinds(status="SHIPPED", created=last, payload=None) == ("sale",)


def test_what_was_cancelled_after_something_shipped_is_a_persons() -> None:
    order = amazon_order(status="CANCELLED")
    order["orderItems"][0]["fulfillment"] = {"quantityFulfilled": 1}
    for document, kinds in ((order, ("sale",)), (amazon_order(status="CANCELLED"), ())):
        record = read_order(json.dumps(document).encode())
        assert isinstance(record, OrderRecord)
        plan = plan_of(rules_of())
        assert plan.kinds(status="CANCELLED", created=NOW, payload=record.payload) == kinds


def sale(**changes: Any) -> Document:
    parts = [["ITEM", "23.80"], ["SHIPPING", "4.76"]]
    spec: dict[str, Any] = {
        "grand": "28.56",
        "items": [{"total": "28.56", "ordered": 2, "parts": parts}],
        "packages": [{"ship_from": "LT"}],
    }
    found = decide(make_order({**spec, **changes}), example_rules(), CONTEXT, FINVALDA)
    assert isinstance(found, Document), found
    return found


def test_a_document_becomes_finvaldas_fields() -> None:
    sent = payload_of(sale(), "AMZDE").document()
    goods = sent["PardDokPrekeDetEil"]
    services = sent["PardDokPaslaugaDetEil"]
    assert isinstance(goods, list)
    assert isinstance(services, list)
    assert (sent["sKlientas"], sent["sDokumentas"]) == ("AMZDE", "305-1234567-7654321")
    assert (sent["sValiuta"], sent["tData"], sent["sDokRusis"]) == ("EUR", "2026-12-10", "SF")
    assert sent["sPavadinimas5"] == "AMZ 305-1234567-7654321"
    assert "sPavadinimas2" not in sent
    # Goods in their first unit; services in hundredths, which have no such flag.
    assert (goods[0]["nKiekis"], goods[0]["nPirmasMat"]) == ("2", "1")
    assert (services[0]["nKiekis"], "nPirmasMat" in services[0]) == ("100", False)
    total = sum(
        Decimal(line["dSumaV"]) + Decimal(line["dSumaPVMV"]) for line in (*goods, *services)
    )
    assert total == Decimal("28.56")
    assert (goods[0]["dSumaV"], goods[0]["dSumaL"]) == ("20.00", "20.00")


def test_a_client_code_that_does_not_fit_is_refused_before_it_is_sent() -> None:
    with pytest.raises(InvalidPayload):
        payload_of(sale(), "SIXTEENCHARACTER")


def test_look_ups_search_every_class_and_title_that_the_rules_use() -> None:
    scope = scope_of(rules_of(RESERVATIONS))
    assert scope.slots == {5}
    assert scope.reservations == {OperationClass.RESERVATION}
    assert scope_of(None).slots == frozenset()
    assert partner_clients(rules_of())[:2] == ("AMZUS", "AMZCA")


def test_a_buyer_is_read_from_amazons_own_words() -> None:
    order = {
        "buyer": {"buyerName": "B", "buyerCompanyName": "Muster GmbH"},
        "recipient": {
            "deliveryAddress": {"name": "N", "addressLine1": "S 1", "addressLine2": " ", "city": ""}
        },
    }
    assert buyer_of(order) == {
        "name": "N",
        "company_name": "Muster GmbH",
        "street": "S 1",
        "city": None,
        "post_code": None,
        "phone": None,
    }
    assert set(buyer_of({"buyer": None}).values()) == {None}


def test_a_reason_may_hold_braces() -> None:
    held = said("client_taken", code="B2B{x}")
    assert "B2B{x}" in held.text.en
    assert "B2B{x}" in held.as_json()["lt"]
