"""The running daemon reaches for the addresses of its settings and for its own files, and no more.

Everything is on: three regions, personal data, delivery with client cards, reloads. Around it lies
an environment full of invitations: proxies, a netrc, a file for session keys.
"""

from __future__ import annotations

import platform
import signal
import sqlite3
import sys
from contextlib import closing
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio
import pytest

from fvsamazon import keyfile
from fvsamazon.simulator import D2C, TAX, Simulation, SimulationOptions, account
from support.commands import fvsamazon_run
from support.daemon import running, write_settings
from support.wires import always, said, wire
from support.witness import witnessed

if TYPE_CHECKING:
    from pathlib import Path

RULES = files("fvsamazon.cli").joinpath("demo_booking.toml").read_text("utf-8")
OPTIONS = SimulationOptions(
    orders=40,
    backlog_days=15,
    live_rate=0,
    seed=5,
    rate_factor=2000,
    accounts=tuple(
        account(region, codes=codes, roles={D2C, TAX})
        for region, codes in (("Europe", "DE FR"), ("FarEast", "JP"), ("NorthAmerica", "US"))
    ),
)
OWN = {
    "fvsamazon.db",
    "fvsamazon.db-lock",
    "fvsamazon.db-marker",
    "fvsamazon.db-marker.new",
    "daemon.log",
    # Its own folder, which it makes where it is missing.
    ".",
}


def booked(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "fvsamazon.db")) as store:
        rows = store.execute("select value from delivery_count where state = 'booked'")
        return sum(row[0] for row in rows)


def places(settings: dict[str, str]) -> set[tuple[str, int]]:
    """Return host and port of every address of the settings."""
    found = (urlsplit(value) for value in settings.values() if "://" in value)
    return {(url.hostname or "", url.port or 0) for url in found}


async def test_no_other_address_and_no_other_file(tmp_path: Path) -> None:
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    (home / ".netrc").write_text("default login netrc-user password netrc-word\n", "utf-8")
    keyfile.create(work / "key")
    (work / "booking.toml").write_text(RULES, "utf-8")
    witness, watched = witnessed(tmp_path / "witness")
    async with Simulation(OPTIONS) as simulation, wire(always(said(b""))) as trap:
        settings = simulation.settings()
        write_settings(
            work,
            settings,
            FVSAMAZON_POLL_INTERVAL="1",
            FVSAMAZON_LOG_FORMAT="json",
            FVSAMAZON_LOG_FILE="daemon.log",
            FVSAMAZON_PERSONAL_DATA__ENABLED="true",
            FVSAMAZON_PERSONAL_DATA__KEY_FILE="key",
        )
        lures = dict.fromkeys(
            ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
            trap.url,
        )
        keys = str(tmp_path / "session-keys.log")
        given = {**watched, **lures, "HOME": str(home), "SSLKEYLOGFILE": keys}
        async with running(work, **given) as daemon:
            await daemon.ready()
            await daemon.until((work / "daemon.log").exists)
            with anyio.fail_after(90):
                while booked(work) < 10:
                    await anyio.sleep(0.2)
            daemon.send(signal.SIGUSR1)
            daemon.send(signal.SIGHUP)
            await daemon.until(
                lambda: "settings.reloaded" in (work / "daemon.log").read_text("utf-8")
            )
            notify = daemon.socket.getsockname().decode("latin-1")
            assert await daemon.stop() == 0
        assert trap.connections == 0
    assert witness.addresses() == places(settings)
    assert witness.names() <= {host for host, _ in places(settings)}
    assert witness.local_sockets() <= {notify}
    assert witness.written(work) <= OWN
    assert witness.seen("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system") == []
    assert [args for _, args in witness.seen("socket.bind") if args[-1] != ["127.0.0.1", 0]] == []
    assert not (tmp_path / "session-keys.log").exists() or (
        b"SECRET" not in (tmp_path / "session-keys.log").read_bytes()
    )


async def test_the_witness_is_not_blind(tmp_path: Path) -> None:
    """The same look at a process that does what the daemon must not."""
    witness, watched = witnessed(tmp_path / "witness")
    async with wire(always(said(b""))) as trap:
        script = (
            "import os, socket, subprocess, sys, urllib.request\n"
            "opener = urllib.request.build_opener()\n"
            f"opener.open('{trap.url}')\n"
            f"open('{tmp_path}/leak', 'w').close()\n"
            "subprocess.run(['true'])\n"
        )
        await anyio.run_process([sys.executable, "-c", script], env={"PATH": "/bin", **watched})
    assert witness.addresses() == {(trap.host, trap.port)}
    assert "leak" in witness.written(tmp_path)
    assert witness.seen("subprocess.Popen")


@pytest.mark.parametrize("on", ["true", "false"])
async def test_buyers_are_asked_for_only_where_they_are_kept(tmp_path: Path, on: str) -> None:
    keyfile.create(tmp_path / "key")
    async with Simulation(OPTIONS) as simulation:
        write_settings(
            tmp_path,
            simulation.settings(),
            FVSAMAZON_FINVALDA__URL="",
            FVSAMAZON_PERSONAL_DATA__ENABLED=on,
            FVSAMAZON_PERSONAL_DATA__KEY_FILE="key",
        )
        done = await fvsamazon_run("sync", "--no-deliver", folder=tmp_path)
        assert done.code == 0, done.err
        asked = [call.params for call in simulation.journal.of("searchOrders")]
        named = {call.user_agent for call in simulation.journal.calls}
    assert len(asked) >= 6
    assert {("BUYER" in one["includedData"].split(",")) for one in asked} == {on == "true"}
    (agent,) = named
    assert platform.node() not in agent
    assert agent.startswith("fvsamazon/")
