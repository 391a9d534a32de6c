"""The simulated Finvalda keeps the manual's rules: what it accepts, refuses, and finds again."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from fvsamazon.simulator.finvalda import FinvaldaState
from support.simulated_finvalda import ORDER, Client, Tree, changed, codes, goods, sale, shipping

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

NOW = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)


@pytest.fixture
async def finvalda() -> AsyncIterator[Client]:
    client = Client(FinvaldaState(1, lambda: NOW))
    async with client.http:
        yield client


async def test_a_sale_is_saved_told_and_found_again(finvalda: Client) -> None:
    tree = await finvalda.insert("PardDok", sale())
    told = {"SERIJA": "AMZ", "DOKUMENTAS": ORDER, "ZURNALAS": "AMZPARD", "NUMERIS": "1"}
    assert codes(tree) == ("Success", 0)
    assert tree["OP_DUOMENYS"] == told
    assert tree["error"].startswith("<OP_DUOMENYS><SERIJA>AMZ</SERIJA>")
    (row,) = await finvalda.find(OrderNumber=ORDER)
    assert row == {
        "journal": "AMZPARD",
        "op_number": 1,
        "series": "AMZ",
        "order_number": ORDER,
        "client": "AMZDE",
        "currency": "EUR",
        "amount": 24.97,
    }
    assert await finvalda.find(Description5="*7654321", Client="AMZDE") == [row]
    assert await finvalda.find(OrderNumber="nothing") == []
    assert await finvalda.find("SalesReservations", OrderNumber=ORDER) == []
    (operation,) = finvalda.state.sales(ORDER)
    assert [line.quantity for line in operation.lines] == [2, 1]
    assert operation.created == "2026-11-24T00:30:00", "the company's wall time, not UTC"
    assert finvalda.state.doubles() == {}
    assert not finvalda.state.complaints


async def test_each_class_has_its_own_numbers(finvalda: Client) -> None:
    classes = {"PardDok": 1001, "PardRezDok": 1002, "PardGrazDok": 1040, "UVMPardRezDok": 1058}
    for cls, used in classes.items():
        assert codes(await finvalda.insert(cls, sale())) == ("Success", 0)
        assert codes(await finvalda.insert(cls, sale())) == ("Fail", used)
    assert codes(await finvalda.insert("PardDok", sale(sSerija="FBA"))) == ("Success", 0)
    assert finvalda.state.doubles() == {ORDER: [("AMZPARD", 1), ("AMZPARD", 2)]}
    finvalda.state.rules.duplicates = "class"
    finvalda.state.rules.duplicate_sale_code = 1072
    finvalda.state.remove_operation("AMZPARD", 1)
    assert codes(await finvalda.insert("PardDok", sale())) == ("Fail", 1072)
    assert finvalda.state.doubles() == {}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sKlientas": None}, 3006),
        ({"sKlientas": "NOBODY"}, 26),
        ({"sKlientas": None, "sKlientImonesKodas": "123"}, 54),
        ({"sValiuta": None}, 3007),
        ({"sValiuta": "XXX"}, 11),
        ({"tData": None}, 3008),
        ({"tData": "20.11.2026"}, 2010),
        ({"sSerija": "NONE"}, 1071),
        ({"sSerija": "IPL"}, 40),
        ({"sAdresas": "A1"}, 70),
        ({"sObjektas1": "O"}, 12),
        ({"sObjektas6": "O"}, 2010),
        ({"sSutartis": "S"}, 69),
        ({"sDokRusis": "XX"}, 2010),
        ({"sDokumentas": "1" * 21}, 2010),
        ({"PardDokPrekeDetEil": None, "PardDokPaslaugaDetEil": None}, 1037),
        ({"PardDokPrekeDetEil": [goods(sKodas=None)]}, 1076),
        ({"PardDokPrekeDetEil": [goods(sKodas="NONE")]}, 39),
        ({"PardDokPrekeDetEil": [goods(sSandelis=None)]}, 2012),
        ({"PardDokPrekeDetEil": [goods(sSandelis="NONE")]}, 34),
        ({"PardDokPrekeDetEil": [goods(sPvmKodas="NONE")]}, 7),
        ({"PardDokPrekeDetEil": [goods(nKiekis="0")]}, 1067),
        ({"PardDokPrekeDetEil": [goods(nKiekis=None)]}, 1067),
        ({"PardDokPrekeDetEil": [goods(dSumaV="-1")]}, 1068),
        ({"PardDokPrekeDetEil": [goods(dSumaV="16,79")]}, 2010),
        ({"PardDokPrekeDetEil": [goods(dSumaV="1234567890123")]}, 2010),
        ({"PardDokPaslaugaDetEil": [shipping(sKodas="NONE")]}, 46),
        ({"PardDokPaslaugaDetEil": [shipping(nKiekis="-100")]}, 1069),
        ({"PardDokGaminysDetEil": [{"sKodas": "X"}]}, 1084),
        ({"PardDokSaskaitaDetEil": [{"sKodas": "2411"}]}, 1085),
    ],
)
async def test_what_does_not_fit_is_refused_by_the_manuals_number(
    finvalda: Client, change: Tree, code: int
) -> None:
    assert codes(await finvalda.insert("PardDok", sale(**change))) == ("Fail", code)
    assert finvalda.state.operations() == []


async def test_parameters_wrappers_and_arguments_are_strict(finvalda: Client) -> None:
    async def ask(**body: object) -> tuple[str, int]:
        return codes(await finvalda.post("InsertNewOperation", **body))

    whole = {"ItemClassName": "PardDok", "sParametras": "FVSAMAZON"}
    text = json.dumps({"PardDok": sale()})
    assert codes(await finvalda.insert("PardDok", sale(), parameter="")) == ("Fail", 2000)
    assert codes(await finvalda.insert("PardDok", sale(), parameter="AMZ")) == ("Fail", 1036)
    assert await ask(**whole, xmlString=text) == ("Fail", 2012)
    assert await ask(**whole, xmlstring={"PardDok": sale()}) == ("Fail", 2011)
    assert await ask(**whole, xmlstring="{") == ("Fail", 2011)
    assert await ask(**whole, xmlstring=json.dumps(sale())) == ("Fail", 2012), "no wrapper"
    lines = {"PardDokPrekeDetEil": [goods()]}
    beside = {"PardDok": sale(PardDokPrekeDetEil=None, PardDokPaslaugaDetEil=None), **lines}
    assert await ask(**whole, xmlstring=json.dumps(beside)) == ("Fail", 1037), "lines beside it"
    wrong = sale(
        PardDokPrekeDetEil=None, PardDokPaslaugaDetEil=None, PardGrazDokPrekeDetEil=goods()
    )
    assert codes(await finvalda.insert("PardGrazDok", wrong)) == ("Fail", 1037)
    assert codes(await finvalda.insert("PardGrazDok", sale(sSerija=None))) == ("Fail", 2012)
    assert codes(await finvalda.insert("TrumpasPardGrazDok", sale(sSerija=None))) == ("Success", 0)
    assert codes(await finvalda.insert("Nonsense", sale())) == ("Fail", 2012)


async def test_silent_losses_are_noted(finvalda: Client) -> None:
    document = sale(
        sZurnalas="MINE",
        sPavadinimas1="Çay",
        PardDokPrekeDetEil=goods(nPirmasMat=None, dNlProc="10", sPvmKodas="OSSFR20", sku="A"),
        PardDokPaslaugaDetEil=[shipping(dSumaV=None, dSumaVntV="4.19", dSumaPVMV="0.805")],
    )
    assert codes(await finvalda.insert("PardDok", document)) == ("Success", 0)
    (operation,) = finvalda.state.sales(ORDER)
    assert operation.titles[0] == "?ay"
    assert operation.lines[1].amount == 0, "a unit price is no sum"
    said = " | ".join(note["said"] for note in finvalda.state.complaints)
    for part in (
        "unknown field sZurnalas",
        "sPavadinimas1 loses letters",
        "unknown field sku",
        "nPirmasMat",
        "discount fields change nothing",
        "19.00 % under OSSFR20",
        "no dSumaV",
        "dSumaPVMV has more than 2 decimals",
    ):
        assert part in said
    short = sale(sDokumentas="2")
    assert codes(await finvalda.insert("TrumpasPardDok", short)) == ("Success", 0)
    assert "unknown field sPavadinimas5" in finvalda.state.complaints[-1]["said"]


async def test_second_units_and_hundredths(finvalda: Client) -> None:
    finvalda.state.add(
        "product", "MILTAI", sPavadinimas="Miltai", sMatavimoVnt="KG", sMokestis="PVM21"
    )
    lines = [goods(sKodas="MILTAI", nKiekis="500", nPirmasMat=None)]
    services = [shipping(nKiekis="50"), shipping(nKiekis="3", nPirmasMat="1")]
    document = sale(PardDokPrekeDetEil=lines, PardDokPaslaugaDetEil=services)
    assert codes(await finvalda.insert("PardDok", document)) == ("Success", 0)
    (operation,) = finvalda.state.sales(ORDER)
    assert [line.quantity for line in operation.lines] == [Decimal("0.5"), Decimal("0.5"), 3]
    params = {"OpClass": "SalesDet", "filter": {"Journal": "AMZPARD", "OpNumber": 1}}
    columns = {"column": ["type", "code", "quantity", "code_n", "vat_code"]}
    tree = await finvalda.post("GetOperations", opReadParams={**params, "columns": columns})
    assert tree["items"][0] == {
        "type": 1,
        "code": "MILTAI",
        "quantity": "0.500",
        "code_n": 1,
        "vat_code": "OSSDE19",
    }
    assert [row["code_n"] for row in tree["items"]] == [1, 1, 2]


async def test_an_empty_number_is_filled_from_the_series(finvalda: Client) -> None:
    first = await finvalda.insert("PardDok", sale(sDokumentas=None, sSerija=None))
    assert first["OP_DUOMENYS"]["DOKUMENTAS"] == "00001"
    await finvalda.insert("PardDok", sale(sDokumentas="00002"))
    third = await finvalda.insert("PardDok", sale(sDokumentas=""))
    assert third["OP_DUOMENYS"]["DOKUMENTAS"] == "00003"
    (series,) = await finvalda.describe("DocumentSeries", Series={"Type": 1})
    assert series["code"] == "IPL"
    assert sorted(finvalda.state.doubles()) == [ORDER], "the title tells what the number does not"


async def test_other_currencies_need_a_rate(finvalda: Client) -> None:
    dollars = sale(
        sValiuta="USD",
        PardDokPrekeDetEil=goods(dSumaL=None, dSumaPVML=None),
        PardDokPaslaugaDetEil=None,
    )
    finvalda.state.add("rate", "USD|2026-11-20", rate="0.5")
    assert codes(await finvalda.insert("PardDok", dollars)) == ("Success", 0)
    (operation,) = finvalda.state.sales(ORDER)
    assert (operation.amount, operation.amount_nc) == (Decimal("19.98"), Decimal("10.00"))
    finvalda.state.add("rate", "USD|2026-11-20", rate="0")
    refused = await finvalda.insert("PardDok", {**dollars, "sDokumentas": "2"})
    assert codes(refused) == ("Fail", 1011)
    week = {"Codes": ["USD", "GBP"], "DateFrom": "2026-11-19", "DateTo": "2026-11-30"}
    rates = await finvalda.describe("CurrencyRates", CurrencyRates=week)
    days = [row["date"][:10] for row in rates if row["code"] == "USD"]
    assert days == ["2026-11-19", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"]
    assert len(str(rates[0]["rate"])) <= len("0.123456789")


async def test_stock_and_periods_when_the_company_watches_them(finvalda: Client) -> None:
    finvalda.state.rules.check_stock = True
    finvalda.state.add("stock", "FBM|PREKE001", quantity="3")
    assert codes(await finvalda.insert("PardRezDok", sale())) == ("Success", 0)
    assert codes(await finvalda.insert("PardDok", sale())) == ("Fail", 1010)
    gone = {"DelPardRezDok": {"sZurnalas": "AMZREZ", "nNumeris": "1"}}
    body = {"ItemClassName": "DelPardRezDok", "sParametras": "FVSAMAZON"}
    removed = await finvalda.post("DeleteOperation", **body, xmlstring=json.dumps(gone))
    assert removed == {"AccessResult": "Success", "error": "", "nResult": 0}
    assert codes(await finvalda.insert("PardDok", sale())) == ("Success", 0)
    (stock,) = await finvalda.describe(
        "CurrentStock", Products={"Codes": ["PREKE001"], "Warehouse": "FBM"}
    )
    assert stock["quantity"] == 1
    finvalda.state.rules.closed_until = date(2026, 11, 20)
    assert codes(await finvalda.insert("PardDok", sale(sDokumentas="2"))) == ("Fail", 4004)
    finvalda.state.rules.closed_until = None
    finvalda.state.add(
        "employee",
        finvalda.state.username,
        password=finvalda.state.password,
        date_from="2026-12-01",
    )
    assert codes(await finvalda.insert("PardDok", sale(sDokumentas="2"))) == ("Fail", 4005)


async def test_deleting_locking_and_being_gone(finvalda: Client) -> None:
    await finvalda.insert("PardDok", sale())

    async def delete(cls: str = "DelPardDok", **identity: Any) -> tuple[str, int]:
        text = json.dumps({cls: identity})
        body = {"ItemClassName": cls, "sParametras": "FVSAMAZON", "xmlstring": text}
        return codes(await finvalda.post("DeleteOperation", **body))

    mine: Tree = {"sZurnalas": "AMZPARD", "nNumeris": 1}
    assert await delete(nNumeris=1) == ("Fail", 3017)
    assert await delete(sZurnalas="AMZPARD") == ("Fail", 3018)
    assert await delete("DelPardRezDok", **mine) == ("Fail", 4001), "another class"
    await finvalda.post("LockOperation", sParametras="FVSAMAZON", **mine)
    assert (await finvalda.post("IsOperationLocked", **mine))["IsLocked"] == 1
    assert await delete(**mine) == ("Fail", 4002)
    await finvalda.post("UnLockOperation", sParametras="FVSAMAZON", **mine)
    assert await delete(**mine) == ("Success", 0)
    assert await delete(**mine) == ("Fail", 4001)
    finvalda.state.rules.gone_code = 1070
    assert await delete(**mine) == ("Fail", 1070)
    again = await finvalda.insert("PardDok", sale())
    assert again["OP_DUOMENYS"]["NUMERIS"] == "2", "a journal gives no number twice"
    assert [op["deleted"] for op in finvalda.state.operations()] == [True, False]


async def test_updating_takes_out_puts_in_and_marks(finvalda: Client) -> None:
    await finvalda.insert("PardRezDok", sale())

    async def update(cls: str = "KoregPardRezDok", **change: Any) -> tuple[str, int]:
        text = json.dumps({cls: {"sZurnalas": "AMZREZ", "nNumeris": "1", **change}})
        body = {"ItemClassName": cls, "sParametras": "FVSAMAZON", "xmlstring": text}
        return codes(await finvalda.post("UpdateOperation", **body))

    head = {"sPavadinimas1": "DE FBA", "sKlientas": "AMZFR", "tData": "2026-11-01"}
    change: Tree = {
        "PardDokHeadEil": head,
        "DelPrekeDetEil": [{"sKodas": "PREKE001"}],
        "PardDokPrekeDetEil": goods(sKodas="PREKE002", dSumaV="20", dSumaPVMV="3.8"),
        "UpdPaslaugaDetEil": {"sKodas": "SIUNTIMAS", "nKodasN": 1, "nPozymis": 1},
    }
    assert await update(**change) == ("Success", 0)
    (row,) = await finvalda.find("SalesReservations", OrderNumber=ORDER)
    assert (row["client"], row["amount"]) == ("AMZFR", 28.79)
    assert "unknown field tData" in finvalda.state.complaints[0]["said"]
    services = [{"sKodas": "SIUNTIMAS"}]
    everything: Tree = {"DelPrekeDetEil": [{"sKodas": "PREKE002"}], "DelPaslaugaDetEil": services}
    assert await update(**everything) == ("Fail", 5004)
    assert await update(DelPrekeDetEil={"sKodas": "PREKE009"}) == ("Fail", 4003)
    assert await update("KoregUVMPardRezDok") == ("Fail", 5003)
    assert await update("KoregPardDok") == ("Fail", 5000)
    assert await update(nNumeris="9") == ("Fail", 5000)
    assert await update(sZurnalas="") == ("Fail", 3019)


async def test_inflows_settle_and_protect_what_they_settled(finvalda: Client) -> None:
    await finvalda.insert("PardDok", sale())

    async def pay(amount: str, **change: object) -> Tree:
        line = {"dSumaV": amount, "sSerija": "AMZ", "sDokumentas": ORDER}
        header = {"sKlientas": "AMZDE", "sValiuta": "EUR", "tData": "2026-11-21", "nTipas": 3}
        return await finvalda.insert("IplDok", {**header, "IplDokDetEil": line, **change})

    assert codes(await pay("25.00")) == ("Fail", 1053)
    assert codes(await pay("0")) == ("Fail", 1057)
    assert codes(await pay("1", nTipas=7)) == ("Fail", 1056)
    assert codes(await pay("1", sKlientas="AMZFR")) == ("Fail", 1049)
    assert codes(await pay("1", tData="2026-11-01")) == ("Fail", 1050)
    assert codes(await pay("1", sSerija="AMZ")) == ("Fail", 41)
    paid = await pay("20.00")
    assert paid["OP_DUOMENYS"]["SERIJA2"] == ""
    assert codes(await pay("10.00")) == ("Fail", 1054)
    assert codes(await pay("10.00", nTipas=1, sDokumentas="7")) == ("Success", 0)
    columns = {"column": ["paid_amount", "debt"]}
    params = {"OpClass": "Sales", "filter": {"OpNumber": 1}, "columns": columns}
    tree = await finvalda.post("GetOperations", opReadParams=params)
    assert tree["items"] == [{"paid_amount": 24.97, "debt": 0}]
    text = json.dumps({"DelPardDok": {"sZurnalas": "AMZPARD", "nNumeris": 1}})
    body = {"ItemClassName": "DelPardDok", "sParametras": "FVSAMAZON", "xmlstring": text}
    assert codes(await finvalda.post("DeleteOperation", **body)) == ("Fail", 4015)
    assert len(await finvalda.find("Inflows", Client="AMZDE")) == 2


async def test_look_ups_are_as_unforgiving_as_the_real_ones(finvalda: Client) -> None:
    await finvalda.insert("PardDok", sale())
    await finvalda.insert("PardDok", sale(sDokumentas="2"))
    flat = await finvalda.post("GetOperations", OpClass="Sales", filter={})
    assert flat["AccessResult"] == "Fail"
    assert "Value cannot be null" in flat["error"]
    assert "nResult" not in flat, "only writes tell a number"
    assert len(await finvalda.find(orderNumber=ORDER)) == 2, "a misspelt filter filters nothing"
    assert "orderNumber" in finvalda.state.complaints[-1]["said"]
    assert len(await finvalda.find(OrderNumber="", OpNumber=0)) == 2
    for params in ({"OpClass": "UVMSales"}, {"OpClass": "Sales", "filter": {"Warehouse": "FBM"}}):
        assert (await finvalda.post("GetOperations", opReadParams=params))["AccessResult"] == "Fail"
    listed = {"OpClass": "Sales", "columns": ["journal"]}
    tree = await finvalda.post("GetOperations", opReadParams=listed)
    assert len(tree["items"][0]) > 40, "columns of the wrong shape count as none"
    by_text = json.dumps({"OpClass": "Sales", "filter": {"OrderNumber": ORDER}})
    assert len((await finvalda.get("GetOperations", opReadParams=by_text))["items"]) == 1
    dates = {
        "OpDateFrom": "2026.11.20",
        "OpDateTill": "2026-11-20",
        "DateCreatedFrom": "2026-11-24",
    }
    assert len(await finvalda.find(**dates)) == 2
    assert await finvalda.find(OpDateFrom="2026-11-21") == []
    assert await finvalda.find(NotCreatedByUser=finvalda.state.username) == []


async def test_uvm_reservations_are_found_in_the_dated_lists_alone(finvalda: Client) -> None:
    await finvalda.insert("UVMPardRezDok", sale())
    assert await finvalda.find("SalesReservations", OrderNumber=ORDER) == []
    tree = await finvalda.get("GetUVMPardRNeivykdyti", tNuo="2026-11-20", tIki="2026-11-20")
    (row,) = tree["items"]
    assert (row["dokumentas"], row["zurnalas"], row["suma"]) == (ORDER, "AMZUVM", 24.97)
    assert (await finvalda.get("GetUVMPardRNeivykdyti", tNuo="2026-11-21"))["items"] == []
    assert (await finvalda.get("GetUVMPardRIvykdyti"))["items"] == []
    busena = await finvalda.get("GetUVMPardRBusena", sZurnalas="AMZUVM", nNumeris="1")
    assert busena["nBusena"] == 0


async def test_clients_are_made_once_and_edited_in_part(finvalda: Client) -> None:
    fields = {"sKodas": "B2BDE1", "sPavadinimas": "Muster GmbH", "sPvmMoketojoKod": "DE1"}
    fields |= {"sImKodas": "77", "sValstybeKodas": "DE", "sRusis": "B2B"}

    async def make(**changes: object) -> tuple[str, int]:
        card = changed(fields, changes)
        return codes(await finvalda.item("InsertNewItem", "Fvs.Klientas", card))

    assert await make() == ("Success", 0)
    assert await make() == ("Fail", 3)
    assert await make(sKodas="B2BDE2") == ("Fail", 2)
    assert await make(sKodas="B2BDE2", sPvmMoketojoKod=None) == ("Fail", 4)
    fields |= {"sKodas": "B2BDE2", "sPvmMoketojoKod": "", "sImKodas": ""}
    for change, code in (
        ({"sKodas": None}, 3000),
        ({"sPavadinimas": ""}, 3001),
        ({"sKodas": "b2b de"}, 2010),
        ({"sValstybeKodas": "EL"}, 2010),
        ({"sRusis": "NONE"}, 10),
        ({"sEMail": "a-very-long-relay-address@marketplace.amazon.de"}, 2010),
    ):
        assert await make(**change) == ("Fail", code)
    read = await finvalda.get("GetKlientas", sKliKod="B2BDE1")
    card = read["Fvs.Klientas"]
    assert (card["sPvmMokKod"], card["sDebtSask"], card["nTipas"]) == ("PVM21", "2411", 0)
    assert (await finvalda.get("GetKlientas", sKliKod="NONE"))["Fvs.Klientas"] is None
    edit = {"sPavadinimas": "Muster AG"}
    done = await finvalda.item("EditItem", "Fvs.Klientas", edit, sItemCode="B2BDE1")
    assert codes(done) == ("Success", 0)
    (row,) = await finvalda.describe(
        "Clients", Clients={"VatCode": "DE1"}, columns=["code", "title"]
    )
    assert row == {"code": "B2BDE1", "title": "Muster AG"}
    nobody = await finvalda.item("EditItem", "Fvs.Klientas", edit, sItemCode="NONE")
    assert codes(nobody) == ("Fail", 26)
    bare = json.dumps({"Fvs.Klientas": edit})
    body = {"ItemClassName": "Fvs.Klientas", "sItemCode": "B2BDE1", "xmlstring": bare}
    assert codes(await finvalda.post("EditItem", **body)) == ("Fail", 2012)
    props = {"Fvs.EditItemProps": {"Fvs.Klientas": {"Kodas": ["B2BDE1"], "sPastabos": "x"}}}
    done = await finvalda.post("EditItemProps", xmlstring=json.dumps(props))
    assert codes(done) == ("Success", 0)
    assert (await finvalda.get("GetKlientas", sKliKod="B2BDE1"))["Fvs.Klientas"]["sPastabos"] == "x"


async def test_products_services_and_addresses(finvalda: Client) -> None:
    async def make(cls: str, **fields: object) -> tuple[str, int]:
        return codes(await finvalda.item("InsertNewItem", cls, fields))

    assert await make("Fvs.Preke", sPavadinimas="X") == ("Fail", 3002)
    assert await make("Fvs.Preke", sKodas="NEW1") == ("Fail", 3003)
    assert await make("Fvs.Preke", sKodas="PREKE001", sPavadinimas="X") == ("Fail", 29)
    known = finvalda.state.records.get("product", "PREKE001")
    assert known is not None
    bar = str(known["sBarKodas"])
    assert await make("Fvs.Preke", sKodas="N1", sPavadinimas="X", sBarKodas=bar) == ("Fail", 28)
    assert await make("Fvs.Preke", sKodas="N1", sPavadinimas="X", sMokestis="NO") == ("Fail", 7)
    assert await make("Fvs.Preke", sKodas="NEW1", sPavadinimas="New") == ("Success", 0)
    assert await finvalda.describe("BarCodes", Products={"BarCodes": [bar]}) == [
        {"code": "PREKE001", "barcode": bar}
    ]
    assert await make("Fvs.Paslauga", sKodas="S1") == ("Fail", 3005)
    assert await make("Fvs.Paslauga", sKodas="S1", sPavadinimas="S") == ("Success", 0)
    address = {"sKodas": "A1", "sKlientoKodas": "AMZDE", "sAdresas": "Weg 1"}
    assert await make("Fvs.Adresas", **{**address, "sAdresas": ""}) == ("Fail", 3023)
    assert await make("Fvs.Adresas", **{**address, "sKlientoKodas": "NONE"}) == ("Fail", 54)
    assert await make("Fvs.Adresas", **address) == ("Success", 0)
    assert await make("Fvs.Adresas", **address) == ("Fail", 74)
    assert codes(await finvalda.insert("PardDok", sale(sAdresas="A1"))) == ("Success", 0)
    (row,) = await finvalda.describe(
        "Address", Clients={"Codes": ["AMZDE"]}, Address={"Codes": ["A1"]}
    )
    assert row["client"] == "AMZDE"
    used = {"ItemClassName": "Fvs.Klientas", "Code": "AMZDE"}
    assert codes(await finvalda.post("DeleteItem", input=used)) == ("Fail", 2010)
    free = {"ItemClassName": "Fvs.Klientas", "Code": "AMZFR"}
    assert codes(await finvalda.post("DeleteItem", input=free)) == ("Success", 0)


async def test_the_demo_company_has_what_the_example_rules_name(finvalda: Client) -> None:
    places = [row["kodas"] for row in (await finvalda.get("GetSandelius"))["items"]]
    assert places == ["CENTR", "FBA", "FBM"]
    taxes = {row["kodas"]: row for row in (await finvalda.get("GetMokesciai"))["items"]}
    for code in ("PVM21", "PVM5", "PVM0ES", "PVM0EXP", "NEPVM", "OSSDE19", "OSSFR55", "OSSPT-2016"):
        assert len(code) <= 10
        assert code in taxes
    assert (taxes["PVM0ES"]["klasifikatorius"], taxes["PVM21"]["procentas_1"]) == ("PVM13", 21)
    members = {code[3:5] for code in taxes if code.startswith("OSS")}
    assert len(members) == 28, "27 member states and Northern Ireland"
    assert {row["kodas"] for row in (await finvalda.get("GetMatavimoVienetus"))["items"]} >= {"VNT"}
    page = await finvalda.describe("Products", page=2, limit=15, columns=["product", "nonsense"])
    assert [row["product"] for row in page] == [f"PREKE{n:03d}" for n in range(16, 31)]
    sold = finvalda.state.sell(
        [("ŽAISLAS-ĖŽYS", "Ežys"), ("SKU-001", "known"), ("ŽAISLAS ĖŽYS", "")]
    )
    assert sold == {
        "ŽAISLAS-ĖŽYS": "ZAISLASEZYS",
        "SKU-001": "PREKE001",
        "ŽAISLAS ĖŽYS": "ZAISLASEZYS2",
    }
    partners = await finvalda.describe("PartnerProducts", PartnerProducts={"Client": "AMZPIRKEJAS"})
    assert ("ŽAISLAS-ĖŽYS", "ZAISLASEZYS") in {
        (r["partner_product"], r["product"]) for r in partners
    }


async def test_access_and_formats(finvalda: Client) -> None:
    http, state = finvalda.http, finvalda.state
    for wrong in ({"Password": "x"}, {"UserName": "nobody"}, {"CompanyID": "OTHER"}):
        tree = (await http.get("GetSandelius", headers=wrong)).json()
        assert tree["AccessResult"] == "AccessDenied"
    denied = await http.post("InsertNewOperation", json={}, headers={"Password": "x"})
    assert denied.json()["nResult"] == 0
    assert (await http.post("GetNothing", json={})).status_code == 404
    state.rules.lacking = {"GetDescriptions"}
    assert (await http.post("GetDescriptions", json={})).status_code == 404
    assert (await http.get("InsertNewOperation")).status_code == 405
    unread = await http.post("GetOperations", content=b"\xff{")
    assert unread.json()["AccessResult"] == "Fail"
    lithuanian = await http.post("InsertNewOperation", json={}, headers={"Language": "0"})
    assert lithuanian.json()["error"] == "Nenurodytas importo parametras"
    octets = await http.post("EditItem", json={})
    assert octets.headers["content-type"] == "application/octet-stream"
    assert octets.json()["AccessResult"] == "Fail"
    plain = await http.get("GetSandelius", headers={"RemoveNewLines": "false"})
    assert "\r\n" in plain.text
    thin = await http.get("GetMokesciai", headers={"RemoveZeroNumberTags": "true"})
    assert "procentas_2" not in thin.text


async def test_xml_is_the_default_and_works_both_ways(finvalda: Client) -> None:
    xml = {"Content-Type": "application/xml"}
    answer = await finvalda.http.get("GetSandelius", headers=xml)
    assert answer.text.startswith("<AccessResult>Success</AccessResult><error></error><Sandeliai>")
    document = (
        "<PardDok><sKlientas>AMZDE</sKlientas><sDokumentas>1</sDokumentas><sValiuta>EUR</sValiuta>"
        "<tData>2026-11-20</tData><PardDokPrekeDetEil><sKodas>PREKE001</sKodas>"
        "<sSandelis>FBM</sSandelis><nKiekis>1</nKiekis><nPirmasMat>1</nPirmasMat>"
        "<dSumaV>10.00</dSumaV><sPvmKodas>NEPVM</sPvmKodas></PardDokPrekeDetEil></PardDok>"
    )
    inner = document.replace("<", "&lt;").replace(">", "&gt;")
    body = (
        "<root><ItemClassName>PardDok</ItemClassName><sParametras>FVSAMAZON</sParametras>"
        f"<xmlstring>{inner}</xmlstring></root>"
    )
    answer = await finvalda.http.post("InsertNewOperation", content=body, headers=xml)
    assert "<nResult>0</nResult>" in answer.text
    assert "<OP_DUOMENYS><SERIJA>AMZ</SERIJA>" in answer.text
    bomb = '<!DOCTYPE x [<!ENTITY a "b">]><root>&a;</root>'
    answer = await finvalda.http.post("GetOperations", content=bomb, headers=xml)
    assert "<AccessResult>Fail</AccessResult>" in answer.text


async def test_users_and_permissions(finvalda: Client) -> None:
    state = finvalda.state
    secret = {"sUsername": state.username, "sPassword": state.password}
    assert (await finvalda.get("GetFvsUser", **secret))["Fvs.FvsUser"] == {
        "UserName": state.username
    }
    wrong = await finvalda.get("GetFvsUser", sUsername=state.username, sPassword="x")
    assert wrong["AccessResult"] == "AccessDenied"
    tree = await finvalda.get("GetUserPermissions", finUser=state.username)
    permitted = {one["perrmisionClass"] for one in tree["result"]["perrmissions"]}
    assert permitted == {81, 65, 6}


async def test_plain_reads_tell_debts_stock_and_dictionaries(finvalda: Client) -> None:
    state = finvalda.state
    await finvalda.insert("PardDok", sale())
    await finvalda.insert("PardRezDok", sale())
    (row,) = (await finvalda.get("GetNeapmoketiKliDok", sKlientoKodas="AMZDE"))["items"]
    assert (row["dok_numeris"], row["op_numeris"], row["likusi_skola"]) == (ORDER, 1, 24.97)
    assert (await finvalda.get("GetNeapmoketiKliDok", sKlientoKodas="AMZFR"))["items"] == []
    place = {"sPrekesKodas": "PREKE001", "sSandelioKodas": "FBM"}
    (row,) = (await finvalda.get("GetEinamiejiLikuciai", **place))["items"]
    assert (row["kiekis"], row["kiekis_su_rezervuotom"]) == (998, 996)
    (term,) = (await finvalda.get("GetAtsiskaitymoTerm"))["items"]
    assert term == {"kodas": "5D", "pavadinimas": "5 dienos", "reikia_atsiskaityti": 5}
    await finvalda.item("InsertNewItem", "Fvs.ObjektasI", {"sKodas": "O1", "sPavadinimas": "O"})
    objects = (await finvalda.get("GetObjektai1Set", sObj1Kod="O1"))["items"]
    assert objects == [{"kodas": "O1", "pavadinimas": "O"}]
    assert codes(await finvalda.insert("PardDok", sale(sDokumentas="2", sObjektas1="O1")))[1] == 0
    types = (await finvalda.get("GetKlientuRusisPozymius"))["items"]
    assert [(row["tipas"], row["kodas"]) for row in types] == [(0, "AMAZON"), (0, "B2B")]
    assert (await finvalda.get("GetKlientasEMail", sEMail="a@b.lt"))["Fvs.Klientas"] is None
    state.add("client", "AMZDE", sPavadinimas="x", sEMail="a@b.lt")
    found = await finvalda.get("GetKlientasEMail", sEMail="a@b.lt")
    assert found["Fvs.Klientas"]["sKodas"] == "AMZDE"
    changed_since = {"sKliKod": "AMZDE", "tKoregavimoData": "2026-11-24"}
    assert len((await finvalda.get("GetKlientusSet", **changed_since))["items"]) == 1
    late = {"sPreKod": "PREKE001", "tKoregavimoData": "2026-11-24"}
    assert (await finvalda.get("GetPrekesSet", **late))["items"] == []
    (service,) = (await finvalda.get("GetPaslaugosSet", sPasKod="KITA"))["items"]
    assert "pozymims_2" in service, "misspelt, and part of the contract"
    asked = {"FakturosKodas": "PARD_01", "sSerija": "AMZ", "sDokumentas": ORDER}
    invoice = await finvalda.get("MakeInvoice", sParam=json.dumps(asked))
    assert base64.b64decode(invoice["fileContents"]).startswith(b"%PDF")
    missing = await finvalda.get("MakeInvoice", sParam=json.dumps({**asked, "sDokumentas": "9"}))
    assert missing["AccessResult"] == "Fail"
    assert not state.complaints


async def test_other_classes_are_kept_moved_and_copied(finvalda: Client) -> None:
    entry = {"sDocument": "AKS1", "tDate": "2026-11-01", "OtherNonAnalytDetRow": [{"sCode": "1"}]}
    assert codes(await finvalda.insert("OtherNonAnalytDoc", {"tDate": "2026-11-01"}))[1] == 3025
    assert codes(await finvalda.insert("OtherNonAnalytDoc", entry)) == ("Success", 0)
    (row,) = await finvalda.find("GenLeadger")
    assert (row["journal"], row["op_number"], row["order_number"]) == ("KITA", 1, "AKS1")
    await finvalda.insert("PardRezDok", sale())
    order = {"sParameter": "FVSAMAZON", "sJournal": "AMZREZ", "nOpNumber": 1}
    order |= {"sJournalNew": "AMZPARD", "bDeleteSourceOp": True, "bKeepDocument": True}
    copied = await finvalda.post("CopyOperation", input=order)
    assert copied["OP_DUOMENYS"]["ZURNALAS"] == "AMZPARD"
    assert [op.space for op in finvalda.state.sales(ORDER)] == ["PardDok"]
    assert await finvalda.find("SalesReservations") == []
    move = {"sJournal": "AMZPARD", "nOpNumber": 1, "sJournalNew": "KITA"}
    assert codes(await finvalda.post("ChangeJournal", **move)) == ("Success", 0)
    assert [op.key for op in finvalda.state.sales(ORDER)] == [("KITA", 2)]
    assert codes(await finvalda.post("ChangeJournal", **move)) == ("Fail", 1063)
    unknown = {**move, "sJournal": "KITA", "nOpNumber": 2, "sJournalNew": "NONE"}
    assert codes(await finvalda.post("ChangeJournal", **unknown)) == ("Fail", 45)


async def test_answered_writes_survive_and_half_written_ones_never_were(tmp_path: Path) -> None:
    path = tmp_path / "finvalda.jsonl"
    first = Client(FinvaldaState(1, lambda: NOW, path))
    async with first.http:
        await first.insert("PardDok", sale())
        await first.insert("PardDok", sale(sDokumentas=""))
        await first.item("InsertNewItem", "Fvs.Klientas", {"sKodas": "K1", "sPavadinimas": "K"})
        first.state.remove("client", "AMZFR")
        first.state.remove_operation("AMZPARD", 2)
    before = first.state.truth()
    with path.open("ab") as file:
        file.write(b'[{"operation": {"space": "PardDok", "cl')
    state = FinvaldaState(1, lambda: NOW, path)
    after = state.truth()
    for part in ("operations", "doubles", "records", "cards"):
        assert after[part] == before[part]
    second = Client(state)
    async with second.http:
        told = await second.insert("PardDok", sale(sDokumentas="3"))
        assert told["OP_DUOMENYS"]["NUMERIS"] == "3"
        assert codes(await second.insert("PardDok", sale())) == ("Fail", 1001)
    assert len(FinvaldaState(1, lambda: NOW, path).operations()) == 3
