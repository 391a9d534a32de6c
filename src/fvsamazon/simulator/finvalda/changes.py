"""UpdateOperation, DeleteOperation, locks and what else changes an operation that is there.

In: a call that names journal and number. Out: the changed operation as an event, or a refusal. An
update is destructive and knows no repetition: rows are taken out and put in as the request says,
each time anew.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from fvsamazon.simulator.finvalda.book import (
    GOODS,
    INFLOW,
    RESERVATION,
    RETURN,
    SALE,
    SERVICE,
    UVM_RESERVATION,
    Event,
    Operation,
    put_operation,
)
from fvsamazon.simulator.finvalda.cards import find_parameter, payload
from fvsamazon.simulator.finvalda.codes import DATA_MISSING, Refusal
from fvsamazon.simulator.finvalda.data import rate_on
from fvsamazon.simulator.finvalda.fields import (
    EDIT_HEAD,
    IDENTITY,
    MARKED_LINE,
    REMOVED_LINE,
    Value,
    Values,
)
from fvsamazon.simulator.finvalda.lines import GOODS_ELEMENT, SERVICE_ELEMENT, Frame, read_lines
from fvsamazon.simulator.finvalda.operations import (
    check_header,
    check_period,
    check_unused,
    client_of,
    saved,
)
from fvsamazon.simulator.finvalda.others import OTHER_CLASSES
from fvsamazon.simulator.finvalda.wire import Answer, Call, Tree, done, objects, structure

if TYPE_CHECKING:
    from fvsamazon.simulator.finvalda.fields import Reader
    from fvsamazon.simulator.finvalda.state import FinvaldaState

_EDITED = {
    "KoregPardDok": SALE,
    "KoregPardRezDok": RESERVATION,
    "KoregPardGrazDok": RETURN,
    "KoregPirkDok": "PirkDok",
    "KoregPirkUzsDok": "PirkUzsDok",
    "KoregPirkGrazDok": "PirkGrazDok",
    "KoregVidPerkDok": "VidPerkDok",
}
_REMOVED = {
    f"Del{space}": space
    for space in (SALE, RESERVATION, RETURN, UVM_RESERVATION, INFLOW, *OTHER_CLASSES)
}
_REMOVALS = (("DelPrekeDetEil", GOODS), ("DelPaslaugaDetEil", SERVICE))
_MARKS = (("UpdPrekeDetEil", GOODS), ("UpdPaslaugaDetEil", SERVICE))
_BY_EMPLOYEE, _BY_ADMINISTRATOR = 1, 2


def update_operation(state: FinvaldaState, call: Call) -> Answer:
    """Change the head, take rows out, put rows in, mark rows."""
    parameter = find_parameter(state, call.text("sParametras"))
    cls = call.text("ItemClassName")
    space = _EDITED.get(cls)
    if space is None:
        raise Refusal(5003, cls)
    given = payload(state, call, cls)
    head = f"{'VidPerk' if space == 'VidPerkDok' else space[:4]}DokHeadEil"
    parts = {head, GOODS_ELEMENT, SERVICE_ELEMENT, *(name for name, _ in (*_REMOVALS, *_MARKS))}
    reader = state.reader(call)
    named = reader.fields(given, IDENTITY, cls, frozenset(parts))
    operation = deepcopy(_named(state, named, (3019, 3020), space, 5000))
    if operation.lock:
        raise Refusal(5005)
    check_period(state, call, date.fromisoformat(operation.date))
    for row in objects(given.get(head), head):
        _change_head(state, operation, reader.fields(row, EDIT_HEAD, head))
    had_lines = bool(operation.lines)
    _remove_lines(reader, operation, given)
    frame = _frame(state, operation, parameter["prices_include_vat"], parameter["recalculate"])
    operation.lines += read_lines(state, reader, given, frame)
    for number, line in enumerate(operation.lines):
        earlier = operation.lines[:number]
        line.code_n = 1 + sum((o.type, o.code) == (line.type, line.code) for o in earlier)
    if had_lines and not operation.lines:
        raise Refusal(5004)
    _mark_lines(reader, operation, given)
    operation.edited, operation.editor = state.local(), call.user
    return saved(operation, [])


def delete_operation(state: FinvaldaState, call: Call) -> Answer:
    """Remove an operation; what is locked, settled or in a closed period stays."""
    find_parameter(state, call.text("sParametras"))
    cls = call.text("ItemClassName")
    space = _REMOVED.get(cls)
    if space is None:
        raise Refusal(DATA_MISSING, said=f"Unknown class '{cls}'!")
    named = state.reader(call).fields(payload(state, call, cls), IDENTITY, cls)
    operation = _named(state, named, (3017, 3018), space, state.rules.gone_code)
    if operation.lock:
        raise Refusal(4002)
    check_period(state, call, date.fromisoformat(operation.date))
    if operation.paid:
        raise Refusal(4015)
    gone = {**asdict(operation), "deleted": True, "edited": state.local(), "editor": call.user}
    return done([{"operation": gone}])


def lock_operation(state: FinvaldaState, call: Call) -> Answer:
    """Lock an operation against everyone else."""
    find_parameter(state, call.text("sParametras"))
    operation = deepcopy(_argument(state, call))
    employee = state.records.get("employee", call.user) or {}
    operation.lock = _BY_ADMINISTRATOR if employee.get("administrator") else _BY_EMPLOYEE
    return done([put_operation(operation)])


def unlock_operation(state: FinvaldaState, call: Call) -> Answer:
    """Unlock an operation, and move it to another journal where one is named."""
    operation = deepcopy(_argument(state, call))
    operation.lock = 0
    new = call.text("sZurnalasNaujas")
    return done(_moved(state, operation, new) if new else [put_operation(operation)])


def is_operation_locked(state: FinvaldaState, call: Call) -> Answer:
    """Tell 0 free, 1 locked by an employee, 2 by an administrator."""
    return Answer({"IsLocked": _argument(state, call).lock})


def change_journal(state: FinvaldaState, call: Call) -> Answer:
    """Move an operation to another journal, where it takes the next number."""
    journal, number = call.text("sJournal"), call.text("nOpNumber")
    operation = deepcopy(_found(state, journal, number))
    return done(_moved(state, operation, call.text("sJournalNew")))


def copy_operation(state: FinvaldaState, call: Call) -> Answer:
    """Make an operation of the other journal's class from one that is there."""
    given = structure(call.arguments.get("input", {}))
    parameter = find_parameter(state, str(given.get("sParameter", "")))
    source = _found(state, str(given.get("sJournal", "")), str(given.get("nOpNumber", "")))
    copied = deepcopy(source)
    copied.journal = str(given.get("sJournalNew", "")) or source.journal
    if not state.records.has("journal", copied.journal):
        raise Refusal(45, copied.journal)
    journals = {str(v): k.partition(".")[2] for k, v in parameter.items() if k.startswith("jour")}
    copied.space = copied.cls = journals.get(copied.journal, source.space)
    copied.number = state.book.next_number(copied.journal)
    if not given.get("bKeepDocument"):
        copied.series = str(given.get("sNewSeries") or copied.series)
        copied.document = str(given.get("sNewDocument") or copied.document)
    events: list[Event] = []
    if given.get("bDeleteSourceOp"):
        events.append({"operation": {**asdict(source), "deleted": True}})
    else:
        check_unused(state, copied.space, copied.series, copied.document)
    copied.created = copied.edited = state.local()
    copied.user = copied.editor = call.user
    copied.paid = copied.paid_nc = Decimal(0)
    return saved(copied, events)


