"""Where log lines go: a stream that is not ours, or a file that logrotate may move.

In: finished lines. Out: bytes, each line whole or counted as lost. Writing never raises, never
waits for long, and a line that was cut by a full disk never runs into the next one.
"""

from __future__ import annotations

import contextlib
import os
import select
import stat
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 1.0
"""Seconds that a line waits for whoever is to read it, at the other end of a pipe or a socket. A
pager or a journal that hangs would hang all work otherwise, and the stop."""


class Output(Protocol):
    """A place for lines."""

    def write(self, line: str) -> bool:
        """Write one line; False where it could not be written."""
        ...

    def close(self) -> None: ...


class StreamOutput:
    """Writes to a text stream; to its file descriptor where it has one and is no terminal.

    Python keeps what it could not write in the stream's buffer and fails again with it at the
    process's end; the descriptor keeps nothing. A terminal is left to the stream, because a
    progress bar may stand in between.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._target: _Descriptor | None = None
        with contextlib.suppress(OSError, ValueError, AttributeError):
            if not stream.isatty():
                self._target = _Descriptor(stream.fileno())

    def write(self, line: str) -> bool:
        try:
            if self._target is None:
                self._write_text(line + "\n")
                return True
            self._stream.flush()
        except (OSError, ValueError):
            return False
        return self._target.write(line)

    def _write_text(self, text: str) -> None:
        try:
            self._stream.write(text)
        except UnicodeEncodeError:
            self._stream.write(text.encode("ascii", "backslashreplace").decode("ascii"))
        self._stream.flush()

    def close(self) -> None:
        """Leave the stream open: it is not ours."""


class FileOutput:
    """Appends to a file, and follows its name when logrotate has moved the file away.

    Raises OSError where the file cannot be opened at first.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._target = _Descriptor(_open(path))

    def write(self, line: str) -> bool:
        # While a new file cannot be opened the old one, moved or not, takes the lines.
        with contextlib.suppress(OSError):
            if not self._is_named():
                fresh = _Descriptor(_open(self._path))
                self.close()
                self._target = fresh
        return self._target.write(line)

    def _is_named(self) -> bool:
        """Tell whether the path still leads to the open file."""
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return False
        mine = os.fstat(self._target.number)
        return (named.st_dev, named.st_ino) == (mine.st_dev, mine.st_ino)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._target.number)


class _Descriptor:
    """A file descriptor that gets whole lines, and knows when one was cut."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._cut = False
        self._hangs = False
        self._is_read = False
        # One that was closed behind our back says so when it is written to.
        with contextlib.suppress(OSError):
            mode = os.fstat(number).st_mode
            self._is_read = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)

    def write(self, line: str) -> bool:
        start = "\n" if self._cut else ""
        rest = f"{start}{line}\n".encode("utf-8", "backslashreplace")
        try:
            while rest:
                if self._is_read and not self._has_room():
                    return False
                # What has room takes so much without waiting.
                piece = rest[: select.PIPE_BUF] if self._is_read else rest
                rest = rest[os.write(self.number, piece) :]
                self._cut = bool(rest)
        except OSError:
            return False
        return True

    def _has_room(self) -> bool:
        """Wait for room; after a wait in vain no more, until there is some again."""
        looking = select.poll()
        looking.register(self.number, select.POLLOUT)
        self._hangs = not looking.poll(0 if self._hangs else PATIENCE * 1_000)
        return not self._hangs


def is_terminal(stream: TextIO) -> bool:
    """Tell whether a person looks at `stream`."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return stream.isatty()
    return False


def _open(path: Path) -> int:
    # A pipe would be waited for until somebody reads it.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
    try:
        opened = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o640)
        # The service's umask would keep the log from the group that may read it.
        os.fchmod(opened, 0o640)
    except FileExistsError:
        opened = os.open(path, flags)
    os.set_blocking(opened, True)
    return opened
