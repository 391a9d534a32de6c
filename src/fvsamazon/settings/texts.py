"""What can be wrong with the settings, in both languages, with what to write instead.

None has a place for the value of a setting: any may be a secret that strayed. Names of settings,
paths and what is to be copied stand unquoted.
"""

from __future__ import annotations

from typing import Final

from fvsamazon.texts import Text

# How a fault is put together, and the places that it names.
ABOUT: Final = Text(en="{subject}: {fault}", lt="{subject}: {fault}")
NAMED: Final = Text(en="{name} ({where})", lt="{name} ({where})")
AND: Final = Text(en="and", lt="ir")
OR: Final = Text(en="or", lt="arba")
ENVIRONMENT: Final = Text(en="the environment", lt="aplinkos kintamieji")
CREDENTIAL: Final = Text(en="the credential {name}", lt="kredencialas {name}")
SOME_CREDENTIAL: Final = Text(
    en="a credential in {folder}", lt="vienas iš kredencialų aplanke {folder}"
)
LINE: Final = Text(en="{path} line {number}", lt="{path} {number} eilutė")
DEFAULT: Final = Text(en="the default", lt="numatytoji reikšmė")

# Files and names.
NO_CREDENTIALS: Final = Text(
    en="$CREDENTIALS_DIRECTORY ({folder}) cannot be read ({trouble}); let systemd set it, or "
    "unset it",
    lt="$CREDENTIALS_DIRECTORY ({folder}) perskaityti nepavyko ({trouble}); palikite jį nustatyti "
    "systemd arba pašalinkite",
)
UNREADABLE: Final = Text(
    en="it cannot be read ({trouble}); check path and rights",
    lt="perskaityti nepavyko ({trouble}); patikrinkite kelią ir teises",
)
NOT_UTF8: Final = Text(
    en="it is not UTF-8 text; save it as UTF-8",
    lt="tai ne UTF-8 tekstas; išsaugokite UTF-8 koduote",
)
TOO_LARGE: Final = Text(
    en="it is larger than 1 MiB; is it the right file?",
    lt="didesnis nei 1 MiB; ar tai tikrai tas failas?",
)
OPEN_TO_ALL: Final = Text(
    en="it holds secrets, and every user of this machine can get at it (mode {mode}); "
    "run chmod o= {path}",
    lt="faile yra slaptų duomenų, o prie jo prieina kiekvienas šio kompiuterio naudotojas "
    "(teisės {mode}); paleiskite chmod o= {path}",
)
WRITABLE_BY_ALL: Final = Text(
    en="every user of this machine can change it (mode {mode}); run chmod o-w {path}",
    lt="šį failą gali pakeisti kiekvienas šio kompiuterio naudotojas (teisės {mode}); paleiskite "
    "chmod o-w {path}",
)
NOT_READ_ON: Final = Text(
    en="it and what follows is not read; is it the right file?",
    lt="nuo šios vietos failas nebeskaitomas; ar tai tikrai tas failas?",
)
NOT_A_LINE: Final = Text(
    en="write NAME=value, or # at the start for a comment",
    lt="rašykite VARDAS=reikšmė, o komentarą pradėkite ženklu #",
)
NO_EXPORT: Final = Text(
    en="write the line without export", lt="šią eilutę rašykite be žodžio export"
)
OUTSIDER: Final = Text(
    en="only names that begin with {prefix} may stand here; take it out",
    lt="čia gali būti tik vardai, prasidedantys {prefix}; pašalinkite šią eilutę",
)
OUTSIDER_NEAR: Final = Text(
    en="only names that begin with {prefix} may stand here; did you mean {near}?",
    lt="čia gali būti tik vardai, prasidedantys {prefix}; gal turėjote omenyje {near}?",
)
HALF_QUOTED: Final = Text(
    en="a quotation mark without its pair or a # after a space is taken as part of the value; a "
    "comment needs a line of its own",
    lt="kabutė be poros arba # po tarpo laikoma reikšmės dalimi; komentarą rašykite atskiroje "
    "eilutėje",
)
TWICE: Final = Text(
    en="given twice, the first time in {first}; keep one",
    lt="nurodyta du kartus (pirmą kartą: {first}); palikite vieną",
)
RIVALS: Final = Text(
    en="{places} give different values; keep one",
    lt="{places} nurodo skirtingas reikšmes; palikite vieną",
)
UNKNOWN: Final = Text(
    en="there is no such setting; the nearest is {near}",
    lt="tokio nustatymo nėra; panašiausias yra {near}",
)
WHOLE_GROUP: Final = Text(
    en="a group cannot be set as a whole; set its members one by one, as in {member}",
    lt="visos grupės iš karto nustatyti negalima; kiekvieną jos nustatymą rašykite atskirai, pvz., "
    "{member}",
)
RESERVED: Final = Text(
    en="the account name {name} belongs to the region's own refresh token; choose another",
    lt="paskyros vardas {name} skirtas paties regiono atnaujinimo raktui; pasirinkite kitą",
)
CONTROL: Final = Text(
    en="the value holds a line break or another control character; write it on one line",
    lt="reikšmėje yra eilutės pabaigos ar kitas valdymo ženklas; rašykite ją vienoje eilutėje",
)
MISPLACED: Final = Text(
    en="the value is {kind}, and this setting is shown to many; write it where it belongs, and "
    "take it for known to others",
    lt="čia įrašytas {kind}, o šį nustatymą mato daug kas; perkelkite raktą, kur jam vieta, ir "
    "laikykite jį jau žinomu kitiems",
)
AMAZON_TOKEN: Final = Text(en="a token of Amazon's", lt="„Amazon“ prieigos ar atnaujinimo raktas")
CLIENT_SECRET: Final = Text(en="a client secret", lt="kliento slaptasis raktas")
PRIVATE_KEY: Final = Text(en="a private key", lt="privatusis raktas")
ENCRYPTION_KEY: Final = Text(en="an encryption key", lt="šifravimo raktas")

