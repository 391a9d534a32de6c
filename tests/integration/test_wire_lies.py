"""The wire: what a server, a name or an environment makes a client send or believe."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import ssl
import tracemalloc
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from fvsamazon.amazon import http as amazon
from fvsamazon.amazon.http import Exchange, exchange
from fvsamazon.errors import InDoubt, Unavailable
from fvsamazon.finvalda import errors
from fvsamazon.finvalda import http as finvalda
from fvsamazon.finvalda.client import FinvaldaClient
from fvsamazon.finvalda.fields import Payload
from fvsamazon.finvalda.tables import OperationClass
from fvsamazon.finvalda.transport import Credentials, Transport
from integration.test_finvalda_tls import certificate
from support.wires import Wire, always, said, wire

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fvsamazon.finvalda.wire import Envelope

ON = Exchange("amazon", "searchOrders", 5.0)
DONE = b'{"AccessResult":"Success","nResult":0,"answer":"%s"}'
SALE = Payload("PardDok", '{"PardDok":{}}')


def data(envelope: Envelope) -> Mapping[str, object]:
    return envelope.data


async def ask(url: str, http: httpx.AsyncClient) -> amazon.Answer:
    return await exchange(http, http.build_request("GET", url), ON)


def service(http: httpx.AsyncClient, url: str) -> Transport:
    return Transport(http, url, Credentials("robot", "secret-word"), timeout=5)


async def twice(server: Wire, writer: asyncio.StreamWriter) -> None:
    """Answer one question with two answers, as a confused proxy does."""
    number = b"%d" % len(server.heads)
    writer.write(said(DONE % number) + said(DONE % b"left over"))


async def test_what_is_left_over_from_one_answer_is_not_read_as_the_next() -> None:
    async with wire(twice) as server:
        async with finvalda.new_http_client(server.url, timeout=5) as http:
            transport = service(http, server.url)
            told = [(await transport.read(name, data))["answer"] for name in "ABC"]
        assert told == ["1", "2", "3"]
        async with amazon.new_http_client() as http:
            bodies = [(await ask(f"{server.url}/{name}", http)).body for name in "DEF"]
    assert bodies == [DONE % b"4", DONE % b"5", DONE % b"6"]
    assert server.connections == 6


async def test_an_answer_that_was_given_up_is_not_read_as_the_next() -> None:
    async def late(server: Wire, writer: asyncio.StreamWriter) -> None:
        if len(server.heads) == 1:
            await asyncio.sleep(0.4)
        writer.write(said(DONE % (b"%d" % len(server.heads))))

    async with wire(late) as server, amazon.new_http_client() as http:
        hasty = Exchange("amazon", "getOrder", 0.1)
        with pytest.raises(Unavailable):
            await exchange(http, http.build_request("GET", server.url), hasty)
        assert (await ask(server.url, http)).body == DONE % b"2"
        await asyncio.sleep(0.5)
        assert (await ask(server.url, http)).body == DONE % b"3"


async def test_no_cookie_comes_back() -> None:
    cookies = (b"Set-Cookie: session=1; Path=/", b"Set-Cookie: more=2; Domain=127.0.0.1")
    async with wire(always(said(DONE % b"", *cookies))) as server:
        async with finvalda.new_http_client(server.url, timeout=5) as http:
            for _ in range(2):
                await service(http, server.url).read("A", data)
            assert len(http.cookies.jar) == 0
        async with amazon.new_http_client() as http:
            for _ in range(2):
                await ask(server.url, http)
    assert not [head for head in server.heads if b"cookie" in head.lower()]


async def test_a_packed_answer_that_never_ends_is_left_at_once() -> None:
    async def endless(_server: Wire, writer: asyncio.StreamWriter) -> None:
        packed = gzip.compress(DONE % b"")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + packed)
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with wire(endless) as server, finvalda.new_http_client(server.url, timeout=5) as http:
        tracemalloc.start()
        try:
            with pytest.raises(errors.Unreachable) as caught:
                await service(http, server.url).read("A", data)
            assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
        finally:
            tracemalloc.stop()
    assert caught.value.code == "unreadable"


@pytest.mark.parametrize("rest", [b"x", gzip.compress(b"{}")], ids=["bytes", "member"])
async def test_nothing_may_follow_a_packed_answer(rest: bytes) -> None:
    packed = gzip.compress(DONE % b"") + rest
    async with (
        wire(always(said(packed, b"Content-Encoding: gzip"))) as server,
        finvalda.new_http_client(server.url, timeout=5) as http,
    ):
        with pytest.raises(errors.Unreachable) as caught:
            await service(http, server.url).read("A", data)
    assert caught.value.code == "unreadable"


async def test_a_local_name_that_leads_elsewhere_is_sent_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """127.0.0.9 plays a machine of the internet: a name was taken over, or its address changed."""

    def here(host: str) -> bool:
        return host in {"localhost", "127.0.0.1"}

    monkeypatch.setattr(amazon, "is_loopback", here)
    monkeypatch.setattr(finvalda, "is_loopback", here)
    lead(monkeypatch, "127.0.0.9")
    async with wire(always(said(DONE % b"")), "127.0.0.9") as server:
        url = f"http://localhost:{server.port}"
        async with amazon.new_http_client() as http:
            with pytest.raises(Unavailable, match="another machine"):
                await ask(url, http)
        for host in ("localhost", "finvalda", "fin.lan"):
            url = f"http://{host}:{server.port}"
            async with finvalda.new_http_client(url, timeout=5) as http:
                client = FinvaldaClient(http, url, Credentials("robot", "secret-word"), timeout=5)
                with pytest.raises(errors.Unreachable) as caught:
                    await client.insert_operation(OperationClass.SALE, "P", SALE)
            assert caught.value.text == errors.LEADS_OUT
            assert not isinstance(caught.value, InDoubt)
        await asyncio.sleep(0.05)
        assert server.connections == 4
        assert server.heads == []


async def test_a_name_of_a_private_address_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finvalda, "is_loopback", lambda _host: False)
    monkeypatch.setattr(finvalda, "is_private", lambda host: host == "127.0.0.9")
    lead(monkeypatch, "127.0.0.9")
    async with wire(always(said(DONE % b"")), "127.0.0.9") as server:
        url = f"http://finvalda:{server.port}"
        async with finvalda.new_http_client(url, timeout=5) as http:
            await service(http, url).read("A", data)
    assert len(server.heads) == 1


async def test_a_connection_that_is_gone_before_it_is_looked_at_is_no_bug() -> None:
    class Gone:
        closed = False

        def get_extra_info(self, _name: str) -> None:
            return None

        async def aclose(self) -> None:
            self.closed = True

    made, event = Gone(), "connection.connect_tcp.complete"
    with pytest.raises(httpx.ConnectError):
        await amazon._stay_here(event, {"return_value": made})
    with pytest.raises(httpx.ConnectError) as caught:
        await finvalda.keep_near("http://127.0.0.1/x", event, {"return_value": made})
    assert not isinstance(caught.value, finvalda.Elsewhere)
    assert made.closed


def lead(monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    """Let every name stand for one address."""
    loop = asyncio.get_running_loop()
    real = loop.getaddrinfo

    async def getaddrinfo(_host: object, port: Any, **given: Any) -> Any:
        return await real(target, port, **given)

    monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)


async def test_what_is_for_this_machine_goes_through_no_proxy_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """127.0.0.9 plays the proxy's machine, which would read everything."""

    def here(host: str) -> bool:
        return host in {"localhost", "127.0.0.1"}

    monkeypatch.setattr(amazon, "is_loopback", here)
    monkeypatch.setattr(finvalda, "is_loopback", here)
    answer = always(said(DONE % b""))
    async with wire(answer) as server, wire(answer, "127.0.0.9") as proxy:
        async with amazon.new_http_client(proxy=proxy.url) as http:
            await ask(server.url, http)
        async with finvalda.new_http_client(server.url, timeout=5, proxy=proxy.url) as http:
            await service(http, server.url).read("A", data)
        assert len(server.heads) == 2
        # A private address goes through a proxy that was configured, if that is private itself.
        url = "http://10.0.0.5:8088/FvsServicePure.svc"
        async with finvalda.new_http_client(url, timeout=5, proxy=proxy.url) as http:
            with pytest.raises(errors.Unreachable):
                await service(http, url).read("A", data)
    assert proxy.heads == []


