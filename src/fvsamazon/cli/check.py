"""`fvsamazon check`: tests the settings, the database and every account, a row for each thing.

Works beside the daemon and without a database, and makes none. Ends with 1 when a row failed; a
warning is something that works and deserves a look.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from fvsamazon.cli import check_texts as texts
from fvsamazon.cli import context, credentials
from fvsamazon.cli.check_rows import Row
from fvsamazon.cli.check_store import database_rows
from fvsamazon.cli.state_texts import CHECK, CHECKED, worded
from fvsamazon.cli.wording import json_text
from fvsamazon.clock import SystemClock, micros_now
from fvsamazon.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fvsamazon.cli.check_amazon import AccountCheck
    from fvsamazon.cli.context import Invocation
    from fvsamazon.clock import Clock
    from fvsamazon.poller.build import AccountSpec
    from fvsamazon.poller.quota import Quota
    from fvsamazon.settings import Loaded, Settings
    from fvsamazon.store.database import Database
    from fvsamazon.texts import Language


def run_check(invocation: Invocation, *, offline: bool, as_json: bool) -> None:
    """Test everything and print a row for each thing."""
    language: Language
    try:
        loaded = invocation.load()
    except ConfigError as error:
        language = error.language
        rows = [Row("settings", "fail", fault) for fault in error.faults_in(language)]
    else:
        settings = loaded.settings
        language = settings.language
        context.configure_logs(settings, to_stderr=True)
        context.become_owner(settings.database)
        rows = _settings_rows(loaded)
        rows += context.run_async(lambda: _all_rows(settings, offline=offline))
    failed = any(row.state == "fail" for row in rows)
    if as_json:
        document = {"ok": not failed, "rows": [row.as_json() for row in rows]}
        print(json_text(document, indent=2))
    else:
        _print(rows, language)
    if failed:
        sys.exit(context.EX_FAILED)


def _settings_rows(loaded: Loaded) -> list[Row]:
    settings, language = loaded.settings, loaded.settings.language
    source = loaded.file or texts.ENVIRONMENT.say(language)
    rows = [Row("settings", "ok", texts.SETTINGS_FROM.say(language, source=source))]
    rows += [Row("settings", "warn", warning.say(language)) for warning in loaded.warnings]
    if loaded.hidden:
        names = ", ".join(loaded.hidden)
        rows.append(
            Row(
                "settings",
                "warn",
                texts.SETTINGS_HIDDEN.say(language, names=names),
                texts.TAKE_AWAY.say(language),
            )
        )
    if not settings.regions_on():
        rows.append(
            Row(
                "settings",
                "fail",
                texts.NO_REGION.say(language),
                texts.SET_CLIENT_ID.say(language),
            )
        )
    return rows


async def _all_rows(settings: Settings, *, offline: bool) -> list[Row]:
    language = settings.language
    rows = [row async for row in database_rows(settings.database, language)]
    rows += await _personal_rows(settings)
    rows += await _credential_rows(settings)
    from fvsamazon.cli.check_finvalda import finvalda_rows, rules_rows

    told, rules = rules_rows(settings)
    rows += told
    if offline:
        return rows
    usable = all(row.state == "ok" for row in rows if row.check == "database")
    try:
        rows += await _amazon_rows(settings, usable=usable)
    except StoreError as error:
        rows.append(Row("database", "fail", error.say(language)))
    return rows + await finvalda_rows(settings, rules)


async def _personal_rows(settings: Settings) -> list[Row]:
    if not settings.personal_data.enabled:
        return []
    from fvsamazon.cli.check_personal import personal_rows

    return await personal_rows(settings)


async def _credential_rows(settings: Settings) -> list[Row]:
    if not context.database_exists(settings.database):
        return []
    try:
        async with context.opened(settings) as database:
            return credentials.rows(await credentials.near(settings, database), settings.language)
    except StoreError:
        # Told by the database's own row.
        return []


async def _amazon_rows(settings: Settings, *, usable: bool) -> list[Row]:
    """Test all accounts at once; `usable` says whether nothing is wrong with the database."""
    from fvsamazon.amazon.http import HttpClients
    from fvsamazon.assembly import account_specs
    from fvsamazon.cli.check_amazon import AccountCheck

    clock = SystemClock()
    async with AsyncExitStack() as stack:
        database = None
        if usable and context.database_exists(settings.database):
            database = await stack.enter_async_context(context.opened(settings))
        scratch = await stack.enter_async_context(scratch_database())
        clients = await stack.enter_async_context(HttpClients())
        checks: list[AccountCheck] = []
        for spec in (spec for group in account_specs(settings).values() for spec in group):
            quota = await _quota(spec, database, scratch, clock) if usable else None
            http = clients.by_way_of(spec.proxy)
            checks.append(AccountCheck(spec, http, quota, clock, settings.language))
        async with anyio.create_task_group() as group:
            for check in checks:
                group.start_soon(check.run)
    rows = [row for check in checks for row in check.rows]
    return rows + _clock_rows(checks, settings.language)


async def _quota(
    spec: AccountSpec, database: Database | None, scratch: Database, clock: Clock
) -> Quota:
    """Return the account's own buckets, or full ones for an account that has none yet."""
    from fvsamazon.poller.quota import Quota
    from fvsamazon.store import accounts

    row = await accounts.find(database, spec.region, spec.name) if database else None
    if database is not None and row is not None:
        return Quota(database, clock, row.id)
    row = await accounts.ensure(
        scratch,
        region=spec.region,
        name=spec.name,
        refresh_token=spec.refresh_token,
        client_secret=spec.client_secret,
        configured=frozenset({spec.key}),
        now=micros_now(clock),
    )
    return Quota(scratch, clock, row.id)


@asynccontextmanager
async def scratch_database() -> AsyncIterator[Database]:
    """Open a database of its own that is gone afterwards, for buckets that nobody keeps yet."""
    from fvsamazon.store import schema
    from fvsamazon.store.database import Database

    with tempfile.TemporaryDirectory(prefix="fvsamazon-check-") as folder:
        database = await Database.open(Path(folder) / "check.db", create=True)
        try:
            await schema.migrate(database)
            yield database
        finally:
            await database.close()


def _clock_rows(checks: list[AccountCheck], language: Language) -> list[Row]:
    from fvsamazon.cli.check_amazon import CLOCK_TOLERANCE

    found = [c.clock_difference for c in checks if c.clock_difference is not None]
    if not found:
        return []
    most = max(found, key=abs)
    wrong = abs(most) > CLOCK_TOLERANCE
    return [
        Row(
            "clock",
            "warn" if wrong else "ok",
            texts.CLOCK_GOOD.say(language, seconds=round(abs(most))),
            texts.SET_CLOCK.say(language) if wrong else None,
        )
    ]


def _print(rows: list[Row], language: Language) -> None:
    from fvsamazon.cli.tables import console, plain, state, table

    columns = (texts.STATE, texts.CHECK, texts.ACCOUNT, texts.FOUND)
    made = table(*(column.say(language) for column in columns))
    for row in rows:
        found = plain(row.detail)
        if row.remedy:
            found.append("\n").append_text(plain(f"-> {row.remedy}", "italic"))
        told = state(row.state, worded(CHECKED, row.state, language))
        made.add_row(told, plain(worded(CHECK, row.check, language)), plain(row.subject), found)
    console().print(made)
