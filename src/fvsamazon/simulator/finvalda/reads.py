"""GetOperations: the look-up on which "booked only once" rests.

In: a class, filters and columns. Out: one row an operation, or one a line for the classes that end
in Det. A filter's name must be written exactly: the real service passes over a name that it does
not know and gives every operation, and so does this one, with a note. Removed operations are gone.
"""

from __future__ import annotations

import fnmatch
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from fvsamazon.simulator.finvalda.book import INFLOW, RESERVATION, RETURN, SALE, Line, Operation
from fvsamazon.simulator.finvalda.codes import PROGRAM_FAULT, Refusal
from fvsamazon.simulator.finvalda.data import address_key
from fvsamazon.simulator.finvalda.fields import read_day
from fvsamazon.simulator.finvalda.wire import Answer, Call, Tree, many, rows, structure

if TYPE_CHECKING:
    from collections.abc import Callable

    from fvsamazon.simulator.finvalda.state import FinvaldaState

OP_CLASSES: dict[str, tuple[str, ...]] = {
    "Sales": (SALE,),
    "SalesReservations": (RESERVATION,),
    "SalesReturns": (RETURN,),
    "Inflows": (INFLOW,),
    "Purchases": ("PirkDok", "TrumpasPirkDok"),
    "PurchasesReturns": ("PirkGrazDok", "TrumpasPirkGrazDok"),
    "PurchaseOrders": ("PirkUzsDok", "TrumpasPirkUzsDok"),
    "GenLeadger": ("KtNeanalitDok", "OtherNonAnalytDoc"),
    "Capitalization": ("PajamavimasDok",),
    "WriteOff": ("NurasymasDok",),
    "Disbursement": ("IsmDok",),
    "ClearingOff": ("UzskaitaDok",),
    "InternalTransactions": ("VidPerkDok",),
    "Production": ("GamybaDok",),
}
"""Names as the manual spells them; each has a second one with Det. UVM reservations have none."""

_NOTHING = (None, "", 0, "0")


def _text(get: Callable[[Operation], str]) -> Callable[[Operation, str], bool]:
    return lambda operation, value: get(operation) == value


def _description(number: int) -> Callable[[Operation, str], bool]:
    def fits(operation: Operation, value: str) -> bool:
        # Only the star is a wildcard, so fnmatch's other signs are made plain.
        plain = re.sub(r"([\[?])", r"[\1]", value)
        return fnmatch.fnmatchcase(operation.titles[number - 1], plain)

    return fits


def _from(get: Callable[[Operation], str]) -> Callable[[Operation, str], bool]:
    def fits(operation: Operation, value: str) -> bool:
        day = read_day(value)
        return day is None or get(operation)[:10] >= day.isoformat()

    return fits


def _till(operation: Operation, value: str) -> bool:
    day = read_day(value)
    return day is None or operation.date[:10] <= day.isoformat()


def _nothing(_operation: Operation, _value: str) -> bool:
    """Stand for a group: the company has none, so nothing belongs to it."""
    return False


_FILTERS: dict[str, Callable[[Operation, str], bool]] = {
    "Journal": _text(lambda o: o.journal),
    "OpNumber": _text(lambda o: str(o.number)),
    "Series": _text(lambda o: o.series),
    "OrderNumber": _text(lambda o: o.document),
    "OpDateFrom": _from(lambda o: o.date),
    "OpDateTill": _till,
    "DateEditedFrom": _from(lambda o: o.edited),
    "DateCreatedFrom": _from(lambda o: o.created),
    "Client": _text(lambda o: o.client),
    "ClientGroup": _nothing,
    "OpType": _text(lambda o: o.op_type),
    "OpTypeGroup": _nothing,
    "Description": _description(1),
    **{f"Description{n}": _description(n) for n in range(2, 6)},
    "NotCreatedByUser": lambda o, value: o.user != value,
    "NotEditedByUser": lambda o, value: o.editor != value,
    "NotChangedByUser": lambda o, value: o.editor != value,
}
_LINE_FILTERS: dict[str, Callable[[Line, str], bool]] = {
    "Warehouse": lambda line, value: line.warehouse == value,
    "GoodsCode": lambda line, value: line.code == value,
}
_LINE_FILTERS |= {
    f"Object{n}": lambda line, value, n=n: line.objects[n - 1 : n] == [value]  # type: ignore[misc]
    for n in range(1, 7)
}
_OF_CLASS = {"ClientDeb": "ClearingOff", "ClientCred": "ClearingOff"}
_OF_CLASS["AdvancePaymentSettled"] = "Inflows"


