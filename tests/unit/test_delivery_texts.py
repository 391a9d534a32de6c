"""Why an order waits is told in whole sentences, in the reader's language alone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fvsamazon.delivery import holds
from fvsamazon.delivery.adopting import client_apart, differences
from fvsamazon.finvalda import codes, errors
from fvsamazon.finvalda.fields import build
from fvsamazon.finvalda.records import OperationRow
from fvsamazon.finvalda.tables import CARDS, ItemClass

ROW = OperationRow(
    journal="AMZ", number=1, series="", document="1", client="A", currency="EUR",
    amount=Decimal(5), date=None, user="", created=None, titles=("",) * 5,
)  # fmt: skip


@pytest.mark.parametrize(
    ("said", "english", "lithuanian"),
    [
        ("Nerado mokesčio", "refuses it with 26: Nerado mokesčio.", "kodu 26: Nerado mokesčio."),
        ("Nerado.", "refuses it with 26: Nerado.", "kodu 26: Nerado."),
        ("", "Finvalda refuses it with 26.", "Finvalda atmeta su kodu 26."),
    ],
)
def test_a_refusal_ends_as_a_sentence(said: str, english: str, lithuanian: str) -> None:
    refused = errors.refusal("X", codes.classify(26, said), said)
    (reason,) = holds.refused(refused).reasons
    assert reason.text.en.endswith(english)
    assert reason.text.lt.endswith(lithuanian)


def test_a_value_that_no_field_takes_is_told_in_both_languages() -> None:
    with pytest.raises(errors.InvalidPayload) as caught:
        build(
            "Fvs.Klientas",
            CARDS[ItemClass.CLIENT],
            {"sKodas": "K" * 40, "nFizinisAsmuo": 2, "sMoon": "x"},
        )
    (reason,) = holds.unfit(caught.value).reasons
    for english, lithuanian in (
        ("sKodas: longer than 15 characters", "sKodas: ilgiau, negu telpa ženklų: 15"),
        ("nFizinisAsmuo: 0 or 1 is expected", "nFizinisAsmuo: turi būti 0 arba 1"),
        ("sMoon: Finvalda has no such field here", "sMoon: tokio lauko čia Finvalda neturi"),
    ):
        assert english in reason.text.en
        assert lithuanian in reason.text.lt
        assert english not in reason.text.lt
    assert reason.text.lt.endswith(".")


def test_where_a_document_differs_is_told_in_both_languages() -> None:
    found = [*differences(ROW, "PLN", Decimal(6)), client_apart("A", "B")]
    assert [one.text.lt for one in found] == [
        "valiuta EUR ≠ PLN",
        "suma 5 ≠ 6",
        "klientas A ≠ B",
    ]
    assert [one.text.en for one in found] == ["currency EUR ≠ PLN", "total 5 ≠ 6", "client A ≠ B"]
