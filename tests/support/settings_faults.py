"""Bad settings files, each with the sentence that it must be told in, in both languages.

A case is named after the text of `settings.texts` that it brings about. In its sentences `{file}`,
`{folder}`, `{P}` and `{codes}` stand for what differs from run to run.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, NamedTuple

from fvsamazon.regions import MARKETPLACES
from fvsamazon.settings import texts
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

P = "FVSAMAZON_"
KEY = base64.b64encode(bytes(range(32))).decode()
FINVALDA = "FINVALDA__URL=https://f.lt/FvsServicePure.svc\nFINVALDA__USERNAME=u\n"
PASSWORD = "FINVALDA__PASSWORD=p\n"
TEXTS = {name: each for name, each in vars(texts).items() if isinstance(each, Text)}


class Case(NamedTuple):
    """A bad file and what must be said of it."""

    file: str | bytes
    en: str
    lt: str
    mode: int = 0o600
    env: Mapping[str, str] = {}
    credentials: Mapping[str, bytes] = {}


FILE = {
    "UNREADABLE": Case(
        "",
        "{folder}/none.env: it cannot be read (No such file or directory); check path and rights",
        "{folder}/none.env: perskaityti nepavyko (tokio failo ar aplanko nėra); patikrinkite kelią "
        "ir teises",
    ),
    "NO_CREDENTIALS": Case(
        "",
        "$CREDENTIALS_DIRECTORY ({folder}/gone) cannot be read (No such file or directory); let "
        "systemd set it, or unset it",
        "$CREDENTIALS_DIRECTORY ({folder}/gone) perskaityti nepavyko (tokio failo ar aplanko nėra);"
        " palikite jį nustatyti systemd arba pašalinkite",
        env={"CREDENTIALS_DIRECTORY": "{folder}/gone"},
    ),
    "NOT_UTF8": Case(
        b"\xff\xfe",
        "{file}: it is not UTF-8 text; save it as UTF-8",
        "{file}: tai ne UTF-8 tekstas; išsaugokite UTF-8 koduote",
    ),
    "TOO_LARGE": Case(
        b"#" * ((1 << 20) + 1),
        "{file}: it is larger than 1 MiB; is it the right file?",
        "{file}: didesnis nei 1 MiB; ar tai tikrai tas failas?",
    ),
    "OPEN_TO_ALL": Case(
        "FINVALDA__PASSWORD=x",
        "{file}: it holds secrets, and every user of this machine can get at it (mode 0644); run "
        "chmod o= {file}",
        "{file}: faile yra slaptų duomenų, o prie jo prieina kiekvienas šio kompiuterio naudotojas "
        "(teisės 0644); paleiskite chmod o= {file}",
        mode=0o644,
    ),
    "WRITABLE_BY_ALL": Case(
        "LOG_LEVEL=info",
        "{file}: every user of this machine can change it (mode 0606); run chmod o-w {file}",
        "{file}: šį failą gali pakeisti kiekvienas šio kompiuterio naudotojas (teisės 0606); "
        "paleiskite chmod o-w {file}",
        mode=0o606,
    ),
    "NOT_A_LINE": Case(
        "LOG_LEVEL",
        "{file} line 1: write NAME=value, or # at the start for a comment",
        "{file} 1 eilutė: rašykite VARDAS=reikšmė, o komentarą pradėkite ženklu #",
    ),
    "NO_EXPORT": Case(
        "export FVSAMAZON_LOG_LEVEL=info",
        "{file} line 1: write the line without export",
        "{file} 1 eilutė: šią eilutę rašykite be žodžio export",
    ),
    "OUTSIDER": Case(
        "OTHER=2",
        "OTHER ({file} line 1): only names that begin with FVSAMAZON_ may stand here; take it out",
        "OTHER ({file} 1 eilutė): čia gali būti tik vardai, prasidedantys FVSAMAZON_; pašalinkite "
        "šią eilutę",
    ),
    "OUTSIDER_NEAR": Case(
        "EUROPE__CLIENT_ID=x",
        "EUROPE__CLIENT_ID ({file} line 1): only names that begin with FVSAMAZON_ may stand here; "
        "did you mean FVSAMAZON_EUROPE__CLIENT_ID?",
        "EUROPE__CLIENT_ID ({file} 1 eilutė): čia gali būti tik vardai, prasidedantys FVSAMAZON_; "
        "gal turėjote omenyje FVSAMAZON_EUROPE__CLIENT_ID?",
    ),
    "TWICE": Case(
        "LOG_LEVEL=info\nLOG_LEVEL=debug",
        "{P}LOG_LEVEL ({file} line 2): given twice, the first time in {file} line 1; keep one",
        "{P}LOG_LEVEL ({file} 2 eilutė): nurodyta du kartus (pirmą kartą: {file} 1 eilutė); "
        "palikite vieną",
    ),
    "RIVALS": Case(
        "FINVALDA__PASSWORD=a",
        "{P}FINVALDA__PASSWORD: the environment, the credential finvalda__password and {file} line "
        "1 give different values; keep one",
        "{P}FINVALDA__PASSWORD: aplinkos kintamieji, kredencialas finvalda__password ir {file} 1 "
        "eilutė nurodo skirtingas reikšmes; palikite vieną",
        env={P + "FINVALDA__PASSWORD": "b"},
        credentials={"finvalda__password": b"c"},
    ),
    "UNKNOWN": Case(
        "LOGLEVEL=info",
        "{P}LOGLEVEL ({file} line 1): there is no such setting; the nearest is {P}LOG_LEVEL",
        "{P}LOGLEVEL ({file} 1 eilutė): tokio nustatymo nėra; panašiausias yra {P}LOG_LEVEL",
    ),
    "SOME_CREDENTIAL": Case(
        "",
        "a credential in {folder}/credentials: there is no such setting; the nearest is "
        "{P}FINVALDA__PASSWORD",
        "vienas iš kredencialų aplanke {folder}/credentials: tokio nustatymo nėra; panašiausias "
        "yra {P}FINVALDA__PASSWORD",
        credentials={"finvalda__passwordhunter2": b"x"},
    ),
    "WHOLE_GROUP": Case(
        "PERSONAL_DATA={}",
        "{P}PERSONAL_DATA ({file} line 1): a group cannot be set as a whole; set its members one "
        "by one, as in {P}PERSONAL_DATA__ENABLED",
        "{P}PERSONAL_DATA ({file} 1 eilutė): visos grupės iš karto nustatyti negalima; kiekvieną "
        "jos nustatymą rašykite atskirai, pvz., {P}PERSONAL_DATA__ENABLED",
    ),
    "RESERVED": Case(
        "EUROPE__ACCOUNTS__MAIN__REFRESH_TOKEN=x",
        "{P}EUROPE__ACCOUNTS__MAIN__REFRESH_TOKEN ({file} line 1): the account name main belongs "
        "to the region's own refresh token; choose another",
        "{P}EUROPE__ACCOUNTS__MAIN__REFRESH_TOKEN ({file} 1 eilutė): paskyros vardas main skirtas "
        "paties regiono atnaujinimo raktui; pasirinkite kitą",
    ),
    "CONTROL": Case(
        "FINVALDA__PASSWORD=a\x1bb",
        "{P}FINVALDA__PASSWORD ({file} line 1): the value holds a line break or another control "
        "character; write it on one line",
        "{P}FINVALDA__PASSWORD ({file} 1 eilutė): reikšmėje yra eilutės pabaigos ar kitas valdymo "
        "ženklas; rašykite ją vienoje eilutėje",
    ),
}
MISPLACED = {
    kind: Case(
        f"FINVALDA__COMPANY_ID={value}",
        f"{{P}}FINVALDA__COMPANY_ID ({{file}} line 1): the value is {TEXTS[kind].en}, and this "
        "setting is shown to many; write it where it belongs, and take it for known to others",
        f"{{P}}FINVALDA__COMPANY_ID ({{file}} 1 eilutė): čia įrašytas {TEXTS[kind].lt}, o šį "
        "nustatymą mato daug kas; perkelkite raktą, kur jam vieta, ir laikykite jį jau žinomu "
        "kitiems",
    )
    for kind, value in {
        "AMAZON_TOKEN": "Atzr|x",
        "CLIENT_SECRET": "amzn1.oa2-cs.v1.x",
        "PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----",
        "ENCRYPTION_KEY": KEY,
    }.items()
}


def value(line: str, text: Text, **values: object) -> Case:
    """Return a case whose sentence is a text of the table, behind name and place."""
    name = line.partition("=")[0]
    return Case(
        line,
        f"{{P}}{name} ({{file}} line 1): {text.say('en', **values)}",
        f"{{P}}{name} ({{file}} 1 eilutė): {text.say('lt', **values)}",
    )


CODES = "US, CA, MX"
VALUES = {
    "CHOICE": Case(
        "LOG_LEVEL=loud",
        "{P}LOG_LEVEL ({file} line 1): write 'debug', 'info', 'warning' or 'error'",
        "{P}LOG_LEVEL ({file} 1 eilutė): įrašykite 'debug', 'info', 'warning' arba 'error'",
    ),
    "BOOLEAN": value("EUROPE__SANDBOX=maybe", texts.BOOLEAN),
    "WHOLE_NUMBER": value("PERSONAL_DATA__RETENTION_DAYS=soon", texts.WHOLE_NUMBER),
    "NUMBER": value("POLL_INTERVAL=often", texts.NUMBER),
    "NUMBER finite": value("POLL_INTERVAL=nan", texts.NUMBER),
    "AT_LEAST": value("POLL_INTERVAL=0.5", texts.AT_LEAST, ge=1.0),
    "AT_MOST": value("PERSONAL_DATA__RETENTION_DAYS=4000", texts.AT_MOST, le=3650.0),
    "FULL_ADDRESS": value("PROXY=socks5://x", texts.FULL_ADDRESS),
    "BARE_ADDRESS": value("LWA_URL=https://x/?a", texts.BARE_ADDRESS),
    "USER_IN_ADDRESS": value("LWA_URL=https://u:p@x/", texts.USER_IN_ADDRESS),
    "HTTPS_BUT_LOOPBACK": value("LWA_URL=http://x.lt/", texts.HTTPS_BUT_LOOPBACK),
    "SERVICE_PATH": value("FINVALDA__URL=https://x/", texts.SERVICE_PATH),
    "PROXY_PATH": value("PROXY=http://x/path", texts.PROXY_PATH),
    "KEY_FORM": value("PERSONAL_DATA__KEY=short", texts.KEY_FORM),
    "DAY_FORM": value("EUROPE__CLIENT_SECRET_ISSUED=1", texts.DAY_FORM),
    "INSTANT_FORM": value("EUROPE__START_FROM=yesterday", texts.INSTANT_FORM),
    "COUNTRY_CODES": value("EUROPE__MARKETPLACES=,", texts.COUNTRY_CODES),
    "NO_MARKETPLACE_NEAR": Case(
        "EUROPE__MARKETPLACES=DE,A1PA6795UKMFR",
        "{P}EUROPE__MARKETPLACES ({file} line 1): entry 2 is no marketplace; did you mean "
        "A1PA6795UKMFR9?",
        "{P}EUROPE__MARKETPLACES ({file} 1 eilutė): sąrašo įrašas Nr. 2 nėra prekyvietė; gal "
        "turėjote omenyje A1PA6795UKMFR9?",
    ),
    "NO_MARKETPLACE": Case(
        "EUROPE__MARKETPLACES=GE",
        "{P}EUROPE__MARKETPLACES ({file} line 1): GE is no marketplace; the codes are {codes}",
        "{P}EUROPE__MARKETPLACES ({file} 1 eilutė): GE nėra prekyvietė; galimi kodai: {codes}",
    ),
    "NEEDED_BY_ACCOUNT": Case(
        "EUROPE__ACCOUNTS__UK__MARKETPLACES=UK",
        "{P}EUROPE__ACCOUNTS__UK__REFRESH_TOKEN: it is missing; set it, or take the other settings "
        "of this account out",
        "{P}EUROPE__ACCOUNTS__UK__REFRESH_TOKEN: nenurodyta; nurodykite arba pašalinkite kitus "
        "šios paskyros nustatymus",
    ),
}


def together(file: str, names: str, text: Text, **values: object) -> Case:
    """Return a case whose sentence is a text of the table, behind names alone."""
    lithuanian = names.replace(" and ", " ir ")
    return Case(
        file, f"{names}: {text.say('en', **values)}", f"{lithuanian}: {text.say('lt', **values)}"
    )


AGREEMENT = {
    "NEEDED_BY_REGION": together(
        "EUROPE__CLIENT_ID=x\nEUROPE__REFRESH_TOKEN=x",
        "{P}EUROPE__CLIENT_SECRET",
        texts.NEEDED_BY_REGION,
    ),
    "NEEDED_BY_REGION_OR_ACCOUNT": together(
        "EUROPE__CLIENT_ID=x\nEUROPE__CLIENT_SECRET=x",
        "{P}EUROPE__REFRESH_TOKEN",
        texts.NEEDED_BY_REGION_OR_ACCOUNT,
        account=f"{P}EUROPE__ACCOUNTS__NAME__REFRESH_TOKEN",
    ),
    "NEEDED_BY_FINVALDA": together(FINVALDA, "{P}FINVALDA__PASSWORD", texts.NEEDED_BY_FINVALDA),
    "NO_KEY": together("PERSONAL_DATA__ENABLED=true", "{P}PERSONAL_DATA__KEY_FILE", texts.NO_KEY),
    "OTHER_REGIONS": Case(
        "EUROPE__MARKETPLACES=DE,US,JP",
        "{P}EUROPE__MARKETPLACES: these belong to other regions: US to NORTHAMERICA and JP to "
        "FAREAST; move them there",
        "{P}EUROPE__MARKETPLACES: tai kitų regionų prekyvietės: US (regionas NORTHAMERICA) ir JP "
        "(regionas FAREAST); perkelkite jas ten",
    ),
    "START_IN_FUTURE": together(
        "EUROPE__START_FROM=2030-01-01", "{P}EUROPE__START_FROM", texts.START_IN_FUTURE
    ),
    "ISSUED_IN_FUTURE": together(
        "EUROPE__CLIENT_SECRET_ISSUED=2030-01-01",
        "{P}EUROPE__CLIENT_SECRET_ISSUED",
        texts.ISSUED_IN_FUTURE,
    ),
    "SAME_TOKEN": together(
        "EUROPE__REFRESH_TOKEN=x\nFAREAST__REFRESH_TOKEN=x",
        "{P}EUROPE__REFRESH_TOKEN and {P}FAREAST__REFRESH_TOKEN",
        texts.SAME_TOKEN,
    ),
    "LONG_RETENTION": together(
        "PERSONAL_DATA__RETENTION_DAYS=31",
        "{P}PERSONAL_DATA__RETENTION_DAYS",
        texts.LONG_RETENTION,
        acknowledged=f"{P}PERSONAL_DATA__RETENTION_ACKNOWLEDGED",
    ),
    "TWO_KEYS": together(
        f"PERSONAL_DATA__KEY={KEY}\nPERSONAL_DATA__KEY_FILE={{folder}}/key",
        "{P}PERSONAL_DATA__KEY and {P}PERSONAL_DATA__KEY_FILE",
        texts.TWO_KEYS,
    ),
    "NO_CA_FILE": together(
        FINVALDA + PASSWORD + "FINVALDA__CA_FILE={folder}/none",
        "{P}FINVALDA__CA_FILE",
        texts.NO_CA_FILE,
        path="{folder}/none",
    ),
    "NO_CERTIFICATE": together(
        FINVALDA + PASSWORD + "FINVALDA__CA_FILE={folder}/key",
        "{P}FINVALDA__CA_FILE",
        texts.NO_CERTIFICATE,
        path="{folder}/key",
    ),
    "HTTPS_OUTSIDE": together(
        FINVALDA.replace("https", "http") + PASSWORD, "{P}FINVALDA__URL", texts.HTTPS_OUTSIDE
    ),
    "HTTPS_OR_ALLOW": together(
        FINVALDA.replace("https://f.lt", "http://10.0.0.1") + PASSWORD,
        "{P}FINVALDA__URL",
        texts.HTTPS_OR_ALLOW,
        allow=f"{P}FINVALDA__ALLOW_HTTP",
    ),
    "ALLOW_AND_PERSONAL": together(
        FINVALDA
        + PASSWORD
        + f"FINVALDA__ALLOW_HTTP=true\nPERSONAL_DATA__ENABLED=true\nPERSONAL_DATA__KEY={KEY}",
        "{P}FINVALDA__ALLOW_HTTP",
        texts.ALLOW_AND_PERSONAL,
        enabled=f"{P}PERSONAL_DATA__ENABLED",
    ),
}
CASES = {**FILE, **MISPLACED, **VALUES, **AGREEMENT}


def given(folder: Path, case: Case, name: str = "") -> tuple[Path, dict[str, str]]:
    """Lay out the sources of a case; return its file and its environment."""
    path = folder / ("none.env" if name == "UNREADABLE" else "settings.env")
    (folder / "key").write_text("another")
    if name == "TWO_KEYS":
        (folder / "key").write_text(bytes(32).hex())
    content = case.file
    if isinstance(content, str):
        lines = content.replace("{folder}", str(folder)).split("\n")
        ours = name not in {"NO_EXPORT", "OUTSIDER", "OUTSIDER_NEAR"}
        content = "\n".join(P + line if line and ours else line for line in lines).encode()
    if name != "UNREADABLE":
        path.write_bytes(content)
        path.chmod(case.mode)
    env = {key: value.replace("{folder}", str(folder)) for key, value in case.env.items()}
    if case.credentials:
        credentials = folder / "credentials"
        credentials.mkdir()
        for credential, secret in case.credentials.items():
            (credentials / credential).write_bytes(secret)
        env["CREDENTIALS_DIRECTORY"] = str(credentials)
    return path, env


def filled(folder: Path, sentence: str) -> str:
    """Return what a sentence of a case reads as in this run."""
    codes = ", ".join(each.code for each in MARKETPLACES)
    return (
        sentence.replace("{file}", str(folder / "settings.env"))
        .replace("{folder}", str(folder))
        .replace("{P}", P)
        .replace("{codes}", codes)
    )
