"""Answers that go wrong on the wire: cut, reset, slow, endless, never.

Each is an ASGI answer. On a real socket the connection itself is broken (`server.py` hands the
transport down in the scope); mounted in process there is no socket, so `BrokenConnection` and
`Stalled` are raised instead, which `inprocess.py` turns into what a client would see.
"""

from __future__ import annotations

import json
import socket
import struct
import zlib
from typing import TYPE_CHECKING, Any

import anyio
from starlette.responses import Response

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.types import Receive, Scope, Send

    from fvsamazon.simulator.faults import Fault

TRANSPORT = "simulator.transport"
STOPPING = "simulator.stopping"
BLOCK = 1 << 20
HTML_503 = (
    "<html><head><title>503 Service Temporarily Unavailable</title></head>"
    "<body><h1>503 Service Temporarily Unavailable</h1></body></html>"
)
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on with no time: closing sends a reset."""


class BrokenConnection(ConnectionResetError):
    """In process: the connection broke here."""


class Stalled(TimeoutError):
    """In process: no answer would ever come."""


class Broken(Response):
    """An answer whose `play` decides what goes over the wire and when."""

    def __init__(
        self,
        play: Callable[[Scope, Receive, Send], Awaitable[None]],
        *,
        status: int = 0,
    ) -> None:
        super().__init__(status_code=200)
        self.told = status
        self._play = play

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._play(scope, receive, send)


def _transport(scope: Scope) -> asyncio.Transport | None:
    found: asyncio.Transport | None = (scope.get("state") or {}).get(TRANSPORT)
    return found


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _break(scope: Scope, receive: Receive, *, reset: bool) -> None:
    transport = _transport(scope)
    if transport is None:
        raise BrokenConnection("the simulator broke the connection")
    if reset:
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        transport.abort()
    else:
        transport.close()
    await _until_gone(receive)


def reset() -> Broken:
    """Reset the connection."""

    async def play(scope: Scope, receive: Receive, _send: Send) -> None:
        await _break(scope, receive, reset=True)

    return Broken(play)


def hang() -> Broken:
    """Read the request and never answer it."""

    async def play(scope: Scope, receive: Receive, _send: Send) -> None:
        if _transport(scope) is None:
            raise Stalled("the simulator never answers")
        stopping: anyio.Event = scope["state"][STOPPING]
        async with anyio.create_task_group() as group:

            async def watch() -> None:
                await stopping.wait()
                group.cancel_scope.cancel()

            group.start_soon(watch)
            await _until_gone(receive)
            group.cancel_scope.cancel()
        if stopping.is_set():
            await _break(scope, receive, reset=True)

    return Broken(play)


def _start(status: int, headers: dict[str, str]) -> dict[str, Any]:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": raw}


def _part(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


def cut(whole: Response) -> Broken:
    """Half of a good answer, and then the end of the connection."""

    async def play(scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(whole.body)
        headers = dict(whole.headers) | {"content-length": str(max(len(body), 2))}
        await send(_start(whole.status_code, headers))
        await send(_part(body[: len(body) // 2]))
        await _break(scope, receive, reset=False)

    return Broken(play, status=whole.status_code)


def drip(whole: Response, fault: Fault) -> Broken:
    """A good answer, a few bytes at a time."""
    piece, interval = int(fault.options.get("piece", 16)), float(fault.options.get("interval", 0.5))

    async def pieces() -> AsyncIterator[bytes]:
        body = bytes(whole.body)
        for start in range(0, len(body), piece):
            yield body[start : start + piece]
            await anyio.sleep(interval)

    return _stream(pieces, whole.status_code, dict(whole.headers))


def huge(fault: Fault) -> Broken:
    """A good start, and then more than anybody can hold."""
    size = int(fault.options.get("size", 1 << 30))

    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"orders":[],"padding":"'
        block = b"x" * BLOCK
        for _ in range(max(1, size // BLOCK)):
            yield block
        yield b'"}'

    return _stream(pieces, 200, {"content-type": "application/json"})


def gzip_bomb(fault: Fault) -> Broken:
    """A body of a megabyte that unpacks to a gigabyte."""
    size = int(fault.options.get("size", 1 << 30))

    async def pieces() -> AsyncIterator[bytes]:
        # One block, flushed so that it stands alone, is repeated: packing it again and again
        # would cost the simulator as much as it is meant to cost the reader.
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        block = packer.compress(b" " * BLOCK) + packer.flush(zlib.Z_FULL_FLUSH)
        yield b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
        checksum = 0
        for _ in range(max(1, size // BLOCK)):
            checksum = zlib.crc32(b" " * BLOCK, checksum)
            yield block
        total = max(1, size // BLOCK) * BLOCK % (1 << 32)
        yield b"\x03\x00" + checksum.to_bytes(4, "little") + total.to_bytes(4, "little")

    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    return _stream(pieces, 200, headers)


def deep_nesting(fault: Fault) -> Response:
    """Answer with an order that holds very many arrays, each in the next."""
    depth = int(fault.options.get("depth", 100_000))
    order = json.dumps({"orderId": "000-0000000-0000000", "orderItems": []})[:-1]
    body = f'{{"orders":[{order},"maze":{"[" * depth}{"]" * depth}}}]}}'
    return Response(body, media_type="application/json")


def _stream(
    pieces: Callable[[], AsyncIterator[bytes]], status: int, headers: dict[str, str]
) -> Broken:
    async def play(scope: Scope, receive: Receive, send: Send) -> None:
        gone = anyio.Event()
        stopping: anyio.Event | None = (scope.get("state") or {}).get(STOPPING)

        async def watch(group: anyio.abc.TaskGroup) -> None:
            await _until_gone(receive)
            gone.set()
            group.cancel_scope.cancel()

        async def stop(group: anyio.abc.TaskGroup) -> None:
            if stopping is not None:
                await stopping.wait()
                group.cancel_scope.cancel()

        done = False
        async with anyio.create_task_group() as group:
            if _transport(scope) is not None:
                group.start_soon(watch, group)
                group.start_soon(stop, group)
            await send(_start(status, headers))
            async for piece in pieces():
                await send(_part(piece))
                await anyio.lowlevel.checkpoint()
            await send(_part(b"", more=False))
            done = True
            group.cancel_scope.cancel()
        if not done and not gone.is_set():
            await _break(scope, receive, reset=True)

    return Broken(play, status=status)
