"""Facts about marketplaces and countries that the simulated Amazon needs.

Ids, domains and currencies are those of Amazon's public table. Tax rates (in hundredths of a
percent), addresses and telephone numbers only have to look right: streets are invented, numbers
come from the ranges that each country keeps for fiction where it has one.
"""

# ruff: noqa: RUF001 - towns are written as people there write them

from __future__ import annotations

from dataclasses import dataclass

NORTH_AMERICA, EUROPE, FAR_EAST = "NorthAmerica", "Europe", "FarEast"
REGIONS = {NORTH_AMERICA: "na", EUROPE: "eu", FAR_EAST: "fe"}
"""Region and the prefix of its path on the simulator's port."""

WHOLE_UNITS = frozenset({"JPY"})
"""Currencies without decimals."""

LONG_HISTORY = frozenset({"JP", "AU", "SG"})
"""Marketplaces whose orders are served back to 2016; all others go back two years."""


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One Amazon store as getMarketplaceParticipations describes it."""

    code: str
    id: str
    region: str
    domain: str
    currency: str
    language: str
    country: str
    prefix: str

    @property
    def name(self) -> str:
        return self.domain.capitalize()


_ROWS = """
US ATVPDKIKX0DER  NorthAmerica amazon.com    USD en_US US 112
CA A2EUQ1WTGCTBG2 NorthAmerica amazon.ca     CAD en_CA CA 701
MX A1AM78C64UM0Y8 NorthAmerica amazon.com.mx MXN es_MX MX 702
BR A2Q3Y263D00KWC NorthAmerica amazon.com.br BRL pt_BR BR 171
IE A28R8C7NBKEWEA Europe       amazon.ie     EUR en_IE IE 206
ES A1RKKUPIHCS9HS Europe       amazon.es     EUR es_ES ES 404
UK A1F83G8C2ARO7P Europe       amazon.co.uk  GBP en_GB GB 202
FR A13V1IB3VIYZZH Europe       amazon.fr     EUR fr_FR FR 405
BE AMEN7PMS3EDWL  Europe       amazon.com.be EUR fr_BE BE 407
NL A1805IZSGTT6HS Europe       amazon.nl     EUR nl_NL NL 408
DE A1PA6795UKMFR9 Europe       amazon.de     EUR de_DE DE 302
IT APJ6JRA9NG5V4  Europe       amazon.it     EUR it_IT IT 403
SE A2NODRKZP88ZB9 Europe       amazon.se     SEK sv_SE SE 409
ZA AE08WJ6YKNBMC  Europe       amazon.co.za  ZAR en_ZA ZA 410
PL A1C3SOZRARQ6R3 Europe       amazon.pl     PLN pl_PL PL 411
EG ARBP9OOSHTCHU  Europe       amazon.eg     EGP ar_EG EG 412
TR A33AVAJ2PDY3EV Europe       amazon.com.tr TRY tr_TR TR 028
SA A17E79C6D8DWNP Europe       amazon.sa     SAR ar_SA SA 413
AE A2VIGQ35RCS4UG Europe       amazon.ae     AED en_AE AE 414
IN A21TJRUUN4KGV  Europe       amazon.in     INR en_IN IN 415
SG A19VAU5U5O7RUS FarEast      amazon.sg     SGD en_SG SG 501
AU A39IBJ37TRP1C6 FarEast      amazon.com.au AUD en_AU AU 502
JP A1VC38T7YXB528 FarEast      amazon.co.jp  JPY ja_JP JP 250
"""

MARKETPLACES: tuple[Marketplace, ...] = tuple(
    Marketplace(*row.split()) for row in _ROWS.strip().splitlines()
)
BY_CODE = {place.code: place for place in MARKETPLACES}
BY_ID = {place.id: place for place in MARKETPLACES}


@dataclass(frozen=True, slots=True)
class Country:
    """How addresses of a country look; `#` in a pattern stands for any digit."""

    code: str
    tax: int
    phone: str
    towns: tuple[tuple[str, str, str], ...]


def _country(code: str, tax: int, phone: str, *towns: tuple[str, str, str]) -> Country:
    return Country(code, tax, phone, towns)


COUNTRIES: dict[str, Country] = {
    country.code: country
    for country in (
        _country("US", 925, "+1 206-555-01##", ("Seattle", "WA", "98101-0###"),
                 ("Springfield", "IL", "62701"), ("Austin", "TX", "73301"),
                 ("Portland", "OR", "97204"), ("San Juan", "PR", "00901")),
        _country("CA", 1300, "+1 416-555-01##", ("Toronto", "ON", "M5V 1A1"),
                 ("Montréal", "QC", "H2X 2B#"), ("Iqaluit", "NU", "X0A 0H0")),
        _country("MX", 1600, "+52 55 5550 01##", ("Ciudad de México", "CDMX", "06###"),
                 ("Mérida", "Yucatán", "97000")),
        _country("BR", 1700, "+55 11 95550-01##", ("São Paulo", "SP", "01310-###"),
                 ("Florianópolis", "SC", "88010-000")),
        _country("IE", 2300, "+353 20 915 00##", ("Dublin", "", "D02 X###"),
                 ("Galway", "Co. Galway", "H91 E#K#")),
        _country("ES", 2100, "+34 910 000 0##", ("Madrid", "Madrid", "280##"),
                 ("Las Palmas de Gran Canaria", "Las Palmas", "350##"),
                 ("Ceuta", "Ceuta", "51001"), ("A Coruña", "A Coruña", "15001")),
        _country("GB", 2000, "+44 20 7946 00##", ("London", "Greater London", "SW1A 1AA"),
                 ("Belfast", "Northern Ireland", "BT1 5GS"), ("Leeds", "", "LS1 4A#"),
                 ("Douglas", "Isle of Man", "IM1 1AA")),
        _country("FR", 2000, "+33 1 99 00 ## ##", ("Paris", "", "75011"), ("Lyon", "", "6900#"),
                 ("Ajaccio", "Corse", "20000"), ("Saint-Denis", "La Réunion", "974##")),
        _country("BE", 2100, "+32 2 555 00 ##", ("Bruxelles", "", "1000"), ("Liège", "", "4000")),
        _country("NL", 2100, "+31 20 555 00##", ("Amsterdam", "Noord-Holland", "1012 AB"),
                 ("'s-Hertogenbosch", "Noord-Brabant", "5211 ##")),
        _country("DE", 1900, "+49 30 23125 0##", ("Berlin", "Berlin", "101##"),
                 ("Nürnberg", "Bayern", "904##"), ("Helgoland", "Schleswig-Holstein", "27498")),
        _country("IT", 2200, "+39 06 5550 0###", ("Roma", "RM", "00184"),
                 ("Milano", "MI", "201##"), ("Livigno", "SO", "23041")),
        _country("SE", 2500, "+46 8 465 004 ##", ("Malmö", "", "211 ##"),
                 ("Åre", "Jämtlands län", "837 52")),
        _country("ZA", 1500, "+27 21 555 00##", ("Cape Town", "Western Cape", "8001")),
        _country("PL", 2300, "+48 22 555 00 ##", ("Łódź", "łódzkie", "90-###"),
                 ("Gdańsk", "pomorskie", "80-001")),
        _country("EG", 1400, "+20 2 2555 00##", ("القاهرة", "Cairo", "1151#")),
        _country("TR", 2000, "+90 212 555 00 ##", ("İstanbul", "İstanbul", "34###"),
                 ("Iğdır", "Iğdır", "76000")),
        _country("SA", 1500, "+966 11 555 00##", ("الرياض", "Riyadh", "12###")),
        _country("AE", 500, "+971 4 555 00##", ("Dubai", "Dubai", "")),
        _country("IN", 1800, "+91 22 5555 00##", ("मुंबई", "MAHARASHTRA", "4000##"),
                 ("Bengaluru", "KARNATAKA", "560001")),
        _country("SG", 900, "+65 6555 00##", ("Singapore", "", "0189##")),
        _country("AU", 1000, "+61 2 5550 00##", ("Sydney", "NSW", "2000"),
                 ("Alice Springs", "NT", "0870")),
        _country("JP", 1000, "+81 3-5555-00##", ("千代田区", "東京都", "100-000#"),
                 ("那覇市", "沖縄県", "900-0015")),
        _country("LT", 2100, "+370 5 555 00##", ("Vilnius", "", "LT-0110#"),
                 ("Šiauliai", "Šiaulių apskr.", "LT-76###")),
        _country("LV", 2100, "+371 6755 50##", ("Rīga", "", "LV-10##")),
        _country("EE", 2400, "+372 655 50##", ("Tallinn", "Harjumaa", "101##")),
        _country("AT", 2000, "+43 1 555 00##", ("Wien", "", "10#0")),
        _country("PT", 2300, "+351 21 555 00##", ("Lisboa", "", "1100-0##"),
                 ("Ponta Delgada", "Açores", "9500-1##"), ("Funchal", "Madeira", "9000-0##")),
        _country("FI", 2550, "+358 9 555 00##", ("Helsinki", "", "00100"),
                 ("Mariehamn", "Åland", "22100")),
        _country("GR", 2400, "+30 21 5550 00##", ("Αθήνα", "Αττική", "105 ##")),
        _country("CZ", 2100, "+420 255 500 0##", ("Praha", "", "110 00")),
        _country("CH", 810, "+41 44 555 00 ##", ("Zürich", "ZH", "8001")),
        _country("NO", 2500, "+47 22 55 50 ##", ("Tromsø", "Troms", "9008")),
        _country("MC", 2000, "+377 99 55 00 ##", ("Monaco", "", "98000")),
    )
}  # fmt: skip

EU = frozenset({
    "AT", "BE", "CZ", "DE", "EE", "ES", "FI", "FR", "GR", "IE", "IT", "LT", "LV", "MC", "NL", "PL",
    "PT", "SE",
})  # fmt: skip
"""Those of the countries above whose goods move inside the EU's VAT area."""

NEIGHBOURS: dict[str, tuple[str, ...]] = {
    "US": ("CA", "MX"),
    "CA": ("US",),
    "DE": ("AT", "LT", "CZ", "CH", "PL", "FI", "GR"),
    "FR": ("MC", "BE", "CH"),
    "ES": ("PT",),
    "IT": ("FR", "GR"),
    "SE": ("NO", "FI"),
    "PL": ("LT", "LV", "EE", "CZ"),
    "NL": ("BE", "DE"),
    "UK": ("IE",),
    "IE": ("GB",),
    "AE": ("SA",),
    "JP": ("US", "FR"),
    "SG": ("AU",),
}
"""Where else parcels of a marketplace go now and then."""
