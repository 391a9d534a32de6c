"""InsertNewOperation for sales, reservations and returns: the checks in the manual's order.

In: a call and the company. Out: the saved operation's journal and number with the event that saves
it, or a refusal. The line's money is `dSumaV`, a line total; percentages compute nothing; a field
that is not in the closed tables is lost in silence (and noted). Nothing is half saved.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from fvsamazon.simulator.finvalda.book import (
    GOODS,
    INFLOW,
    RESERVATION,
    RETURN,
    SALE,
    UVM_RESERVATION,
    Event,
    Line,
    Operation,
    put_operation,
)
from fvsamazon.simulator.finvalda.cards import check_references, find_parameter, payload
from fvsamazon.simulator.finvalda.codes import DATA_MISSING, PROGRAM_FAULT, Refusal
from fvsamazon.simulator.finvalda.data import Record, address_key, rate_on
from fvsamazon.simulator.finvalda.fields import (
    RETURN_HEADER,
    SALE_HEADER,
    SHORT_HEADER,
    Table,
    Values,
)
from fvsamazon.simulator.finvalda.lines import (
    LINE_ELEMENTS,
    Frame,
    check_late_objects,
    read_lines,
)
from fvsamazon.simulator.finvalda.wire import Answer, Call, done

if TYPE_CHECKING:
    from fvsamazon.simulator.finvalda.state import FinvaldaState

KINDS = frozenset(["S", "SF", "D", "DS", "K", "KS", "KT", "VS", "VD", "VK"])
_ZERO = Decimal(0)

CLASSES: dict[str, tuple[str, Table]] = {
    "PardDok": (SALE, SALE_HEADER),
    "TrumpasPardDok": (SALE, SHORT_HEADER),
    "PardRezDok": (RESERVATION, SALE_HEADER),
    "TrumpasPardRezDok": (RESERVATION, SHORT_HEADER),
    "UVMPardRezDok": (UVM_RESERVATION, SALE_HEADER),
    "TrumpasUVMPardRezDok": (UVM_RESERVATION, SHORT_HEADER),
    "TrumpasUVMPardRDok": (UVM_RESERVATION, SHORT_HEADER),
    "PardGrazDok": (RETURN, RETURN_HEADER),
    "TrumpasPardGrazDok": (RETURN, SHORT_HEADER),
}
"""Classes with sales lines: what each makes, and its header; a short form drops the rest."""


def insert_sale(state: FinvaldaState, call: Call) -> Answer:
    """Save a sale, a reservation or a return."""
    parameter = find_parameter(state, call.text("sParametras"))
    cls = call.text("ItemClassName")
    space, known = CLASSES[cls]
    given = payload(state, call, cls)
    header = state.reader(call).fields(given, known, cls, LINE_ELEMENTS)
    if cls == RETURN and not header.get("sSerija"):
        # Seen live: the full form of a return is refused without a series, the short form is not.
        raise Refusal(DATA_MISSING, said="Value 'sSerija' is mandatory!")
    client = client_of(state, header, missing=3006)
    day, frame = frame_of(state, call, header, parameter, missing=(3007, 3008))
    events: list[Event] = []
    series, document = number_of(state, header, parameter, space, events)
    check_header(state, client, header)
    lines = read_lines(state, state.reader(call), given, frame)
    if not lines:
        raise Refusal(1037)
    if len(lines) > state.rules.max_lines:
        raise Refusal(1046)
    if space != RETURN and state.rules.check_stock:
        _check_stock(state, lines)
    header.setdefault("sDokRusis", parameter["kind"])
    operation = new_operation(state, call, space, parameter)
    operation.series, operation.document = series, document
    operation.client, operation.currency, operation.date = client, frame.currency, day.isoformat()
    operation.header, operation.lines = header, lines
    operation.lock = int(header.get("nVarna", 0))
    return saved(operation, events)


def client_of(state: FinvaldaState, header: Values, *, missing: int) -> str:
    """Return the client's code, found by the company code where no client is given."""
    code = str(header.get("sKlientas", ""))
    company = str(header.get("sKlientImonesKodas", ""))
    if not code and company:
        found = next(state.records.matching("client", "sImKodas", company), None)
        if found is None:
            raise Refusal(54, company)
        code = str(found["sKodas"])
    if not code:
        raise Refusal(missing)
    card = state.records.get("client", code)
    if card is None:
        raise Refusal(state.rules.unknown_client_code, code)
    if card["nTipas"] != 0:
        raise Refusal(1047)
    return code


def frame_of(
    state: FinvaldaState,
    call: Call,
    header: Values,
    parameter: Record,
    *,
    missing: tuple[int, int],
) -> tuple[date, Frame]:
    """Return the document's day and money: currency, rate, what the sums mean."""
    currency = str(header.get("sValiuta", ""))
    if not currency:
        raise Refusal(missing[0])
    if not state.records.has("currency", currency):
        raise Refusal(11, currency)
    if "tData" not in header:
        raise Refusal(missing[1])
    day = date.fromisoformat(str(header["tData"]))
    check_period(state, call, day)
    rate = Decimal(1) if currency == "EUR" else rate_on(state.records, currency, day)
    if rate is None:
        raise Refusal(1011, f"{currency} {day}")
    include_vat, recalculate = parameter["prices_include_vat"], parameter["recalculate"]
    return day, Frame(currency, rate, bool(include_vat), bool(recalculate))


