"""Secrets and people's data are planted everywhere; nothing that leaves the process shows them.

A real daemon runs against the simulated Amazon through faults, bugs, a reload, a rotation of its
key, a purge and its end, with every command beside it. Then all output, every file and what /proc
shows of the process are searched.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import anyio
import pytest

from fvsamazon import keyfile
from fvsamazon.simulator import D2C, TAX, Simulation, SimulationOptions, account
from support.amazon_samples import CANARIES
from support.commands import environment, fvsamazon_run
from support.liars import answer, liar
from support.personal import stamp, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.liars import Asked

BUGGY = """
import sys
from fvsamazon import privacy, __main__
from fvsamazon.cli import main

calls = 0
inner = privacy.merge_personal
class Bug(Exception): pass
keep = privacy.Keeper._keep
async def kept(self, tx, region, wanted, starts, ring, now):
    global calls
    calls += 1
    pairs = list(wanted)
    if calls in {2, 3}:
        secret = [record.personal for record, _ in pairs]
        try:
            raise Bug(f"{secret} {self._vault._ring._ciphers} {pairs!r} {secret!r}")
        except Bug as error:
            raise KeyError(secret[0]) from error
    return await keep(self, tx, region, pairs, starts, ring, now)
privacy.Keeper._keep = kept
sys.argv = ["fvsamazon", "run"]
main()
"""
"""The daemon with a bug that has people's data in its text, its cause and its variables."""

PASSWORD = "Canary#password:with/odd=chars"
FINVALDA_PASSWORD = "another-Password#1"
CONN_STRING = "Data Source=CanaryHost;Initial Catalog=CanaryBooks"
PROXY_PASSWORD = "canary%2Fproxy-password"
ORDER = "305-7777777-0000011"


@dataclass
class Post:
    """One running daemon and everything that was heard of it."""

    folder: Path
    simulation: Simulation
    said: list[str] = field(default_factory=list)
    process: Any = None

    async def command(self, *arguments: str) -> str:
        done = await fvsamazon_run(*arguments, folder=self.folder)
        self.said.append(done.out + done.err)
        return done.out

    async def until(self, word: str, seconds: float = 30.0) -> None:
        log = self.folder / "log"
        with anyio.fail_after(seconds):
            while not log.exists() or word not in log.read_text("utf-8"):
                await anyio.sleep(0.05)


def secrets(simulation: Simulation, *keys: Path) -> dict[str, str]:
    found = {
        name: value
        for name, value in simulation.settings(rotation=True).items()
        if name.endswith(("SECRET", "SECRET_NEXT", "TOKEN"))
    }
    for path in keys:
        key = keyfile.read(path)
        found[f"{path.name} base64"] = base64.b64encode(key).decode()
        found[f"{path.name} hex"] = key.hex()
    found["password"] = PASSWORD
    found["first password"] = FINVALDA_PASSWORD
    found["connection"] = CONN_STRING
    found["proxy"] = PROXY_PASSWORD
    found["proxy, decoded"] = unquote(PROXY_PASSWORD)
    found["proxy, encoded"] = base64.b64encode(f"user:{unquote(PROXY_PASSWORD)}".encode()).decode()
    return found


