"""Remote services that repeat what they were sent: no error or traceback shows a piece of it."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from fvsamazon.amazon.auth import AccountTokens, LwaClient
from fvsamazon.amazon.client import AmazonClient
from fvsamazon.amazon.http import new_http_client
from fvsamazon.errors import RemoteError
from fvsamazon.finvalda.http import new_http_client as finvalda_http
from fvsamazon.finvalda.transport import Credentials, Transport
from fvsamazon.logs import tracebacks
from support.clocks import FakeClock
from support.commands import fvsamazon_run, settings_file
from support.liars import Asked, answer, liar, pieces_shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

CLIENT_SECRET = "Canary/client+secret=0123456789&abcdefghij"
REFRESH = "Atzr|CanaryRefresh/Token+0123456789=="
ACCESS = "Atza|CanaryAccess/Token+0123456789=="
PASSWORD = "Canary&pass<word>/with+odd\"chars'12"
CONN = "Data Source=CanaryServer;Initial Catalog=CanaryBooks"
PROXY_PASSWORD = "CanaryProxyPassword"


def spelt(text: str) -> list[str]:
    """Return the ways in which a server might write what it was sent."""
    return [
        text,
        quote(text, safe=""),
        quote(text, safe="").lower(),
        text.upper(),
        base64.b64encode(text.encode()).decode(),
        base64.b64encode(f"user:{text}".encode()).decode(),
        json.dumps(text)[1:-1],
        json.dumps(json.dumps(text))[1:-1],
        html.escape(text),
        text[:20],
        text[5:],
        f"{text[:18]}\n{text[18:]}",
    ]


def told(text: str) -> list[bytes]:
    """Return answers that repeat a text in every place that an error might take up."""
    single = text.replace("\n", " ")
    token = [
        {"error": "invalid_client", "error_description": text},
        {"error": "invalid_grant", "error_description": "x" * 270 + text},
        {"error": text, "error_description": text},
    ]
    rows = [
        {"code": text, "message": "no", "details": ""},
        {"code": "Unauthorized", "message": text, "details": text},
        {"code": "Unauthorized", "message": "y" * 285 + text, "details": ""},
    ]
    finvalda = [
        {"AccessResult": "AccessDenied", "error": text, "nResult": 0},
        {"AccessResult": "Fail", "error": f"FVS00000022 {text}", "nResult": 1036},
        {"AccessResult": "Success", "error": "z" * 290 + text, "nResult": 2010},
        {"AccessResult": text, "error": text, "nResult": text},
        {text: text},
    ]
    return [
        *(answer(json.dumps(body), 400) for body in token),
        *(answer(json.dumps({"errors": [row]}), 403) for row in rows),
        *(answer(json.dumps(body)) for body in finvalda),
        answer(f"<AccessResult>AccessDenied</AccessResult><error>{html.escape(text)}</error>"),
        answer("{}", 500, head=f"x-amzn-requestid: {single}\r\n"),
        answer("{}", 302, head=f"location: https://example.org/{quote(single)}\r\n"),
        answer("{}", head=f"not a header {single}\r\n"),
        answer("{}", head=f"content-encoding: {single}\r\n"),
        f"HTTP/9 {single}\r\n\r\n".encode(),
        answer(text),
        answer(f"<{text}>"),
    ]


def echoes(*secrets: str) -> list[bytes]:
    return [one for secret in secrets for way in spelt(secret) for one in told(way)]


def shown_by(error: BaseException) -> str:
    """Return all that leaves the process of an error: texts, the log's keys, its traceback."""
    fields: dict[str, Any] = error.log_fields() if isinstance(error, RemoteError) else {}
    return "\n".join([str(error), repr(error), str(fields), tracebacks.render(error)])


class Nowhere:
    async def load(self) -> bytes | None:
        return None

    async def save(self, sealed: bytes, valid_until: object) -> None:
        del sealed, valid_until

    async def drop(self) -> None:
        pass


def lwa_client(http: httpx.AsyncClient, url: str) -> LwaClient:
    return LwaClient(
        http,
        url,
        client_id="id",
        client_secret=CLIENT_SECRET,
        clock=FakeClock(),
        user_agent="test",
    )


def tokens_of(http: httpx.AsyncClient, url: str) -> AccountTokens:
    return AccountTokens(
        lwa_client(http, url),
        REFRESH,
        region="Europe",
        account="main",
        store=Nowhere(),
        clock=FakeClock(),
    )


async def test_login_with_amazon_that_repeats_what_it_was_sent() -> None:
    planted = echoes(CLIENT_SECRET, REFRESH)
    replies: Iterator[bytes] = iter(planted)
    asked: list[Asked] = []

    def reply(request: Asked) -> bytes:
        asked.append(request)
        return next(replies)

    shown = []
    async with liar(reply) as url, new_http_client() as http:
        while len(asked) < len(planted):
            try:
                await tokens_of(http, url).get()
            except RemoteError as error:
                shown.append(shown_by(error))
    assert quote(CLIENT_SECRET, safe="") in asked[0].body, "it was never sent"
    assert len(shown) > len(planted) // 2
    secrets = [*spelt(CLIENT_SECRET), *spelt(REFRESH)]
    assert [text for text in shown if pieces_shown(text, secrets)] == []


