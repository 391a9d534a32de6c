"""The network's edge: every answer is bounded in time and size, and goes nowhere else."""

from __future__ import annotations

import gzip
import platform
import ssl
import tracemalloc
import zlib
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import anyio
import anyio.abc
import anyio.lowlevel
import httpx
import pytest

from fvsamazon.amazon import http as edge
from fvsamazon.amazon.http import (
    Exchange,
    HttpClients,
    exchange,
    new_http_client,
    tls_context,
    user_agent,
)
from fvsamazon.errors import ContractViolation, RemoteError, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

ON = Exchange("amazon", "searchOrders", 5.0)


async def answer(response: httpx.Response, on: Exchange = ON) -> edge.Answer:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: response)) as client:
        return await exchange(client, client.build_request("GET", "https://amazon.test/"), on)


@asynccontextmanager
async def server(
    serve: Callable[[anyio.abc.SocketStream], Awaitable[Any]],
) -> AsyncIterator[str]:
    """Answer every connection on loopback by hand; give the address."""

    async def handle(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            request = b""
            while b"\r\n\r\n" not in request:
                request += await stream.receive()
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                await serve(stream)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, handle)
        yield f"http://127.0.0.1:{port}/"
        group.cancel_scope.cancel()


async def ask(url: str, on: Exchange = ON) -> edge.Answer:
    async with new_http_client() as client:
        return await exchange(client, client.build_request("GET", url), on)


async def test_an_answer_comes_whole() -> None:
    got = await answer(httpx.Response(200, content=b"{}", headers={"x-a": "b"}))
    assert (got.status, got.body, got.headers["X-A"]) == (200, b"{}", "b")
    assert "{}" not in repr(got)


async def test_gzip_is_undone_and_other_encodings_are_refused() -> None:
    packed = {"content-encoding": "gzip"}
    text = b"x" * 300_000
    assert (
        await answer(httpx.Response(200, content=gzip.compress(text), headers=packed))
    ).body == text
    two = gzip.compress(b"one ") + gzip.compress(b"two")
    assert (await answer(httpx.Response(200, content=two, headers=packed))).body == b"one two"
    identity = httpx.Response(200, content=b"a", headers={"content-encoding": "identity"})
    assert (await answer(identity)).body == b"a"
    for encoding in ("br", "zstd", "gzip, gzip", "compress"):

        async def body() -> AsyncIterator[bytes]:
            yield b"abc"

        other = httpx.Response(200, content=body(), headers={"content-encoding": encoding})
        with pytest.raises(ContractViolation):
            await answer(other)


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"x" * 9_000)[:-9], gzip.compress(b"{}")[:12], gzip.compress(b"{}") + b"junk"],
    ids=["cut", "cut early", "junk behind"],
)
async def test_a_broken_compression_is_no_answer(content: bytes) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield content

    sent = httpx.Response(200, content=body(), headers={"content-encoding": "gzip"})
    with pytest.raises((Unavailable, ContractViolation)):
        await answer(sent)


async def test_a_bomb_does_not_blow_up_memory() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(300)) + packer.flush()
    assert len(bomb) < 2**20
    limit = 2**20

    async def body() -> AsyncIterator[bytes]:
        yield bomb

    sent = httpx.Response(200, content=body(), headers={"content-encoding": "gzip"})
    tracemalloc.start()
    try:
        with pytest.raises(ContractViolation, match="grows beyond"):
            await answer(sent, Exchange("amazon", "x", 5.0, body_limit=limit))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * limit


async def test_an_answer_without_end_is_cut_off() -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield bytes(1000)

    with pytest.raises(ContractViolation, match="more than"):
        await answer(httpx.Response(200, content=body()), Exchange("a", "x", 5.0, 10_000))
    assert sent <= 12


async def test_a_body_at_the_limit_passes_and_one_beyond_does_not() -> None:
    on = Exchange("a", "x", 5.0, 1000, 100)
    assert len((await answer(httpx.Response(200, content=bytes(100)), on)).body) == 100
    with pytest.raises(ContractViolation):
        await answer(httpx.Response(200, content=bytes(101)), on)


async def test_a_slow_drip_ends() -> None:
    async def drip(stream: anyio.abc.SocketStream) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while True:
            await stream.send(b"x")
            await anyio.sleep(0.01)

    async with server(drip) as url:
        with anyio.fail_after(3), pytest.raises(Unavailable, match="in time"):
            await ask(url, Exchange("amazon", "x", 0.2))


async def test_a_server_that_accepts_and_never_answers_ends() -> None:
    async with server(lambda _: anyio.sleep(60)) as url:
        with anyio.fail_after(3), pytest.raises(Unavailable) as caught:
            await ask(url, Exchange("amazon", "searchOrders", 0.2))
    assert (caught.value.service, caught.value.operation) == ("amazon", "searchOrders")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n\x1f\x8b\x08",
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
async def test_an_answer_that_breaks_off_is_unavailable(sent: bytes) -> None:
    async with server(
        lambda stream: stream.send(sent) if sent else anyio.lowlevel.checkpoint()
    ) as url:
        with pytest.raises(Unavailable):
            await ask(url)


