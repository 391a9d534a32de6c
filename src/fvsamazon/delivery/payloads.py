"""A document of the booking rules in Finvalda's fields, checked against the closed tables.

In: a `Document` with the codes of its cards settled. Out: the very payload that is sent. Sums are
line totals without VAT, VAT apart; goods are counted in their first unit, services in hundredths.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from fvsamazon.finvalda.fields import build
from fvsamazon.finvalda.tables import GOODS, OPERATIONS, SERVICES, OperationClass

if TYPE_CHECKING:
    from fvsamazon.booking.outcomes import Document, Line
    from fvsamazon.finvalda.fields import Payload, Scalar, Values

_HUNDREDTHS: Final = Decimal(100)


def payload_of(document: Document, client: str) -> Payload:
    """Return what is sent for a document; raises `InvalidPayload` with every fault."""
    address = document.client.address
    values: dict[str, Scalar] = {
        "sKlientas": client,
        "sSerija": document.series,
        "sDokumentas": document.number,
        "sValiuta": document.currency,
        "sAdresas": address.code if address else None,
        "sPastaba": document.remark or None,
        "tData": document.date,
        "tIvykdymoData": document.date,
        "sDokRusis": document.kind,
    }
    for place, title in enumerate(document.titles, start=1):
        values[f"sPavadinimas{place}"] = title or None
    for place, code in enumerate(document.objects, start=1):
        values[f"sObjektas{place}"] = code or None
    lines = {
        GOODS: [_goods(line) for line in document.lines if not line.service],
        SERVICES: [_service(line) for line in document.lines if line.service],
    }
    whole = {
        f"sPavadinimas{place}"
        for place, title in enumerate(document.titles, start=1)
        if title and title == document.searched_title
    }
    fields: Values = {**values, **{name: group for name, group in lines.items() if group}}
    operation = OperationClass(document.finvalda_class)
    return build(operation.value, OPERATIONS[operation], fields, whole=whole)


def _goods(line: Line) -> dict[str, Scalar]:
    return {
        "sKodas": line.code,
        "sSandelis": line.warehouse,
        "nKiekis": line.quantity,
        # Without it the quantity would be taken in the second unit.
        "nPirmasMat": 1,
        **_sums(line),
    }


def _service(line: Line) -> dict[str, Scalar]:
    return {"sKodas": line.code, "nKiekis": line.quantity * _HUNDREDTHS, **_sums(line)}


def _sums(line: Line) -> dict[str, Scalar]:
    return {
        "dSumaV": line.net,
        "dSumaL": line.net_eur,
        "dSumaPVMV": line.vat,
        "dSumaPVML": line.vat_eur,
        "dPVM_Procentas": line.vat_percent,
        "sPvmKodas": line.vat_code,
        "sPapInf": line.item_id,
    }
