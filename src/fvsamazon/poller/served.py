"""How far back Amazon answers: searches and `status` go by the same edge."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fvsamazon import windows
from fvsamazon.clock import from_micros, to_micros
from fvsamazon.regions import HISTORY_YEARS, LONG_HISTORY, LONG_HISTORY_SINCE, marketplace_code

if TYPE_CHECKING:
    from collections.abc import Iterable


def served_from(region: str, marketplaces: Iterable[str], amazon_now: int) -> int:
    """Return the earliest instant that Amazon serves (sp-api.md section 3); no filter: none."""
    now = from_micros(amazon_now)
    codes = {marketplace_code(name) for name in marketplaces}
    if region == "FarEast" and (not codes or codes <= LONG_HISTORY):
        return to_micros(datetime(LONG_HISTORY_SINCE, 1, 1, tzinfo=UTC))
    # A day later than two years ago to the second: what lies on the edge is refused.
    day = 28 if (now.month, now.day) == (2, 29) else now.day
    edge = to_micros(now.replace(year=now.year - HISTORY_YEARS, day=day))
    return windows.floor_second(edge + 86_400_000_000)
