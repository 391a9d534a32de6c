"""The installed `fvsamazon run` as a process of its own, with what systemd would give it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from support.commands import environment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

COMMAND = Path(sys.executable).with_name("fvsamazon")
PATIENCE = 20.0


@dataclass
class Running:
    """One daemon in a folder: its log, what it told systemd, its signals."""

    folder: Path
    extra: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.folder / "out.log"

    async def start(self) -> None:
        """Start the process; its notify socket is ours."""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        # The abstract name space: a path in a test's folder may be too long for a socket.
        self.socket.bind(f"\0fvsamazon-test-{os.getpid()}-{id(self)}")
        self.socket.setblocking(False)
        name = self.socket.getsockname()[1:].decode()
        given = environment(NOTIFY_SOCKET=f"@{name}", **self.extra)
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - it only forks
                [str(COMMAND), "run"], cwd=self.folder, env=given, stdout=out, stderr=out
            )

    def listen(self) -> list[str]:
        """Return everything told to systemd so far."""
        while True:
            try:
                self.notes.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return self.notes

    def events(self) -> list[dict[str, Any]]:
        """Return the lines of the log; one that is being written is left out."""
        whole = self.log.read_text("utf-8").rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    def named(self, name: str, **keys: Any) -> list[dict[str, Any]]:
        return [
            line
            for line in self.events()
            if line["event"] == name and all(line.get(k) == v for k, v in keys.items())
        ]

    async def until(
        self, condition: Callable[[], object], seconds: float = PATIENCE, every: float = 0.03
    ) -> None:
        """Wait until something holds, or fail with the end of the log."""
        try:
            with anyio.fail_after(seconds):
                while not condition():
                    await anyio.sleep(every)
        except TimeoutError:
            tail = "\n".join(self.log.read_text("utf-8").splitlines()[-25:])
            raise AssertionError(f"it never came to that; the log ends\n{tail}") from None

    async def ready(self) -> None:
        await self.until(lambda: "READY=1" in self.listen())

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self, seconds: float = PATIENCE) -> int:
        """Wait for the end and return the exit code."""
        with anyio.fail_after(seconds):
            while self.process.poll() is None:
                await anyio.sleep(0.01)
        return int(self.process.returncode)

    async def stop(self) -> int:
        if self.process.poll() is None:
            self.send(signal.SIGTERM)
        return await self.ended()

    def kill(self) -> None:
        """End it at once, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.socket.close()


@asynccontextmanager
async def running(folder: Path, **extra: str) -> AsyncIterator[Running]:
    """Run a daemon for a while; it is dead at the end."""
    daemon = Running(folder, extra)
    await daemon.start()
    try:
        yield daemon
    finally:
        daemon.kill()


def write_settings(folder: Path, values: Mapping[str, str], **more: str) -> None:
    """Write settings.env as an editor would: whole or not at all."""
    new = folder / "settings.env.new"
    new.write_text("".join(f"{k}={v}\n" for k, v in {**values, **more}.items()), "utf-8")
    new.chmod(0o600)
    new.replace(folder / "settings.env")