async def test_amazon_that_repeats_the_access_token() -> None:
    planted = echoes(ACCESS)
    replies: Iterator[bytes] = iter(planted)
    orders: list[Asked] = []

    def reply(request: Asked) -> bytes:
        if request.path == "/token":
            return answer(json.dumps({"access_token": ACCESS, "expires_in": 3600}))
        orders.append(request)
        return next(replies)

    async with liar(reply) as url, new_http_client() as http:
        client = AmazonClient(
            http, url, tokens_of(http, f"{url}/token"), clock=FakeClock(), user_agent="test"
        )
        while len(orders) < len(planted):
            with pytest.raises(RemoteError) as caught:
                await client.get_order("305-1")
            assert pieces_shown(shown_by(caught.value), spelt(ACCESS)) == []
    assert orders[0].header("x-amz-access-token") == ACCESS


@pytest.mark.parametrize("write", [False, True])
async def test_finvalda_that_repeats_password_and_connection(*, write: bool) -> None:
    planted = echoes(PASSWORD, CONN)
    replies: Iterator[bytes] = iter(planted)
    asked: list[Asked] = []

    def reply(request: Asked) -> bytes:
        asked.append(request)
        return next(replies)

    shown = []
    credentials = Credentials("user", PASSWORD, "1", CONN)
    async with liar(reply) as url, finvalda_http(url, timeout=5) as http:
        transport = Transport(http, url, credentials, timeout=5)
        while len(asked) < len(planted):
            try:
                if write:
                    await transport.write("InsertNewItem", {"a": 1})
                else:
                    await transport.read("GetX", lambda envelope: envelope.rows())
            except RemoteError as error:
                shown.append(shown_by(error))
    assert asked[0].header("password") == PASSWORD
    assert len(shown) > len(planted) // 2
    assert [text for text in shown if pieces_shown(text, [*spelt(PASSWORD), *spelt(CONN)])] == []


async def test_a_proxy_that_repeats_its_password(tmp_path: Path) -> None:
    """Its reason phrase is the one text of a proxy that an error takes up."""
    basic = base64.b64encode(f"user:{PROXY_PASSWORD}".encode()).decode()

    def reply(request: Asked) -> bytes:
        assert request.head.startswith("CONNECT")
        assert basic in request.head
        said = f"{PROXY_PASSWORD} {basic} {quote(PROXY_PASSWORD)}"
        return f"HTTP/1.1 407 {said}\r\nContent-Length: 0\r\n\r\n".encode()

    async with liar(reply) as url:
        proxy = url.replace("http://", f"http://user:{PROXY_PASSWORD}@")
        values = {
            "FVSAMAZON_EUROPE__CLIENT_ID": "client",
            "FVSAMAZON_EUROPE__CLIENT_SECRET": CLIENT_SECRET,
            "FVSAMAZON_EUROPE__REFRESH_TOKEN": REFRESH,
            "FVSAMAZON_PROXY": proxy,
        }
        settings_file(tmp_path, values)
        said = ""
        for command in (("check",), ("sync",), ("status",), ("status", "--json")):
            done = await fvsamazon_run(*command, folder=tmp_path)
            said += done.out + done.err
    assert "407" in said
    assert pieces_shown(said, [PROXY_PASSWORD, basic]) == []
    for file in tmp_path.glob("fvsamazon.db*"):
        assert pieces_shown(file.read_bytes(), [PROXY_PASSWORD, basic]) == [], file.name


async def test_commands_and_the_database_show_nothing_of_an_echo(tmp_path: Path) -> None:
    planted = [
        one
        for way in spelt(CLIENT_SECRET) + spelt(REFRESH)
        for one in told(way)[1:2] + told(way)[-3:]
    ]
    replies: Iterator[bytes] = iter(planted)

    def reply(request: Asked) -> bytes:
        del request
        return next(replies, answer("{}", 500))

    said = ""
    async with liar(reply) as url:
        settings_file(
            tmp_path,
            {
                "FVSAMAZON_EUROPE__CLIENT_ID": "client",
                "FVSAMAZON_EUROPE__CLIENT_SECRET": CLIENT_SECRET,
                "FVSAMAZON_EUROPE__REFRESH_TOKEN": REFRESH,
                "FVSAMAZON_LWA_URL": f"{url}/token",
            },
        )
        for command in ("sync", "status", "check", "sync", "status"):
            done = await fvsamazon_run(command, folder=tmp_path)
            said += done.out + done.err
    assert "invalid_grant" in said
    everything = [*spelt(CLIENT_SECRET), *spelt(REFRESH)]
    assert pieces_shown(said, everything) == []
    for file in tmp_path.glob("fvsamazon.db*"):
        assert pieces_shown(file.read_bytes(), everything) == [], file.name
