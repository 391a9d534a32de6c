"""Post codes become VAT zones, and zones become movements, as vat.md section 2 lists them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fvsamazon.booking.zones import (
    EU_AREA,
    ZONES,
    Zone,
    country_of,
    is_eu,
    movement,
    normal_zone,
    vat_zone,
)


@pytest.mark.parametrize(
    ("country", "post_code", "zone"),
    [
        ("ES", "35001", "ES-CN"),
        ("ES", "38670", "ES-CN"),
        ("ES", "E-38670", "ES-CN"),
        ("ES", "51001", "ES-CE"),
        ("ES", "52006", "ES-ML"),
        ("ES", "28013", "ES"),
        ("ES", "08001", "ES"),
        # A lost leading zero is Alicante (03501), not the Canaries.
        ("ES", "3501", "ES"),
        ("IT", "23041", "IT-LIVIGNO"),
        ("IT", "22061", "IT-CAMPIONE"),
        ("IT", "23030", "IT"),
        ("IT", "20121", "IT"),
        ("DE", "78266", "DE-BUESINGEN"),
        ("DE", "D-27498", "DE-HELGOLAND"),
        ("DE", "10115", "DE"),
        ("FI", "22100", "AX"),
        ("FI", "AX-22100", "AX"),
        ("FI", "00100", "FI"),
        ("FR", "97110", "GP"),
        ("FR", "97200", "MQ"),
        ("FR", "97300", "GF"),
        ("FR", "97400", "RE"),
        ("FR", "97500", "PM"),
        ("FR", "97600", "YT"),
        ("FR", "97700", "BL"),
        ("FR", "97800", "MF"),
        ("FR", "98413", "TF"),
        ("FR", "98600", "WF"),
        ("FR", "98713", "PF"),
        ("FR", "98800", "NC"),
        ("FR", "20000", "FR"),
        ("FR", "98000", "FR"),
        ("FR", "75001 CEDEX 08", "FR"),
        ("MC", "98000", "FR"),
        ("MC", None, "FR"),
        ("GR", "630 86", "GR-69"),
        ("GR", "63087", "GR-69"),
        ("GR", "63088", "GR"),
        ("EL", "10552", "GR"),
        ("PT", "9500-123", "PT-20"),
        ("PT", "9980", "PT-20"),
        ("PT", "9000-001", "PT-30"),
        ("PT", "9400", "PT-30"),
        ("PT", "1100-148", "PT"),
        ("GB", "BT1 5GS", "XI"),
        ("UK", "bt48 7nn", "XI"),
        ("GB", "B12 0XY", "GB"),
        ("GB", "SW1A 1AA", "GB"),
        ("GB", "IM1 1AA", "IM"),
        ("GB", "JE2 3AB", "JE"),
        ("GB", "GY1 1AA", "GG"),
        ("XI", None, "XI"),
        ("LT", "LT-01103", "LT"),
        ("LT", None, "LT"),
        ("US", "98101", "US"),
        ("GP", "97110", "GP"),
        ("IC", "35001", "ES-CN"),
        ("EA", "52001", "ES-ML"),
        ("EA", "51001", "ES-CE"),
        ("AX", None, "AX"),
    ],
)
def test_post_code_decides(country: str, post_code: str | None, zone: str) -> None:
    assert vat_zone(country, None, post_code, None) == Zone(zone)


@pytest.mark.parametrize("country", ["DE", "ES", "FI", "FR", "GR", "IT", "PT"])
@pytest.mark.parametrize("post_code", [None, "", "n/a", "1234567890"])
def test_without_a_post_code_the_mainland_is_assumed(country: str, post_code: str | None) -> None:
    assert vat_zone(country, None, post_code, None) == Zone(country, assumed=True)


@pytest.mark.parametrize("post_code", [None, "", "98101", "???"])
def test_britain_without_a_post_code_is_unknown(post_code: str | None) -> None:
    assert vat_zone("GB", None, post_code, "Belfast") == Zone(None)


@pytest.mark.parametrize(
    ("country", "state", "city", "zone"),
    [
        ("GB", "Northern Ireland", None, "XI"),
        ("GB", "ENGLAND", None, "GB"),
        ("GB", "Isle of Man", None, "IM"),
        ("ES", "Las Palmas", None, "ES-CN"),
        ("ES", "Santa Cruz de Tenerife", None, "ES-CN"),
        ("ES", None, "Melilla", "ES-ML"),
        ("PT", "Açores", None, "PT-20"),
        ("PT", "Madeira", None, "PT-30"),
        ("FI", "Åland", None, "AX"),
        ("FR", "La Réunion", None, "RE"),
        ("IT", None, "Livigno", "IT-LIVIGNO"),
        ("IT", None, "Campione d\N{RIGHT SINGLE QUOTATION MARK}Italia", "IT-CAMPIONE"),
        ("DE", None, "Helgoland", "DE-HELGOLAND"),
        ("DE", None, "Büsingen am Hochrhein", "DE-BUESINGEN"),
    ],
)
def test_state_and_town_speak_where_the_post_code_is_withheld(
    country: str, state: str | None, city: str | None, zone: str
) -> None:
    assert vat_zone(country, state, None, city) == Zone(zone)


def test_the_shared_post_code_is_livigno_only_by_town() -> None:
    assert vat_zone("IT", "SO", "23030", "LIVIGNO") == Zone("IT-LIVIGNO")
    assert vat_zone("IT", "SO", "23030", "Valdidentro") == Zone("IT")


def test_no_country_is_unknown() -> None:
    assert vat_zone(None, "Bavaria", "80331", "München") == Zone(None)
    assert vat_zone("", None, None, None) == Zone(None)


@pytest.mark.parametrize(
    ("ship_from", "ship_to", "expected"),
    [
        ("LT", "LT", "domestic"),
        ("DE", "DE", "domestic"),
        ("PT", "PT-20", "domestic"),
        ("LT", "DE", "intra_eu"),
        ("DE", "LT", "intra_eu"),
        ("LT", "XI", "intra_eu"),
        ("LT", "PT-30", "intra_eu"),
        ("LT", "FR", "intra_eu"),
        ("LT", "MC", "intra_eu"),
        ("LT", "GB", "export"),
        ("LT", "IM", "export"),
        ("ES", "ES-CN", "export"),
        ("DE", "DE-HELGOLAND", "export"),
        ("FI", "AX", "export"),
        ("LT", "GP", "export"),
        ("LT", "JE", "export"),
        ("XI", "GB", "export"),
        ("GB", "LT", "import"),
        ("ES-CN", "ES", "import"),
        ("GB", "XI", "import"),
        ("US", "US", "third"),
        ("GB", "GB", "third"),
        ("ES-CN", "ES-CN", "third"),
        ("US", "CA", "third"),
        (None, "LT", None),
        ("LT", None, None),
    ],
)
def test_movement(ship_from: str | None, ship_to: str | None, expected: str | None) -> None:
    assert movement(ship_from, ship_to) == expected


def test_the_area_is_27_states_the_two_own_rate_zones_and_northern_ireland() -> None:
    assert len(EU_AREA) == 27 + 2 + 1
    assert is_eu("XI")
    assert is_eu("MC")
    assert not any(map(is_eu, ["GB", "ES-CN", "AX", "GP", "CH", "NO", "GG", None]))


def test_people_write_zones_in_several_ways() -> None:
    assert normal_zone("uk") == "GB"
    assert normal_zone("EL") == "GR"
    assert normal_zone("MC") == "FR"
    assert normal_zone("pt-20") == "PT-20"
    assert normal_zone("XX") is None
    assert country_of("PT-20") == "PT"


@settings(deadline=None)
@given(*[st.none() | st.text(max_size=12) | st.sampled_from(sorted(ZONES))] * 4)
def test_total(
    country: str | None, state: str | None, post_code: str | None, city: str | None
) -> None:
    zone = vat_zone(country, state, post_code, city)
    assert not (zone.assumed and zone.code is None)
