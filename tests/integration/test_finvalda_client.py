"""The client against the simulated Finvalda over real HTTP: what it does, and how it fails."""

from __future__ import annotations

import socket
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from fvsamazon.errors import InDoubt, Unavailable
from fvsamazon.finvalda import codes, errors
from fvsamazon.finvalda.cards import DESCRIPTIONS
from fvsamazon.finvalda.client import RATES, FinvaldaClient
from fvsamazon.finvalda.fields import build
from fvsamazon.finvalda.http import new_http_client
from fvsamazon.finvalda.operations import UVM_LISTS, UVM_SEARCH
from fvsamazon.finvalda.records import OpClass
from fvsamazon.finvalda.tables import GOODS, OPERATIONS, SERVICES, ItemClass, OperationClass
from fvsamazon.finvalda.transport import Credentials
from fvsamazon.simulator.finvalda import FinvaldaState
from support.simulated_finvalda import ORDER, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fvsamazon.finvalda.fields import Payload

P = "FVSAMAZON"
LOOK_UPS = {
    OperationClass.SALE: OpClass.SALES,
    OperationClass.RESERVATION: OpClass.RESERVATIONS,
    OperationClass.UVM_RESERVATION: OpClass.UVM_RESERVATIONS,
}
SHAPES = ["xml", "xml_bare", "cp1257", "octet", "bom", "single"]


@pytest.fixture
def state() -> FinvaldaState:
    return FinvaldaState(3, lambda: datetime.now(UTC))


@pytest.fixture
async def url(state: FinvaldaState) -> AsyncIterator[str]:
    async with served(state) as wire:
        yield str(wire.base_url)


@pytest.fixture
async def client(state: FinvaldaState, url: str) -> AsyncIterator[FinvaldaClient]:
    credentials = Credentials(state.username, state.password, state.company_id)
    async with new_http_client(url, timeout=1) as http:
        yield FinvaldaClient(http, url, credentials, timeout=1)


def document(op_class: OperationClass = OperationClass.SALE, **changes: Any) -> Payload:
    goods: dict[str, Any] = {
        "sKodas": "PREKE001",
        "sSandelis": "FBM",
        "nKiekis": 2,
        "nPirmasMat": True,
        "dSumaV": Decimal("16.79"),
        "dSumaL": Decimal("16.79"),
        "dSumaPVMV": Decimal("3.19"),
        "dSumaPVML": Decimal("3.19"),
        "dPVM_Procentas": Decimal(19),
        "sPvmKodas": "OSSDE19",
        "sPapInf": "70000000000011",
    }
    shipping: dict[str, Any] = {
        "sKodas": "SIUNTIMAS",
        "nKiekis": 100,
        "dSumaV": Decimal("4.19"),
        "dSumaL": Decimal("4.19"),
        "dSumaPVMV": Decimal("0.80"),
        "dSumaPVML": Decimal("0.80"),
        "dPVM_Procentas": Decimal(19),
        "sPvmKodas": "OSSDE19",
    }
    header: dict[str, Any] = {
        "sKlientas": "AMZDE",
        "sSerija": "AMZ",
        "sDokumentas": ORDER,
        "sValiuta": "EUR",
        "tData": date(2026, 11, 20),
        "sDokRusis": "SF",
        "sPavadinimas5": f"AMZ {ORDER}",
        GOODS: [goods],
        SERVICES: [shipping],
    }
    return build(op_class.value, OPERATIONS[op_class], {**header, **changes})


def complaints(state: FinvaldaState) -> list[object]:
    told: list[object] = state.truth()["complaints"]
    return told


