"""The simulator without sockets, for tests on a manual clock.

A client built on this transport reaches the app directly; faults that break connections come
out as the httpx errors that a real connection would give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from fvsamazon.simulator.broken import BrokenConnection, Stalled

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class InProcess(httpx.AsyncBaseTransport):
    """Hands requests to an ASGI app; no time passes on the way."""

    def __init__(self, app: ASGIApp) -> None:
        self._inner = httpx.ASGITransport(app=app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._inner.handle_async_request(request)
        except BrokenConnection as error:
            raise httpx.ReadError("connection reset", request=request) from error
        except Stalled as error:
            raise httpx.ReadTimeout("no answer", request=request) from error
