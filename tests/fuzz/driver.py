"""What every fuzz target is made of: its name, its function, its words, and the judges they share.

A target takes any bytes. It returns where all its promises held, and raises where one did not:
`Broken`, or whatever the program let out. Nothing in here knows who makes the bytes; the ordinary
tests and atheris drive the same table (`targets.TARGETS`).
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from fvsamazon.logs import tracebacks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CORPUS = Path(__file__).parent / "corpus"

CANARY = "Canary5ecretPlanted"
"""Stands in inputs wherever somebody's data or secret would; no refusal may repeat it."""

TOLD_LIMIT = 1_500
"""Characters of any error that a person or a log line is shown."""


class Broken(AssertionError):
    """A promise that an input broke."""


@dataclass(frozen=True, slots=True)
class Target:
    """One reader under attack; `words` are pieces of its language, for whoever makes inputs."""

    name: str
    run: Callable[[bytes], None]
    words: tuple[bytes, ...] = ()
    max_len: int = 4096

    def seeds(self) -> Iterator[Path]:
        """Return the committed inputs: hand-made ones, and everything that ever broke it."""
        return (path for path in sorted((CORPUS / self.name).iterdir()) if path.is_file())


def require(held: bool, promise: str) -> None:
    """Raise where a promise did not hold; a plain assert would be gone under -O."""
    if not held:
        raise Broken(promise)


def fail(promise: str) -> NoReturn:
    raise Broken(promise)


def require_quiet(error: BaseException, *planted: str, limit: int = TOLD_LIMIT) -> None:
    """An error, its traceback and its line in the log show none of the planted texts."""
    told = {
        "text": str(error),
        "repr": repr(error),
        "traceback": "".join(traceback.format_exception(error)),
        "log": tracebacks.render(error),
    }
    for where, text in told.items():
        for secret in planted:
            require(secret not in text, f"a planted text stands in the error's {where}")
    require(len(told["text"]) <= limit, "the error's text has no bound")


def require_line(text: str, what: str) -> None:
    """A text for people is one line that steers no terminal."""
    require(text.isprintable(), f"{what} is not printable")
