"""Once a minute: one line that tells whether all is well, and the marker moved on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon import events, logs, status

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from fvsamazon.clock import Clock
    from fvsamazon.sdnotify import Notifier
    from fvsamazon.store.database import Database
    from fvsamazon.store.lock import Marker
    from fvsamazon.supervisor import Guard

EVERY = 60.0


class Heartbeat:
    """Tells log and systemd how things stand."""

    def __init__(
        self,
        *,
        database: Database,
        marker: Marker,
        clock: Clock,
        log: FilteringBoundLogger,
        notifier: Notifier,
        guard: Guard,
    ) -> None:
        self._database = database
        self._marker = marker
        self._clock = clock
        self._log = log
        self._notifier = notifier
        self._guard = guard

    async def step(self) -> float:
        """Log one heartbeat; return the seconds until the next."""
        report = await status.collect(self._database, self._clock)
        regions = {region.name: region.state for region in report.regions if region.accounts}
        lags = [a.lag_seconds for a in report.accounts if a.lag_seconds is not None]
        ok = report.ok and self._guard.store_reason is None
        self._log.info(
            events.DAEMON_HEARTBEAT,
            ok=ok,
            regions=regions,
            orders=sum(account.orders for account in report.accounts),
            lag_seconds=round(max(lags), 1) if lags else None,
            store=self._guard.store_reason or "ok",
            log_lines_lost=logs.lines_lost(),
        )
        summary = ", ".join(f"{name} {state}" for name, state in regions.items())
        self._notifier.status(summary or "no region is on")
        await self._marker.advance()
        return EVERY
