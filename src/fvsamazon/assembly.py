"""From settings to the parts of a running program: accounts, clients, an opened store."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fvsamazon import events, logs
from fvsamazon.delivery.adopting import forget_since
from fvsamazon.delivery.build import DeliverySpec, RulesInForce, load_rules
from fvsamazon.delivery.buyers import Buyers
from fvsamazon.delivery.evaluating import no_personal_data
from fvsamazon.delivery.intents import IntentSink, Plan, plan_of
from fvsamazon.errors import ConfigError
from fvsamazon.poller.build import AccountSpec, data_sets
from fvsamazon.poller.planning import PollPlan
from fvsamazon.privacy import Keeper, PrivacyPlan
from fvsamazon.settings import load
from fvsamazon.store import buckets, schema
from fvsamazon.store.accounts import MAIN
from fvsamazon.store.database import Database
from fvsamazon.store.lock import DaemonLock, Marker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from fvsamazon.clock import Clock
    from fvsamazon.delivery.evaluating import Personal
    from fvsamazon.orders import OrderRecord, Unreadable
    from fvsamazon.poller.recording import OrderSink
    from fvsamazon.regions import RegionName
    from fvsamazon.settings import Loaded, Settings
    from fvsamazon.store.accounts import AccountRow
    from fvsamazon.store.database import Transaction
    from fvsamazon.store.orders import Recorded
    from fvsamazon.texts import Sayable


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
                privacy=privacy_plan(settings),
            )
        )
    return found


def privacy_plan(settings: Settings) -> PrivacyPlan:
    """Return what the settings say of personal data."""
    group = settings.personal_data
    return PrivacyPlan(group.enabled, group.retention_days, group.key_bytes, group.key_file)


def plain_host(settings: Settings) -> str | None:
    """Return the host that is spoken to without encryption across a network, if any."""
    group = settings.finvalda
    return urlsplit(group.url).hostname if group.url and group.plain_http else None


def keeper(settings: Settings, clock: Clock, *, beside_daemon: bool = False) -> Keeper:
    """Return who keeps the personal part of recorded orders."""
    plan, log = privacy_plan(settings), logs.get_logger()
    return Keeper(plan, clock=clock, log=log, beside_daemon=beside_daemon)


class Sinks:
    """Hands recorded orders on to several, in their order, within the same transaction."""

    def __init__(self, *sinks: OrderSink) -> None:
        self._sinks = sinks

    async def recorded(
        self,
        tx: Transaction,
        account: AccountRow,
        found: Sequence[OrderRecord | Unreadable],
        outcome: Recorded,
    ) -> None:
        for sink in self._sinks:
            await sink.recorded(tx, account, found, outcome)


def delivery_spec(settings: Settings) -> DeliverySpec | None:
    """Return what the settings say of Finvalda; None where there is none."""
    group = settings.finvalda
    if group.url is None:
        return None
    return DeliverySpec(
        url=group.url,
        username=group.username or "",
        password=group.password.get_secret_value() if group.password else "",
        company_id=group.company_id,
        conn_string=group.conn_string.get_secret_value() if group.conn_string else None,
        parameter=group.parameter,
        language=group.language or settings.language,
        ca_file=group.ca_file,
        proxy=group.proxy.get_secret_value() if group.proxy else None,
        timeout=group.timeout,
    )


def rules_in_force(settings: Settings) -> RulesInForce:
    """Read the booking rules; raises `ConfigError` with every fault."""
    return load_rules(settings.booking_rules)


def intents(settings: Settings, clock: Clock, rules: RulesInForce | None = None) -> IntentSink:
    """Return who writes the intents of recorded orders.

    Without `rules` they are read here; where they cannot be, whatever may be due gets an intent.
    """
    if settings.finvalda.url is None:
        return IntentSink(clock)
    try:
        plan = plan_of((rules or rules_in_force(settings)).rules)
    except ConfigError:
        plan = Plan(early=True, partial=True, reservation=True)
    return IntentSink(clock, plan)


def read_again(running: Loaded, environ: Mapping[str, str]) -> tuple[Loaded, RulesInForce]:
    """Read settings and rules once more; raises `ConfigError` with the faults of both."""
    faults: list[Sayable] = []
    loaded = running
    try:
        loaded = load(running.file, environ)
    except ConfigError as error:
        faults += error.told
    try:
        rules = rules_in_force(loaded.settings)
    except ConfigError as error:
        raise ConfigError([*faults, *error.told]) from error
    if faults:
        raise ConfigError(faults)
    return loaded, rules


def buyers(settings: Settings, database: Database) -> Personal:
    """Return who knows the buyers: nobody while personal data is switched off."""
    plan = privacy_plan(settings)
    return Buyers(database, plan.vault()) if plan.enabled else no_personal_data


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
                async with database.transaction() as tx:
                    await forget_since(tx)
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
