"""Every sentence exists in both languages, with the same places, and is said somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import pytest

import fvsamazon.booking
from fvsamazon.booking.explain_texts import EXPLANATIONS
from fvsamazon.booking.fault_texts import NEAREST, ONE_OF, PLACE, SENTENCES
from fvsamazon.booking.reason_texts import REASONS
from fvsamazon.booking.reasons import Reason

if TYPE_CHECKING:
    from fvsamazon.texts import Text

SOURCE = Path(fvsamazon.booking.__file__).parent
CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for path in SOURCE.glob("*.py")
    if not path.name.endswith("_texts.py")
)
TEXTS: dict[str, Text] = {
    **{f"fault {code}": text for code, text in SENTENCES.items()},
    **{f"reason {code}": pair[0] for code, pair in REASONS.items()},
    **{f"remedy {code}": pair[1] for code, pair in REASONS.items()},
    **{f"because {code}": text for code, text in EXPLANATIONS.items()},
    "place": PLACE,
    "nearest": NEAREST,
    "one of": ONE_OF,
}


def places(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("name", TEXTS)
def test_both_languages_have_the_same_places(name: str) -> None:
    text = TEXTS[name]
    assert text.en
    assert text.lt
    assert text.en != text.lt or name in {
        "because service_code",
        "because service_sum",
        "because vat_ours",
    }
    assert places(text.en) == places(text.lt)


@pytest.mark.parametrize("name", [name for name in TEXTS if name.split()[0] != "because"])
def test_sentences_for_people_end_as_sentences(name: str) -> None:
    if name not in {"place", "nearest", "one of"}:
        assert TEXTS[name].en.endswith((".", "}"))
        assert TEXTS[name].lt.endswith((".", "}"))


def test_every_code_is_used_and_every_used_code_exists() -> None:
    reasons = set(re.findall(r"reason\(\s*\"(\w+)\"", CODE))
    assert reasons == set(REASONS)
    explained = set(re.findall(r"because\(\s*\"\w+\",\s*\"(\w+)\"", CODE))
    assert explained <= set(EXPLANATIONS)
    for code in EXPLANATIONS:
        stem = code.split("_")[0]
        assert f'"{code}"' in CODE or f'f"{stem}_' in CODE, code
    for code in SENTENCES:
        assert f'"{code}"' in CODE, code


def test_a_reason_stored_today_is_read_in_the_other_language_tomorrow() -> None:
    stored = Reason("grand_total_differs", {"arithmetic": "1.00 + 2.00 = 3.00 ≠ 4.00"})
    assert stored.say("en") == "The items do not make the order's total: 1.00 + 2.00 = 3.00 ≠ 4.00."
    assert stored.say("lt") == "Eilutės nesudaro užsakymo sumos: 1.00 + 2.00 = 3.00 ≠ 4.00."
    assert stored.as_line("lt").startswith("grand_total_differs: Eilutės")
    assert stored.say_remedy("lt").startswith("Palyginkite su")
