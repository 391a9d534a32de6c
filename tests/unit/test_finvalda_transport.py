"""What became of a request: done, refused, nothing sent, or nobody knows; and no secret told."""

from __future__ import annotations

import gzip
import json
import ssl
import traceback
import zlib
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from fvsamazon.errors import ConfigError, InDoubt, RemoteError, Unavailable
from fvsamazon.finvalda import errors
from fvsamazon.finvalda.http import new_http_client
from fvsamazon.finvalda.scrub import scrub
from fvsamazon.finvalda.transport import Credentials, Transport
from fvsamazon.finvalda.wire import Envelope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

URL = "https://books.test:8087/FvsServicePure.svc"
PASSWORD = "Slaptas-žodis-5521"
CONN_STRING = "Server=db9;Uid=sa;Pwd=n0tthis"
CREDENTIALS = Credentials("ROBOT.", PASSWORD, "UAB01", CONN_STRING)
GOOD = {"AccessResult": "Success", "error": "", "nResult": 0}


def transport(handler: Callable[[httpx.Request], Any], **options: Any) -> Transport:
    http = httpx.AsyncClient(transport=httpx.MockTransport(handler))
    return Transport(http, URL, CREDENTIALS, **{"timeout": 5.0, **options})


def answering(
    content: bytes | object, status: int = 200, headers: dict[str, str] | None = None
) -> Callable[[httpx.Request], httpx.Response]:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return lambda _: httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


def raising(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def handler(_: httpx.Request) -> httpx.Response:
        raise error

    return handler


async def outcome(handler: Callable[[httpx.Request], Any], *, write: bool, **options: Any) -> Any:
    """Return the error of one request, or its envelope; checks that nothing secret is told."""
    under_test = transport(handler, **options)
    try:
        if write:
            return await under_test.write("InsertNewOperation", {"ItemClassName": "PardDok"})
        return await under_test.read("GetSandelius", lambda envelope: envelope)
    except RemoteError as error:
        assert_nothing_told(error)
        return error


def assert_nothing_told(error: BaseException) -> None:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        shown = "".join(traceback.format_exception(one)) + repr(one) + repr(vars(one))
        request = vars(one).get("_request")
        if request is not None:
            shown += repr(request.headers.raw)
        for secret in (PASSWORD, CONN_STRING, "n0tthis", PASSWORD.encode().hex()):
            assert secret not in shown
            assert repr(secret.encode()) not in shown
        waiting += [one.__cause__, one.__context__]


async def test_request_carries_what_the_service_asks_for() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=GOOD)

    body = {"ItemClassName": "PardDok", "sParametras": "P", "xmlstring": '{"PardDok":{"a":"Ą"}}'}
    await transport(handler).write("InsertNewOperation", body)
    await transport(handler, language="lt").read(
        "GetPreke", lambda envelope: envelope, query={"sPrekesKodas": "A B&C"}
    )
    write, read = seen
    assert (write.method, str(write.url)) == ("POST", f"{URL}/InsertNewOperation")
    assert json.loads(write.content) == body
    assert write.content.isascii()
    assert write.headers["UserName"] == "ROBOT."
    assert write.headers["CompanyID"] == "UAB01"
    assert write.headers["ConnString"] == CONN_STRING
    assert dict(write.headers.raw)[b"Password"].decode() == PASSWORD
    assert write.headers["Language"] == "1"
    assert write.headers["Accept"] == "application/json"
    assert write.headers["Content-Type"].startswith("application/json")
    # A key that is left out could not be told from a value that is not there.
    assert write.headers["RemoveEmptyStringTags"] == "false"
    assert write.headers["RemoveZeroNumberTags"] == "false"
    assert read.method == "GET"
    assert read.url.params["sPrekesKodas"] == "A B&C"
    assert read.headers["Language"] == "0"
    assert read.headers["Content-Type"].startswith("application/json")


