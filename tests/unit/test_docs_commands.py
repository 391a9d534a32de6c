"""Every command that a page shows exists, with the options that it shows."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import typer

import fvsamazon
from fvsamazon.cli import app

SCHEMA = Path(fvsamazon.__file__).parent / "store/sql/schema.sql"
ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    ROOT / "settings.env.example",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "deploy").rglob("fvsamazon*")),
]
SHOWN = re.compile(r"(?:^#   |`|bin/)fvsamazon((?: +[^\s`'\"|]+)+)", re.MULTILINE)
COMMANDS: Any = typer.main.get_command(app)


def shown_in(page: Path) -> list[list[str]]:
    """Return the words of each command: in a unit's head, in a fence, or between backquotes."""
    return [match.group(1).split() for match in SHOWN.finditer(page.read_text("utf-8"))]


def checked(words: list[str]) -> None:
    """Follow the words through the commands; raises where there is no such one."""
    command = COMMANDS
    names: list[str] = []
    while words:
        word = words.pop(0)
        if word.startswith("--"):
            option = word.rstrip(",.;:)").split("=")[0]
            known = {name for one in command.params for name in one.opts}
            assert option in known | {"--help"}, f"{names} has no {option}"
            flag = next((one for one in command.params if option in one.opts), None)
            if flag is not None and not getattr(flag, "is_flag", False) and words:
                words.pop(0)
        elif hasattr(command, "commands"):
            name = word.rstrip(",.;:)")
            assert name in command.commands, f"there is no command {[*names, name]}"
            command = command.commands[name]
            names.append(name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_a_page_are_there(page: Path) -> None:
    for words in shown_in(page):
        if words[0][0].islower() or words[0].startswith("--"):
            checked(list(words))


def test_the_pages_show_commands_at_all() -> None:
    """Else the test above would find nothing to look at."""
    found = {" ".join(words[:2]) for page in PAGES for words in shown_in(page)}
    assert {"key create", "key rotate", "purge --order", "orders show"} <= found


@pytest.mark.parametrize("name", ["data-protection.md", "data-protection.lt.md"])
def test_the_questions_of_an_audit_can_be_asked(name: str) -> None:
    asked = re.findall(r'sqlite3 [^"]*"(select [^"]+)"', (ROOT / "docs" / name).read_text("utf-8"))
    assert len(asked) == 2
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA.read_text("utf-8"))
    for question in asked:
        assert connection.execute(question).fetchall() == []
    connection.close()


@pytest.mark.parametrize("name", ["data-protection", "backup"])
def test_both_languages_show_the_same_commands(name: str) -> None:
    def fences(page: str) -> list[str]:
        return re.findall(r"```\w*\n(.*?)```", (ROOT / "docs" / page).read_text("utf-8"), re.DOTALL)

    assert fences(f"{name}.md") == fences(f"{name}.lt.md") != []
