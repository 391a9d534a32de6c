"""One request out, one bounded answer in: the only place that touches the network for Amazon.

Every answer is bounded in time (each phase, and the whole of it, so that a slow drip ends), in
bytes on the wire and in bytes once decompressed. Redirects are not followed, cookies are not kept
and no connection serves twice: neither a token nor a session of one account may reach another
address or account, nor bytes left over from one answer be read as the next. What is not encrypted
leaves only for this machine itself.
"""

from __future__ import annotations

import platform
import ssl
import sys
import zlib
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final, Self

import anyio
import httpx

from fvsamazon.addresses import is_loopback
from fvsamazon.errors import ContractViolation, Unavailable, safe_text
from fvsamazon.logs import redacted
from fvsamazon.logs.redaction import mask_quoted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

WIRE_LIMIT: Final = 16 * 2**20
"""Bytes of one answer as they come over the wire."""
BODY_LIMIT: Final = 32 * 2**20
"""Bytes of one answer once decompressed; a page of a hundred orders has about half a million."""
REFUSAL_LIMIT: Final = 64 * 2**10
"""Bytes of an answer that is no success; what is beyond is left unread."""
REFUSAL_SECONDS: Final = 5.0
"""How long to wait for the text of a refusal, whose status says enough."""
USER_AGENT_LIMIT: Final = 500
"""Amazon refuses a longer User-Agent."""

TIMEOUT: Final = httpx.Timeout(connect=10.0, read=30.0, write=10.0, pool=10.0)
SENSIBLE_YEARS: Final = range(2020, 2200)
"""Of a server's clock; windows are reckoned by it, and beyond the year 9999 nothing is."""
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one request is for, and its bounds; `seconds` is for the whole of it."""

    service: str
    operation: str
    seconds: float
    wire_limit: int = WIRE_LIMIT
    body_limit: int = BODY_LIMIT


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; of a refusal the body may be cut or empty."""

    status: int
    headers: httpx.Headers = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def server_time(self) -> datetime | None:
        """When the answer was made, by the server's own clock."""
        try:
            told = parsedate_to_datetime(self.headers["date"])
        except (KeyError, ValueError, TypeError, OverflowError):
            return None
        return told if told.tzinfo is not None and told.year in SENSIBLE_YEARS else None


def tls_context() -> ssl.SSLContext:
    """Return a context that verifies certificates and speaks TLS 1.2 or later; make one only.

    It trusts the system's authorities beside those that come with httpx, so that a company's own
    proxy works once its certificate is installed on the server.
    """
    context = httpx.create_ssl_context(trust_env=False)
    # Python writes the keys of every session into the file that SSLKEYLOGFILE names.
    context.keylog_filename = None  # type: ignore[assignment]
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    return context


