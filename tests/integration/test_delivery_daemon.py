"""Delivery in the running daemon, and the commands beside it."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import asynccontextmanager, closing
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from fvsamazon.simulator import Simulation, SimulationOptions, account
from support.commands import fvsamazon_run
from support.daemon import Running, running, write_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

RULES = files("fvsamazon.cli").joinpath("demo_booking.toml").read_text("utf-8")
EARLY = RULES.replace('series = "AMZ"', 'series = "AMZ"\nsale_when = "UNSHIPPED"', 1)


@asynccontextmanager
async def company(folder: Path, rules: str | None = RULES) -> AsyncIterator[Simulation]:
    """Serve both worlds, and point a folder's settings at them."""
    options = SimulationOptions(
        orders=60,
        backlog_days=15,
        live_rate=0,
        seed=5,
        rate_factor=2000,
        accounts=(account("Europe", codes="DE FR IT"),),
    )
    async with Simulation(options) as simulation:
        write_settings(
            folder,
            simulation.settings(),
            FVSAMAZON_POLL_INTERVAL="1",
            FVSAMAZON_LOG_FORMAT="json",
        )
        if rules is not None:
            (folder / "booking.toml").write_text(rules, "utf-8")
        yield simulation


def states(folder: Path) -> dict[str, int]:
    with closing(sqlite3.connect(folder / "fvsamazon.db")) as store:
        return dict(store.execute("select state, value from delivery_count where value > 0"))


async def delivered(daemon: Running) -> None:
    """Wait until the history is in and nothing is due any more."""
    await daemon.until(lambda: daemon.named("history.completed"), 60)
    await daemon.until(lambda: "due" not in states(daemon.folder), 60, every=0.2)


async def test_the_daemon_books_and_commands_work_beside_it(tmp_path: Path) -> None:
    async with company(tmp_path) as simulation, running(tmp_path) as daemon:
        await daemon.ready()
        await delivered(daemon)
        assert simulation.finvalda.doubles() == {}
        found = states(tmp_path)
        assert found["booked"] == len(daemon.named("delivery.booked")) > 10
        assert found["held"] == len(daemon.named("delivery.held")) > 0
        told = await fvsamazon_run("status", "--json", folder=tmp_path)
        counted = told.json["deliveries"]
        assert sum(counted.values()) == sum(
            region["orders"] for region in told.json["regions"].values()
        )
        assert {k: v for k, v in counted.items() if v and k != "not_due"} == {
            k: v for k, v in found.items() if k != "not_due"
        }
        held = daemon.named("delivery.held")[0]["order"]
        tried = await fvsamazon_run("deliveries", "retry", held, folder=tmp_path)
        assert (tried.code, f"{held}: was held" in tried.out) == (0, True)
        assert "delivery.retried" in tried.err
        await daemon.until(lambda: len(daemon.named("delivery.held", order=held)) == 2, 5)
        skipped = await fvsamazon_run(
            "deliveries", "skip", held, "--reason", "by hand", folder=tmp_path
        )
        assert skipped.code == 0
        shown = await fvsamazon_run("orders", "show", held, "--json", folder=tmp_path)
        assert shown.json["delivery"]["state"] == "skipped"
        assert shown.json["delivery"]["reason"] == "by hand"
        again = await fvsamazon_run("deliveries", "skip", held, "--reason", "x", folder=tmp_path)
        assert again.code == 1
        booked = daemon.named("delivery.booked")[0]
        shown = await fvsamazon_run("orders", "show", booked["order"], "--json", folder=tmp_path)
        assert shown.json["why_not_booked"] is None
        assert shown.json["delivery"] == {
            "state": "booked",
            "document": booked["document"],
            "journal": booked["journal"],
            "number": booked["number"],
            "reason": None,
        }
        whole = await fvsamazon_run(
            "deliveries", "show", booked["order"], "--json", folder=tmp_path
        )
        assert whole.json[0]["sent"]["PardDok"]["sDokumentas"] == booked["order"]
        listed = await fvsamazon_run("deliveries", "list", "--state", "held", folder=tmp_path)
        assert listed.out.count(" held ") >= found["held"] - 1
        calls = len(simulation.finvalda.book.all())
        seen = await fvsamazon_run("deliveries", "preview", booked["order"], "--json",
                                   folder=tmp_path)  # fmt: skip
        assert (seen.json["outcome"], seen.json["document"]) == ("sale", booked["order"])
        told = await fvsamazon_run("deliveries", "preview", booked["order"], folder=tmp_path)
        assert "[[vat]]" in told.out or "vat_code" in told.out
        everything = await fvsamazon_run("deliveries", "preview", "--all", folder=tmp_path)
        lines = [json.loads(line) for line in everything.out.splitlines()]
        assert len(lines) == sum(counted.values())
        assert len(simulation.finvalda.book.all()) == calls
        assert await daemon.stop() == 0