async def test_company_and_connection_are_sent_only_when_set() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=GOOD)

    http = httpx.AsyncClient(transport=httpx.MockTransport(handler))
    await Transport(http, URL, Credentials("A", ""), timeout=5).write("M", {})
    assert "CompanyID" not in seen[0].headers
    assert "ConnString" not in seen[0].headers
    # An employee without a password is Finvalda's own sample.
    assert seen[0].headers["Password"] == ""


NOT_SENT = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.PoolTimeout("busy"),
    httpx.ProxyError("407"),
    httpx.UnsupportedProtocol("ftp"),
]
SENT = [
    httpx.ReadTimeout("slow"),
    httpx.WriteTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.WriteError("reset"),
    httpx.CloseError("reset"),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
]


@pytest.mark.parametrize("error", NOT_SENT, ids=lambda error: type(error).__name__)
async def test_nothing_sent_is_no_doubt_even_for_a_write(error: Exception) -> None:
    for write in (True, False):
        got = await outcome(raising(error), write=write)
        assert type(got) is errors.Unreachable


@pytest.mark.parametrize("error", SENT, ids=lambda error: type(error).__name__)
async def test_a_write_that_may_have_arrived_is_in_doubt(error: Exception) -> None:
    write = await outcome(raising(error), write=True)
    assert isinstance(write, InDoubt)
    assert isinstance(await outcome(raising(error), write=False), Unavailable)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 400, 408, 409, 303, 204, 202])
async def test_statuses_after_which_nobody_knows(status: int) -> None:
    headers = {"Location": "https://elsewhere.test/"} if status == 303 else None
    handler = answering(b"<html><body>Bad Gateway<br></body></html>", status, headers)
    assert isinstance(await outcome(handler, write=True), InDoubt)
    assert isinstance(await outcome(handler, write=False), Unavailable)


@pytest.mark.parametrize("status", [413, 414, 415, 429, 431, 407])
async def test_statuses_of_a_request_that_the_service_never_saw(status: int) -> None:
    handler = answering(b"no", status, {"Retry-After": "7"})
    got = await outcome(handler, write=True)
    assert isinstance(got, Unavailable)
    assert got.retry_after == 7


@pytest.mark.parametrize("value", ["", "-1", "soon", "1e9", "9" * 40])
async def test_a_foreign_wait_is_bounded(value: str) -> None:
    got = await outcome(answering(b"", 503, {"Retry-After": value}), write=False)
    assert got.retry_after is None or got.retry_after <= 3600


@pytest.mark.parametrize("status", [404, 405, 410])
async def test_missing_method_is_configuration(status: int) -> None:
    for write in (True, False):
        got = await outcome(answering(b"", status), write=write)
        assert type(got) is errors.MissingMethod
        assert got.operation == ("InsertNewOperation" if write else "GetSandelius")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_refused_and_the_password_goes_nowhere_else(status: int) -> None:
    hosts: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(status, headers={"Location": "https://elsewhere.test/x"})

    got = await outcome(handler, write=True)
    assert isinstance(got, errors.Misconfigured)
    assert hosts == ["books.test"]


@pytest.mark.parametrize("location", ["https:login.aspx", "http://[::1", "https://a:b:c/"])
async def test_a_redirect_to_what_is_no_address_is_no_bug_of_ours(location: str) -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": location})

    assert isinstance(
        await outcome(handler, write=False), errors.Misconfigured | errors.Unreachable
    )
    # Who could not read where it leads cannot know either that nothing was written.
    assert isinstance(await outcome(handler, write=True), errors.Misconfigured | errors.Unanswered)


@pytest.mark.parametrize("fault", [ssl.SSLError(1, "bad record mac"), OSError(5, "broken")])
async def test_a_line_that_breaks_below_http_is_no_bug_of_ours(fault: OSError) -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        raise fault

    assert type(await outcome(handler, write=False)) is errors.Unreachable
    assert type(await outcome(handler, write=True)) is errors.Unanswered


