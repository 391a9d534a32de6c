"""Finvalda's error numbers: what each means and who can do something about it.

In comes the number of a refusal with Finvalda's own text; out goes its `Code`: the class that the
delivery acts on and a sentence, in two languages, that tells a person what to do. The table is
`codes.toml` beside this module. A number that the table lacks is never taken for success: it
becomes class C, which a person looks at.
"""

from __future__ import annotations

import enum
import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(enum.Enum):
    """Who can do something about a refusal."""

    CONFIGURATION = "C"
    """Finvalda's set-up or our rules lack something: a person."""
    DATA = "D"
    """Something about this order: a person."""
    STATE = "S"
    """Something about a document or card that exists: look it up, then decide."""
    TRANSIENT = "T"
    """May pass by itself: try again later, a write only after a look-up."""
    BUG = "B"
    """Our request is wrong: a fault of this program."""


@dataclass(frozen=True, slots=True)
class Code:
    """One error number; `kinds` as the reference gives them, the first one decides."""

    number: int
    kinds: tuple[Kind, ...]
    text: Text

    @property
    def kind(self) -> Kind:
        """Return the class that decides."""
        return self.kinds[0]


EXCEPTION = 2010
"""Any exception inside Finvalda; its text tells more."""

NO_PARAMETER = 2000
"""No import parameter was named."""

UNKNOWN_PARAMETER = 1036
"""No such import parameter."""

DOCUMENT_IN_USE = frozenset({1001, 1002, 1040, 1058, 1072, 1086})
"""The document number is taken in a class that this program writes: look up, then adopt or hold."""

CARD_EXISTS = frozenset({3, 29, 74})
"""A card with this very code exists: read it and compare."""

NUMBER_TAKEN = frozenset({2, 4, 28})
"""Another card holds this VAT number, company code or bar code: use that card."""

ALREADY_GONE = frozenset({1032, 1063, 1070, 4001})
"""Answers of a deletion that finds nothing left to delete."""

HEALS_IN_FINVALDA = frozenset(
    {*range(5, 28), 30, *range(32, 49), *range(50, 67), 69, 70, *range(71, 74)}
    | {1008, 1010, 1011, 1047, 1055, *range(1059, 1063), 1071, 1084, 1085, 4004, 4005, 5002}
)
"""Refusals that end once somebody completes Finvalda's data: tried again hourly."""

UNKNOWN = Text(
    en="Finvalda refused, and its manual does not know this number: read Finvalda's own text, "
    "correct what it names, then retry the order.",
    lt="Finvalda atsisakė, o jos vadovas tokio numerio nežino: perskaitykite pačios Finvaldos "
    "tekstą, pataisykite, ką jis nurodo, tada pakartokite užsakymo siuntimą.",
)

# 2010 is any exception of the server. Two of its texts are known to need a person.
_COUNTRY = re.compile(
    r"country\b.*not found|valstyb\w*\b.*nerast|nerast\w*\b.*valstyb", re.IGNORECASE | re.DOTALL
)
_PERIOD = re.compile(r"\bperiod|laikotarp|datų interval", re.IGNORECASE)

_NO_COUNTRY = Text(
    en="Finvalda has no card of this country: enter the country in Finvalda by hand, then retry "
    "the order.",
    lt="Finvaldoje nėra šios valstybės kortelės: įveskite valstybę Finvaldoje rankiniu būdu, tada "
    "pakartokite užsakymo siuntimą.",
)
_CLOSED_PERIOD = Text(
    en="The date lies outside the period that Finvalda leaves open: open the period or correct "
    "the date, then retry the order.",
    lt="Data nepatenka į Finvaldoje atidarytą periodą: atidarykite periodą arba pataisykite datą, "
    "tada pakartokite užsakymo siuntimą.",
)


@functools.cache
def table() -> Mapping[int, Code]:
    """Return every number that Finvalda's manual lists."""
    source = resources.files(__package__).joinpath("codes.toml").read_text(encoding="utf-8")
    return {
        int(number): Code(
            number=int(number),
            kinds=tuple(Kind(letter) for letter in row["kinds"]),
            text=Text(en=row["en"], lt=row["lt"]),
        )
        for number, row in tomllib.loads(source).items()
    }


def classify(number: int, remote_text: str = "") -> Code:
    """Return what a refusal means; `remote_text` decides where the number alone cannot."""
    if number == EXCEPTION:
        if _COUNTRY.search(remote_text):
            return Code(number, (Kind.CONFIGURATION,), _NO_COUNTRY)
        if _PERIOD.search(remote_text):
            return Code(number, (Kind.CONFIGURATION,), _CLOSED_PERIOD)
    known = table().get(number)
    return Code(number, (Kind.CONFIGURATION,), UNKNOWN) if known is None else known
