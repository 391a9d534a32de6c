"""Finding operations again: by document number, by title, by journal and number.

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
    from collections.abc import Callable, Collection
    from datetime import date, tzinfo

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
    journal: str | None
    number: int | None
    created_from: date | None

    def matches(self, row: OperationRow) -> bool:
        if self.order_number is not None and not _same_document(self.order_number, row.document):
            return False
        if self.title is not None and not _like(self.title, row.titles[self.title_slot - 1]):
            return False
        if self.journal is not None and (row.journal, row.number) != (self.journal, self.number):
            return False
        if self.created_from is None or row.created is None:
            return True
        return row.created.date() >= self.created_from

    def near(self, row: OperationRow) -> bool:
        """Tell whether a filter that compares more loosely than we do could give this row."""
        if self.order_number is not None:
            return self.order_number.casefold() in row.document.casefold()
        if self.title is not None:
            shown = row.titles[self.title_slot - 1].casefold()
            return all(part.casefold() in shown for part in self.title.split("*"))
        return self.journal is None or row.journal.casefold() == self.journal.casefold()


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
        journal: str | None = None,
        number: int | None = None,
        created_from: date | None = None,
        columns: Collection[str] = (),
    ) -> list[OperationRow]:
        """Return every operation that fits all that is given.

        `title` may hold `*` for any text, and is looked for in the title of that slot (1 to 5).
        `columns` are read beside the usual ones, into `extra`. `created_from` alone gives
        everything made since.
        """
        if (journal is None) != (number is None) or (number is not None and number < 1):
            # Finvalda takes number 0 for none.
            raise ValueError("journal and number belong together")
        wanted = _Wanted(order_number, title, title_slot, journal, number, created_from)
        given = (order_number, title, journal, created_from)
        if not any(given) or "" in given or not 1 <= title_slot <= TITLES:
            # Finvalda takes an empty filter for none and would return the whole ledger.
            raise ValueError("say what to look for")
        if op_class is OpClass.UVM_RESERVATIONS:
            return await self._find_uvm(wanted)
        slot = "Description" if title_slot == 1 else f"Description{title_slot}"
        criteria: dict[str, object] = {
            "OrderNumber": order_number,
            slot: title,
            "Journal": journal,
            "OpNumber": number,
            "DateCreatedFrom": None if created_from is None else created_from.isoformat(),
        }
        body = {
            "opReadParams": {
                "OpClass": op_class.value,
                "fullOp": False,
                "filter": {name: value for name, value in criteria.items() if value is not None},
                "columns": {"column": [*_COLUMNS, *columns]},
            }
        }
        read = self._reader(wanted, tuple(columns))
        return _proven(
            "GetOperations", *await self._transport.read("GetOperations", read, body=body)
        )

    async def _find_uvm(self, wanted: _Wanted) -> list[OperationRow]:
        """Search by `GetOMMSales`; in the manual's own complete lists where that does not do."""
        read = self._reader(wanted, ())
        if wanted.title is None and (wanted.order_number or wanted.journal):
            criteria = {
                "sOrderNumber": wanted.order_number,
                "sJournal": wanted.journal,
                "nOpNumber": None if wanted.number is None else str(wanted.number),
            }
            query = {name: value for name, value in criteria.items() if value is not None}
            try:
                answer = await self._transport.read(UVM_SEARCH, read, query=query)
                return _proven(UVM_SEARCH, *answer)
            except (errors.MissingMethod, errors.FilterIgnored):
                pass
            except errors.Unreachable as error:
                if error.code != "unreadable":
                    raise
        query = {}
        if wanted.created_from is not None:
            query["tSukurimoData"] = wanted.created_from.isoformat()
        found: list[OperationRow] = []
        for method in UVM_LISTS:
            # A list is complete: rows of other orders in it are what it is made of.
            found += (await self._transport.read(method, read, query=query))[0]
        return found

    def _reader(
        self, wanted: _Wanted, extra: tuple[str, ...]
    ) -> Callable[[Envelope], tuple[list[OperationRow], bool]]:
        """Return a parser that gives the rows that fit, and whether strange ones came along."""

        def read(envelope: Envelope) -> tuple[list[OperationRow], bool]:
            rows = [operation_row(row, self._zone, extra) for row in envelope.rows()]
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
