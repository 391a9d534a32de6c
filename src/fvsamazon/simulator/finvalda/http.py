"""FvsServicePure over HTTP: one request in, one answer, or what the fault script has instead.

An answer that is lost must be lost for good: the connection is broken below HTTP where the server
lets us (uvicorn does), and in process the client gets the error that httpx would have raised.
"""

from __future__ import annotations

import asyncio
import inspect
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import anyio
import httpx
from starlette.requests import Request

from fvsamazon.simulator.finvalda.codes import Refusal
from fvsamazon.simulator.finvalda.faults import LICENCE, Fault
from fvsamazon.simulator.finvalda.service import METHODS, WRITES, Outcome, perform
from fvsamazon.simulator.finvalda.state import Late, Seen
from fvsamazon.simulator.finvalda.wire import (
    Call,
    denial,
    failure,
    one_row_as_object,
    page,
    read_call,
    to_json,
    to_xml,
)

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from fvsamazon.simulator.finvalda.state import FinvaldaState

_OCTET_METHODS = frozenset({"EditItem", "GetPaslaugosSet"})
_OCTET_TYPES = frozenset({"CurrencyRates", "Products", "CountSales", "CountClients", "InvoiceList"})
"""Whose answers were recorded as application/octet-stream, JSON though they are."""

_OCTET = "application/octet-stream"
_GRACE = 0.02
"""Seconds after its time at which a late commit is looked after."""


class _Transport(Protocol):
    def abort(self) -> None: ...
    def close(self) -> None: ...


class Peer:
    """The other end of one request: answers it, keeps it waiting, or breaks with it."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._transport = _transport(send)

    @property
    def in_process(self) -> bool:
        return self._transport is None

    async def answer(self, status: int, kind: str, body: bytes) -> None:
        await self._start(status, kind, len(body))
        await self._send({"type": "http.response.body", "body": body})

    async def cut(self, kind: str, body: bytes) -> None:
        """Promise the whole answer, give half of it, and break off."""
        if self._transport is None:
            raise httpx.RemoteProtocolError("peer closed connection in the middle of the body")
        await self._start(200, kind, len(body))
        half = {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        await self._send(half)
        self._transport.close()
        await self.gone(None)

    async def drop(self, *, refused: bool = False) -> None:
        """Break the connection without a byte of an answer."""
        if self._transport is None:
            if refused:
                raise httpx.ConnectError("connection refused")
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        self._transport.abort()
        await self.gone(None)

    async def gone(self, seconds: float | None) -> bool:
        """Wait for the client to go away; tell whether it did within these seconds."""
        with anyio.move_on_after(seconds):
            while (await self._receive())["type"] != "http.disconnect":
                pass
            return True
        return False

    def time_out(self) -> NoReturn:
        """In process nobody waits: give up on the client's behalf at once."""
        raise httpx.ReadTimeout("the simulated Finvalda does not answer")

    async def _start(self, status: int, kind: str, length: int) -> None:
        headers = [
            (b"content-type", kind.encode()),
            (b"content-length", str(length).encode()),
        ]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})


class Service:
    """The ASGI endpoint of every method; the path parameter `method` names it."""

    def __init__(self, state: FinvaldaState) -> None:
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        method = request.path_params["method"]
        call = read_call(method, request.method, request.query_params, request.headers, body)
        self._state.settle()
        fault, shapes = self._state.faults.strike(call.method, call.cls)
        exchange = Exchange(self._state, call, Peer(receive, send), shapes)
        kind = "normal" if fault is None else fault.kind
        if kind not in {"refuse", "lost_request", "hang"} and not await exchange.served():
            return
        if fault is None:
            await exchange.normal()
        else:
            await exchange.meet(fault)


