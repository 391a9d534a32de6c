"""A server on loopback that lies: it answers whatever a test wants, what it was sent included."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

PIECE = 12
"""Characters of a secret in a row that are too many to be shown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    head: str
    body: str

    @property
    def path(self) -> str:
        return self.head.split(" ", 2)[1]

    def header(self, name: str) -> str:
        for line in self.head.split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.strip().lower() == name.lower():
                return value.strip()
        return ""


def answer(body: str, status: int = 200, *, head: str = "") -> bytes:
    """Return a whole HTTP answer; `head` are further header lines, as wrong as one likes."""
    raw = body.encode("utf-8", "surrogatepass")
    return (
        f"HTTP/1.1 {status} Told\r\nContent-Type: application/json\r\n{head}"
        f"Content-Length: {len(raw)}\r\nConnection: close\r\n\r\n"
    ).encode("utf-8", "surrogateescape") + raw


@asynccontextmanager
async def liar(reply: Callable[[Asked], bytes]) -> AsyncIterator[str]:
    """Serve `reply` to every request; yields the address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        asked = Asked(head, "")
        length = int(asked.header("content-length") or 0)
        body = (await reader.readexactly(length)).decode("utf-8", "replace")
        writer.write(reply(Asked(head, body)))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def pieces_shown(text: str | bytes, secrets: Iterable[str]) -> list[str]:
    """Return every piece of a secret that a text shows, whatever the case of its letters."""
    whole = (text.decode("utf-8", "replace") if isinstance(text, bytes) else text).lower()
    return [
        piece
        for secret in secrets
        for start in range(len(secret) - PIECE + 1)
        if (piece := secret.lower()[start : start + PIECE]) in whole
    ]
