"""How figures and foreign texts look on a terminal.

What came from outside (titles, names of products, remote errors) is shown with its control
characters escaped and is never taken for markup: an order must not be able to move the cursor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fvsamazon.cli.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

PIPE_WIDTH = 500
"""Columns where nobody says how wide the paper is: enough for any line to stay whole."""
STATE_STYLES = {
    "ok": "green",
    "starting": "cyan",
    "throttled": "yellow",
    "warn": "yellow",
    "failing": "red",
    "fail": "bold red",
    "attention": "bold red",
    "off": "dim",
}


def console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal; a pipe gets whole lines."""
    made = Console(stderr=stderr, highlight=False, emoji=False)
    if not made.is_terminal:
        made.width = PIPE_WIDTH
    return made


def plain(text: object, style: str = "") -> Text:
    """Return a text for a cell: safe, and no markup in it."""
    return Text(shown(text), style=style)


def state(word: str, told: str | None = None) -> Text:
    """Return a state in its colour, in the reader's words where they are `told`."""
    return plain(told or word, STATE_STYLES.get(word, ""))


def table(*columns: str, right: Iterable[str] = ()) -> Table:
    """Return an empty table; `right` names the columns of figures."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    figures = set(right)
    for column in columns:
        made.add_column(column, justify="right" if column in figures else "left", overflow="fold")
    return made
