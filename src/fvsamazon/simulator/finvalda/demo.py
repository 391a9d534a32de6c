"""The demo company's master data: a Lithuanian seller on Amazon that keeps its books in Finvalda.

It has every code that the example booking rules name: shared clients per marketplace, warehouses,
services, series, the import parameter FVSAMAZON, VAT codes for home sales, exports, intra-Community
supplies and the One Stop Shop. Rates of tax here are invented bookkeeping data of an invented
company, good for a trial, not a statement of law.
"""

from __future__ import annotations

import random
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fvsamazon.simulator.finvalda.fields import Value

BEGAN = "2024-01-02T08:00:00"
"""When the company began to work, and its cards were made."""

Seed = tuple[str, str, "Mapping[str, Value]"]

PARAMETER = "FVSAMAZON"
USERNAME = "AMZROBOT"
COMPANY_ID = "DEMO"

_MARKETPLACES = "US CA MX BR IE ES GB UK FR BE NL DE IT SE ZA PL EG TR SA AE IN SG AU JP"

_OSS_PERCENTS = (
    "AT=20,13,10 BE=21,12,6 BG=20,9 HR=25,13,5 CY=19,9,5 CZ=21,12 DK=25 EE=24,13,9"
    " FI=25.5,13.5,10 FR=20,10,5.5,2.1 DE=19,7 GR=24,13,6 HU=27,18,5 IE=23,13.5,9 IT=22,10,5,4"
    " LV=21,12,5 LT=21,12,5 LU=17,14,8,3 MT=18,7,5 NL=21,9 PL=23,8,5 PT=23,13,6 PT-20=16,9,4"
    " PT-30=22,12,5 RO=21,11 SK=23,19,5 SI=22,9.5,5 ES=21,10,4 SE=25,12,6 XI=20,5"
)

_BASE_RATES = (
    "USD=0.92 GBP=1.17 SEK=0.089 PLN=0.234 CZK=0.0402 DKK=0.134087801 NOK=0.0855 CHF=1.06"
    " JPY=0.0061 CAD=0.66 MXN=0.049 BRL=0.162 AUD=0.59 SGD=0.70 INR=0.0105 TRY=0.0215 AED=0.2505"
    " SAR=0.2453 EGP=0.0185 HUF=0.00255 RON=0.2 BGN=0.511291881 ZAR=0.0505"
)

_COUNTRIES = (
    "LT=Lietuva LV=Latvija EE=Estija DE=Vokietija FR=Prancūzija IT=Italija ES=Ispanija PL=Lenkija"
    " NL=Nyderlandai BE=Belgija SE=Švedija DK=Danija FI=Suomija IE=Airija AT=Austrija CZ=Čekija"
    " SK=Slovakija SI=Slovėnija HU=Vengrija RO=Rumunija BG=Bulgarija GR=Graikija HR=Kroatija"
    " PT=Portugalija LU=Liuksemburgas MT=Malta CY=Kipras GB=Britanija US=JAV CA=Kanada JP=Japonija"
)

_THINGS = (
    "Puodelis",
    "Lėkštė",
    "Šaukštas",
    "Žvakė",
    "Rankšluostis",
    "Dėžutė",
    "Vaza",
    "Padėkliukas",
)
_PRODUCTS = 40
_CODE_LENGTH = 20
_TITLE_LENGTH = 50


def password(seed: int) -> str:
    """Return the password of the demo's employee: invented anew for every seed."""
    return f"{random.Random(f'finvalda-{seed}').getrandbits(64):016x}"


def oss_code(country: str, percent: str) -> str:
    """Return the company's name for a One Stop Shop code: the decimal point is left out."""
    return f"OSS{country}{percent.replace('.', '')}"


def everything(seed: int, secret: str) -> Iterator[Seed]:
    """Return the whole company: kind, key and fields of each record; `secret` is the password."""
    yield "employee", USERNAME, {"password": secret}
    yield "employee", "ADMIN.", {"password": secret, "administrator": 1}
    yield from _dictionaries()
    yield from _taxes()
    yield from _money()
    yield from _parameters()
    yield from _clients()
    yield from _goods(random.Random(f"goods-{seed}"))


def _dictionaries() -> Iterator[Seed]:
    for code, title in (("CENTR", "Centrinis"), ("FBA", "Amazon FBA"), ("FBM", "Amazon FBM")):
        yield "warehouse", code, {"title": title}
    yield "unit", "VNT", {"title": "Vienetai", "first": "VNT", "second": "VNT", "ratio": 1}
    yield "unit", "KG", {"title": "Kilogramai", "first": "KG", "second": "G", "ratio": 1000}
    yield "unit", "M", {"title": "Metrai", "first": "M", "second": "CM", "ratio": 100}
    yield "series", "AMZ", {"title": "Amazon", "width": 5}
    yield "series", "FBA", {"title": "Amazon FBA", "width": 5}
    yield "series", "IPL", {"title": "Įplaukos", "type": 1}
    for code in ("2411", "4430", "5001", "5002"):
        yield "account", code, {}
    for code in ("PREKES", "PASL"):
        yield "link", code, {}
    for code in ("AMAZON", "B2B"):
        yield "client_type", code, {}
    yield "term", "5D", {"title": "5 dienos", "days": 5}
    for word in _COUNTRIES.split():
        code, title = word.split("=")
        yield "country", code, {"title": title}
    yield "invoice", "PARD_01", {"title": "Pardavimo sąskaita"}


