"""The composition root: builds every object once, runs the regions, applies reloads.

Only this module and the command line see the settings whole. What it hands out are plain values,
so that no part knows about reloading: it is born with its settings and replaced when they differ.
"""

from __future__ import annotations

import contextlib
import signal
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import anyio

from fvsamazon import __version__, events, logs
from fvsamazon.amazon.http import new_http_client
from fvsamazon.assembly import (
    Sinks,
    account_specs,
    buyers,
    configured,
    credentials,
    delivery_spec,
    keeper,
    owned_store,
    plain_host,
    privacy_plan,
    read_again,
    rules_in_force,
)
from fvsamazon.delivery.running import Delivery
from fvsamazon.errors import ConfigError, StoreError
from fvsamazon.heartbeat import Heartbeat
from fvsamazon.poller.build import Workshop
from fvsamazon.poller.region import RegionPoller
from fvsamazon.reminders import Reminders
from fvsamazon.retention import Purger
from fvsamazon.settings import changed, newly_hidden, secret_values
from fvsamazon.store import accounts, schema
from fvsamazon.supervisor import Guard, Watchdog, run_loop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx
    from anyio.abc import TaskGroup

    from fvsamazon.clock import Clock
    from fvsamazon.poller.build import AccountSpec
    from fvsamazon.poller.searching import OrderSink
    from fvsamazon.regions import RegionName
    from fvsamazon.sdnotify import Notifier
    from fvsamazon.settings import Loaded, Settings
    from fvsamazon.store.database import Database

DRAIN = 3.0
"""Seconds that steps under way get to finish at a stop or a reload; then they are abandoned."""


