"""What commands say to people: in both languages, with the same values in each."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import pytest

from fvsamazon.amazon import auth
from fvsamazon.booking import clients
from fvsamazon.cli import (
    action_texts,
    check_finvalda,
    check_texts,
    context_texts,
    credentials,
    delivery_texts,
    order_reasons,
    order_texts,
    personal,
    remote_texts,
    state_texts,
    status_finvalda,
    status_personal,
    status_texts,
)
from fvsamazon.cli.wording import figure
from fvsamazon.errors import (
    ContractViolation,
    RemoteError,
    Throttled,
    Unauthorized,
    Unavailable,
)
from fvsamazon.finvalda.errors import UNREACHABLE, Unreachable
from fvsamazon.store.deliveries import STATES
from fvsamazon.texts import Counted, Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

MODULES = (
    action_texts, check_finvalda, check_texts, context_texts, credentials, delivery_texts,
    order_reasons, order_texts, state_texts, status_finvalda, status_personal, status_texts,
)  # fmt: skip
SAME = {"sku", "asin", "1", "{count}", "{count} GB", "finvalda"}
"""Names that are nobody's language."""
PAGES = sorted((Path(__file__).parents[2] / "docs").glob("*.lt.md"))


def texts_of(module: ModuleType) -> Iterator[tuple[str, Text]]:
    for name, value in vars(module).items():
        if isinstance(value, Text):
            yield name, value
        elif isinstance(value, Counted):
            yield f"{name}, one", value.one
            yield f"{name}, many", value.many
        elif isinstance(value, dict):
            yield from ((f"{name}.{key}", one) for key, one in value.items() if type(one) is Text)


ALL = [
    pytest.param(text, id=f"{module.__name__.rpartition('.')[2]}-{name}")
    for module in MODULES
    for name, text in texts_of(module)
]


def places(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("text", ALL)
def test_both_languages_tell_the_same(text: Text) -> None:
    assert text.lt.strip()
    assert text.lt != text.en or text.en in SAME
    assert places(text.en) - {"count"} == places(text.lt) - {"count"}


@pytest.mark.parametrize("module", MODULES)
def test_many_things_are_counted_in_both_languages(module: ModuleType) -> None:
    for value in vars(module).values():
        if isinstance(value, Counted):
            assert "count" in places(value.many.en)
            assert "count" in places(value.many.lt)
            assert "1" in value.one.en
            assert "1" in value.one.lt


def test_one_thing_has_a_sentence_of_its_own() -> None:
    said = [status_texts.HELD.say("en", count) for count in (0, 1, 2)]
    assert said == ["0 deliveries held", "1 delivery held", "2 deliveries held"]
    assert status_texts.HELD.say("lt", 21) == "sulaikytų užsakymų: 21"


# one word each

NOT_SAID = {
    "settings": r"\b[Nn]uostat",
    "role": r"\brol(ė|ę|ei|ės)\b",
    "user": r"\b(tarnybos|Finvaldos|bazės|sistemos) vartotoj",
    "daemon": r"\bpaslaugos (naudotoj|nustatym)",
    "book": r"\b([Uu]ž|ne)?registruo|registravimo|įrašy\w* (į )?„?Finvald",
    "Amazon": r"(?<![„\w/.-])(?<!with )Amazon\b(?!\w*/)",
    "Seller Central": r"(?<!„)Seller Central",
    "Finvalda": r"„Finvald",
}
"""What the glossary of `fvsamazon.texts` has another word for."""
CODE = re.compile(r"```.*?```|`[^`]*`|\[[^\]]*\]\([^)]*\)|<[^>]*>|security@amazon\.com", re.DOTALL)


def wrong_words(text: str) -> list[str]:
    bare = CODE.sub("", text)
    return [f"{name}: {found}" for name, word in NOT_SAID.items() for found in _all(word, bare)]


def _all(word: str, text: str) -> list[str]:
    return [match.group() for match in re.finditer(word, text)]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_thing_has_one_name_in_lithuanian(module: ModuleType) -> None:
    assert {name: bad for name, text in texts_of(module) if (bad := wrong_words(text.lt))} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_pages_have_the_same_names_as_the_program(page: Path) -> None:
    assert wrong_words(page.read_text("utf-8")) == []


def test_the_look_for_wrong_words_finds_them() -> None:
    assert wrong_words("Amazon nuostatos, rolė, tarnybos vartotojas, Seller Central") == [
        "settings: nuostat", "role: rolė", "user: tarnybos vartotoj", "Amazon: Amazon",
        "Seller Central: Seller Central",
    ]  # fmt: skip
    assert wrong_words("„Amazon“ nustatymai, `Amazon`, „Seller Central“, /Amazon/") == []


# words for what the program names


def test_every_state_and_field_has_its_words() -> None:
    assert set(state_texts.DELIVERY) == set(STATES)
    assert list(order_texts.PEOPLE) == list(personal.COLUMNS)
    told = {*clients.ClientCard.__slots__, *clients.AddressCard.__slots__}
    assert set(delivery_texts.CARD) == told - {"code", "natural_person"}


def test_counts_are_told_beside_any_word() -> None:
    counts = {"due": 0, "held": 34, "in_doubt": 1}
    assert state_texts.counted(counts, "en") == "34 held, 1 in_doubt"
    assert state_texts.counted(counts, "lt") == "sulaikyta: 34, tikslinama: 1"
    assert state_texts.counted({"due": 0}, "lt") == ""


def test_a_figure_has_the_comma_of_its_language() -> None:
    assert (figure(83.66, "en"), figure(83.66, "lt")) == ("83.7", "83,7")


# errors of remote services


@pytest.mark.parametrize("code", [*auth._HINTS, "MissingAuthenticationToken"])
def test_a_refusal_is_explained_in_both_languages(code: str) -> None:
    error = Unauthorized("said", service="lwa", operation="token", status=400, code=code, hint="do")
    assert (remote_texts.told(error, "en"), remote_texts.remedy(error, "en")) == ("said", "do")
    told = remote_texts.told(error, "lt")
    assert told == f"„Login with Amazon“ prieigos nesuteikia (token, 400, {code})"
    remedy = remote_texts.remedy(error, "lt")
    assert remedy is not None
    assert wrong_words(remedy) == []


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        (Throttled, 429, "kvota išnaudota (x, 429)"),
        (Unavailable, 503, "tinkamo atsakymo nepateikia (x, 503)"),
        (ContractViolation, 302, "atsakymo programa nesupranta (x, 302)"),
        (RemoteError, None, "klaida (x)"),
    ],
)
def test_every_kind_of_trouble_has_its_sentence(
    kind: type[RemoteError], status: int | None, said: str
) -> None:
    error = kind("english", service="amazon", operation="x", status=status)
    assert remote_texts.told(error, "lt").startswith("„Amazon“")
    assert remote_texts.told(error, "lt").endswith(said)
    assert (remote_texts.remedy(error, "lt") is not None) == (status == 302)


def test_a_remedy_of_finvalda_follows_the_language() -> None:
    error = Unreachable("no route", operation="x", text=UNREACHABLE)
    assert remote_texts.remedy(error, "lt") == UNREACHABLE.lt
    assert remote_texts.told(error, "lt") == "Finvalda: ryšys nutrūko"
