"""Targets that read Login with Amazon and Finvalda: tokens, packed bodies, ledger rows.

Promised: only the documented errors, never a secret of ours in one, though the server repeats it;
a body grows no further than its bound; an answer of Finvalda's that is not understood never looks
like an empty one, because absence decides whether an order is booked again.
"""

from __future__ import annotations

import asyncio
import atexit
import gzip
import unicodedata
import zlib
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from fuzz.amazon import parsed_answer
from fuzz.driver import CANARY, Target, fail, require, require_line, require_quiet
from fvsamazon.amazon.auth import LONGEST_LIFE, SHORTEST_LIFE, AccountTokens, LwaClient
from fvsamazon.amazon.http import Exchange, exchange
from fvsamazon.amazon.secret import Seal, Secret
from fvsamazon.errors import ContractViolation, RemoteError, Unauthorized, Unavailable
from fvsamazon.finvalda.client import FinvaldaClient
from fvsamazon.finvalda.fields import Field, Payload, Shape, Table, build
from fvsamazon.finvalda.http import AnswerTooBig, AnswerUnreadable, read_bounded
from fvsamazon.finvalda.letters import CODE_PAGE, fits_baltic, to_baltic
from fvsamazon.finvalda.records import OpClass
from fvsamazon.finvalda.tables import ItemClass, OperationClass
from fvsamazon.finvalda.transport import Credentials, Transport
from fvsamazon.finvalda.wire import Envelope, UnreadableAnswer, clean, decode
from support.clocks import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from fvsamazon.amazon.auth import AccessToken

REFRESH_TOKEN = "Atzr|IwEBPlantedRefreshToken"
CLIENT_SECRET = "amzn1.oa2-cs.v1.plantedclientsecret"
PASSWORD = "Slaptas5521planted"
CONN_STRING = "Server=db9;Uid=sa;Pwd=n0tthis"
BUYER = "Greta Kanarelyte"
OWNER = ("Europe", "main")

WIRE_LIMIT, BODY_LIMIT = 2_000, 20_000
_CREDENTIALS = Credentials("ROBOT", PASSWORD, "UAB01", CONN_STRING)
_DOCUMENT = Payload("PardDok", '{"PardDok":{}}')
_LOOP = asyncio.Runner()
atexit.register(_LOOP.close)


def _wait(work: Coroutine[Any, Any, Any]) -> Any:
    return _LOOP.run(work)


