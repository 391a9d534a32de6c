"""Once a minute: one line that tells whether all is well, and the marker moved on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon import events, logs, status
from fvsamazon.audit import AuditTrail
from fvsamazon.clock import iso
from fvsamazon.store import accounts

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from fvsamazon.clock import Clock
    from fvsamazon.sdnotify import Notifier
    from fvsamazon.store.database import Database
    from fvsamazon.store.lock import Marker
    from fvsamazon.supervisor import Guard

EVERY = 60.0
JUMP = 2.0
"""Seconds by which the wall clock may differ from the time that has passed."""
SKEW = 60.0
"""Seconds by which the machine's clock may differ from Amazon's before it is told."""


class ClockWatch:
    """Notices that the machine's clock was set, or differs from Amazon's."""

    def __init__(self, clock: Clock, log: FilteringBoundLogger) -> None:
        self._clock = clock
        self._log = log
        self._drift = self._difference()
        self._skewed: set[str] = set()

    def look(self, offsets: dict[str, float]) -> None:
        """Compare the clocks; `offsets` are Amazon's clock less ours in seconds, by region."""
        drift = self._difference()
        if abs(drift - self._drift) > JUMP:
            self._log.warning(events.CLOCK_JUMPED, seconds=round(drift - self._drift, 1))
        self._drift = drift
        for region, seconds in offsets.items():
            if abs(seconds) <= SKEW:
                self._skewed.discard(region)
            elif region not in self._skewed:
                self._skewed.add(region)
                self._log.warning(events.CLOCK_SKEWED, region=region, seconds=round(-seconds, 1))

    def _difference(self) -> float:
        return self._clock.now().timestamp() - self._clock.elapsed()


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
        self._clocks = ClockWatch(clock, log)
        self._audit = AuditTrail(database, log)

    async def step(self) -> float:
        """Log one heartbeat, and what people did meanwhile; return the seconds until the next."""
        report = await status.collect(self._database, self._clock)
        regions = {region.name: region.state for region in report.regions if region.accounts}
        lags = [a.lag_seconds for a in report.accounts if a.lag_seconds is not None]
        purged = report.personal.last_purge
        ok = report.ok and self._guard.store_reason is None
        ok = ok and not report.deliveries["held"] and not report.deliveries["failed"]
        ok = ok and report.finvalda.state not in {"failing", "attention"}
        self._log.info(
            events.DAEMON_HEARTBEAT,
            ok=ok,
            regions=regions,
            orders=sum(account.orders for account in report.accounts),
            lag_seconds=round(max(lags), 1) if lags else None,
            due=report.deliveries["due"],
            held=report.deliveries["held"],
            failed=report.deliveries["failed"],
            in_doubt=report.deliveries["in_doubt"],
            finvalda=report.finvalda.state,
            store=self._guard.store_reason or "ok",
            last_purge=None if purged is None else iso(purged),
            log_lines_lost=logs.lines_lost(),
        )
        await self._audit.step()
        rows = await accounts.all_accounts(self._database, active=True)
        self._clocks.look(
            {row.region: row.clock_offset / 1e6 for row in rows if row.clock_offset is not None}
        )
        summary = ", ".join(f"{name} {state}" for name, state in regions.items())
        self._notifier.status(summary or "no region is on")
        await self._marker.advance()
        return EVERY
