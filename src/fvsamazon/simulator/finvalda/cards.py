"""InsertNewItem, EditItem, EditItemProps and DeleteItem: the cards that the web service writes.

In: a call and the company. Out: an answer with the events that make it true, or a refusal by the
manual's number. An insert never changes a card that is there; an edit touches only what is named.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fvsamazon.simulator.finvalda.codes import (
    BAD_STRUCTURE,
    DATA_MISSING,
    NO_PARAMETER,
    PROGRAM_FAULT,
    Refusal,
)
from fvsamazon.simulator.finvalda.data import (
    CARD_TABLES,
    CLASS_KINDS,
    REFERENCES,
    Record,
    address_key,
    card_table,
    new_record,
)
from fvsamazon.simulator.finvalda.fields import (
    CLIENT,
    CLIENT_PROPERTIES,
    PRODUCT,
    PRODUCT_PROPERTIES,
    SERVICE,
    SERVICE_PROPERTIES,
    WIDER,
    Table,
    Values,
)
from fvsamazon.simulator.finvalda.wire import Answer, Call, Tree, done, many, objects, structure

if TYPE_CHECKING:
    from fvsamazon.simulator.finvalda.book import Event
    from fvsamazon.simulator.finvalda.state import FinvaldaState

PARAMETER_FIELD = "sFvsImportoParametras"
_CODE = re.compile(r"[A-Z0-9]+\Z", re.ASCII)

_REQUIRED = {
    "client": (("sKodas", 3000), ("sPavadinimas", 3001)),
    "product": (("sKodas", 3002), ("sPavadinimas", 3003)),
    "service": (("sKodas", 3004), ("sPavadinimas", 3005)),
    "address": (("sKodas", 3021), ("sKlientoKodas", 3022), ("sAdresas", 3023)),
}
_PROFILE = {
    "client": {
        "sPvmMokKod": ("client_vat", 7),
        "sDebtSask": ("debit_account", 8),
        "sKredSask": ("credit_account", 8),
    },
    "product": {
        "sRysysSuSask": ("link", 32),
        "sMatavimoVnt": ("unit", 30),
        "sMokestis": ("vat", 7),
    },
    "service": {"sRysysSuSask": ("service_link", 38), "sMokestis": ("vat", 7)},
}
"""Fields that Finvalda requires, what of the import parameter fills them, and the error if none."""

_REPEATED = {"client": 3, "product": 29, "address": 74}
_UNIQUE = {
    "client": (("sPvmMoketojoKod", 2), ("sImKodas", 4)),
    "product": (("sBarKodas", 28),),
}
_ABSENT = {"client": 26, "product": 39, "service": 46, "address": 70, "warehouse": 34}
_PROPERTIES: dict[str, tuple[str, dict[str, str], Table]] = {
    "Fvs.Prekes": ("product", PRODUCT_PROPERTIES, PRODUCT),
    "Fvs.Paslaugos": ("service", SERVICE_PROPERTIES, SERVICE),
    "Fvs.Klientas": ("client", CLIENT_PROPERTIES, CLIENT),
}


def payload(state: FinvaldaState, call: Call, root: str) -> Tree:
    """Return what stands under `root` in `xmlstring`, which must be a text, in lower case."""
    if "xmlstring" not in call.arguments:
        wrong = [name for name in call.arguments if name.lower() == "xmlstring"]
        if wrong:
            state.complain(call.method, f"argument {wrong[0]} must be written xmlstring")
        raise Refusal(DATA_MISSING, said="Value 'xmlstring' is mandatory!")
    text = call.arguments["xmlstring"]
    if not isinstance(text, str):
        state.complain(call.method, "xmlstring must be a text, not an object")
        raise Refusal(BAD_STRUCTURE)
    tree = structure(text)
    inner = tree.get(root)
    if not isinstance(inner, dict):
        raise Refusal(DATA_MISSING, said=f"Value '{root}' is mandatory!")
    for name in tree:
        if name != root:
            state.complain(call.method, f"{name} beside {root} is ignored")
    return inner


def insert_item(state: FinvaldaState, call: Call) -> Answer:
    """Make a card; one that is there already is refused, never updated."""
    kind, given = _item(state, call)
    fields = state.reader(call).fields(given, card_table(kind), call.text("ItemClassName"))
    parameter = _parameter(state, call, given, fields, missing=Refusal(NO_PARAMETER))
    for name, number in _REQUIRED.get(kind, (("sKodas", DATA_MISSING),)):
        if not fields.get(name):
            raise Refusal(number)
    code = str(fields["sKodas"])
    if not _CODE.match(code):
        raise Refusal(PROGRAM_FAULT, said="Code may hold capital letters and digits only!")
    key = address_key(str(fields["sKlientoKodas"]), code) if kind == "address" else code
    if state.records.has(kind, key):
        raise _repeated(kind, key)
    for name, (default, error) in _PROFILE.get(kind, {}).items():
        if not fields.get(name):
            fields[name] = parameter.get(default, "")
        if not fields[name]:
            raise Refusal(error)
    _check(state, kind, fields, own=None)
    if kind not in CARD_TABLES:
        fields = {"title": fields.get("sPavadinimas", "")}
    return done([{"put": kind, "key": key, "record": new_record(kind, key, fields, state.local())}])


def edit_item(state: FinvaldaState, call: Call) -> Answer:
    """Change the named fields of one card."""
    kind, given = _item(state, call)
    fields = state.reader(call).fields(given, card_table(kind), call.text("ItemClassName"))
    missing = Refusal(DATA_MISSING, said=f"Value '{PARAMETER_FIELD}' is mandatory!")
    _parameter(state, call, given, fields, missing=missing)
    code = call.text("sItemCode") or str(fields.get("sKodas", ""))
    if not code or (kind != "address" and not call.text("sItemCode")):
        raise Refusal(_REQUIRED.get(kind, (("", DATA_MISSING),))[0][1])
    client = str(fields.get("sKlientoKodas", ""))
    key = address_key(client, code) if kind == "address" else code
    card = state.records.get(kind, key)
    if card is None:
        raise Refusal(_ABSENT.get(kind, DATA_MISSING))
    _check(state, kind, fields, own=card)
    if kind not in CARD_TABLES:
        changed: Record = {**card, "title": fields.get("sPavadinimas", card["title"])}
    else:
        changed = {**card, **fields, "tKoregavimoData": state.local()}
    return done(_replaced(state, kind, key, changed))


def edit_item_props(state: FinvaldaState, call: Call) -> Answer:
    """Change the same fields of many cards, all or none. Values too long are cut, as seen live."""
    groups = payload(state, call, "Fvs.EditItemProps")
    reader = replace(state.reader(call), overlong="cut")
    events: list[Event] = []
    for name, group in groups.items():
        if name not in _PROPERTIES:
            raise Refusal(DATA_MISSING, said=f"Unknown class '{name}'!")
        kind, attributes, known = _PROPERTIES[name]
        width = {a: WIDER.get(field, known[field]) for a, field in attributes.items()}
        for part in objects(group, name):
            codes = [str(code) for code in many(part.get("Kodas"))]
            if not codes:
                raise Refusal(DATA_MISSING, said="Value 'Kodas' is mandatory!")
            skip = frozenset({"Kodas", "atkreiptiDemesi"})
            given = reader.fields(part, width, name, skip)
            fields = {attributes[a]: value for a, value in given.items()}
            for code in codes:
                card = state.records.get(kind, code)
                if card is None:
                    raise Refusal(_ABSENT[kind], code)
                _check(state, kind, fields, own=card)
                record = {**card, **fields, "tKoregavimoData": state.local()}
                events.append({"put": kind, "key": code, "record": record})
    return done(events)


def delete_item(state: FinvaldaState, call: Call) -> Answer:
    """Remove a card that no operation uses."""
    given = structure(call.arguments.get("input", {}))
    kind = CLASS_KINDS.get(str(given.get("ItemClassName", "")))
    code = str(given.get("Code", ""))
    if kind is None or not code:
        raise Refusal(DATA_MISSING)
    if not state.records.has(kind, code):
        raise Refusal(_ABSENT.get(kind, DATA_MISSING))
    for operation in state.book.live():
        used = {operation.client, *(line.code for line in operation.lines)}
        if kind in CARD_TABLES and code in used:
            raise Refusal(PROGRAM_FAULT, said=f"'{code}' is used in operations!")
    return done([{"drop": kind, "key": code}])


def find_parameter(state: FinvaldaState, name: str) -> Record:
    """Return an import parameter; without a name 2000, unknown 1036."""
    if not name:
        raise Refusal(NO_PARAMETER)
    found = state.records.get("parameter", name)
    if found is None:
        raise Refusal(1036)
    return found


def check_references(state: FinvaldaState, kind: str, fields: Values) -> None:
    """Refuse a field that names a record which is not there."""
    for name, (other, code) in REFERENCES[kind].items():
        value = str(fields.get(name, ""))
        if value and not state.records.has(other, value):
            raise Refusal(code, value)


def _item(state: FinvaldaState, call: Call) -> tuple[str, Tree]:
    cls = call.text("ItemClassName")
    kind = CLASS_KINDS.get(cls)
    if kind is None:
        raise Refusal(DATA_MISSING, said=f"Unknown class '{cls}'!")
    return kind, payload(state, call, cls)


def _parameter(
    state: FinvaldaState, call: Call, given: Tree, fields: Values, *, missing: Refusal
) -> Record:
    """Take the import parameter off the fields; it ought to be the first of them."""
    name = str(fields.pop(PARAMETER_FIELD, ""))
    if not name:
        raise missing
    if next(iter(given)) != PARAMETER_FIELD:
        state.complain(call.method, f"{PARAMETER_FIELD} is not the first field")
    return find_parameter(state, name)


def _check(state: FinvaldaState, kind: str, fields: Values, *, own: Record | None) -> None:
    for name, code in _UNIQUE.get(kind, ()):
        for other in state.records.matching(kind, name, str(fields.get(name, ""))):
            if own is None or other["sKodas"] != own["sKodas"]:
                raise Refusal(code)
    if kind in REFERENCES:
        check_references(state, kind, fields)
    country = str(fields.get("sValstybeKodas", ""))
    if country and not state.records.has("country", country):
        raise Refusal(PROGRAM_FAULT, said=f"Country '{country}' not found!")


def _repeated(kind: str, key: str) -> Refusal:
    code = _REPEATED.get(kind)
    return (
        Refusal(PROGRAM_FAULT, said=f"'{key}' already exists!") if code is None else Refusal(code)
    )


def _replaced(state: FinvaldaState, kind: str, key: str, record: Record) -> list[Event]:
    """Return the events of a changed card; a new code moves it."""
    if kind not in CARD_TABLES or kind == "address" or record["sKodas"] == key:
        return [{"put": kind, "key": key, "record": record}]
    new: Any = record["sKodas"]
    if state.records.has(kind, new):
        raise _repeated(kind, new)
    return [{"drop": kind, "key": key}, {"put": kind, "key": new, "record": record}]
