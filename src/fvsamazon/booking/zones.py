"""Where an address lies for VAT: country, state, post code and town in, one zone code out.

A zone is an ISO country code, or a part of a country that VAT treats differently: `XI` (Northern
Ireland, with the EU for goods), `PT-20` and `PT-30` (Azores and Madeira, own rates), and the
parts of member states that lie outside the EU VAT area (`ES-CN`, `IT-LIVIGNO`, …). Post codes are
personal data and are dropped after this stage, so what is not told here is lost: Great Britain
without a post code is therefore unknown, never guessed. No rate stands here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

Movement = Literal["domestic", "intra_eu", "export", "import", "third"]


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


MEMBER_STATES: Final = _codes(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
)
"""The member states of the European Union, as ISO 3166 writes them (Greece is GR)."""

OWN_RATE_ZONES: Final = frozenset({"PT-20", "PT-30"})
"""Parts of a member state inside the VAT area, with rates of their own."""

OUTSIDE_ZONES: Final = _codes(
    "ES-CN ES-CE ES-ML IT-LIVIGNO IT-CAMPIONE DE-BUESINGEN DE-HELGOLAND GR-69"
)
"""Parts of member states outside the EU VAT area that have no country code of their own."""

EU_AREA: Final = MEMBER_STATES | OWN_RATE_ZONES | {"XI"}

COUNTRIES: Final = _codes(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
    BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ
    EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW
    GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY
    KZ LA LB LC LI LK LR LS LT LU LV LY MA MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW
    MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA
    RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH
    TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM
    ZW
    """
)
"""Country codes of ISO 3166 (and XK, Kosovo): what a rule may name besides the zones."""

ZONES: Final = COUNTRIES | EU_AREA | OUTSIDE_ZONES

_ALIASES: Final = {"UK": "GB", "EL": "GR", "MC": "FR", "IC": "ES-CN"}
"""Other spellings, and Monaco, which VAT counts as France."""

