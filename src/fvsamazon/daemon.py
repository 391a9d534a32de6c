"""The composition root: builds every object once, runs the regions, applies reloads.

Only this module and the command line see the settings whole. What it hands out are plain values,
so that no part knows about reloading: it is born with its settings and replaced when they differ.
"""

from __future__ import annotations

import contextlib
import math
import signal
from functools import partial
from typing import TYPE_CHECKING

import anyio

from fvsamazon import __version__, events, logs
from fvsamazon.amazon.http import HttpClients
from fvsamazon.assembly import (
    Sinks,
    account_specs,
    buyers,
    configured,
    delivery_spec,
    keeper,
    owned_store,
    plain_host,
    privacy_plan,
    read_again,
    rules_in_force,
)
from fvsamazon.clock import wait_any
from fvsamazon.delivery.running import Delivery
from fvsamazon.errors import ConfigError, StoreError
from fvsamazon.heartbeat import Heartbeat
from fvsamazon.poller.build import Workshop
from fvsamazon.poller.running import Regions, end_all
from fvsamazon.reminders import Reminders, credentials
from fvsamazon.retention import Purger
from fvsamazon.settings import changed, newly_hidden, secret_values
from fvsamazon.store import accounts, schema
from fvsamazon.store.database import is_trouble
from fvsamazon.supervisor import STEP_LIMIT, Guard, Watchdog, run_loop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anyio.abc import TaskGroup

    from fvsamazon.clock import Clock
    from fvsamazon.poller.build import AccountSpec
    from fvsamazon.sdnotify import Notifier
    from fvsamazon.settings import Loaded, Settings
    from fvsamazon.store.database import Database
    from fvsamazon.store.lock import Marker

DRAIN = 3.0
"""Seconds that steps under way get to finish at a stop or a reload; then they are abandoned."""
START_GRACE = 0.5
"""Seconds that a start under way gets at a stop: its regions may have a page in hand already."""
LAST_WORK = 1.0
"""Seconds for the very last work: another program's lock may keep its write from happening."""


