"""Names and addresses in letters that Finvalda's database can hold.

Most of its text columns are in the Baltic code page (Windows-1257) and turn anything else into a
question mark. What the code page has stays, Lithuanian letters above all; every other letter
becomes its nearest Latin one, so that a name can still be read and told from another. No question
mark is ever put in, and no control character is let through.
"""
# ruff: noqa: RUF001 - letters that look like Latin ones are what this table is about

from __future__ import annotations

import functools
import re
import unicodedata

CODE_PAGE = "cp1257"

# Cyrillic as Lithuanian writes it, Greek as passports do: names keep their sound.
_SPELLINGS = """
а=a б=b в=v г=g д=d е=e ё=io ж=ž з=z и=i й=j к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=ch ц=c
ч=č ш=š щ=šč ъ= ы=y ь= э=e ю=iu я=ia і=i ї=ji є=je ґ=g ў=u ј=j љ=lj њ=nj ћ=ć ђ=dj џ=dž ѕ=dz
α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch
ψ=ps ω=o þ=th ð=d ŋ=ng ə=e ƒ=f ĸ=k \N{LATIN SMALL LETTER DOTLESS I}=i
\N{LATIN SMALL LETTER LONG S}=s
"""
_LETTERS: dict[str, str] = {
    letter: spelling for letter, _, spelling in (pair.partition("=") for pair in _SPELLINGS.split())
}
_GREEK_U = re.compile("(?<=[οΟ])[υύ]")
_MARKS = {
    "№": "Nr.",
    "\N{PRIME}": "'",
    "\N{DOUBLE PRIME}": '"',
    "\N{MODIFIER LETTER TURNED COMMA}": "'",
    "\N{MODIFIER LETTER APOSTROPHE}": "'",
    "\N{FRACTION SLASH}": "/",
    "\N{MINUS SIGN}": "-",
}

_LATIN_NAME = re.compile(r"LATIN (?:SMALL|CAPITAL) (?:LETTER|LIGATURE) ([A-Z]{1,2})(?: WITH .+)?")
_SYLLABLE_NAME = re.compile(
    r"(?:HIRAGANA|KATAKANA|HANGUL|DEVANAGARI|BENGALI|TAMIL|TELUGU|GUJARATI|KANNADA|MALAYALAM"
    r"|ETHIOPIC|CHEROKEE) (?:SYLLABLE|LETTER)(?: SMALL)? ([A-Z]+)"
)
_LETTER_NAME = re.compile(r"[A-Z ]+? (?:LETTER|CHARACTER) (?:FINAL )?([A-Z])[A-Z ]*")
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Mc", "So", "Sk"})


def to_baltic(text: str) -> str:
    """Return text in one line that Windows-1257 holds, each letter as near as may be."""
    composed = _GREEK_U.sub("u", unicodedata.normalize("NFC", text))
    return " ".join("".join(map(_nearest, composed)).split())


def fits_baltic(text: str) -> bool:
    """Tell whether Finvalda can store `text` as it stands, control characters excluded."""
    if any(unicodedata.category(character) in ("Cc", "Cf") for character in text):
        return False
    try:
        text.encode(CODE_PAGE)
    except UnicodeEncodeError:
        return False
    return True


@functools.lru_cache(maxsize=4096)
def _nearest(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Zs", "Zl", "Zp", "Cc", "Cf"):
        return " " if category.startswith("Z") or character in "\t\n\r\v\f" else ""
    if _encodable(character) or character in _MARKS:
        return _MARKS.get(character, character)
    lower = character.lower()
    if lower in _LETTERS:
        spelling = _LETTERS[lower]
        return spelling.capitalize() if character != lower else spelling
    name = unicodedata.name(character, "")
    plain = unicodedata.normalize("NFKD", character)
    # A Korean syllable has a reading; the parts it decomposes into have none.
    if plain != character and not name.startswith("HANGUL SYLLABLE"):
        return "".join(map(_nearest, plain))
    return _by_name(name) or _by_kind(character, category)


def _by_name(name: str) -> str:
    """Return the Latin spelling that a letter's Unicode name tells."""
    for pattern in (_LATIN_NAME, _SYLLABLE_NAME, _LETTER_NAME):
        match = pattern.fullmatch(name)
        if match:
            small = match[1].lower()
            return small.capitalize() if "CAPITAL" in name else small
    return ""


def _by_kind(character: str, category: str) -> str:
    if category in _DROPPED:
        return ""
    if category == "Pd":
        return "-"
    if category in ("Pi", "Pf"):
        return '"'
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category.startswith("L"):
        # An ideograph has no spelling; its number keeps two buyers apart.
        return f"{ord(character):X}"
    return " "


def _encodable(character: str) -> bool:
    try:
        character.encode(CODE_PAGE)
    except UnicodeEncodeError:
        return False
    return True
