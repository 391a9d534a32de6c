"""The detail rows of sales, reservations and returns: codes, quantities and money.

In: the rows as the client wrote them, and what the document says of its money. Out: lines with
quantities in the first unit and sums without VAT, or a refusal. `dSumaV` is a line total; a
percentage computes no VAT; discount fields change nothing, as was seen live.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from fvsamazon.simulator.finvalda.book import GOODS, SERVICE, Line
from fvsamazon.simulator.finvalda.cards import check_references
from fvsamazon.simulator.finvalda.codes import DATA_MISSING, PROGRAM_FAULT, Refusal
from fvsamazon.simulator.finvalda.fields import GOODS_LINE, SERVICE_LINE, Value, Values
from fvsamazon.simulator.finvalda.wire import Tree, many, objects

if TYPE_CHECKING:
    from fvsamazon.simulator.finvalda.fields import Reader
    from fvsamazon.simulator.finvalda.state import FinvaldaState

GOODS_ELEMENT, SERVICE_ELEMENT = "PardDokPrekeDetEil", "PardDokPaslaugaDetEil"
_ACCOUNT_ELEMENT, _KIT_ELEMENT = "PardDokSaskaitaDetEil", "PardDokGaminysDetEil"
LINE_ELEMENTS = frozenset({GOODS_ELEMENT, SERVICE_ELEMENT, _ACCOUNT_ELEMENT, _KIT_ELEMENT})

_CENT = Decimal("0.01")
_ZERO = Decimal(0)
_MILLI = Decimal("0.001")


@dataclass(frozen=True)
class Frame:
    """What lines need to know of their document."""

    currency: str
    rate: Decimal
    include_vat: bool
    recalculate: bool


def check_late_objects(state: FinvaldaState, values: Values) -> None:
    """Refuse unknown objects of the fifth and sixth level, for which the manual has no number."""
    for level in (5, 6):
        value = str(values.get(f"sObjektas{level}", ""))
        if value and not state.records.has(f"object{level}", value):
            raise Refusal(PROGRAM_FAULT, said=f"Object {level} '{value}' not found!")


def read_lines(state: FinvaldaState, reader: Reader, given: Tree, frame: Frame) -> list[Line]:
    """Return the detail rows; one row may come as an object instead of a list."""
    if many(given.get(_KIT_ELEMENT)):
        raise Refusal(1084)
    if many(given.get(_ACCOUNT_ELEMENT)):
        raise Refusal(1085)
    lines: list[Line] = []
    for element, known, type_ in (
        (GOODS_ELEMENT, GOODS_LINE, GOODS),
        (SERVICE_ELEMENT, SERVICE_LINE, SERVICE),
    ):
        for row in objects(given.get(element), element):
            values = reader.fields(row, known, element)
            line = _goods(state, reader, values) if type_ == GOODS else _service(state, values)
            _money(state, reader, line, values, frame)
            lines.append(line)
    seen: Counter[tuple[int, str]] = Counter()
    for line in lines:
        seen[line.type, line.code] += 1
        line.code_n = seen[line.type, line.code]
    return lines


def _goods(state: FinvaldaState, reader: Reader, values: Values) -> Line:
    code = str(values.get("sKodas", ""))
    if not code:
        raise Refusal(1076)
    card = state.records.get("product", code)
    if card is None:
        raise Refusal(39, code)
    warehouse = str(values.get("sSandelis", ""))
    if not warehouse:
        raise Refusal(DATA_MISSING, said="Value 'sSandelis' is mandatory!")
    if not state.records.has("warehouse", warehouse):
        raise Refusal(34, warehouse)
    quantity = Decimal(values.get("nKiekis", 0))
    if values.get("nPirmasMat") != 1:
        reader.note(f"{code}: quantity is in the second unit, for want of nPirmasMat=1")
        unit = state.records.get("unit", str(card["sMatavimoVnt"]))
        if unit is not None:
            quantity /= Decimal(unit["ratio"])
    quantity = quantity.quantize(_MILLI, ROUND_HALF_UP)
    if quantity <= 0:
        raise Refusal(1067, code)
    return Line(GOODS, code, 1, str(card["sPavadinimas"]), warehouse, quantity)


def _service(state: FinvaldaState, values: Values) -> Line:
    code = str(values.get("sKodas", ""))
    if not code:
        raise Refusal(1076)
    card = state.records.get("service", code)
    if card is None:
        raise Refusal(46, code)
    quantity = Decimal(values.get("nKiekis", 0))
    if values.get("nPirmasMat") != 1:
        # A service's second unit is a hundredth: 100 stands for one.
        quantity /= 100
    quantity = quantity.quantize(_MILLI, ROUND_HALF_UP)
    if quantity <= 0:
        raise Refusal(1069, code)
    title = str(values.get("sPavadinimas", "")) or str(card["sPavadinimas"])
    return Line(SERVICE, code, 1, title, quantity=quantity)


def _money(state: FinvaldaState, reader: Reader, line: Line, values: Values, frame: Frame) -> None:
    """Fill in the sums, the VAT code and what else the line carries."""
    if "dSumaV" not in values:
        reader.note(f"{line.code}: no dSumaV, the line is booked at 0")
    if any(values.get(name) for name in ("dSumaNV", "dSumaNL", "dNlProc")):
        reader.note(f"{line.code}: discount fields change nothing")
    prices = ("dSumaV", "dSumaL", "dSumaVntV", "dSumaVntL", "dSumaVntPV", "dSumaVntPL")
    if any(Decimal(values.get(name, 0)) < 0 for name in prices):
        raise Refusal(1068, line.code)
    line.amount, line.vat = Decimal(values.get("dSumaV", 0)), Decimal(values.get("dSumaPVMV", 0))
    line.amount_nc = _euro(reader, line.amount, values.get("dSumaL"), frame, "dSumaL")
    line.vat_nc = _euro(reader, line.vat, values.get("dSumaPVML"), frame, "dSumaPVML")
    if frame.include_vat:
        line.amount -= line.vat
        line.amount_nc -= line.vat_nc
    kind = "product" if line.type == GOODS else "service"
    line.vat_code = str(values.get("sPvmKodas", ""))
    if not line.vat_code:
        line.vat_code = str((state.records.get(kind, line.code) or {}).get("sMokestis", ""))
        reader.note(f"{line.code}: no sPvmKodas, the card's {line.vat_code} is taken")
    tax = state.records.get("vat", line.vat_code)
    if tax is None:
        raise Refusal(7, line.vat_code)
    percent = Decimal(tax["percent"])
    line.vat_percent = Decimal(values.get("dPVM_Procentas", percent))
    if line.vat_percent != percent:
        reader.note(f"{line.code}: {line.vat_percent} % under {line.vat_code}, which has {percent}")
    if line.vat_percent and line.amount and "dSumaPVMV" not in values:
        reader.note(f"{line.code}: a percentage computes no VAT, dSumaPVMV is missing")
    check_references(state, "operation", values)
    check_late_objects(state, values)
    line.objects = [str(values.get(f"sObjektas{n}", "")) for n in range(1, 7)]
    line.info = str(values.get("sPapInf", ""))
    line.marked = int(values.get("nPozymis", 0))


def _euro(reader: Reader, amount: Decimal, told: Value | None, frame: Frame, name: str) -> Decimal:
    """Return a sum in EUR: as told, or worked out where the import parameter says so."""
    if told:
        euro = Decimal(told)
        if frame.currency == "EUR" and euro != amount:
            reader.note(f"{name} differs from the sum in currency, which is EUR too")
        return euro
    if frame.recalculate:
        return (amount * frame.rate).quantize(_CENT, ROUND_HALF_UP)
    if amount:
        reader.note(f"{name} is missing and the import parameter does not work it out")
    return _ZERO
