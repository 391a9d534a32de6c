"""InsertNewOperation for IplDok: money received, and the sales that it settles.

In: a call and the company. Out: the saved inflow with the sales whose debt it lessens, or a
refusal. What is settled protects itself: a settled sale can be neither removed nor moved to another
client.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from fvsamazon.simulator.finvalda.book import (
    INFLOW,
    PAYMENT,
    SALE,
    Event,
    Line,
    Operation,
    put_operation,
)
from fvsamazon.simulator.finvalda.cards import check_references, find_parameter, payload
from fvsamazon.simulator.finvalda.codes import Refusal
from fvsamazon.simulator.finvalda.fields import INFLOW_HEADER, INFLOW_LINE, Values
from fvsamazon.simulator.finvalda.operations import (
    client_of,
    frame_of,
    new_operation,
    number_of,
    saved,
)
from fvsamazon.simulator.finvalda.wire import Answer, Call, objects

if TYPE_CHECKING:
    from fvsamazon.simulator.finvalda.state import FinvaldaState

_LINES = "IplDokDetEil"
_ADVANCE, _OLDEST_FIRST, _NAMED = 0, 1, 3
_ZERO = Decimal(0)


def insert_inflow(state: FinvaldaState, call: Call) -> Answer:
    """Save a payment as an advance, over the client's oldest sales, or over named ones."""
    parameter = find_parameter(state, call.text("sParametras"))
    given = payload(state, call, INFLOW)
    reader = state.reader(call)
    header = reader.fields(given, INFLOW_HEADER, INFLOW, frozenset({_LINES}))
    client = client_of(state, header, missing=3013)
    day, frame = frame_of(state, call, header, parameter, missing=(3014, 3008))
    kind = header.get("nTipas")
    if kind not in {_ADVANCE, _OLDEST_FIRST, _NAMED}:
        raise Refusal(1056)
    check_references(state, "operation", header)
    rows = [reader.fields(row, INFLOW_LINE, _LINES) for row in objects(given.get(_LINES), _LINES)]
    if not rows:
        raise Refusal(1037)
    for row in rows:
        if Decimal(row.get("dSumaV", 0)) <= 0:
            raise Refusal(1057)
    if kind == _NAMED:
        settled = _named(state, rows, client, day)
    elif kind == _OLDEST_FIRST:
        settled = _oldest(state, rows, client)
    else:
        settled = []
    events: list[Event] = [put_operation(sale) for sale in settled]
    series, document = number_of(state, header, parameter, INFLOW, events)
    operation = new_operation(state, call, INFLOW, parameter)
    operation.series, operation.document = series, document
    operation.client, operation.currency, operation.date = client, frame.currency, day.isoformat()
    header["sPavadinimas1"] = header.get("sPavadinimas", "")
    operation.header = header
    for number, row in enumerate(rows, start=1):
        amount = Decimal(row["dSumaV"])
        operation.lines.append(
            Line(
                PAYMENT,
                str(row.get("sDokumentas", "")),
                number,
                str(row.get("sPavadinimas", "")),
                amount=amount,
                amount_nc=(amount * frame.rate).quantize(Decimal("0.01")),
                info=str(row.get("sSerija", "")),
            )
        )
    second = {
        "SERIJA2": str(header.get("sSerija2", "")),
        "DOKUMENTAS2": str(header.get("sDokumentas2", "")),
    }
    return saved(operation, events, **second)


def _named(state: FinvaldaState, rows: list[Values], client: str, day: date) -> list[Operation]:
    """Return the named sales, paid; each may be named once and must be this client's."""
    settled: dict[tuple[str, int], Operation] = {}
    for row in rows:
        series, document = str(row.get("sSerija", "")), str(row.get("sDokumentas", ""))
        named = [one for one in state.book.numbered(SALE, document) if one.series == series]
        sale = named[0] if named else None
        if sale is None or not document:
            raise Refusal(1044, document)
        if sale.key in settled:
            raise Refusal(1048, document)
        if sale.client != client:
            raise Refusal(1049)
        if day < date.fromisoformat(sale.date):
            raise Refusal(1050)
        amount = Decimal(row["dSumaV"])
        if amount > sale.amount:
            raise Refusal(1053)
        if amount > sale.amount - sale.paid:
            raise Refusal(1054)
        settled[sale.key] = _paid(sale, amount)
    return list(settled.values())


def _oldest(state: FinvaldaState, rows: list[Values], client: str) -> list[Operation]:
    """Return the client's sales that this money settles, oldest first; the rest is an advance."""
    left = sum((Decimal(row["dSumaV"]) for row in rows), _ZERO)
    settled = []
    sales = [sale for sale in state.book.live(SALE) if sale.client == client]
    for sale in sorted(sales, key=lambda one: (one.date, one.key)):
        part = min(left, sale.amount - sale.paid)
        if part > 0:
            settled.append(_paid(sale, part))
            left -= part
    return settled


def _paid(sale: Operation, amount: Decimal) -> Operation:
    changed = deepcopy(sale)
    changed.paid += amount
    share = amount / sale.amount if sale.amount else _ZERO
    changed.paid_nc += (sale.amount_nc * share).quantize(Decimal("0.01"))
    return changed
