"""Requests have the shapes of the vendor's own collection, and its recorded answers are read.

The collection is no part of this project: it is found through REFERENCE_DIR.
"""

from __future__ import annotations

import json
import os
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import httpx
import pytest

from fvsamazon.errors import RemoteError
from fvsamazon.finvalda import tables
from fvsamazon.finvalda.client import FinvaldaClient
from fvsamazon.finvalda.codes import table
from fvsamazon.finvalda.fields import Payload, build
from fvsamazon.finvalda.records import OpClass, operation_row
from fvsamazon.finvalda.tables import GOODS, OPERATIONS, ItemClass, OperationClass
from fvsamazon.finvalda.transport import Credentials
from fvsamazon.finvalda.wire import Access, decode

FOLDER = os.environ.get("REFERENCE_DIR")
pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="REFERENCE_DIR is unset: the vendor's request collection is not here"
)

ORDER = "405-1234567-7654321"
# In the manual's description of GetOperations, not in the collection.
MANUAL_FILTERS = {
    "DateCreatedFrom",
    *("Description", "Description2", "Description3", "Description4", "Description5"),
}


class Collection:
    """The vendor's requests and recorded answers."""

    def __init__(self) -> None:
        path = Path(FOLDER or "") / "finvalda-webservice.postman.json"
        self.requests: list[tuple[str, str, dict[str, Any], list[dict[str, Any]]]] = []
        self.described: set[str] = set()
        self._walk(json.loads(path.read_text(encoding="utf-8"))["item"])

    def _walk(self, items: list[dict[str, Any]]) -> None:
        for item in items:
            if "item" in item:
                self._walk(item["item"])
                continue
            request = item["request"]
            address = request["url"]
            raw = address if isinstance(address, str) else address["raw"]
            method = raw.partition("?")[0].rpartition("/")[2]
            request["query"] = (
                dict(parse_qsl(raw.partition("?")[2]))
                if isinstance(address, str)
                else {pair["key"]: pair["value"] for pair in address.get("query", [])}
            )
            self.described |= set(re.findall(r"\w+", str(request.get("description", ""))))
            self.requests.append((item["name"], method, request, item.get("response", [])))

    def bodies(self, method: str) -> list[dict[str, Any]]:
        """Return the arguments of a method's requests, from body or query."""
        found = []
        for _, name, request, _ in self.requests:
            if name != method:
                continue
            raw = request.get("body", {}).get("raw", "").strip()
            found.append(json.loads(raw) if raw else request["query"])
        return found

    def documents(self, method: str) -> list[tuple[str, dict[str, Any]]]:
        """Return what stands inside `xmlstring`, by class, where it is JSON."""
        found = []
        for body in self.bodies(method):
            text = str(body.get("xmlstring", body.get("xmlString", "")))
            if text.startswith("{"):
                for name, inner in json.loads(text).items():
                    if isinstance(inner, dict):
                        found.append((name, inner))
        return found

    def headers(self) -> set[str]:
        return {header["key"] for _, _, request, _ in self.requests for header in request["header"]}


@pytest.fixture(scope="module")
def collection() -> Collection:
    return Collection()


class Recorder:
    """Takes every request of the client and answers that it is done."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        saved = {"SERIJA": "A", "DOKUMENTAS": "1", "ZURNALAS": "P", "NUMERIS": "1"}
        return httpx.Response(
            200, json={"AccessResult": "Success", "nResult": 0, "items": [], "OP_DUOMENYS": saved}
        )

    def client(self) -> FinvaldaClient:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self))
        credentials = Credentials("ADMIN.", "", "finvalda")
        return FinvaldaClient(http, "http://localhost:87/FvsServicePure.svc", credentials)

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.sent[-1].content)
        return body


def sample(op_class: OperationClass) -> dict[str, Any]:
    """Return the vendor's own sample document, given as this program would."""
    line: dict[str, Any] = {
        "sKodas": "MILTAI",
        "sSandelis": "CENTR.",
        "dSumaV": Decimal("161.16"),
        "dSumaL": Decimal("161.16"),
        "dSumaPVMV": Decimal("33.84"),
        "dSumaPVML": Decimal("33.84"),
        "dPVM_Procentas": Decimal(21),
        "nKiekis": Decimal("12.25"),
        "nPirmasMat": True,
    }
    header = {"sKlientas": "TEST", "sSerija": "AB", "sDokumentas": "7777xxq59", "sValiuta": "EUR"}
    payload = build(
        op_class.value,
        OPERATIONS[op_class],
        {**header, "tData": date(2022, 10, 13), GOODS: line},
    )
    return dict(payload.document())


