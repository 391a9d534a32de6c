"""The real daemon as the demo runs it: a process of its own, in a folder of its own.

In: settings that point at the simulation. Out: its log, line by line. The environment's own
FVSAMAZON_ settings stay outside, for they would point at the real Amazon.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from anyio.abc import Process

STOP_SECONDS = 10.0
"""Patience with the daemon's stop, whose own limit is five seconds."""
_FOREIGN = (
    "FVSAMAZON_",
    "CREDENTIALS_DIRECTORY",
    "STATE_DIRECTORY",
    "NOTIFY_SOCKET",
    "WATCHDOG_",
    "JOURNAL_STREAM",
)


def write_settings(folder: Path, settings: Mapping[str, str]) -> Path:
    """Write a settings file that its owner alone can read."""
    path = folder / "settings.env"
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.writelines(f"{name}={value}\n" for name, value in settings.items())
    return path


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the daemon's log."""

    text: str
    fields: Mapping[str, Any]

    @property
    def event(self) -> str:
        return str(self.fields.get("event", ""))

    @property
    def short(self) -> str:
        """The line as people read it."""
        if not self.fields:
            return self.text
        rest = {k: v for k, v in self.fields.items() if k not in {"timestamp", "level", "event"}}
        facts = " ".join(f"{name}={_value(value)}" for name, value in rest.items())
        time = str(self.fields.get("timestamp", ""))[11:19]
        return f"{time} {self.fields.get('level', ''):<7} {self.event} {facts}".rstrip()


def _value(value: object) -> str:
    return value if isinstance(value, str) and " " not in value else json.dumps(value)


class DemoDaemon:
    """The process and its log."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._rest = b""

    @property
    def exit_code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.returncode

    async def lines(self) -> AsyncIterator[LogLine]:
        """Go through its log until it ends; whoever comes later goes on where one stopped."""
        if self._process.stdout is None:  # pragma: no cover - opened with a pipe
            return
        async for chunk in self._process.stdout:
            self._rest += chunk
            while b"\n" in self._rest:
                raw, _, self._rest = self._rest.partition(b"\n")
                yield _read(raw)
        if self._rest:
            raw, self._rest = self._rest, b""
            yield _read(raw)

    async def stop(self) -> None:
        """Ask it to stop, and wait; one that does not is killed."""
        with suppress(ProcessLookupError):
            if self._process.returncode is None:
                self._process.send_signal(signal.SIGTERM)
        with anyio.move_on_after(STOP_SECONDS, shield=True):
            await self._process.wait()
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            with anyio.CancelScope(shield=True):
                await self._process.wait()


def _read(raw: bytes) -> LogLine:
    text = raw.decode("utf-8", "replace").rstrip()
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    return LogLine(text, fields if isinstance(fields, dict) else {})


@asynccontextmanager
async def running(settings_file: Path) -> AsyncIterator[DemoDaemon]:
    """Run the daemon on a settings file; it is gone when the context ends."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    process = await anyio.open_process(
        [sys.executable, "-m", "fvsamazon", "--env-file", str(settings_file), "run"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=settings_file.parent,
        env=environ,
        # Ctrl-C reaches the demo alone, which then stops the daemon in order.
        start_new_session=True,
    )
    async with process:
        daemon = DemoDaemon(process)
        try:
            yield daemon
        finally:
            await daemon.stop()
