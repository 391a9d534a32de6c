"""What `status` and `check` say of credentials that Amazon will soon stop accepting.

In: dates of the settings, else when the service first saw a credential. Out: names and dates,
never a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fvsamazon.cli.check_rows import Row
from fvsamazon.clock import SystemClock
from fvsamazon.reminders import Ending, credentials, near_their_end
from fvsamazon.store import accounts
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from fvsamazon.settings import Settings
    from fvsamazon.store.database import Database
    from fvsamazon.texts import Language

ENDS = Text(
    en="{setting}: Amazon accepts it until {date}, {days} d from now",
    lt="{setting}: „Amazon“ priims iki {date}, liko {days} d.",
)
ENDED = Text(
    en="{setting}: Amazon accepts it only until {date}, which is past",
    lt="{setting}: „Amazon“ priėmė tik iki {date}, o ta diena jau praėjo",
)
RENEW = Text(
    en="renew it in Seller Central and put the new one into the settings, with its …_ISSUED date",
    lt="atnaujinkite jį „Seller Central“ ir naująjį kartu su …_ISSUED data įrašykite į nustatymus",
)


async def near(settings: Settings, database: Database) -> tuple[Ending, ...]:
    """Return the credentials that are near their end, the most urgent first."""
    rows = await accounts.all_accounts(database, active=True)
    known = credentials(settings, {(row.region, row.name) for row in rows})
    return tuple(await near_their_end(database, known, SystemClock().now()))


def sentence(ending: Ending, language: Language) -> str:
    """Return when it ends."""
    text = ENDED if ending.days < 0 else ENDS
    day = ending.at.date().isoformat()
    return text.say(language, setting=ending.credential.setting, date=day, days=ending.days)


def remark(ending: Ending, language: Language) -> str:
    """Return when it ends, and what to do."""
    return f"{sentence(ending, language)}; {RENEW.say(language)}"


def as_json(ending: Ending) -> dict[str, Any]:
    """Return the stable form of `status --json`."""
    return {
        "region": ending.credential.region,
        "account": ending.credential.account,
        "setting": ending.credential.setting,
        "expires": ending.at.date().isoformat(),
        "days": ending.days,
    }


def rows(endings: tuple[Ending, ...], language: Language) -> list[Row]:
    """Return a row of `check` for each."""
    return [
        Row(
            "credential",
            "warn",
            sentence(ending, language),
            RENEW.say(language),
            ending.credential.region,
            ending.credential.account,
        )
        for ending in endings
    ]
