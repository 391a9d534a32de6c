"""Amazon's regions and marketplaces.

Source: developer-docs.amazon.com/sp-api/docs/sp-api-endpoints and /marketplace-ids. The wire
speaks marketplace ids; people write country codes. Amazon's pages say "UK" where addresses say
"GB": both are understood, "UK" is how a marketplace is shown (as Amazon's own pages do).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

RegionName = Literal["NorthAmerica", "Europe", "FarEast"]
REGION_NAMES: tuple[RegionName, ...] = get_args(RegionName)

LWA_URL = "https://api.amazon.com/auth/o2/token"
"""Login with Amazon's token address, the same for all regions."""


@dataclass(frozen=True, slots=True)
class Region:
    """One of Amazon's three API regions: its name, its setting's name and its hosts."""

    name: RegionName
    setting: str
    endpoint: str
    sandbox: str


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One Amazon store: country code as Amazon's pages write it, id, currency and region."""

    code: str
    id: str
    country: str
    currency: str
    region: RegionName


def _region(name: RegionName, setting: str, short: str) -> Region:
    host = f"sellingpartnerapi-{short}.amazon.com"
    return Region(name, setting, f"https://{host}", f"https://sandbox.{host}")


REGIONS: dict[RegionName, Region] = {
    region.name: region
    for region in (
        _region("NorthAmerica", "NORTHAMERICA", "na"),
        _region("Europe", "EUROPE", "eu"),
        _region("FarEast", "FAREAST", "fe"),
    )
}

MARKETPLACES: tuple[Marketplace, ...] = (
    Marketplace("US", "ATVPDKIKX0DER", "United States", "USD", "NorthAmerica"),
    Marketplace("CA", "A2EUQ1WTGCTBG2", "Canada", "CAD", "NorthAmerica"),
    Marketplace("MX", "A1AM78C64UM0Y8", "Mexico", "MXN", "NorthAmerica"),
    Marketplace("BR", "A2Q3Y263D00KWC", "Brazil", "BRL", "NorthAmerica"),
    Marketplace("IE", "A28R8C7NBKEWEA", "Ireland", "EUR", "Europe"),
    Marketplace("ES", "A1RKKUPIHCS9HS", "Spain", "EUR", "Europe"),
    Marketplace("UK", "A1F83G8C2ARO7P", "United Kingdom", "GBP", "Europe"),
    Marketplace("FR", "A13V1IB3VIYZZH", "France", "EUR", "Europe"),
    Marketplace("BE", "AMEN7PMS3EDWL", "Belgium", "EUR", "Europe"),
    Marketplace("NL", "A1805IZSGTT6HS", "Netherlands", "EUR", "Europe"),
    Marketplace("DE", "A1PA6795UKMFR9", "Germany", "EUR", "Europe"),
    Marketplace("IT", "APJ6JRA9NG5V4", "Italy", "EUR", "Europe"),
    Marketplace("SE", "A2NODRKZP88ZB9", "Sweden", "SEK", "Europe"),
    Marketplace("ZA", "AE08WJ6YKNBMC", "South Africa", "ZAR", "Europe"),
    Marketplace("PL", "A1C3SOZRARQ6R3", "Poland", "PLN", "Europe"),
    Marketplace("EG", "ARBP9OOSHTCHU", "Egypt", "EGP", "Europe"),
    Marketplace("TR", "A33AVAJ2PDY3EV", "Turkey", "TRY", "Europe"),
    Marketplace("SA", "A17E79C6D8DWNP", "Saudi Arabia", "SAR", "Europe"),
    Marketplace("AE", "A2VIGQ35RCS4UG", "United Arab Emirates", "AED", "Europe"),
    Marketplace("IN", "A21TJRUUN4KGV", "India", "INR", "Europe"),
    Marketplace("SG", "A19VAU5U5O7RUS", "Singapore", "SGD", "FarEast"),
    Marketplace("AU", "A39IBJ37TRP1C6", "Australia", "AUD", "FarEast"),
    Marketplace("JP", "A1VC38T7YXB528", "Japan", "JPY", "FarEast"),
)

_BY_ID = {marketplace.id: marketplace for marketplace in MARKETPLACES}
_BY_CODE = {marketplace.code: marketplace for marketplace in MARKETPLACES}
_BY_CODE["GB"] = _BY_CODE["UK"]

HISTORY_YEARS = 2
"""Orders API 2026-01-01 serves two years back, but for the marketplaces below."""
LONG_HISTORY = frozenset({"JP", "AU", "SG"})
LONG_HISTORY_SINCE = 2016


def find_marketplace(text: str) -> Marketplace | None:
    """Return the marketplace of a country code ("DE", "uk", "GB") or of an id."""
    word = text.strip().upper()
    return _BY_CODE.get(word) or _BY_ID.get(word)


def marketplace_code(marketplace_id: str | None) -> str | None:
    """Return the country code of a marketplace id, or None for one that Amazon added since."""
    found = _BY_ID.get(marketplace_id or "")
    return found.code if found else None
