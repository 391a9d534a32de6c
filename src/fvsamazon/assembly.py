"""From settings to the parts of a running program: accounts, clients, an opened store."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fvsamazon import events, logs
from fvsamazon.poller.build import AccountSpec, data_sets
from fvsamazon.poller.planning import PollPlan
from fvsamazon.store import buckets, schema
from fvsamazon.store.accounts import MAIN
from fvsamazon.store.database import Database
from fvsamazon.store.lock import DaemonLock, Marker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from fvsamazon.regions import RegionName
    from fvsamazon.settings import Settings


def account_specs(settings: Settings) -> dict[RegionName, tuple[AccountSpec, ...]]:
    """Return what the settings say of each account, by region."""
    return {name: tuple(_region_specs(settings, name)) for name in settings.regions_on()}


def _region_specs(settings: Settings, name: RegionName) -> Sequence[AccountSpec]:
    region = settings.region(name)
    personal = settings.personal_data.enabled
    found = []
    entries = [
        (account, given.refresh_token, given.marketplaces, given.start_from)
        for account, given in region.accounts.items()
    ]
    if region.refresh_token is not None:
        entries.insert(0, (MAIN, region.refresh_token, region.marketplaces, region.start_from))
    for account, token, marketplaces, start_from in entries:
        following = region.client_secret_next
        found.append(
            AccountSpec(
                region=name,
                name=account,
                endpoint=settings.endpoint(name),
                lwa_url=settings.lwa_url,
                proxy=settings.proxy.get_secret_value() if settings.proxy else None,
                client_id=region.client_id or "",
                client_secret=region.client_secret.get_secret_value()
                if region.client_secret
                else "",
                client_secret_next=following.get_secret_value() if following else None,
                refresh_token=token.get_secret_value(),
                plan=PollPlan(
                    marketplaces=marketplaces,
                    start_from=start_from or region.start_from,
                    poll_interval=region.poll_interval,
                    included_data=data_sets(personal=personal),
                ),
                personal=personal,
                language=settings.language,
            )
        )
    return found


def configured(specs: dict[RegionName, tuple[AccountSpec, ...]]) -> frozenset[tuple[str, str]]:
    """Return region and name of every account of the settings."""
    return frozenset(spec.key for accounts in specs.values() for spec in accounts)


@asynccontextmanager
async def owned_store(path: Path) -> AsyncIterator[tuple[Database, Marker]]:
    """Open the database as the one process that may poll and deliver with it.

    Made where missing, brought up to date, distrusted where it was restored. Raises `StoreBusy`
    while another daemon runs on it, `NewerSchema`, `StoreUnavailable`, `StoreCorrupt`.
    """
    log = logs.get_logger()
    lock = DaemonLock.acquire(path)
    try:
        database = await Database.open(path, create=True)
        try:
            before, now = await schema.migrate(database)
            if before == 0:
                log.info(events.STORE_CREATED, database=str(path), schema=now)
            elif before != now:
                copy = str(schema.copy_path(path, before))
                log.info(
                    events.STORE_MIGRATED,
                    database=str(path),
                    schema_before=before,
                    schema=now,
                    backup=copy,
                )
            marker = Marker(database)
            if not await marker.check():
                await buckets.distrust(database)
                log.warning(
                    events.STORE_RESTORED,
                    database=str(path),
                    why="its marker is not the one that the last daemon left here",
                )
            await marker.advance()
            yield database, marker
        finally:
            await database.close()
    finally:
        lock.release()
