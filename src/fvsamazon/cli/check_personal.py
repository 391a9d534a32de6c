"""What `check` finds out of personal data: whether its key is there, right, and its purge in time.

Only asked while personal data is on. No value of any person is read here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon.assembly import privacy_plan
from fvsamazon.cli import check_texts as texts
from fvsamazon.cli import context
from fvsamazon.cli.check_rows import Row
from fvsamazon.clock import SystemClock
from fvsamazon.errors import StoreError
from fvsamazon.keyfile import KeyUnusable
from fvsamazon.logs import get_logger
from fvsamazon.retention import ClockUntrusted, Purger
from fvsamazon.store import personal

if TYPE_CHECKING:
    from fvsamazon.settings import Settings
    from fvsamazon.vault import Keyring


async def personal_rows(settings: Settings) -> list[Row]:
    """Return a row for the key and one for the retention."""
    language = settings.language
    try:
        ring = privacy_plan(settings).vault().keys()
        rows = await _stored(settings, ring)
    except KeyUnusable as error:
        return [Row("personal data", "fail", error.reason(language), error.cure(language))]
    except StoreError:
        # Told by the database's own row.
        rows = []
    return [Row("personal data", "ok", texts.KEY_GOOD.say(language)), *rows]


async def _stored(settings: Settings, ring: Keyring) -> list[Row]:
    if not context.database_exists(settings.database):
        return []
    language, days = settings.language, settings.personal_data.retention_days
    async with context.opened(settings) as database:
        ring.require(await personal.key_ids(database))
        try:
            due, _ = await Purger(database, SystemClock(), days=days, log=get_logger()).due()
        except ClockUntrusted as error:
            return [Row("retention", "fail", error.say(language))]
    detail = texts.RETENTION.say(language, days=days, due=due)
    remedy = texts.PURGE_NOW.say(language) if due else None
    return [Row("retention", "warn" if due else "ok", detail, remedy)]
