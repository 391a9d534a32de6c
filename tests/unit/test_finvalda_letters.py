"""Names stay readable and storable: Windows-1257, no control characters, no question marks."""
# ruff: noqa: RUF001 - look-alike letters are what is tested

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fvsamazon.finvalda.letters import fits_baltic, to_baltic


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("Žemaitė Ąžuolaitytė-Šūčienė", "Žemaitė Ąžuolaitytė-Šūčienė"),
        ("Łukasz Żółć", "Łukasz Żółć"),
        ("Jürgen Groß", "Jürgen Groß"),
        ("Siân Pêcheur", "Sian Pecheur"),
        ("Đặng Thị Huệ", "Dang Thi Hue"),
        ("Ödön Őrsi", "Ödön Orsi"),
        ("İbrahim Yıldız", "Ibrahim Yildiz"),
        ("Œuvre Þór", "Oeuvre Thór"),
        ("Шевченко Юлия", "Ševčenko Iuliia"),
        ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos"),
        ("さくら", "sakura"),
        ("김민수", "gimminsu"),
        ("李", "674E"),
        ("ＡＢＣ　１２３", "ABC 123"),
        ("O\N{MODIFIER LETTER APOSTROPHE}Neill №5", "O'Neill Nr.5"),
        ("Ana\r\n\tMaria\x00\x1b[31m\N{ZERO WIDTH SPACE}", "Ana Maria[31m"),
        ("gift \N{WRAPPED PRESENT}", "gift"),
        ("Cafe\N{COMBINING ACUTE ACCENT}", "Café"),
        ("who?", "who?"),
    ],
)
def test_nearest_letters(name: str, spelled: str) -> None:
    assert to_baltic(name) == spelled


@settings(deadline=None)
@given(st.text(max_size=60))
def test_whatever_a_buyer_is_called_it_can_be_stored(name: str) -> None:
    spelled = to_baltic(name)
    assert fits_baltic(spelled)
    assert spelled == spelled.strip()
    assert not any(unicodedata.category(character) == "Cc" for character in spelled)
    # Question marks of other shapes count as question marks.
    assert spelled.count("?") <= 2 * sum("QUESTION" in unicodedata.name(c, "") for c in name)
    assert to_baltic(spelled) == spelled


@settings(deadline=None)
@given(st.text(alphabet=st.characters(categories=["Lo", "Ll", "Lu"]), min_size=1, max_size=20))
def test_a_name_of_letters_never_vanishes_whole(name: str) -> None:
    silent = {"ъ", "ь", "Ъ", "Ь"}
    if set(name) - silent:
        assert to_baltic(name)


@pytest.mark.parametrize(
    ("text", "fits"),
    [("ŠĄ-1", True), ("AMZ DE", True), ("a\tb", False), ("漢", False), ("a\x1a", False)],
)
def test_what_fits_as_it_stands(text: str, fits: bool) -> None:
    assert fits_baltic(text) is fits
