"""What `orders list`, `show` and `fetch` say; why an order is not booked is in `order_reasons`."""

from __future__ import annotations

from fvsamazon.texts import Text

# Headings of columns, names of facts.
CREATED = Text(en="created", lt="sukurta")
REGION = Text(en="region", lt="regionas")
ACCOUNT = Text(en="account", lt="paskyra")
ORDER = Text(en="order", lt="užsakymas")
STORE = Text(en="store", lt="parduotuvė")
STATUS = Text(en="status", lt="būsena")
SENT_BY = Text(en="sent by", lt="siunčia")
TOTAL = Text(en="total", lt="suma")
DELIVERY = Text(en="delivery", lt="Finvalda")
FIRST_SEEN = Text(en="first seen", lt="pirmą kartą gauta")
TRIES = Text(en="tries", lt="bandymai")
NEXT = Text(en="next", lt="kitas bandymas")
WHY = Text(en="why", lt="kodėl")
UPDATED = Text(en="last updated", lt="pakeista")
RECORDED = Text(en="recorded", lt="įrašyta")
GOES_TO = Text(en="goes to", lt="siunčiama į")
PROGRAMMES = Text(en="programmes", lt="programos")
BELONGS_TO = Text(en="belongs to", lt="susijęs su")
SKU = Text(en="sku", lt="sku")
ASIN = Text(en="asin", lt="asin")
TITLE = Text(en="title", lt="pavadinimas")
PIECES = Text(en="pieces", lt="kiekis")
SENT = Text(en="sent", lt="išsiųsta")
PROCEEDS = Text(en="proceeds", lt="pajamos")
SEEN = Text(en="seen", lt="gauta")
CHANGE = Text(en="change", lt="pokytis")
PERSONAL = Text(en="personal data", lt="asmens duomenys")
EVERYTHING = Text(en="everything protected", lt="visi saugomi duomenys")

PEOPLE = {
    "buyer_name": Text(en="buyer name", lt="pirkėjas"),
    "buyer_email": Text(en="buyer email", lt="pirkėjo el. paštas"),
    "name": Text(en="name", lt="gavėjas"),
    "company_name": Text(en="company name", lt="įmonė"),
    "address_line_1": Text(en="address line 1", lt="adreso 1 eilutė"),
    "address_line_2": Text(en="address line 2", lt="adreso 2 eilutė"),
    "address_line_3": Text(en="address line 3", lt="adreso 3 eilutė"),
    "city": Text(en="city", lt="miestas"),
    "district": Text(en="district", lt="rajonas"),
    "municipality": Text(en="municipality", lt="savivaldybė"),
    "postal_code": Text(en="postal code", lt="pašto kodas"),
    "phone": Text(en="phone", lt="telefonas"),
}

# Sentences.
NEWEST = Text(
    en="Shown: the newest {limit}. A higher --limit shows more.",
    lt="Rodoma naujausių: {limit}. Daugiau rodo didesnis --limit.",
)
NONE = Text(en="No such order is recorded.", lt="Tokių užsakymų duomenų bazėje nėra.")
ALL_READ = Text(en="Every order could be read.", lt="Visi užsakymai perskaityti.")
FETCHED_AGAIN = Text(
    en="They are fetched again by themselves; `fvsamazon orders fetch ID` tries one now.",
    lt="Jie parsiunčiami iš naujo savaime; dabar vieną parsiunčia `fvsamazon orders fetch ID`.",
)
HEADLINE = Text(en="Order {order}", lt="Užsakymas {order}")
CHANNEL = Text(en="{store} (channel {channel})", lt="{store} (kanalas {channel})")
ZONE = Text(en=", VAT zone {zone}", lt=", PVM zona {zone}")
ASSUMED = Text(en=" (assumed)", lt=" (numanoma)")
DELIVERY_STATE = Text(en="delivery: {state}", lt="įtraukimas į Finvaldą: {state}")
IN_FINVALDA = Text(
    en="delivery: {state}, in Finvalda as {journal} {number}, document {document}",
    lt="įtraukimas į Finvaldą: {state}, Finvaldoje {journal} {number}, dokumentas {document}",
)
UNREADABLE = Text(
    en="{order} came to {where} and could not be read: {why}; it is fetched again by itself",
    lt="{order} gautas iš {where}, bet jo perskaityti nepavyko: {why}; bus parsiųstas iš naujo "
    "savaime",
)
NOT_RECORDED = Text(
    en="{order} is not recorded; `fvsamazon orders fetch {order}` asks Amazon for it",
    lt="užsakymo {order} duomenų bazėje nėra; `fvsamazon orders fetch {order}` paklaus „Amazon“",
)
NOTHING_KEPT = Text(
    en="personal data: none is kept of this order", lt="asmens duomenys: apie šį užsakymą jų nėra"
)
ERASED = Text(
    en="personal data: erased {at} ({why}) and not stored again; Finvalda and backups keep their "
    "own copies",
    lt="asmens duomenys: ištrinti {at} ({why}) ir iš naujo neįrašomi; Finvalda ir atsarginės "
    "kopijos turi savo kopijas",
)
DAMAGED = Text(
    en="the personal data of order {order} was changed in the database and cannot be read; "
    "`fvsamazon purge --order {order}` erases it",
    lt="užsakymo {order} asmens duomenys duomenų bazėje pakeisti, perskaityti jų nebegalima; juos "
    "ištrina `fvsamazon purge --order {order}`",
)
ON_REQUEST = Text(en="at a person's request", lt="žmogui paprašius")
RETENTION_OVER = Text(en="its retention had passed", lt="baigėsi saugojimo terminas")
NO_ACCOUNT = Text(
    en="no such account is known to the database; check --region and --account, and start or "
    "reload the daemon after new settings",
    lt="tokios paskyros duomenų bazėje nėra; patikrinkite --region ir --account, o pakeitę "
    "nustatymus paleiskite tarnybą arba liepkite jai įkelti juos iš naujo",
)
UNKNOWN_ORDER = Text(en="no such order in {asked}", lt="tokio užsakymo nėra: {asked}")
SENT_UNREADABLE = Text(
    en="{source} sent it and it could not be read: {why}; it is fetched again by itself",
    lt="{source} jį atsiuntė, bet perskaityti nepavyko: {why}; bus parsiųstas iš naujo savaime",
)
QUOTA_USED_UP = Text(
    en="Amazon's quota for single orders is used up; try again in {span}",
    lt="pavienių užsakymų „Amazon“ kvota išnaudota; bandykite po {span}",
)
FOREIGN = Text(
    en="was recorded before from another account, which keeps it",
    lt="jau buvo įrašytas iš kitos paskyros ir lieka jos",
)
NEW = Text(en="recorded, new", lt="įrašytas, naujas")
CHANGED = Text(en="recorded, changed", lt="įrašytas, pasikeitęs")
TOUCHED = Text(en="recorded before, nothing new", lt="įrašytas anksčiau, nieko naujo")
