"""One request to Finvalda's web service, and what became of it.

In come a method and its arguments; out goes the `Envelope` of a success, or one of `errors`. The
one question that matters is whether a write may have been carried out: a failure before anything
was sent is `Unreachable`, any after it is `Unanswered` for a write. Nothing is retried here. User
name, password and connection string travel in headers that no exception, log line or repr shows.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Never, TypeVar

import anyio
import anyio.to_thread
import httpx

from fvsamazon.errors import ConfigError
from fvsamazon.finvalda import codes, errors
from fvsamazon.finvalda.fields import encode
from fvsamazon.finvalda.http import (
    MAX_ANSWER_BYTES,
    AnswerTooBig,
    AnswerUnreadable,
    Elsewhere,
    keep_near,
    read_bounded,
)
from fvsamazon.finvalda.scrub import scrub
from fvsamazon.finvalda.wire import Access, Envelope, UnreadableAnswer, decode
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from fvsamazon.texts import Language

T = TypeVar("T")

_CONTROL_CHARACTER = Text(
    en="FVSAMAZON_FINVALDA__{name} holds a control character: give it in one line",
    lt="FVSAMAZON_FINVALDA__{name} reikšmėje yra valdymo ženklas: rašykite ją vienoje eilutėje",
)
_NO_ADDRESS = Text(
    en="FVSAMAZON_FINVALDA__URL is no address: give http(s)://host/FvsServicePure.svc",
    lt="FVSAMAZON_FINVALDA__URL nėra adresas: rašykite http(s)://host/FvsServicePure.svc",
)

MAX_RETRY_AFTER = 3600.0
"""Seconds; a proxy that asks for more is not obeyed."""

_OFF_THREAD_BYTES = 256 * 1024
"""Answers above this are decoded beside the event loop, which polls Amazon meanwhile."""

# Raised by httpx before the first byte of a request has left this machine.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
# Refused by the web server before the service has seen the request.
_REFUSED_UNSEEN = frozenset({406, 407, 411, 413, 414, 415, 417, 421, 426, 429, 431})
_NO_SUCH_METHOD = frozenset({404, 405, 410})
_FORBIDDEN = frozenset({401, 403})

_REASONS: dict[type[BaseException], str] = {
    Elsewhere: "plain http leads out of the private network",
    httpx.ConnectError: "the connection was refused",
    httpx.ConnectTimeout: "no connection in time",
    httpx.ReadTimeout: "no answer in time",
    httpx.WriteTimeout: "the request could not be sent in time",
    httpx.PoolTimeout: "no free connection",
    httpx.ProxyError: "the proxy refused",
    httpx.RemoteProtocolError: "the answer was cut off",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks: a Finvalda employee, and which company's books."""

    username: str = field(repr=False)
    password: str = field(repr=False)
    company_id: str | None = field(default=None, repr=False)
    conn_string: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        faults = [
            _CONTROL_CHARACTER.filled(name=name)
            for name, value in (
                ("USERNAME", self.username),
                ("PASSWORD", self.password),
                ("COMPANY_ID", self.company_id),
                ("CONN_STRING", self.conn_string),
            )
            if value and not value.replace("\N{NO-BREAK SPACE}", " ").isprintable()
        ]
        if faults:
            raise ConfigError(faults)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers of identification, each only where it is set."""
        given = (
            (b"UserName", self.username),
            (b"Password", self.password),
            (b"CompanyID", self.company_id),
            (b"ConnString", self.conn_string),
        )
        # Encoded here: an encoding error inside httpx would carry the value in its text.
        return [(name, value.encode("utf-8")) for name, value in given if value is not None]

    def secrets(self) -> tuple[str, ...]:
        """Return what must not come back in an error text of the server."""
        return tuple(value for value in (self.password, self.conn_string) if value)


class _Progress:
    """How far a request has come, as far as the connection tells it."""

    def __init__(self, url: str) -> None:
        self.told = False
        self.sent = False
        self._url = url

    async def trace(self, event: str, info: Mapping[str, object]) -> None:
        self.told = True
        await keep_near(self._url, event, info)
        if event.endswith("send_request_headers.started"):
            self.sent = True


class Transport:
    """Sends one request at a time to one web service; owns nothing but its settings."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        credentials: Credentials,
        *,
        timeout: float,
        language: Language = "en",
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        try:
            host = httpx.URL(url).host
        except httpx.InvalidURL:
            host = ""
        if not host:
            raise ConfigError([_NO_ADDRESS])
        self._http = http
        self._url = url.rstrip("/")
        self._credentials = credentials
        self._timeout = timeout
        self._language = language
        self._max_bytes = max_bytes

    async def read(
        self,
        method: str,
        parse: Callable[[Envelope], T],
        *,
        body: object = None,
        query: Mapping[str, str] | None = None,
        private: Collection[str] = (),
    ) -> T:
        """Ask for data; POST with a `body`, else GET. `parse` may find the answer unreadable.

        `private` texts are kept out of what Finvalda's refusal repeats.
        """
        request = self._request(method, body, query)
        envelope = await self._answer(method, request, write=False)
        self._judge(method, envelope, write=False, private=private)
        try:
            return parse(envelope)
        except UnreadableAnswer as error:
            self._fail(method, str(error), sent=True, write=False, code="unreadable")

    async def write(self, method: str, body: object, *, private: Collection[str] = ()) -> Envelope:
        """Change something; `private` texts are kept out of what Finvalda's refusal repeats."""
        request = self._request(method, body, None)
        envelope = await self._answer(method, request, write=True)
        self._judge(method, envelope, write=True, private=private)
        return envelope

    def _request(self, method: str, body: object, query: Mapping[str, str] | None) -> httpx.Request:
        headers = [
            *self._credentials.headers(),
            (b"Accept", b"application/json"),
            # Decides the format of the answer too, so a GET has it as well.
            (b"Content-Type", b"application/json; charset=utf-8"),
            (b"Language", b"0" if self._language == "lt" else b"1"),
            # An absent key must mean an absent value, not an empty one that was left out.
            (b"RemoveEmptyStringTags", b"false"),
            (b"RemoveZeroNumberTags", b"false"),
            (b"RemoveNewLines", b"true"),
        ]
        content = None if body is None else encode(body).encode("ascii")
        return self._http.build_request(
            "GET" if content is None else "POST",
            f"{self._url}/{method}",
            params=query,
            content=content,
            headers=headers,
            timeout=httpx.USE_CLIENT_DEFAULT,
        )

    async def _answer(self, method: str, request: httpx.Request, *, write: bool) -> Envelope:
        progress = _Progress(self._url)
        request.extensions["trace"] = progress.trace
        try:
            with anyio.fail_after(self._timeout):
                response = await self._http.send(request, stream=True, follow_redirects=False)
                try:
                    self._status(method, response, write=write)
                    content = await read_bounded(response, self._max_bytes)
                finally:
                    await response.aclose()
        except TimeoutError:
            sent = progress.sent or not progress.told
            self._fail(method, "no answer in time", sent=sent, write=write, code="timeout")
        except httpx.InvalidURL as error:
            # It is not followed, and yet looked at: a redirect to what is no address at all.
            if write:
                self._fail(method, "redirected", sent=True, write=True, cause=error)
            raise errors.Misconfigured(
                "redirected to what is no address", errors.REDIRECTED, operation=method
            ) from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            if isinstance(error, httpx.HTTPError):
                # The request inside the error holds the password.
                error.request = httpx.Request(request.method, self._url)
            sent = not isinstance(error, _NOT_SENT)
            self._fail(method, _reason(error), sent=sent, write=write, cause=error)
        except (AnswerTooBig, AnswerUnreadable) as error:
            self._fail(method, str(error), sent=True, write=write, code="unreadable")
        try:
            if len(content) > _OFF_THREAD_BYTES:
                envelope = await anyio.to_thread.run_sync(decode, content)
            else:
                envelope = decode(content)
        except UnreadableAnswer as error:
            status = response.status_code
            self._fail(method, str(error), sent=True, write=write, code="unreadable", status=status)
        return envelope

    def _status(self, method: str, response: httpx.Response, *, write: bool) -> None:
        """Raise for every status but those whose body is an answer."""
        status = response.status_code
        if response.is_success:
            return
        if status in _NO_SUCH_METHOD:
            raise errors.MissingMethod(method, status=status)
        if status in _FORBIDDEN:
            raise errors.AccessDenied(method, "", status=status)
        if response.has_redirect_location and status != httpx.codes.SEE_OTHER:
            raise errors.Misconfigured(
                f"redirected with HTTP {status}",
                errors.REDIRECTED,
                operation=method,
                status=status,
            )
        # 400 is what the service's framework says of an exception of its own: it may be too late.
        self._fail(
            method,
            f"HTTP {status}",
            sent=status not in _REFUSED_UNSEEN,
            write=write,
            status=status,
            retry_after=_retry_after(response),
        )

    def _judge(
        self, method: str, envelope: Envelope, *, write: bool, private: Collection[str] = ()
    ) -> None:
        """Raise unless it is a success; that of a write is `Success` together with number 0."""
        said = envelope.error
        remote = scrub(said, (*self._credentials.secrets(), *private))
        if envelope.access is Access.DENIED:
            raise errors.AccessDenied(method, remote)
        if envelope.access is Access.SUCCESS and (envelope.result == 0 or not write):
            if envelope.result:
                raise errors.refusal(method, codes.classify(envelope.result, said), remote)
            return
        if envelope.access is Access.SUCCESS and envelope.result is None:
            self._fail(method, "no error number", sent=True, write=write, code="unreadable")
        number = envelope.result or 0
        raise errors.refusal(method, codes.classify(number, said), remote)

    def _fail(
        self,
        method: str,
        message: str,
        *,
        sent: bool,
        write: bool,
        code: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
        cause: Exception | None = None,
    ) -> Never:
        if write and sent:
            raise errors.Unanswered(message, operation=method, status=status, code=code) from cause
        text = errors.NO_ANSWER if sent else errors.UNREACHABLE
        if isinstance(cause, Elsewhere):
            text = errors.LEADS_OUT
        elif cause is not None and _certificate_refused(cause):
            text = errors.UNTRUSTED
        raise errors.Unreachable(
            message,
            operation=method,
            text=text,
            status=status,
            code=code,
            retry_after=retry_after,
        ) from cause


def _reason(error: Exception) -> str:
    """Return what went wrong on the line; the library's own words may hold an address."""
    if _certificate_refused(error):
        return "the server's certificate is not trusted"
    return _REASONS.get(type(error), f"the connection failed ({type(error).__name__})")


def _certificate_refused(error: BaseException) -> bool:
    cause: BaseException | None = error
    for _ in range(8):
        if cause is None:
            return False
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "").strip()
    return min(float(value[:9]), MAX_RETRY_AFTER) if value.isdecimal() else None
