"""The simulated company's operations, and the file that keeps them through a kill.

In: operations that `operations` has already found to be in order. Out: the same
operations, by journal and number, for look-ups and for the truth that tests compare with. What was
answered with success must be on disk before the answer leaves: an entry is appended and synced as
one line, and a line that a kill cut short counts as never written.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fvsamazon.simulator.finvalda.fields import Values

GOODS, SERVICE, PAYMENT, OTHER = 1, 2, 3, 4
"""Types of a line, as GetOperations tells them."""

SALE, RESERVATION, UVM_RESERVATION = "PardDok", "PardRezDok", "UVMPardRezDok"
RETURN, INFLOW = "PardGrazDok", "IplDok"

_ORDER_ID = re.compile(r"(?<!\d)\d{3}-\d{7}-\d{7}(?!\d)", re.ASCII)
_ZERO = Decimal(0)

Event = dict[str, Any]
Key = tuple[str, int]


@dataclass
class Line:
    """One detail row; quantities are in the first unit, amounts are without VAT."""

    type: int
    code: str
    code_n: int
    title: str = ""
    warehouse: str = ""
    quantity: Decimal = _ZERO
    amount: Decimal = _ZERO
    amount_nc: Decimal = _ZERO
    vat: Decimal = _ZERO
    vat_nc: Decimal = _ZERO
    vat_percent: Decimal = _ZERO
    vat_code: str = ""
    info: str = ""
    marked: int = 0
    objects: list[str] = field(default_factory=list)


@dataclass
class Operation:
    """One saved operation; journal and number are its identity."""

    space: str
    cls: str
    journal: str
    number: int
    series: str
    document: str
    client: str
    currency: str
    date: str
    header: Values
    lines: list[Line]
    user: str
    editor: str
    created: str
    edited: str
    op_type: str = ""
    lock: int = 0
    status: int = 0
    paid: Decimal = _ZERO
    paid_nc: Decimal = _ZERO
    deleted: bool = False

    @property
    def key(self) -> Key:
        return self.journal, self.number

    @property
    def amount(self) -> Decimal:
        """The header's amount: VAT included."""
        return sum((line.amount + line.vat for line in self.lines), _ZERO)

    @property
    def amount_nc(self) -> Decimal:
        """The same in EUR."""
        return sum((line.amount_nc + line.vat_nc for line in self.lines), _ZERO)

    @property
    def titles(self) -> list[str]:
        """The five free titles."""
        return [str(self.header.get(f"sPavadinimas{n}", "")) for n in range(1, 6)]

    def order_ids(self) -> set[str]:
        """Return the Amazon order ids that the number or a title names."""
        return {
            found for text in (self.document, *self.titles) for found in _ORDER_ID.findall(text)
        }

    def told(self) -> dict[str, Any]:
        """Return what the truth tells about this operation; decimals as text."""
        return {
            "class": self.space,
            "sent_as": self.cls,
            "series": self.series,
            "document": self.document,
            "journal": self.journal,
            "number": self.number,
            "client": self.client,
            "currency": self.currency,
            "date": self.date,
            "amount": f"{self.amount:.2f}",
            "amount_eur": f"{self.amount_nc:.2f}",
            "kind": str(self.header.get("sDokRusis", "")),
            "titles": self.titles,
            "remark": str(self.header.get("sPastaba", "")),
            "created": self.created,
            "edited": self.edited,
            "user": self.user,
            "locked": self.lock,
            "status": self.status,
            "deleted": self.deleted,
            "lines": [_plain(asdict(line)) for line in self.lines],
        }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {k: f"{v:f}" if isinstance(v, Decimal) else v for k, v in values.items()}


class Book:
    """Every operation of one company, removed ones too: their numbers are not given again."""

    def __init__(self) -> None:
        self._operations: dict[Key, Operation] = {}
        self._spaces: dict[str, dict[Key, Operation]] = {}
        self._documents: dict[tuple[str, str], set[Key]] = {}
        self._last: dict[str, int] = {}

    def put(self, operation: Operation) -> None:
        key = operation.key
        self.forget(*key)
        self._operations[key] = operation
        self._last[operation.journal] = max(self._last.get(operation.journal, 0), operation.number)
        if not operation.deleted:
            self._spaces.setdefault(operation.space, {})[key] = operation
            self._documents.setdefault((operation.space, operation.document), set()).add(key)

    def forget(self, journal: str, number: int) -> None:
        """Take an operation out, as it was; it may stand in another journal now."""
        before = self._operations.pop((journal, number), None)
        if before is not None:
            self._spaces.get(before.space, {}).pop(before.key, None)
            self._documents.get((before.space, before.document), set()).discard(before.key)

    def next_number(self, journal: str) -> int:
        return self._last.get(journal, 0) + 1

    def get(self, journal: str, number: int) -> Operation | None:
        """Return a live operation."""
        found = self._operations.get((journal, number))
        return None if found is None or found.deleted else found

    def live(self, *spaces: str) -> Iterator[Operation]:
        """Return live operations of these classes, all without one."""
        for space in spaces or tuple(self._spaces):
            yield from self._spaces.get(space, {}).values()

    def numbered(self, space: str, document: str) -> list[Operation]:
        """Return the live operations of a class with this document number."""
        keys = self._documents.get((space, document), set())
        return [self._operations[key] for key in sorted(keys)]

    def all(self) -> list[Operation]:
        """Return every operation, removed ones too, by journal and number."""
        return [operation for _, operation in sorted(self._operations.items())]

    def doubles(self) -> dict[str, list[Key]]:
        """Return order ids with more than one live sale, and those sales."""
        found: dict[str, list[Key]] = {}
        for operation in self.live(SALE):
            for order_id in operation.order_ids():
                found.setdefault(order_id, []).append(operation.key)
        return {order_id: sorted(keys) for order_id, keys in found.items() if len(keys) > 1}


def put_operation(operation: Operation) -> Event:
    """Return the entry that saves an operation as it stands."""
    return {"operation": asdict(operation)}


def read_operation(values: dict[str, Any]) -> Operation:
    """Return the operation of an entry."""
    lines = [Line(**line) for line in values["lines"]]
    return Operation(**{**values, "lines": lines})


class EntryFile:
    """Entries on disk, one list of events a line; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def load(self) -> Iterator[list[Event]]:
        """Return the whole entries, and cut off one that was not finished."""
        if self._path is None:
            return
        if not self._path.exists():
            self._path.touch()
            _sync_folder(self._path.parent)
            return
        data = self._path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            with self._path.open("r+b") as file:
                file.truncate(whole)
        for line in data[:whole].splitlines():
            yield json.loads(line, object_hook=_restore)

    def append(self, events: list[Event]) -> None:
        """Save one entry; on return it is on disk."""
        if self._path is None or not events:
            return
        text = json.dumps(events, default=_reduce, ensure_ascii=False, separators=(",", ":"))
        with self._path.open("ab") as file:
            file.write(text.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _reduce(value: object) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {"$decimal": f"{value:f}"}
    raise TypeError(type(value).__name__)


def _restore(value: dict[str, Any]) -> Any:  # noqa: ANN401 - what JSON holds
    return Decimal(value["$decimal"]) if "$decimal" in value else value
