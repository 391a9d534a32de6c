"""A simulated Finvalda for tests: a careful client in process, and a served one over sockets."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx

from fvsamazon.simulator.finvalda import SERVICE, FinvaldaState, finvalda_app
from fvsamazon.simulator.server import HOST, bind, port_of, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ORDER = "405-1234567-7654321"
COLUMNS = ["journal", "op_number", "series", "order_number", "client", "currency", "amount"]

Tree = dict[str, Any]


def headers(state: FinvaldaState, **more: str) -> dict[str, str]:
    return {
        "UserName": state.username,
        "Password": state.password,
        "CompanyID": state.company_id,
        "Language": "1",
        "RemoveNewLines": "true",
        "Content-Type": "application/json; charset=utf-8",
        **more,
    }


class Client:
    """Speaks to the application in process, as a careful client would."""

    def __init__(self, state: FinvaldaState) -> None:
        self.state = state
        transport = httpx.ASGITransport(app=finvalda_app(state))
        base = "http://127.0.0.1/FvsServicePure.svc/"
        self.http = httpx.AsyncClient(transport=transport, base_url=base, headers=headers(state))

    async def post(self, method: str, **body: Any) -> Tree:
        answer = await self.http.post(method, json=body)
        assert answer.status_code == 200
        tree: Tree = answer.json()
        return tree

    async def get(self, method: str, **query: str) -> Tree:
        answer = await self.http.get(method, params=query)
        assert answer.status_code == 200
        tree: Tree = answer.json()
        return tree

    async def insert(self, cls: str, document: Tree, parameter: str = "FVSAMAZON") -> Tree:
        text = json.dumps({cls: document})
        return await self.post(
            "InsertNewOperation", ItemClassName=cls, sParametras=parameter, xmlstring=text
        )

    async def item(self, method: str, cls: str, fields: Tree, **more: str) -> Tree:
        card = {cls: {"sFvsImportoParametras": "FVSAMAZON", **fields}}
        return await self.post(method, ItemClassName=cls, xmlstring=json.dumps(card), **more)

    async def find(self, op_class: str = "Sales", **filters: object) -> list[Tree]:
        params = {"OpClass": op_class, "filter": filters, "columns": {"column": COLUMNS}}
        tree = await self.post("GetOperations", opReadParams=params)
        assert tree["AccessResult"] == "Success", tree
        found: list[Tree] = tree["items"]
        return found

    async def describe(self, kind: str, **params: object) -> list[Tree]:
        tree = await self.post("GetDescriptions", readParams={"type": kind, **params})
        assert tree["AccessResult"] == "Success", tree
        found: list[Tree] = tree["items"]
        return found


@asynccontextmanager
async def served(state: FinvaldaState) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the state on a free loopback port, as `simulate` does; yield a client of it."""
    [listener] = bind(0)
    base = f"http://{HOST}:{port_of(listener)}{SERVICE}/"
    async with (
        serving([(finvalda_app(state), listener)]),
        httpx.AsyncClient(
            base_url=base, headers=headers(state), timeout=2.0, trust_env=False, verify=False
        ) as client,
    ):
        yield client


def goods(**changes: object) -> Tree:
    line = {
        "sKodas": "PREKE001",
        "sSandelis": "FBM",
        "nKiekis": "2",
        "nPirmasMat": "1",
        "dSumaV": "16.79",
        "dSumaL": "16.79",
        "dSumaPVMV": "3.19",
        "dSumaPVML": "3.19",
        "dPVM_Procentas": "19",
        "sPvmKodas": "OSSDE19",
        "sPapInf": "70000000000011",
    }
    return changed(line, changes)


def shipping(**changes: object) -> Tree:
    line = {
        "sKodas": "SIUNTIMAS",
        "nKiekis": "100",
        "dSumaV": "4.19",
        "dSumaL": "4.19",
        "dSumaPVMV": "0.80",
        "dSumaPVML": "0.80",
        "dPVM_Procentas": "19",
        "sPvmKodas": "OSSDE19",
    }
    return changed(line, changes)


def sale(**changes: object) -> Tree:
    document = {
        "sKlientas": "AMZDE",
        "sSerija": "AMZ",
        "sDokumentas": ORDER,
        "sValiuta": "EUR",
        "tData": "2026-11-20",
        "sDokRusis": "SF",
        "sPavadinimas5": f"AMZ {ORDER}",
        "PardDokPrekeDetEil": [goods()],
        "PardDokPaslaugaDetEil": [shipping()],
    }
    return changed(document, changes)


def changed(base: Tree, changes: dict[str, object]) -> Tree:
    """A change to None takes the field out."""
    return {k: v for k, v in {**base, **changes}.items() if v is not None}


def codes(tree: Tree) -> tuple[str, int]:
    return tree["AccessResult"], tree["nResult"]