@pytest.mark.parametrize(
    "handler",
    [
        answering({"AccessResult": "AccessDenied", "error": "not licensed", "nResult": 0}),
        answering(b"<AccessResult>AccessDenied</AccessResult><error>not licensed</error>"),
        answering(b"", 401),
        answering(b"", 403),
    ],
)
async def test_access_denied_stops(handler: Callable[[httpx.Request], httpx.Response]) -> None:
    for write in (True, False):
        got = await outcome(handler, write=write)
        assert type(got) is errors.AccessDenied
        assert got.permanent


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not an answer",
        b'{"AccessResult":"Success","nRes',
        {"AccessResult": "Success", "error": ""},
        {"AccessResult": "Success", "error": "", "nResult": None},
        {"AccessResult": "Success", "error": "", "nResult": "0.5"},
        {"nResult": 0},
        [],
    ],
)
async def test_only_success_with_number_zero_is_a_write_done(body: bytes | object) -> None:
    assert isinstance(await outcome(answering(body), write=True), InDoubt)


async def test_refusals_are_typed_by_their_number() -> None:
    for access in ("Fail", "Success"):
        body = {"AccessResult": access, "error": "FVS00000022\n\nBlogai!", "nResult": 1036}
        got = await outcome(answering(body), write=True)
        assert type(got) is errors.ConfigurationRefused
        assert (got.number, got.detail) == (1036, "FVS00000022 Blogai!")
    unnamed = await outcome(answering({"AccessResult": "Fail", "nResult": 0}), write=True)
    assert type(unnamed) is errors.ConfigurationRefused
    assert unnamed.number == 0
    read = await outcome(answering({"AccessResult": "Fail", "error": "no filter"}), write=False)
    assert isinstance(read, errors.Refused)


async def test_a_read_that_succeeds_needs_no_number() -> None:
    got = await outcome(
        answering({"AccessResult": "Success", "error": "", "items": []}), write=False
    )
    assert isinstance(got, Envelope)


async def test_finvaldas_words_are_cleared_of_what_was_sent_and_of_secrets() -> None:
    said = (
        f"Login failed ({CONN_STRING}) for {PASSWORD}. Truncated value: 'Greta Beis'. "
        "Street LINDENHOF 8."
    )
    handler = answering({"AccessResult": "Fail", "error": said, "nResult": 2010})
    with pytest.raises(errors.Refused) as caught:
        await transport(handler).write("M", {}, private=["Greta Beispiel", "Lindenhof 8"])
    assert_nothing_told(caught.value)
    for word in ("Greta", "Beis", "LINDENHOF", "Lindenhof"):
        assert word not in str(caught.value)
        assert word not in caught.value.detail
    assert "Truncated value" in caught.value.detail


def test_scrub_leaves_the_rest_alone() -> None:
    assert scrub("It is forbidden to remove it", ["Is It"]) == "It is forbidden to remove it"
    assert scrub("Kodas AMZ1 nerastas", []) == "Kodas AMZ1 nerastas"
    assert scrub("", ["x"]) == ""


async def drip() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await anyio.sleep(0.01)


async def test_a_dripping_answer_ends_in_time() -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=drip())

    with anyio.fail_after(5):
        got = await outcome(handler, write=True, timeout=0.1)
    assert isinstance(got, InDoubt)
    assert got.code == "timeout"


@pytest.mark.parametrize(
    ("last_event", "expected"),
    [
        ("connection.connect_tcp.started", errors.Unreachable),
        ("connection.start_tls.started", errors.Unreachable),
        ("http11.send_request_headers.started", errors.Unanswered),
        (None, errors.Unanswered),
    ],
)
async def test_running_out_of_time_is_doubt_only_once_something_was_sent(
    last_event: str | None, expected: type[RemoteError]
) -> None:
    async def handler(request: httpx.Request) -> httpx.Response:
        if last_event is not None:
            await request.extensions["trace"]("connection.connect_tcp.started", {})
            await request.extensions["trace"](last_event, {})
        await anyio.sleep(60)
        raise AssertionError("the request should have been given up")

    assert type(await outcome(handler, write=True, timeout=0.05)) is expected
    assert type(await outcome(handler, write=False, timeout=0.05)) is errors.Unreachable


