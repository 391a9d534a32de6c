"""The simulated Finvalda fails on demand, and what it answered with success stays true."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from fvsamazon.simulator.finvalda import FinvaldaState, finvalda_app
from support.simulated_finvalda import ORDER, Client, codes, headers, sale, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

BODY = {
    "ItemClassName": "PardDok",
    "sParametras": "FVSAMAZON",
    "xmlstring": json.dumps({"PardDok": sale()}),
}


class Clock:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def state() -> FinvaldaState:
    return FinvaldaState(3, lambda: datetime.now(UTC))


@pytest.fixture
async def wire(state: FinvaldaState) -> AsyncIterator[httpx.AsyncClient]:
    async with served(state) as client:
        yield client


def sales(state: FinvaldaState) -> int:
    return len(state.sales(ORDER))


@pytest.mark.parametrize(
    ("kind", "how", "committed"),
    [
        ("lost_answer", {}, 1),
        ("lost_request", {}, 0),
        ("refuse", {}, 0),
        ("cut", {}, 1),
        ("hang", {"delay": 0.1}, 0),
    ],
)
async def test_broken_connections_tell_nothing_about_the_commit(
    state: FinvaldaState,
    wire: httpx.AsyncClient,
    kind: Any,
    how: dict[str, Any],
    committed: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    state.faults.add(kind, method="InsertNewOperation", **how)
    with caplog.at_level(logging.WARNING), pytest.raises(httpx.TransportError):
        await wire.post("InsertNewOperation", json=BODY)
    assert sales(state) == committed
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []
    answer = await wire.post("InsertNewOperation", json=BODY)
    assert answer.json()["nResult"] == (1001 if committed else 0), "the fault struck once"


async def test_a_late_commit_comes_after_the_client_gave_up(
    state: FinvaldaState, wire: httpx.AsyncClient
) -> None:
    state.faults.add("late_commit", delay=0.3)
    with pytest.raises(httpx.ReadTimeout):
        await wire.post("InsertNewOperation", json=BODY, timeout=0.1)
    assert sales(state) == 0
    assert state.truth()["pending"] == 1
    async with asyncio.timeout(10):
        while state.truth()["pending"]:
            await asyncio.sleep(0.01)
    assert [call.committed for call in state.calls] == [True], "nobody had to ask"
    assert sales(state) == 1


async def test_a_late_commit_is_answered_to_who_still_waits(
    state: FinvaldaState, wire: httpx.AsyncClient
) -> None:
    state.faults.add("late_commit", delay=0.2)
    answer = await wire.post("InsertNewOperation", json=BODY)
    assert codes(answer.json()) == ("Success", 0)


async def test_a_late_commit_keeps_the_simulated_time_in_process() -> None:
    clock = Clock()
    client = Client(FinvaldaState(1, clock))
    async with client.http:
        client.state.faults.add("late_commit", delay=90)
        with pytest.raises(httpx.ReadTimeout):
            await client.insert("PardDok", sale())
        clock.at += timedelta(seconds=89)
        assert await client.find(OrderNumber=ORDER) == []
        clock.at += timedelta(seconds=1)
        (row,) = await client.find(OrderNumber=ORDER)
        assert row["op_number"] == 1
    (operation,) = client.state.sales(ORDER)
    assert operation.created == "2026-11-23T14:01:30"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("lost_answer", httpx.RemoteProtocolError),
        ("cut", httpx.RemoteProtocolError),
        ("refuse", httpx.ConnectError),
        ("hang", httpx.ReadTimeout),
    ],
)
async def test_in_process_the_client_meets_the_errors_of_httpx(
    kind: Any, error: type[httpx.TransportError]
) -> None:
    client = Client(FinvaldaState(1, Clock()))
    async with client.http:
        client.state.faults.add(kind)
        with pytest.raises(error):
            await client.insert("PardDok", sale())
    assert sales(client.state) == (1 if kind in {"lost_answer", "cut"} else 0)


async def test_answers_that_say_something_else(
    state: FinvaldaState, wire: httpx.AsyncClient
) -> None:
    async def ask() -> httpx.Response:
        return await wire.post("InsertNewOperation", json=BODY)

    state.faults.add("code", code=4000)
    assert "Another employee" in (await ask()).json()["error"]
    state.faults.add("code", code=2010, text="Transaction was deadlocked")
    assert (await ask()).json()["error"] == "Transaction was deadlocked"
    state.faults.add("code", code=0)
    assert codes((await ask()).json()) == ("Fail", 0)
    state.faults.add("denied")
    denied = (await ask()).json()
    assert codes(denied) == ("AccessDenied", 0)
    assert "not licensed" in denied["error"]
    state.faults.add("http_error", status=500)
    broken = await ask()
    assert (broken.status_code, broken.headers["content-type"]) == (500, "text/html")
    state.faults.add("missing", method="InsertNewOperation")
    assert (await ask()).status_code == 404
    assert sales(state) == 0
    state.faults.add("phantom")
    assert codes((await ask()).json()) == ("Success", 0)
    assert sales(state) == 0, "answered, never committed"
    state.faults.add("http_error", commit=True)
    assert (await ask()).status_code == 503
    assert sales(state) == 1
    state.remove_operation("AMZPARD", 1)
    state.faults.add("code", code=2031, commit=True)
    assert codes((await ask()).json()) == ("Fail", 2031)
    assert sales(state) == 1
    state.remove_operation("AMZPARD", 2)
    state.faults.add("empty")
    assert (await ask()).content == b""
    assert sales(state) == 1


async def test_shapes_go_together_with_everything(
    state: FinvaldaState, wire: httpx.AsyncClient
) -> None:
    state.faults.add("bom")
    state.faults.add("octet")
    answer = await wire.get("GetMokesciai")
    assert answer.content.startswith(b"\xef\xbb\xbf{")
    assert answer.headers["content-type"] == "application/octet-stream"
    state.faults.add("cp1257")
    answer = await wire.get("GetMokesciai")
    assert "Tiekimas į ES valstybes nares" in answer.content.decode("cp1257")
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode("utf-8")
    state.faults.add("xml")
    state.faults.add("code", code=1036)
    answer = await wire.post("InsertNewOperation", json=BODY)
    assert answer.text.startswith("<root><AccessResult>Fail</AccessResult>")
    assert "<nResult>1036</nResult>" in answer.text
    state.faults.add("xml_bare")
    assert (await wire.get("GetSandelius")).text.startswith("<AccessResult>Success</AccessResult>")
    state.faults.add("single", count=2)
    nothing = {"OpClass": "Sales", "columns": {"column": ["op_number"]}}
    answer = await wire.post("GetOperations", json={"opReadParams": nothing})
    assert "items" not in answer.json()
    await wire.post("InsertNewOperation", json=BODY)
    state.faults.add("single")
    answer = await wire.post("GetOperations", json={"opReadParams": nothing})
    assert answer.json()["items"] == {"op_number": 1}


async def test_faults_have_a_scope_a_count_and_a_life() -> None:
    clock = Clock()
    client = Client(FinvaldaState(1, clock))
    async with client.http:
        script = client.state.faults
        script.add("code", method="InsertNewOperation", cls="PardRezDok", code=1002, count=2)
        assert codes(await client.insert("PardDok", sale())) == ("Success", 0)
        for code in (1002, 1002, 0):
            assert (await client.insert("PardRezDok", sale()))["nResult"] == code
        script.add("code", cls=["Sales", "CurrencyRates"], code=2001, after=1, seconds=60)
        assert len(await client.find(OrderNumber=ORDER)) == 1
        sales_ = {"opReadParams": {"OpClass": "Sales"}}
        for _ in range(3):
            assert (await client.post("GetOperations", **sales_))["AccessResult"] == "Fail"
        clock.at += timedelta(seconds=60)
        assert script.active() == []
        assert len(await client.find(OrderNumber=ORDER)) == 1
        script.add("closed_period", closed_until="2026-11-20", count=2)
        assert (await client.insert("PardDok", sale(sDokumentas="2")))["nResult"] == 4004
        later = sale(sDokumentas="2", tData="2026-11-21")
        assert (await client.insert("PardDok", later))["nResult"] == 0
        number = script.add("denied", probability=0.5, seconds=600)
        words = [(await client.get("GetSandelius"))["AccessResult"] for _ in range(40)]
        assert 5 < words.count("AccessDenied") < 35
        script.clear(number)
        assert (await client.get("GetSandelius"))["AccessResult"] == "Success"
    with pytest.raises(ValueError, match="unknown kind"):
        client.state.faults.add("nonsense")  # type: ignore[arg-type]


async def test_other_processes_rule_over_http(
    state: FinvaldaState, wire: httpx.AsyncClient
) -> None:
    root = str(wire.base_url).replace("/FvsServicePure.svc/", "")

    async def ask(verb: str, path: str, **body: Any) -> Any:
        answer = await wire.request(verb, root + path, json=body or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    order = {"kind": "lost_answer", "method": "InsertNewOperation", "probability": 1}
    number = (await ask("POST", "/_faults", **order))["id"]
    (fault,) = (await ask("GET", "/_faults"))["faults"]
    assert (fault["id"], fault["methods"], fault["count"]) == (number, ["InsertNewOperation"], 1)
    with pytest.raises(httpx.TransportError):
        await wire.post("InsertNewOperation", json=BODY)
    assert (await ask("GET", "/_faults"))["faults"] == []
    await ask("POST", "/_rules", duplicates="none", lacking=["EditItem"])
    await wire.post("InsertNewOperation", json=BODY)
    truth = await ask("GET", "/_truth")
    assert [row["document"] for row in truth["operations"]] == [ORDER, ORDER]
    assert truth["operations"][0]["titles"][4] == f"AMZ {ORDER}"
    doubled = {ORDER: [["AMZPARD", 1], ["AMZPARD", 2]]}
    assert truth["doubles"] == doubled == await ask("GET", "/_doubles")
    assert truth["requests"]["InsertNewOperation PardDok"] == 2
    await ask("POST", "/_operations", remove=["AMZPARD", 2])
    assert await ask("GET", "/_doubles") == {}
    await ask("POST", "/_records", add=["vat", "PVM9", {"percent": "9"}])
    await ask("POST", "/_records", remove=["client", "AMZDE"])
    again = await wire.post("InsertNewOperation", json=BODY)
    assert again.json()["nResult"] == 26
    assert (await wire.post("EditItem", json={})).status_code == 404
    assert (await ask("GET", "/_rules"))["lacking"] == ["EditItem"]
    wrong = await wire.post(root + "/_faults", json={"kind": "nonsense"})
    assert wrong.status_code == 400
    state.faults.add("denied")
    assert (await ask("DELETE", "/_faults"))["faults"] == []


async def test_the_application_can_be_mounted_anywhere(state: FinvaldaState) -> None:
    mounts = [Mount("/deep/FvsServicePure.svc", finvalda_app(state))]
    transport = httpx.ASGITransport(app=Starlette(routes=mounts))
    base = "http://127.0.0.1/deep/FvsServicePure.svc/"
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        answer = await client.get("GetSandelius", headers=headers(state))
        assert answer.json()["AccessResult"] == "Success"
        assert (await client.get("_truth")).json()["operations"] == []


_SERVER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import uvicorn
from fvsamazon.simulator.finvalda import FinvaldaState, finvalda_app
state = FinvaldaState(7, lambda: datetime.now(UTC), Path(sys.argv[1]))
config = uvicorn.Config(finvalda_app(state), fd=int(sys.argv[2]), log_config=None, lifespan="off")
uvicorn.Server(config).run()
"""


