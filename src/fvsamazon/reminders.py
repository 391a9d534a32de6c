"""Warnings once a day: credentials that will soon end, a connection that nobody encrypts.

In: what the settings say, and when each credential was first seen. Out: log lines, and for
`status` and `check` which credentials are near their end. What was told is remembered in the
database, so that a service that is restarted often does not repeat itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

from fvsamazon import events
from fvsamazon.clock import from_micros, to_micros
from fvsamazon.regions import REGIONS
from fvsamazon.store import accounts, notices
from fvsamazon.store.accounts import MAIN

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from structlog.typing import FilteringBoundLogger

    from fvsamazon.clock import Clock
    from fvsamazon.settings import Settings
    from fvsamazon.store.database import Database

EVERY = 3_600.0
"""Seconds between two looks."""
DAY = timedelta(days=1)
LIVES = {"secret": timedelta(days=180), "token": timedelta(days=365)}
"""How long Amazon accepts a client secret, and how long an authorisation lasts."""
AHEAD = timedelta(days=30)
"""How long before its end a credential is warned of: a token after 11 months."""


@dataclass(frozen=True, slots=True)
class Credential:
    """One secret of the settings, by the name of its setting; `issued` is what they say."""

    region: str
    account: str
    setting: str
    kind: Literal["secret", "token"]
    issued: date | None


def credentials(settings: Settings, recorded: Collection[tuple[str, str]] = ()) -> list[Credential]:
    """Return every credential of Amazon's that ends some day.

    `recorded` are accounts, by region and name, whose token the service alone is handed.
    """
    found = []
    for name, region in settings.regions_on().items():
        prefix = f"FVSAMAZON_{REGIONS[name].setting}__"
        tokens = dict.fromkeys(region.accounts)
        if region.refresh_token is not None or (name, MAIN) in recorded:
            tokens = {MAIN: region.refresh_token_issued, **tokens}
        for account, issued in tokens.items():
            place = "" if account == MAIN else f"ACCOUNTS__{account.upper()}__"
            found.append(
                Credential(name, account, f"{prefix}{place}REFRESH_TOKEN", "token", issued)
            )
        first = next(iter(tokens), MAIN)
        issued = region.client_secret_issued
        found.append(Credential(name, first, f"{prefix}CLIENT_SECRET", "secret", issued))
    return found


@dataclass(frozen=True, slots=True)
class Ending:
    """A credential that Amazon will soon stop accepting, or has."""

    credential: Credential
    at: datetime
    days: int
    """Days left; below zero: days past."""


async def near_their_end(
    database: Database, credentials: Sequence[Credential], now: datetime
) -> list[Ending]:
    """Return the credentials that are to be warned of, the most urgent first."""
    found = []
    for credential in credentials:
        end = await _end(database, credential)
        if end is not None and now >= end - AHEAD:
            found.append(Ending(credential, end, (end - now).days))
    return sorted(found, key=lambda ending: ending.at)


async def _end(database: Database, credential: Credential) -> datetime | None:
    life = LIVES[credential.kind]
    if credential.issued is not None:
        return datetime.combine(credential.issued, time(), UTC) + life
    row = await accounts.find(database, credential.region, credential.account)
    if row is None:
        return None
    seen = row.secret_seen_at if credential.kind == "secret" else row.token_seen_at
    return None if seen is None else from_micros(seen) + life


class Reminders:
    """Tells what is due to be told."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        credentials: Sequence[Credential],
        plain_host: str | None,
        log: FilteringBoundLogger,
    ) -> None:
        self._database = database
        self._clock = clock
        self._credentials = credentials
        self._plain_host = plain_host
        self._log = log

    async def step(self) -> float:
        """Warn of everything that was not warned of today; return the seconds to the next look."""
        now = self._clock.now()
        for ending in await near_their_end(self._database, self._credentials, now):
            credential = ending.credential
            if await self._is_due(f"credential:{credential.setting}", now):
                self._log.warning(
                    events.CREDENTIAL_EXPIRING,
                    region=credential.region,
                    account=credential.account,
                    credential=credential.setting,
                    expires=ending.at.date().isoformat(),
                    days=ending.days,
                )
        if self._plain_host is not None and await self._is_due("insecure", now):
            self._log.warning(events.DELIVERY_INSECURE, host=self._plain_host)
        return EVERY

    async def _is_due(self, name: str, now: datetime) -> bool:
        """Say whether a warning was not given within a day, and note that it now is."""
        told = await notices.told(self._database, name)
        if told is not None and timedelta(0) <= now - from_micros(told) < DAY:
            return False
        async with self._database.transaction() as tx:
            await notices.tell(tx, name, to_micros(now))
        return True