class _Sealed:
    """A store that holds one sealed token."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    async def load(self) -> bytes:
        return Seal((Secret(CLIENT_SECRET), Secret(REFRESH_TOKEN)), OWNER).close(self._text)

    async def save(self, sealed: bytes, valid_until: datetime) -> None: ...

    async def drop(self) -> None: ...


def lwa(data: bytes) -> None:
    """A token answer, good or bad: `STATUS`, headers, an empty line, the body.

    The body stands for a stored token too, as an older version may have left it.
    """
    clock = FakeClock()
    sent = parsed_answer(data)

    def respond(_: httpx.Request) -> httpx.Response:
        headers = sent.headers.raw
        return httpx.Response(sent.status, headers=headers, stream=httpx.ByteStream(sent.body))

    async def fetch() -> tuple[AccessToken | Exception, datetime | None]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http:
            client = LwaClient(
                http,
                "http://127.0.0.1/auth/o2/token",
                client_id="amzn1.application-oa2-client.1",
                client_secret=CLIENT_SECRET,
                clock=clock,
                user_agent="fuzz",
            )
            region, account = OWNER
            stored = AccountTokens(
                client,
                REFRESH_TOKEN,
                region=region,
                account=account,
                store=_Sealed(sent.body),
                clock=clock,
            )
            await stored.load()
            stored.next_refresh_at()
            try:
                return await client.fetch(Secret(REFRESH_TOKEN)), stored.valid_until
            except (Unauthorized, Unavailable, ContractViolation) as error:
                return error, stored.valid_until

    found, until = _wait(fetch())
    require(until is None or until.utcoffset() == timedelta(0), "an end not in UTC")
    if isinstance(found, RemoteError):
        require_quiet(found, REFRESH_TOKEN, CLIENT_SECRET)
        require_line(str(found), "the error")
        permanent = isinstance(found, Unauthorized) and found.permanent
        require(not permanent or 400 <= sent.status < 500, "an outage taken for a refusal")
        return
    text = found.value.reveal()
    require(sent.status == 200, "a refusal taken for a token")
    require(0 < len(text) <= 2048 and text.isascii(), "a token that cannot be sent")
    require(text.isprintable() and " " not in text, "a token that cannot be sent")
    require(SHORTEST_LIFE <= found.life <= LONGEST_LIFE, "a life without bounds")
    require(found.valid_until == clock.now() + timedelta(seconds=found.life), "another end")
    require(len(text) < 8 or text not in repr(found), "the token stands in its repr")


def packed(data: bytes) -> None:
    """A body as it came over the wire: never more than its bound, and whole or refused."""
    encoding = {1: "gzip", 2: "deflate", 3: "br", 4: "identity"}.get(data[0] if data else 0)
    body = data[1:]
    headers = {} if encoding is None else {"content-encoding": encoding}
    whole = _unpacked(encoding, body)
    for read, wire_bound in ((_by_amazon, True), (_by_finvalda, False)):
        try:
            found = _wait(read(headers, body))
        except (ContractViolation, Unavailable, AnswerTooBig, AnswerUnreadable) as error:
            require_quiet(error, CANARY)
            small = len(body) <= WIRE_LIMIT or not wire_bound
            fits = whole is not None and len(whole) <= BODY_LIMIT and small
            require(not fits or encoding == "deflate", "a sound answer was refused")
            continue
        require(len(found) <= BODY_LIMIT, "a body grew beyond its bound")
        require(whole is None or found == whole, "a body came out as another one")


def _unpacked(encoding: str | None, body: bytes) -> bytes | None:
    """Return a sound body by another way; None where it is none, or too big to look at."""
    if encoding in {None, "identity"}:
        return body
    if encoding != "gzip":
        return None
    try:
        # One member alone: whether a second one counts is each reader's own choice.
        engine = zlib.decompressobj(31)
        text = engine.decompress(body, BODY_LIMIT + 1)
        return text if engine.eof and not engine.unused_data and gzip.decompress(body) else None
    except (OSError, EOFError, zlib.error):
        return None


def _stream(body: bytes) -> httpx.AsyncByteStream:
    class Drip(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            for start in range(0, len(body), 257):
                yield body[start : start + 257]

    return Drip()


async def _by_amazon(headers: dict[str, str], body: bytes) -> bytes:
    def respond(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, stream=_stream(body))

    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http:
        request = http.build_request("GET", "http://127.0.0.1/")
        on = Exchange("amazon", "fuzz", 5.0, WIRE_LIMIT, BODY_LIMIT)
        return (await exchange(http, request, on)).body


async def _by_finvalda(headers: dict[str, str], body: bytes) -> bytes:
    response = httpx.Response(200, headers=headers, stream=_stream(body))
    return await read_bounded(response, BODY_LIMIT)


class _Canned:
    """Stands in for the transport: every question has the same answer."""

    def __init__(self) -> None:
        self.envelope: Envelope | None = None

    async def read(self, _method: str, parse: Callable[[Envelope], Any], **_: object) -> Any:
        if self.envelope is None:
            fail("asked too early")
        return parse(self.envelope)

    async def write(self, _method: str, _body: object, **_: object) -> Envelope:
        if self.envelope is None:
            fail("asked too early")
        return self.envelope


class _Server:
    """Answers every request with the input."""

    def __init__(self) -> None:
        self.body = b""

    def __call__(self, _: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(self.body))


_SERVER = _Server()
_URL = "http://127.0.0.1/FvsServicePure.svc"
_HTTP = httpx.AsyncClient(transport=httpx.MockTransport(_SERVER))
_TRANSPORT = Transport(_HTTP, _URL, _CREDENTIALS, timeout=5.0)
_CANNED = _Canned()
_CLIENT = FinvaldaClient(_HTTP, _URL, _CREDENTIALS)
_CLIENT._transport = _CANNED  # type: ignore[assignment]


def _questions() -> Iterator[Coroutine[Any, Any, object]]:
    """Ask everything that the program asks of Finvalda."""
    yield _CLIENT.products(["A"])
    yield _CLIENT.services(["A"])
    yield _CLIENT.clients(["A"])
    yield _CLIENT.clients(vat_code="LT1")
    yield _CLIENT.addresses("A")
    yield _CLIENT.product_by_barcodes(["1"])
    yield _CLIENT.partner_products("A")
    yield _CLIENT.currency_rates(["EUR"], date(2026, 11, 1), date(2026, 11, 30))
    yield _CLIENT.document_series()
    yield _CLIENT.warehouses()
    yield _CLIENT.vat_codes()
    yield _CLIENT.user_permissions("ROBOT")
    yield _CLIENT.find_operations(OpClass.SALES, order_number="305-1234567-7654321")
    yield _CLIENT.find_operations(OpClass.SALES, title="a*b", title_slot=2)
    yield _CLIENT.find_operations(OpClass.UVM_RESERVATIONS, order_number="305-1234567-7654321")
    yield _CLIENT.insert_operation(OperationClass.SALE, "FVSAMAZON", _DOCUMENT)


def finvalda(data: bytes) -> None:
    """An answer of the web service: an envelope that can be read in every way, or no answer."""
    try:
        envelope = decode(data)
    except UnreadableAnswer as error:
        require_quiet(error, CANARY, BUYER)
        require_line(str(error), "the error")
        return
    require(envelope == decode(data), "read twice, not the same")
    require(CANARY not in repr(envelope), "a planted text stands in the envelope's repr")
    _all_clean(envelope.data)
    _empty_is_empty(envelope)
    _wait(_read_in_every_way(envelope))
    _SERVER.body = data
    _wait(_judged())


async def _read_in_every_way(envelope: Envelope) -> None:
    _CANNED.envelope = envelope
    for question in _questions():
        try:
            await question
        except (UnreadableAnswer, RemoteError) as error:
            require_quiet(error, CANARY, BUYER)
    for item_class in ItemClass:
        try:
            envelope.entity(item_class.value)
        except UnreadableAnswer as error:
            require_quiet(error, CANARY, BUYER)


def _empty_is_empty(envelope: Envelope) -> None:
    try:
        rows = envelope.rows()
    except UnreadableAnswer:
        return
    if not rows:
        told = [envelope.data["items"]] if "items" in envelope.data else envelope.data.values()
        held = [value for value in told if value not in (None, "", [], {}, 0)]
        require(all(_is_hollow(value) for value in held), "what holds something reads as empty")


def _is_hollow(value: object) -> bool:
    """Say whether there is nothing in a list's wrapping (`{"Eil": []}`, or the text `[]`)."""
    if isinstance(value, dict):
        return len(value) == 1 and _is_hollow(next(iter(value.values())))
    return value in (None, "", [], {}) or (isinstance(value, str) and value.strip()[:1] in "[{<")


