"""Reads the small files that a person named: a pipe or a device among them is never waited for.

In: a path. Out: the first bytes and what the system says of the very file they came from, so that
its rights are judged without asking a second time.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from fvsamazon.texts import Text

if TYPE_CHECKING:
    from pathlib import Path

    from fvsamazon.texts import Language

NOT_A_FILE = Text(en="it is no regular file", lt="tai ne paprastas failas")


class NotAFile(OSError):
    """What a path names is a pipe, a device or a socket."""

    def __init__(self) -> None:
        super().__init__(NOT_A_FILE.say())

    def say(self, language: Language = "en", /) -> str:
        return NOT_A_FILE.say(language)


def read(path: Path, limit: int) -> tuple[bytes, os.stat_result]:
    """Return at most `limit` bytes of a regular file, and its status.

    Raises `OSError`, `NotAFile` among them.
    """
    with open(path, "rb", opener=_without_waiting) as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise NotAFile
        return stream.read(limit), status


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
