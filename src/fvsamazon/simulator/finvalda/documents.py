"""Methods around operations that a shop hardly uses: invoices as files, reports, lists of reports.

They answer in the shape of the vendor's own requests, with a file that says what it stands for.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from fvsamazon.simulator.finvalda.codes import DATA_MISSING, Refusal
from fvsamazon.simulator.finvalda.lists import expect
from fvsamazon.simulator.finvalda.wire import Answer, Call, rows, structure

if TYPE_CHECKING:
    from fvsamazon.simulator.finvalda.book import Operation
    from fvsamazon.simulator.finvalda.state import FinvaldaState


def make_invoice(state: FinvaldaState, call: Call) -> Answer:
    """Return an operation's invoice, named by journal and number or by series and document."""
    given = structure(call.text("sParam"))
    code = str(given.get("FakturosKodas", ""))
    if not state.records.has("invoice", code):
        raise Refusal(DATA_MISSING, said=f"Invoice '{code}' not found!")
    number = str(given.get("nNumeris") or "")
    found = None
    if number.isdecimal():
        found = state.book.get(str(given.get("sZurnalas", "")), int(number))
    document = str(given.get("sDokumentas") or "")
    if found is None and document:
        series = str(given.get("sSerija") or "")
        found = next((o for o in _numbered(state, document) if o.series == series), None)
    if found is None:
        raise Refusal(1063)
    return _file(f"{code} {found.series} {found.document}")


def _numbered(state: FinvaldaState, document: str) -> list[Operation]:
    return [operation for operation in state.book.live() if operation.document == document]


def make_report(state: FinvaldaState, call: Call) -> Answer:
    """Return a report; every report is the same empty page here."""
    expect(state, call, "sParam")
    code = str(structure(call.text("sParam")).get("code", ""))
    if not code:
        raise Refusal(DATA_MISSING, said="Value 'code' is mandatory!")
    return _file(code)


def get_reports(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetAutoReportsList: nobody has planned a report."""
    expect(state, call)
    return rows([])


def get_report(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetAutoReport by file name."""
    expect(state, call, "fileName")
    if not call.text("fileName"):
        raise Refusal(DATA_MISSING, said="Value 'fileName' is mandatory!")
    return _file(call.text("fileName"))


def get_related_invoices(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetInvoicesRelatedToCustomer: clients have no invoices of their own here."""
    expect(state, call, "nDebtType")
    return rows([])


def _file(said: str) -> Answer:
    text = f"%PDF-1.4\n% {said}\n%%EOF\n".encode()
    return Answer({"fileContents": base64.b64encode(text).decode("ascii")})