@dataclass(slots=True)
class _Running:
    """One region's task."""

    specs: tuple[AccountSpec, ...]
    poller: RegionPoller
    stopping: anyio.Event
    scope: anyio.CancelScope
    ended: anyio.Event = field(default_factory=anyio.Event)


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
        self._running: dict[RegionName, _Running] = {}
        self._clients: dict[str | None, httpx.AsyncClient] = {}
        self._stopping = anyio.Event()
        self._reload_wanted = anyio.Event()
        self._reload_began = 0.0
        self._reload_scope = anyio.CancelScope()
        self._clean = True
        self._reloaded = anyio.Event()
        self._rules = rules_in_force(loaded.settings)
        self._delivery = Delivery(clock, self._guard, self._log)

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT.

        Raises `StoreError` where the database cannot be used at the start, `StoreCorrupt` later.
        """
        settings = self._loaded.settings
        logs.protect(*secret_values(settings))
        began = self._clock.elapsed()
        async with owned_store(settings.database) as (database, marker):
            database.on_commit = self._guard.store_wrote
            try:
                async with anyio.create_task_group() as group:
                    await group.start(self._listen, group)
                    # What is overdue goes before anything new comes.
                    async with self._guard.step("retention"):
                        await self._purge(database)
                    await self._apply_regions(group, database, reloading=False)
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
                    self._log.info(
                        events.DAEMON_STARTED,
                        version=__version__,
                        database=str(settings.database),
                        schema=schema.SCHEMA_VERSION,
                        regions=list(self._running),
                        personal_data=settings.personal_data.enabled,
                        finvalda=settings.finvalda.url is not None,
                    )
                    self._tell_warnings(self._loaded)
                    # A reload asked for until now waited, so that no region is started twice.
                    await group.start(self._reloads, group, database)
                    self._notifier.ready()
                    await self._stopping.wait()
                    self._reload_scope.cancel()
                    self._clean = await self._end_all() and self._clean
                    group.cancel_scope.cancel()
            finally:
                with anyio.CancelScope(shield=True):
                    for client in self._clients.values():
                        await client.aclose()
                    # Left where it was, the marker is still the one that the database holds.
                    with contextlib.suppress(StoreError):
                        await marker.advance()
        self._log.info(
            events.DAEMON_STOPPED,
            clean=self._clean,
            seconds=round(self._clock.elapsed() - began, 1),
        )

    async def _listen(
        self,
        group: TaskGroup,
        *,
        task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED,
    ) -> None:
        """Turn signals into what they ask for; a second one to stop cancels at once."""
        wanted = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
        with anyio.open_signal_receiver(*wanted) as received:
            task_status.started()
            async for number in received:
                if number in {signal.SIGTERM, signal.SIGINT}:
                    if self._stopping.is_set():
                        self._clean = False
                        group.cancel_scope.cancel()
                        return
                    self._log.info(events.DAEMON_STOPPING, signal=signal.Signals(number).name)
                    self._notifier.stopping()
                    self._stopping.set()
                elif number == signal.SIGHUP:
                    self._reload_wanted.set()
                else:
                    self._log.info(events.POLL_REQUESTED, regions=list(self._running))
                    for running in self._running.values():
                        running.poller.poll_now()

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
                await self._reload_wanted.wait()
                self._reload_wanted = anyio.Event()
                async with self._guard.step("reload") as outcome:
                    await self._reload(group, database)
                while outcome.wait:
                    # It failed half-way (a full disk, say): bring what runs to what is in force.
                    await self._clock.sleep(outcome.wait)
                    async with self._guard.step("reload") as outcome:
                        await self._put_in_force(group, database)
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
        restarted = await self._apply_regions(group, database, reloading=True)
        self._in_force = loaded
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
            ended.append(await self._drain(list(self._running)))
        return all(ended)

    async def _apply_regions(
        self, group: TaskGroup, database: Database, *, reloading: bool
    ) -> list[str]:
        """Start, stop and restart the regions whose settings differ from what runs."""
        wanted = account_specs(self._loaded.settings)
        known = configured(wanted)
        gone = [name for name in self._running if wanted.get(name) != self._running[name].specs]
        fresh = [name for name in wanted if name in gone or name not in self._running]
        kept_trying = [name for name in wanted if name not in fresh]
        await self._drain(gone)
        await accounts.retire(database, known)
        guardian = keeper(self._loaded.settings, self._clock)
        if fresh:
            await guardian.look(database)
        sink = Sinks(guardian, self._delivery.sink)
        redelivering = await self._delivery.apply(
            group,
            database,
            delivery_spec(self._loaded.settings),
            self._rules,
            personal=buyers(self._loaded.settings, database),
            privacy=privacy_plan(self._loaded.settings),
            reloading=reloading,
        )
        for name in fresh:
            await self._start_region(
                group, database, wanted[name], known, sink, reloading=reloading
            )
        for name in kept_trying:
            self._running[name].poller.try_again()
        ended = [name for name in gone if name not in wanted]
        return [*fresh, *ended, *(["delivery"] if redelivering else [])]

    async def _start_region(
        self,
        group: TaskGroup,
        database: Database,
        specs: tuple[AccountSpec, ...],
        known: frozenset[tuple[str, str]],
        sink: OrderSink,
        *,
        reloading: bool,
    ) -> None:
        name = specs[0].region
        tasks = []
        for spec in specs:
            workshop = Workshop(
                database=database,
                clock=self._clock,
                http=self._http_client(spec.proxy),
                sink=sink,
            )
            tasks.append(await workshop.account(spec, known, try_now=reloading))
        poller = RegionPoller(name, tasks, clock=self._clock, guard=self._guard)
        running = _Running(specs, poller, anyio.Event(), anyio.CancelScope())
        self._running[name] = running
        await group.start(self._run_region, name, running)
        self._log.info(
            events.REGION_STARTED,
            region=name,
            accounts=[spec.name for spec in specs],
            endpoint=specs[0].endpoint,
        )

    async def _run_region(
        self, name: RegionName, running: _Running, *, task_status: anyio.abc.TaskStatus[None]
    ) -> None:
        try:
            with running.scope:
                await running.poller.run(running.stopping, task_status=task_status)
        finally:
            running.ended.set()
            self._log.info(events.REGION_STOPPED, region=name)

    async def _drain(self, names: list[RegionName]) -> bool:
        """Stop regions: finish the steps under way, then abandon what still runs.

        Returns False where a step had to be abandoned; its page is asked for again.
        """
        stopping = [self._running.pop(name) for name in names]
        for running in stopping:
            running.stopping.set()
        with anyio.move_on_after(DRAIN):
            for running in stopping:
                await running.ended.wait()
        late = [running for running in stopping if not running.ended.is_set()]
        for running in late:
            running.scope.cancel()
            await running.ended.wait()
        return not late

    def _http_client(self, proxy: str | None) -> httpx.AsyncClient:
        if proxy not in self._clients:
            self._clients[proxy] = new_http_client(proxy=proxy)
        return self._clients[proxy]

    async def _purge(self, database: Database) -> float:
        """Erase what is due; return the seconds until the next time."""
        days = self._loaded.settings.personal_data.retention_days
        return await Purger(database, self._clock, days=days, log=self._log).step()

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
        for sentence in loaded.warnings:
            self._log.warning(events.SETTINGS_WARNING, detail=sentence)
