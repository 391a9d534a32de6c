"""What commands take alike: regions, times and order ids; a wrong one is a usage error (exit 2)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from fvsamazon.regions import REGION_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fvsamazon.regions import RegionName

REGION_HELP = "NorthAmerica, Europe or FarEast"
SINCE_HELP = "ISO 8601 date or time, as in 2026-01-31 or 2026-01-31T08:00:00+02:00 (else UTC)."
_STATUS = re.compile(r"[A-Za-z_]{0,60}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,59}")


def region(word: str | None) -> RegionName | None:
    """Return the region that a word names, in any case of its letters."""
    if word is None:
        return None
    known: dict[str, RegionName] = {name.lower(): name for name in REGION_NAMES}
    found = known.get(word.replace("_", "").replace("-", "").lower())
    if found is None:
        raise typer.BadParameter(f"{word!r} is no region; write {REGION_HELP}")
    return found


def regions(words: Iterable[str] | None) -> tuple[RegionName, ...]:
    """Return the regions that are named, none for all."""
    found = (region(word) for word in words or ())
    return tuple(name for name in found if name is not None)


def status(word: str | None) -> str | None:
    """Return a status as Amazon writes it."""
    if word is not None and not _STATUS.fullmatch(word):
        raise typer.BadParameter(f"{word!r} is no status, as in SHIPPED")
    return word.upper() if word else None


def moment(word: str | None) -> datetime | None:
    """Return the moment that a date or time names, in UTC."""
    if word is None:
        return None
    try:
        found = datetime.fromisoformat(word)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{word!r} is no date or time; write an {SINCE_HELP}") from None


def order_ids(words: Iterable[str]) -> tuple[str, ...]:
    """Return order ids, each once; Amazon's have the form 123-1234567-1234567."""
    ids = tuple(dict.fromkeys(word.strip() for word in words))
    for word in ids:
        if not _ID.fullmatch(word):
            raise typer.BadParameter(f"{word!r} is no order id, as in 123-1234567-1234567")
    return ids