async def _judged() -> None:
    """A refusal keeps Finvalda's words, without what we sent as a secret or about a buyer."""
    for write in (False, True):
        try:
            if write:
                await _TRANSPORT.write("InsertNewOperation", {}, private=(BUYER,))
            else:
                await _TRANSPORT.read("GetSandelius", lambda envelope: envelope.rows())
        except RemoteError as error:
            secrets = [PASSWORD, CONN_STRING, *(BUYER.split() if write else ())]
            told = "".join((str(error), repr(error), *map(str, error.log_fields().values())))
            for secret in secrets:
                require(secret.lower() not in told.lower(), "a refusal repeats what it must not")
            require_quiet(error, *secrets)
            require_line(str(error), "the refusal")


def _all_clean(value: object) -> None:
    if isinstance(value, str):
        require(clean(value) == value, "a text with control characters came through")
    elif isinstance(value, list):
        for inner in value:
            _all_clean(inner)
    elif hasattr(value, "items"):
        for key, inner in value.items():
            _all_clean(key)
            _all_clean(inner)


_FIELD = Table({"pav": Field(Shape.TEXT, length=20), "kodas": Field(Shape.CODE, length=20)})


def letters(data: bytes) -> None:
    """Any name becomes one line that the code page holds; doing it twice changes nothing."""
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    spelled = to_baltic(text)
    spelled.encode(CODE_PAGE)
    require(fits_baltic(spelled), "what was spelled does not fit")
    require(to_baltic(spelled) == spelled, "spelled twice, not the same")
    asked = "?" in unicodedata.normalize("NFKD", text)
    require(asked or "?" not in spelled, "a question mark was put in")
    require(len(spelled) <= 40 * len(text), "a text grew without bounds")
    payload = build("Fvs.Test", _FIELD, {"pav": text})
    require(len(payload.document().get("pav", "")) <= 20, "longer than its column")  # type: ignore[arg-type]


_SHAPES = (b'{"AccessResult":"Success"', b'"nResult":0', b'"error":"', b'"items":[{"', b"]}")
_MARKUP = (b"<AccessResult>", b"</AccessResult>", b"<items>", b"</items>", b"&#x1A;", b"<!DOCTYPE")
_ROWS = (
    b'"journal":"PARD","op_number":1,"order_number":"305-1234567-7654321","amount":"1.00"',
    b'"date_created":"2026-11-23T10:00:00"',
    b'"OP_DUOMENYS":{"SERIJA":"A","DOKUMENTAS":"1","ZURNALAS":"P","NUMERIS":1}',
    b'"perrmissions":[{"perrmisionClass":65,"permittedEntities":[{"id1":"A"}]}]',
    b'"nBusena":3',
    b'"code":"EUR","date":"2026-11-23","rate":1.5',
)

TARGETS = (
    Target(
        "lwa",
        lwa,
        (
            b"200\n",
            b"400\n",
            b"content-encoding: gzip\n",
            b'{"access_token":"Atza|1","expires_in":3600}',
            b'"error":"invalid_grant"',
            b'"error":"invalid_client"',
            b'"error_description":"',
            b'{"token":"t","until":"0001-01-01T00:00:00+14:00","life":1}',
            REFRESH_TOKEN.encode(),
            CLIENT_SECRET.encode(),
            b"1e999",
        ),
        2000,
    ),
    Target("packed", packed, (b"\x01\x1f\x8b\x08", b"\x02\x78\x9c", b"\x03\x00"), 3000),
    Target(
        "finvalda",
        finvalda,
        (
            *_SHAPES,
            *_MARKUP,
            *_ROWS,
            b'"AccessResult":"Fail"',
            b'"nResult":2010',
            b"\xff\xfe",
            b"1e60",
            CANARY.encode(),
            PASSWORD.encode(),
            BUYER.encode(),
        ),
    ),
    Target(
        "finvalda_letters",
        letters,
        (
            *(letter.encode() for letter in "?;№ﷺŉĳ한漢ｆ٣«\u0340\u0384\u2010\u2047"),
            b"\xed\xa0\x80",
            b"\xef\xb7\xba",
        ),
        400,
    ),
)
