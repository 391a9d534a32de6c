"""`fvsamazon sync`: one pass over everything, with a progress bar where someone watches.

A bug stays its own account's, as in the daemon: it is told with its traceback, the others' work is
done, and the exit code says that not everything was.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from fvsamazon import events, logs, status
from fvsamazon.amazon.http import HttpClients
from fvsamazon.assembly import (
    Sinks,
    account_specs,
    configured,
    intents,
    keeper,
    owned_store,
    rules_in_force,
)
from fvsamazon.cli import action_texts as texts
from fvsamazon.cli import context, status_texts
from fvsamazon.cli.bars import bars
from fvsamazon.cli.sync_delivery import Delivered, deliver_due
from fvsamazon.cli.wording import shown
from fvsamazon.clock import SystemClock
from fvsamazon.errors import StoreCorrupt, StoreUnavailable
from fvsamazon.poller.build import Workshop
from fvsamazon.regions import REGIONS
from fvsamazon.retention import Purger
from fvsamazon.store import accounts
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress, TaskID

    from fvsamazon.cli.context import Invocation
    from fvsamazon.delivery.build import RulesInForce
    from fvsamazon.poller.region import AccountTask
    from fvsamazon.settings import Settings
    from fvsamazon.store.database import Database
    from fvsamazon.texts import Language, Sayable


BUG = Text(
    en="a bug of the program ({error}); report it with the traceback in the log",
    lt="programos klaida ({error}); praneškite apie ją su žurnalo įrašu",
)
PATIENCE = 30.0
"""Seconds of rest after failures beyond which a pass gives a history up."""


@dataclass(slots=True)
class _Result:
    """What became of one account."""

    region: str
    name: str
    ok: bool
    reason: Sayable | None
    new: int = 0


def run_sync(invocation: Invocation, regions: tuple[str, ...], *, deliver: bool) -> None:
    """Catch up once; exit 0 when every account was caught up, 1 otherwise."""
    settings = invocation.settings()
    off = [name for name in REGIONS if name in regions and name not in settings.regions_on()]
    for name in off:
        setting = f"FVSAMAZON_{REGIONS[name].setting}__CLIENT_ID"
        told = texts.REGION_OFF.say(settings.language, region=name, setting=setting)
        print(f"fvsamazon: {told}", file=sys.stderr)
    if off:
        sys.exit(context.EX_FAILED)
    rules = rules_in_force(settings)
    results, delivered = context.run_async(lambda: _sync(settings, regions, rules, deliver=deliver))
    if not all(result.ok for result in results) or not delivered.ok:
        sys.exit(context.EX_FAILED)


async def _sync(
    settings: Settings, wanted: tuple[str, ...], rules: RulesInForce, *, deliver: bool
) -> tuple[list[_Result], Delivered]:
    clock = SystemClock()
    began = clock.elapsed()
    specs = account_specs(settings)
    known = configured(specs)
    results: list[_Result] = []
    progress = bars()
    async with owned_store(settings.database) as (database, _marker):
        days = settings.personal_data.retention_days
        with _own_bugs(results, task="retention"):
            await Purger(database, clock, days=days, log=logs.get_logger()).step()
        guardian = keeper(settings, clock)
        await guardian.look(database)
        sink = Sinks(guardian, intents(settings, clock, rules))
        await accounts.retire(database, known)
        async with HttpClients() as clients:
            tasks = []
            for region, account_list in specs.items():
                if wanted and region not in wanted:
                    continue
                for spec in account_list:
                    http = clients.by_way_of(spec.proxy)
                    workshop = Workshop(database=database, clock=clock, http=http, sink=sink)
                    with _own_bugs(results, region=region, account=spec.name):
                        task = await workshop.account(spec, known, try_now=True)
                        tasks.append((region, task))
            with progress:
                async with anyio.create_task_group() as group:
                    language = settings.language
                    for region, task in tasks:
                        bar = progress.add_task(f"{region}/{task.name}", total=None, note="")
                        group.start_soon(
                            _catch_up, database, clock, region, task, results, progress, bar,
                            language,
                        )  # fmt: skip
        delivered = Delivered()
        if deliver:
            delivered = await deliver_due(settings, rules, database, clock)
        report = await status.collect(database, clock)
    _tell(results, report, delivered, clock.elapsed() - began, settings.language)
    return results, delivered


async def _catch_up(
    database: Database,
    clock: SystemClock,
    region: str,
    task: AccountTask,
    results: list[_Result],
    progress: Progress,
    bar: TaskID,
    language: Language,
) -> None:
    """Go on with one account until it is caught up or has failed."""
    try:
        with _own_bugs(results, region=region, account=task.name):
            await _poll(database, clock, region, task, results, progress, bar, language)
    finally:
        progress.update(bar, total=1, completed=1)


async def _poll(
    database: Database,
    clock: SystemClock,
    region: str,
    task: AccountTask,
    results: list[_Result],
    progress: Progress,
    bar: TaskID,
    language: Language,
) -> None:
    poller = task.poller
    poller.poll_now()
    before = (await accounts.counters(database)).copy()
    while poller.live_polls == 0 or poller.history_left:
        wait = await poller.step()
        if poller.state.wait() > 0 or (poller.live_polls and poller.history_rests > PATIENCE):
            break
        doing = texts.WAITING if wait > 1 else texts.READING
        progress.update(bar, note=doing.say(language))
        if poller.live_polls and not poller.history_left:
            break
        await clock.sleep(wait)
    row = await accounts.find(database, region, task.name)
    after = await accounts.counters(database)
    key = (row.id if row else 0, "orders")
    ok = poller.live_polls > 0 and not poller.history_left
    progress.update(bar, note=(texts.DONE if ok else texts.NOT_DONE).say(language))
    results.append(
        _Result(
            region=region,
            name=task.name,
            ok=ok,
            reason=None if ok else poller.state.reason,
            new=after.get(key, 0) - before.get(key, 0),
        )
    )


@contextmanager
def _own_bugs(results: list[_Result], **where: str) -> Iterator[None]:
    """Keep a bug from ending the pass; the store's trouble is everybody's and does."""
    try:
        yield
    except (StoreUnavailable, StoreCorrupt):
        raise
    except Exception as error:  # noqa: BLE001 - this is where a bug stays its account's own
        if "region" in where:
            logs.get_logger().exception(events.REGION_FAILED, **where)
        else:
            logs.get_logger().exception(events.TASK_FAILED, task=where["task"])
        why = BUG.filled(error=type(error).__name__)
        name = where.get("account", where.get("task", ""))
        results.append(_Result(where.get("region", "-"), name, ok=False, reason=why))


def _tell(
    results: list[_Result],
    report: status.Report,
    delivered: Delivered,
    seconds: float,
    language: Language,
) -> None:
    orders = {(a.region, a.name): a.orders for a in report.accounts}
    for result in sorted(results, key=lambda r: (r.region, r.name)):
        total = status_texts.ORDERS_KEPT.say(language, orders.get((result.region, result.name), 0))
        facts = {"where": f"{result.region}/{result.name}", "new": result.new, "total": total}
        if result.ok:
            print(texts.CAUGHT_UP.say(language, **facts))
        else:
            why = shown((result.reason or texts.NO_ANSWER).say(language))
            print(texts.NOT_CAUGHT_UP.say(language, why=why, **facts))
    if not results:
        print(texts.NO_REGION.say(language))
    for sentence in delivered.sentences(report.deliveries, language):
        print(sentence)
    logs.get_logger().info(
        events.SYNC_COMPLETED,
        regions=sorted({result.region for result in results}),
        orders=sum(orders.values()),
        new=sum(result.new for result in results),
        booked=delivered.booked,
        held=report.deliveries["held"],
        failed=sum(not result.ok for result in results),
        seconds=round(seconds, 1),
    )