def get_operations(state: FinvaldaState, call: Call) -> Answer:
    """Return operations or lines; columns that nobody knows are left out in silence."""
    given = _parameters(state, call)
    op_class = str(given.get("OpClass", ""))
    base = op_class.removesuffix("Det")
    if base not in OP_CLASSES:
        raise Refusal(PROGRAM_FAULT, said=f"Unknown OpClass '{op_class}'!")
    by_line = op_class != base
    filters = _filters(state, given, base, by_line=by_line)
    columns = _columns(state, given, "columns")
    found: list[Tree] = []
    for operation in _matching(state, base, filters):
        lines = [line for line in operation.lines if _line_fits(line, filters)]
        if by_line:
            found += [_cut(state, _line_row(state, operation, line), columns) for line in lines]
            continue
        row = _cut(state, _head_row(state, operation), columns)
        if str(given.get("fullOp", "")).lower() == "true":
            inner = _columns(state, given, "columnsDet")
            # Nothing shows how the rows are nested; this name is a guess that no client may need.
            row["opDet"] = [_cut(state, _line_row(state, operation, line), inner) for line in lines]
        found.append(row)
    return rows(found, base)


def _parameters(state: FinvaldaState, call: Call) -> Tree:
    if "opReadParams" not in call.arguments and "OpClass" in call.arguments:
        state.complain(call.method, "the parameters do not stand inside opReadParams")
    given = structure(call.arguments.get("opReadParams"))
    if "OpClass" not in given and len(given) == 1:
        inner = next(iter(given.values()))
        return inner if isinstance(inner, dict) else given
    return given


def _filters(state: FinvaldaState, given: Tree, base: str, *, by_line: bool) -> dict[str, str]:
    """Return the filters that are filled; one that this class cannot use is an error."""
    raw = given.get("filter") or {}
    filters: dict[str, str] = {}
    for name, value in (raw if isinstance(raw, dict) else {}).items():
        if value in _NOTHING:
            continue
        wrong_class = name in _OF_CLASS and _OF_CLASS[name] != base
        if wrong_class or (name in _LINE_FILTERS and not by_line):
            raise Refusal(PROGRAM_FAULT, said=f"Filter '{name}' cannot be used for this class!")
        if name in _FILTERS or name in _LINE_FILTERS or name == "JournalGroup":
            filters[name] = str(value)
        elif name not in _OF_CLASS:
            state.complain("GetOperations", f"unknown filter {name} is ignored")
    return filters


def _matching(state: FinvaldaState, base: str, filters: dict[str, str]) -> list[Operation]:
    group, document = filters.get("JournalGroup"), filters.get("OrderNumber")
    heads = [(_FILTERS[name], value) for name, value in filters.items() if name in _FILTERS]
    found = []
    for space in OP_CLASSES[base]:
        numbered = None if document is None else state.book.numbered(space, document)
        for operation in state.book.live(space) if numbered is None else numbered:
            journal = state.records.get("journal", operation.journal) or {}
            if group is not None and journal.get("group") != group:
                continue
            if all(fits(operation, value) for fits, value in heads):
                found.append(operation)
    return sorted(found, key=lambda one: (one.date, one.key))


def _line_fits(line: Line, filters: dict[str, str]) -> bool:
    return all(
        _LINE_FILTERS[name](line, value) for name, value in filters.items() if name in _LINE_FILTERS
    )


def _columns(state: FinvaldaState, given: Tree, name: str) -> list[str]:
    """Return the asked columns; none means all, which the vendor advises against."""
    raw = given.get(name)
    if isinstance(raw, dict):
        found = [str(column) for column in many(raw.get("column"))]
        if found:
            return found
    state.complain("GetOperations", f"{name} holds no list under column: all are given")
    return []


