"""`fvsamazon simulate` and `fvsamazon demo`, run as users run them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from fvsamazon.cli import demo_verdict
from fvsamazon.simulator import Simulation, SimulationOptions
from fvsamazon.store.database import Database
from support.commands import environment, fvsamazon_run, settings_file

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import Process


async def started(*arguments: str, folder: Path) -> Process:
    return await anyio.open_process(
        [sys.executable, "-m", "fvsamazon", *arguments],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
    )


async def first_line(process: Process) -> str:
    assert process.stdout is not None
    text = b""
    with anyio.fail_after(20):
        while b"\n" not in text:
            text += await process.stdout.receive()
    return text.split(b"\n")[0].decode()


async def seen(process: Process, word: bytes) -> None:
    """Read standard output until a word stands there."""
    assert process.stdout is not None
    text = b""
    with anyio.fail_after(20):
        while word not in text:
            text += await process.stdout.receive()


async def rest(process: Process) -> tuple[str, str]:
    assert process.stdout is not None
    assert process.stderr is not None
    with anyio.fail_after(30):
        out = b"".join([chunk async for chunk in process.stdout])
        err = b"".join([chunk async for chunk in process.stderr])
        await process.wait()
    return out.decode(), err.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_simulate_tells_settings_first_and_stops_in_order(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with await started("simulate", "--orders", "10", folder=tmp_path) as process:
        settings = json.loads(await first_line(process))["settings"]
        assert all(re.fullmatch(r"FVSAMAZON_[A-Z0-9_]+", name) for name in settings)
        assert {"NORTHAMERICA", "EUROPE", "FAREAST"} == {
            name.removeprefix("FVSAMAZON_").removesuffix("__ENDPOINT")
            for name in settings
            if name.endswith("__ENDPOINT")
        }
        async with httpx.AsyncClient() as http:
            answer = await http.post(settings["FVSAMAZON_LWA_URL"], data={"grant_type": "x"})
        assert answer.status_code == 400
        process.send_signal(number)
        out, err = await rest(process)
        assert process.returncode == 0
        assert out == ""
        assert "simulating Amazon at http://127.0.0.1:" in err


async def test_what_simulate_prints_is_a_settings_file(tmp_path: Path) -> None:
    async with await started("simulate", "--orders", "10", folder=tmp_path) as process:
        settings_file(tmp_path, json.loads(await first_line(process))["settings"])
        told = await fvsamazon_run("check", "--json", folder=tmp_path)
        process.send_signal(signal.SIGTERM)
        await rest(process)
    assert told.json["ok"]


async def test_simulate_says_when_a_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        told = await fvsamazon_run("simulate", "--port-amazon", port, folder=tmp_path)
    assert (told.code, told.out) == (1, "")
    assert f"port {port}" in told.err
    assert "Traceback" not in told.err


async def test_simulate_refuses_nonsense_as_usage(tmp_path: Path) -> None:
    told = await fvsamazon_run("simulate", "--rate-factor", "0", folder=tmp_path)
    assert told.code == 2


@pytest.mark.parametrize("command", ["simulate", "demo"])
async def test_without_the_extra_the_remedy_is_named(tmp_path: Path, command: str) -> None:
    program = (
        "import sys\n"
        "sys.modules['starlette'] = None\n"
        f"sys.argv = ['fvsamazon', '{command}']\n"
        "from fvsamazon.cli import main\n"
        "main()\n"
    )
    process = await anyio.run_process(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment(), check=False
    )
    assert process.returncode == 1
    assert process.stderr.decode().strip().endswith('pip install "fvsamazon[demo]"')
    assert process.stderr.count(b"\n") == 1


async def test_demo_ends_with_a_summary_and_nothing_lost(tmp_path: Path) -> None:
    told = await fvsamazon_run(
        "demo",
        "--seconds",
        "5",
        "--orders",
        "50",
        folder=tmp_path,
        FVSAMAZON_EUROPE__CLIENT_ID="the real one, which the demo must not touch",
    )
    assert told.code == 0
    assert "poll.completed" in told.out
    assert "daemon.stopped clean=true" in told.out
    assert "Every order that could be read is recorded as it is." in told.out
    numbers = re.search(r"together\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", told.out)
    assert numbers is not None
    in_amazon, could_be_read, recorded, lost, wrong = map(int, numbers.groups())
    assert in_amazon >= recorded >= could_be_read > 100
    assert (lost, wrong) == (0, 0)
    assert list(tmp_path.iterdir()) == []


async def test_demo_ends_early_on_a_signal_with_the_same_summary(tmp_path: Path) -> None:
    async with await started(
        "demo", "--orders", "10", "--live-rate", "0.02", folder=tmp_path
    ) as process:
        await seen(process, b"poll.completed")
        process.send_signal(signal.SIGINT)
        out, err = await rest(process)
        assert process.returncode == 0, out[-3000:] + err[-2000:]
    assert "together" in out


async def test_demo_can_be_ended_before_the_daemon_has_begun(tmp_path: Path) -> None:
    async with await started("demo", "--orders", "10", folder=tmp_path) as process:
        await seen(process, b"store.created")
        process.send_signal(signal.SIGTERM)
        out, err = await rest(process)
        assert process.returncode == 0, err
    assert "together" in out or "stopped before it had begun" in out


async def test_demo_says_when_the_daemon_dies(tmp_path: Path) -> None:
    async with await started("demo", "--orders", "10", folder=tmp_path) as process:
        await seen(process, b"poll.completed")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii")
        os.kill(int(children.split()[0]), signal.SIGKILL)
        _, err = await rest(process)
        assert process.returncode == 1
    assert "the daemon ended by itself" in err


@pytest.fixture(scope="module")
async def read_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Simulation, Path]]:
    """A simulation and the database of a pass that has read all of it."""
    folder = tmp_path_factory.mktemp("caught_up")
    async with Simulation(SimulationOptions(orders=50, live_rate=0.2)) as simulation:
        settings_file(folder, simulation.settings())
        told = await fvsamazon_run("sync", folder=folder)
        assert told.code == 0
        yield simulation, folder / "fvsamazon.db"


@pytest.fixture
def caught_up(read_once: tuple[Simulation, Path], tmp_path: Path) -> tuple[Simulation, Path]:
    """A copy of that database, to be tampered with."""
    simulation, path = read_once
    return simulation, Path(shutil.copy(path, tmp_path))


async def verdicts(simulation: Simulation, path: Path) -> demo_verdict.Verdict:
    """Return Europe's main account, judged."""
    database = await Database.open(path, create=False)
    try:
        found = await demo_verdict.judge(database, simulation)
    finally:
        await database.close()
    others = [v for v in found if (v.region, v.account) != ("Europe", "main")]
    assert all(verdict.good and verdict.owed for verdict in others)
    return next(v for v in found if (v.region, v.account) == ("Europe", "main"))


