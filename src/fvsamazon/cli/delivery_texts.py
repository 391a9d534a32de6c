"""What `deliveries list`, `show`, `retry`, `skip` and `preview` say."""

from __future__ import annotations

from fvsamazon.texts import Text

# Headings of columns, names of facts.
ORDER = Text(en="order", lt="užsakymas")
ACCOUNT = Text(en="account", lt="paskyra")
KIND = Text(en="kind", lt="kas")
STATE = Text(en="state", lt="būsena")
DOCUMENT = Text(en="document", lt="dokumentas")
JOURNAL = Text(en="journal", lt="žurnalas")
NUMBER = Text(en="number", lt="numeris")
WHY = Text(en="why", lt="kodėl")
FACTS = {
    "region": Text(en="region", lt="regionas"),
    "account": ACCOUNT,
    "document": DOCUMENT,
    "journal": JOURNAL,
    "number": NUMBER,
    "class": Text(en="class", lt="operacija"),
    "series": Text(en="series", lt="serija"),
    "client": Text(en="client", lt="klientas"),
    "currency": Text(en="currency", lt="valiuta"),
    "total": Text(en="total", lt="suma"),
    "attempts": Text(en="attempts", lt="siuntimai"),
    "sent_at": Text(en="sent at", lt="išsiųsta"),
    "booked_at": Text(en="booked at", lt="įtraukta"),
    "next_attempt_at": Text(en="next attempt at", lt="kitas bandymas"),
}

# list and show
NONE = Text(en="No such delivery.", lt="Tokių įrašų nėra.")
NEWEST = Text(
    en="Shown: the newest {limit}. A higher --limit shows more.",
    lt="Rodoma naujausių: {limit}. Daugiau rodo didesnis --limit.",
)
ABOUT_CODES = Text(
    en="What the words under “why” mean, and what to do, tells `fvsamazon deliveries show ORDER`.",
    lt="Ką reiškia žodžiai stulpelyje „kodėl“ ir ką daryti, parodo `fvsamazon deliveries show "
    "UŽSAKYMAS`.",
)
NEVER_DUE = Text(
    en="nothing is or was due for {order}; `fvsamazon deliveries preview {order}` tells what the "
    "rules make of it",
    lt="užsakymo {order} įtraukti nereikia ir nereikėjo; ką iš jo padarytų taisyklės, parodo "
    "`fvsamazon deliveries preview {order}`",
)
HEADLINE = Text(en="{kind} of order {order}: {state}", lt="Užsakymas {order}, {kind}: {state}")
SENT = Text(en="as it was sent:", lt="kas išsiųsta:")

# retry and skip
TRIED_AGAIN = Text(
    en="{order}: was {before}, is tried again", lt="{order}: buvo „{before}“, bandoma iš naujo"
)
IS_SKIPPED = Text(
    en="{order}: was {before}, is skipped",
    lt="{order}: buvo „{before}“, praleidžiamas ir nebus įtrauktas",
)
NOT_CHANGED = Text(
    en="{order} is {state}; only what is {may} can be changed",
    lt="{order}: būsena „{state}“; pakeisti galima tik tada, kai ji {may}",
)
OR = Text(en="or", lt="arba")
STANDS_AS = Text(en="{state}", lt="„{state}“")

# preview
NOT_RECORDED = Text(
    en="{order} is not recorded; `fvsamazon orders fetch {order}` asks Amazon for it",
    lt="užsakymo {order} duomenų bazėje nėra; `fvsamazon orders fetch {order}` paklaus „Amazon“",
)
GONE = Text(en="the order is gone", lt="užsakymo nebėra")
UNREADABLE = Text(
    en="the recorded order cannot be read by this program",
    lt="ši programos versija duomenų bazėje esančio užsakymo perskaityti nemoka",
)
NOT_ASKED = Text(en="Finvalda is not asked: {why}", lt="Finvaldos neklausiama ({why})")
WOULD_BE_HELD = Text(
    en="Finvalda has no field for this, so the order would be held: {faults}.",
    lt="Finvaldos laukuose tam nėra vietos, todėl užsakymas būtų sulaikytas: {faults}.",
)
PARAMETER = Text(en="parameter", lt="parametras")
TITLE = Text(en="title {place}", lt="pavadinimas {place}")
REMARK = Text(en="remark", lt="pastaba")
OBJECT = Text(en="object {place}", lt="objektas {place}")
NEW_CLIENT = Text(en="client card", lt="kliento kortelė")
ADDRESS = Text(en="address card", lt="adreso kortelė")
NEW_PRODUCT = Text(en="product card", lt="prekės kortelė")
MADE_WITH = Text(
    en="made where it is missing, with {fields}", lt="jei jos nėra, sukuriama; užpildoma: {fields}"
)
HEAD = {
    "client": FACTS["client"],
    "series": FACTS["series"],
    "number": NUMBER,
    "date": Text(en="date", lt="data"),
    "kind": Text(en="kind", lt="rūšis"),
    "rate": Text(en="rate", lt="kursas"),
    "total": FACTS["total"],
}
FIELDS = {
    "code": Text(en="code", lt="kodas"),
    "quantity": Text(en="quantity", lt="kiekis"),
    "warehouse": Text(en="warehouse", lt="sandėlis"),
    "ship_from": Text(en="ship_from", lt="išvežama iš"),
    "ship_to": Text(en="ship_to", lt="gabenama į"),
    "gross": Text(en="gross", lt="su PVM"),
    "net": Text(en="net", lt="be PVM"),
    "vat": Text(en="vat", lt="PVM"),
    "vat_percent": Text(en="vat_percent", lt="PVM tarifas"),
    "vat_code": Text(en="vat_code", lt="PVM kodas"),
    "item": Text(en="item", lt="užsakymo eilutė"),
}
CARD = {
    "name": Text(en="name", lt="vardas ar pavadinimas"),
    "type": Text(en="type", lt="kliento rūšis"),
    "vat_number": Text(en="VAT number", lt="PVM kodas"),
    "country": Text(en="country", lt="šalis"),
    "street": Text(en="street", lt="gatvė"),
    "city": Text(en="city", lt="miestas"),
    "post_code": Text(en="post code", lt="pašto kodas"),
    "phone": Text(en="phone", lt="telefonas"),
}
