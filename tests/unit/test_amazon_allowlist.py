"""The allow-list: no personal field stands on it, and every path on it exists at Amazon."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fvsamazon.amazon.allowlist import ORDER, Choice, Leaf, is_read
from fvsamazon.amazon.split import split

if TYPE_CHECKING:
    from fvsamazon.amazon.allowlist import Node

PERSONAL = frozenset(
    {
        "buyer",
        "buyerName",
        "buyerEmail",
        "giftMessage",
        "customization",
        "customizedUrl",
        "name",
        "addressLine1",
        "addressLine2",
        "addressLine3",
        "city",
        "districtOrCounty",
        "municipality",
        "postalCode",
        "phone",
        "extendedFields",
        "companyName",
        "deliveryPreference",
        "cancelReason",
        "serialNumbers",
        "trackingNumber",
        "transparencyCodes",
        "taxRegistrationAddress",
        "taxRegistrationAttributes",
        "acquirerId",
        "authorizationCode",
        "cardBrand",
        "conditionNote",
    }
)
COMPANY = {"entityType": "BUYER", "taxRegistrationType": "VAT"}


def walk(node: Node, at: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Leaf]]:
    if isinstance(node, Leaf):
        return [(at, node)]
    if isinstance(node, list):
        return walk(node[0], at)
    fields = node.fields(COMPANY) if isinstance(node, Choice) else node
    return [leaf for key, inner in fields.items() for leaf in walk(inner, (*at, key))]


def test_no_field_that_amazon_calls_personal_is_on_the_list() -> None:
    named = {step for path, _ in walk(ORDER) for step in path}
    assert named & PERSONAL == set()
    assert len(walk(ORDER)) > 90


@pytest.mark.parametrize(
    ("registration", "kept"),
    [
        ({"entityType": "BUYER", "taxRegistrationType": "VAT"}, True),
        ({"entityType": "BUYER", "taxRegistrationType": "BUSINESS"}, True),
        ({"entityType": "BUYER", "taxRegistrationType": "CNPJ"}, True),
        ({"entityType": "BUYER", "taxRegistrationType": "CPF"}, False),
        ({"entityType": "BUYER", "taxRegistrationType": "TOMORROW"}, False),
        ({"entityType": "BUYER"}, False),
        ({"entityType": "MERCHANT"}, True),
        ({"entityType": "MARKETPLACE", "taxRegistrationType": "CNPJ"}, True),
        ({}, False),
    ],
)
def test_the_number_of_a_natural_person_is_protected(
    registration: dict[str, str], kept: bool
) -> None:
    sent = registration | {"taxRegistrationNumber": "123", "legalName": "Somebody"}
    public, rest = split({"tax": {"taxRegistrations": [sent]}}, personal=True)
    (shown,) = public["tax"]["taxRegistrations"]
    assert ("taxRegistrationNumber" in shown) is kept
    assert ("legalName" in shown) is kept
    assert bool(rest) is not kept


def test_a_path_with_nothing_to_read_may_change_its_form() -> None:
    assert is_read(ORDER)
    assert not is_read(Leaf.NOTE)
    public, rest = split(
        {"payment": ["x"], "fulfillmentOrders": {"a": {"b": 1}}, "orderId": 7}, personal=True
    )
    assert public == {"orderId": "7"}
    assert rest == {"payment": ["x"], "fulfillmentOrders": {"a": {"b": 1}}}


@pytest.mark.skipif(not os.environ.get("REFERENCE_DIR"), reason="REFERENCE_DIR is not set")
def test_every_path_exists_in_amazons_model() -> None:
    folder = Path(os.environ["REFERENCE_DIR"])
    text = (folder / "amazon-orders-2026-01-01.openapi.json").read_text("utf-8")
    definitions: dict[str, Any] = json.loads(text)["definitions"]

    def resolve(schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema or schema.get("type") == "array":
            name = schema.get("$ref", "").rpartition("/")[2]
            schema = definitions[name] if name else schema["items"]
        return schema

    for path, _ in walk(ORDER):
        schema = definitions["Order"]
        for step in path:
            schema = resolve(schema)["properties"][step]
        assert "properties" not in resolve(schema), path