def tamper(path: Path, statement: str) -> str:
    """Change the record of one order of Europe's main account that is surely owed."""
    with sqlite3.connect(path) as connection:
        (order_id,) = connection.execute(
            "select order_id from orders where account_id = (select id from account where "
            "region = 'Europe' and name = 'main') order by updated_at limit 1"
        ).fetchone()
        connection.execute("pragma foreign_keys = off")
        connection.execute(f"{statement} where order_id = ?", (order_id,))
    connection.close()
    return str(order_id)


async def test_the_verdict_finds_nothing_wrong_where_nothing_is(
    caught_up: tuple[Simulation, Path],
) -> None:
    verdict = await verdicts(*caught_up)
    assert verdict.good
    assert verdict.owed > 20
    assert verdict.requests > 0
    assert verdict.throttled == 0


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("delete from orders", "lost"),
        ("update orders set updated_at = updated_at - 1000000", "lost"),
        ("update orders set grand_total = '0.01'", "wrong"),
        ("update orders set status = 'SHIPED'", "wrong"),
    ],
)
async def test_the_verdict_finds_what_is_lost_or_wrong(
    caught_up: tuple[Simulation, Path], statement: str, word: str
) -> None:
    simulation, path = caught_up
    order_id = tamper(path, statement)
    verdict = await verdicts(simulation, path)
    assert not verdict.good
    assert getattr(verdict, word) == [order_id]