def _named(
    state: FinvaldaState, named: Values, missing: tuple[int, int], space: str, absent: int
) -> Operation:
    if not named.get("sZurnalas"):
        raise Refusal(missing[0])
    if not named.get("nNumeris"):
        raise Refusal(missing[1])
    found = state.book.get(str(named["sZurnalas"]), int(named["nNumeris"]))
    if found is None or found.space != space:
        raise Refusal(absent)
    return found


def _argument(state: FinvaldaState, call: Call) -> Operation:
    return _found(state, call.text("sZurnalas"), call.text("nNumeris"))


def _found(state: FinvaldaState, journal: str, number: str) -> Operation:
    found = state.book.get(journal, int(number)) if number.isdecimal() else None
    if found is None:
        raise Refusal(1063)
    return found


def _moved(state: FinvaldaState, operation: Operation, journal: str) -> list[Event]:
    if not state.records.has("journal", journal):
        raise Refusal(45, journal)
    before = [operation.journal, operation.number]
    operation.journal, operation.number = journal, state.book.next_number(journal)
    return [{"forget": before}, put_operation(operation)]


def _frame(state: FinvaldaState, operation: Operation, vat: Value, recalculate: Value) -> Frame:
    rate = Decimal(1)
    if operation.currency not in {"", "EUR"}:
        day = date.fromisoformat(operation.date)
        rate = rate_on(state.records, operation.currency, day) or Decimal(0)
    return Frame(operation.currency, rate, bool(vat), bool(recalculate))


def _change_head(state: FinvaldaState, operation: Operation, head: Values) -> None:
    client = str(head.pop("sKlientas", ""))
    if client and operation.space not in {SALE, RESERVATION}:
        state.complain("UpdateOperation", "sKlientas of this class cannot be changed")
    elif client and client != operation.client:
        if operation.paid:
            raise Refusal(1024)
        operation.client = client_of(state, {"sKlientas": client}, missing=3006)
    series = str(head.pop("sSerija", "")) or operation.series
    document = str(head.pop("sDokumentas", "")) or operation.document
    if (series, document) != (operation.series, operation.document):
        if series and not state.records.has("series", series):
            raise Refusal(1071, series)
        check_unused(state, operation.space, series, document)
    operation.series, operation.document = series, document
    check_header(state, operation.client, head)
    operation.header.update(head)


def _remove_lines(reader: Reader, operation: Operation, given: Tree) -> None:
    for element, type_ in _REMOVALS:
        for row in objects(given.get(element), element):
            values = reader.fields(row, {**REMOVED_LINE, **MARKED_LINE}, element)
            if not values.get("sKodas"):
                raise Refusal(1076)
            kept = [
                line
                for line in operation.lines
                if line.type != type_
                or line.code != values["sKodas"]
                or values.get("sSandelis") not in {None, "", line.warehouse}
            ]
            if len(kept) == len(operation.lines):
                raise Refusal(4003, str(values["sKodas"]))
            operation.lines = kept


def _mark_lines(reader: Reader, operation: Operation, given: Tree) -> None:
    for element, type_ in _MARKS:
        for row in objects(given.get(element), element):
            # The vendor's own requests write nPreKodN where the manual has nKodasN.
            values = reader.fields(row, MARKED_LINE, element)
            number = values.get("nKodasN", values.get("nPreKodN", 1)) or 1
            found = [
                line
                for line in operation.lines
                if (line.type, line.code, line.code_n) == (type_, values.get("sKodas"), number)
            ]
            if not found:
                raise Refusal(5001, str(values.get("sKodas", "")))
            for line in found:
                line.marked = int(values.get("nPozymis", line.marked))
                line.info = str(values.get("sPapInfo", line.info))
