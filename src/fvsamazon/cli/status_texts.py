"""What `fvsamazon status` says, as a page and as the line for monitoring."""

from __future__ import annotations

from fvsamazon.texts import Counted, Text

# The page.
DAEMON_RUNS = Text(en="a daemon is running", lt="tarnyba veikia")
DAEMON_RUNS_NOT = Text(en="no daemon is running", lt="tarnyba neveikia")
DATABASE = Text(en="database {path}", lt="duomenų bazė {path}")
NO_DATABASE_YET = Text(
    en="there is no database {path} yet; `fvsamazon run` makes it",
    lt="duomenų bazės {path} dar nėra; ją sukurs `fvsamazon run`",
)
REGION = Text(en="region", lt="regionas")
ACCOUNT = Text(en="account", lt="paskyra")
STATE = Text(en="state", lt="būsena")
TOKEN = Text(en="token valid until", lt="raktas galioja iki")
RECORDED = Text(en="recorded up to", lt="įrašyta iki")
LAG = Text(en="lag", lt="atsilikimas")
LAST_POLL = Text(en="last poll", lt="skaityta")
ORDERS = Text(en="orders", lt="užsakymai")
QUOTA = Text(en="quota", lt="kvota")
EXPIRED = Text(en="expired", lt="nebegalioja")
AGO = Text(en="{span} ago", lt="prieš {span}")
HISTORY = Text(
    en="{where}: history read back to {reached}, wanted from {target}",
    lt="{where}: ankstesni užsakymai jau perskaityti nuo {reached}, reikia nuo {target}",
)
HISTORY_LEFT = Text(en=", about {span} left", lt=", liko maždaug {span}")
QUIET = Text(
    en="{where}: no order for much longer than usual (noticed {since}); does the refresh token "
    "belong to this account?",
    lt="{where}: užsakymų nėra daug ilgiau nei įprasta (pastebėta {since}); ar atnaujinimo raktas "
    "tikrai šios paskyros?",
)
UNREADABLE = Counted(
    one=Text(
        en="{where}: 1 order could not be read and is tried again "
        "(`fvsamazon orders list --unreadable`)",
        lt="{where}: 1 užsakymo perskaityti nepavyko, bus bandoma dar kartą "
        "(`fvsamazon orders list --unreadable`)",
    ),
    many=Text(
        en="{where}: {count} orders could not be read and are tried again "
        "(`fvsamazon orders list --unreadable`)",
        lt="{where}: nepavyko perskaityti užsakymų: {count}; bus bandoma dar kartą "
        "(`fvsamazon orders list --unreadable`)",
    ),
)
LATE = Counted(
    one=Text(
        en="{where}: Amazon showed 1 order version late",
        lt="{where}: 1 užsakymo versiją „Amazon“ parodė pavėluotai",
    ),
    many=Text(
        en="{where}: Amazon showed {count} order versions late",
        lt="{where}: pavėluotai „Amazon“ parodytų užsakymų versijų: {count}",
    ),
)
DELIVERIES = Text(en="deliveries: {counts}", lt="užsakymai pagal būseną: {counts}")

ORDERS_KEPT = Counted(
    one=Text(en="1 order", lt="1"), many=Text(en="{count} orders", lt="{count}")
)  # fmt: skip

# The line for monitoring; its first word and the states stay as monitors know them.
NO_DATABASE = Text(en="there is no database {path}", lt="nėra duomenų bazės {path}")
WELL = Counted(
    one=Text(en="1 account, {orders}, lag {lag}", lt="paskyrų: 1, {orders}, atsilikimas {lag}"),
    many=Text(
        en="{count} accounts, {orders}, lag {lag}",
        lt="paskyrų: {count}, {orders}, atsilikimas {lag}",
    ),
)
ORDERS_TOLD = Counted(
    one=Text(en="1 order", lt="užsakymų: 1"),
    many=Text(en="{count} orders", lt="užsakymų: {count}"),
)
NOT_RUNNING = Text(en="the daemon is not running", lt="tarnyba neveikia")
NO_REGION = Text(en="no region is on", lt="neįjungtas nė vienas regionas")
NOT_POLLED = Text(en="{region} has not been polled yet", lt="{region}: dar neskaityta")
HELD = Counted(
    one=Text(en="1 delivery held", lt="sulaikytų užsakymų: 1"),
    many=Text(en="{count} deliveries held", lt="sulaikytų užsakymų: {count}"),
)
FAILED = Counted(
    one=Text(en="1 delivery failed", lt="nepavykusių įtraukti užsakymų: 1"),
    many=Text(en="{count} deliveries failed", lt="nepavykusių įtraukti užsakymų: {count}"),
)
NEEDS_A_PERSON = Text(en="{where} needs a person", lt="{where}: reikia žmogaus")
FAILS = Text(
    en="{where} fails, {span} behind", lt="{where}: „Amazon“ neatsako tinkamai, atsilieka {span}"
)
BEHIND = Text(en="{where} is {span} behind", lt="{where}: atsilieka {span}")
NOT_TAKEN_UP = Text(
    en="{where} is in the settings and not polled yet: reload the daemon",
    lt="{where}: nustatymuose yra, bet dar neskaitoma: liepkite tarnybai įkelti nustatymus iš "
    "naujo",
)
NO_ORDERS = Text(
    en="{where} has had no order for much longer than usual",
    lt="{where}: užsakymų nėra daug ilgiau nei įprasta",
)
NOT_READ = Counted(
    one=Text(
        en="{where}: 1 order could not be read", lt="{where}: nepavyko perskaityti 1 užsakymo"
    ),
    many=Text(
        en="{where}: {count} orders could not be read",
        lt="{where}: nepavyko perskaityti užsakymų: {count}",
    ),
)
