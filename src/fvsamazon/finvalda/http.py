"""The HTTP client towards Finvalda, and reading an answer within bounds.

Finvalda stands on the company's own network, often with a private certificate authority: then the
client has a TLS context that trusts that authority alone; otherwise it shares the process's. No
redirect is followed, no proxy is taken from the environment, and no compression is asked for; what
comes compressed all the same is unpacked no further than the bound.
"""

from __future__ import annotations

import ssl
import zlib
from typing import TYPE_CHECKING

import httpx

from fvsamazon.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""Bytes of one answer, unpacked. A line of the product list takes about 200."""

CONNECT_SECONDS = 10.0
"""A server on the company's own network answers at once or not at all."""

KEEP_ALIVE_SECONDS = 10.0
"""Short: a write on a connection that the server is just closing would be in doubt."""

_UNPACKING = {"gzip": 31, "x-gzip": 31, "deflate": 47}


class AnswerTooBig(Exception):
    """The answer exceeds the bound."""


class AnswerUnreadable(Exception):
    """The answer is packed in a way that cannot be undone."""


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
    return httpx.AsyncClient(
        verify=_tls_context(url, ca_file, proxy, tls),
        proxy=proxy,
        timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
        limits=httpx.Limits(
            max_connections=8,
            max_keepalive_connections=4,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
        ),
        follow_redirects=False,
        trust_env=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "fvsamazon"},
    )


def _tls_context(
    url: str, ca_file: Path | None, proxy: str | None, shared: ssl.SSLContext | None
) -> ssl.SSLContext:
    if ca_file is not None:
        try:
            context = ssl.create_default_context(cafile=str(ca_file))
        except (OSError, ValueError) as error:
            reason = type(error).__name__
            raise ConfigError(
                [f"FVSAMAZON_FINVALDA__CA_FILE cannot be used ({reason}): name a readable PEM file"]
            ) from error
    elif shared is not None:
        return shared
    elif url.lower().startswith("http://") and not (proxy or "").lower().startswith("https://"):
        # Trusts nobody, costs nothing, and is never asked: the address is plain.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    else:
        context = httpx.create_ssl_context(trust_env=False)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


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
            # One byte more than allowed is enough for `_collect` to refuse.
            yield engine.decompress(chunk, limit + 1)
            if engine.unconsumed_tail:
                raise AnswerTooBig(f"more than {limit} bytes")
        yield engine.flush()
    except zlib.error as error:
        raise AnswerUnreadable("the packed answer is damaged") from error
    if not engine.eof:
        raise AnswerUnreadable("the packed answer is cut off")
