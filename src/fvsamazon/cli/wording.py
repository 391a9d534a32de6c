"""How times, lengths of time and foreign texts are written for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

NOTHING = "-"
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def shown(text: object) -> str:
    """Return any text on one line, what cannot be printed as escapes."""
    whole = NOTHING if text is None else str(text)
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in whole
    )


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
