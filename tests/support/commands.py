"""The command line as users run it: a process of its own in a folder of its own.

Most of a short command's time is Python loading libraries. A command whose environment has nothing
but settings is forked from a process that has them (`support.starter`); any other one, and all
where coverage is measured, is started by Python anew.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import socket
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

import fvsamazon

if TYPE_CHECKING:
    from collections.abc import Mapping

COVERAGE = "COVERAGE_PROCESS_START"
SOURCE = Path(fvsamazon.__file__).parents[1]
SETTINGS = {
    "FVSAMAZON_EUROPE__CLIENT_ID": "amzn1.application-oa2-client.europe",
    "FVSAMAZON_EUROPE__CLIENT_SECRET": "amzn1.oa2-cs.v1.europe",
    "FVSAMAZON_EUROPE__REFRESH_TOKEN": "Atzr|europe",
    "FVSAMAZON_FAREAST__CLIENT_ID": "amzn1.application-oa2-client.fareast",
    "FVSAMAZON_FAREAST__CLIENT_SECRET": "amzn1.oa2-cs.v1.fareast",
    "FVSAMAZON_FAREAST__ACCOUNTS__JP__REFRESH_TOKEN": "Atzr|jp",
    "FVSAMAZON_FAREAST__ACCOUNTS__AU__REFRESH_TOKEN": "Atzr|au",
}
"""Europe with one account, Far East with two, North America off."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a command: nothing of this machine but what it needs."""
    kept = ("PATH", "HOME", "TMPDIR", COVERAGE)
    base = {name: os.environ[name] for name in kept if name in os.environ}
    return {**base, "PYTHONPATH": str(SOURCE), **more}


def settings_file(folder: Path, values: Mapping[str, str] = SETTINGS, **more: str) -> Path:
    """Write settings.env where a command started in `folder` finds it."""
    path = folder / "settings.env"
    path.write_text("".join(f"{k}={v}\n" for k, v in {**values, **more}.items()), "utf-8")
    path.chmod(0o600)
    return path


async def fvsamazon_run(*arguments: str, folder: Path, **env: str) -> Result:
    """Run one command in `folder` and wait for its end."""
    if all(name.startswith("FVSAMAZON_") for name in env):
        order = {"arguments": arguments, "folder": str(folder), "environment": environment(**env)}
        return await anyio.to_thread.run_sync(_forked, json.dumps(order).encode())
    process = await anyio.run_process(
        [sys.executable, "-m", "fvsamazon", *arguments],
        cwd=folder,
        env=environment(**env),
        check=False,
    )
    return Result(process.returncode, process.stdout.decode(), process.stderr.decode())


@cache
def _starter() -> socket.socket:
    """Start the process that commands are forked from; it ends with this one."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        # Python makes its streams after what they are at the start: a command's are pipes.
        process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("starter.py"), str(there.fileno())],
            pass_fds=[there.fileno()],
            env=environment(**{COVERAGE: ""}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def end() -> None:
        here.close()
        process.communicate()

    atexit.register(end)
    return here


def _forked(order: bytes) -> Result:
    """Have a command forked, and wait for what it says and for its end."""
    told: dict[int, bytearray] = {}
    with ExitStack() as stack:
        silence = os.open(os.devnull, os.O_RDONLY)
        stack.callback(os.close, silence)
        ends = [os.pipe() for _ in ("output", "errors", "exit code")]
        for ours, _ in ends:
            told[ours] = bytearray()
            stack.callback(os.close, ours)
        socket.send_fds(_starter(), [order], [silence, *(theirs for _, theirs in ends)])
        for _, theirs in ends:
            os.close(theirs)
        waiting = set(told)
        while waiting:
            for ours in select.select(waiting, (), ())[0]:
                if some := os.read(ours, 1 << 16):
                    told[ours] += some
                else:
                    waiting.discard(ours)
    out, err, code = (bytes(text).decode() for text in told.values())
    return Result(int(code), out, err)
