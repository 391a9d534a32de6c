"""What goes wrong on demand: the fault script of the simulated Finvalda.

In: orders of a test, in process (`state.faults.add("lost_answer", method="InsertNewOperation")`) or
over HTTP (`POST /_faults` with the same names). Out: for each request, what happens to it. A fault
may name methods and classes (ItemClassName, OpClass or type), how many requests it strikes, how
many it lets pass first, for how many seconds it lives, and with what probability it strikes.

    lost_answer      committed, then the connection breaks
    lost_request     the connection breaks, nothing committed
    late_commit      nothing for `delay` seconds, then committed and answered, if anyone still waits
    hang             nothing for `delay` seconds, then the connection breaks, nothing committed
    slow             committed, answered after `delay` seconds
    refuse           no connection at all
    code             HTTP 200, Fail with `code` and `text`; committed only with `commit`
    denied           HTTP 200, AccessDenied with `text` (a licence, a password)
    http_error       HTML page with `status`; committed only with `commit`
    missing          HTTP 404: this build has no such method
    cut              committed, half of the answer arrives
    empty            committed, HTTP 200 without a body
    phantom          answered with success, nothing committed
    closed_period    operations dated `closed_until` or earlier are refused
    xml, xml_bare    the answer is XML whatever was asked, under `<root>` or beside one another
    cp1257           the answer is in Windows-1257
    octet            the answer's content type is application/octet-stream
    bom              the answer starts with a byte order mark
    single           one row is an object, no row is a missing key

The last six change the answer's shape and go together with any of the others.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

Kind = Literal[
    "lost_answer",
    "lost_request",
    "late_commit",
    "hang",
    "slow",
    "refuse",
    "code",
    "denied",
    "http_error",
    "missing",
    "cut",
    "empty",
    "phantom",
    "closed_period",
    "xml",
    "xml_bare",
    "cp1257",
    "octet",
    "bom",
    "single",
]
SHAPES = frozenset({"xml", "xml_bare", "cp1257", "octet", "bom", "single"})

LICENCE = "This function is not licensed in this machine!"


@dataclass
class Fault:
    """One line of the script; `count` is how many more requests it strikes, None for any number."""

    id: int
    kind: str
    methods: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    count: int | None = 1
    after: int = 0
    until: datetime | None = None
    probability: float = 1.0
    delay: float = 5.0
    code: int = 2010
    text: str = ""
    status: int = 503
    commit: bool = False
    closed_until: date | None = None
    hits: int = 0

    def fits(self, method: str, cls: str) -> bool:
        return (not self.methods or method in self.methods) and (
            not self.classes or cls in self.classes
        )

    def told(self) -> dict[str, Any]:
        """Return the fault as `GET /_faults` shows it."""
        values = asdict(self)
        for name in ("until", "closed_until"):
            values[name] = None if values[name] is None else values[name].isoformat()
        return values


class Faults:
    """The script; owned by the state, asked once for every request."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self._now = now
        self._rng = random.Random(f"faults-{seed}")
        self._faults: list[Fault] = []
        self._last = 0

    def add(
        self,
        kind: Kind,
        *,
        method: str | Iterable[str] = (),
        cls: str | Iterable[str] = (),
        count: int | None = None,
        seconds: float | None = None,
        **how: Any,  # noqa: ANN401 - the fields of Fault
    ) -> int:
        """Add a fault and return its number.

        Without `count` it strikes once; with `seconds` it strikes until they have passed.
        """
        if kind not in get_args(Kind):
            raise ValueError(f"unknown kind of fault {kind!r}; known: {', '.join(get_args(Kind))}")
        day = how.pop("closed_until", None)
        if isinstance(day, str):
            day = date.fromisoformat(day)
        if kind == "closed_period" and day is None:
            raise ValueError("closed_period needs closed_until")
        self._last += 1
        fault = Fault(
            id=self._last,
            kind=kind,
            methods=_names(method),
            classes=_names(cls),
            count=1 if count is None and seconds is None else count,
            until=None if seconds is None else self._now() + timedelta(seconds=seconds),
            closed_until=day,
            **how,
        )
        self._faults.append(fault)
        return fault.id

    def clear(self, fault_id: int | None = None) -> None:
        """Remove one fault, or all."""
        self._faults = [f for f in self._faults if fault_id not in {None, f.id}]

    def active(self) -> list[Fault]:
        """Return what may still strike."""
        now = self._now()
        self._faults = [
            f for f in self._faults if f.count != 0 and (f.until is None or now < f.until)
        ]
        return list(self._faults)

    def strike(self, method: str, cls: str) -> tuple[Fault | None, set[str]]:
        """Return the fault that this request meets, and the shapes of its answer."""
        struck: Fault | None = None
        shapes: set[str] = set()
        for fault in self.active():
            shape = fault.kind in SHAPES
            if not fault.fits(method, cls) or (struck is not None and not shape):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if self._rng.random() >= fault.probability:
                continue
            fault.hits += 1
            if fault.count is not None:
                fault.count -= 1
            if shape:
                shapes.add(fault.kind)
            else:
                struck = fault
        return struck, shapes


def _names(given: str | Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        return (given,) if given else ()
    return tuple(given)
