"""The HTTP client towards Finvalda, and reading an answer within bounds.

Finvalda stands on the company's own network, often with a private certificate authority: then the
client has a TLS context that trusts that authority alone; otherwise it shares the process's. No
redirect is followed, no cookie kept, no proxy taken from the environment, and no compression asked
for; what comes compressed all the same is unpacked no further than the bound. No connection serves
twice: bytes left over from one answer, read as the next, would make an order look absent. What is
not encrypted leaves only for this machine or a private network, whatever a name leads to.
"""

from __future__ import annotations

import ssl
import zlib
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpx

from fvsamazon.addresses import is_loopback, is_private
from fvsamazon.errors import ConfigError
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""Bytes of one answer, unpacked. A line of the product list takes about 200."""

CONNECT_SECONDS = 10.0
"""A server on the company's own network answers at once or not at all."""

_CA_FILE_UNUSABLE = Text(
    en="FVSAMAZON_FINVALDA__CA_FILE cannot be used ({reason}): name a readable PEM file",
    lt="FVSAMAZON_FINVALDA__CA_FILE naudoti negalima ({reason}): nurodykite skaitomą PEM failą",
)

_UNPACKING = {"gzip": 31, "x-gzip": 31, "deflate": 47}


class AnswerTooBig(Exception):
    """The answer exceeds the bound."""


class AnswerUnreadable(Exception):
    """The answer is packed in a way that cannot be undone."""


class Elsewhere(httpx.ConnectError):
    """An address without encryption has led where nothing may go in the clear; nothing has."""


def new_http_client(
    url: str,
    *,
    timeout: float,
    ca_file: Path | None = None,
    proxy: str | None = None,
    tls: ssl.SSLContext | None = None,
) -> httpx.AsyncClient:
    """Return a client for Finvalda at `url`; the caller closes it.

    `timeout` is in seconds, for every phase of a request. `tls` is the process's shared context,
    used where no `ca_file` is given. An unusable `ca_file` is a ConfigError.
    """
    context = _tls_context(url, ca_file, proxy, tls)
    via = httpx.Proxy(proxy) if proxy else None
    if via is not None and via.url.scheme == "https":
        via.ssl_context = tls or _own_context()
    # Through a proxy elsewhere this machine's own address would cross the network in the clear.
    near = is_loopback(httpx.URL(url).host) and via is not None and not is_loopback(via.url.host)
    return httpx.AsyncClient(
        verify=context,
        proxy=via,
        mounts={"http://": None} if near else None,
        timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
        limits=httpx.Limits(max_connections=8, max_keepalive_connections=0),
        follow_redirects=False,
        trust_env=False,
        headers={
            "Accept-Encoding": "identity",
            "Connection": "close",
            "User-Agent": "fvsamazon",
        },
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )


def _tls_context(
    url: str, ca_file: Path | None, proxy: str | None, shared: ssl.SSLContext | None
) -> ssl.SSLContext:
    if ca_file is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(cafile=str(ca_file))
        except (OSError, ValueError) as error:
            reason = type(error).__name__
            raise ConfigError([_CA_FILE_UNUSABLE.filled(reason=reason)]) from error
        return _guarded(context)
    if shared is not None:
        return shared
    if url.lower().startswith("http://") and not (proxy or "").lower().startswith("https://"):
        # Trusts nobody, costs nothing, and is never asked: the address is plain.
        return _guarded(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    return _own_context()


def _own_context() -> ssl.SSLContext:
    """Return a context that trusts what the system trusts, beside what comes with httpx."""
    context = _guarded(httpx.create_ssl_context(trust_env=False))
    context.load_default_certs()
    return context


def _guarded(context: ssl.SSLContext) -> ssl.SSLContext:
    """Return a context that speaks no old TLS and tells nobody its keys."""
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Python writes the keys of every session into the file that SSLKEYLOGFILE names.
    context.keylog_filename = None  # type: ignore[assignment]
    return context


async def keep_near(url: str, event: str, info: Mapping[str, Any]) -> None:
    """Break off before a byte is sent where plain http has led somewhere that it must not go.

    Called for every event of a connection. Settings judge a name by itself; what counts is where
    it led to just now.
    """
    if event != "connection.connect_tcp.complete" or not url.lower().startswith("http://"):
        return
    stream = info["return_value"]
    peer = stream.get_extra_info("server_addr")
    reached = peer[0] if peer else ""
    near = is_loopback(httpx.URL(url).host)
    if not (is_loopback(reached) or (is_private(reached) and not near)):
        await stream.aclose()
        if not reached:
            raise httpx.ConnectError("it broke off at once")
        raise Elsewhere("plain http leads out of the private network")


async def read_bounded(response: httpx.Response, limit: int = MAX_ANSWER_BYTES) -> bytes:
    """Return the body of a streamed answer, unpacked, of at most `limit` bytes."""
    if response.is_stream_consumed:
        # A transport that works in this process hands over answers already read and unpacked.
        if len(response.content) > limit:
            raise AnswerTooBig(f"more than {limit} bytes")
        return response.content
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise AnswerTooBig(f"more than {limit} bytes are announced")
    if packing in ("", "identity"):
        return await _collect(response.aiter_raw(), limit)
    if packing not in _UNPACKING:
        raise AnswerUnreadable("the answer is packed in an unknown way")
    return await _collect(_unpacked(response.aiter_raw(), _UNPACKING[packing], limit), limit)


async def _collect(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise AnswerTooBig(f"more than {limit} bytes")
    return bytes(body)


async def _unpacked(
    chunks: AsyncIterator[bytes], window_bits: int, limit: int
) -> AsyncIterator[bytes]:
    engine = zlib.decompressobj(window_bits)
    try:
        async for chunk in chunks:
            if engine.eof and chunk:
                raise AnswerUnreadable("the packed answer goes on after its end")
            # One byte more than allowed is enough for `_collect` to refuse.
            yield engine.decompress(chunk, limit + 1)
            if engine.unconsumed_tail:
                raise AnswerTooBig(f"more than {limit} bytes")
        yield engine.flush()
    except zlib.error as error:
        raise AnswerUnreadable("the packed answer is damaged") from error
    if not engine.eof:
        raise AnswerUnreadable("the packed answer is cut off")
    if engine.unused_data:
        raise AnswerUnreadable("the packed answer goes on after its end")
