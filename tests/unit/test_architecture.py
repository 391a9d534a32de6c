"""The page for heirs names what is there: layers, modules, tests."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SOURCE = ROOT / "src" / "fvsamazon"


def named() -> set[str]:
    """Return what stands in code marks, less what is put in for the reader to fill."""
    return {one for one in re.findall(r"`([^`\n]+)`", PAGE) if "…" not in one}


def test_the_layers_are_those_that_are_checked() -> None:
    rules = ConfigParser()
    rules.read(ROOT / ".importlinter", encoding="utf-8")
    layers = rules["importlinter:contract:layers"]["layers"].strip().splitlines()
    assert layers[0] == "__main__"
    assert "\n".join(["```", *layers[1:], "```"]) in PAGE


def test_every_module_that_is_named_is_there() -> None:
    paths = {one for one in named() if re.fullmatch(r"[\w/]+(\.(py|toml|sql|md)|/)", one)}
    assert len(paths) > 30
    folders = ("src/fvsamazon/store/sql", "src/fvsamazon/booking", "tests", "docs", ".")
    places = [SOURCE, *(ROOT / folder for folder in folders)]
    missing = [one for one in sorted(paths) if not any((at / one).exists() for at in places)]
    assert missing == []


def test_every_folder_and_every_stage_is_named() -> None:
    parts = {path.name.removesuffix(".py") for path in SOURCE.iterdir() if path.suffix != ".typed"}
    absent = {one for one in parts if not one.startswith("__") and one not in PAGE}
    assert absent == set()


def test_every_test_that_is_named_is_there() -> None:
    wanted = {one for one in named() if one.startswith("test_")}
    there = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert wanted
    assert wanted <= there
