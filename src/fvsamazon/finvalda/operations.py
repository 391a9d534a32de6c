"""Finding operations again: by document number or by title.

In comes what an operation is known by; out go all rows of one class that carry it, however many.
An empty list means that Finvalda searched and has none; whatever casts doubt on that is raised. A
server that does not know a filter ignores it without a word, so every row is compared here again,
and an answer full of other rows is no proof of absence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon.finvalda import errors
from fvsamazon.finvalda.records import OpClass, OperationRow, operation_row

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from fvsamazon.finvalda.transport import Transport
    from fvsamazon.finvalda.wire import Envelope

TITLES = 5

_UNMISTAKABLE = 12
"""Characters of a number that no other number ends in by chance; Amazon's has 19."""

_COLUMNS = (
    "journal",
    "op_number",
    "series",
    "order_number",
    "client",
    "currency",
    "amount",
    "op_date",
    "user_name",
    "date_created",
    *(f"description{index}" for index in range(1, TITLES + 1)),
)
UVM_SEARCH = "GetOMMSales"
UVM_LISTS = ("GetUVMPardRNeivykdyti", "GetUVMPardRIvykdyti", "GetUVMPardRAnuliuoti")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a row must be to count, and what merely shows that the filter was applied."""

    order_number: str | None
    title: str | None
    title_slot: int

    def matches(self, row: OperationRow) -> bool:
        if self.order_number is not None and not _same_document(self.order_number, row.document):
            return False
        return self.title is None or _like(self.title, row.titles[self.title_slot - 1])

    def near(self, row: OperationRow) -> bool:
        """Tell whether a filter that compares more loosely than we do could give this row."""
        if self.order_number is not None:
            return self.order_number.casefold() in row.document.casefold()
        shown = row.titles[self.title_slot - 1].casefold()
        return all(part.casefold() in shown for part in (self.title or "").split("*"))


class OperationReads:
    """Searches in operations; the part of the client that `delivery` decides by."""

    _transport: Transport
    _zone: tzinfo

    async def find_operations(
        self,
        op_class: OpClass,
        *,
        order_number: str | None = None,
        title: str | None = None,
        title_slot: int = 1,
    ) -> list[OperationRow]:
        """Return every operation that fits all that is given.

        `title` may hold `*` for any text, and is looked for in the title of that slot (1 to 5).
        """
        wanted = _Wanted(order_number, title, title_slot)
        given = (order_number, title)
        if not any(given) or "" in given or not 1 <= title_slot <= TITLES:
            # Finvalda takes an empty filter for none and would return the whole ledger.
            raise ValueError("say what to look for")
        if op_class is OpClass.UVM_RESERVATIONS:
            return await self._find_uvm(wanted)
        slot = "Description" if title_slot == 1 else f"Description{title_slot}"
        criteria: dict[str, object] = {
            "OrderNumber": order_number,
            slot: title,
        }
        body = {
            "opReadParams": {
                "OpClass": op_class.value,
                "fullOp": False,
                "filter": {name: value for name, value in criteria.items() if value is not None},
                "columns": {"column": list(_COLUMNS)},
            }
        }
        read = self._reader(wanted)
        return _proven(
            "GetOperations", *await self._transport.read("GetOperations", read, body=body)
        )

    async def _find_uvm(self, wanted: _Wanted) -> list[OperationRow]:
        """Search by `GetOMMSales`; in the manual's own complete lists where that does not do."""
        read = self._reader(wanted)
        if wanted.title is None and wanted.order_number is not None:
            query = {"sOrderNumber": wanted.order_number}
            try:
                answer = await self._transport.read(UVM_SEARCH, read, query=query)
                return _proven(UVM_SEARCH, *answer)
            except (errors.MissingMethod, errors.FilterIgnored):
                pass
            except errors.Unreachable as error:
                if error.code != "unreadable":
                    raise
        found: list[OperationRow] = []
        for method in UVM_LISTS:
            # A list is complete: rows of other orders in it are what it is made of.
            found += (await self._transport.read(method, read))[0]
        return found

    def _reader(self, wanted: _Wanted) -> Callable[[Envelope], tuple[list[OperationRow], bool]]:
        """Return a parser that gives the rows that fit, and whether strange ones came along."""

        def read(envelope: Envelope) -> tuple[list[OperationRow], bool]:
            rows = [operation_row(row, self._zone) for row in envelope.rows()]
            fitting = [row for row in rows if wanted.matches(row)]
            return fitting, any(not wanted.matches(row) and not wanted.near(row) for row in rows)

        return read


def _proven(method: str, rows: list[OperationRow], strange: bool) -> list[OperationRow]:  # noqa: FBT001
    if strange and not rows:
        raise errors.FilterIgnored(method)
    return rows


def _same_document(wanted: str, told: str) -> bool:
    # The lists of the order module have one column of 30 characters for series and number.
    return told == wanted or (len(wanted) >= _UNMISTAKABLE and told.endswith(wanted))


def _like(pattern: str, text: str) -> bool:
    expression = ".*".join(re.escape(part) for part in pattern.strip().split("*"))
    return re.fullmatch(expression, text.strip(), re.IGNORECASE | re.DOTALL) is not None