@pytest.mark.parametrize("op_class", LOOK_UPS)
async def test_document_goes_in_once_and_is_found_again(
    state: FinvaldaState, client: FinvaldaClient, op_class: OperationClass
) -> None:
    look_up = LOOK_UPS[op_class]
    assert await client.find_operations(look_up, order_number=ORDER) == []
    saved = await client.insert_operation(op_class, P, document(op_class))
    assert saved.document == ORDER
    (row,) = await client.find_operations(look_up, order_number=ORDER)
    assert (row.journal, row.number) == (saved.journal, saved.number)
    assert (row.client, row.currency, row.amount) == ("AMZDE", "EUR", Decimal("24.97"))
    assert row.titles[4] == f"AMZ {ORDER}"
    assert row.date == date(2026, 11, 20)
    by_title = await client.find_operations(look_up, title=f"*{ORDER}", title_slot=5)
    assert [found.number for found in by_title] == [saved.number]
    with pytest.raises(errors.StateRefused) as caught:
        await client.insert_operation(op_class, P, document(op_class))
    assert caught.value.number in codes.DOCUMENT_IN_USE
    await client.delete_operation(op_class, saved.journal, saved.number, parameter=P)
    assert await client.find_operations(look_up, order_number=ORDER) == []
    with pytest.raises(errors.StateRefused) as gone:
        await client.delete_operation(op_class, saved.journal, saved.number, parameter=P)
    assert gone.value.number in codes.ALREADY_GONE
    # The search of the order module that this build lacks is no mistake of ours.
    assert complaints(state) == []


async def test_reservation_is_updated(state: FinvaldaState, client: FinvaldaClient) -> None:
    op_class = OperationClass.RESERVATION
    saved = await client.insert_operation(op_class, P, document(op_class))
    await client.update_operation(
        op_class,
        saved.journal,
        saved.number,
        parameter=P,
        changes={"PardDokHeadEil": {"sPavadinimas4": "pakeista"}},
    )
    (row,) = await client.find_operations(OpClass.RESERVATIONS, order_number=ORDER)
    assert (row.journal, row.number) == (saved.journal, saved.number)
    assert row.titles[3] == "pakeista"
    assert complaints(state) == []


async def test_cards_are_made_read_and_edited(state: FinvaldaState, client: FinvaldaClient) -> None:
    fields: dict[str, Any] = {
        "sKodas": "AMZDE7K2Q9F4M1X",
        "sPavadinimas": "Юлия Žemaitė",
        "sAdresas": "Lindenhof 8",
        "sMiestas": "Köln",
        "sValstybeKodas": "DE",
        "nFizinisAsmuo": True,
        "sRusis": "AMAZON",
        "sEMail": "abcdefghijklmno1234567890@marketplace.amazon.de",
    }
    sent = await client.insert_item(ItemClass.CLIENT, fields, parameter=P)
    assert sent.left_out == ("sEMail",)
    (card,) = await client.clients(["AMZDE7K2Q9F4M1X"])
    assert (card.title, card.country) == ("Iuliia Žemaitė", "DE")
    with pytest.raises(errors.StateRefused) as caught:
        await client.insert_item(ItemClass.CLIENT, fields, parameter=P)
    assert caught.value.number in codes.CARD_EXISTS
    assert "Žemaitė" not in str(caught.value)
    company = {
        "sKodas": "B2BDE123456789",
        "sPavadinimas": "Beispiel GmbH",
        "sPvmMoketojoKod": "DE123456789",
        "sValstybeKodas": "DE",
    }
    await client.insert_item(ItemClass.CLIENT, company, parameter=P)
    (found,) = await client.clients(vat_code="DE123456789")
    assert found.code == "B2BDE123456789"
    with pytest.raises(errors.Refused) as repeated:
        await client.insert_item(ItemClass.CLIENT, {**company, "sKodas": "OTHER"}, parameter=P)
    assert repeated.value.number in codes.NUMBER_TAKEN
    address = {"sKodas": "A1", "sKlientoKodas": "AMZDE", "sAdresas": "Lindenhof 8"}
    await client.insert_item(ItemClass.ADDRESS, address, parameter=P)
    assert [card.code for card in await client.addresses("AMZDE", ["A1"])] == ["A1"]
    await client.edit_item(
        ItemClass.CLIENT, {"sKodas": "B2BDE123456789", "sPavadinimas": "Neuer"}, parameter=P
    )
    (edited,) = await client.clients(["B2BDE123456789"])
    assert (edited.title, edited.vat_code) == ("Neuer", "DE123456789")
    assert complaints(state) == []


