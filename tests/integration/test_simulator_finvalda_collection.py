"""Each request of the vendor's own collection gets the class of answer that the manual gives.

The collection is not part of the project: it is found by REFERENCE_DIR, and without it these tests
are skipped.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from fvsamazon.simulator.finvalda import FinvaldaState, finvalda_app
from fvsamazon.simulator.finvalda.book import GOODS, Line, Operation

FOLDER = os.environ.get("REFERENCE_DIR")
FILE = Path(FOLDER or ".") / "finvalda-webservice.postman.json"

pytestmark = pytest.mark.skipif(
    FOLDER is None or not FILE.exists(),
    reason="REFERENCE_DIR does not name a folder with finvalda-webservice.postman.json",
)

REFUSED = {
    "FIND_PARAM_FOR_ME": 1036,  # an import parameter that nobody documents is an unknown one
    "UzskaitaDok": 2012,  # written xmlString, where this interface wants xmlstring
}

Node = dict[str, Any]


def requests_of(nodes: list[Node]) -> list[Node]:
    found: list[Node] = []
    for node in nodes:
        found += requests_of(node["item"]) if "item" in node else [node]
    return found


def collection() -> tuple[list[Node], dict[str, str]]:
    tree = json.loads(FILE.read_text(encoding="utf-8"))
    return requests_of(tree["item"]), {one["key"]: one["value"] for one in tree["variable"]}


def built(node: Node, variables: dict[str, str]) -> httpx.Request:
    """Return the request as the tool would send it, with the headers that the manual demands."""
    asked = node["request"]
    raw = asked["url"] if isinstance(asked["url"], str) else asked["url"]["raw"]
    address, _, query = raw.partition("?")
    pairs = [part.partition("=") for part in query.split("&") if part]
    params = {name: unquote(value) for name, _, value in pairs}
    names = ("UserName", "Password", "CompanyID", "RemoveNewLines")
    headers = {name: variables[name] for name in names}
    headers |= {h["key"]: h["value"] for h in asked.get("header", []) if not h.get("disabled")}
    headers.setdefault("Content-Type", "application/json")
    headers["CompanyID"] = variables["CompanyID"]  # one request names another company
    body = (asked.get("body") or {}).get("raw")
    path = address.rpartition("/")[2]
    return httpx.Request(
        asked["method"],
        f"http://127.0.0.1/FvsServicePure.svc/{path}",
        params=params or None,
        headers=headers,
        content=body,
    )


def envelope(answer: httpx.Response) -> tuple[str | None, int | None]:
    """Return AccessResult and nResult of an answer in either format."""
    if answer.text.startswith("<"):
        access = re.search("<AccessResult>(.*?)</AccessResult>", answer.text)
        number = re.search("<nResult>(.*?)</nResult>", answer.text)
        return (access and access[1]), (int(number[1]) if number else None)
    tree = answer.json()
    return tree["AccessResult"], tree.get("nResult")


def operation(space: str, journal: str, number: int, **fields: Any) -> Operation:
    values: dict[str, Any] = {
        "space": space,
        "cls": space,
        "series": "AB",
        "document": f"{journal}-{number}",
        "client": "TEST",
        "currency": "EUR",
        "date": "2022-11-21",
        "header": {},
        "lines": [Line(GOODS, "MILTAI", 1, quantity=Decimal(1), amount=Decimal(1))],
        "user": "ADMIN.",
        "editor": "ADMIN.",
        "created": "2022-11-21T09:49:23",
        "edited": "2022-11-21T09:49:23",
    }
    return Operation(journal=journal, number=number, **{**values, **fields})


def company(variables: dict[str, str]) -> FinvaldaState:
    """Return the company that the collection speaks of."""
    state = FinvaldaState(1, lambda: datetime(2025, 12, 15, 12, tzinfo=UTC))
    state.company_id = variables["CompanyID"]
    state.add("employee", variables["UserName"], password=variables["Password"])
    for code in ("TEST", "TEST1", "TEXTA", "STMT", "TESTAS1"):
        state.add("client", code, sPavadinimas=code)
    for code in ("MILTAI", "VIRDULYS", "PIENAS", "ATMINTIS"):
        state.add("product", code, sPavadinimas=code, sMatavimoVnt="KG", sMokestis="PVM21")
    for code in ("XLS NUOMA", "ŠILUMA", "REKLAMA"):
        state.add("service", code, sPavadinimas=code, sMokestis="PVM21")
    dictionary = (
        ("warehouse", "CENTR."),
        ("series", "AB"),
        ("series", "ABC"),
        ("product_type", "MASINOS"),
        ("client_type", "KAUNAS"),
        ("client_tag1", "BE PVM"),
    )
    for kind, code in dictionary:
        state.add(kind, code)
    for code in ("$ABEJ_SK", "$MIKRO", "$PAR.G", "MIKRO", "GAM2", "$PIRK_TEIS"):
        state.add("journal", code)
    defaults = {"link": "PREKES", "service_link": "PASL", "unit": "VNT", "vat": "PVM21"}
    defaults |= {"client_vat": "PVM21", "debit_account": "2411", "credit_account": "4430"}
    journals = {"PardDok": "$ABEJ_SK", "PardRezDok": "$MIKRO", "PardGrazDok": "$PAR.G"}
    defaults |= {f"journal.{cls}": journal for cls, journal in journals.items()}
    for name in ("Pirmas", "ManoParametras", "MIKRO", "PARAM1", "DAGOS1", "AUTO2008", "PASL"):
        state.add("parameter", name, **defaults)
    return state


def place_operations(state: FinvaldaState) -> None:
    """Have every operation that the collection changes, unlocked and where it looks for it."""
    aaa, aa1, aa3 = (Line(GOODS, code, 1) for code in ("AAA", "AA1", "AA3"))
    for one in (
        operation("PardDok", "$ABEJ_SK", 62),
        operation("PardDok", "$PARD.", 49193),
        operation("PardDok", "$PARD.", 45151),
        operation("PardRezDok", "$PAR.R_KRE", 3, lines=[aaa, aa1]),
        operation("VidPerkDok", "92DEA9.VID", 9, lines=[aaa, aa1, aa3]),
        operation("GamybaDok", "GAMYBA", 4),
        operation("PirkUzsDok", "$PIR.U", 13),
    ):
        state.put_operation(one)


async def test_each_request_gets_the_manuals_class_of_answer() -> None:
    nodes, variables = collection()
    state = company(variables)
    state.add("address", "TEST|ADR1", sKlientoKodas="TEST", sAdresas="adresas")
    state.add("service", "PASLAUGAS01", sPavadinimas="paslauga", sMokestis="PVM21")
    transport = httpx.ASGITransport(app=finvalda_app(state))
    wrong = []
    async with httpx.AsyncClient(transport=transport) as client:
        for node in nodes:
            place_operations(state)
            request = built(node, variables)
            if request.url.path.endswith("InsertNewItem"):
                state.remove("service", "PASLAUGAS01")
            answer = await client.send(request)
            text = request.url.query.decode() + request.content.decode()
            code = next((code for word, code in REFUSED.items() if word in text), None)
            assert answer.status_code == 200, node["name"]
            access, number = envelope(answer)
            expected = ("Success", {None, 0}) if code is None else ("Fail", {code})
            if access != expected[0] or number not in expected[1]:
                wrong.append((node["name"], request.url.path, answer.text[:200]))
    assert wrong == []
    assert len(nodes) > 75


async def test_answers_have_the_shape_of_the_recorded_ones() -> None:
    """Whatever a recorded answer has in its envelope and rows, ours has too."""
    nodes, variables = collection()
    state = company(variables)
    state.add("series", "1", users="WEB")
    state.add("address", "TEST|SAN1", sKlientoKodas="TEST")
    state.add("partner", "TEST|AAA", client="TEST", product="MILTAI", partner_product="AAA")
    state.put_operation(operation("PardDok", "$PARD.", 45152, date="2025-05-21"))
    compared = 0
    transport = httpx.ASGITransport(app=finvalda_app(state))
    kinds = {"Address", "DocumentSeries", "PartnerProducts", "CurrencyRates", "Sales", "SalesDet"}
    async with httpx.AsyncClient(transport=transport) as client:
        for node in nodes:
            request = built(node, variables)
            asked = json.loads(request.content) if request.content else {}
            asked = asked.get("readParams") or asked.get("opReadParams") or {}
            kind = asked.get("type") or asked.get("OpClass")
            if kind not in kinds or not node.get("response") or "columnsSource" in asked:
                continue
            recorded = json.loads(node["response"][0]["body"])
            got = (await client.send(request)).json()
            assert list(got)[:2] == list(recorded)[:2]
            assert got["items"], kind
            missing = set(recorded["items"][0]) - set(got["items"][0])
            assert missing == set(), kind
            for name, value in recorded["items"][0].items():
                number = isinstance(value, (int, float))
                assert isinstance(got["items"][0][name], (int, float)) == number, (kind, name)
            compared += 1
    assert compared >= len(kinds)


async def test_a_locked_sale_is_refused_as_recorded() -> None:
    nodes, variables = collection()
    state = company(variables)
    state.put_operation(operation("PardDok", "$ABEJ_SK", 62, lock=1))
    node = next(n for n in nodes if "DelPardDok" in json.dumps(n["request"]))
    transport = httpx.ASGITransport(app=finvalda_app(state))
    async with httpx.AsyncClient(transport=transport) as client:
        answer = (await client.send(built(node, variables))).json()
    recorded = json.loads(node["response"][1]["body"])
    assert {name: answer[name] for name in ("AccessResult", "nResult")} == {
        name: recorded[name] for name in ("AccessResult", "nResult")
    }
    assert answer["error"].startswith("FVS00000022 Data saving in database\n\n")
