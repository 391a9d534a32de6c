"""States and kinds as a page names them to a person.

In English they are the contract's own words; JSON and `--state` have those in every language. The
Lithuanian ones agree with nothing in gender or number, so that they stand beside any noun or count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fvsamazon.texts import Language

DELIVERY: Final[Mapping[str, Text]] = {
    "not_due": Text(en="not_due", lt="įtraukti nereikia"),
    "due": Text(en="due", lt="laukia eilėje"),
    "sending": Text(en="sending", lt="siunčiama"),
    "in_doubt": Text(en="in_doubt", lt="tikslinama"),
    "booked": Text(en="booked", lt="įtraukta"),
    "held": Text(en="held", lt="sulaikyta"),
    "failed": Text(en="failed", lt="nepavyko"),
    "skipped": Text(en="skipped", lt="praleista"),
}
ACCOUNT: Final[Mapping[str, Text]] = {
    "off": Text(en="off", lt="išjungta"),
    "starting": Text(en="starting", lt="pradedama"),
    "ok": Text(en="ok", lt="gerai"),
    "throttled": Text(en="throttled", lt="laukiama kvotos"),
    "failing": Text(en="failing", lt="trikdžiai"),
    "attention": Text(en="attention", lt="reikia žmogaus"),
}
CHECKED: Final[Mapping[str, Text]] = {
    "ok": Text(en="ok", lt="gerai"),
    "warn": Text(en="warn", lt="dėmesio"),
    "fail": Text(en="fail", lt="klaida"),
}
CHECK: Final[Mapping[str, Text]] = {
    "settings": Text(en="settings", lt="nustatymai"),
    "database": Text(en="database", lt="duomenų bazė"),
    "disk": Text(en="disk", lt="diskas"),
    "personal data": Text(en="personal data", lt="asmens duomenys"),
    "retention": Text(en="retention", lt="saugojimo terminas"),
    "credential": Text(en="credential", lt="galiojimas"),
    "rules": Text(en="rules", lt="taisyklės"),
    "token": Text(en="token", lt="prieigos raktas"),
    "marketplaces": Text(en="marketplaces", lt="prekyvietės"),
    "orders": Text(en="orders", lt="užsakymai"),
    "roles": Text(en="roles", lt="vaidmenys"),
    "clock": Text(en="clock", lt="laikrodis"),
    "finvalda": Text(en="finvalda", lt="Finvalda"),
}
CHANGE: Final[Mapping[str, Text]] = {
    "new": Text(en="new", lt="nauja"),
    "changed": Text(en="changed", lt="pasikeitė"),
    "touched": Text(en="touched", lt="tas pats"),
}
KIND: Final[Mapping[str, Text]] = {
    "sale": Text(en="sale", lt="pardavimas"),
    "reservation": Text(en="reservation", lt="rezervavimas"),
}
LINE: Final[Mapping[str, Text]] = {
    "goods": Text(en="goods", lt="prekė"),
    "shipping": Text(en="shipping", lt="siuntimas"),
    "gift_wrap": Text(en="gift_wrap", lt="pakavimas"),
    "cod_fee": Text(en="cod_fee", lt="apmokėjimas pristatant"),
    "tip": Text(en="tip", lt="arbatpinigiai"),
    "other": Text(en="other", lt="kita"),
    "discount": Text(en="discount", lt="nuolaida"),
}


def worded(words: Mapping[str, Text], word: str, language: Language) -> str:
    """Return a word in the reader's language, one that nobody translated as it is."""
    text = words.get(word)
    return word if text is None else text.say(language)


def counted(counts: Mapping[str, int], language: Language) -> str:
    """Return how many orders are in each state that has any, as in `3 held, 1 due`."""
    found = [(worded(DELIVERY, state, language), count) for state, count in counts.items() if count]
    if language == "lt":
        return ", ".join(f"{word}: {count}" for word, count in found)
    return ", ".join(f"{count} {word}" for word, count in found)
