"""Up to where everything is recorded, and the searches in progress.

Coverage is kept for each marketplace of an account ("*" where no filter is set), so that one that
joins later gets a history of its own and one that returns goes on where it stopped. A traversal
row holds the query of a search in progress and its next page; it changes in the transaction that
records the page, so that a restart goes on at the page where it stopped and a mark never passes
orders that are not committed.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields, replace
from typing import TYPE_CHECKING, Literal

from fvsamazon import windows
from fvsamazon.clock import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fvsamazon.store.database import Database, Transaction

ALL = "*"
"""The row of an account without a marketplace filter."""

Kind = Literal["live", "history", "sweep"]
Family = Literal["updated", "created"]


_REACH = windows.micros(windows.FIRST_LIVE)


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One marketplace's coverage; times are microseconds since 1970, UTC."""

    marketplace: str
    live_mark: int | None
    history_high: int | None
    history_low: int | None
    history_target: int | None


@dataclass(frozen=True, slots=True)
class TraversalRow:
    """One search in progress; `page_token` is empty before its first page."""

    kind: Kind
    family: Family
    after: int
    before: int
    marketplaces: str
    included_data: str
    covers: str
    page_token: str
    pages: int
    orders: int
    new_orders: int
    changed_orders: int
    bound: int | None
    seen_tokens: bytes
    started_at: int


_TRAVERSAL = tuple(field.name for field in fields(TraversalRow))


async def rows(database: Database | Transaction, account_id: int) -> dict[str, CoverageRow]:
    """Return an account's coverage by marketplace."""
    found = await database.all(
        "select marketplace, live_mark, history_high, history_low, history_target "
        "from coverage where account_id = ?",
        (account_id,),
    )
    return {row["marketplace"]: CoverageRow(*row) for row in found}


def history_left(covered: Mapping[str, CoverageRow], floor: int) -> dict[str, tuple[int, int]]:
    """Return of each marketplace what is still to be read of its past, as `(low, target)`.

    `floor` is how far back Amazon serves orders; all in microseconds since 1970, UTC.
    """
    return {
        name: (row.history_low, max(row.history_target, floor))
        for name, row in covered.items()
        if row.history_low is not None
        and row.history_target is not None
        and row.history_low > max(row.history_target, floor)
    }


def history_span(covered: Mapping[str, CoverageRow], floor: int) -> tuple[int, int] | None:
    """Return the span that holds everything left of the past, None when nothing is."""
    left = history_left(covered, floor).values()
    if not left:
        return None
    return max(low for low, _ in left), min(target for _, target in left)


async def save(tx: Transaction, account_id: int, changed: Iterable[CoverageRow]) -> None:
    """Write coverage rows."""
    await tx.execute_many(
        "insert into coverage (account_id, marketplace, live_mark, history_high, history_low, "
        "history_target) values (?, ?, ?, ?, ?, ?) on conflict (account_id, marketplace) do update "
        "set live_mark = excluded.live_mark, history_high = excluded.history_high, "
        "history_low = excluded.history_low, history_target = excluded.history_target",
        [(account_id, *astuple(row)) for row in changed],
    )


async def join(
    database: Database,
    account_id: int,
    marketplaces: tuple[str, ...],
    *,
    high: int,
    target: int | None,
    default_target: int,
) -> dict[str, CoverageRow]:
    """Return the coverage of the marketplaces in force, made where they are new.

    What was covered without a filter covers each marketplace too. A new row's history reaches from
    `high` down to `target` (else `default_target`); an earlier target reopens a finished history,
    a later one changes nothing. A row of which nothing was read for longer than the first live
    window reaches back joins anew, so that history and live search still meet.
    """
    known = await rows(database, account_id)
    without_filter = known.get(ALL)
    wanted = marketplaces or (ALL,)
    result: dict[str, CoverageRow] = {}
    for name in wanted:
        row = known.get(name)
        if row is None and without_filter is not None and name != ALL:
            row = replace(without_filter, marketplace=name)
        if row is None:
            goal = default_target if target is None else target
            # A filter that falls goes on where the one in force last stopped.
            marks = [r.live_mark for r in known.values() if r.live_mark is not None]
            mark = max(marks, default=None) if name == ALL else None
            row = CoverageRow(name, mark, high, high, min(goal, high))
        elif name != ALL and without_filter is not None:
            row = _with(row, without_filter)
        if _unread(row) and high - (row.history_high or 0) > _REACH:
            row = replace(row, history_high=high, history_low=high)
        if target is not None and (row.history_target is None or target < row.history_target):
            row = replace(row, history_target=target)
        result[name] = row
    stale = [row for name, row in result.items() if known.get(name) != row]
    if stale:
        async with database.transaction() as tx:
            await save(tx, account_id, stale)
    return result


