"""Everything that one simulated Finvalda knows, and the truth that a test compares with.

Owned by whoever runs the simulator; the web service works on it. In: master data, faults and rules
from a test, events from the web service. Out: the truth. Nothing is changed except by events, and
with a path every event is on disk before its answer leaves, so a kill loses no answered write.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from fvsamazon.simulator.finvalda import demo
from fvsamazon.simulator.finvalda.book import (
    GOODS,
    RESERVATION,
    RETURN,
    SALE,
    UVM_RESERVATION,
    Book,
    EntryFile,
    Event,
    Operation,
    read_operation,
)
from fvsamazon.simulator.finvalda.data import CARD_TABLES, Record, Records, new_record
from fvsamazon.simulator.finvalda.faults import Faults
from fvsamazon.simulator.finvalda.fields import Reader, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from fvsamazon.simulator.finvalda.wire import Call

ZONE = ZoneInfo("Europe/Vilnius")
_KEPT = 20_000


@dataclass
class Rules:
    """How this installation behaves where the manual leaves it open or a company decides.

    `duplicates`: within what a document number may stand once: its series, its class, or nothing.
    `overlong`: whether a value longer than its field is refused or cut in silence.
    `code_page`: letters that it has not become question marks in plain text; None keeps all.
    `lacking`: methods that this build does not have.
    """

    duplicates: Literal["series", "class", "none"] = "series"
    overlong: Literal["refuse", "cut"] = "refuse"
    code_page: str | None = "cp1257"
    check_stock: bool = False
    closed_until: date | None = None
    closed_code: int = 4004
    gone_code: int = 4001
    duplicate_sale_code: int = 1001
    unknown_client_code: int = 26
    max_lines: int = 1000
    lacking: set[str] = field(default_factory=set)

    def change(self, values: dict[str, Any]) -> None:
        """Set rules by name, as `POST /_rules` does."""
        known = {f.name for f in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"unknown rule {name!r}; known: {', '.join(sorted(known))}")
            if name == "closed_until" and isinstance(value, str):
                self.closed_until = date.fromisoformat(value)
            elif name == "lacking":
                self.lacking = set(value)
            else:
                setattr(self, name, value)

    def told(self) -> dict[str, Any]:
        """Return the rules as `GET /_rules` shows them."""
        closed = None if self.closed_until is None else self.closed_until.isoformat()
        return {**asdict(self), "closed_until": closed, "lacking": sorted(self.lacking)}


@dataclass
class Seen:
    """One request that arrived: what it was and what became of it."""

    at: datetime
    method: str
    cls: str
    outcome: str
    committed: bool


@dataclass
class Late:
    """Something that is carried out when its time comes, whether or not anyone still waits."""

    due: datetime
    carry_out: Callable[[], None]


class FinvaldaState:
    """One company in one Finvalda; `now` is the simulator's clock, aware.

    With `path`, everything answered with success survives a kill; open it again with the same seed.
    """

    def __init__(self, seed: int, now: Callable[[], datetime], path: Path | None = None) -> None:
        self.username = demo.USERNAME
        self.password = demo.password(seed)
        self.company_id = demo.COMPANY_ID
        self.parameter = demo.PARAMETER
        self.rules = Rules()
        self.faults = Faults(seed, now)
        self.records = Records()
        self.book = Book()
        self.complaints: deque[dict[str, str]] = deque(maxlen=_KEPT)
        self.calls: deque[Seen] = deque(maxlen=_KEPT)
        self.late: list[Late] = []
        self.guard = threading.RLock()
        self._now = now
        self._file = EntryFile(path)
        for kind, key, given in demo.everything(seed, self.password):
            self.records.put(kind, key, new_record(kind, key, given, demo.BEGAN))
        for events in self._file.load():
            self._apply(events)

    def now(self) -> datetime:
        return self._now()

    def local(self) -> str:
        """Return the company's wall time as Finvalda writes it: ISO, without a zone."""
        return self._now().astimezone(ZONE).replace(tzinfo=None).isoformat()

    def today(self) -> date:
        return self._now().astimezone(ZONE).date()

    def reader(self, call: Call) -> Reader:
        """Return what reads the values of one request."""

        def note(said: str) -> None:
            self.complain(call.method, said)

        return Reader(self.rules.overlong, self.rules.code_page, note)

    def complain(self, method: str, said: str) -> None:
        """Note a mistake of the client that the real service passes over in silence."""
        entry = {"at": self.local(), "method": method, "said": said}
        self.complaints.append(entry)

    def add(self, kind: str, key: str, **values: Value) -> None:
        """Add or replace a record of master data, by the field names of its kind."""
        with self.guard:
            record = new_record(kind, key, values, self.local())
            self.commit([{"put": kind, "key": key, "record": record}])

    def remove(self, kind: str, key: str) -> None:
        """Remove a record of master data."""
        with self.guard:
            self.commit([{"drop": kind, "key": key}])

    def sell(self, skus: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Have a product for each SKU and title, in the partner catalogue too; return the codes."""
        with self.guard:
            codes: dict[str, str] = {}
            for sku, title in skus:
                known = next(self.records.matching("partner", "partner_product", sku), None)
                if known is not None:
                    codes[sku] = str(known["product"])
                    continue
                taken = {key for key, _ in self.records.of("product")}
                codes[sku] = demo.product_code(sku, taken)
                for kind, key, given in demo.product(codes[sku], title, sku):
                    self.add(kind, key, **given)
            return codes

    def put_operation(self, operation: Operation) -> None:
        """Place an operation as if a person had made it in the desktop program."""
        with self.guard:
            self.commit([{"operation": asdict(operation)}])

    def remove_operation(self, journal: str, number: int) -> None:
        """Remove an operation as if a person had done it in the desktop program."""
        with self.guard:
            found = self.book.get(journal, number)
            if found is not None:
                self.commit([{"operation": {**asdict(found), "deleted": True}}])

    def commit(self, events: list[Event]) -> None:
        """Make events true: first on disk, then in memory."""
        self._file.append(events)
        self._apply(events)

    def _apply(self, events: list[Event]) -> None:
        for event in events:
            if "operation" in event:
                self.book.put(read_operation(event["operation"]))
            elif "forget" in event:
                self.book.forget(*event["forget"])
            elif "put" in event:
                self.records.put(event["put"], event["key"], event["record"])
            else:
                self.records.drop(event["drop"], event["key"])

    def stocks(self, *, free: bool) -> dict[tuple[str, str], Decimal]:
        """Return what stands where, by warehouse and product; `free` takes reservations off."""
        left: dict[tuple[str, str], Decimal] = {}
        for key, record in self.records.of("stock"):
            warehouse, _, product = key.partition("|")
            left[warehouse, product] = Decimal(record["quantity"])
        signs = {SALE: -1, RETURN: 1}
        if free:
            signs |= {RESERVATION: -1, UVM_RESERVATION: -1}
        for operation in self.book.live(*signs):
            for line in operation.lines:
                if line.type == GOODS:
                    place = line.warehouse, line.code
                    change = signs[operation.space] * line.quantity
                    left[place] = left.get(place, Decimal(0)) + change
        return left

    def settle(self) -> None:
        """Carry out what has come due."""
        with self.guard:
            now = self._now()
            ready = [late for late in self.late if late.due <= now]
            self.late = [late for late in self.late if late.due > now]
            for late in ready:
                late.carry_out()

    def sales(self, order_id: str) -> list[Operation]:
        """Return the live sales that name an Amazon order."""
        with self.guard:
            self.settle()
            return [op for op in self.book.live(SALE) if order_id in op.order_ids()]

    def doubles(self) -> dict[str, list[tuple[str, int]]]:
        """Return order ids with more than one live sale (number or titles), and those sales."""
        with self.guard:
            self.settle()
            return self.book.doubles()

    def operations(self) -> list[dict[str, Any]]:
        """Return every operation as the truth tells it, removed ones marked."""
        with self.guard:
            self.settle()
            return [operation.told() for operation in self.book.all()]

    def truth(self) -> dict[str, Any]:
        """Return what `GET /_truth` gives."""
        with self.guard:
            return {
                "operations": self.operations(),
                "doubles": {k: [list(key) for key in v] for k, v in self.doubles().items()},
                "records": self.records.keys(),
                "cards": {
                    kind: {key: _plain(record) for key, record in self.records.of(kind)}
                    for kind in CARD_TABLES
                },
                "complaints": list(self.complaints),
                "requests": dict(Counter(f"{c.method} {c.cls}".strip() for c in self.calls)),
                "pending": len(self.late),
            }


def _plain(record: Record) -> dict[str, str]:
    return {name: str(value) for name, value in record.items() if value not in {"", 0}}
