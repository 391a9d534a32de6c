"""Each call sends what the web service asks for and reads what it answers, or says why not."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from fvsamazon.errors import InDoubt, Unavailable
from fvsamazon.finvalda import codes, errors
from fvsamazon.finvalda.cards import DESCRIPTIONS
from fvsamazon.finvalda.client import BARCODES, GET_OPERATIONS, RATES, FinvaldaClient
from fvsamazon.finvalda.fields import build
from fvsamazon.finvalda.operations import UVM_LISTS, UVM_SEARCH
from fvsamazon.finvalda.records import OpClass, Saved
from fvsamazon.finvalda.tables import GOODS, OPERATIONS, ItemClass, OperationClass
from fvsamazon.finvalda.transport import Credentials

if TYPE_CHECKING:
    from fvsamazon.finvalda.fields import Payload

URL = "http://127.0.0.1:87/FvsServicePure.svc"
ORDER = "405-1234567-7654321"
DONE = {"AccessResult": "Success", "error": "", "nResult": 0}
ROW = {
    "journal": "$PARD.",
    "op_number": 45152,
    "series": "AMZ",
    "order_number": ORDER,
    "client": "AMZDE",
    "currency": "EUR",
    "amount": 37.47,
    "op_date": "2026-11-20T00:00:00",
    "user_name": "ROBOT.",
    "date_created": "2026-11-21T09:49:23.893006",
    "description1": "DE MERCHANT",
    "description5": f"AMZ {ORDER}",
}


class Service:
    """A web service with a script: what each method answers, and what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = answers
        self.asked: list[tuple[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        method = request.url.path.rpartition("/")[2]
        body = json.loads(request.content) if request.content else dict(request.url.params)
        self.asked.append((method, body))
        answer: Any = self.answers.get(method, 404)
        if callable(answer):
            answer = answer(body)
        if isinstance(answer, int):
            return httpx.Response(answer)
        return httpx.Response(200, json=answer)

    def client(self) -> FinvaldaClient:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return FinvaldaClient(http, URL, Credentials("ROBOT.", "pw"), timeout=5)


def items(*rows: object) -> dict[str, object]:
    return {"AccessResult": "Success", "error": "", "items": list(rows)}


def fail(number: int, text: str = "text") -> dict[str, object]:
    return {"AccessResult": "Fail", "error": text, "nResult": number}


def sale(op_class: OperationClass = OperationClass.SALE) -> Payload:
    line: dict[str, Any] = {
        "sKodas": "A",
        "sSandelis": "C",
        "nKiekis": 1,
        "dSumaV": Decimal("1.00"),
    }
    header: dict[str, Any] = {"sKlientas": "AMZDE", "sValiuta": "EUR", "tData": date(2026, 11, 20)}
    return build(op_class.value, OPERATIONS[op_class], {**header, GOODS: [line]})


async def test_card_is_inserted_with_the_parameter_first() -> None:
    service = Service(InsertNewItem=DONE)
    fields: dict[str, Any] = {"sKodas": "AMZ1", "sPavadinimas": "Greta", "nFizinisAsmuo": True}
    await service.client().insert_item(ItemClass.CLIENT, fields, parameter="FVSAMAZON")
    ((method, body),) = service.asked
    assert method == "InsertNewItem"
    assert set(body) == {"ItemClassName", "xmlstring"}
    assert body["ItemClassName"] == "Fvs.Klientas"
    # A string that holds JSON, not an object.
    inner = json.loads(body["xmlstring"])["Fvs.Klientas"]
    assert next(iter(inner.items())) == ("sFvsImportoParametras", "FVSAMAZON")
    assert inner["sPavadinimas"] == "Greta"


async def test_a_card_that_exists_is_told_as_such() -> None:
    service = Service(InsertNewItem=fail(3, "Client code 'AMZ1' (Greta Beispiel) repeats"))
    fields = {"sKodas": "AMZ1", "sPavadinimas": "Greta Beispiel"}
    with pytest.raises(errors.StateRefused) as caught:
        await service.client().insert_item(ItemClass.CLIENT, fields, parameter="P")
    assert caught.value.number == 3
    assert "Greta" not in str(caught.value)


async def test_card_is_edited_by_its_code() -> None:
    service = Service(EditItem=DONE)
    client = service.client()
    await client.edit_item(ItemClass.PRODUCT, {"sKodas": "A", "sPastaba": "x"}, parameter="P")
    await client.edit_item(
        ItemClass.ADDRESS, {"sKodas": "A1", "sKlientoKodas": "C", "sMiestas": "x"}, parameter="P"
    )
    (_, product), (_, address) = service.asked
    assert product["sItemCode"] == "A"
    assert "sItemCode" not in address


async def test_without_a_parameter_nothing_is_sent() -> None:
    service = Service(InsertNewItem=DONE, InsertNewOperation=DONE)
    client = service.client()
    with pytest.raises(errors.InvalidPayload):
        await client.insert_item(
            ItemClass.CLIENT, {"sKodas": "A", "sPavadinimas": "n"}, parameter=""
        )
    with pytest.raises(errors.InvalidPayload):
        await client.insert_operation(OperationClass.SALE, " ", sale())
    with pytest.raises(ValueError, match="not a PardRezDok"):
        await client.insert_operation(OperationClass.RESERVATION, "P", sale())
    assert service.asked == []


@pytest.mark.parametrize("op_class", OperationClass)
async def test_saved_operation_tells_its_four_names(op_class: OperationClass) -> None:
    told = {"SERIJA": "AMZ", "DOKUMENTAS": ORDER, "ZURNALAS": "$PARD.", "NUMERIS": "1287"}
    service = Service(InsertNewOperation={**DONE, "error": "<OP_DUOMENYS/>", "OP_DUOMENYS": told})
    saved = await service.client().insert_operation(op_class, "FVSAMAZON", sale(op_class))
    assert saved == Saved("AMZ", ORDER, "$PARD.", 1287)
    ((_, body),) = service.asked
    assert list(body) == ["ItemClassName", "sParametras", "xmlstring"]
    assert (body["ItemClassName"], body["sParametras"]) == (op_class.value, "FVSAMAZON")
    assert json.loads(body["xmlstring"])[op_class.value]["sKlientas"] == "AMZDE"


@pytest.mark.parametrize(
    "told", [{}, {"ZURNALAS": "P"}, {"NUMERIS": "7"}, {"ZURNALAS": "P", "NUMERIS": "x"}]
)
async def test_saved_but_unknown_as_what_is_to_be_looked_up(told: dict[str, str]) -> None:
    service = Service(InsertNewOperation={**DONE, "OP_DUOMENYS": told})
    with pytest.raises(InDoubt) as caught:
        await service.client().insert_operation(OperationClass.SALE, "P", sale())
    assert caught.value.code == "unidentified"


async def test_operation_is_deleted_and_updated_by_journal_and_number() -> None:
    service = Service(DeleteOperation=DONE, UpdateOperation=DONE)
    client = service.client()
    await client.delete_operation(OperationClass.UVM_RESERVATION, "$REZ", 3, parameter="P")
    await client.update_operation(
        OperationClass.RESERVATION,
        "$REZ",
        3,
        parameter="P",
        changes={"PardDokHeadEil": {"sPavadinimas4": "x"}},
    )
    (_, deleted), (_, updated) = service.asked
    assert deleted["ItemClassName"] == "DelUVMPardRezDok"
    assert json.loads(deleted["xmlstring"]) == {
        "DelUVMPardRezDok": {"sZurnalas": "$REZ", "nNumeris": "3"}
    }
    assert updated["ItemClassName"] == "KoregPardRezDok"
    assert json.loads(updated["xmlstring"])["KoregPardRezDok"]["PardDokHeadEil"] == {
        "sPavadinimas4": "x"
    }
    with pytest.raises(ValueError, match="cannot edit"):
        await client.update_operation(
            OperationClass.UVM_RESERVATION, "$R", 3, parameter="P", changes={}
        )


async def test_gone_already_is_a_refusal_the_caller_can_tell() -> None:
    service = Service(DeleteOperation=fail(1070))
    with pytest.raises(errors.StateRefused) as caught:
        await service.client().delete_operation(OperationClass.SALE, "P", 3, parameter="P")
    assert caught.value.number in codes.ALREADY_GONE


async def test_operation_is_found_by_its_number() -> None:
    service = Service(GetOperations=items(ROW))
    (row,) = await service.client().find_operations(OpClass.SALES, order_number=ORDER)
    assert (row.journal, row.number, row.series, row.document) == ("$PARD.", 45152, "AMZ", ORDER)
    assert (row.client, row.currency, row.amount) == ("AMZDE", "EUR", Decimal("37.47"))
    assert row.titles == ("DE MERCHANT", "", "", "", f"AMZ {ORDER}")
    assert (row.date, row.user) == (date(2026, 11, 20), "ROBOT.")
    vilnius = ZoneInfo("Europe/Vilnius")
    assert row.created == datetime(2026, 11, 21, 9, 49, 23, 893006, tzinfo=vilnius)
    ((_, body),) = service.asked
    parameters = body["opReadParams"]
    assert parameters["OpClass"] == "Sales"
    assert parameters["fullOp"] is False
    # Without series, client and date, which change.
    assert parameters["filter"] == {"OrderNumber": ORDER}
    assert {"journal", "op_number", "amount"} <= set(parameters["columns"]["column"])


@pytest.mark.parametrize("answer", [items(), {"AccessResult": "Success", "items": None}])
async def test_nothing_found_is_an_empty_list(answer: dict[str, object]) -> None:
    service = Service(GetOperations=answer)
    assert await service.client().find_operations(OpClass.SALES, order_number=ORDER) == []


@pytest.mark.parametrize(
    "answer",
    [
        500,
        items({**ROW, "journal": None}),
        items({**ROW, "op_number": "x"}),
        items({key: value for key, value in ROW.items() if key != "amount"}),
        items({**ROW, "date_created": "yesterday"}),
        items("row"),
        {"AccessResult": "Success", "Sales": [ROW], "Other": [ROW]},
        {"AccessResult": "Success"} | {"items": 1},
    ],
)
async def test_a_failed_look_up_never_means_absent(answer: object) -> None:
    service = Service(GetOperations=answer)
    with pytest.raises(Unavailable):
        await service.client().find_operations(OpClass.SALES, order_number=ORDER)


async def test_a_search_whose_filter_was_ignored_proves_nothing() -> None:
    other = {**ROW, "order_number": "001", "op_number": 1}
    client = Service(GetOperations=items(other)).client()
    with pytest.raises(errors.FilterIgnored):
        await client.find_operations(OpClass.SALES, order_number=ORDER)
    with pytest.raises(errors.FilterIgnored):
        await client.find_operations(OpClass.SALES, title="*no such*", title_slot=5)
    # The one that is there is found among the others.
    client = Service(GetOperations=items(other, ROW)).client()
    (row,) = await client.find_operations(OpClass.SALES, order_number=ORDER)
    assert row.number == 45152


async def test_rows_of_a_looser_search_are_left_out_without_alarm() -> None:
    longer = {**ROW, "order_number": f"{ORDER}A"}
    client = Service(GetOperations=items(longer)).client()
    assert await client.find_operations(OpClass.SALES, order_number=ORDER) == []


@pytest.mark.parametrize(
    ("pattern", "slot", "found"),
    [
        (f"AMZ {ORDER}", 5, True),
        (f"*{ORDER}", 5, True),
        (f"amz*{ORDER[4:]}*", 5, True),
        ("DE MERCHANT", 1, True),
        ("*", 1, True),
    ],
)
async def test_title_is_searched_in_its_slot(pattern: str, slot: int, found: bool) -> None:
    service = Service(GetOperations=items(ROW))
    rows = await service.client().find_operations(OpClass.SALES, title=pattern, title_slot=slot)
    assert bool(rows) is found
    name = "Description" if slot == 1 else f"Description{slot}"
    assert service.asked[0][1]["opReadParams"]["filter"] == {name: pattern}


@pytest.mark.parametrize(
    "criteria",
    [
        {},
        {"order_number": ""},
        {"title": ""},
        {"title": "x", "title_slot": 6},
    ],
)
async def test_an_empty_search_would_return_the_ledger(criteria: dict[str, Any]) -> None:
    service = Service(GetOperations=items(ROW))
    with pytest.raises(ValueError, match=r"look for|belong together"):
        await service.client().find_operations(OpClass.SALES, **criteria)
    assert service.asked == []


UVM_ROW = {
    "zurnalas": "$UVM",
    "numeris": 12,
    "dokumentas": ORDER,
    "pavadinimas1": "x",
    "pavadinimas5": f"AMZ {ORDER}",
    "kliento_kodas": "AMZDE",
    "data": "2026-11-20T00:00:00",
    "suma": "37.47",
    "valiuta": "EUR",
}
EMPTY_LISTS = dict.fromkeys(UVM_LISTS, items())


async def test_reservation_of_the_order_module_by_its_own_search() -> None:
    service = Service(**{UVM_SEARCH: items(ROW)})
    (row,) = await service.client().find_operations(OpClass.UVM_RESERVATIONS, order_number=ORDER)
    assert row.document == ORDER
    assert service.asked == [(UVM_SEARCH, {"sOrderNumber": ORDER})]


@pytest.mark.parametrize(
    "search", [404, items({**ROW, "order_number": "other"}), items({"unknown": "columns"})]
)
async def test_reservation_of_the_order_module_by_the_lists(search: object) -> None:
    series_and_number = {**UVM_ROW, "dokumentas": f"AMZ{ORDER}", "numeris": 13}
    other = {**UVM_ROW, "dokumentas": "other", "numeris": 14}
    answers = {**EMPTY_LISTS, UVM_LISTS[1]: items(UVM_ROW, series_and_number, other)}
    service = Service(**{UVM_SEARCH: search, **answers})
    rows = await service.client().find_operations(OpClass.UVM_RESERVATIONS, order_number=ORDER)
    assert [(row.journal, row.number) for row in rows] == [("$UVM", 12), ("$UVM", 13)]
    assert rows[0].amount == Decimal("37.47")
    assert {method for method, _ in service.asked} == {UVM_SEARCH, *UVM_LISTS}


async def test_reservation_of_the_order_module_by_title() -> None:
    service = Service(**{UVM_SEARCH: items(), **EMPTY_LISTS, UVM_LISTS[0]: items(UVM_ROW)})
    rows = await service.client().find_operations(
        OpClass.UVM_RESERVATIONS, title=f"*{ORDER}", title_slot=5
    )
    assert len(rows) == 1


async def test_a_missing_list_of_the_order_module_is_no_absence() -> None:
    service = Service(**{UVM_LISTS[0]: items(), UVM_LISTS[1]: items()})
    with pytest.raises(errors.MissingMethod):
        await service.client().find_operations(OpClass.UVM_RESERVATIONS, order_number=ORDER)
    service = Service(**{UVM_SEARCH: 503, **EMPTY_LISTS})
    with pytest.raises(Unavailable):
        await service.client().find_operations(OpClass.UVM_RESERVATIONS, order_number=ORDER)


async def test_products_are_asked_for_by_code_in_portions() -> None:
    def answer(body: Any) -> Any:
        codes = body["readParams"]["Products"]["Codes"]
        # The vendor's own server compares without regard to case.
        return items(*({"product": code.lower(), "title": "t", "active": 1} for code in codes))

    service = Service(GetDescriptions=answer)
    codes = [f"P{index}" for index in range(150)]
    found = await service.client().products([*codes, "", " ", "P1"])
    assert len(found) == 150
    assert [len(body["readParams"]["Products"]["Codes"]) for _, body in service.asked] == [100, 50]
    assert service.asked[0][1]["readParams"]["type"] == "Products"


async def test_no_codes_ask_nothing() -> None:
    service = Service()
    client = service.client()
    assert await client.products([]) == []
    assert await client.services([""]) == []
    assert await client.clients([]) == []
    assert await client.product_by_barcodes([]) == []
    assert await client.currency_rates([], date(2026, 1, 1), date(2026, 1, 2)) == []
    with pytest.raises(ValueError, match="whose"):
        await client.addresses("")
    with pytest.raises(ValueError, match="whose"):
        await client.partner_products("")
    with pytest.raises(ValueError, match="which number"):
        await client.clients(vat_code=" ")
    assert service.asked == []


async def test_cards_that_were_not_asked_for_are_left_out() -> None:
    service = Service(GetDescriptions=items({"product": "A"}, {"product": "B"}))
    assert [card.code for card in await service.client().products(["B"])] == ["B"]


async def test_builds_without_lists_are_asked_card_by_card() -> None:
    def card(body: Any) -> Any:
        found = {"sKodas": "A", "sPavadinimas": "t", "sMatavimoVnt": "VNT", "nAktyvi": 0}
        return {
            "AccessResult": "Success",
            "Fvs.Preke": found if body["sPrekesKodas"] == "A" else None,
        }

    service = Service(
        GetPreke=card,
        GetPaslauga={"AccessResult": "Success", "Fvs.Paslauga": {"sKodas": "S"}},
        GetKlientas={"AccessResult": "Success", "Fvs.Klientas": {"sKodas": "C", "nAktyvus": 1}},
    )
    client = service.client()
    (product,) = await client.products(["A", "B"])
    assert (product.code, product.active) == ("A", False)
    assert [service.code for service in await client.services(["S"])] == ["S"]
    assert [card.code for card in await client.clients(["C"])] == ["C"]
    with pytest.raises(errors.MissingMethod):
        await client.clients(vat_code="DE123")
    service.answers["GetPreke"] = fail(2001)
    with pytest.raises(errors.TransientRefused):
        await client.products(["A"])


async def test_client_by_vat_number() -> None:
    row = {"code": "C1", "title": "UAB", "vat_payer_code": "LT 123456715", "country": "LT"}
    service = Service(GetDescriptions=items(row, {"code": "C2", "vat_payer_code": "LT9"}))
    (found,) = await service.client().clients(vat_code="lt123456715")
    assert found.code == "C1"
    assert "UAB" not in repr(found)
    assert service.asked[0][1]["readParams"]["Clients"] == {"VatCode": "lt123456715"}


async def test_lists_of_master_data() -> None:
    def describe(body: Any) -> Any:
        return {
            "Address": items(
                {"client": "C", "code": "A1", "info1": "Greta", "city": "Kaunas", "country": "LT"},
                {"client": "X", "code": "A1"},
            ),
            "BarCodes": items(
                {"code": "P1", "barcode": "307777777"}, {"code": "P2", "barcode": "307777777"}
            ),
            "PartnerProducts": items(
                {"client": "AMZ", "product": "P", "partner_product": "SKU", "currency": "   "},
                {"client": "OTHER", "product": "P", "partner_product": "SKU"},
            ),
            "CurrencyRates": items(
                {"code": "USD", "date": "2025-01-01T00:00:00", "rate": 0.962556550},
                {"code": "USD", "date": "2024-12-31T00:00:00", "rate": 0.9},
                {"code": "DKK", "date": "2025-01-01T00:00:00", "rate": 0.13},
            ),
            "DocumentSeries": items({"code": "AB", "title": "t", "number": "047", "type": 0}),
        }[body["readParams"]["type"]]

    service = Service(
        GetDescriptions=describe,
        GetSandelius=items({"kodas": "CENTR.", "pavadinimas": "Centrinis"}),
        GetMokesciai=items({"kodas": "PVM21", "procentas_1": 21.0, "klasifikatorius": "PVM1"}),
        GetMatavimoVienetus=items({"kodas": "KG", "pirm_mat_pav": "kg", "pirm_antr_sant": "1000"}),
    )
    client = service.client()
    (address,) = await client.addresses("C", ["A1"])
    assert "Greta" not in repr(address)
    assert [match.code for match in await client.product_by_barcodes(["307777777"])] == ["P1", "P2"]
    (partner,) = await client.partner_products("AMZ")
    assert (partner.product, partner.partner_product) == ("P", "SKU")
    first = date(2025, 1, 1)
    (rate,) = await client.currency_rates(["USD"], first, first)
    assert (rate.code, rate.date, rate.rate) == ("USD", first, Decimal("0.962556550"))
    assert [series.code for series in await client.document_series(user="WEB")] == ["AB"]
    assert [warehouse.code for warehouse in await client.warehouses()] == ["CENTR."]
    (vat,) = await client.vat_codes()
    assert (vat.code, vat.percent) == ("PVM21", Decimal(21))


@pytest.mark.parametrize("rate", [0, -1, None])
async def test_a_rate_that_is_none_is_not_used(rate: object) -> None:
    service = Service(GetDescriptions=items({"code": "USD", "date": "2025-01-01", "rate": rate}))
    with pytest.raises(Unavailable):
        await service.client().currency_rates(["USD"], date(2025, 1, 1), date(2025, 1, 1))


async def test_permissions_of_a_user() -> None:
    listed = [
        {"perrmisionClass": 81, "permittedEntities": [{"id1": "2", "id2": "PARD"}]},
        {"perrmisionClass": 65, "permittedEntities": []},
    ]
    answer = {"AccessResult": "Success", "error": "", "result": {"perrmissions": listed}}
    told = await Service(GetUserPermissions=answer).client().user_permissions("ROBOT.")
    assert told.warehouses == frozenset()
    assert told.clients is None


@pytest.mark.parametrize(
    ("insert", "delete", "known"),
    [
        (fail(2012), fail(3017), True),
        (fail(1036), fail(3017), False),
        (fail(1037), fail(1036), False),
        (fail(2000), fail(3017), False),
    ],
)
async def test_import_parameter_is_checked_by_writes_of_nothing(
    insert: object, delete: object, known: bool
) -> None:
    service = Service(InsertNewOperation=insert, DeleteOperation=delete)
    assert await service.client().parameter_known("FVSAMAZON") is known
    assert json.loads(service.asked[0][1]["xmlstring"]) == {}
    for _, body in service.asked[1:]:
        assert json.loads(body["xmlstring"]) == {"DelPardDok": {"sZurnalas": "", "nNumeris": 0}}


async def test_probe_tells_what_a_build_lacks() -> None:
    def describe(body: Any) -> Any:
        return fail(0, "unknown type") if body["readParams"]["type"] == "CurrencyRates" else items()

    service = Service(
        GetSandelius=items(),
        GetOperations=items(),
        GetDescriptions=describe,
        **{UVM_SEARCH: {"AccessResult": "AccessDenied", "error": "not licensed"}},
        **EMPTY_LISTS,
    )
    told = await service.client().probe()
    assert told.operations
    assert told.has(DESCRIPTIONS)
    assert told.uvm_look_up
    assert not told.has(RATES)
    assert dict(told.lacking) == {RATES: "refused with 0", UVM_SEARCH: "denied"}


async def test_probe_of_an_old_build() -> None:
    told = await Service(GetSandelius=items()).client().probe()
    assert not told.operations
    assert not told.has(DESCRIPTIONS)
    assert not told.uvm_look_up
    assert not told.has(BARCODES)
    assert told.lacking[GET_OPERATIONS] == "missing"


async def test_probe_stops_at_wrong_credentials_and_wrong_addresses() -> None:
    denied = {"AccessResult": "AccessDenied", "error": "bad password"}
    with pytest.raises(errors.AccessDenied):
        await Service(GetSandelius=denied).client().probe()
    with pytest.raises(errors.MissingMethod):
        await Service().client().probe()
    with pytest.raises(Unavailable):
        await Service(GetSandelius=items(), GetOperations=503).client().probe()
