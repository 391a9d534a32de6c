"""Small servers that answer by hand, and tell what reached them and on how many connections."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable


@dataclass
class Wire:
    """One server: where it listens, every request's head, and the connections it took."""

    host: str
    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def names(self) -> list[str]:
        """Return the first line of every request."""
        return [head.split(b"\r\n", 1)[0].decode() for head in self.heads]


def said(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """Return a whole answer."""
    told = b"".join(b"\r\n" + header for header in headers)
    return b"HTTP/1.1 %s\r\nContent-Length: %d%s\r\n\r\n%s" % (status, len(body), told, body)


@asynccontextmanager
async def wire(
    reply: Callable[[Wire, asyncio.StreamWriter], Awaitable[object]],
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Wire]:
    """Listen, and let `reply` write the answer to every request of a connection."""
    server = Wire(host)
    open_ones: set[asyncio.StreamWriter] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        open_ones.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                server.heads.append(await reader.readuntil(b"\r\n\r\n"))
                await reply(server, writer)
                await writer.drain()
        writer.close()

    listener = await asyncio.start_server(handle, host, 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        for writer in open_ones:
            writer.close()
        listener.close()


def always(answer: bytes) -> Callable[[Wire, asyncio.StreamWriter], Awaitable[object]]:
    """Answer every request alike."""

    async def reply(_server: Wire, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return reply
