"""The master data of a simulated company: kinds of records, their defaults, what refers to what.

Everything that Finvalda keeps beside operations is a record: a kind, a key, and values. Cards that
the web service writes (clients, addresses, products, services) carry the manual's field names; the
rest (VAT codes, series, import parameters, rates …) carry plain English ones. Nothing here checks
anything; `cards` does.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from fvsamazon.simulator.finvalda.fields import ADDRESS, CLIENT, DICTIONARY, PRODUCT, SERVICE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from fvsamazon.simulator.finvalda.fields import Table, Value, Values

Record = dict[str, "Value"]

ROMAN = ("I", "II", "III", "IV", "V", "VI")

CLASS_KINDS: dict[str, str] = {
    "Fvs.Klientas": "client",
    "Fvs.Adresas": "address",
    "Fvs.Preke": "product",
    "Fvs.Paslauga": "service",
    "Fvs.Sandelis": "warehouse",
    "Fvs.Bankas": "bank",
    "Fvs.AtsTerminas": "term",
    "Fvs.KlientoRusis": "client_type",
    "Fvs.PrekesRusis": "product_type",
    **{f"Fvs.Kliento{ROMAN[n - 1]}Poz": f"client_tag{n}" for n in range(1, 4)},
    **{f"Fvs.Objektas{ROMAN[n - 1]}": f"object{n}" for n in range(1, 7)},
    **{f"Fvs.PrekesPoz{n}": f"product_tag{n}" for n in range(1, 21)},
}
"""Classes of InsertNewItem and the kind of record each makes."""

CARD_TABLES: dict[str, Table] = {
    "client": CLIENT,
    "address": ADDRESS,
    "product": PRODUCT,
    "service": SERVICE,
}

_DEFAULTS: dict[str, Record] = {
    "vat": {"percent": Decimal(0), "classifier": ""},
    "unit": {"first": "", "second": "", "ratio": 1},
    "series": {"number": 1, "width": 3, "type": 0, "users": ""},
    "currency": {"base": Decimal(1)},
    "rate": {"rate": Decimal(0)},
    "employee": {"password": "", "date_from": "", "date_till": "", "administrator": 0},
    "partner": {"client": "", "product": "", "partner_product": ""},
    "stock": {"quantity": Decimal(0)},
    "term": {"days": 0},
    "journal": {"group": ""},
    "invoice": {"op_class": "Sales"},
    "parameter": {
        "series": "",
        "series2": "",
        "op_type": "",
        "kind": "SF",
        "link": "",
        "service_link": "",
        "unit": "",
        "vat": "",
        "client_vat": "",
        "debit_account": "",
        "credit_account": "",
        "prices_include_vat": 0,
        "recalculate": 1,
    },
}

REFERENCES: dict[str, dict[str, tuple[str, int]]] = {
    "client": {
        "sAtsiskaitymoTerminaiDebt": ("term", 6),
        "sAtsiskaitymoTerminaiKred": ("term", 6),
        "sPvmMokKod": ("vat", 7),
        "sDebtSask": ("account", 8),
        "sKredSask": ("account", 8),
        "sBankas": ("bank", 9),
        "sRusis": ("client_type", 10),
        "sPasiulomaValiuta": ("currency", 11),
        "sYraKlientoPadalinys": ("client", 5),
        **{f"sObjektas{n}": (f"object{n}", 11 + n) for n in range(1, 5)},
        **{f"sPozymis{n}": (f"client_tag{n}", 15 + n) for n in range(1, 4)},
    },
    "address": {
        "sKlientoKodas": ("client", 54),
        **{f"sPozymis{n}": (f"address_tag{n}", 70 + n) for n in range(1, 4)},
    },
    "product": {
        "sRysysSuSask": ("link", 32),
        "sMatavimoVnt": ("unit", 30),
        "sMokestis": ("vat", 7),
        "sRusis": ("product_type", 19),
        "sValiuta": ("currency", 11),
        "sPirkimoValiuta": ("currency", 11),
        "sIntrastatKodas": ("intrastat", 27),
        **{f"sObjektas{n}": (f"object{n}", 11 + n) for n in range(1, 5)},
        **{f"sPozymis{n}": (f"product_tag{n}", 19 + n) for n in range(1, 7)},
    },
    "service": {
        "sRysysSuSask": ("link", 38),
        "sMokestis": ("vat", 7),
        "sMatVienetas": ("unit", 30),
        "sRusis": ("service_type", 63),
        **{f"sObjektas{n}": (f"object{n}", 11 + n) for n in range(1, 5)},
        **{f"sPozymis{n}": (f"service_tag{n}", 63 + n) for n in range(1, 4)},
    },
    "operation": {
        "sSutartis": ("contract", 69),
        "sVezejas": ("client", 54),
        "sGavejas": ("client", 54),
        "sDarbuotojas": ("employee", 42),
        **{f"sObjektas{n}": (f"object{n}", 11 + n) for n in range(1, 5)},
    },
}
"""Field of a card or header: the kind of record that must exist, and the error if it does not."""


class Records:
    """Every record of one company, by kind and key."""

    def __init__(self) -> None:
        self._kinds: dict[str, dict[str, Record]] = {}

    def put(self, kind: str, key: str, record: Record) -> None:
        self._kinds.setdefault(kind, {})[key] = record

    def drop(self, kind: str, key: str) -> None:
        self._kinds.get(kind, {}).pop(key, None)

    def get(self, kind: str, key: str) -> Record | None:
        return self._kinds.get(kind, {}).get(key)

    def has(self, kind: str, key: str) -> bool:
        return key in self._kinds.get(kind, {})

    def of(self, kind: str) -> list[tuple[str, Record]]:
        """Return the records of a kind by key, in the order of their keys."""
        return sorted(self._kinds.get(kind, {}).items())

    def keys(self) -> dict[str, list[str]]:
        """Return every key of every kind."""
        return {kind: sorted(found) for kind, found in sorted(self._kinds.items())}

    def matching(self, kind: str, field: str, value: str) -> Iterator[Record]:
        """Return the records of a kind whose field has this value, which may not be empty."""
        for _, record in self.of(kind):
            if value and record.get(field) == value:
                yield record


def address_key(client: str, code: str) -> str:
    """Return the key of an address card: the same code may serve many clients."""
    return f"{client}|{code}"


def new_record(kind: str, key: str, fields: Mapping[str, Value], at: str) -> Record:
    """Return a whole record: the kind's defaults, then the fields; `at` is a local date-time."""
    known = CARD_TABLES.get(kind)
    if known is None:
        base: Record = {"code": key, "title": key, **_DEFAULTS.get(kind, {})}
        return {**base, **_alike(base, fields)}
    record = blank(known)
    record.update(_card_defaults(kind))
    record["sKodas"] = key.rpartition("|")[2]
    record.update(_alike(record, fields))
    record.update({"tKurimoData": at, "tKoregavimoData": at})
    return record