def shown_by_kernel(pid: int, name: str) -> bytes:
    """Return what /proc shows; the environment of a process without core dumps is root's alone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except PermissionError:
        assert name == "environ"
        return b""


def shown_in(text: str | bytes, words: dict[str, str]) -> list[str]:
    raw = text.encode() if isinstance(text, str) else text
    return [name for name, word in words.items() if word.encode() in raw]


def echo(asked: Asked) -> bytes:
    """Refuse in Finvalda's name, and repeat all that came: identification and the proxy's too."""
    said = {"AccessResult": "AccessDenied", "error": f"{asked.head} {asked.body}", "nResult": 0}
    return answer(json.dumps(said))


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    options = SimulationOptions(
        orders=60,
        backlog_days=5,
        live_rate=2.0,
        accounts=(
            account("Europe", codes="DE FR", roles={D2C, TAX}),
            account("FarEast", codes="JP", roles={D2C}),
        ),
    )
    async with Simulation(options) as simulation, liar(echo) as proxy:
        for number in range(12):
            order = wire(f"305-7777777-{number:07}")
            moment = datetime.now(UTC) - timedelta(minutes=5 + number)
            order |= {"createdTime": stamp(moment), "lastUpdatedTime": stamp(moment)}
            simulation.amazon.put("Europe", "main", order)
        values = simulation.settings() | {
            "FVSAMAZON_PERSONAL_DATA__ENABLED": "true",
            "FVSAMAZON_PERSONAL_DATA__KEY_FILE": "key",
            "FVSAMAZON_LOG_FORMAT": "json",
            "FVSAMAZON_LOG_LEVEL": "debug",
            "FVSAMAZON_LOG_FILE": "log",
            "FVSAMAZON_POLL_INTERVAL": "1",
            "FVSAMAZON_EUROPE__CLIENT_SECRET_ISSUED": "2026-01-01",
        }
        values["FVSAMAZON_FINVALDA__PASSWORD"] = FINVALDA_PASSWORD
        values["FVSAMAZON_FINVALDA__CONN_STRING"] = CONN_STRING
        place = proxy.replace("://", f"://user:{PROXY_PASSWORD}@")
        values["FVSAMAZON_FINVALDA__PROXY"] = place
        settings = tmp_path / "settings.env"
        settings.write_text("".join(f"{k}={v}\n" for k, v in values.items()), "utf-8")
        settings.chmod(0o600)
        keyfile.create(tmp_path / "key")
        yield Post(tmp_path, simulation)


COMMANDS = (
    ("status",),
    ("status", "--json"),
    ("status", "--check"),
    ("check",),
    ("check", "--json"),
    ("orders", "list", "--json"),
    ("orders", "list", "--unreadable"),
    ("orders", "show", ORDER),
    ("orders", "show", ORDER, "--json"),
    ("orders", "fetch", "305-7777777-0000002", "305-0000000-9999999"),
    ("orders", "export"),
    ("orders", "export", "--format", "csv"),
    ("deliveries", "list"),
    ("deliveries", "list", "--json"),
    ("deliveries", "show", ORDER),
    ("deliveries", "preview", ORDER),
    ("deliveries", "preview", "--all"),
    ("deliveries", "retry", ORDER),
    ("deliveries", "skip", "305-7777777-0000004", "--reason", "a test"),
    ("key", "create"),
    ("key", "rotate"),
    ("purge", "--dry-run"),
    ("purge",),
    ("purge", "--order", "305-7777777-0000003"),
    ("sync",),
)


async def reload(post: Post, daemon: Any) -> None:
    """Reload a bad file, then a good one."""
    settings = post.folder / "settings.env"
    good = settings.read_text()
    settings.write_text(f"{good}FVSAMAZON_EUROPE__NONSENSE={PASSWORD}\n")
    daemon.send_signal(signal.SIGHUP)
    await post.until("settings.rejected")
    settings.write_text(good.replace(FINVALDA_PASSWORD, PASSWORD))
    daemon.send_signal(signal.SIGHUP)
    await post.until("settings.reloaded")


async def end(post: Post, daemon: Any) -> None:
    daemon.send_signal(signal.SIGTERM)
    out = b""
    async for chunk in daemon.stdout:
        out += chunk
    post.said.append(out.decode())
    with anyio.fail_after(10):
        await daemon.wait()


async def live(post: Post, daemon: Any) -> dict[str, bytes]:
    """Go through everything that may make a process talk; return what /proc showed of it."""
    await post.until('"daemon.started"')
    await post.until('"exception"')
    with anyio.fail_after(60):
        while ORDER not in await post.command("orders", "list", "--limit", "500"):
            await anyio.sleep(0.2)
    for kind in ("garbage", "cut", "error_503", "deep_nesting", "redirect", "throttle"):
        post.simulation.faults.add(kind, region="Europe", count=1)
    post.simulation.faults.add(
        "unreadable_order", region="Europe", order_id="305-7777777-0000005", how="items"
    )
    post.simulation.faults.add("expired_access_token", region="FarEast", count=1)
    proc = {name: shown_by_kernel(daemon.pid, name) for name in ("cmdline", "environ", "status")}
    await post.until("region.failed")
    await reload(post, daemon)
    for arguments in COMMANDS:
        await post.command(*arguments)
    asked = await fvsamazon_run("orders", "show", ORDER, "--personal-data", folder=post.folder)
    assert CANARIES["buyerName"] in asked.out, "the canaries were never there"
    post.said.append(asked.err)
    await end(post, daemon)
    return proc


@pytest.mark.slow
async def test_nothing_that_leaves_the_process_shows_a_secret_or_a_person(post: Post) -> None:
    folder, simulation = post.folder, post.simulation
    planted = secrets(simulation, folder / "key")
    async with await anyio.open_process(
        [sys.executable, "-c", BUGGY], cwd=folder, env=environment(), stdout=-1, stderr=-2
    ) as daemon:
        try:
            proc = await live(post, daemon)
        finally:
            if daemon.returncode is None:
                daemon.kill()
    log = (folder / "log").read_text("utf-8")
    assert '"exception"' in log, "no traceback was written"
    assert "credential.expiring" in log
    assert "access denied: " in log, "nothing was repeated"
    planted |= secrets(simulation, folder / "key", *keyfile.retired(folder / "key"))
    tokens = set(re.findall(r"Atza\|[\w-]+", repr(vars(simulation.lwa))))
    assert tokens
    planted |= {f"access token {number}": token for number, token in enumerate(tokens)}
    everything = planted | CANARIES
    assert shown_in("\n".join(post.said), everything) == []
    for name, raw in proc.items():
        assert shown_in(raw, everything) == [], name
    for file in sorted(folder.iterdir()):
        if not file.name.startswith(("settings.env", "key")):
            assert shown_in(file.read_bytes(), everything) == [], file.name
    assert "Canary" not in log


async def test_the_environment_route_is_as_visible_as_the_documentation_says(
    post: Post,
) -> None:
    """Settings handed over as variables stand in /proc/PID/environ: hence the other ways."""
    folder = post.folder
    file = folder / "settings.env"
    values = dict(line.split("=", 1) for line in file.read_text().splitlines())
    file.unlink()
    async with await anyio.open_process(
        [sys.executable, "-m", "fvsamazon", "run"],
        cwd=folder,
        env=environment(**values),
        stdout=-3,
        stderr=-3,
    ) as daemon:
        try:
            with anyio.fail_after(20):
                while not (folder / "log").exists() or "daemon.started" not in (
                    folder / "log"
                ).read_text("utf-8"):
                    await anyio.sleep(0.05)
            if os.geteuid() == 0:
                raw = Path(f"/proc/{daemon.pid}/environ").read_bytes()
                assert shown_in(raw, secrets(post.simulation)) != []
            owner = Path(f"/proc/{daemon.pid}/environ").stat().st_uid
            assert owner == 0, "the process can be dumped"
            limits = Path(f"/proc/{daemon.pid}/limits").read_text()
            (core,) = [line for line in limits.splitlines() if line.startswith("Max core file")]
            assert core.split()[4:6] == ["0", "0"]
        finally:
            daemon.terminate()