def new_http_client(
    tls: ssl.SSLContext | None = None, *, proxy: str | None = None
) -> httpx.AsyncClient:
    """Return a client for one host, to be shared by all accounts; the caller closes it.

    Its pool has no upper bound, so that no account waits for a connection that another holds.
    """
    context = tls or tls_context()
    via = httpx.Proxy(proxy) if proxy else None
    if via is not None and via.url.scheme == "https":
        via.ssl_context = context
    # Plain http is for this machine; through a proxy elsewhere it would cross the network.
    direct = {"http://": None} if via is not None and not is_loopback(via.url.host) else None
    return httpx.AsyncClient(
        verify=context,
        proxy=via,
        mounts=direct,
        trust_env=False,
        follow_redirects=False,
        timeout=TIMEOUT,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        headers={"connection": "close"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )


class HttpClients:
    """One client per proxy, made when it is first asked for; owned by whoever enters it."""

    def __init__(self) -> None:
        self._closing = AsyncExitStack()
        self._clients: dict[str | None, httpx.AsyncClient] = {}

    def by_way_of(self, proxy: str | None) -> httpx.AsyncClient:
        """Return the client that goes through `proxy`, or straight out where there is none."""
        if proxy not in self._clients:
            client = new_http_client(proxy=proxy)
            self._closing.push_async_callback(client.aclose)
            self._clients[proxy] = client
        return self._clients[proxy]

    async def aclose(self) -> None:
        """Close every client, also where one of them does not close well."""
        await self._closing.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()


def user_agent(version: str) -> str:
    """Return the User-Agent that Amazon demands; it names no host.

    Amazon's escapes: a backslash before a backslash anywhere, `/` in the name, `(` in the version,
    `=` in an attribute's name, `)` and `;` in its value.
    """
    attributes = {
        "Language": f"Python/{sys.version_info.major}.{sys.version_info.minor}",
        "Platform": f"{platform.system()}/{platform.machine()}",
    }
    listed = "; ".join(
        f"{_escape(name, '=')}={_escape(value, ');')}" for name, value in attributes.items()
    )
    return f"{_escape('fvsamazon', '/')}/{_escape(version, '(')} ({listed})"[:USER_AGENT_LIMIT]


def _escape(text: str, special: str) -> str:
    printable = "".join(c for c in text if c.isascii() and c.isprintable())
    return "".join(f"\\{c}" if c in special or c == "\\" else c for c in printable)


async def exchange(http: httpx.AsyncClient, request: httpx.Request, on: Exchange) -> Answer:
    """Send one request, read its whole answer; raise `Unavailable` where none came in time."""
    if request.url.scheme == "http":
        request.extensions["trace"] = _stay_here
    try:
        with anyio.fail_after(on.seconds):
            response = await http.send(request, auth=None, follow_redirects=False, stream=True)
            try:
                if response.status_code == _OK:
                    body = await _body(response, on)
                else:
                    body = await _refusal(response, on)
            finally:
                await response.aclose()
    except (TimeoutError, httpx.TimeoutException) as error:
        raise Unavailable(
            f"{on.service} did not answer in time ({type(error).__name__})",
            service=on.service,
            operation=on.operation,
        ) from error
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as error:
        raise Unavailable(
            f"{on.service} cannot be reached or broke off ({type(error).__name__}: {_said(error)})",
            service=on.service,
            operation=on.operation,
        ) from error
    return Answer(response.status_code, response.headers, body)


async def _stay_here(event: str, info: Mapping[str, Any]) -> None:
    """Break off before a byte is sent where a name of this machine has led somewhere else."""
    if event != "connection.connect_tcp.complete":
        return
    stream = info["return_value"]
    reached = stream.get_extra_info("server_addr")
    if not reached or not is_loopback(reached[0]):
        await stream.aclose()
        told = "http:// leads to another machine" if reached else "it broke off at once"
        raise httpx.ConnectError(told)


def _said(error: Exception) -> str:
    """Return a library's words; what it quotes is what the server sent, and may be ours."""
    return safe_text(redacted(mask_quoted(str(error))), 120)


async def _refusal(response: httpx.Response, on: Exchange) -> bytes:
    """Return what can be had of a refusal's text; the status counts, whatever becomes of it."""
    body = _Body(response, on, WIRE_LIMIT, REFUSAL_LIMIT)
    with (
        anyio.move_on_after(REFUSAL_SECONDS),
        suppress(httpx.HTTPError, httpx.StreamError, OSError, ContractViolation, Unavailable),
    ):
        await body.read()
    return bytes(body.text)


async def _body(response: httpx.Response, on: Exchange) -> bytes:
    body = _Body(response, on, on.wire_limit, on.body_limit)
    await body.read()
    return bytes(body.text)


class _Body:
    """Reads one body, decompressing it bit by bit and counting both sides."""

    def __init__(
        self, response: httpx.Response, on: Exchange, wire_limit: int, body_limit: int
    ) -> None:
        self.text = bytearray()
        self._response = response
        self._on = on
        self._wire_limit = wire_limit
        self._body_limit = body_limit
        self._received = 0
        encoding = response.headers.get("content-encoding", "").strip().lower()
        self._known = encoding in {"", "identity", "gzip", "x-gzip"}
        self._inflater = _inflater() if encoding.endswith("gzip") else None

    async def read(self) -> None:
        """Read to the end; raise `ContractViolation` beyond the bounds, `Unavailable` if cut."""
        stream = self._response.stream
        if not self._known or not isinstance(stream, httpx.AsyncByteStream):
            raise self._violation("is compressed in a way that was not asked for")
        async for chunk in stream:
            self._received += len(chunk)
            if self._received > self._wire_limit:
                raise self._violation(f"has more than {self._wire_limit} bytes")
            self._add(chunk)
        told = self._response.headers.get("content-length", "")
        cut = told.isascii() and told.isdecimal() and self._received < int(told[:20])
        if cut or (self._inflater and not self._inflater.eof and self._received):
            raise Unavailable(
                f"the answer of {self._on.service} was cut off",
                service=self._on.service,
                operation=self._on.operation,
                status=self._response.status_code,
            )

    def _add(self, chunk: bytes) -> None:
        while chunk:
            room = self._body_limit - len(self.text) + 1
            if self._inflater is None:
                self.text += chunk[:room]
                chunk = b""
            else:
                chunk = self._inflate(chunk, room)
            if len(self.text) > self._body_limit:
                del self.text[self._body_limit :]
                raise self._violation(f"grows beyond {self._body_limit} bytes")

    def _inflate(self, chunk: bytes, room: int) -> bytes:
        """Decompress into the room that is left; return what was not looked at yet."""
        if self._inflater is None or self._inflater.eof:
            # A gzip file may consist of several, one after another.
            self._inflater = _inflater()
        try:
            self.text += self._inflater.decompress(chunk, room)
        except zlib.error as error:
            raise self._violation("is not compressed as it says") from error
        return self._inflater.unconsumed_tail or self._inflater.unused_data

    def _violation(self, what: str) -> ContractViolation:
        return ContractViolation(
            f"the answer of {self._on.service} {what}",
            service=self._on.service,
            operation=self._on.operation,
            status=self._response.status_code,
        )


def _inflater() -> zlib._Decompress:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)