async def test_a_proxy_on_this_machine_is_used() -> None:
    answer = always(said(DONE % b""))
    async with wire(answer) as server, wire(answer) as proxy:
        async with amazon.new_http_client(proxy=proxy.url) as http:
            await ask(server.url, http)
        async with finvalda.new_http_client(server.url, timeout=5, proxy=proxy.url) as http:
            await service(http, server.url).read("A", data)
    assert (len(server.heads), len(proxy.heads)) == (0, 2)


async def test_a_proxy_learns_where_to_and_nothing_else(tmp_path: Path) -> None:
    """It is let in between, and tries to read what passes with a certificate of its own."""
    pem = certificate(tmp_path, "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    heads: list[bytes] = []

    async def between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await writer.start_tls(context)
            heads.append(await reader.read(65536))
        writer.close()

    listener = await asyncio.start_server(between, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    proxy = f"http://user:proxy-word@127.0.0.1:{port}"
    url = "https://127.0.0.1:9/orders/2026-01-01/orders?token=page"
    async with amazon.new_http_client(proxy=proxy) as http:
        request = http.build_request("GET", url, headers={"x-amz-access-token": "Atza|secret"})
        with pytest.raises(Unavailable):
            await exchange(http, request, ON)
    async with finvalda.new_http_client(url, timeout=5, proxy=proxy) as http:
        with pytest.raises(errors.Unreachable) as caught:
            await service(http, "https://127.0.0.1:9/FvsServicePure.svc").read("A", data)
    assert caught.value.text == errors.UNTRUSTED
    listener.close()
    assert [head.split(b"\r\n")[0] for head in heads if head] == [
        b"CONNECT 127.0.0.1:9 HTTP/1.1"
    ] * 2
    seen = b"".join(heads)
    assert b"Proxy-Authorization" in seen
    for private in (b"Atza", b"page", b"secret-word", b"robot"):
        assert private not in seen


async def test_session_keys_and_proxies_of_the_environment_are_nothing_to_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSLKEYLOGFILE makes Python write out what decrypts every recorded connection."""
    pem = certificate(tmp_path, "127.0.0.1")
    keys = tmp_path / "keys.log"
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    async with (
        wire(always(said(DONE % b"")), tls=context) as server,
        wire(always(said(b""))) as proxy,
    ):
        url = server.url.replace("http", "https")
        monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        # What any other client does with this environment: else the test could not fail.
        other = ssl.create_default_context(cafile=str(pem))
        assert keys.exists()
        async with httpx.AsyncClient(verify=other, trust_env=False) as http:
            await http.get(url)
        assert b"TRAFFIC_SECRET" in keys.read_bytes()
        del other
        keys.unlink()
        trusting = amazon.tls_context()
        trusting.load_verify_locations(pem)
        async with amazon.new_http_client(trusting) as http:
            assert (await ask(url, http)).status == 200
        async with finvalda.new_http_client(url, timeout=5, ca_file=pem) as http:
            await service(http, url).read("A", data)
        assert len(server.heads) == 3
        assert proxy.heads == []
    assert b"SECRET" not in (keys.read_bytes() if keys.exists() else b"")
    assert not [head for head in server.heads if b"authorization" in head.lower()]


@pytest.mark.parametrize("status", [b"301 x", b"302 x", b"303 x", b"307 x", b"308 x"])
@pytest.mark.parametrize("to", ["other port", "other scheme", "same place", "nonsense"])
async def test_no_redirect_is_followed_wherever_it_leads(status: bytes, to: str) -> None:
    async with wire(always(said(DONE % b""))) as other:
        places = {
            "other port": f"{other.url}/stolen",
            "other scheme": f"https://127.0.0.1:{other.port}/",
            "same place": "/again",
            "nonsense": "http://[\xff",
        }
        location = b"Location: " + places[to].encode("latin-1")
        async with wire(always(said(b"", location, status=status))) as server:
            async with amazon.new_http_client() as http:
                try:
                    assert (await ask(server.url, http)).status == int(status[:3])
                except Unavailable:
                    assert to == "nonsense"
            async with finvalda.new_http_client(server.url, timeout=5) as http:
                client = FinvaldaClient(
                    http, server.url, Credentials("robot", "secret-word"), timeout=5
                )
                with pytest.raises((errors.Misconfigured, errors.Unanswered)):
                    await client.insert_operation(OperationClass.SALE, "P", SALE)
        assert len(server.heads) == 2
    assert other.connections == 0
