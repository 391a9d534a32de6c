"""Only what Finvalda knows, and only what fits, ever leaves; every fault is told at once."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fvsamazon.finvalda.errors import InvalidPayload
from fvsamazon.finvalda.fields import Shape, build
from fvsamazon.finvalda.tables import (
    CARDS,
    DELETION,
    EDITS,
    GOODS,
    OPERATIONS,
    PARAMETER,
    SERVICES,
    UPDATE,
    ItemClass,
    OperationClass,
)

if TYPE_CHECKING:
    from fvsamazon.finvalda.fields import Payload, Values

SALE = OPERATIONS[OperationClass.SALE]
CLIENT = CARDS[ItemClass.CLIENT]

GOODS_LINE: dict[str, Any] = {
    "sKodas": "PUODELIS01",
    "sSandelis": "CENTR",
    "nKiekis": 2,
    "nPirmasMat": True,
    "dSumaV": Decimal("16.79"),
    "dSumaL": Decimal("16.79"),
    "dSumaPVMV": Decimal("3.19"),
    "dPVM_Procentas": Decimal(19),
    "sPvmKodas": "OSSDE19",
    "sPapInf": "70000000000011",
}
HEADER: dict[str, Any] = {
    "sKlientas": "AMZDE",
    "sSerija": "AMZ",
    "sDokumentas": "405-1234567-7654321",
    "sValiuta": "EUR",
    "tData": date(2026, 11, 20),
    "sDokRusis": "SF",
    "sPavadinimas5": "AMZ 405-1234567-7654321",
}


def sale(**changes: Any) -> Payload:
    values: Values = {**HEADER, GOODS: [GOODS_LINE], **changes}
    return build("PardDok", SALE, values)


def faults(**changes: Any) -> tuple[str, ...]:
    with pytest.raises(InvalidPayload) as caught:
        sale(**changes)
    return caught.value.faults


def client(**changes: Any) -> Payload:
    values = {PARAMETER: "FVSAMAZON", "sKodas": "AMZ1", "sPavadinimas": "Greta Beispiel", **changes}
    return build("Fvs.Klientas", CLIENT, values)


def test_sale_is_written_as_the_manual_shows_it() -> None:
    service = {"sKodas": "SIUNTIMAS", "nKiekis": 100, "dSumaV": Decimal("4.19")}
    document = json.loads(sale(**{SERVICES: service}).text)
    assert document == {
        "PardDok": {
            "sKlientas": "AMZDE",
            "sSerija": "AMZ",
            "sDokumentas": "405-1234567-7654321",
            "sPavadinimas5": "AMZ 405-1234567-7654321",
            "sValiuta": "EUR",
            "tData": "2026-11-20",
            "sDokRusis": "SF",
            GOODS: [
                {
                    "sKodas": "PUODELIS01",
                    "sSandelis": "CENTR",
                    "nKiekis": "2",
                    "nPirmasMat": "1",
                    "dSumaV": "16.79",
                    "dSumaL": "16.79",
                    "dSumaPVMV": "3.19",
                    "dPVM_Procentas": "19",
                    "sPvmKodas": "OSSDE19",
                    "sPapInf": "70000000000011",
                }
            ],
            SERVICES: [{"sKodas": "SIUNTIMAS", "nKiekis": "100", "dSumaV": "4.19"}],
        }
    }


def test_text_is_ascii_and_can_be_kept() -> None:
    payload = sale(sPastaba="Ąžuolas")
    assert payload.text.isascii()
    assert "\\u0104" in payload.text
    assert payload.document()["sPastaba"] == "Ąžuolas"


def test_every_fault_is_told_at_once_and_no_value_is_repeated() -> None:
    told = faults(
        sKlientas="GRETA-BEISPIEL-16",
        sMisspelt="x",
        sValiuta=None,
        tData="2026-11-20",
        nVarna=2,
        **{GOODS: [{**GOODS_LINE, "sKodas": "", "dSumaV": 16.79, "sSandeliss": "A"}]},
    )
    assert told == (
        "sMisspelt: Finvalda has no such field here",
        "sKlientas: longer than 15 characters",
        "sValiuta: must be given",
        "tData: a date is expected",
        "nVarna: 0 or 1 is expected",
        "PardDokPrekeDetEil[0].sSandeliss: Finvalda has no such field here",
        "PardDokPrekeDetEil[0].sKodas: must be given",
        "PardDokPrekeDetEil[0].dSumaV: a decimal number is expected",
    )
    assert "GRETA" not in str(told)


def test_a_line_of_unknown_name_is_refused_since_the_server_would_drop_it() -> None:
    assert faults(PardGrazDokPrekeDetEil=[GOODS_LINE]) == (
        "PardGrazDokPrekeDetEil: Finvalda has no such field here",
    )
    assert faults(**{GOODS: []}) == ("lines: at least one must be given",)
    assert faults(**{GOODS: "x"}) == (f"{GOODS}: lines are expected",)


def test_a_line_without_its_sum_would_be_booked_at_zero() -> None:
    line = {**GOODS_LINE, "dSumaV": None, "dSumaVntV": Decimal("8.39")}
    assert faults(**{GOODS: [line]}) == (f"{GOODS}[0].dSumaV: must be given",)


def test_client_may_be_told_by_company_code() -> None:
    assert faults(sKlientas=None) == ("sKlientas or sKlientImonesKodas: must be given",)
    assert "sKlientas" not in sale(sKlientas=None, sKlientImonesKodas="304567891").document()


def test_number_of_finvaldas_own_range_leaves_the_document_out() -> None:
    assert "sDokumentas" not in sale(sDokumentas=None).document()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("16.79"), "16.79"),
        (Decimal("16.790"), "16.79"),
        (Decimal("1E+2"), "100"),
        (Decimal("-0.00"), "0.00"),
        (Decimal("-5.10"), "-5.10"),
        (0, "0"),
        (Decimal("999999999999.99"), "999999999999.99"),
    ],
)
def test_money_is_written_plain_and_exact(value: Decimal, text: str) -> None:
    (line,) = json.loads(sale(**{GOODS: [{**GOODS_LINE, "dSumaV": value}]}).text)["PardDok"][GOODS]
    assert line["dSumaV"] == text


@pytest.mark.parametrize(
    "value",
    [
        16.79,
        "16.79",
        True,
        Decimal("16.795"),
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1E+12"),
        Decimal("1E-999999"),
    ],
)
def test_money_is_never_rounded_or_guessed(value: object) -> None:
    assert len(faults(**{GOODS: [{**GOODS_LINE, "dSumaV": value}]})) == 1


@settings(deadline=None)
@given(st.decimals(allow_nan=False, places=2, min_value=-999999999999, max_value=999999999999))
def test_any_amount_arrives_to_the_cent(amount: Decimal) -> None:
    (line,) = json.loads(sale(**{GOODS: [{**GOODS_LINE, "dSumaV": amount}]}).text)["PardDok"][GOODS]
    assert Decimal(line["dSumaV"]) == amount
    assert "E" not in line["dSumaV"]


@pytest.mark.parametrize("value", [datetime(2026, 11, 20, tzinfo=UTC), "2026-11-20", 20261120])
def test_a_day_is_a_date_and_nothing_else(value: object) -> None:
    assert faults(tData=value) == ("tData: a date is expected",)


def test_codes_are_refused_where_free_text_is_cut() -> None:
    payload = client(
        sPavadinimas="Юлия " + "x" * 120,
        sAdresas="Lindenhof 8, " + "y" * 90,
        sTelefonas="+49 30 1234567890123",
        sEMail="abcdefghijklmno1234567890@marketplace.amazon.de",
        sPastabos=None,
    )
    document = payload.document()
    assert len(str(document["sPavadinimas"])) == 100
    assert str(document["sPavadinimas"]).startswith("Iuliia x")
    assert len(str(document["sAdresas"])) == 90
    # A telephone number or an e-mail address cut short is a wrong one.
    assert "sTelefonas" not in document
    assert "sEMail" not in document
    assert payload.cut == ("sPavadinimas", "sAdresas")
    assert payload.left_out == ("sTelefonas", "sEMail")
    with pytest.raises(InvalidPayload) as caught:
        client(sKodas="A" * 16, sPvmMoketojoKod="漢字")
    assert caught.value.faults == (
        "sKodas: longer than 15 characters",
        "sPvmMoketojoKod: holds characters that Finvalda cannot store",
    )


def test_a_title_that_is_searched_must_arrive_whole() -> None:
    values: Values = {**HEADER, "sPavadinimas5": "x" * 51, GOODS: [GOODS_LINE]}
    assert build("PardDok", SALE, values).cut == ("sPavadinimas5",)
    with pytest.raises(InvalidPayload) as caught:
        build("PardDok", SALE, values, whole=("sPavadinimas5",))
    assert caught.value.faults == ("sPavadinimas5: longer than 50 characters",)


def test_cards_have_the_import_parameter_first_and_numbers_as_numbers() -> None:
    text = client(nFizinisAsmuo=True, nTipas=0, sValstybeKodas="DE").text
    assert text.startswith('{"Fvs.Klientas":{"sFvsImportoParametras":"FVSAMAZON","sKodas":')
    assert '"nTipas":0' in text
    assert '"nFizinisAsmuo":1' in text


def test_personal_values_are_in_no_repr() -> None:
    payload = client(sAdresas="Lindenhof 8")
    assert "Greta" not in repr(payload)
    assert "Lindenhof" not in repr(payload)


def test_a_name_in_unspellable_signs_only_is_no_name() -> None:
    with pytest.raises(InvalidPayload) as caught:
        client(sPavadinimas="\N{WRAPPED PRESENT}")
    assert caught.value.faults == ("sPavadinimas: must be given",)


def test_edits_need_the_key_alone() -> None:
    edited = build("Fvs.Klientas", EDITS[ItemClass.CLIENT], {PARAMETER: "P", "sKodas": "A"})
    assert edited.document() == {PARAMETER: "P", "sKodas": "A"}
    with pytest.raises(InvalidPayload):
        build("Fvs.Klientas", EDITS[ItemClass.CLIENT], {PARAMETER: "P", "sPavadinimas": "x"})


def test_deletion_and_update_name_their_operation() -> None:
    known: Values = {"sZurnalas": "$PARD.", "nNumeris": 61}
    assert build("DelPardDok", DELETION, known).document() == {
        "sZurnalas": "$PARD.",
        "nNumeris": "61",
    }
    changed = build(
        "KoregPardRezDok",
        UPDATE,
        {
            **known,
            "PardDokHeadEil": {"sPavadinimas4": "x"},
            "DelPrekeDetEil": [{"sKodas": "A"}],
            GOODS: [GOODS_LINE],
        },
    ).document()
    # The header part is one object, the lines are lists.
    assert changed["PardDokHeadEil"] == {"sPavadinimas4": "x"}
    assert changed["DelPrekeDetEil"] == [{"sKodas": "A"}]
    with pytest.raises(InvalidPayload):
        build("DelPardDok", DELETION, {"sZurnalas": "", "nNumeris": 61})


def test_a_single_value_is_never_a_list_and_a_list_never_a_value() -> None:
    assert faults(sPastaba=["a"]) == ("sPastaba: text is expected",)
    assert faults(**{GOODS: [1]}) == (f"{GOODS}[0]: a line is expected",)


LENGTHS = {
    "Fvs.Klientas": {"sKodas": 15, "sPavadinimas": 100, "sAdresas": 90, "sTelefonas": 15}
    | {"sAtsakingasAsmuo": 50, "sPvmMokKod": 15, "sDebtSask": 20, "sKredSask": 20, "sBankas": 20}
    | {"sBankoSaskaita": 35, "sImKodas": 13, "sPvmMoketojoKod": 30, "sPastabos": 60, "sRusis": 10}
    | {"sEMail": 30, "sPasiulomaValiuta": 3, "sYraKlientoPadalinys": 15, "sObjektas4": 10}
    | {"sPozymis3": 13, "sValstybe": 20, "sValstybeKodas": 3, "sMiestas": 20, "sPastoKodas": 20},
    "Fvs.Adresas": {"sKodas": 13, "sKlientoKodas": 15, "sAdresas": 50, "sPapildomaInf3": 50}
    | {"sMiestas": 30, "sValstybe": 30, "sElPastoAdr": 50, "sTelefonoNr": 20, "sPozymis1": 13}
    | {"sPastoIndeksas": 20},
    "Fvs.Preke": {"sKodas": 20, "sPavadinimas": 50, "sBarKodas": 13, "sPastaba": 100}
    | {"sRysysSuSask": 10, "sMatavimoVnt": 10, "sMokestis": 10, "sInformacija": 10, "sUrl": 255}
    | {"sIntrastatKodas": 20, "sTiekejas3": 15, "sPreKodTiek3Kataloge": 20, "sKilmesSalis": 3},
    "Fvs.Paslauga": {"sKodas": 13, "sPavadinimas": 50, "sBARKodas": 20, "sPastabos12": 60},
}
SALE_LENGTHS = {"sKlientas": 15, "sKlientImonesKodas": 30, "sSerija": 10, "sDokumentas": 20}
SALE_LENGTHS |= {"sPavadinimas5": 50, "sValiuta": 3, "sSutartis": 13, "sMasina": 150}
SALE_LENGTHS |= {"sVezejas": 15, "sGavejas": 15, "sAdresas": 13, "sPastaba": 255, "sObjektas6": 10}
SALE_LENGTHS |= {"sDarbuotojas": 10, "sDokRusis": 2, "sKrovSvoris": 50}


def test_lengths_are_the_manuals() -> None:
    for item_class, table in CARDS.items():
        told = LENGTHS[item_class.value]
        assert {name: table.fields[name].length for name in told} == told
    for op_class in (OperationClass.SALE, OperationClass.RESERVATION):
        table = OPERATIONS[op_class]
        assert {name: table.fields[name].length for name in SALE_LENGTHS} == SALE_LENGTHS
    goods, services = SALE.groups[GOODS], SALE.groups[SERVICES]
    assert (goods.fields["sKodas"].length, services.fields["sKodas"].length) == (20, 13)
    assert (goods.fields["sSandelis"].length, goods.fields["sPapInf"].length) == (10, 30)
    assert (goods.fields["dSumaV"].digits, goods.fields["dSumaV"].decimals) == (14, 2)
    assert (goods.fields["dSumaVntV"].digits, goods.fields["dSumaVntV"].decimals) == (14, 4)
    assert "sSandelis" not in services.fields
    assert "sSandelis" not in SALE.fields


def test_every_table_starts_with_what_must_come_first() -> None:
    for table in CARDS.values():
        assert next(iter(table.fields)) == PARAMETER


@pytest.mark.parametrize("op_class", OperationClass)
def test_names_of_deletion_and_update(op_class: OperationClass) -> None:
    assert op_class.deletion == f"Del{op_class.value}"
    uvm = op_class is OperationClass.UVM_RESERVATION
    assert op_class.update == (None if uvm else f"Koreg{op_class.value}")


def test_prefix_of_a_name_tells_its_shape() -> None:
    shapes = {
        "s": {Shape.CODE, Shape.TEXT, Shape.WHOLE},
        "t": {Shape.DAY},
        "d": {Shape.NUMBER},
        "n": {Shape.FLAG, Shape.COUNT, Shape.NUMBER},
    }
    for table in (*CARDS.values(), *OPERATIONS.values(), SALE.groups[GOODS], SALE.groups[SERVICES]):
        for name, spec in table.fields.items():
            assert spec.shape in shapes[name[0]], name