async def test_killed_at_any_moment_it_forgets_nothing_answered(tmp_path: Path) -> None:
    path = tmp_path / "finvalda.jsonl"
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}/FvsServicePure.svc/"
    own = FinvaldaState(7, lambda: datetime.now(UTC))
    answered: set[str] = set()
    number = 0
    async with httpx.AsyncClient(base_url=base, headers=headers(own), trust_env=False) as client:
        for _ in range(3):
            command = [sys.executable, "-c", _SERVER, str(path), str(listener.fileno())]
            server = subprocess.Popen(command, pass_fds=[listener.fileno()])  # noqa: ASYNC220
            await client.get("GetSandelius", timeout=30)
            loop = asyncio.get_running_loop()
            loop.call_later(0.3, os.kill, server.pid, signal.SIGKILL)
            while server.poll() is None:
                number += 1
                document = f"{number:03d}-0000000-0000000"
                body = {**BODY, "xmlstring": json.dumps({"PardDok": sale(sDokumentas=document)})}
                try:
                    answer = await client.post("InsertNewOperation", json=body, timeout=0.2)
                except httpx.TransportError:
                    continue
                assert codes(answer.json()) == ("Success", 0)
                answered.add(document)
            assert server.returncode == -signal.SIGKILL
    listener.close()
    kept = FinvaldaState(7, lambda: datetime.now(UTC), path)
    found = [operation["document"] for operation in kept.operations()]
    assert len(answered) > 3
    assert answered <= set(found)
    assert len(found) == len(set(found))