async def test_reloads_of_the_rules(tmp_path: Path) -> None:
    async with company(tmp_path) as simulation, running(tmp_path) as daemon:
        await daemon.ready()
        await delivered(daemon)
        sales = len(simulation.finvalda.book.all())
        (tmp_path / "booking.toml").write_text("version = 2\nwhat = 1\n", "utf-8")
        with (tmp_path / "settings.env").open("a") as settings:
            settings.write("FVSAMAZON_POLL_INTERVALL=1\n")
        daemon.send(signal.SIGHUP)
        await daemon.until(lambda: daemon.named("settings.rejected"), 5)
        faults = daemon.named("settings.rejected")[0]["faults"]
        assert len(faults) >= 3
        assert any("POLL_INTERVALL" in fault for fault in faults)
        assert any("booking.toml line 2" in fault for fault in faults)
        text = (tmp_path / "settings.env").read_text().replace("FVSAMAZON_POLL_INTERVALL=1\n", "")
        (tmp_path / "settings.env").write_text(text)
        never = EARLY + '\n[[client]]\ncode = "NEVER"\n'
        (tmp_path / "booking.toml").write_text(never, "utf-8")
        assert not [w for w in daemon.named("settings.warning") if "booking.toml" in w["detail"]]
        daemon.send(signal.SIGHUP)
        await daemon.until(lambda: daemon.named("settings.reloaded"), 5)
        told = [line["detail"] for line in daemon.named("settings.warning")]
        assert [text for text in told if "booking.toml line" in text and "never asked" in text]
        assert "delivery" in daemon.named("settings.reloaded")[0]["restarted"]
        await daemon.until(lambda: len(simulation.finvalda.book.all()) > sales, 20)
        await delivered(daemon)
        assert simulation.finvalda.doubles() == {}
        assert await daemon.stop() == 0


async def test_without_rules_everything_due_is_held_until_there_are_some(tmp_path: Path) -> None:
    async with company(tmp_path, rules=None) as simulation, running(tmp_path) as daemon:
        await daemon.ready()
        assert daemon.named("rules.missing")
        await delivered(daemon)
        assert set(states(tmp_path)) <= {"held", "not_due"}
        (tmp_path / "booking.toml").write_text(RULES, "utf-8")
        daemon.send(signal.SIGHUP)
        await daemon.until(lambda: states(tmp_path).get("booked", 0) > 10, 30, every=0.2)
        assert simulation.finvalda.doubles() == {}


async def test_a_finvalda_that_is_set_up_later_gets_what_was_recorded(tmp_path: Path) -> None:
    async with company(tmp_path) as simulation:
        whole = (tmp_path / "settings.env").read_text()
        without = "".join(
            line for line in whole.splitlines(keepends=True) if "FINVALDA" not in line
        )
        (tmp_path / "settings.env").write_text(without)
        async with running(tmp_path) as daemon:
            await daemon.ready()
            await daemon.until(lambda: daemon.named("history.completed"), 60)
            assert states(tmp_path) == {}
            (tmp_path / "settings.env").write_text(whole)
            daemon.send(signal.SIGHUP)
            await daemon.until(lambda: states(tmp_path).get("booked", 0) > 10, 30, every=0.2)
        assert simulation.finvalda.doubles() == {}


async def test_a_finvalda_that_hangs_delays_no_poll(tmp_path: Path) -> None:
    async with company(tmp_path) as simulation:
        simulation.finvalda.faults.add("hang", seconds=3_600, delay=60.0)
        async with running(tmp_path) as daemon:
            await daemon.ready()
            await daemon.until(lambda: len(daemon.named("poll.completed", kind="live")) > 1, 30)
            began = len(daemon.named("poll.completed", kind="live"))
            await daemon.until(
                lambda: len(daemon.named("poll.completed", kind="live")) >= began + 2, 20
            )
            assert set(states(tmp_path)) <= {"due", "not_due"}
            assert await daemon.stop() == 0


async def test_bad_rules_end_a_start_with_every_fault(tmp_path: Path) -> None:
    async with company(tmp_path, rules="version = 2\nwhat = 1\n"):
        told = await fvsamazon_run("run", folder=tmp_path)
        assert told.code == 78
        assert "line 1" in told.err
        assert "line 2" in told.err


@pytest.mark.parametrize("deliver", [True, False])
async def test_sync_delivers_unless_it_is_told_not_to(tmp_path: Path, deliver: bool) -> None:
    async with company(tmp_path) as simulation:
        words = ["sync"] if deliver else ["sync", "--no-deliver"]
        told = await fvsamazon_run(*words, folder=tmp_path)
        assert told.code == 0
        found = states(tmp_path)
        if deliver:
            assert f"Finvalda: {found['booked']} booked; {found['held']} held" in told.out
            assert "due" not in found
        else:
            assert set(found) == {"due"}
        assert bool(simulation.finvalda.book.all()) is deliver


async def test_check_names_what_finvalda_lacks(tmp_path: Path) -> None:
    rules = RULES.replace('code = "FBM"', 'code = "NOWH"').replace('"PVM0ES"', '"NOVAT"')
    async with company(tmp_path, rules) as simulation:
        told = await fvsamazon_run("check", "--json", folder=tmp_path)
        failed = [row["detail"] for row in told.json["rows"] if row["state"] == "fail"]
        assert told.code == 1
        assert failed == [
            "warehouses that Finvalda lacks: NOWH",
            "VAT codes that Finvalda lacks: NOVAT",
        ]
        (tmp_path / "booking.toml").write_text(RULES, "utf-8")
        assert (await fvsamazon_run("check", folder=tmp_path)).code == 0
        simulation.finvalda.rules.lacking = {"GetOperations"}
        told = await fvsamazon_run("check", "--json", folder=tmp_path)
        assert any("cannot be looked up" in row["detail"] for row in told.json["rows"])
        simulation.finvalda.faults.add("denied", seconds=60)
        told = await fvsamazon_run("check", "--json", folder=tmp_path)
        failed = [row["detail"] for row in told.json["rows"] if row["state"] == "fail"]
        assert ["access denied" in one for one in failed] == [True]
