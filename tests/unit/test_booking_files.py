"""The files that the rules are read from, whatever the path leads to."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fvsamazon.booking import rules
from fvsamazon.booking.rules import FILE_LIMIT
from fvsamazon.errors import ConfigError

if TYPE_CHECKING:
    from fvsamazon.texts import Language

START = "version = 1\nbook_from = 2026-12-01\n"
ASKED = START + '[products]\nby = ["table"]\ntable = {}\n'
SECRET = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def faults(folder: Path, text: str | bytes) -> tuple[str, ...]:
    path = folder / "booking.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        rules.load(path)
    except ConfigError as error:
        return error.faults
    return ()


def test_a_file_of_any_line_ends_and_with_a_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_bytes(b"\xef\xbb\xbfsku,product\r\na,b\r\n")
    text = (START + "[products]\n").replace("\n", "\r\n")
    assert faults(tmp_path, b"\xef\xbb\xbf" + text.encode()) == ()
    loaded = rules.load(tmp_path / "booking.toml")
    assert [row.product for row in loaded.products.table["a"]] == ["b"]


@pytest.mark.parametrize(
    "named", ['"/dev/zero"', '"."', r'"a\u0000b"', '"pipe"', '"gone.csv"', '"' + "a" * 300 + '"']
)
def test_a_table_that_is_no_file_is_a_fault_and_no_wait(tmp_path: Path, named: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (told,) = faults(tmp_path, ASKED.format(named))
    assert "booking.toml" in told
    assert told.isprintable()


@pytest.mark.parametrize("path", [Path("/dev/zero"), Path("a\0b"), Path("/")])
def test_rules_that_are_no_file_are_a_fault_and_no_wait(path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        rules.load(path)
    assert len(caught.value.faults) == 1


def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "booking.toml").open("wb") as stream:
        stream.truncate(FILE_LIMIT + 1)
    with pytest.raises(ConfigError):
        rules.load(tmp_path / "booking.toml")


@pytest.mark.parametrize(
    "content", [SECRET, f"FVSAMAZON_EUROPE__CLIENT_SECRET={SECRET}\n", f"a;{SECRET}\nb;c\n"]
)
def test_a_file_that_is_no_product_table_is_not_shown(tmp_path: Path, content: str) -> None:
    """A rule may name any file that the service can read: the encryption key, for one."""
    (tmp_path / "key").write_text(content)
    told = faults(tmp_path, ASKED.format('"key"'))
    assert told
    assert SECRET[:20].casefold() not in "".join(told).casefold()


def said(folder: Path, text: str, language: Language) -> str:
    (folder / "booking.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        rules.load(folder / "booking.toml")
    return caught.value.say(language)


@pytest.mark.parametrize(
    ("line", "lithuanian"),
    [
        ("series = AMZ", "netinkama reikšmė"),
        ("[[client]", "[[…]] antraštės gale trūksta ]]"),
        ("[document", "[…] antraštės gale trūksta ]"),
        ('series = "AMZ', "neuždarytos kabutės"),
        ("series", "po rakto turi būti ="),
        ('series = "A" b', "po reikšmės eilutė turi baigtis"),
        ("a = [1", "neuždarytas sąrašas"),
        ("a = { b = 1", "neuždaryta lentelė"),
        ("version = 2", "tas pats įrašyta du kartus"),
        ("= 1", "netinkama eilutė"),
    ],
)
def test_what_is_no_toml_is_told_in_the_reader_s_language(
    tmp_path: Path, line: str, lithuanian: str
) -> None:
    text = f"{START}{line}\n"
    told = said(tmp_path, text, "lt")
    assert f"({lithuanian})" in told
    assert "tekstai rašomi kabutėse" in told
    assert "texts stand in quotes" in said(tmp_path, text, "en")
    assert not re.search(r"Invalid|Expected|Cannot|Unclosed|Illegal", told)


def test_a_number_of_too_many_digits_is_told_in_the_reader_s_language(tmp_path: Path) -> None:
    assert "(per ilgas skaičius arba per daug skliaustų)" in said(
        tmp_path, f"{START}a = {'1' * 5_000}\n", "lt"
    )


@pytest.mark.parametrize(
    ("named", "lithuanian"),
    [
        ('"gone.csv"', "gone.csv: tokio failo ar aplanko nėra"),
        ('"."', ".: tai aplankas"),
        (r'"a\u0000b"', "varde yra ženklas, kurio jame būti negali"),
        ('"large"', "large: failas per didelis"),
    ],
)
def test_why_a_table_cannot_be_read_is_told_in_the_reader_s_language(
    tmp_path: Path, named: str, lithuanian: str
) -> None:
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(FILE_LIMIT + 1)
    assert lithuanian in said(tmp_path, ASKED.format(named), "lt")


def test_why_the_rules_cannot_be_read_is_told_in_the_reader_s_language(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        rules.load(tmp_path / "gone.toml")
    assert "(tokio failo ar aplanko nėra)" in caught.value.say("lt")
    assert "(No such file or directory)" in caught.value.say("en")
