"""Serves the simulated services on loopback until told to stop.

Each app has a socket of its own, bound before anything starts, so that a taken port is an error
at once and port 0 is known. Signals are the caller's: uvicorn takes none. What uvicorn has to
say goes to standard error and nowhere else.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

import anyio
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from fvsamazon.simulator.broken import STOPPING, TRANSPORT

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Iterator, Sequence

    from starlette.types import ASGIApp

HOST = "127.0.0.1"
KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: long enough that pollers do not run into its end."""
GRACE = 1
"""Whole seconds for answers under way when the servers stop."""

SOON = 0.1
"""Seconds in which a connection without an answer under way is closed."""

_LOG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr"}},
    "loggers": {"uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
}


class _Server(Server):
    """uvicorn's server that says when it listens, ends at once and leaves signals alone."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.listening = anyio.Event()
        self._asked_to_end = anyio.Event()

    def end(self) -> None:
        """Let the server close and its task end."""
        self.should_exit = True
        self._asked_to_end.set()

    async def main_loop(self) -> None:
        # uvicorn's own looks ten times a second whether it is to end.
        await self.on_tick(0)
        await self._asked_to_end.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close; uvicorn's own pauses are for those whose connections do not end at once."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        # uvicorn tells nobody when its last connection has ended.
        with anyio.move_on_after(SOON):
            while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110
                await anyio.sleep(SOON / 50)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)


def _protocol(stopping: anyio.Event) -> type[H11Protocol]:
    class Protocol(H11Protocol):
        """Hands the connection to the app, so that a fault can break it."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            self.app_state = {**self.app_state, TRANSPORT: transport, STOPPING: stopping}
            super().connection_made(transport)

    return Protocol


def bind(*ports: int) -> list[socket.socket]:
    """Return sockets bound to loopback ports, all or none; 0 takes a free one."""
    listeners: list[socket.socket] = []
    try:
        for port in ports:
            # Without the protocol's number asyncio would leave Nagle's delay on.
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            listeners.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, port))
    except OSError:
        for listener in listeners:
            listener.close()
        raise
    return listeners


def port_of(listener: socket.socket) -> int:
    """Return the port that a socket got."""
    return int(listener.getsockname()[1])


@contextlib.asynccontextmanager
async def serving(apps: Sequence[tuple[ASGIApp, socket.socket]]) -> AsyncIterator[None]:
    """Serve each app on its bound socket while the context is open."""
    stopping = anyio.Event()
    servers = [
        _Server(
            Config(
                app,
                lifespan="off",
                http=_protocol(stopping),
                ws="none",
                log_config=_LOG,
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=GRACE,
            )
        )
        for app, _ in apps
    ]
    try:
        async with _running(servers, [listener for _, listener in apps], stopping):
            yield
    finally:
        for _, listener in apps:
            # Its server closed it, unless the caller gave up before that one had begun.
            listener.close()


@contextlib.asynccontextmanager
async def _running(
    servers: list[_Server], listeners: list[socket.socket], stopping: anyio.Event
) -> AsyncIterator[None]:
    failure: BaseException | None = None
    async with anyio.create_task_group() as group:
        try:
            for server, listener in zip(servers, listeners, strict=True):
                group.start_soon(_serve, server, listener)
                await server.listening.wait()
            yield
        except BaseException as error:  # noqa: BLE001 - raised again below, outside the group
            failure = error
        stopping.set()
        for server in servers:
            server.end()
    if failure is not None:
        # The caller's own error, not wrapped in the group's.
        raise failure


async def _serve(server: _Server, listener: socket.socket) -> None:
    # It ends by itself when asked; a cancelled caller must not cut its clean-up.
    with anyio.CancelScope(shield=True):
        await server.serve([listener])
