"""The rules file: what it says is read, and every fault is told at once, by line, with a remedy."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fvsamazon.booking.matching import Condition, Match
from fvsamazon.booking.rule_types import PerBuyer
from fvsamazon.booking.rules import load, parse
from fvsamazon.errors import ConfigError
from support.booking_orders import EXAMPLES, rules_from

if TYPE_CHECKING:
    from pathlib import Path

    from fvsamazon.booking.faults import Fault

HEAD = "version = 1\nbook_from = 2026-12-01\n"
VAT = '[[vat]]\nname = "a"\ncode = "A"\npercent = 0\n'


def faults(text: str, table: str = "sku,product\n") -> list[tuple[int, str]]:
    return [(fault.line, fault.code) for fault in parsed_faults(text, table)]


def parsed_faults(text: str, table: str = "sku,product\n") -> tuple[Fault, ...]:
    parsed = parse(text, read_table=lambda _: table)
    assert (parsed.rules is None) is bool(parsed.faults)
    return parsed.faults


def test_the_example_is_read_whole_and_warns_of_nothing() -> None:
    rules = load(EXAMPLES / "booking.lt.toml")
    assert rules.book_from == date(2026, 12, 1)
    assert rules.time_zone.key == "Europe/Vilnius"
    assert rules.document.series == "AMZ"
    assert rules.overrides[0].changes == {"series": "AMZX"}
    assert rules.clients[1].per_buyer == PerBuyer("B2B{vat_number}", "B2B")
    assert rules.warehouses[0].ship_from == "PL"
    assert rules.rates["FI"] == {"standard": Decimal("25.5"), "books": Decimal("13.5")}
    assert rules.services["DISCOUNT"] == "net"
    assert rules.vat[-1].percent is None
    assert rules.warnings == ()
    assert [row.share for row in rules.products.table["GIFT-SET-1"]] == [Decimal("0.6"), None]


def test_the_smallest_file_has_sensible_defaults() -> None:
    rules = rules_from(HEAD)
    assert rules.time_zone.key == "Europe/Vilnius"
    assert rules.document.sale_when == "SHIPPED"
    assert rules.document.reservation == "none"
    assert rules.products.by == ("table", "code", "barcode", "partner")
    assert rules.products.unknown == "hold"
    assert rules.money.amazon_tax_differs == "hold"
    assert rules.vat == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("book_from = 2026-12-01\n", (1, "version")),
        ("version = 2\nbook_from = 2026-12-01\n", (1, "version")),
        ("version = 1\n", (1, "missing_key")),
        ('version = 1\nbook_from = "2026-12-01"\n', (2, "want_date")),
        ("version = 1\nbook_from = 2026-12-01T00:00:00\n", (2, "want_date")),
        (HEAD + 'time_zone = "Europe/Wilno"\n', (3, "time_zone")),
        (HEAD + "timezone = 1\n", (3, "unknown_key")),
        (HEAD + "[document]\nserie = 'A'\n", (4, "unknown_key")),
        (HEAD + "[document]\nseries = 5\n", (4, "want_text")),
        (HEAD + "[document]\nseries = 'ABCDEFGHIJK'\n", (4, "too_long")),
        (HEAD + "[document]\nsale_when = 'shipped'\n", (4, "not_allowed")),
        (HEAD + "[document]\ntitles = ['a','b','c','d','e','f']\n", (4, "too_many")),
        (HEAD + "[document]\ntitles = [1]\n", (4, "want_texts")),
        (HEAD + "[document]\ntitles = ['{order}']\n", (4, "unknown_brace")),
        (HEAD + "[document]\nremark = 'a } b'\n", (4, "stray_brace")),
        (HEAD + "[document]\nseries = '{percent}'\n", (4, "percent_elsewhere")),
        (HEAD + "[document]\nnumber = 'finvalda'\n", (4, "title_for_number")),
        (HEAD + "document = 5\n", (3, "want_table")),
        (HEAD + "[vat]\nname = 'a'\n", (3, "want_tables")),
        (HEAD + "[[skip]]\n", (3, "missing_key")),
        (HEAD + "[[skip]]\nreason = ' '\n", (4, "want_filled")),
        (HEAD + "[[client]]\n", (3, "one_outcome")),
        (HEAD + "[[client]]\ncode='A'\nhold='b'\n", (3, "one_outcome")),
        (HEAD + "[[client]]\ncode='A'\naddress='yes'\n", (5, "want_flag")),
        (HEAD + "[[client]]\nper_buyer = { code = 'B2B' }\n", (4, "per_buyer_shared")),
        (HEAD + "[[client]]\nper_buyer = { type = 'B2B' }\n", (4, "missing_key")),
        (HEAD + "[[warehouse]]\ncode = 'A'\nship_from = 'LTU'\n", (5, "zone")),
        (HEAD + "[[warehouse]]\nship_from = 'LT'\n", (3, "one_outcome")),
        (HEAD + "[products]\nby = ['table', 'magic']\n", (4, "not_allowed")),
        (HEAD + "[products]\nby = ['code', 'code']\n", (4, "by_twice")),
        (HEAD + "[products]\nunknown = 'service:'\n", (4, "service_code")),
        (HEAD + "[products]\nunknown = 'ask'\n", (4, "not_allowed")),
        (HEAD + "[[products.pattern]]\nsku = 'A-*'\n", (3, "missing_key")),
        (HEAD + "[[products.pattern]]\nsku='A-*'\nproduct='{2}'\n", (5, "pattern_place")),
        (HEAD + "[[products.pattern]]\nsku='A'\nproduct='B'\nquantity=0\n", (6, "cell_number")),
        (HEAD + "[services]\nSHIPING = 'A'\n", (4, "unknown_key")),
        (HEAD + "[services]\nSHIPPING = 'ABCDEFGHIJKLMN'\n", (4, "too_long")),
        (HEAD + "[money]\nuncollected_tax = 'ours'\n", (4, "not_allowed")),
        (HEAD + "[rates]\nZZ = { standard = 1 }\n", (4, "not_zone")),
        (HEAD + "[rates]\nLT = 21\n", (4, "want_table")),
        (HEAD + "[rates]\nLT = { standard = 'x' }\n", (4, "want_number")),
        (HEAD + "[rates]\nLT = { standard = 100 }\n", (4, "not_percentage")),
        (HEAD + "[rates]\nLT = { standard = -1 }\n", (4, "not_percentage")),
        (HEAD + "[[vat]]\nname='a'\ncode='A'\n", (3, "missing_key")),
        (HEAD + "[[vat]]\nname='a'\npercent = 0\n", (3, "one_outcome")),
        (HEAD + "[[vat]]\ncode='A'\npercent='rates'\n", (5, "want_percent")),
        (HEAD + "[[vat]]\ncode='ABCDEFGHIJK'\npercent=0\n", (4, "too_long")),
        (HEAD + VAT + "kind = 'XX'\n", (7, "not_allowed")),
        (HEAD + VAT + "match = { shipto = 'LT' }\n", (7, "unknown_fact")),
        (HEAD + VAT + "match = { ship_to = 'XX' }\n", (7, "no_such_value")),
        (HEAD + VAT + "match = { movement = 'home' }\n", (7, "no_such_value")),
        (HEAD + VAT + "match = { programme = 'PRIMA' }\n", (7, "no_such_value")),
        (HEAD + VAT + "match = { marketplace = 'XX' }\n", (7, "no_such_value")),
        (HEAD + VAT + "match = { ship_to = [] }\n", (7, "empty_list")),
        (HEAD + VAT + "match = { ship_to = 5 }\n", (7, "want_text")),
        (HEAD + VAT + "match = { ship_to = { min = 1 } }\n", (7, "bounds_on_text")),
        (HEAD + VAT + "match = { ship_to = { nott = 'LT' } }\n", (7, "unknown_key")),
        (HEAD + VAT + "match = { goods_value = { max = 'x' } }\n", (7, "want_bounds")),
        (HEAD + VAT + "match = { goods_value = {} }\n", (7, "want_bounds")),
        (HEAD + VAT + "match = { goods_value = { min = 2, max = 1 } }\n", (7, "bounds_crossed")),
        (HEAD + VAT + "match = { goods_value = { not = 2, max = 1 } }\n", (7, "not_with_bounds")),
        (HEAD + VAT + "match = { goods_value = 'x' }\n", (7, "want_number")),
        (HEAD + VAT + "match = { replacement = 'yes' }\n", (7, "want_flag_fact")),
        (HEAD + VAT + "match = 5\n", (7, "want_table")),
        (HEAD + "[known]\nprogramms = ['A']\n", (4, "unknown_key")),
        (HEAD + "a = = 1\n", (3, "not_toml")),
        (HEAD + "[document]\nseries = 'A'\nseries = 'B'\n", (5, "not_toml")),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, expected: tuple[int, str]) -> None:
    assert faults(text) == [expected]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("", (1, "column_missing")),
        ("sku,product\nA,B\n" + "C" * 200_000 + ",D\n", (1, "unreadable")),
        ("sku,code\nA,B\n", (1, "column_unknown")),
        ("sku\nA\n", (1, "column_missing")),
        ("sku,product,sku\nA,B,C\n", (1, "column_twice")),
        ("sku,product\nA,B,C\n", (2, "row_cells")),
        ("sku,product\n,B\n", (2, "cell_empty")),
        ("sku,product\n\nA,\n", (3, "cell_empty")),
        ("sku,product\nA,ABCDEFGHIJKLMNOPQRSTU\n", (2, "too_long")),
        ("sku,product,quantity\nA,B,0\n", (2, "cell_number")),
        ("sku,product,quantity\nA,B,x\n", (2, "cell_number")),
        ("sku,product,share\nA,B,-1\n", (2, "share_number")),
        ("sku,product,share\nA,B,0.5\n", (2, "share_sum")),
        ("sku,product,share\nA,B,\nA,C,0.5\n", (2, "share_missing")),
        ("sku,product,share\nA,B,0.5\nA,C,0.6\n", (3, "share_sum")),
        ("sku,product,share\nA,B,2\nA,C,1\n", (3, "share_sum")),
        ("sku,product,share\nA,B,0.5\nA,B,0.5\n", (3, "row_twice")),
    ],
)
def test_a_fault_of_the_product_table_is_told_with_its_line(
    table: str, expected: tuple[int, str]
) -> None:
    assert expected in faults(HEAD, table)
    assert all(fault.file == "products.csv" for fault in parsed_faults(HEAD, table))


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    text = "version = 1\n[documents]\n[[vat]]\ncode = 'A'\n[[client]]\nmatch = { x = 1 }\n"
    assert faults(text, "sku,product\nA,\n") == [
        (1, "missing_key"),
        (2, "unknown_key"),
        (3, "missing_key"),
        (5, "one_outcome"),
        (6, "unknown_fact"),
        (2, "cell_empty"),
    ]


def test_the_nearest_known_name_is_offered() -> None:
    (fault,) = parsed_faults(HEAD + "[[vat]]\nname='a'\nhold='b'\nmatch = { ship_too = 'LT' }\n")
    assert fault.say() == (
        "booking.toml line 6: no fact is called ship_too. Correct it; docs/booking-rules.md lists "
        "the facts. Did you mean ship_to?"
    )
    assert fault.say("lt").startswith("booking.toml, 6 eilutė: fakto ship_too nėra.")
    assert fault.say("lt").endswith("Gal turėta omenyje ship_to?")


def test_a_fault_above_the_first_table_names_the_file() -> None:
    (fault,) = parsed_faults("version = 1\nbok_from = 2026-12-01\nbook_from = 2026-12-01\n")
    assert fault.say().startswith("booking.toml line 2: booking.toml has no key bok_from.")
    assert "  " not in fault.say("lt")


def test_a_misspelt_unknown_is_offered() -> None:
    for fact in ("ship_to", "buyer"):
        (fault,) = parsed_faults(HEAD + VAT + f"match = {{ {fact} = 'UNKNWN' }}\n")
        assert fault.say().endswith("Did you mean UNKNOWN?")


def test_a_fault_shows_values_in_quotes_that_the_file_takes() -> None:
    (fault,) = parsed_faults(HEAD + VAT.replace("0", "'rates'"))
    assert fault.say("lt").endswith('turi būti "rate" arba skaičius, pavyzdžiui, 21 arba "5.5".')


def test_few_choices_are_listed_when_none_is_near() -> None:
    (fault,) = parsed_faults(HEAD + "[document]\nreservation = 'yes'\n")
    assert fault.say().endswith("Known: none, PardRezDok, UVMPardRezDok.")


def test_lines_are_right_behind_strings_comments_and_arrays() -> None:
    text = (
        HEAD
        + "# [vat] in a comment\n"
        + '[document]\nremark = """\n[[vat]]\nserie = 1\n"""\n'
        + "titles = [\n  'a', # ]\n  '[b]',\n]\n"
        + "[[vat]]\nname = 'x # y'\nhold = 'z'\n"
        + "[[vat]]\nhold = 'z'\nnaame = 'q'\n"
    )
    assert faults(text) == [(18, "unknown_key")]


def test_dotted_and_quoted_keys_have_lines_too() -> None:
    assert faults(HEAD + 'document.series = "A"\ndocument."serie" = "B"\n') == [(4, "unknown_key")]
    assert faults(HEAD + '["rates"]\n"LT" = { "standard" = "x" }\n') == [(4, "want_number")]


def test_load_names_the_file_and_the_table(tmp_path: Path) -> None:
    rules = tmp_path / "booking.toml"
    with pytest.raises(ConfigError) as missing:
        load(rules)
    assert "booking.toml" in missing.value.faults[0]
    rules.write_text(HEAD + '[products]\ntable = "goods.csv"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as table:
        load(rules)
    assert "goods.csv" in table.value.faults[0]
    (tmp_path / "goods.csv").write_bytes(b"sku,product\n\xe0,B\n")
    with pytest.raises(ConfigError) as encoding:
        load(rules)
    assert encoding.value.faults_in("lt") == (
        (
            "goods.csv, 1 eilutė: failas ne UTF-8 koduotės. Įrašykite jį iš naujo kaip UTF-8 "
            "(lentelę kaip „CSV UTF-8“)."
        ),
    )
    rules.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="UTF-8"):
        load(rules)


def test_a_table_that_nobody_asks_need_not_be_there(tmp_path: Path) -> None:
    rules = tmp_path / "booking.toml"
    rules.write_text(HEAD, encoding="utf-8")
    assert load(rules).products.table == {}
    rules.write_text(HEAD + '[products]\nby = ["code"]\ntable = "no.csv"\n', encoding="utf-8")
    assert load(rules).products.table == {}


def test_a_spreadsheets_own_csv_is_read(tmp_path: Path) -> None:
    rules = tmp_path / "booking.toml"
    rules.write_text(HEAD, encoding="utf-8")
    table = "﻿SKU;Product;Quantity;Share\r\nSET;A1;0,5;33,3%\r\nSET;B2;1;66,7%\r\n;;;\r\n"
    (tmp_path / "products.csv").write_text(table, encoding="utf-8", newline="")
    first, last = load(rules).products.table["SET"]
    assert (first.quantity, first.share) == (Decimal("0.5"), Decimal("0.333"))
    assert (last.product, last.share) == ("B2", None)


def test_shares_may_leave_the_last_row_out() -> None:
    rows = rules_from(HEAD, "sku,product,share\nA,B,60\nA,C,\n").products.table["A"]
    assert [row.share for row in rows] == [Decimal("0.6"), None]
    thirds = rules_from(HEAD, "sku,product,share\nA,B,0.33\nA,C,0.33\nA,D,0.33\n")
    assert [row.share for row in thirds.products.table["A"]] == [
        Decimal("0.33"),
        Decimal("0.33"),
        None,
    ]


def test_values_are_spelt_as_facts_are() -> None:
    rules = rules_from(
        HEAD + VAT + 'match = { ship_to = ["uk", "EL", "MC", "eu"], marketplace = "gb", '
        'movement = "Export", replacement = true, goods_value = "135", sku = "A*" }\n'
    )
    assert rules.vat[0].match == Match(
        (
            Condition("ship_to", ("GB", "GR", "FR", "EU")),
            Condition("marketplace", ("UK",)),
            Condition("movement", ("export",)),
            Condition("replacement", (True,)),
            Condition("goods_value", ("135",)),
            Condition("sku", ("A*",)),
        )
    )


def test_percentages_may_be_numbers_or_texts() -> None:
    rules = rules_from(HEAD + '[rates]\nFR = { a = 5.5, b = "5.5", c = "5,5", d = 20 }\n')
    assert rules.rates["FR"] == {
        "a": Decimal("5.5"),
        "b": Decimal("5.5"),
        "c": Decimal("5.5"),
        "d": Decimal(20),
    }


def test_what_amazon_adds_can_be_let_in() -> None:
    rules = rules_from(
        HEAD
        + '[known]\nprogrammes = ["MOON"]\nschemes = ["NG_VOEC"]\n'
        + 'collection_models = { SELLER = "NONE" }\n'
        + VAT
        + 'match = { programme = "MOON", scheme = "NG_VOEC" }\n'
    )
    assert rules.known.programmes == {"MOON"}
    assert rules.known.collection_models == {"SELLER": "NONE"}


def test_gaps_that_will_hold_orders_are_warnings() -> None:
    rate = '[[vat]]\nname = "a"\nmatch = { ship_to = ["LT", "DE"] }\ncode = "A"\npercent = "rate"\n'
    needed = '[[client]]\ncode = "A"\n[[warehouse]]\ncode = "W"\n'
    rules = rules_from(HEAD + rate + needed)
    assert [fault.code for fault in rules.warnings] == ["no_rates", "no_rate_for", "no_rate_for"]
    rules = rules_from(
        HEAD + "[rates]\nLT = { standard = 21 }\n" + rate + needed,
        "sku,product,class\nA,B,standart\n",
    )
    assert [(fault.file, fault.code) for fault in rules.warnings] == [
        ("booking.toml", "no_rate_for"),
        ("products.csv", "class_unknown"),
    ]
    assert rules.warnings[1].near == "standard"


def test_overrides_change_what_they_name_and_are_checked_whole() -> None:
    text = (
        HEAD
        + '[document]\nseries = "A"\ntitles = ["AMZ {order_id}"]\n'
        + '[[document.override]]\nnumber = "finvalda"\n'
    )
    assert rules_from(text).overrides[0].changes == {"number": "finvalda"}
    assert faults(text + "titles = ['x']\n") == [(7, "title_for_number")]
