"""Reservations of the order-management module: their state, and the dated lists.

GetOperations has no class for them, so these lists are how one is found again. They tell the
document's number and the titles, and no series.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon.simulator.finvalda.book import UVM_RESERVATION, Operation
from fvsamazon.simulator.finvalda.codes import Refusal
from fvsamazon.simulator.finvalda.fields import read_day
from fvsamazon.simulator.finvalda.lists import expect
from fvsamazon.simulator.finvalda.wire import Answer, Call, Tree, rows

if TYPE_CHECKING:
    from fvsamazon.simulator.finvalda.state import FinvaldaState

UVM_CANCELLED, UVM_DONE = 4, 3
_EDITED, _CREATED = "tKoregavimoData", "tSukurimoData"


def get_uvm_state(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetUVMPardRBusena."""
    expect(state, call, "sZurnalas", "nNumeris")
    number = call.text("nNumeris")
    found = state.book.get(call.text("sZurnalas"), int(number)) if number.isdecimal() else None
    if found is None or found.space != UVM_RESERVATION:
        raise Refusal(1063)
    return Answer({"nBusena": found.status})


def get_uvm_list(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetUVMPardRNeivykdyti, …Ivykdyti and …Anuliuoti."""
    expect(state, call, "sZurnaluGrupe", "tNuo", "tIki", _EDITED, _CREATED)
    states = {"Ivykdyti": {UVM_DONE}, "Anuliuoti": {UVM_CANCELLED}}.get(
        call.method.removeprefix("GetUVMPardR"), {0, 1, 2, 5}
    )
    return rows(
        [
            _uvm_row(state, one)
            for one in state.book.live(UVM_RESERVATION)
            if one.status in states and _in_time(state, call, one)
        ]
    )


def _in_time(state: FinvaldaState, call: Call, operation: Operation) -> bool:
    journal = state.records.get("journal", operation.journal) or {}
    if call.text("sZurnaluGrupe") not in {"", str(journal.get("group", ""))}:
        return False
    pairs = (("tNuo", operation.date), (_EDITED, operation.edited), (_CREATED, operation.created))
    for name, value in pairs:
        day = read_day(call.text(name))
        if day is not None and value[:10] < day.isoformat():
            return False
    last = read_day(call.text("tIki"))
    return last is None or operation.date <= last.isoformat()


def _uvm_row(state: FinvaldaState, operation: Operation) -> Tree:
    client = state.records.get("client", operation.client) or {}
    return {
        "zurnalas": operation.journal,
        "padalinys": "",
        "numeris": operation.number,
        "dokumentas": operation.document,
        **{f"pavadinimas{n}": title for n, title in enumerate(operation.titles, start=1)},
        "kliento_kodas": operation.client,
        "kliento_pavadinimas": client.get("sPavadinimas", ""),
        "data": f"{operation.date}T00:00:00",
        "suma": operation.amount,
        "valiuta": operation.currency,
        "adresas": operation.header.get("sAdresas", ""),
        "sutartis": operation.header.get("sSutartis", ""),
        "operacijos_tipas": operation.op_type,
    }
