"""Sees everything that a process of Python reaches for: addresses, files to write, programs.

`witnessed(folder)` gives the environment of a child that is watched; `Witness` reads what it did.
The hook is Python's own (`sys.addaudithook`): no part of the program can go past it, but code in C
that opens files by itself (SQLite) is seen by its first call alone.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.commands import COVERAGE, SOURCE

if TYPE_CHECKING:
    from pathlib import Path

_HOOK = """
import json, os, sys

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_SEEN = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname",
         "socket.gethostbyaddr", "socket.sendto", "socket.sendmsg", "subprocess.Popen", "os.exec",
         "os.posix_spawn", "os.system", "os.fork", "os.rename", "os.link", "os.symlink",
         "os.mkdir", "sqlite3.connect", "urllib.Request", "smtplib.connect", "ftplib.connect")
_handle = os.open(os.environ.pop("FVSWITNESS"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def _plain(value):
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    return value if isinstance(value, (str, int, type(None))) else type(value).__name__


def _look(event, args):
    if event == "open":
        if isinstance(args[0], int) or not (args[2] or 0) & _WRITES:
            return
    elif event not in _SEEN:
        return
    line = json.dumps([event, _plain(args), os.getcwd()]) + "\\n"
    os.write(_handle, line.encode())


sys.addaudithook(_look)
"""


@dataclass(frozen=True)
class Witness:
    """What one watched process did."""

    file: Path

    def seen(self, *events: str) -> list[tuple[str, list[Any]]]:
        """Return the events of these kinds, with their arguments."""
        lines = map(json.loads, self.file.read_text("utf-8").splitlines())
        return [(event, args) for event, args, _ in lines if event in events]

    def addresses(self) -> set[tuple[str, int]]:
        """Return every host and port that anything was sent to over a network."""
        sent = self.seen("socket.connect", "socket.sendto", "socket.sendmsg")
        return {tuple(args[-1][:2]) for _, args in sent if isinstance(args[-1], list)}

    def local_sockets(self) -> set[str]:
        """Return every socket of this machine's own file or abstract name space."""
        sent = self.seen("socket.connect", "socket.sendto", "socket.sendmsg")
        return {args[-1] for _, args in sent if isinstance(args[-1], str)}

    def names(self) -> set[str]:
        """Return every host name that was looked up."""
        asked = self.seen("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
        return {str(args[0]) for _, args in asked}

    def written(self, folder: Path) -> set[str]:
        """Return every path that was opened for writing or made, seen from a folder."""
        made = self.seen("open", "os.mkdir", "sqlite3.connect")
        moved = self.seen("os.rename", "os.link", "os.symlink")
        paths = {str(args[0]) for _, args in made} | {str(args[1]) for _, args in moved}
        return {os.path.relpath(os.path.join(folder, path), folder) for path in paths}  # noqa: PTH118


def witnessed(folder: Path) -> tuple[Witness, dict[str, str]]:
    """Return the witness of the next process that is started with this environment."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(_HOOK, "utf-8")
    file = folder / "seen.jsonl"
    file.touch()
    environment = {
        "PYTHONPATH": f"{folder}{os.pathsep}{SOURCE}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "FVSWITNESS": str(file),
        # What coverage writes is no deed of the program.
        COVERAGE: "",
    }
    return Witness(file), environment