class Daemon:
    """The long-running process behind `fvsamazon run`."""

    def __init__(
        self,
        loaded: Loaded,
        *,
        environ: Mapping[str, str],
        clock: Clock,
        notifier: Notifier,
        configure_logs: Callable[[Settings], None],
    ) -> None:
        self._loaded = loaded
        self._in_force = loaded
        self._environ = environ
        self._clock = clock
        self._notifier = notifier
        self._configure_logs = configure_logs
        self._log = logs.get_logger()
        self._guard = Guard(clock, self._log)
        self._regions = Regions(clock, self._guard, self._log)
        self._clients = HttpClients()
        self._life = anyio.CancelScope()
        self._started = False
        self._stopping = anyio.Event()
        self._reload_wanted = anyio.Event()
        self._reload_began = 0.0
        self._reload_scope = anyio.CancelScope()
        self._half_way = False
        self._clean = True
        self._reloaded = anyio.Event()
        self._rules = rules_in_force(loaded.settings)
        self._guardian = keeper(loaded.settings, clock)
        self._delivery = Delivery(clock, self._guard, self._log)

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT.

        Raises `StoreError` where the database cannot be used at the start, `StoreCorrupt` later.
        """
        logs.protect(*secret_values(self._loaded.settings))
        began = self._clock.elapsed()
        async with anyio.create_task_group() as listening:
            # Before anything is opened: whenever a stop comes, it is one in order.
            await listening.start(self._listen)
            with self._life:
                await self._live()
            if self._life.cancelled_caught and self._regions.names:
                self._clean = False
            listening.cancel_scope.cancel()
        self._log.info(
            events.DAEMON_STOPPED,
            clean=self._clean,
            seconds=round(self._clock.elapsed() - began, 1),
        )

    async def _live(self) -> None:
        async with owned_store(self._loaded.settings.database) as (database, marker):
            database.on_commit = self._guard.store_wrote
            try:
                async with anyio.create_task_group() as group:
                    await self._start(group, database, marker)
                    self._started = True
                    self._life.deadline = math.inf
                    await self._stopping.wait()
                    self._reload_scope.cancel()
                    self._clean = await self._end_all() and self._clean
                    group.cancel_scope.cancel()
            finally:
                with anyio.move_on_after(LAST_WORK, shield=True):
                    await self._clients.aclose()
                    # Left where it was, the marker is still the one that the database holds.
                    with contextlib.suppress(StoreError):
                        await marker.advance()

    async def _start(self, group: TaskGroup, database: Database, marker: Marker) -> None:
        """Bring everything up; ready when every task has said so."""
        # What is overdue goes before anything new comes.
        async with self._guard.step("retention"):
            await self._purge(database)
        try:
            await self._apply_regions(group, database, reloading=False)
        except Exception as error:
            if isinstance(error, StoreError):
                raise
            self._log.exception(events.TASK_FAILED, task="start")
            self._half_way = True
        watchdog = Watchdog(
            notifier=self._notifier,
            guard=self._guard,
            store_answers=database.answers,
            log=self._log,
        )
        heartbeat = Heartbeat(
            database=database,
            marker=marker,
            clock=self._clock,
            log=self._log,
            notifier=self._notifier,
            guard=self._guard,
        )
        for name, step in (
            ("watchdog", watchdog.step),
            ("heartbeat", heartbeat.step),
            ("retention", partial(self._purge, database)),
            ("reminders", partial(self._remind, database)),
        ):
            await group.start(
                partial(
                    run_loop,
                    name,
                    step,
                    guard=self._guard,
                    clock=self._clock,
                    stopping=self._stopping,
                    wake=lambda: self._reloaded,
                )
            )
        settings = self._loaded.settings
        self._log.info(
            events.DAEMON_STARTED,
            version=__version__,
            database=str(settings.database),
            schema=schema.SCHEMA_VERSION,
            regions=self._regions.names,
            personal_data=settings.personal_data.enabled,
            finvalda=settings.finvalda.url is not None,
        )
        self._tell_warnings(self._loaded)
        # A reload asked for until now waited, so that no region is started twice.
        await group.start(self._reloads, group, database)
        self._notifier.ready()

    async def _listen(
        self, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED
    ) -> None:
        """Turn signals into what they ask for; a second one to stop cancels at once."""
        wanted = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
        with anyio.open_signal_receiver(*wanted) as received:
            task_status.started()
            async for number in received:
                if number in {signal.SIGTERM, signal.SIGINT}:
                    self._stop(signal.Signals(number))
                elif number == signal.SIGHUP:
                    self._reload_wanted.set()
                else:
                    self._log.info(events.POLL_REQUESTED, regions=self._regions.names)
                    self._regions.poll_now()

    def _stop(self, number: signal.Signals) -> None:
        if self._stopping.is_set():
            self._clean = False
            self._life.cancel()
            return
        self._log.info(events.DAEMON_STOPPING, signal=number.name)
        self._notifier.stopping()
        self._stopping.set()
        if not self._started:
            if not self._regions.names:
                self._life.cancel()
                return
            # Ended in order if the start gets that far, else left as it is.
            self._life.deadline = anyio.current_time() + START_GRACE

    async def _reloads(
        self,
        group: TaskGroup,
        database: Database,
        *,
        task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED,
    ) -> None:
        """Reload whenever a signal asked for it; several that come together are one."""
        with self._reload_scope:
            task_status.started()
            while True:
                if not self._half_way:
                    await self._reload_wanted.wait()
                wait = 0.0
                while self._reload_wanted.is_set() or self._half_way:
                    wanted = await wait_any(self._clock, wait, self._reload_wanted)
                    async with self._guard.step("reload") as outcome:
                        if wanted:
                            self._reload_wanted = anyio.Event()
                            await self._reload(group, database)
                        else:
                            # A full disk, say: bring what runs to what was read.
                            await self._put_in_force(group, database)
                    wait = outcome.wait
                    self._guard.idle("reload", wait + STEP_LIMIT)
                self._guard.forget("reload")

    async def _reload(self, group: TaskGroup, database: Database) -> None:
        """Put edited settings in force, or say why not and keep the running ones."""
        self._reload_began = self._clock.elapsed()
        self._notifier.reloading()
        try:
            try:
                loaded, rules = read_again(self._loaded, self._environ)
                self._configure_logs(loaded.settings)
            except ConfigError as error:
                self._log.error(
                    events.SETTINGS_REJECTED,
                    faults=list(error.faults),
                    file=str(self._loaded.file) if self._loaded.file else None,
                )
                return
            self._loaded, self._rules = loaded, rules
            logs.protect(*secret_values(loaded.settings))
            await self._put_in_force(group, database)
        finally:
            self._notifier.ready()

    async def _put_in_force(self, group: TaskGroup, database: Database) -> None:
        """Bring what runs to the settings read last, and tell what that changed."""
        before, loaded = self._in_force, self._loaded
        differs = changed(before.settings, loaded.settings)
        self._half_way = True
        restarted = await self._apply_regions(group, database, reloading=True)
        self._in_force, self._half_way = loaded, False
        self._reloaded.set()
        self._reloaded = anyio.Event()
        self._log.info(
            events.SETTINGS_RELOADED,
            changed=sorted(differs - {"database"}),
            restarted=restarted,
            file=str(loaded.file) if loaded.file else None,
            seconds=round(self._clock.elapsed() - self._reload_began, 2),
        )
        fixed = ["FVSAMAZON_DATABASE"] if "database" in differs else []
        if fixed or loaded.credentials:
            names = [*fixed, *loaded.credentials]
            self._log.warning(events.SETTINGS_NEED_RESTART, names=names)
        if hidden := newly_hidden(before, loaded):
            self._log.warning(events.SETTINGS_HIDDEN, names=list(hidden))
        self._tell_warnings(loaded)

    async def _end_all(self) -> bool:
        """End regions and delivery; return False where a step had to be abandoned."""
        ended = []

        async def end_delivery() -> None:
            ended.append(await self._delivery.stop(DRAIN))

        async with anyio.create_task_group() as group:
            group.start_soon(end_delivery)
            going = self._regions.ask_to_stop(self._regions.names)
            ended.append(await end_all(going, DRAIN))
        return all(ended)

    async def _apply_regions(
        self, group: TaskGroup, database: Database, *, reloading: bool
    ) -> list[str]:
        """Start, stop and restart the regions whose settings differ from what runs."""
        wanted = account_specs(self._loaded.settings)
        known = configured(wanted)
        running, bugs = self._regions.names, []
        gone = [name for name in running if self._regions.differs(name, wanted.get(name))]
        fresh = [name for name in wanted if name in gone or name not in running]
        # Regions and delivery drain beside each other: one after the other they would take longer
        # than a reload may.
        going, until = self._regions.ask_to_stop(gone), self._clock.elapsed() + DRAIN
        redelivering = False
        try:
            redelivering = await self._delivery.apply(
                group,
                database,
                delivery_spec(self._loaded.settings),
                self._rules,
                personal=buyers(self._loaded.settings, database),
                privacy=privacy_plan(self._loaded.settings),
                reloading=reloading,
            )
        except Exception as error:
            if is_trouble(error):
                raise
            bugs.append(error)
        finally:
            await end_all(going, until - self._clock.elapsed())
        await accounts.retire(database, known)
        if self._guardian.plan != privacy_plan(self._loaded.settings):
            self._guardian = keeper(self._loaded.settings, self._clock)
        # Also where no region restarts: a key that was put right is told by the reload.
        await self._guardian.look(database)
        sink = Sinks(self._guardian, self._delivery.sink)

        def workshop(spec: AccountSpec) -> Workshop:
            http = self._clients.by_way_of(spec.proxy)
            return Workshop(database=database, clock=self._clock, http=http, sink=sink)

        for name in fresh:
            try:
                await self._regions.start(group, wanted[name], known, workshop, try_now=reloading)
            except Exception as error:
                if is_trouble(error):
                    raise
                bugs.append(error)
        self._regions.try_again(name for name in wanted if name not in fresh)
        # Not before everything else runs: a bug in one region, or in the delivery, is its own.
        for bug in bugs:
            raise bug
        ended = [name for name in gone if name not in wanted]
        return [*fresh, *ended, *(["delivery"] if redelivering else [])]

    async def _purge(self, database: Database) -> float:
        """Erase what is due; return the seconds until the next time."""
        purger = Purger(
            database,
            self._clock,
            days=self._loaded.settings.personal_data.retention_days,
            log=self._log,
            progress=lambda: self._guard.idle("retention", STEP_LIMIT),
        )
        return await purger.step()

    async def _remind(self, database: Database) -> float:
        """Give the warnings of the day; return the seconds until the next look."""
        settings = self._loaded.settings
        return await Reminders(
            database,
            self._clock,
            credentials=credentials(settings),
            plain_host=plain_host(settings),
            log=self._log,
        ).step()

    def _tell_warnings(self, loaded: Loaded) -> None:
        for warning in loaded.warnings:
            self._log.warning(events.SETTINGS_WARNING, detail=warning.say())
