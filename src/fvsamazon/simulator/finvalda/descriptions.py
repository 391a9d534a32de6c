"""GetDescriptions: master data by type, filter and columns.

In: `readParams` with a type, a filter object named as the type has it, columns, page and limit.
Out: rows. A filter or column that the type does not have is passed over in silence, as the vendor's
own samples show, with a note; a type that nobody knows is an error.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from fvsamazon.simulator.finvalda.book import SALE
from fvsamazon.simulator.finvalda.card_rows import (
    PRODUCT_FIELDS,
    addresses,
    bar_codes,
    clients,
    listed,
    partners,
    products,
    same,
    services,
)
from fvsamazon.simulator.finvalda.codes import PROGRAM_FAULT, Refusal
from fvsamazon.simulator.finvalda.data import rate_on
from fvsamazon.simulator.finvalda.demo import BEGAN
from fvsamazon.simulator.finvalda.fields import read_day
from fvsamazon.simulator.finvalda.wire import Answer, Call, Tree, many, rows, structure

if TYPE_CHECKING:
    from collections.abc import Callable

    from fvsamazon.simulator.finvalda.state import FinvaldaState

_TAGS = {f"Tag{n}" for n in range(1, 21)}
_SUPPLIERS = {f"Supplier{n}" for n in range(1, 4)} | {f"Object{n}" for n in range(1, 7)}
_GOODS = {"Codes", "Type", "EditedFrom", "CreatedFrom", "Group"} | _TAGS | _SUPPLIERS
_PEOPLE = {"Codes", "Type", "Tag1", "Tag2", "Tag3", "EditedFrom", "EditedTill", "CreatedFrom"}
_PLACE = {"Warehouse", "WarehouseGroup"}

_FILTERS: dict[str, dict[str, set[str]]] = {
    "Address": {
        "Clients": {"Codes", "CompanyCode", "VatCode"},
        "Address": {"Codes", "Tag1", "Tag2", "Tag3", "Tag4", "Tag5"},
    },
    "BarCodes": {"Products": {"Codes", "BarCodes", "CreatedFrom", "EditedFrom"}},
    "Clients": {"Clients": _PEOPLE | {"CreatedTill", "Email", "VatCode", "CompanyCode"}},
    "CountClients": {"CountFilter": {"DateFrom", "DateTo"}},
    "CountSales": {"CountFilter": {"DateFrom", "DateTo", "Client", "Paid"}},
    "CurrencyRates": {"CurrencyRates": {"DateFrom", "DateTo", "Codes"}},
    "CurrentStock": {"Products": _GOODS | _PLACE},
    "DocumentSeries": {"Series": {"Type", "UserName"}},
    "InvoiceList": {"InvoiceList": {"OpClass"}},
    "PartnerProducts": {"PartnerProducts": {"Products", "Client"}},
    "Products": {"Products": _GOODS},
    "Services": {"Services": _PEOPLE},
    "Accounts": {"Accounts": {"Codes", "CreatedFrom", "EditedFrom", "Group"}},
    "CompanyWorkStart": {},
}
_EMPTY = frozenset(
    {
        "CalendarEvents",
        "ClientGroups",
        "CurrentStockDet",
        "FixedAsset",
        "LogbookGroups",
        "OpTypeGroups",
        "OperationStatuses",
        "Prices",
        "PricesByClientAndItemTypes",
        "PricesByClientType",
        "PricesByItemType",
        "ProductionItem",
        "ReportList",
        "StockOnDate",
        "TypesAndTags",
        "Vehicles",
        "WarehouseGroups",
    }
)
"""Types that the company has nothing of."""

_FRAME = {"type", "page", "limit", "columns"}


def get_descriptions(state: FinvaldaState, call: Call) -> Answer:
    """Return rows of one type."""
    if "readParams" not in call.arguments and "type" in call.arguments:
        state.complain(call.method, "the parameters do not stand inside readParams")
    given = structure(call.arguments.get("readParams"))
    if "type" not in given and len(given) == 1:
        inner = next(iter(given.values()))
        given = inner if isinstance(inner, dict) else given
    kind = str(given.get("type", ""))
    if kind in _EMPTY:
        return rows([], kind)
    if kind not in _ROWS:
        raise Refusal(PROGRAM_FAULT, said=f"Unknown type '{kind}'!")
    found = _ROWS[kind](state, _filters(state, given, kind))
    return rows(_cut(state, _paged(found, given), given), kind)


def _filters(state: FinvaldaState, given: Tree, kind: str) -> dict[str, Tree]:
    known = _FILTERS[kind]
    for name, part in given.items():
        if name in _FRAME:
            continue
        if name not in known:
            state.complain("GetDescriptions", f"{kind}: unknown filter {name} is ignored")
            continue
        for key in part if isinstance(part, dict) else ():
            if key not in known[name]:
                state.complain("GetDescriptions", f"{kind}: unknown filter {key} is ignored")
    return {n: given[n] if isinstance(given.get(n), dict) else {} for n in known}


def _paged(found: list[Tree], given: Tree) -> list[Tree]:
    page, limit = (_whole(given, name) for name in ("page", "limit"))
    if page <= 0 or limit <= 0:
        return found
    return found[(page - 1) * limit : page * limit]


def _whole(given: Tree, name: str) -> int:
    text = str(given.get(name) or 0)
    if not text.removeprefix("-").isdecimal():
        raise Refusal(PROGRAM_FAULT, said=f"Value '{name}' is not an integer!")
    return int(text)


def _cut(state: FinvaldaState, found: list[Tree], given: Tree) -> list[Tree]:
    raw = given.get("columns")
    if isinstance(raw, dict):
        state.complain("GetDescriptions", "columns is a list here, not an object: all are given")
        return found
    columns = [str(name) for name in many(raw)]
    if not columns:
        return found
    for name in columns:
        if found and name not in found[0]:
            state.complain("GetDescriptions", f"unknown column {name} is left out")
    return [{name: row[name] for name in columns if name in row} for row in found]


def _rates(state: FinvaldaState, filters: dict[str, Tree]) -> list[Tree]:
    part = filters["CurrencyRates"]
    today = state.today()
    first = read_day(str(part.get("DateFrom") or "")) or today
    # The rates of a day are loaded on that day: the future has none.
    last = min(read_day(str(part.get("DateTo") or "")) or today, today)
    found = []
    for code, _ in state.records.of("currency"):
        if code == "EUR" or not listed(part, "Codes", code):
            continue
        day = first
        while day <= last:
            rate = rate_on(state.records, code, day)
            if rate is not None:
                found.append({"code": code, "date": f"{day.isoformat()}T00:00:00", "rate": rate})
            day += timedelta(days=1)
    return found


def _series(state: FinvaldaState, filters: dict[str, Tree]) -> list[Tree]:
    part = filters["Series"]
    kind, user = str(part.get("Type", "")), str(part.get("UserName") or "")
    return [
        {
            "code": key,
            "title": record["title"],
            "number": f"{record['number']:0{record['width']}d}",
            "type": record["type"],
        }
        for key, record in state.records.of("series")
        if (kind not in {"0", "1"} or str(record["type"]) == kind)
        and (not user or not record["users"] or user in str(record["users"]).split())
    ]


def _count_sales(state: FinvaldaState, filters: dict[str, Tree]) -> list[Tree]:
    part = filters["CountFilter"]
    first, last = (read_day(str(part.get(n) or "")) for n in ("DateFrom", "DateTo"))
    sales = [
        sale
        for sale in state.book.live(SALE)
        if (first is None or sale.date >= first.isoformat())
        and (last is None or sale.date <= last.isoformat())
        and str(part.get("Client") or "") in {"", sale.client}
    ]
    return [
        {
            "quantity": len(sales),
            "sales_sum": sum((sale.amount_nc for sale in sales), Decimal(0)),
            "settled_sum": sum((sale.paid_nc for sale in sales), Decimal(0)),
        }
    ]


def _count_clients(state: FinvaldaState, _filters: dict[str, Tree]) -> list[Tree]:
    return [{"quantity": len(state.records.of("client"))}]


def _stock(state: FinvaldaState, filters: dict[str, Tree]) -> list[Tree]:
    part = filters["Products"]
    whole, free = state.stocks(free=False), state.stocks(free=True)
    found = []
    for (warehouse, code), quantity in sorted(whole.items()):
        card, place = state.records.get("product", code), state.records.get("warehouse", warehouse)
        wanted = str(part.get("Warehouse") or "") in {"", warehouse}
        if card is None or place is None or not wanted or not listed(part, "Codes", code):
            continue
        if same(part, card, PRODUCT_FIELDS):
            found.append(
                {
                    "warehouse": warehouse,
                    "warehouse_title": place["title"],
                    "code": code,
                    "title": card["sPavadinimas"],
                    "quantity": quantity,
                    "quantity_with_reserved": free.get((warehouse, code), quantity),
                    "measure_unit": card["sMatavimoVnt"],
                    "primary_cost": 0,
                }
            )
    return found


def _invoices(state: FinvaldaState, filters: dict[str, Tree]) -> list[Tree]:
    wanted = str(filters["InvoiceList"].get("OpClass") or "")
    return [
        {"OpClass": r["op_class"], "Code": key, "Title": r["title"], "Description": r["title"]}
        for key, r in state.records.of("invoice")
        if wanted in {"", r["op_class"]}
    ]


def _accounts(state: FinvaldaState, filters: dict[str, Tree]) -> list[Tree]:
    return [
        {"code": key, "title": record["title"]}
        for key, record in state.records.of("account")
        if listed(filters["Accounts"], "Codes", key)
    ]


def _began(_state: FinvaldaState, _filters: dict[str, Tree]) -> list[Tree]:
    return [{"date": f"{BEGAN[:10]}T00:00:00"}]


_ROWS: dict[str, Callable[[FinvaldaState, dict[str, Tree]], list[Tree]]] = {
    "Accounts": _accounts,
    "Address": addresses,
    "BarCodes": bar_codes,
    "Clients": clients,
    "CompanyWorkStart": _began,
    "CountClients": _count_clients,
    "CountSales": _count_sales,
    "CurrencyRates": _rates,
    "CurrentStock": _stock,
    "DocumentSeries": _series,
    "InvoiceList": _invoices,
    "PartnerProducts": partners,
    "Products": products,
    "Services": services,
}
