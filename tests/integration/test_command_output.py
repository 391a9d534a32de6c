"""What commands write when they fail, are misused, or meet a terminal, a pipe, a hostile file."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import unicodedata
from typing import TYPE_CHECKING

import anyio
import pytest

from support.commands import SETTINGS, environment, fvsamazon_run, settings_file
from support.liars import pieces_shown
from support.recorded import order, record, recorded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BUYER = "Jonas Canaraitis, Gedimino pr. 1"
HIDDEN = "Canary-secret-of-the-bug-0123456789"
STEER = "\x1b]0;pwned\x07\x9b2J\u202e\x7f"

BUG = f"""
import sys
from fvsamazon.cli import main
import fvsamazon.{{module}} as module
class Odd(Exception):
    pass
def broken(*given, **named):
    buyer = {BUYER!r}
    try:
        raise Odd(buyer)
    except Odd as error:
        error.add_note(buyer)
        raise ValueError(f"no good: {{{{buyer}}}} {HIDDEN}") from error
{{target}} = broken
sys.argv = ["fvsamazon", *{{arguments!r}}]
main()
"""

BUGS = {
    "status": ("store.deliveries", "module.counts", ("status",)),
    "status json": ("status", "module.collect", ("status", "--json")),
    "check": ("cli.check_store", "module._disk", ("check", "--offline")),
    "list": ("cli.order_list", "module._orders_table", ("orders", "list")),
    "show": ("cli.order_show", "module._facts", ("orders", "show", "302-1")),
    "export": ("cli.order_export", "module._items", ("orders", "export")),
    "deliveries": ("store.outbox", "module.deliveries", ("deliveries", "list")),
    "purge": ("retention", "module.Purger.purge", ("purge",)),
    "sync": ("cli.sync", "module.account_specs", ("sync",)),
    "settings": ("settings", "module.load", ("status",)),
    "run before its log": ("settings", "module.load", ("run",)),
    "run": ("daemon", "module.Daemon.run", ("run",)),
}


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    settings_file(tmp_path, SETTINGS, FVSAMAZON_FINVALDA__PASSWORD=HIDDEN)
    async with recorded(tmp_path / "fvsamazon.db") as database:
        await record(database, order(orderId="302-1"))
    return tmp_path


def python(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run a program that runs a command, in `folder`."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def raw(
    folder: Path, arguments: Sequence[str | bytes], *, out: int = subprocess.PIPE, **env: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a command whose arguments and output may be no text."""
    return subprocess.run(
        [sys.executable, "-m", "fvsamazon", *arguments],
        cwd=folder,
        env=environment(**env),
        stdout=out,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", BUGS)
async def test_a_bug_in_any_command_shows_its_place_and_no_data(folder: Path, name: str) -> None:
    module, target, arguments = BUGS[name]
    done = python(folder, BUG.format(module=module, target=target, arguments=arguments))
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "program.failed" in said
    assert "ValueError" in said
    assert "in broken" in said
    assert "Canaraitis" not in said
    assert pieces_shown(said, [HIDDEN, BUYER]) == []


async def test_a_bug_under_the_monitor_is_its_one_line(folder: Path) -> None:
    code = BUG.format(module="status", target="module.collect", arguments=("status", "--check"))
    done = python(folder, code)
    assert done.returncode == 3
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    assert "UNKNOWN - ValueError" in done.stdout
    assert pieces_shown(done.stdout, [HIDDEN, BUYER]) == []


async def test_threads_and_clean_up_tell_no_data_either(folder: Path) -> None:
    done = python(
        folder,
        f"""
import sys, threading
from fvsamazon.cli import context, main
class Weak:
    def __del__(self):
        raise ValueError({BUYER!r})
def tell(*given):
    raise ValueError({BUYER!r})
from fvsamazon.cli import order_list
inner = order_list._orders_table
def table(*given):
    thread = threading.Thread(target=tell)
    thread.start()
    thread.join()
    del thread
    Weak()
    return inner(*given)
order_list._orders_table = table
sys.argv = ["fvsamazon", "orders", "list"]
main()
""",
    )
    assert done.returncode == 0
    assert "302-1" in done.stdout
    assert "where=thread" in done.stderr or '"thread"' in done.stderr
    assert "clean-up" in done.stderr
    assert "Canaraitis" not in done.stderr


async def test_what_libraries_tell_is_not_printed_where_no_log_is_set_up(folder: Path) -> None:
    done = python(
        folder,
        f"""
import logging, sys
from fvsamazon.cli import main, order_list
inner = order_list._orders_table
def table(*given):
    logging.getLogger("asyncio").error("never retrieved: {BUYER}")
    return inner(*given)
order_list._orders_table = table
sys.argv = ["fvsamazon", "orders", "list"]
main()
""",
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [
        (f"x{STEER}",),
        ("status", f"x{STEER}"),
        ("status", f"--x{STEER}"),
        ("orders", f"x{STEER}"),
        ("orders", "list", "--limit", f"x{STEER}"),
        ("orders", "list", "--status", f"x{STEER}"),
        ("orders", "list", "--since", f"x{STEER}"),
        ("orders", "list", "--region", f"x{STEER}"),
        ("orders", "list", "--account", f"x{STEER}"),
        ("orders", "show", f"x{STEER}"),
        ("orders", "show", "[red]x[/red]"),
        ("orders", "export", "--format", f"x{STEER}"),
        ("deliveries", "list", "--state", f"x{STEER}"),
        ("deliveries", "skip", "302-1", "--reason", f"x{STEER}"),
        ("--env-file", f"x{STEER}", "status"),
        ("--env-file", f"x{STEER}", "check"),
        ("key", f"x{STEER}"),
        ("simulate", "--orders", f"x{STEER}"),
    ],
)
async def test_an_argument_cannot_steer_the_terminal(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    done = await fvsamazon_run(*arguments, folder=folder)
    said = done.out + done.err
    assert "Traceback" not in said
    assert "program.failed" not in said
    # Of the other steering characters the shell's own usage errors show what was typed.
    assert not [c for c in said if unicodedata.category(c) == "Cc" and c != "\n"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["orders", "list", "--status", b"\xff"],
        ["orders", "list", "--account", b"\xff"],
        ["orders", "show", b"\xff"],
        ["deliveries", "skip", "302-1", "--reason", b"\xff"],
        ["--env-file", b"\xff", "status"],
        [b"\xff"],
    ],
)
async def test_an_argument_that_is_no_text_is_no_bug(
    folder: Path, arguments: list[str | bytes]
) -> None:
    done = raw(folder, arguments)
    said = (done.stdout + done.stderr).decode("utf-8")
    assert "Traceback" not in said
    assert "program.failed" not in said


@pytest.mark.parametrize("command", ["status", "check", "sync"])
async def test_a_rules_or_settings_file_cannot_steer_the_terminal(
    folder: Path, command: str
) -> None:
    """The rules are the accountant's, the command is often root's."""
    rules = folder / "booking.toml"
    rules.write_text('"\\u001b]0;pwned\\u0007\\u202e" = 1\n["\\u009b2J"]\nx = "\\u001b[2J"\n')
    settings = folder / "settings.env"
    with settings.open("a") as stream:
        stream.write("FVSAMAZON_FINVALDA__URL=http://127.0.0.1:9/FvsServicePure.svc\n")
        stream.write("FVSAMAZON_FINVALDA__USERNAME=u\n")
    done = await fvsamazon_run(command, folder=folder)
    said = done.out + done.err
    assert "Traceback" not in said
    assert all(line.isprintable() for line in said.split("\n")), said
    if command != "status":
        assert "pwned" in said
    with settings.open("a") as stream:
        stream.write(f"FVSAMAZON_LOG_LEVEL=x{STEER}\nFVSAMAZON_\x1b[2JX=1\n\x1b[2J\n")
    said = await _said(folder, command)
    assert all(line.isprintable() for line in said.split("\n")), said


async def _said(folder: Path, *arguments: str) -> str:
    done = await fvsamazon_run(*arguments, folder=folder)
    return done.out + done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("orders", "list"),
        ("orders", "list", "--json"),
        ("orders", "show", "302-1"),
        ("orders", "show", "302-1", "--json"),
        ("orders", "export"),
        ("orders", "export", "--format", "csv"),
        ("deliveries", "list"),
        ("check", "--offline"),
        ("status",),
        ("status", "--json"),
    ],
)
async def test_every_alphabet_can_be_written_in_any_encoding(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    async with recorded(folder / "fvsamazon.db") as database:
        wire = order(orderId="302-2")
        wire["orderItems"][0]["product"] |= {"title": "日本 ąž \U0001f600", "sellerSku": "日本;=1"}
        await record(database, wire)
    coding = "iso-8859-13"
    done = raw(
        folder,
        [one.replace("302-1", "302-2") for one in arguments],
        PYTHONIOENCODING=coding,
        FVSAMAZON_LANGUAGE="lt",
    )
    assert b"program.failed" not in done.stderr
    assert b"Traceback" not in done.stderr
    if "--json" in arguments:
        assert json.loads(done.stdout.decode(coding))


@pytest.mark.parametrize(
    "arguments",
    [("orders", "list"), ("orders", "list", "--json"), ("orders", "export"), ("status", "--json")],
)
async def test_a_reader_that_has_seen_enough_is_no_fault(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = raw(folder, arguments, out=writing)
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode in {0, 1}


async def test_a_full_disk_behind_the_output_is_a_sentence(folder: Path) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    done = raw(folder, ("orders", "list", "--json"), out=full)
    os.close(full)
    said = b"fvsamazon: standard output cannot be written (No space left on device)\n"
    assert (done.returncode, done.stderr) == (1, said)


@pytest.mark.parametrize(
    "arguments", [("sync",), ("check",), ("orders", "fetch", "302-1"), ("key", "create"), ("run",)]
)
async def test_no_command_that_knows_secrets_leaves_a_core_file(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    """Killed by a signal that dumps core, as Ctrl-\\ does."""
    code = f"""
import ctypes, os, resource, signal, sys
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
from fvsamazon import keyfile
from fvsamazon.cli import context, main
from fvsamazon.store import database
libc = ctypes.CDLL(None)
# What the kernel does where root becomes another user and fs.suid_dumpable says so.
context.become_owner = lambda database: libc.prctl(4, 1, 0, 0, 0)
def stop(*given, **named):
    told = (resource.getrlimit(resource.RLIMIT_CORE), libc.prctl(3, 0, 0, 0, 0))
    os.write(1, repr(told).encode())
    os.kill(os.getpid(), signal.SIGQUIT)
database.Database.open = keyfile.create = stop
sys.argv = ["fvsamazon", *{arguments!r}]
main()
"""
    settings_file(folder, SETTINGS, FVSAMAZON_PERSONAL_DATA__KEY_FILE="key")
    done = python(folder, code)
    assert done.returncode == -signal.SIGQUIT, done.stderr
    assert done.stdout.endswith("((0, 0), 0)")
    assert not [each for each in folder.iterdir() if each.name.startswith("core")]


async def test_a_terminal_gets_no_markup_from_an_order(folder: Path) -> None:
    async with recorded(folder / "fvsamazon.db") as database:
        wire = order(orderId="302-3")
        wire["orderItems"][0]["product"] |= {
            "title": "[link=http://evil.example]click[/link][blink]x[/blink]",
            "sellerSku": f"[red]{STEER}",
        }
        await record(database, wire)
    leader, follower = pty.openpty()
    process = await anyio.open_process(
        [sys.executable, "-m", "fvsamazon", "orders", "show", "302-3"],
        cwd=folder,
        env=environment(TERM="xterm-256color", COLUMNS="200"),
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    with anyio.fail_after(30):
        await process.wait()
    shown = b""
    with pytest.raises(OSError, match="Input/output"):
        while chunk := os.read(leader, 65536):
            shown += chunk
    os.close(leader)
    text = shown.decode("utf-8")
    assert "[link=http://evil.example]" in text
    assert "[red]" in text
    for steering in ("\x1b]", "\x07", "\x9b", "\u202e", "\x7f"):
        assert steering not in text
