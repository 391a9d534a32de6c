"""InsertNewOperation for the classes that a shop does not use: kept as they come.

Purchases, transfers, clearings, stock counts and journal entries have their place in the manual and
in the vendor's own request collection, none in an order's life. They are saved with their document
and date, and their rows are not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon.simulator.finvalda.book import OTHER, Line
from fvsamazon.simulator.finvalda.cards import find_parameter
from fvsamazon.simulator.finvalda.codes import DATA_MISSING, Refusal
from fvsamazon.simulator.finvalda.fields import read_day
from fvsamazon.simulator.finvalda.operations import check_period, new_operation, saved
from fvsamazon.simulator.finvalda.wire import Answer, Call, many, structure

if TYPE_CHECKING:
    from fvsamazon.simulator.finvalda.state import FinvaldaState

OTHER_CLASSES = frozenset(
    {
        "PirkDok",
        "TrumpasPirkDok",
        "PirkUzsDok",
        "TrumpasPirkUzsDok",
        "PirkGrazDok",
        "TrumpasPirkGrazDok",
        "VidPerkDok",
        "NurasymasDok",
        "PajamavimasDok",
        "UVMAnulDok",
        "UVMPirkUzsDok",
        "TrumpasUVMPirkUzsDok",
        "GamybaDok",
        "UzskaitaDok",
        "Inventorizacija",
        "KtNeanalitDok",
        "OtherNonAnalytDoc",
    }
)
_NAMES = {
    "document": ("sDokumentas", "sDocument", "sPavadinimas"),
    "date": ("tData", "tDate"),
    "currency": ("sValiuta", "sCurrency"),
    "client": ("sKlientas", "sDebitorius"),
}
_NO_DOCUMENT = {"UVMAnulDok": 3024, "OtherNonAnalytDoc": 3025, "KtNeanalitDok": 3025}


def insert_other(state: FinvaldaState, call: Call) -> Answer:
    """Save a document of another class."""
    parameter = find_parameter(state, call.text("sParametras"))
    cls = call.text("ItemClassName")
    if cls not in OTHER_CLASSES:
        raise Refusal(DATA_MISSING, said=f"Unknown class '{cls}'!")
    if "xmlstring" not in call.arguments:
        state.complain(call.method, "no argument xmlstring (in lower case)")
        raise Refusal(DATA_MISSING, said="Value 'xmlstring' is mandatory!")
    inner = structure(call.arguments["xmlstring"]).get(cls)
    heads = [head for head in many(inner) if isinstance(head, dict)]
    if not heads:
        raise Refusal(DATA_MISSING, said=f"Value '{cls}' is mandatory!")
    found = {
        field: next((str(heads[0][name]) for name in names if heads[0].get(name)), "")
        for field, names in _NAMES.items()
    }
    if not found["document"] and cls in _NO_DOCUMENT:
        raise Refusal(_NO_DOCUMENT[cls])
    day = read_day(found["date"]) or state.today()
    check_period(state, call, day)
    operation = new_operation(state, call, cls, parameter)
    operation.document, operation.client = found["document"], found["client"]
    operation.currency, operation.date = found["currency"], day.isoformat()
    rows = [row for head in heads for value in head.values() for row in many(value)]
    parts = [row for row in rows if isinstance(row, dict)]
    codes = [str(row.get("sKodas") or row.get("sCode") or "") for row in parts]
    operation.lines = [Line(OTHER, code, n) for n, code in enumerate(codes, start=1)]
    return saved(operation, [])
