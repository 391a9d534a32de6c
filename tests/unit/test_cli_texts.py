"""What commands say to people: in both languages, with the same values in each."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

import pytest

from fvsamazon.cli import action_texts, check_texts, order_texts, status_texts
from fvsamazon.texts import Counted, Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

MODULES = (action_texts, check_texts, order_texts, status_texts)
SAME = {"sku", "asin", "1", "{count}", "{count} GB"}
"""Names that are nobody's language."""


def texts_of(module: ModuleType) -> Iterator[tuple[str, Text]]:
    for name, value in vars(module).items():
        if isinstance(value, Text):
            yield name, value
        elif isinstance(value, Counted):
            yield f"{name}, one", value.one
            yield f"{name}, many", value.many


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
