"""Renders an exception with its whole chain for the log, showing code places but no data.

In: an exception. Out: a text like Python's own traceback, without the values of variables. A
message stands in it only where its author is known not to repeat data: our own errors and the
operating system's. Messages of libraries and of SQLite lose what they quote; of every other
exception (`ValueError`, `KeyError`, …) the message is withheld, because it may be a buyer's name.
"""

from __future__ import annotations

import sqlite3
import traceback
from typing import TYPE_CHECKING

from fvsamazon.errors import FvsamazonError
from fvsamazon.logs.redaction import mask_quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHHELD = "(text withheld: it may repeat data)"
FRAME_LIMIT = 40
CHAIN_LIMIT = 12
LEAF_LIMIT = 20

_TRUSTED = (FvsamazonError, OSError, MemoryError, RecursionError, SystemExit)
_PROGRAMMING = (AttributeError, ImportError, NameError, TypeError)
"""Their messages name types and identifiers, and quote the rest."""
_LIBRARIES = frozenset({"anyio", "asyncio", "h11", "httpcore", "httpx", "ssl", "structlog"})

_CAUSE = "The above was the direct cause of:"
_CONTEXT = "While that was handled, this happened:"


def render(error: BaseException) -> str:
    """Return the traceback of `error`, of what caused it, and of every leaf of a group."""
    return "\n".join(_chain(error, "", set()))


def summary(error: BaseException) -> str:
    """Return the exception's type and as much of its message as may be shown."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else _full_name(kind)
    text = message(error)
    return f"{name}: {text}" if text else name


def message(error: BaseException) -> str:
    """Return as much of an exception's own message as may be shown."""
    # UnicodeError and JSON errors are ValueErrors; an SSL certificate error is an OSError.
    if isinstance(error, BaseExceptionGroup):
        return f"{len(error.exceptions)} exceptions"
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a broken __str__ must not break the log
        return WITHHELD
    if not text or isinstance(error, _TRUSTED):
        return text
    if isinstance(error, sqlite3.Error):
        # "Could not decode to UTF-8 column 'name' with text 'O'Neill": a quote hides in the value.
        text = text.partition(" with text ")[0]
    if (
        isinstance(error, (*_PROGRAMMING, sqlite3.Error))
        or type(error).__module__.split(".")[0] in _LIBRARIES
    ):
        return mask_quoted(text)
    return WITHHELD


def _full_name(kind: type[BaseException]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _chain(error: BaseException, indent: str, seen: set[int]) -> Iterator[str]:
    links: list[tuple[BaseException, str]] = []
    link: BaseException | None = error
    joint = ""
    while link is not None and id(link) not in seen and len(links) < CHAIN_LIMIT:
        seen.add(id(link))
        links.append((link, joint))
        if link.__cause__ is not None:
            link, joint = link.__cause__, _CAUSE
        elif link.__context__ is not None and not link.__suppress_context__:
            link, joint = link.__context__, _CONTEXT
        else:
            link = None
    for position in range(len(links) - 1, -1, -1):
        yield from _one(links[position][0], indent, seen)
        if links[position][1]:
            yield f"{indent}{links[position][1]}"


def _one(error: BaseException, indent: str, seen: set[int]) -> Iterator[str]:
    frames = traceback.extract_tb(error.__traceback__)
    if frames:
        yield f"{indent}Traceback (most recent call last):"
    left_out = len(frames) - FRAME_LIMIT
    if left_out > 0:
        yield f"{indent}  … {left_out} calls"
    for frame in frames[-FRAME_LIMIT:]:
        yield f'{indent}  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
        if frame.line:
            yield f"{indent}    {frame.line}"
    yield indent + summary(error)
    if isinstance(error, BaseExceptionGroup):
        for number, leaf in enumerate(error.exceptions[:LEAF_LIMIT], start=1):
            yield f"{indent}  + {number}"
            yield from _chain(leaf, f"{indent}  | ", seen)
        if len(error.exceptions) > LEAF_LIMIT:
            yield f"{indent}  + … {len(error.exceptions) - LEAF_LIMIT} more"
