"""How times, lengths of time and foreign texts are written, for people and for scripts.

What came from outside stands in every command's output; none of it may steer a terminal, begin a
line of its own or make the output something else than the text that it says it is.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from fvsamazon.texts import Language

NOTHING = "-"
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def shown(text: object) -> str:
    """Return any text on one line, what cannot be printed as escapes."""
    whole = NOTHING if text is None else str(text)
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in whole
    )


def json_text(value: object, *, indent: int | None = None, compact: bool = False) -> str:
    """Return JSON in which nothing but printable characters stands, whatever the values hold.

    JSON itself escapes only the first thirty-two: not DEL, the C1 controls, what turns the writing
    direction round, nor half a surrogate pair, which no encoder takes.
    """
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("_", "-")
    text = json.dumps(
        value,
        ensure_ascii=encoding not in {"utf-8", "utf8"},
        indent=indent,
        separators=(",", ":") if compact else None,
    )
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def figure(value: float, language: Language) -> str:
    """Return a number with one decimal, as the language writes it.

    Money is never written by this: it stands as Amazon and Finvalda have it, to be found again.
    """
    text = f"{value:.1f}"
    return text.replace(".", ",") if language == "lt" else text


def span(seconds: float | None) -> str:
    """Return a length of time in its two largest units, as in `2 min 5 s`."""
    if seconds is None:
        return NOTHING
    left = round(max(0.0, seconds))
    if left < _MINUTE:
        return f"{left} s"
    if left < _HOUR:
        return f"{left // _MINUTE} min {left % _MINUTE} s"
    if left < _DAY:
        return f"{left // _HOUR} h {left % _HOUR // _MINUTE} min"
    return f"{left // _DAY} d {left % _DAY // _HOUR} h"


def clock_time(moment: datetime | None, now: datetime) -> str:
    """Return a moment in UTC, its date only where that is not today's."""
    if moment is None:
        return NOTHING
    today = moment.date() == now.date()
    return moment.strftime("%H:%M:%SZ" if today else "%Y-%m-%d %H:%M:%SZ")


def date_time(moment: datetime | None) -> str:
    """Return a moment in UTC with its date."""
    return NOTHING if moment is None else moment.strftime("%Y-%m-%d %H:%M:%SZ")


def exact(moment: datetime) -> str:
    """Return a moment for machines: ISO 8601 in UTC, with milliseconds where it has some."""
    timespec = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")