# Single values.
CHOICE: Final = Text(en="write {choices}", lt="įrašykite {choices}")
BOOLEAN: Final = Text(en="write true or false", lt="įrašykite true arba false")
WHOLE_NUMBER: Final = Text(en="write a whole number", lt="įrašykite sveikąjį skaičių")
NUMBER: Final = Text(en="write a number", lt="įrašykite skaičių")
AT_LEAST: Final = Text(
    en="write a number of at least {ge:g}", lt="įrašykite skaičių, ne mažesnį už {ge:g}"
)
AT_MOST: Final = Text(
    en="write a number of at most {le:g}", lt="įrašykite skaičių, ne didesnį už {le:g}"
)
NEEDED_BY_ACCOUNT: Final = Text(
    en="it is missing; set it, or take the other settings of this account out",
    lt="nenurodyta; nurodykite arba pašalinkite kitus šios paskyros nustatymus",
)
SEE_EXAMPLE: Final = Text(
    en="settings.env.example tells what belongs here",
    lt="kas čia rašoma, paaiškinta faile settings.env.example",
)
FULL_ADDRESS: Final = Text(
    en="write a full http:// or https:// address, as in https://host.example/path",
    lt="įrašykite visą adresą su http:// arba https://, pvz., https://host.example/path",
)
BARE_ADDRESS: Final = Text(
    en="write the address without query, fragment, backslash and space",
    lt="rašykite adresą be ženklų ?, # ir \\ ir be tarpų",
)
USER_IN_ADDRESS: Final = Text(
    en="take user and password out of the address; other settings hold them",
    lt="pašalinkite iš adreso naudotojo vardą ir slaptažodį; jiems yra kiti nustatymai",
)
HTTPS_BUT_LOOPBACK: Final = Text(
    en="write https://; plain http is accepted for loopback addresses only",
    lt="rašykite https://; nešifruotas http leidžiamas tik šio kompiuterio (loopback) adresams",
)
SERVICE_PATH: Final = Text(
    en="the address must end in the service path /FvsServicePure.svc",
    lt="adresas turi baigtis paslaugos keliu /FvsServicePure.svc",
)
PROXY_PATH: Final = Text(
    en="write the proxy without a path, as in http://proxy.example:3128",
    lt="tarpinio serverio (proxy) adresą rašykite be kelio, pvz., http://proxy.example:3128",
)
KEY_FORM: Final = Text(
    en="write 32 bytes in base64 or hex; `fvsamazon key create` makes a key file",
    lt="įrašykite 32 baitus base64 arba šešioliktaine forma; rakto failą sukuria "
    "`fvsamazon key create`",
)
DAY_FORM: Final = Text(
    en="write an ISO 8601 date, as in 2026-01-31", lt="įrašykite ISO 8601 datą, pvz., 2026-01-31"
)
INSTANT_FORM: Final = Text(
    en="write an ISO 8601 date or time, as in 2026-01-31 or 2026-01-31T08:00:00+02:00",
    lt="įrašykite ISO 8601 datą arba laiką, pvz., 2026-01-31 arba 2026-01-31T08:00:00+02:00",
)
COUNTRY_CODES: Final = Text(
    en="write country codes with commas between them, as in DE,FR",
    lt="įrašykite šalių kodus, atskirtus kableliais, pvz., DE,FR",
)
NO_MARKETPLACE: Final = Text(
    en="{name} is no marketplace; the codes are {codes}",
    lt="{name} nėra prekyvietė; galimi kodai: {codes}",
)
NO_MARKETPLACE_NEAR: Final = Text(
    en="{name} is no marketplace; did you mean {near}?",
    lt="{name} nėra prekyvietė; gal turėjote omenyje {near}?",
)
ENTRY: Final = Text(en="entry {number}", lt="sąrašo įrašas Nr. {number}")