async def test_nobody_there_is_unavailable() -> None:
    async with server(lambda _: anyio.lowlevel.checkpoint()) as url:
        pass
    with pytest.raises(Unavailable) as caught:
        await ask(url)
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


async def test_a_refusal_counts_by_its_status_whatever_becomes_of_its_text() -> None:
    async def cut(stream: anyio.abc.SocketStream) -> None:
        await stream.send(b'HTTP/1.1 429 No\r\ncontent-length: 999\r\n\r\n{"errors"')

    async with server(cut) as url:
        got = await ask(url)
    assert (got.status, got.body) == (429, b'{"errors"')
    long = await answer(httpx.Response(503, content=bytes(10**6)))
    assert (long.status, len(long.body)) == (503, edge.REFUSAL_LIMIT)
    odd = await answer(
        httpx.Response(500, stream=httpx.ByteStream(b"?"), headers={"content-encoding": "br"})
    )
    assert (odd.status, odd.body) == (500, b"")


async def test_a_refusal_that_drips_counts_by_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "REFUSAL_SECONDS", 0.1)

    async def drip(stream: anyio.abc.SocketStream) -> None:
        await stream.send(b"HTTP/1.1 503 No\r\ncontent-length: 1000\r\n\r\n")
        await anyio.sleep(60)

    async with server(drip) as url:
        with anyio.fail_after(3):
            assert (await ask(url)).status == 503


async def test_a_redirect_is_not_followed_and_no_cookie_is_kept() -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(
            302, headers={"location": "https://evil.test/", "set-cookie": "session=1; Path=/"}
        )

    async with new_http_client() as client:
        client._transport = httpx.MockTransport(handler)
        client._mounts = {}
        for _ in range(2):
            request = client.build_request("GET", "https://amazon.test/")
            assert (await exchange(client, request, ON)).status == 302
    assert [request.url.host for request in asked] == ["amazon.test"] * 2
    assert not any("cookie" in request.headers for request in asked)


async def test_cancelling_lets_go_at_once() -> None:
    async with server(lambda _: anyio.sleep(60)) as url:
        with anyio.fail_after(3), anyio.move_on_after(0.1) as scope:
            await ask(url, Exchange("amazon", "x", 30.0))
    assert scope.cancelled_caught


async def test_an_error_names_the_service_and_shows_no_header() -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("name\x1b[31m not known")

    async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as client:
        request = client.build_request(
            "GET", "https://amazon.test/", headers={"x-amz-access-token": "Atza|secret"}
        )
        with pytest.raises(RemoteError) as caught:
            await exchange(client, request, ON)
    assert "Atza" not in str(caught.value) + repr(caught.value)
    assert str(caught.value).isprintable()


def test_the_time_that_a_server_tells() -> None:
    def told(date: str) -> datetime | None:
        return edge.Answer(200, httpx.Headers({"date": date}), b"").server_time

    assert told("Mon, 23 Nov 2026 12:00:00 GMT") == datetime(2026, 11, 23, 12, tzinfo=UTC)
    for nonsense in ("", "yesterday", "Mon, 99 Nov 2026 12:00:00 GMT", "Mon, 23 Nov 2026 12:00:00"):
        assert told(nonsense) is None
    for nonsense in ("Fri, 31 Dec 9999 23:59:59 -2359", "Fri, 01 Jan 0100 00:00:00 GMT"):
        assert told(nonsense) is None
    assert edge.Answer(200, httpx.Headers(), b"").server_time is None


def test_tls_is_verified_and_not_old() -> None:
    context = tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


async def test_clients_share_a_context_and_ignore_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    context = tls_context()
    proxies = (f"{kind}://127.0.0.1:1" for kind in ("http", "https"))
    plain, secure = (new_http_client(context, proxy=proxy) for proxy in proxies)
    async with new_http_client(context) as client, plain as other, secure as third:
        assert not client.trust_env
        assert not client.follow_redirects
        assert client._mounts == {}
        assert len(other._mounts) == 1
        for transport in (client._transport, *other._mounts.values(), *third._mounts.values()):
            assert isinstance(transport, httpx.AsyncHTTPTransport)
            assert transport._pool._ssl_context is context


async def test_there_is_one_client_per_proxy_and_all_are_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with HttpClients() as clients:
        straight, through = clients.by_way_of(None), clients.by_way_of("http://127.0.0.1:1")
        assert straight is clients.by_way_of(None)
        assert straight is not through
        assert clients.by_way_of("http://127.0.0.1:1") is through

        async def stuck() -> None:
            raise OSError("does not close")

        third = clients.by_way_of("http://127.0.0.1:2")
        monkeypatch.setattr(third._transport, "aclose", stuck)
        with pytest.raises(OSError, match="does not close"):
            await clients.aclose()
    assert straight.is_closed
    assert through.is_closed


def test_the_user_agent_is_as_amazon_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Li;n)u\\x\n")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    agent = user_agent("1.0(a")
    assert agent.startswith("fvsamazon/1.0\\(a (Language=Python/3.")
    assert agent.endswith("; Platform=Li\\;n\\)u\\\\x/x86_64)")
    assert platform.node() not in agent
    assert len(user_agent("9" * 2000)) <= 500