class Exchange:
    """One request and what becomes of it."""

    def __init__(self, state: FinvaldaState, call: Call, peer: Peer, shapes: set[str]) -> None:
        self._state = state
        self._call = call
        self._peer = peer
        self._shapes = shapes

    async def served(self) -> bool:
        """Tell whether this build has the method by this verb; answer the request if not."""
        method = self._call.method
        if method not in METHODS or method in self._state.rules.lacking:
            await self._page(404, "Endpoint not found.")
            return False
        if method in WRITES and self._call.verb != "POST":
            await self._page(405, "Method not allowed.")
            return False
        return True

    async def normal(self) -> None:
        """Carry out the call and answer."""
        outcome = self._perform()
        self._seen(outcome.summary(), outcome)
        await self._give(outcome)

    async def meet(self, fault: Fault) -> None:
        """Do what the fault script says."""
        if fault.kind == "closed_period":
            self._call.closed_until = fault.closed_until
            await self.normal()
        elif fault.kind in {"refuse", "lost_request"}:
            self._seen(fault.kind)
            await self._peer.drop(refused=fault.kind == "refuse")
        elif fault.kind == "hang":
            self._seen(fault.kind)
            if self._peer.in_process:
                self._peer.time_out()
            await self._peer.gone(fault.delay)
            await self._peer.drop()
        elif fault.kind == "late_commit":
            await self._late(fault)
        elif fault.kind == "missing":
            await self._page(404, "Endpoint not found.")
        elif fault.kind == "denied":
            self._seen(fault.kind)
            write = self._call.method in WRITES
            await self._give(Outcome(denial(fault.text or LICENCE, write=write)))
        else:
            await self._after(fault)

    async def _after(self, fault: Fault) -> None:
        """Carry the call out, if the fault lets it, and then spoil the answer."""
        spoiled_before = fault.kind in {"code", "http_error"} and not fault.commit
        outcome = None
        if not spoiled_before:
            outcome = self._perform(commit=fault.kind != "phantom")
        self._seen(fault.kind, outcome)
        if fault.kind == "http_error":
            await self._peer.answer(fault.status, "text/html", page(fault.status, "Request Error"))
        elif fault.kind == "code":
            refusal = Refusal(fault.code, said=fault.text or None)
            write = self._call.method in WRITES
            await self._give(Outcome(failure(self._call, refusal, write=write)))
        elif fault.kind == "lost_answer":
            await self._peer.drop()
        elif fault.kind == "empty":
            await self._peer.answer(200, "application/json", b"")
        elif outcome is not None and fault.kind == "cut":
            await self._peer.cut(*self._written(outcome))
        elif outcome is not None:
            if fault.kind == "slow":
                await anyio.sleep(fault.delay)
            await self._give(outcome)

    async def _late(self, fault: Fault) -> None:
        """Carry the call out when its time has come, whether or not the client still waits."""
        found: list[Outcome] = []

        def carry_out() -> None:
            outcome = self._perform()
            found.append(outcome)
            self._seen(fault.kind, outcome)

        due = self._state.now() + timedelta(seconds=fault.delay)
        with self._state.guard:
            self._state.late.append(Late(due, carry_out))
        if self._peer.in_process:
            self._peer.time_out()
        asyncio.get_running_loop().call_later(fault.delay + _GRACE, self._state.settle)
        if not await self._peer.gone(fault.delay + 2 * _GRACE) and found:
            await self._give(found[0])

    def _perform(self, *, commit: bool = True) -> Outcome:
        return perform(self._state, self._call, commit=commit)

    def _seen(self, word: str, outcome: Outcome | None = None) -> None:
        committed = outcome is not None and outcome.committed
        call = self._call
        self._state.calls.append(Seen(self._state.now(), call.method, call.cls, word, committed))

    async def _page(self, status: int, title: str) -> None:
        self._seen(str(status))
        await self._peer.answer(status, "text/html", page(status, title))

    async def _give(self, outcome: Outcome) -> None:
        kind, body = self._written(outcome)
        await self._peer.answer(200, kind, body)

    def _written(self, outcome: Outcome) -> tuple[str, bytes]:
        """Return content type and bytes, in the shape that the faults of shape leave."""
        tree = one_row_as_object(outcome.tree) if "single" in self._shapes else outcome.tree
        in_xml = not self._call.json or bool(self._shapes & {"xml", "xml_bare"})
        if in_xml:
            rooted = "xml" in self._shapes
            text = to_xml(tree, self._call, root=outcome.root, rooted=rooted)
        else:
            text = to_json(tree, self._call)
        code_page = "cp1257" if "cp1257" in self._shapes else "utf-8"
        body = text.encode(code_page, "replace")
        if "bom" in self._shapes:
            body = b"\xef\xbb\xbf" + body
        kind = "application/xml" if in_xml else "application/json"
        of_type = self._call.method == "GetDescriptions" and self._call.cls in _OCTET_TYPES
        if "octet" in self._shapes or of_type or self._call.method in _OCTET_METHODS:
            kind = _OCTET
        return kind, body


def _transport(send: Any) -> _Transport | None:  # noqa: ANN401 - whatever the server passes down
    """Return the connection under `send`, through the wrappers that Starlette puts around it."""
    waiting: list[Any] = [send]
    for _ in range(64):
        if not waiting:
            return None
        one = waiting.pop(0)
        found = getattr(getattr(one, "__self__", None), "transport", None)
        if found is not None and hasattr(found, "abort"):
            transport: _Transport = found
            return transport
        for cell in getattr(one, "__closure__", None) or ():
            content = cell.cell_contents
            if inspect.isfunction(content) or inspect.ismethod(content):
                waiting.append(content)
    return None