def _unread(row: CoverageRow) -> bool:
    return row.live_mark is None and row.history_low == row.history_high


def _with(row: CoverageRow, wider: CoverageRow) -> CoverageRow:
    """Return what two rows cover together, as far as it is one piece."""
    marks = [mark for mark in (row.live_mark, wider.live_mark) if mark is not None]
    lows = [low for low in (row.history_low, wider.history_low) if low is not None]
    return replace(
        row, live_mark=max(marks, default=None), history_low=min(lows, default=row.history_low)
    )


async def traversals(database: Database, account_id: int) -> dict[str, TraversalRow]:
    """Return an account's searches in progress by kind."""
    found = await database.all(
        f"select {', '.join(_TRAVERSAL)} from traversal where account_id = ?",  # noqa: S608 - fixed
        (account_id,),
    )
    return {row["kind"]: TraversalRow(*row) for row in found}


async def save_traversal(tx: Transaction, account_id: int, row: TraversalRow) -> None:
    """Write a search in progress."""
    marks = ", ".join("?" for _ in _TRAVERSAL)
    await tx.execute(
        f"insert or replace into traversal (account_id, {', '.join(_TRAVERSAL)}) "  # noqa: S608
        f"values (?, {marks})",
        (account_id, *astuple(row)),
    )


async def drop_traversal(tx: Transaction, account_id: int, kind: Kind) -> None:
    """End a search; its mark, if it moves one, moves in the same transaction."""
    await tx.execute("delete from traversal where account_id = ? and kind = ?", (account_id, kind))


@dataclass(frozen=True, slots=True)
class PagedWindow:
    """A live window that took several pages, and when they were read (Amazon's clock)."""

    after: int
    before: int
    started_at: int
    ended_at: int

    def was_left(self, before: int, after: int) -> bool:
        """Tell whether an order that moved from `before` to `after` may have left it meanwhile.

        Who moved again before it was seen shows its last move alone, so as long as the reading took
        is added at its end. Amazon tells times in whole seconds, cut off; ours are finer.
        """
        late = 2 * self.ended_at - self.started_at
        return self.after <= before <= self.before and self.started_at - SECOND < after <= late


async def paged_windows(database: Database | Transaction, account_id: int) -> list[PagedWindow]:
    """Return the account's live windows of several pages of which more may be seen yet."""
    rows = await database.all(
        "select after, before, started_at, ended_at from paged_window where account_id = ?",
        (account_id,),
    )
    return [PagedWindow(*row) for row in rows]


async def forget_paged_windows(tx: Transaction, account_id: int, mark: int) -> None:
    """Forget the windows whose reading lies before the live mark: all that left them was seen."""
    await tx.execute(
        "delete from paged_window where account_id = ? and 2 * ended_at - started_at < ?",
        (account_id, mark),
    )


async def save_paged_window(tx: Transaction, account_id: int, window: PagedWindow) -> None:
    """Remember a live window of several pages."""
    await tx.execute(
        "insert or replace into paged_window (account_id, after, before, started_at, ended_at) "
        "values (?, ?, ?, ?, ?)",
        (account_id, *astuple(window)),
    )
