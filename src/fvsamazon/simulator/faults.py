"""The fault script: what goes wrong, for whom, on which call, how often and how long.

A fault is added in process (`faults.add("reset", region="Europe", count=2)`) or over HTTP, and
each request asks whether one is due. `KINDS` lists them all with what they do. A fault without
`count` and `duration` stays until it is removed, but for the few that are one blow by nature.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count as counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fvsamazon.simulator.clock import Clock
    from fvsamazon.simulator.story import Act

TOKEN = "token"  # noqa: S105 - the name of an operation
OPERATIONS = frozenset({"searchOrders", "getOrder", "getMarketplaceParticipations", TOKEN})

KINDS: dict[str, str] = {
    "throttle": "429 QuotaExceeded though the bucket has tokens",
    "error_500": "500 InternalFailure (LWA: server_error)",
    "error_503": "503 with a page of HTML",
    "reset": "the connection is reset",
    "cut": "half the answer under the whole answer's Content-Length",
    "garbage": "200 with bytes that are no JSON",
    "empty": "200 with no body at all",
    "drip": "the answer in pieces (piece: bytes, interval: seconds)",
    "slow": "the answer after a wait (seconds)",
    "hang": "the request is read and never answered",
    "redirect": "307 to another host",
    "huge": "a body without end (size: bytes)",
    "gzip_bomb": "a small gzip body that unpacks to a huge one (size: bytes)",
    "deep_nesting": "an order with very deep arrays in it (depth)",
    "invalid_input": "400 InvalidInput to a good query",
    "forbidden": "403 AccessDenied, whatever token",
    "expired_access_token": "the presented access token is expired from now on",
    "region_down": "every connection of a region is reset, LWA not",
    "expired_page_token": "400 to a request with a page token",
    "refused_page_token": "400 to every request with a page token",
    "looping_page_token": "the answer to a page token names the same token as the next",
    "unreadable_order": "an order that breaks the model (how: items, time, id, type; order_id)",
    "duplicate_order": "the last order of a page stands first on the next one too",
    "late_order": "acts show late (seconds; act: CREATED, SHIPPED, …; default every act)",
    "revoked_refresh_token": "LWA: invalid_grant; access tokens of the account die too",
    "rotated_secret": "LWA: the first client secret is refused, the second works",
    "lwa_error": "LWA: any error (error, status)",
    "clock_skew": "the simulator's clock is off (seconds)",
}

ANSWERS = frozenset({
    "error_500", "error_503", "reset", "cut", "garbage", "empty", "drip", "slow", "hang",
    "redirect", "huge", "gzip_bomb", "deep_nesting", "invalid_input", "forbidden",
})  # fmt: skip
"""Kinds that decide the whole answer, of Amazon or of LWA."""

_ONE_BLOW = frozenset({"expired_access_token", "expired_page_token", "duplicate_order"})
_NEEDS_OPERATION_TOKEN = frozenset({"rotated_secret", "lwa_error"})


@dataclass(slots=True)
class Fault:
    """One line of the script."""

    number: int
    kind: str
    region: str | None = None
    account: str | None = None
    operation: str | None = None
    page: int | None = None
    """Only requests for this page of a traversal, 1 being the first."""
    after: int = 0
    """How many fitting requests go well before it strikes."""
    count: int | None = None
    until: float | None = None
    options: dict[str, Any] = field(default_factory=dict)
    struck: int = 0

    def fits(
        self, region: str | None, account: str | None, operation: str | None, page: int | None
    ) -> bool:
        if self.operation is None:
            # Login with Amazon fails only when it is named, or by kinds that are its own.
            right = operation != TOKEN or self.kind in _NEEDS_OPERATION_TOKEN | {
                "revoked_refresh_token"
            }
        else:
            right = self.operation == operation
        return (
            right
            and self.region in {None, region}
            and self.account in {None, account}
            and self.page in {None, page}
        )

    def as_json(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in (
            "number", "kind", "region", "account", "operation", "page", "after", "count", "struck",
        )}  # fmt: skip
        return found | {"options": {k: v for k, v in self.options.items() if not k.startswith("_")}}


class Faults:
    """The script in force. Durations run on the clock's elapsed time, not on its date."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = counter(1)
        self._active: list[Fault] = []

    def add(
        self,
        kind: str,
        *,
        region: str | None = None,
        account: str | None = None,
        operation: str | None = None,
        page: int | None = None,
        after: int = 0,
        count: int | None = None,
        duration: float | None = None,
        **options: float | str,
    ) -> Fault:
        """Put a fault in force and return it; the options are the kind's own (see `KINDS`)."""
        if kind not in KINDS:
            raise ValueError(f"no fault is called {kind}; there are {', '.join(sorted(KINDS))}")
        if operation is not None and operation not in OPERATIONS:
            raise ValueError(f"no operation is called {operation}")
        if count is None and duration is None and kind in _ONE_BLOW:
            count = 1
        fault = Fault(
            number=next(self._numbers),
            kind=kind,
            region=region,
            account=account,
            operation=operation,
            page=page,
            after=after,
            count=count,
            until=None if duration is None else self._clock.elapsed() + duration,
            options=dict(options),
        )
        self._active.append(fault)
        if kind == "clock_skew":
            self._clock.offset += float(fault.options["seconds"])
        return fault

    def remove(self, fault: Fault) -> None:
        """Take a fault out of force; one that is gone already is no error."""
        if fault not in self._active:
            return
        self._active.remove(fault)
        if fault.kind == "clock_skew":
            self._clock.offset -= float(fault.options["seconds"])

    def clear(self, number: int | None = None) -> None:
        """Remove one fault by its number, or all."""
        for fault in list(self._active):
            if number in {None, fault.number}:
                self.remove(fault)

    def active(self) -> tuple[Fault, ...]:
        self._expire()
        return tuple(self._active)

    def take(
        self,
        kinds: Iterable[str],
        *,
        region: str | None,
        account: str | None = None,
        operation: str | None = None,
        page: int | None = None,
    ) -> Fault | None:
        """Return the first fault of these kinds that strikes this request, and count the blow."""
        self._expire()
        for fault in self._active:
            if fault.kind not in kinds or not fault.fits(region, account, operation, page):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            fault.struck += 1
            if fault.count is not None:
                fault.count -= 1
                if fault.count <= 0:
                    self._active.remove(fault)
            return fault
        return None

    def lateness(self, key: tuple[str, str], act: Act) -> float:
        """Return by how many seconds an act of an account's order is to show late."""
        wanted = {None, act.name}
        if not any(
            one.kind == "late_order" and one.options.get("act") in wanted for one in self._active
        ):
            return 0.0
        fault = self.take({"late_order"}, region=key[0], account=key[1])
        return float(fault.options.get("seconds", 240)) if fault else 0.0

    def _expire(self) -> None:
        now = self._clock.elapsed()
        for fault in [one for one in self._active if one.until is not None and one.until <= now]:
            self.remove(fault)
