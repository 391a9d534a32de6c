"""Tables of the rules file that can never fit, or that are missing, are told when it is read."""

from __future__ import annotations

import pytest

from fvsamazon.booking.rules import parse
from support.booking_orders import example_text

HEAD = "version = 1\nbook_from = 2026-12-01\n"
WHOLE = '[[client]]\ncode = "A"\n[[warehouse]]\ncode = "W"\n[[vat]]\nname = "all"\nhold = "ask"\n'


def warned(text: str) -> list[tuple[int, str, str | None]]:
    """Return line, code and the line that each warning blames."""
    parsed = parse(text)
    assert parsed.rules is not None, [fault.say() for fault in parsed.faults]
    return [(one.line, one.code, one.values.get("above")) for one in parsed.rules.warnings]


def test_rules_without_anything_that_a_sale_needs_are_told() -> None:
    parsed = parse(HEAD)
    assert parsed.rules is not None
    told = [one.say() for one in parsed.rules.warnings]
    assert [one.code for one in parsed.rules.warnings] == ["no_tables"] * 3
    for name in ("[[vat]]", "[[client]]", "[[warehouse]]"):
        assert any(f"there is no {name}, so every order will be held" in one for one in told)
    assert "visi užsakymai bus sulaikyti" in parsed.rules.warnings[0].say("lt")
    assert warned(HEAD + WHOLE) == []


@pytest.mark.parametrize(
    "table",
    [
        '[[client]]\ncode = "B"\n',
        '[[client]]\nmatch = { marketplace = "DE" }\ncode = "B"\n',
        '[[warehouse]]\nmatch = { sku = "A*" }\nhold = "ask"\n',
        '[[vat]]\nname = "more"\nmatch = { movement = "export" }\nhold = "ask"\n',
    ],
)
def test_a_table_below_one_that_fits_everything_is_told(table: str) -> None:
    above = 3 + WHOLE.splitlines().index(table.splitlines()[0])
    at = 3 + len(WHOLE.splitlines())
    assert warned(HEAD + WHOLE + table) == [(at, "never_asked", str(above))]


@pytest.mark.parametrize("name", ["skip", "document.override"])
def test_lists_that_need_no_last_table_are_looked_at_too(name: str) -> None:
    key = 'reason = "x"' if name == "skip" else 'series = "S"'
    start = "[document]\n" if name != "skip" else ""
    table = f"[[{name}]]\n{key}\n"
    found = warned(HEAD + start + table + table + WHOLE)
    assert [code for _, code, _ in found] == ["never_asked"]


@pytest.mark.parametrize(
    ("above", "below", "told"),
    [
        ('marketplace = "DE"', 'marketplace = "DE"', True),
        ('marketplace = ["DE", "FR"]', 'marketplace = "FR", fulfilled_by = "AMAZON"', True),
        ('marketplace = "DE"', 'marketplace = ["DE", "FR"]', False),
        ('marketplace = { not = "DE" }', 'marketplace = { not = ["DE", "FR"] }', True),
        ('marketplace = { not = ["DE", "FR"] }', 'marketplace = { not = "DE" }', False),
        ('marketplace = { not = "DE" }', 'marketplace = "FR"', False),
        ("goods_value = { min = 10 }", "goods_value = { min = 20, max = 30 }", True),
        ("goods_value = { min = 20 }", "goods_value = { min = 10 }", False),
        ("goods_value = { max = 20 }", "goods_value = { min = 10 }", False),
        ("goods_value = { max = 20 }", 'goods_value = "10"', False),
        ('ship_to = "EU"', 'ship_to = "EU", buyer = "BUSINESS"', True),
        ('buyer = "BUSINESS"', 'ship_to = "EU"', False),
    ],
)
def test_a_table_that_another_one_covers_is_told(above: str, below: str, told: bool) -> None:
    tables = "".join(
        f'[[client]]\nmatch = {{ {match} }}\ncode = "{code}"\n'
        for match, code in ((above, "X"), (below, "Y"))
    )
    expected = [(6, "never_reached", "3")] if told else []
    assert warned(HEAD + tables + WHOLE) == expected


def test_what_is_never_asked_is_said_in_both_languages() -> None:
    parsed = parse(HEAD + WHOLE + '[[client]]\ncode = "B"\n')
    assert parsed.rules is not None
    (told,) = parsed.rules.warnings
    assert told.say() == (
        "booking.toml line 10: this [[client]] is never asked: the one of line 3 above fits "
        "everything. Put this one above it, or give that one a match."
    )
    assert told.say("lt").startswith("booking.toml, 10 eilutė: ši [[client]] niekada nepasiekiama")


def test_the_example_has_no_such_table() -> None:
    parsed = parse(example_text(), read_table=lambda _: "sku,product\n")
    assert parsed.rules is not None
    assert parsed.rules.warnings == ()