_SPANISH: Final = {"35": "ES-CN", "38": "ES-CN", "51": "ES-CE", "52": "ES-ML"}
_FRENCH: Final = {
    "971": "GP",
    "972": "MQ",
    "973": "GF",
    "974": "RE",
    "975": "PM",
    "976": "YT",
    "977": "BL",
    "978": "MF",
    "984": "TF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}
_WHOLE: Final = {
    ("IT", "23041"): "IT-LIVIGNO",
    ("IT", "22061"): "IT-CAMPIONE",
    ("DE", "78266"): "DE-BUESINGEN",
    ("DE", "27498"): "DE-HELGOLAND",
    ("GR", "63086"): "GR-69",
    ("GR", "63087"): "GR-69",
}
_TOWNS: Final = {
    ("IT", "livigno"): "IT-LIVIGNO",
    ("IT", "campione d'italia"): "IT-CAMPIONE",
    ("DE", "busingen am hochrhein"): "DE-BUESINGEN",
    ("DE", "buesingen am hochrhein"): "DE-BUESINGEN",
    ("DE", "helgoland"): "DE-HELGOLAND",
    ("ES", "ceuta"): "ES-CE",
    ("ES", "melilla"): "ES-ML",
}
_STATES: Final = {
    ("GB", "northern ireland"): "XI",
    ("GB", "england"): "GB",
    ("GB", "scotland"): "GB",
    ("GB", "wales"): "GB",
    ("GB", "isle of man"): "IM",
    ("ES", "las palmas"): "ES-CN",
    ("ES", "santa cruz de tenerife"): "ES-CN",
    ("ES", "tenerife"): "ES-CN",
    ("ES", "canarias"): "ES-CN",
    ("ES", "islas canarias"): "ES-CN",
    ("ES", "canary islands"): "ES-CN",
    ("ES", "ceuta"): "ES-CE",
    ("ES", "melilla"): "ES-ML",
    ("PT", "acores"): "PT-20",
    ("PT", "azores"): "PT-20",
    ("PT", "regiao autonoma dos acores"): "PT-20",
    ("PT", "madeira"): "PT-30",
    ("PT", "regiao autonoma da madeira"): "PT-30",
    ("FI", "aland"): "AX",
    ("FI", "ahvenanmaa"): "AX",
    ("FR", "guadeloupe"): "GP",
    ("FR", "martinique"): "MQ",
    ("FR", "guyane"): "GF",
    ("FR", "la reunion"): "RE",
    ("FR", "reunion"): "RE",
    ("FR", "mayotte"): "YT",
}
_SPLIT_COUNTRIES: Final = frozenset({"DE", "ES", "FI", "FR", "GR", "IT", "PT"})
"""Member states of which a post code may lie elsewhere for VAT."""

_POST_CODE_LENGTH: Final = 5
_POST_CODE: Final = re.compile(r"(?<![0-9])[0-9]{4,5}(?![0-9])")
_PORTUGUESE: Final = re.compile(r"(?<![0-9])([0-9]{4})([0-9]{3})?(?![0-9])")
_LIVIGNO_SHARED: Final = "23030"
_BRITISH: Final = re.compile(r"([A-Z]{1,2})[0-9]")
_BRITISH_AREAS: Final = {"BT": "XI", "IM": "IM", "JE": "JE", "GY": "GG", "GX": "GI"}


@dataclass(frozen=True, slots=True)
class Zone:
    """A place as VAT sees it.

    `code` is None where it cannot be told. `assumed` says that no usable post code was there and
    the mainland was taken.
    """

    code: str | None
    assumed: bool = False


def vat_zone(
    country: str | None, state: str | None, postal_code: str | None, city: str | None
) -> Zone:
    """Return the VAT zone of an address; total, and silent about what it was given."""
    given = (country or "").strip().upper()
    code = _ALIASES.get(given, given)
    if code == "EA":
        # ISO reserves EA for Ceuta and Melilla together.
        melilla = (postal_code or "").strip().startswith("52") or _plain(city) == "melilla"
        return Zone("ES-ML" if melilla else "ES-CE")
    if not code or given == "MC":
        return Zone(code or None)
    if code == "GB":
        return _british(state, postal_code)
    if code not in _SPLIT_COUNTRIES:
        return Zone(code)
    return _split(code, state, postal_code, city)


def is_eu(zone: str | None) -> bool:
    """Say whether a zone lies in the EU VAT area (Northern Ireland does, the Canaries do not)."""
    return zone is not None and _ALIASES.get(zone, zone) in EU_AREA


def country_of(zone: str) -> str:
    """Return the country whose VAT law holds in a zone inside the area (PT for PT-20)."""
    normal = _ALIASES.get(zone, zone)
    return normal[:2] if normal in OWN_RATE_ZONES else normal


def normal_zone(text: str) -> str | None:
    """Return the zone that a person means by `text` ("uk", "EL", "MC"), or None."""
    word = text.strip().upper()
    word = _ALIASES.get(word, word)
    return word if word in ZONES else None


def movement(ship_from: str | None, ship_to: str | None) -> Movement | None:
    """Tell what VAT sees in goods going from one zone to another; None while either is unknown."""
    if ship_from is None or ship_to is None:
        return None
    if not is_eu(ship_from):
        return "import" if is_eu(ship_to) else "third"
    if not is_eu(ship_to):
        return "export"
    return "domestic" if country_of(ship_from) == country_of(ship_to) else "intra_eu"


def _british(state: str | None, postal_code: str | None) -> Zone:
    found = _BRITISH.match((postal_code or "").strip().upper())
    if found:
        return Zone(_BRITISH_AREAS.get(found[1], "GB"))
    return Zone(_STATES.get(("GB", _plain(state))))


def _split(code: str, state: str | None, postal_code: str | None, city: str | None) -> Zone:
    digits = _post_code(code, postal_code)
    if digits is None:
        known = _STATES.get((code, _plain(state))) or _TOWNS.get((code, _plain(city)))
        return Zone(known) if known else Zone(code, assumed=True)
    zone = _WHOLE.get((code, digits))
    if zone is None and code == "ES":
        zone = _SPANISH.get(digits[:2])
    elif zone is None and code == "FR":
        zone = _FRENCH.get(digits[:3])
    elif zone is None and code == "FI" and digits.startswith("22"):
        zone = "AX"
    elif code == "PT" and digits.startswith("9"):
        zone = "PT-30" if digits[1] <= "4" else "PT-20"
    elif code == "IT" and digits == _LIVIGNO_SHARED and _plain(city) == "livigno":
        zone = "IT-LIVIGNO"
    return Zone(zone or code)


def _post_code(code: str, postal_code: str | None) -> str | None:
    """Return the digits of a post code, or None where it is missing or has not its form."""
    compact = "".join((postal_code or "").replace("-", "").split())
    found = (_PORTUGUESE if code == "PT" else _POST_CODE).search(compact)
    if found is None:
        return None
    # Spreadsheets eat a leading zero: 08001 Barcelona arrives as 8001.
    return found[1] if code == "PT" else found[0].zfill(_POST_CODE_LENGTH)


def _plain(text: str | None) -> str:
    """Return text without accents and case, so that Åland and ALAND are one word."""
    split = unicodedata.normalize("NFKD", text or "")
    folded = "".join(c for c in split if not unicodedata.combining(c))
    return " ".join(folded.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