async def test_country_that_finvalda_lacks_needs_a_person(client: FinvaldaClient) -> None:
    fields = {"sKodas": "A1", "sPavadinimas": "n", "sValstybeKodas": "XX"}
    with pytest.raises(errors.ConfigurationRefused) as caught:
        await client.insert_item(ItemClass.CLIENT, fields, parameter=P)
    assert caught.value.number == codes.EXCEPTION


async def test_master_data(state: FinvaldaState, client: FinvaldaClient) -> None:
    (product,) = await client.products(["PREKE001", "NOSUCH"])
    assert (product.code, product.active) == ("PREKE001", True)
    assert product.barcode
    (match,) = await client.product_by_barcodes([product.barcode])
    assert match.code == "PREKE001"
    (service,) = await client.services(["SIUNTIMAS"])
    assert service.title == "Siuntimas"
    assert {"FBA", "FBM"} <= {warehouse.code for warehouse in await client.warehouses()}
    vat = {code.code: code for code in await client.vat_codes()}
    assert vat["PVM21"].percent == Decimal(21)
    assert "AMZ" in {series.code for series in await client.document_series()}
    day = date(2026, 11, 20)
    (rate,) = await client.currency_rates(["USD"], day, day)
    assert rate.date == day
    assert rate.rate > 0
    assert complaints(state) == []


@pytest.mark.parametrize("shape", SHAPES)
async def test_answers_in_every_shape(
    state: FinvaldaState, client: FinvaldaClient, shape: Any
) -> None:
    state.faults.add(shape, seconds=600)
    saved = await client.insert_operation(OperationClass.SALE, P, document())
    (row,) = await client.find_operations(OpClass.SALES, order_number=ORDER)
    assert (row.journal, row.number, row.amount) == (saved.journal, saved.number, Decimal("24.97"))
    assert await client.find_operations(OpClass.SALES, order_number="000-0000000-0000000") == []
    assert [product.code for product in await client.products(["PREKE001"])] == ["PREKE001"]
    assert await client.products(["NOSUCH"]) == []
    assert "AMZPIRKEJAS" in {card.code for card in await client.clients(["AMZPIRKEJAS"])}
    with pytest.raises(errors.ConfigurationRefused) as caught:
        await client.insert_operation(OperationClass.SALE, "NOSUCH", document())
    assert caught.value.number == codes.UNKNOWN_PARAMETER
    with pytest.raises(errors.StateRefused):
        await client.insert_operation(OperationClass.SALE, P, document())


@pytest.mark.parametrize(
    ("kind", "how", "committed"),
    [
        ("lost_answer", {}, 1),
        ("lost_request", {}, 0),
        ("cut", {}, 1),
        ("empty", {}, 1),
        ("hang", {"delay": 1.5}, 0),
        ("late_commit", {"delay": 1.5}, 0),
        ("http_error", {"status": 503}, 0),
        ("http_error", {"status": 500, "commit": True}, 1),
    ],
)
async def test_a_write_without_a_clear_answer_is_in_doubt(
    state: FinvaldaState,
    client: FinvaldaClient,
    kind: Any,
    how: dict[str, Any],
    committed: int,
) -> None:
    # The first request of a connection takes its time; this one is about the answer's.
    await client.check_login()
    state.faults.add(kind, method="InsertNewOperation", **how)
    with pytest.raises(InDoubt):
        await client.insert_operation(OperationClass.SALE, P, document())
    assert len(state.sales(ORDER)) == committed