def _cut(state: FinvaldaState, row: Tree, columns: list[str]) -> Tree:
    if not columns:
        return row
    for name in columns:
        if name not in row:
            state.complain("GetOperations", f"unknown column {name} is left out")
    return {name: row[name] for name in columns if name in row}


def _midnight(day: object) -> str:
    return f"{str(day)[:10]}T00:00:00" if day else ""


def _head_row(state: FinvaldaState, operation: Operation) -> Tree:
    head = operation.header
    client = state.records.get("client", operation.client) or {}
    code = str(head.get("sAdresas", ""))
    address = state.records.get("address", address_key(operation.client, code)) or {}
    debt = operation.space == SALE
    amount, euro = operation.amount, operation.amount_nc
    left = amount - operation.paid if debt else Decimal(0)
    left_euro = euro - operation.paid_nc if debt else Decimal(0)
    return {
        "date_created": operation.created,
        "date_edited": operation.edited,
        "op_number": operation.number,
        "journal": operation.journal,
        "op_date": _midnight(operation.date),
        "payment_date": _midnight(head.get("tMokejimoData") or operation.date),
        "issue_date": _midnight(head.get("tIsrasymoData") or operation.date),
        "series": operation.series,
        "order_number": operation.document,
        "client": operation.client,
        "client_title": client.get("sPavadinimas", ""),
        "client_adress": client.get("sAdresas", ""),
        "client_code": client.get("sImKodas", ""),
        "client_vatcode": client.get("sPvmMoketojoKod", ""),
        "adress": code,
        "adress_title": address.get("sAdresas", ""),
        "op_type": operation.op_type,
        "currency": operation.currency,
        "contract": head.get("sSutartis", ""),
        "amount": amount,
        "user_name": operation.user,
        **{f"description{n}": title for n, title in enumerate(operation.titles, start=1)},
        **{f"op_object{n}": head.get(f"sObjektas{n}", "") for n in range(1, 7)},
        "paid_amount": operation.paid,
        "paid_amount_nc": operation.paid_nc,
        "debt": left,
        "debt_nc": left_euro,
        "initial_debt": amount if debt else Decimal(0),
        "initial_debt_nc": euro if debt else Decimal(0),
        "remark": head.get("sPastaba", ""),
        "carrier": head.get("sVezejas", ""),
        "receiver": head.get("sGavejas", ""),
        "adress_text": address.get("sAdresas", ""),
        **{f"adress_info{n}": address.get(f"sPapildomaInf{n}", "") for n in range(1, 4)},
        "adress_city": address.get("sMiestas", ""),
        "adress_email": address.get("sElPastoAdr", ""),
        "adress_post_code": address.get("sPastoIndeksas", ""),
        "adress_country": address.get("sValstybe", ""),
        "adress_phone": address.get("sTelefonoNr", ""),
        "adress_street": address.get("sGatve", ""),
        "adress_building": address.get("sNamas", ""),
        "adress_apartment": address.get("sButas", ""),
    }


def _line_row(state: FinvaldaState, operation: Operation, line: Line) -> Tree:
    tax = state.records.get("vat", line.vat_code) or {}
    objects = [*line.objects, "", "", "", "", "", ""]
    return {
        "date_created": operation.created,
        "date_edited": operation.edited,
        "op_number": operation.number,
        "journal": operation.journal,
        "op_date": _midnight(operation.date),
        "type": line.type,
        "code": line.code,
        "title": line.title,
        "quantity": f"{line.quantity:.3f}",
        "code_n": line.code_n,
        "warehouse": line.warehouse,
        "amount_nc": line.amount_nc,
        "amount": line.amount,
        "vat_nc": line.vat_nc,
        "vat": line.vat,
        "vat_percent": line.vat_percent,
        "discount_nc": 0,
        "discount": 0,
        "neto": 0,
        "bruto": 0,
        "volume": 0,
        **{f"object{n}": objects[n - 1] for n in range(1, 7)},
        "extra_info": line.info,
        "account_code": "5001",
        "primary_cost": 0,
        "vat_code": line.vat_code,
        "vat_classifier": tax.get("classifier", ""),
    }
