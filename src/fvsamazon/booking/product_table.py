"""The product table: SKU to product, quantity, share of the price and class, from a CSV text.

In: the text of the file beside `booking.toml`, saved by whatever spreadsheet the accountant uses
(comma, semicolon or tab; decimal point or comma). Out: rows by SKU; several rows are a bundle,
whose last row takes what the shares before it leave. Faults are collected, never raised.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.decimals import plain, to_decimal
from fvsamazon.booking.rule_types import ProductRow
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fvsamazon.booking.faults import FaultList

REQUIRED: Final = ("sku", "product")
COLUMNS: Final = (*REQUIRED, "quantity", "share", "class", "note")
PRODUCT_LIMIT: Final = 20

_BROKEN: Final = "lentelė sugadinta arba jos langelis per ilgas"
_ONE: Final = Decimal(1)
_HUNDRED: Final = Decimal(100)
_SLACK: Final = Decimal("0.01")
"""Thirds written as 0.33 add up to 0.99: the last row takes the rest."""


def read_product_table(
    text: str, file: str, faults: FaultList, default_class: str
) -> Mapping[str, tuple[ProductRow, ...]]:
    """Read the table; faulty rows are left out of the answer and told."""
    return _TableReader(file, faults, default_class).read(text)


class _TableReader:
    """Reads one text."""

    def __init__(self, file: str, faults: FaultList, default_class: str) -> None:
        self._file = file
        self._faults = faults
        self._default_class = default_class

    def read(self, text: str) -> Mapping[str, tuple[ProductRow, ...]]:
        rows: dict[str, list[ProductRow]] = {}
        try:
            for line, cells in self._records(text):
                row = self._row(line, cells)
                if row is not None:
                    rows.setdefault(row.sku, []).append(row)
        except csv.Error as error:
            self._fault(1, "unreadable", name=Text(str(error), _BROKEN))
        return {sku: self._bundle(sku, found) for sku, found in rows.items()}

    def _fault(self, line: int, code: str, **values: str | int | Decimal | Text) -> None:
        self._faults.add(self._file, line, code, known=(), **values)

    def _records(self, text: str) -> Iterator[tuple[int, dict[str, str]]]:
        first = next((line for line in text.splitlines() if line.strip()), "")
        separator = next((c for c in ";\t" if c in first), ",")
        reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
        header: list[str] | None = None
        last = 0
        for cells in reader:
            line, last = last + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [cell.strip().casefold() for cell in cells]
                if not self._header(line, header):
                    return
            elif len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
                self._fault(line, "row_cells", count=len(cells), limit=len(header))
            else:
                values = [cell.strip() for cell in cells]
                yield line, dict(zip(header, values, strict=False))
        if header is None:
            self._fault(1, "column_missing", name=REQUIRED[0])

    def _header(self, line: int, header: list[str]) -> bool:
        # What has none of the columns is another file, which may be nobody's to read here.
        for name in header if set(header) & set(REQUIRED) else ():
            if name and name not in COLUMNS:
                self._faults.add(self._file, line, "column_unknown", name=name, known=COLUMNS)
            elif name and header.count(name) > 1:
                self._fault(line, "column_twice", name=name)
        for name in REQUIRED:
            if name not in header:
                self._fault(line, "column_missing", name=name)
        return all(name in header for name in REQUIRED)

    def _row(self, line: int, cells: dict[str, str]) -> ProductRow | None:
        good = True
        for name in REQUIRED:
            if not cells.get(name):
                self._fault(line, "cell_empty", name=name)
                good = False
        product = cells.get("product", "")
        if len(product) > PRODUCT_LIMIT:
            self._fault(
                line,
                "too_long",
                key="product",
                value=product,
                length=len(product),
                limit=PRODUCT_LIMIT,
            )
        quantity = to_decimal(cells.get("quantity") or "1")
        if quantity is None or quantity <= 0:
            self._fault(line, "cell_number", name="quantity", value=cells["quantity"])
            good = False
        share = cells.get("share") or None
        fraction = to_decimal(share.removesuffix("%")) if share else None
        if share and (fraction is None or fraction < 0):
            self._fault(line, "share_number", value=share)
            good = False
        if not good or quantity is None:
            return None
        class_name = cells.get("class") or self._default_class
        return ProductRow(cells["sku"], product, quantity, fraction, class_name, line)

    def _bundle(self, sku: str, rows: list[ProductRow]) -> tuple[ProductRow, ...]:
        """Turn the shares as written into fractions; the last row takes the remainder."""
        seen: set[str] = set()
        for row in rows:
            if row.product in seen:
                self._fault(row.line, "row_twice", name=sku, value=row.product)
            seen.add(row.product)
        for row in rows[:-1]:
            if row.share is None:
                self._fault(row.line, "share_missing", name=sku)
                return tuple(rows)
        scale = self._scale(sku, rows)
        return tuple(
            ProductRow(
                row.sku,
                row.product,
                row.quantity,
                None if row is rows[-1] or row.share is None else row.share / scale,
                row.class_name,
                row.line,
            )
            for row in rows
        )

    def _scale(self, sku: str, rows: list[ProductRow]) -> Decimal:
        """Tell fractions from percentages by their sum; anything else is a fault."""
        shares = [row.share for row in rows if row.share is not None]
        total = sum(shares, Decimal(0))
        if len(shares) < len(rows):
            whole = _HUNDRED if any(share > _ONE for share in shares) else _ONE
            good = total <= whole
        else:
            whole = _HUNDRED if total > _ONE else _ONE
            good = whole * (_ONE - _SLACK) <= total <= whole
        if not good:
            self._fault(rows[-1].line, "share_sum", name=sku, value=plain(total))
        return whole
