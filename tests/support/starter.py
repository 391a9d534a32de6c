"""Starts commands quickly: a process that has the libraries loaded and forks one for each.

What a command loads of the program itself, and in which order, is its own matter still: only other
people's packages are here before it, and the module that every command begins with. Run as a
script it serves; `run` asks it. A command's fate goes to a pipe of the caller's: its wait status.
This process is not measured where coverage is; each command is, from its first line.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import socket
import sys

import coverage

LOADED = (
    "aiosqlite", "anyio", "cryptography.hazmat.primitives.ciphers.aead", "httpx", "msgspec",
    "pydantic_settings", "rich.console", "rich.progress", "rich.table", "structlog", "typer",
    "fvsamazon.cli",
)  # fmt: skip
REQUEST_LIMIT = 1 << 20


def main(asked: socket.socket) -> None:
    """Fork a command for each request; returns in the command's own process."""
    for name in LOADED:
        __import__(name)
    # What is shared is not walked, and so not copied, when a command ends.
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, files, _, _ = socket.recv_fds(asked, REQUEST_LIMIT, 4)
        if not request:
            os._exit(0)
        if os.fork() == 0:
            asked.close()
            break
        for file in files:
            os.close(file)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, told = files
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    for file in files:
        os.close(file)
    order = json.loads(request)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    # Does nothing unless the environment asks for it, as at the start of any Python.
    coverage.process_startup()
    # As `python -m` has them.
    sys.path[0] = order["folder"]
    sys.argv[1:] = order["arguments"]


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("fvsamazon", run_name="__main__", alter_sys=True)