def _alike(base: Record, fields: Mapping[str, Value]) -> Record:
    """Return the fields with numbers as the base has them: a test may write them as text."""
    made: Record = {}
    for name, value in fields.items():
        kind = type(base.get(name, ""))
        made[name] = value if kind is str else kind(str(value))
    return made


def blank(known: Table) -> Values:
    """Return every field of a table, empty."""
    empty: dict[str, Value] = {"number": Decimal(0), "integer": 0}
    return {
        name: empty.get(spec.kind, "")
        for name, spec in known.items()
        if name != "sFvsImportoParametras"
    }


def _card_defaults(kind: str) -> Record:
    if kind == "client":
        return {"nAktyvus": 1}
    if kind == "product":
        return {"nAktyvi": 1, "sValiuta": "EUR", "sPirkimoValiuta": "EUR"}
    return {"nAktyvi": 1} if kind == "service" else {}


def card_table(kind: str) -> Table:
    """Return the fields that InsertNewItem takes for a kind of record."""
    return CARD_TABLES.get(kind, DICTIONARY)


def rate_on(records: Records, currency: str, day: date) -> Decimal | None:
    """Return EUR for one unit on a day, weekends included; None where no rate is loaded.

    A record of kind `rate` under `USD|2026-11-20` goes before the made-up course; one with the
    rate 0 stands for a day that nobody loaded.
    """
    own = records.get("rate", f"{currency}|{day.isoformat()}")
    if own is not None:
        told = Decimal(own["rate"])
        return told or None
    found = records.get("currency", currency)
    if found is None:
        return None
    wobble = (day.toordinal() * 7919 + sum(map(ord, currency))) % 401 - 200
    return (Decimal(found["base"]) * (1 + Decimal(wobble) / 20_000)).quantize(Decimal("1e-9"))
