"""The pages that people read: links lead somewhere, both languages show one program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "benchmarks/*.md", "tests/**/*.md")
    for page in ROOT.glob(pattern)
)


def commands(page: Path) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_project_leads_to_a_file(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


def test_both_first_pages_show_the_same_two_commands() -> None:
    english, lithuanian = commands(ROOT / "README.md"), commands(ROOT / "docs" / "README.lt.md")
    assert len(english) == 2
    assert english == lithuanian
    assert all(command.count("\n") == 1 for command in english)


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.lt.md")), ids=lambda p: p.name)
def test_a_lithuanian_page_has_its_english_one(page: Path) -> None:
    name = page.name.replace(".lt.md", ".md")
    english = page.with_name(name) if name != "README.md" else ROOT / name
    assert english.exists()
    assert page.name in english.read_text("utf-8"), f"{name} does not lead to {page.name}"
