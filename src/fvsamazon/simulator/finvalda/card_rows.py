"""Rows of GetDescriptions that come from cards: products, services, clients, addresses.

In: the company and the filter objects of one type. Out: whole rows under the vendor's column names;
which of them are given is decided by who asked.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from fvsamazon.simulator.finvalda.fields import read_day
from fvsamazon.simulator.finvalda.lists import debt
from fvsamazon.simulator.finvalda.wire import Tree, many

if TYPE_CHECKING:
    from fvsamazon.simulator.finvalda.data import Record
    from fvsamazon.simulator.finvalda.state import FinvaldaState


def listed(part: Tree, name: str, key: str) -> bool:
    """Tell whether a list of codes is empty or has this one."""
    wanted = [str(code) for code in many(part.get(name))]
    return not wanted or key in wanted


def same(part: Tree, record: Record, names: dict[str, str]) -> bool:
    """Tell whether the filled filters equal the record's fields; dates are lower bounds."""
    for name, field in names.items():
        value = str(part.get(name) or "")
        if value and str(record.get(field, "")) != value:
            return False
    for name, field in (("EditedFrom", "tKoregavimoData"), ("CreatedFrom", "tKurimoData")):
        day = read_day(str(part.get(name) or ""))
        if day is not None and str(record[field])[:10] < day.isoformat():
            return False
    return True


PRODUCT_FIELDS = {
    "Type": "sRusis",
    **{f"Tag{n}": f"sPozymis{n}" for n in range(1, 7)},
    **{f"Supplier{n}": f"sTiekejas{n}" for n in range(1, 4)},
    **{f"Object{n}": f"sObjektas{n}" for n in range(1, 7)},
}
_CLIENT_FIELDS = {
    "Type": "sRusis",
    "Tag1": "sPozymis1",
    "Tag2": "sPozymis2",
    "Tag3": "sPozymis3",
    "Email": "sEMail",
    "VatCode": "sPvmMoketojoKod",
    "CompanyCode": "sImKodas",
}


def products(state: FinvaldaState, filters: dict[str, Tree]) -> list[Tree]:
    """Return the rows of type Products."""
    whole, free = state.stocks(free=False), state.stocks(free=True)
    totals: dict[str, list[Decimal]] = {}
    for place, stock in enumerate((whole, free)):
        for (_, code), quantity in stock.items():
            totals.setdefault(code, [Decimal(0), Decimal(0)])[place] += quantity
    return [
        _product(state, key, card, *totals.get(key, [Decimal(0), Decimal(0)]))
        for key, card in state.records.of("product")
        if listed(filters["Products"], "Codes", key)
        and same(filters["Products"], card, PRODUCT_FIELDS)
    ]


def _product(
    state: FinvaldaState, key: str, card: Record, quantity: Decimal, free: Decimal
) -> Tree:
    unit = state.records.get("unit", str(card["sMatavimoVnt"])) or {}
    tax = state.records.get("vat", str(card["sMokestis"])) or {}
    return {
        "product": key,
        "title": card["sPavadinimas"],
        "measure_unit": card["sMatavimoVnt"],
        "measure_unit_ratio": unit.get("ratio", 1),
        "barcode": card["sBarKodas"],
        "barcodes": card["sBarKodas"],
        "remarks": card["sPastaba"],
        "information": card["sInformacija"],
        "type": card["sRusis"],
        **{f"tag{n}": card.get(f"sPozymis{n}", "") for n in range(1, 21)},
        "purchase_price": card["dPirkimoKaina"],
        "purchase_currency": card["sPirkimoValiuta"],
        **{f"sell_price{n}": card[f"dKaina{n}"] for n in range(1, 7)},
        "sell_currency": card["sValiuta"],
        "neto": card["dNeto"],
        "bruto": card["dBruto"],
        "volume": card["dTuris"],
        "vat_percent": tax.get("percent", 0),
        "date_created": card["tKurimoData"],
        "date_edited": card["tKoregavimoData"],
        **{f"info{n}": card.get(f"sInfo{n}", "") for n in range(1, 6)},
        **{f"object{n}": card.get(f"sObjektas{n}", "") for n in range(1, 7)},
        "country_of_origin": card["sKilmesSalis"],
        "active": card["nAktyvi"],
        "quantity": quantity,
        "quantity_with_reserved": free,
    }


