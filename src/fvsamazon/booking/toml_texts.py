"""What Python says of a text that is no TOML, in both languages.

In: the message of `tomllib`, without its place. Out: a `Text`; a message that is not known here is
told in its own English.
"""

from __future__ import annotations

from typing import Final

from fvsamazon.texts import Text

TOO_MUCH: Final = Text(
    "a number of too many digits, or brackets too deep",
    "per ilgas skaičius arba per daug skliaustų",
)
_TWICE: Final = "tas pats įrašyta du kartus"
_BEGINNINGS: Final = {
    "Invalid value": "netinkama reikšmė",
    "Invalid statement": "netinkama eilutė",
    "Invalid initial character for a key part": "netinkamas rakto ženklas",
    "Invalid date or datetime": "netinkama data",
    "Invalid hex value": "netinkamas šešioliktainis skaičius",
    "Expected '='": "po rakto turi būti =",
    "Expected ']]'": "[[…]] antraštės gale trūksta ]]",
    "Expected ']'": "[…] antraštės gale trūksta ]",
    "Expected newline": "po reikšmės eilutė turi baigtis",
    "Unclosed array": "neuždarytas sąrašas",
    "Unclosed inline table": "neuždaryta lentelė",
    "Unterminated string": "neuždarytos kabutės",
    "Illegal character '\\n'": "neuždarytos kabutės",
    "Illegal character": "neleistinas ženklas",
    "Found invalid character": "neleistinas ženklas",
    "Unescaped": "kabutėse yra atskiras \\ ženklas",
    "Escaped character": "kabutėse yra netinkamas \\ ženklas",
    "Cannot": _TWICE,
    "Duplicate": _TWICE,
}


def said_of_toml(message: str) -> Text:
    """Return what is wrong with a text that is no TOML."""
    known = (told for begins, told in _BEGINNINGS.items() if message.startswith(begins))
    return Text(message, next(known, message))
