"""Tells systemd how the daemon is, by the datagrams of sd_notify(3).

In: the environment that systemd gave (`NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`). Out: one
datagram a message; nothing at all without that environment. Never raises and never waits long: a
service manager that does not listen must not stop the work. READY is told by the caller only once
every task has said that it is ready, and the watchdog fed only while every task makes progress.
"""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUS_LIMIT = 500
"""Characters of the status line; `systemctl status` shows one line of a terminal."""
_PATIENCE = 0.5
"""Seconds to wait for a full queue at systemd's end."""


class Notifier:
    """Speaks to the service manager named by `environ`; silent where there is none."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        given = os.environ if environ is None else environ
        self._address = _address(given.get("NOTIFY_SOCKET", ""))
        self.watchdog_interval = _watchdog(given)
        """Seconds within which systemd wants to be fed; None where it does not watch."""

    def ready(self) -> bool:
        """Say that start or reload has ended and everything runs."""
        return self._send("READY=1")

    def status(self, text: str) -> bool:
        """Set the line that `systemctl status` shows."""
        shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return self._send(f"STATUS={shown[:STATUS_LIMIT]}")

    def reloading(self) -> bool:
        """Say that a reload begins; `ready` ends it."""
        # The protocol wants CLOCK_MONOTONIC, which `clock.Clock` does not give: it counts suspend.
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        return self._send(f"RELOADING=1\nMONOTONIC_USEC={now}")

    def stopping(self) -> bool:
        """Say that an orderly end has begun."""
        return self._send("STOPPING=1")

    def watchdog(self) -> bool:
        """Say that every task makes progress."""
        return self._send("WATCHDOG=1")

    def _send(self, message: str) -> bool:
        """Send one datagram; False where nobody took it."""
        if self._address is None:
            return False
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.settimeout(_PATIENCE)
                channel.connect(self._address)
                channel.sendall(message.encode("utf-8", "backslashreplace"))
        except (OSError, ValueError):
            return False
        return True


def _address(name: str) -> str | None:
    # "@" stands for the null byte of a socket that has a name and no file.
    if name.startswith("@"):
        return "\0" + name[1:]
    return name if name.startswith("/") else None


def _watchdog(environ: Mapping[str, str]) -> float | None:
    # Both names are inherited; the process id tells whether this process is the one meant.
    meant = environ.get("WATCHDOG_PID", "")
    if meant and meant != str(os.getpid()):
        return None
    usec = environ.get("WATCHDOG_USEC", "")
    if not (usec.isascii() and usec.isdigit()) or int(usec) == 0:
        return None
    return int(usec) / 1_000_000