def _taxes() -> Iterator[Seed]:
    for code, percent, classifier, title in (
        ("PVM21", "21", "PVM1", "Standartinis tarifas"),
        ("PVM12", "12", "PVM2", "Lengvatinis tarifas 12"),
        ("PVM5", "5", "PVM3", "Lengvatinis tarifas 5"),
        ("PVM0ES", "0", "PVM13", "Tiekimas į ES valstybes nares"),
        ("PVM0EXP", "0", "PVM12", "Eksportas"),
        ("NEPVM", "0", "PVM100", "Ne PVM objektas"),
    ):
        yield "vat", code, {"title": title, "percent": Decimal(percent), "classifier": classifier}
    for word in _OSS_PERCENTS.split():
        country, percents = word.split("=")
        for percent in percents.split(","):
            title = f"OSS {country} {percent}"
            yield "vat", oss_code(country, percent), {"title": title, "percent": Decimal(percent)}


def _money() -> Iterator[Seed]:
    yield "currency", "EUR", {"base": Decimal(1)}
    for word in _BASE_RATES.split():
        code, base = word.split("=")
        yield "currency", code, {"base": Decimal(base)}


def _parameters() -> Iterator[Seed]:
    journals = {
        "PardDok": "AMZPARD",
        "PardRezDok": "AMZREZ",
        "UVMPardRezDok": "AMZUVM",
        "PardGrazDok": "AMZGRAZ",
        "IplDok": "AMZIPL",
    }
    for code in (*journals.values(), "KITA"):
        yield "journal", code, {"group": "AMAZON"}
    fields: dict[str, Value] = {
        "series": "AMZ",
        "series2": "IPL",
        "op_type": "AMZ",
        "link": "PREKES",
        "service_link": "PASL",
        "unit": "VNT",
        "vat": "PVM21",
        "client_vat": "PVM21",
        "debit_account": "2411",
        "credit_account": "4430",
    }
    fields |= {f"journal.{name}": journal for name, journal in journals.items()}
    yield "parameter", PARAMETER, fields


def _clients() -> Iterator[Seed]:
    shared: dict[str, Value] = {
        "sPvmMokKod": "PVM21",
        "sDebtSask": "2411",
        "sKredSask": "4430",
        "sRusis": "AMAZON",
        "sAtsiskaitymoTerminaiDebt": "5D",
    }
    yield "client", "AMZPIRKEJAS", {**shared, "sPavadinimas": "Amazon pirkėjas"}
    for country in _MARKETPLACES.split():
        yield "client", f"AMZ{country}", {**shared, "sPavadinimas": f"Amazon pirkėjas {country}"}


def _goods(rng: random.Random) -> Iterator[Seed]:
    for code, title in (
        ("SIUNTIMAS", "Siuntimas"),
        ("PAKAVIMAS", "Dovanos pakavimas"),
        ("KITA", "Kitos paslaugos"),
    ):
        yield (
            "service",
            code,
            {
                "sPavadinimas": title,
                "sRysysSuSask": "PASL",
                "sMokestis": "PVM21",
                "sMatVienetas": "VNT",
            },
        )
    for number in range(1, _PRODUCTS + 1):
        code = f"PREKE{number:03d}"
        more: dict[str, Value] = {
            "sBarKodas": f"477{rng.randrange(10**10):010d}",
            "dKaina1": Decimal(rng.randrange(300, 6000)) / 100,
        }
        title = f"{rng.choice(_THINGS)} {number}"
        yield from product(code, title, f"SKU-{number:03d}", more)


def product(
    code: str, title: str, sku: str, more: Mapping[str, Value] | None = None
) -> Iterator[Seed]:
    """Return a product, its place in the partner catalogue, and stock in every warehouse."""
    yield (
        "product",
        code,
        {
            "sPavadinimas": title[:_TITLE_LENGTH],
            "sRysysSuSask": "PREKES",
            "sMatavimoVnt": "VNT",
            "sMokestis": "PVM21",
            **(more or {}),
        },
    )
    shared = "AMZPIRKEJAS"
    partner: dict[str, Value] = {"client": shared, "product": code, "partner_product": sku}
    yield "partner", f"{shared}|{sku}", partner
    for warehouse in ("CENTR", "FBA", "FBM"):
        yield "stock", f"{warehouse}|{code}", {"quantity": Decimal(1000)}


def product_code(sku: str, taken: set[str]) -> str:
    """Return a Finvalda code for a SKU: capital letters and digits, unlike any other."""
    plain = unicodedata.normalize("NFKD", sku.upper())
    stem = "".join(c for c in plain if c.isascii() and c.isalnum()) or "PREKE"
    code, number = stem[:_CODE_LENGTH], 1
    while code in taken:
        number += 1
        code = f"{stem[: _CODE_LENGTH - len(str(number))]}{number}"
    return code