async def test_a_client_that_would_follow_redirects_does_not() -> None:
    hosts: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(308, headers={"Location": "https://elsewhere.test/x"})

    http = httpx.AsyncClient(transport=httpx.MockTransport(handler), follow_redirects=True)
    with pytest.raises(errors.Misconfigured):
        await Transport(http, URL, CREDENTIALS, timeout=5).write("InsertNewOperation", {})
    assert hosts == ["books.test"]


async def test_an_answer_too_big_is_not_read_to_its_end() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1000
            yield b"x" * 1000

    def drowning(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=endless())

    def announcing(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Length": "20001"}, content=endless())

    def read_before(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"x" * 20_001)

    for handler in (drowning, announcing, read_before):
        got = await outcome(handler, write=False, max_bytes=20_000)
        assert got.code == "unreadable"
    assert sent <= 25_000


@pytest.mark.parametrize("packing", ["gzip", "deflate", "x-gzip"])
async def test_a_packed_answer_is_unpacked_no_further_than_the_bound(packing: str) -> None:
    pack = zlib.compress if packing == "deflate" else gzip.compress
    headers = {"Content-Encoding": packing}
    small = pack(json.dumps(GOOD).encode())
    assert isinstance(await outcome(answering(small, headers=headers), write=True), Envelope)
    bomb = pack(b"\0" * 20_000_000)
    got = await outcome(answering(bomb, headers=headers), write=False, max_bytes=100_000)
    assert got.code == "unreadable"
    for damaged in (small[:-9], b"\x1f\x8b" + b"junk" * 9):
        got = await outcome(answering(damaged, headers=headers), write=True)
        assert isinstance(got, InDoubt)


async def test_an_unknown_packing_is_unreadable() -> None:
    handler = answering(b"?", headers={"Content-Encoding": "br"})
    assert (await outcome(handler, write=False)).code == "unreadable"


async def test_a_big_answer_is_decoded_beside_the_loop() -> None:
    rows = [{"code": f"P{index}", "title": "x" * 40} for index in range(8000)]
    handler = answering({"AccessResult": "Success", "items": rows})
    got = await transport(handler).read("GetDescriptions", lambda envelope: len(envelope.rows()))
    assert got == 8000


def test_credentials_show_nothing() -> None:
    for secret in (PASSWORD, CONN_STRING, "ROBOT.", "UAB01"):
        assert secret not in repr(CREDENTIALS)
        assert secret not in str(CREDENTIALS)


@pytest.mark.parametrize("bad", ["a\r\nX-Evil: 1", "a\x00", "a\nb"])
def test_credentials_cannot_smuggle_headers(bad: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Credentials(bad, bad, bad, bad)
    assert len(caught.value.faults) == 4
    assert "Evil" not in str(caught.value)


@pytest.mark.parametrize("url", ["", "books.test", "http://", "http://x:port/"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ConfigError):
        Transport(httpx.AsyncClient(), url, CREDENTIALS, timeout=5)


async def test_http_client_trusts_only_what_it_is_told(tmp_path: Path) -> None:
    shared = ssl.create_default_context()
    async with new_http_client(URL, timeout=5, tls=shared) as http:
        assert http.trust_env is False
        assert http.follow_redirects is False
        assert http.headers["Accept-Encoding"] == "identity"
        assert http.timeout.connect == 5
    for bad in (tmp_path / "absent.pem", tmp_path):
        with pytest.raises(ConfigError) as caught:
            new_http_client(URL, timeout=5, ca_file=bad)
        assert "CA_FILE" in str(caught.value)
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no certificate")
    with pytest.raises(ConfigError):
        new_http_client(URL, timeout=5, ca_file=garbage)
