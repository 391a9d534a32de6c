"""`settings.env.example` is what the model says, and every line of it works."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from fvsamazon.settings import Settings, example, load
from fvsamazon.settings.faults import name_of
from fvsamazon.settings.sources import Names

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

EXAMPLE = Path(__file__).parents[2] / "settings.env.example"
NAMES = Names(Settings)


def test_the_committed_example_is_generated() -> None:
    # after a change of the model write it anew: `example()` is its whole text
    assert EXAMPLE.read_text(encoding="utf-8") == example()


def test_every_line_is_a_comment_and_every_setting_stands_there_once() -> None:
    lines = [line for line in example().splitlines() if line]
    assert all(line.startswith("#") and len(line) <= 90 for line in lines)
    shown = re.findall(r"^#(FVSAMAZON_\w+)=", example(), flags=re.MULTILINE)
    assert sorted(shown) == sorted(map(name_of, NAMES))


def test_the_example_without_its_marks_is_the_default(tmp_path: Path) -> None:
    text = re.sub(r"^#(FVSAMAZON_)", r"\1", example(), flags=re.MULTILINE)
    assert text.count("\nFVSAMAZON_") == len(list(NAMES))
    uncommented, empty = tmp_path / "settings.env", tmp_path / "empty.env"
    uncommented.write_text(text, encoding="utf-8")
    empty.touch()
    now = datetime(2026, 11, 23, tzinfo=UTC)
    loaded = load(uncommented, {}, now=now)
    assert loaded.warnings == ()
    assert loaded.settings == load(empty, {}, now=now).settings


def test_every_setting_is_explained_with_its_unit() -> None:
    for setting in NAMES:
        info = NAMES.field(setting)
        text = info.description or ""
        assert len(text) > 20, setting
        assert text.endswith("."), setting
        if _number(info):
            assert re.search(r"\b(Seconds|Days)\b", text), setting
        assert NAMES.secret(setting) == ("Secret." in text), setting


def _number(info: FieldInfo) -> bool:
    kinds = [info.annotation, *get_args(info.annotation)]
    return any(kind in {int, float} or get_args(kind)[:1] == (float,) for kind in kinds)
