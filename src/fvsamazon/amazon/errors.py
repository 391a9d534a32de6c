"""Turns an answer that is no success into a typed error, by sp-api's documented error model.

In: status, headers and body as they came. Out: one of `fvsamazon.errors`, with Amazon's code and
request id. Its text repeats what Amazon wrote, cut, cleaned, and without any token.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

import msgspec

from fvsamazon.amazon.ratelimit import is_rate
from fvsamazon.amazon.wire import ErrorAnswer, ErrorRow
from fvsamazon.errors import (
    REMOTE_TEXT_LIMIT,
    ContractViolation,
    NotFound,
    Rejected,
    RemoteError,
    Throttled,
    Unauthorized,
    Unavailable,
    safe_text,
)
from fvsamazon.logs import redacted

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from fvsamazon.amazon.http import Answer

SERVICE: Final = "amazon"

_CODE_LIMIT: Final = 80
_LONGEST_WAIT: Final = 86_400.0
_REQUEST_ID: Final = re.compile(r"[0-9A-Za-z-]{1,80}")
_EXPIRED: Final = re.compile(r"\bexpired\b", re.IGNORECASE)

_REDIRECTS: Final = range(300, 400)
_REFUSALS: Final = range(400, 500)
_FAILURES: Final = range(500, 600)

_ROLE_HINT: Final = (
    "check in Seller Central that the application is still authorised and has a role that may "
    "read this, and that the refresh token belongs to this application and region"
)
_PATH_HINT: Final = "the address is not one of Amazon's API: check the ENDPOINT setting"
_REDIRECT_HINT: Final = "check the ENDPOINT and PROXY settings: Amazon's API never redirects"


def request_id(headers: httpx.Headers, *secrets: str) -> str | None:
    """Return the id by which Amazon's support finds a request."""
    found = headers.get("x-amzn-requestid") or headers.get("x-amz-request-id")
    # Whatever else stands there is no id of Amazon's, and might be what the server was sent.
    return redacted(found, *secrets) if found and _REQUEST_ID.fullmatch(found) else None


def told_rate(headers: httpx.Headers) -> float | None:
    """Return the rate that Amazon grants, in requests a second, where it tells one."""
    rate = _number(headers.get("x-amzn-ratelimit-limit"))
    return rate if rate is not None and is_rate(rate) else None


def scrub(text: str, *secrets: str, limit: int = REMOTE_TEXT_LIMIT) -> str:
    """Return remote text, cut, without the given secrets and without anything like a token."""
    return safe_text(redacted(text, *secrets), limit)


def error_of(answer: Answer, operation: str, *secrets: str) -> RemoteError:
    """Return the error that an answer other than 200 means."""
    row = _first_error(answer.body)
    status = answer.status
    code = scrub(row.code, *secrets, limit=_CODE_LIMIT) if row.code else None
    wording = f"{row.message or ''} {row.details or ''}".strip()
    expired = _EXPIRED.search(wording) is not None
    make, hint = _kind(status, code, expired=expired)
    said = scrub(wording, *secrets)
    return make(
        f"Amazon answered {status} to {operation}" + (f": {said}" if said else ""),
        service=SERVICE,
        operation=operation,
        status=status,
        code=code,
        request_id=request_id(answer.headers, *secrets),
        retry_after=_retry_after(answer.headers),
        rate=told_rate(answer.headers),
        server_time=answer.server_time,
        hint=hint,
    )


def violation(answer: Answer, operation: str, what: str) -> ContractViolation:
    """Return the error for a success that is none: an empty, cut or foreign body."""
    return ContractViolation(
        f"Amazon's answer to {operation} {what}",
        service=SERVICE,
        operation=operation,
        status=answer.status,
        request_id=request_id(answer.headers),
        rate=told_rate(answer.headers),
        server_time=answer.server_time,
    )


def _kind(
    status: int, code: str | None, *, expired: bool
) -> tuple[Callable[..., RemoteError], str | None]:
    kind: Callable[..., RemoteError]
    if status == 429 or (code == "QuotaExceeded" and status in _REFUSALS):  # noqa: PLR2004
        return Throttled, None
    if status in {401, 403}:
        if expired:
            return Unauthorized, None
        return Unauthorized, _PATH_HINT if code == "MissingAuthenticationToken" else _ROLE_HINT
    if status in _REDIRECTS:
        return ContractViolation, _REDIRECT_HINT
    if status == 404:  # noqa: PLR2004
        kind = NotFound
    elif status == 408 or status in _FAILURES:  # noqa: PLR2004
        kind = Unavailable
    elif status in _REFUSALS:
        kind = Rejected
    else:
        kind = ContractViolation
    return kind, None


def _first_error(body: bytes) -> ErrorRow:
    """Return the first fault that a body lists; pages of proxies list none."""
    try:
        found = msgspec.json.decode(body, type=ErrorAnswer).errors
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ErrorRow()
    return found[0] if found else ErrorRow()


def _retry_after(headers: httpx.Headers) -> float | None:
    """Return the seconds that a server asks to wait; a date there is not worth a parser."""
    seconds = _number(headers.get("retry-after"))
    return min(seconds, _LONGEST_WAIT) if seconds is not None and seconds >= 0 else None


def _number(text: str | None) -> float | None:
    # A header that came twice is joined by a comma.
    first = (text or "").partition(",")[0]
    try:
        number = float(first)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