def services(state: FinvaldaState, filters: dict[str, Tree]) -> list[Tree]:
    """Return the rows of type Services."""
    part = filters["Services"]
    return [
        {
            "code": key,
            "title": card["sPavadinimas"],
            "barcode": card["sBARKodas"],
            "measure_unit": card["sMatVienetas"],
            "purchase_price": card["dPirkimoKaina"],
            "sell_price": card["dPardavimoKaina"],
            **{f"remarks_{n}": card.get(f"sPastabos{n}", "") for n in range(1, 14)},
            "type": card["sRusis"],
            **{f"tag{n}": card[f"sPozymis{n}"] for n in range(1, 4)},
            "date_created": card["tKurimoData"],
            "date_edited": card["tKoregavimoData"],
            "vat_percent": (state.records.get("vat", str(card["sMokestis"])) or {}).get(
                "percent", 0
            ),
        }
        for key, card in state.records.of("service")
        if listed(part, "Codes", key)
        and same(part, card, {"Type": "sRusis", "Tag1": "sPozymis1", "Tag2": "sPozymis2"})
    ]


def clients(state: FinvaldaState, filters: dict[str, Tree]) -> list[Tree]:
    """Return the rows of type Clients."""
    part = filters["Clients"]
    return [
        {
            "code": key,
            "title": card["sPavadinimas"],
            "debt": debt(state, key),
            "address": card["sAdresas"],
            "phone": card["sTelefonas"],
            "fax": card["sFaksas"],
            "representative": card["sAtsakingasAsmuo"],
            "bank": card["sBankas"],
            "company_code": card["sImKodas"],
            "vat_payer_code": card["sPvmMoketojoKod"],
            "remarks": card["sPastabos"],
            "type": card["sRusis"],
            "email": card["sEMail"],
            "currency": card["sPasiulomaValiuta"],
            "is_subdivision": card["sYraKlientoPadalinys"],
            "additional_inf": card["dPapildomaInf"],
            **{f"tag{n}": card[f"sPozymis{n}"] for n in range(1, 4)},
            "date_created": card["tKurimoData"],
            "date_edited": card["tKoregavimoData"],
            "country": card["sValstybeKodas"],
            "country_name": card["sValstybe"],
            "city": card["sMiestas"],
            "current_debt": debt(state, key),
            "active": card["nAktyvus"],
            "payment_term_deb": card["sAtsiskaitymoTerminaiDebt"],
            "payment_term_cre": card["sAtsiskaitymoTerminaiKred"],
            "vat_payment_code": card["sPvmMokKod"],
            "debit_account": card["sDebtSask"],
            "credit_account": card["sKredSask"],
            "credit": card["nKreditas"],
        }
        for key, card in state.records.of("client")
        if listed(part, "Codes", key) and same(part, card, _CLIENT_FIELDS)
    ]


def addresses(state: FinvaldaState, filters: dict[str, Tree]) -> list[Tree]:
    """Return the rows of type Address."""
    owners, part = filters["Clients"], filters["Address"]
    names = {"VatCode": "sPvmMoketojoKod", "CompanyCode": "sImKodas"}
    tags = {f"Tag{n}": f"sPozymis{n}" for n in range(1, 6)}
    found = []
    for _, card in state.records.of("address"):
        client = str(card["sKlientoKodas"])
        owner = state.records.get("client", client) or {}
        mine = listed(owners, "Codes", client) and same(owners, owner, names)
        if mine and listed(part, "Codes", str(card["sKodas"])) and same(part, card, tags):
            found.append(
                {
                    "client": client,
                    "code": card["sKodas"],
                    **{f"info{n}": card[f"sPapildomaInf{n}"] for n in range(1, 4)},
                    **{f"tag{n}": card[f"sPozymis{n}"] for n in range(1, 6)},
                    "city": card["sMiestas"],
                    "email": card["sElPastoAdr"],
                    "post_code": card["sPastoIndeksas"],
                    "country": card["sValstybe"],
                    "phone": card["sTelefonoNr"],
                    "street": card["sGatve"],
                    "house": card["sNamas"],
                    "flat": card["sButas"],
                }
            )
    return found


def bar_codes(state: FinvaldaState, filters: dict[str, Tree]) -> list[Tree]:
    """Return the rows of type BarCodes."""
    part = filters["Products"]
    return [
        {"code": key, "barcode": card["sBarKodas"]}
        for key, card in state.records.of("product")
        if card["sBarKodas"]
        and listed(part, "Codes", key)
        and listed(part, "BarCodes", str(card["sBarKodas"]))
        and same(part, card, {})
    ]


def partners(state: FinvaldaState, filters: dict[str, Tree]) -> list[Tree]:
    """Return the rows of type PartnerProducts."""
    part = filters["PartnerProducts"]
    return [
        {
            "client": record["client"],
            "product": record["product"],
            "partner_product": record["partner_product"],
            **{f"price{n}": 0 for n in range(1, 4)},
            "currency": "   ",
            "used_price": 0,
            "partner_type": 0,
        }
        for _, record in state.records.of("partner")
        if listed(part, "Products", str(record["product"]))
        and str(part.get("Client") or "") in {"", record["client"]}
    ]