@pytest.mark.parametrize("op_class", [OperationClass.SALE, OperationClass.RESERVATION])
def test_document_is_the_vendors_sample(collection: Collection, op_class: OperationClass) -> None:
    theirs = [
        inner
        for name, inner in collection.documents("InsertNewOperation")
        if name == op_class.value and inner["sDokumentas"] == "7777xxq59"
    ]
    assert theirs
    ours = sample(op_class)
    # One line may be an object or a list of one.
    (ours[GOODS],) = ours[GOODS]
    assert ours in theirs


async def test_arguments_of_writes_are_the_vendors(collection: Collection) -> None:
    recorder = Recorder()
    client = recorder.client()
    fields = {"sKodas": "TEST", "sPavadinimas": "n"}
    document = Payload("PardDok", json.dumps({"PardDok": sample(OperationClass.SALE)}))
    calls = {
        "InsertNewItem": client.insert_item(ItemClass.CLIENT, fields, parameter="Pirmas"),
        "EditItem": client.edit_item(ItemClass.CLIENT, fields, parameter="Pirmas"),
        "InsertNewOperation": client.insert_operation(OperationClass.SALE, "Pirmas", document),
        "DeleteOperation": client.delete_operation(
            OperationClass.SALE, "$ABEJ_SK", 62, parameter="Pirmas"
        ),
        "UpdateOperation": client.update_operation(
            OperationClass.RESERVATION, "$R", 3, parameter="P", changes={}
        ),
    }
    for method, call in calls.items():
        await call
        assert recorder.sent[-1].url.path.endswith(f"/{method}")
        shapes = [set(body) for body in collection.bodies(method)]
        assert set(recorder.body()) in shapes, method
        sent = json.loads(recorder.body()["xmlstring"])
        assert set(sent) & {name for name, _ in collection.documents(method)}, method


def test_every_field_of_the_vendors_samples_is_in_our_tables(collection: Collection) -> None:
    cards = {item.value: spec for item, spec in tables.CARDS.items()}
    operations = {item.value: spec for item, spec in OPERATIONS.items()}
    known = cards | operations | {"DelPardDok": tables.DELETION, "KoregPardRezDok": tables.UPDATE}
    seen = set()
    for method in ("InsertNewItem", "EditItem", "InsertNewOperation", "DeleteOperation"):
        for name, inner in collection.documents(method):
            if name in known:
                seen.add(name)
                spec = known[name]
                assert set(inner) <= {*spec.fields, *spec.groups}, name
                for group, line in inner.items():
                    if group in spec.groups:
                        assert set(line) <= set(spec.groups[group].fields), group
    assert {*cards, "PardDok", "PardRezDok", "DelPardDok"} <= seen
    (update,) = [
        inner
        for name, inner in collection.documents("UpdateOperation")
        if name == "KoregPardRezDok"
    ]
    for group, content in update.items():
        if group in tables.UPDATE.groups:
            for line in content if isinstance(content, list) else [content]:
                assert set(line) <= set(tables.UPDATE.groups[group].fields), group


@pytest.mark.parametrize("op_class", [OpClass.SALES, OpClass.RESERVATIONS])
async def test_search_has_the_shape_of_the_vendors(
    collection: Collection, op_class: OpClass
) -> None:
    recorder = Recorder()
    client = recorder.client()
    await client.find_operations(op_class, order_number=ORDER)
    headers = recorder.body()["opReadParams"]
    await client.find_operations(op_class, title=ORDER, title_slot=5)
    others = recorder.body()["opReadParams"]
    theirs = [body["opReadParams"] for body in collection.bodies("GetOperations")]
    classes = {body["OpClass"] for body in theirs}
    filters = {name for body in theirs for name in body["filter"]} | MANUAL_FILTERS
    columns = {
        name for body in theirs for name in body.get("columns", {}).get("column", [])
    } | collection.described
    for ours in (headers, others):
        assert set(ours) <= {name for body in theirs for name in body}
        assert set(ours["filter"]) <= filters
        assert set(ours["columns"]) == {"column"}
        assert set(ours["columns"]["column"]) <= columns
    assert headers["OpClass"] in classes