# What several must agree on.
NEEDED_BY_REGION: Final = Text(
    en="it is missing, and the region is on because its CLIENT_ID is set; set it, or take "
    "CLIENT_ID away",
    lt="nenurodyta, o regionas įjungtas, nes nurodytas jo CLIENT_ID; nurodykite arba pašalinkite "
    "CLIENT_ID",
)
NEEDED_BY_REGION_OR_ACCOUNT: Final = Text(
    en="it is missing, and the region is on because its CLIENT_ID is set; set it, or an account "
    "({account})",
    lt="nenurodyta, o regionas įjungtas, nes nurodytas jo CLIENT_ID; nurodykite šį nustatymą arba "
    "paskyrą ({account})",
)
NEEDED_BY_FINVALDA: Final = Text(
    en="it is missing; every call to Finvalda needs it",
    lt="nenurodyta; be to nepavyks nė viena užklausa į Finvaldą",
)
NO_KEY: Final = Text(
    en="personal data is kept encrypted only, and no key is given; name a file here, then run "
    "`fvsamazon key create`",
    lt="asmens duomenys saugomi tik užšifruoti, o rakto nėra; nurodykite čia failą ir paleiskite "
    "`fvsamazon key create`",
)
OTHER_REGIONS: Final = Text(
    en="these belong to other regions: {moves}; move them there",
    lt="tai kitų regionų prekyvietės: {moves}; perkelkite jas ten",
)
BELONGS_TO: Final = Text(en="{code} to {region}", lt="{code} (regionas {region})")
START_IN_FUTURE: Final = Text(
    en="it lies in the future; write an earlier day",
    lt="tai ateities laikas; įrašykite ankstesnę dieną",
)
ISSUED_IN_FUTURE: Final = Text(
    en="it lies in the future; write the day on which it was made",
    lt="tai ateities diena; įrašykite dieną, kurią raktas sukurtas",
)
SAME_TOKEN: Final = Text(
    en="the same refresh token stands in each; every account has its own",
    lt="visur tas pats atnaujinimo raktas; kiekviena paskyra turi savo",
)
LONG_RETENTION: Final = Text(
    en="more than 30 days are allowed only where a law demands it; write 30 or less, or "
    "{acknowledged}=true",
    lt="ilgiau nei 30 dienų leidžiama saugoti tik tada, kai to reikalauja įstatymas; įrašykite 30 "
    "ar mažiau arba {acknowledged}=true",
)
TWO_KEYS: Final = Text(
    en="they hold different keys; keep the one that encrypted the database",
    lt="raktai skirtingi; palikite tą, kuriuo šifruota duomenų bazė",
)
NO_CA_FILE: Final = Text(
    en="{path} does not exist; name a file with the authority's certificate",
    lt="failo {path} nėra; nurodykite failą su sertifikavimo įstaigos sertifikatu",
)
NO_CERTIFICATE: Final = Text(
    en="{path} holds no certificate; save the authority's certificate as PEM",
    lt="faile {path} nėra sertifikato; išsaugokite sertifikavimo įstaigos sertifikatą PEM forma",
)
CLOSED_CA_FILE: Final = Text(
    en="{path} cannot be read ({trouble}); give the service's user the right to",
    lt="failo {path} perskaityti nepavyko ({trouble}); suteikite tarnybos naudotojui teisę jį "
    "skaityti",
)
HTTPS_OUTSIDE: Final = Text(
    en="write https://; plain http is for loopback and, with ALLOW_HTTP, private ones",
    lt="rašykite https://; nešifruotas http leidžiamas tik šio kompiuterio (loopback) ir, įjungus "
    "ALLOW_HTTP, vidinio tinklo adresams",
)
HTTPS_OR_ALLOW: Final = Text(
    en="write https://, or set {allow}=true if nobody else listens on that network",
    lt="rašykite https:// arba nurodykite {allow}=true, jei to tinklo srauto niekas kitas nemato",
)
ALLOW_AND_PERSONAL: Final = Text(
    en="refused together with {enabled}=true; use https:// and take this out",
    lt="negalima kartu su {enabled}=true; naudokite https:// ir šį nustatymą pašalinkite",
)

# What works and is hardly meant.
REGION_OFF: Final = Text(
    en="not set, so the region is off although credentials are given",
    lt="nenurodyta, todėl regionas išjungtas, nors jo raktai nurodyti",
)
DELIVERY_OFF: Final = Text(
    en="not set, so nothing is delivered although a user is",
    lt="nenurodyta, todėl į Finvaldą niekas neįtraukiama, nors naudotojas nurodytas",
)