def check_period(state: FinvaldaState, call: Call, day: date) -> None:
    """Refuse a date in a closed period, or outside what the employee may touch."""
    closed = [d for d in (state.rules.closed_until, call.closed_until) if d is not None]
    if closed and day <= max(closed):
        code = state.rules.closed_code
        said = "The period is closed!" if code == PROGRAM_FAULT else None
        raise Refusal(code, said=said)
    employee = state.records.get("employee", call.user) or {}
    first, last = str(employee.get("date_from", "")), str(employee.get("date_till", ""))
    if (first and day.isoformat() < first) or (last and day.isoformat() > last):
        raise Refusal(4005)


def number_of(
    state: FinvaldaState, header: Values, parameter: Record, space: str, events: list[Event]
) -> tuple[str, str]:
    """Return series and document; an empty document takes the series' next free number."""
    series = str(header.get("sSerija", "")) or str(parameter["series"])
    if space == INFLOW:
        series = str(header.get("sSerija", "")) or str(parameter["series2"])
    card = state.records.get("series", series)
    if card is None and series:
        raise Refusal(1071 if header.get("sSerija") else 36, series)
    payments = space == INFLOW
    if card is not None and bool(card["type"]) != payments:
        raise Refusal(41 if payments else 40, series)
    document = str(header.get("sDokumentas", ""))
    if document:
        check_unused(state, space, series, document)
        return series, document
    if card is None:
        raise Refusal(DATA_MISSING, said="Value 'sDokumentas' is mandatory!")
    number = int(card["number"])
    while _used(state, space, series, f"{number:0{card['width']}d}"):
        number += 1
    events.append({"put": "series", "key": series, "record": {**card, "number": number + 1}})
    return series, f"{number:0{card['width']}d}"


def check_unused(state: FinvaldaState, space: str, series: str, document: str) -> None:
    """Refuse a document number that a live operation of the class has; each class has its own."""
    if _used(state, space, series, document):
        sale = state.rules.duplicate_sale_code
        raise Refusal({SALE: sale, RESERVATION: 1002, RETURN: 1040}.get(space, 1058), document)


def _used(state: FinvaldaState, space: str, series: str, document: str) -> bool:
    within = state.rules.duplicates
    return within != "none" and any(
        within == "class" or operation.series == series
        for operation in state.book.numbered(space, document)
    )


def check_header(state: FinvaldaState, client: str, header: Values) -> None:
    """Refuse what the header names and the company has not."""
    check_references(state, "operation", header)
    check_late_objects(state, header)
    address = str(header.get("sAdresas", ""))
    if address and not state.records.has("address", address_key(client, address)):
        raise Refusal(70, address)
    kind = header.get("sDokRusis")
    if kind and kind not in KINDS:
        raise Refusal(PROGRAM_FAULT, said=f"Document kind '{kind}' not found!")


def _check_stock(state: FinvaldaState, lines: list[Line]) -> None:
    wanted: dict[tuple[str, str], Decimal] = {}
    for line in lines:
        if line.type == GOODS:
            key = line.warehouse, line.code
            wanted[key] = wanted.get(key, _ZERO) + line.quantity
    left = state.stocks(free=True)
    for place, quantity in wanted.items():
        if left.get(place, _ZERO) < quantity:
            raise Refusal(1010, " ".join(place))


def new_operation(state: FinvaldaState, call: Call, space: str, parameter: Record) -> Operation:
    """Return an empty operation in the journal that the import parameter has for its class."""
    journal = str(parameter.get(f"journal.{space}", "")) or "KITA"
    if not state.records.has("journal", journal):
        raise Refusal(45, journal)
    at = state.local()
    return Operation(
        space=space,
        cls=call.text("ItemClassName"),
        journal=journal,
        number=state.book.next_number(journal),
        series="",
        document="",
        client="",
        currency="",
        date="",
        header={},
        lines=[],
        user=call.user,
        editor=call.user,
        created=at,
        edited=at,
        op_type=str(parameter["op_type"]),
    )


def saved(operation: Operation, events: list[Event], **more: str) -> Answer:
    """Return the answer that names a saved operation, in `error` too."""
    told = {
        "SERIJA": operation.series,
        "DOKUMENTAS": operation.document,
        **more,
        "ZURNALAS": operation.journal,
        "NUMERIS": str(operation.number),
    }
    text = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in told.items())
    events = [*events, put_operation(operation)]
    return done(events, f"<OP_DUOMENYS>{text}</OP_DUOMENYS>", OP_DUOMENYS=told)