@pytest.mark.parametrize("kind", ["lost_request", "cut", "empty", "http_error"])
async def test_a_read_without_a_clear_answer_is_no_absence(
    state: FinvaldaState, client: FinvaldaClient, kind: Any
) -> None:
    await client.insert_operation(OperationClass.SALE, P, document())
    state.faults.add(kind, method="GetOperations")
    with pytest.raises(Unavailable):
        await client.find_operations(OpClass.SALES, order_number=ORDER)
    assert len(await client.find_operations(OpClass.SALES, order_number=ORDER)) == 1


async def test_a_server_that_is_down_leaves_no_doubt() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/FvsServicePure.svc"
        async with new_http_client(url, timeout=2) as http:
            down = FinvaldaClient(http, url, Credentials("A", "B"), timeout=2)
            with pytest.raises(Unavailable) as caught:
                await down.insert_operation(OperationClass.SALE, P, document())
    assert not isinstance(caught.value, InDoubt)
    assert caught.value.__cause__ is not None


async def test_denied_and_refused_are_typed(state: FinvaldaState, client: FinvaldaClient) -> None:
    state.faults.add("denied", method="InsertNewOperation")
    with pytest.raises(errors.AccessDenied):
        await client.insert_operation(OperationClass.SALE, P, document())
    state.faults.add("code", method="InsertNewOperation", code=4000)
    with pytest.raises(errors.TransientRefused):
        await client.insert_operation(OperationClass.SALE, P, document())
    for changes, number in (
        ({"sKlientas": "NOSUCH"}, {26, 54}),
        ({"sSerija": "NOSUCH"}, {36, 40, 1071}),
        ({"sValiuta": "XXX"}, {11}),
        ({GOODS: {"sKodas": "X", "sSandelis": "FBM", "nKiekis": 1, "dSumaV": Decimal(1)}}, {39}),
    ):
        with pytest.raises(errors.Refused) as caught:
            await client.insert_operation(OperationClass.SALE, P, document(**changes))
        assert caught.value.number in number
    assert state.sales(ORDER) == []


async def test_wrong_password_stops(url: str, state: FinvaldaState) -> None:
    async with new_http_client(url, timeout=2) as http:
        stranger = FinvaldaClient(http, url, Credentials(state.username, "wrong-one"), timeout=2)
        with pytest.raises(errors.AccessDenied) as caught:
            await stranger.check_login()
    assert "wrong-one" not in str(caught.value)


async def test_parameter_and_capabilities(state: FinvaldaState, client: FinvaldaClient) -> None:
    assert await client.parameter_known(P)
    assert not await client.parameter_known("NOSUCH")
    assert state.truth()["operations"] == []
    told = await client.probe()
    assert told.operations
    assert told.has(DESCRIPTIONS)
    assert told.has(RATES)
    assert told.uvm_look_up
    state.rules.lacking = {"GetOperations", "GetDescriptions", UVM_SEARCH, UVM_LISTS[0]}
    told = await client.probe()
    assert not told.operations
    assert not told.has(DESCRIPTIONS)
    assert not told.has(RATES)
    assert not told.uvm_look_up
    with pytest.raises(errors.MissingMethod):
        await client.find_operations(OpClass.SALES, order_number=ORDER)
    # Cards can be had one by one.
    assert [card.code for card in await client.products(["PREKE001", "NO"])] == ["PREKE001"]
    assert [card.code for card in await client.services(["SIUNTIMAS", "NO"])] == ["SIUNTIMAS"]
    assert [card.code for card in await client.clients(["AMZDE", "NO"])] == ["AMZDE"]


async def test_a_small_bound_stops_a_big_answer(url: str, state: FinvaldaState) -> None:
    credentials = Credentials(state.username, state.password, state.company_id)
    async with httpx.AsyncClient(trust_env=False) as http:
        bounded = FinvaldaClient(http, url, credentials, timeout=2, max_bytes=200)
        with pytest.raises(Unavailable) as caught:
            await bounded.vat_codes()
    assert caught.value.code == "unreadable"
