"""What systemd hears, over real sockets with a file and without one."""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING

import pytest

from fvsamazon.sdnotify import STATUS_LIMIT, Notifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["file", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    abstract = request.param == "abstract"
    name = (
        f"@fvsamazon-test-{os.getpid()}-{time.monotonic_ns()}" if abstract else str(tmp_path / "n")
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name[1:] if abstract else name)
        listener.settimeout(5)
        yield listener, name


def test_every_message_is_one_datagram(systemd: tuple[socket.socket, str]) -> None:
    listener, name = systemd
    notifier = Notifier({"NOTIFY_SOCKET": name})
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    said = [
        notifier.ready(),
        notifier.status("reading\nREADY=1\x1b[2J Žą \ud800 " + "x" * 1000),
        notifier.reloading(),
        notifier.stopping(),
        notifier.watchdog(),
    ]
    heard = [listener.recv(4096).decode() for _ in said]
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert all(said)
    assert heard[0] == "READY=1"
    assert heard[1].startswith("STATUS=reading READY=1 [2J Žą x")
    assert "\n" not in heard[1]
    assert len(heard[1]) == len("STATUS=") + STATUS_LIMIT
    first, second = heard[2].split("\n")
    assert first == "RELOADING=1"
    assert before <= int(second.removeprefix("MONOTONIC_USEC=")) <= after
    assert heard[3:] == ["STOPPING=1", "WATCHDOG=1"]


@pytest.mark.parametrize("name", ["", "relative", "/nowhere/at/all", "@", "/" + "x" * 300, "/a\0b"])
def test_nobody_listening_is_no_fault(name: str) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": name})
    assert not notifier.ready()
    assert not notifier.status("x")
    assert not notifier.watchdog()


def test_nothing_is_said_without_the_environment() -> None:
    assert not Notifier({}).ready()
    assert Notifier({}).watchdog_interval is None


def test_the_process_environment_is_the_default(
    systemd: tuple[socket.socket, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listener, name = systemd
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    notifier = Notifier()
    assert notifier.ready()
    assert listener.recv(100) == b"READY=1"
    assert notifier.watchdog_interval == 30


def test_a_manager_that_does_not_listen_holds_nothing_up(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "n"))
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "n")})
        before = time.monotonic()
        for _ in range(10_000):
            if not notifier.watchdog():
                break
        else:
            pytest.fail("the queue never filled")
        assert time.monotonic() - before < 10


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "90000000"}, 90.0),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": str(os.getpid())}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-5"}, None),
        ({"WATCHDOG_USEC": "many"}, None),
        ({"WATCHDOG_USEC": "²"}, None),
    ],
)
def test_the_watchdogs_time_is_read_for_this_process_only(
    environ: dict[str, str], seconds: float | None
) -> None:
    assert Notifier(environ).watchdog_interval == seconds
