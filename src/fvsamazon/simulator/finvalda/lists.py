"""The plain reads: warehouses, taxes, cards, permissions.

In: a method with plain arguments. Out: rows with the manual's column names, its misspelt ones
included, or one card under its class name. A card that is not there is a success with null in its
place; an argument that the method does not know is ignored, with a note.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from fvsamazon.simulator.finvalda.book import SALE
from fvsamazon.simulator.finvalda.codes import Denied
from fvsamazon.simulator.finvalda.fields import read_day
from fvsamazon.simulator.finvalda.wire import Answer, Call, Tree, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from fvsamazon.simulator.finvalda.data import Record
    from fvsamazon.simulator.finvalda.state import FinvaldaState

_EDITED, _CREATED = "tKoregavimoData", "tSukurimoData"


def expect(state: FinvaldaState, call: Call, *names: str) -> None:
    """Note arguments that this method does not have."""
    for name in call.arguments:
        if name not in {*names, "writeSchema"}:
            state.complain(call.method, f"unknown argument {name} is ignored")


def get_warehouses(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetSandelius."""
    expect(state, call)
    found = state.records.of("warehouse")
    return rows([{"kodas": key, "pavadinimas": r["title"]} for key, r in found], "Sandeliai")


def get_taxes(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetMokesciai."""
    expect(state, call)
    return rows(
        [
            {
                "kodas": key,
                "pavadinimas": tax["title"],
                "procentas_1": tax["percent"],
                "procentas_2": Decimal(0),
                "procentas_3": Decimal(0),
                "klasifikatorius": tax["classifier"],
            }
            for key, tax in state.records.of("vat")
        ],
        "Mokesciai",
    )


def get_units(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetMatavimoVienetus."""
    expect(state, call)
    return rows(
        [
            {
                "kodas": key,
                "pavadinimas": unit["title"],
                "pirm_mat_pav": unit["first"],
                "antr_mat_pav": unit["second"],
                "tre_mat_pav": "",
                "pirm_antr_sant": unit["ratio"],
                "pirm_trec_sant": 0,
            }
            for key, unit in state.records.of("unit")
        ],
        "Matavimo_vienetai",
    )


def get_terms(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetAtsiskaitymoTerm."""
    expect(state, call)
    return rows(
        [
            {"kodas": key, "pavadinimas": r["title"], "reikia_atsiskaityti": r["days"]}
            for key, r in state.records.of("term")
        ]
    )


def get_objects(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetObjektai1Set … GetObjektai6Set."""
    level = call.method.removeprefix("GetObjektai").removesuffix("Set")
    name = f"sObj{level}Kod"
    expect(state, call, name, _EDITED, _CREATED)
    wanted = call.text(name)
    return rows(
        [
            {"kodas": key, "pavadinimas": r["title"]}
            for key, r in state.records.of(f"object{level}")
            if wanted in {"", key}
        ]
    )


def get_types_and_tags(state: FinvaldaState, call: Call) -> Answer:
    """Answer Get{Prekiu,Klientu,Paslaugu}RusisPozymius: the whole dictionary, whatever is asked."""
    expect(state, call)
    kind = {"Prekiu": "product", "Klientu": "client", "Paslaugu": "service"}[
        call.method.removeprefix("Get").removesuffix("RusisPozymius")
    ]
    numbers = {"product": (0, 1, 2, 5, 9, 10, 11)}.get(kind, (0, 1, 2, 3))
    return rows(
        [
            {"tipas": number, "kodas": key, "pavadinimas": r["title"], "Info1": "", "Info2": ""}
            for place, number in enumerate(numbers)
            for key, r in state.records.of(f"{kind}_tag{place}" if place else f"{kind}_type")
        ]
    )


def one_card(kind: str, argument: str, root: str) -> Callable[[FinvaldaState, Call], Answer]:
    """Return the method that reads one card by code."""

    def read(state: FinvaldaState, call: Call) -> Answer:
        expect(state, call, argument)
        return Answer({root: _entity(state.records.get(kind, call.text(argument)))})

    return read


def get_client_by_email(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetKlientasEMail."""
    expect(state, call, "sEMail")
    found = next(state.records.matching("client", "sEMail", call.text("sEMail")), None)
    return Answer({"Fvs.Klientas": _entity(found)})


def _entity(card: Record | None) -> Tree | None:
    if card is None:
        return None
    dates = {name: str(card[name]).replace("T", " ")[:19] for name in ("tKurimoData", _EDITED)}
    return {"FvsDatabase": "", "FvsUser": "", "bNauja": "False", **card, **dates}


def get_products(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetPrekesSet."""
    expect(state, call, "sPreKod", _EDITED, _CREATED)
    found = []
    for key, card in state.records.of("product"):
        if not _asked(call, "sPreKod", key, card):
            continue
        unit = state.records.get("unit", str(card["sMatavimoVnt"])) or {}
        tax = state.records.get("vat", str(card["sMokestis"])) or {}
        found.append(
            {
                "kodas": key,
                "pavadinimas": card["sPavadinimas"],
                "mat_vieneto_pav": card["sMatavimoVnt"],
                "mat_santykis": unit.get("ratio", 1),
                "bar_kodas": card["sBarKodas"],
                "pastabos": card["sPastaba"],
                "informacija": card["sInformacija"],
                "rusis": card["sRusis"],
                **{f"pozymis_{n}": card[f"sPozymis{n}"] for n in range(1, 7)},
                "pirk_kaina": card["dPirkimoKaina"],
                "pirk_valiuta": card["sPirkimoValiuta"],
                **{f"pard_kaina_{n}": card[f"dKaina{n}"] for n in range(1, 7)},
                "pard_val": card["sValiuta"],
                "neto": card["dNeto"],
                "bruto": card["dBruto"],
                "turis": card["dTuris"],
                "pvm_proc": tax.get("percent", 0),
                "kurimo_data": card["tKurimoData"],
                "koregavimo_data": card[_EDITED],
                "kilmes_salis": card["sKilmesSalis"],
            }
        )
    return rows(found, "Prekes")


def get_services(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetPaslaugosSet."""
    expect(state, call, "sPasKod", _EDITED, _CREATED)
    return rows(
        [
            {
                "kodas": key,
                "pavadinimas": card["sPavadinimas"],
                "bar_kodas": card["sBARKodas"],
                "matavimo_vienetas": card["sMatVienetas"],
                "pirkimo_kaina": card["dPirkimoKaina"],
                "pardavimo_kaina": card["dPardavimoKaina"],
                **{f"pastabos_{n}": card[f"sPastabos{n}"] for n in range(1, 13)},
                "pastabos_13": "",
                "rusis": card["sRusis"],
                "pozymis_1": card["sPozymis1"],
                "pozymims_2": card["sPozymis2"],
                "pozymis_3": card["sPozymis3"],
                "kurimo_data": card["tKurimoData"],
                "koregavimo_data": card[_EDITED],
            }
            for key, card in state.records.of("service")
            if _asked(call, "sPasKod", key, card)
        ],
        "Paslaugos",
    )


def get_clients(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetKlientusSet."""
    expect(state, call, "sKliKod", _EDITED, _CREATED)
    return rows(
        [
            {
                "kodas": key,
                "pavadinimas": card["sPavadinimas"],
                "skola": debt(state, key),
                "ardesas": card["sAdresas"],
                "telefonas": card["sTelefonas"],
                "im_kodas": card["sImKodas"],
                "pvm_moketojo_kodas": card["sPvmMoketojoKod"],
                "pastabos": card["sPastabos"],
                "rusis": card["sRusis"],
                "el_pastas": card["sEMail"],
                "pasiuloma_valiuta": card["sPasiulomaValiuta"],
                "pozymis_1": card["sPozymis1"],
                "kurimo_data": card["tKurimoData"],
                "koregavimo_data": card[_EDITED],
                "valstybe": card["sValstybeKodas"],
                "valstybe_pav": card["sValstybe"],
                "miestas": card["sMiestas"],
                "einamoji_skola": debt(state, key),
            }
            for key, card in state.records.of("client")
            if _asked(call, "sKliKod", key, card)
        ],
        "Klientai",
    )


def debt(state: FinvaldaState, client: str) -> Decimal:
    """Return what a client owes in EUR."""
    return sum(
        (sale.amount_nc - sale.paid_nc for sale in state.book.live(SALE) if sale.client == client),
        Decimal(0),
    )


def _asked(call: Call, name: str, key: str, card: Record) -> bool:
    """Tell whether a card has the asked code and was made or changed since the asked days."""
    if call.text(name) not in {"", key}:
        return False
    for argument, field in ((_EDITED, _EDITED), (_CREATED, "tKurimoData")):
        day = read_day(call.text(argument))
        if day is not None and str(card[field])[:10] < day.isoformat():
            return False
    return True


def get_stock(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetEinamiejiLikuciai."""
    expect(state, call, "sPrekesKodas", "sSandelioKodas", _EDITED, _CREATED)
    whole, free = state.stocks(free=False), state.stocks(free=True)
    found = []
    for (warehouse, code), quantity in sorted(whole.items()):
        place, card = state.records.get("warehouse", warehouse), state.records.get("product", code)
        wanted = call.text("sSandelioKodas") in {"", warehouse}
        if place is None or card is None or not wanted:
            continue
        if not _asked(call, "sPrekesKodas", code, card):
            continue
        unit = state.records.get("unit", str(card["sMatavimoVnt"])) or {}
        found.append(
            {
                "sandelis": warehouse,
                "sandelio_pav": place["title"],
                "preke": code,
                "prekes_pav": card["sPavadinimas"],
                "kiekis": quantity,
                "kiekis_su_rezervuotom": free.get((warehouse, code), quantity),
                "mato_vnt_pav": card["sMatavimoVnt"],
                "pirm_antr_mat_sant": unit.get("ratio", 1),
                "savikaina": Decimal(0),
            }
        )
    return rows(found)


def get_unpaid(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetNeapmoketiKliDok: sales that a client has not paid."""
    expect(state, call, "sKlientoKodas")
    client = call.text("sKlientoKodas")
    return rows(
        [
            {
                "serija": sale.series,
                "dok_numeris": sale.document,
                "zurnalas": sale.journal,
                "op_numeris": sale.number,
                "likusi_skola": sale.amount - sale.paid,
                "valiuta": sale.currency,
            }
            for sale in state.book.live(SALE)
            if client in {"", sale.client} and sale.amount > sale.paid
        ]
    )


def get_user(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetFvsUser."""
    expect(state, call, "sUsername", "sUserName", "sPassword")
    name = call.text("sUsername") or call.text("sUserName")
    employee = state.records.get("employee", name)
    if employee is None or employee["password"] != call.text("sPassword"):
        raise Denied("Wrong user name or password!")
    return Answer({"Fvs.FvsUser": {"UserName": name}})


def get_permissions(state: FinvaldaState, call: Call) -> Answer:
    """Answer GetUserPermissions: everything is permitted to everyone here."""
    expect(state, call, "finUser")
    if not state.records.has("employee", call.text("finUser")):
        result = {"perrmissions": [], "errorText": "Unknown employee", "errorCode": 2}
        return Answer({"result": {**result, "accessResult": 0}})
    journals = [key for key, _ in state.records.of("journal")]
    groups = (
        (81, [{"id1": "2", "id2": journal} for journal in journals]),
        (65, [{"id1": key} for key, _ in state.records.of("warehouse")]),
        (6, [{"id1": key} for key, _ in state.records.of("client")]),
    )
    permissions = [
        {
            "perrmisionClass": number,
            "perrmisionCode": "VISI",
            "permittedEntities": entities,
            "hasData": bool(entities),
            "isEmpty": not entities,
        }
        for number, entities in groups
    ]
    ok = {"errorText": "", "errorCode": 0, "accessResult": 2}
    return Answer({"result": {"perrmissions": permissions, **ok}})