async def test_description_requests_have_the_shape_of_the_vendors(collection: Collection) -> None:
    recorder = Recorder()
    client = recorder.client()
    first = date(2025, 1, 1)
    calls = {
        "Products": client.products(["MILTAI"]),
        "Services": client.services(["TEST15"]),
        "Clients": client.clients(["TEST"]),
        "Address": client.addresses("TEST", ["SAN1"]),
        "BarCodes": client.product_by_barcodes(["307777777"]),
        "PartnerProducts": client.partner_products("1A.LT"),
        "CurrencyRates": client.currency_rates(["USD"], first, first),
        "DocumentSeries": client.document_series(user="WEB"),
    }
    theirs = [body["readParams"] for body in collection.bodies("GetDescriptions")]
    for kind, call in calls.items():
        await call
        ours = recorder.body()["readParams"]
        assert ours["type"] == kind
        same = [body for body in theirs if body["type"] == kind]
        for name, value in ours.items():
            if isinstance(value, dict):
                filters = {key for body in same for key in body.get(name, {})}
                assert set(value) <= filters, (kind, name)
            elif name == "columns":
                answered = collection_columns(collection, kind)
                assert set(value) <= answered | collection.described, kind
            else:
                assert name in {key for body in same for key in body}
    await client.clients(vat_code="LT1")
    (name,) = recorder.body()["readParams"]["Clients"]
    assert name in collection.described


def collection_columns(collection: Collection, kind: str) -> set[str]:
    """Return the columns that the recorded answers of a list have."""
    found: set[str] = set()
    for _, method, request, responses in collection.requests:
        if method == "GetDescriptions" and f'"{kind}"' in request["body"]["raw"]:
            for response in responses:
                for row in decode(response["body"].encode()).rows():
                    found |= set(row)
    return found


async def test_headers_are_the_vendors(collection: Collection) -> None:
    recorder = Recorder()
    await recorder.client().warehouses()
    ours = {name.decode() for name, _ in recorder.sent[0].headers.raw}
    standard = {"host", "accept-encoding", "connection", "user-agent"}
    known = {name.lower() for name in collection.headers()} | {"language"}
    assert {name.lower() for name in ours} - standard <= known


def test_every_recorded_answer_is_read(collection: Collection) -> None:
    answers = failures = 0
    for _, method, _, responses in collection.requests:
        for response in responses:
            answers += 1
            envelope = decode(response["body"].encode("utf-8-sig"))
            assert decode(response["body"].encode("utf-8")) == envelope
            if envelope.access is Access.FAIL:
                failures += 1
                assert envelope.result in table()
            else:
                assert envelope.access is Access.SUCCESS
                assert envelope.result in (None, 0)
                if method != "GetAutoReportsList":
                    # That one lists file names, and this program never asks for it.
                    envelope.rows("items")
    assert answers > 40
    assert failures >= 3


def test_recorded_identities_and_rows_are_read(collection: Collection) -> None:
    identities = rows = 0
    zone = ZoneInfo("Europe/Vilnius")
    for name, method, _, responses in collection.requests:
        for response in responses:
            envelope = decode(response["body"].encode())
            saved = envelope.saved()
            if saved is not None:
                identities += 1
                assert set(saved) == {"SERIJA", "DOKUMENTAS", "ZURNALAS", "NUMERIS"}
            if method == "GetOperations" and name in {*OpClass, "SalesReturns"}:
                rows += len([operation_row(row, zone) for row in envelope.rows()])
    assert identities >= 5
    assert rows >= 3


async def test_recorded_answers_go_through_the_client(collection: Collection) -> None:
    outcomes: dict[str, list[str]] = {}
    for name, method, _, responses in collection.requests:
        for response in responses:
            body = response["body"].encode()

            def handler(_: httpx.Request, body: bytes = body) -> httpx.Response:
                return httpx.Response(200, content=body)

            http = httpx.AsyncClient(transport=httpx.MockTransport(handler))
            client = FinvaldaClient(http, "http://localhost:87/x", Credentials("A", ""))
            if method in ("DeleteOperation", "EditItem"):
                try:
                    await client.delete_operation(OperationClass.SALE, "P", 1, parameter="P")
                    outcomes.setdefault(name, []).append("done")
                except RemoteError as error:
                    outcomes.setdefault(name, []).append(error.code or "")
    assert outcomes["DeleteOperation (PardDok)"] == ["done", "4002"]
    assert outcomes["EditItem (Fvs.Klientas) json body"] == ["2012"]
