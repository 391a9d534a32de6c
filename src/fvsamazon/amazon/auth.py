"""Access tokens: Login with Amazon asked as rarely as possible, the answer shared by all tasks.

`LwaClient` serves one application (client id), `AccountTokens` one selling account. A refresh is
one request however many tasks wait for it; the token outlives a restart, encrypted. What must
never happen: an account waits for another's token server, a permanent refusal is taken for an
outage (or the reverse), a secret stands in an error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol, TypeVar
from urllib.parse import urlencode

import anyio
import msgspec

from fvsamazon import logs
from fvsamazon.amazon.errors import request_id, scrub
from fvsamazon.amazon.http import Exchange, exchange
from fvsamazon.amazon.secret import Seal, Secret
from fvsamazon.amazon.wire import TokenAnswer
from fvsamazon.errors import (
    RemoteError,
    StoreError,
    Unauthorized,
    Unavailable,
)

if TYPE_CHECKING:
    import httpx

    from fvsamazon.amazon.http import Answer
    from fvsamazon.clock import Clock

E = TypeVar("E", bound=RemoteError)

SERVICE: Final = "lwa"
OPERATION: Final = "token"
TOTAL_SECONDS: Final = 20.0
"""Patience with a token server that accepts and does not answer."""
ANSWER_LIMIT: Final = 64 * 2**10

LEAD_SECONDS: Final = 300.0
"""How long before its end a token is replaced; a quarter of its life where that is less."""
SPARE_SECONDS: Final = 15.0
"""Life that a token must have left to be used; an eighth of its whole life where that is less."""
SHORTEST_LIFE: Final = 1.0
LONGEST_LIFE: Final = 86_400.0
TOKEN_LIMIT: Final = 2048
"""Bytes of an access token, by Amazon's documentation."""

_HINTS: Final = {
    "invalid_client": (
        "the client secret is wrong or has expired: create a new one in the Solution Provider "
        "Portal and set CLIENT_SECRET (or CLIENT_SECRET_NEXT)"
    ),
    "invalid_grant": (
        "the refresh token is revoked, expired or malformed: authorise the application again in "
        "Seller Central and set REFRESH_TOKEN"
    ),
    "unauthorized_client": "the refresh token belongs to another client id: check the settings",
    "access_denied": "Amazon refuses this application: check its state in Seller Central",
    "invalid_request": "Login with Amazon does not understand the request: update this program",
    "unsupported_grant_type": "check LWA_URL: this is not Login with Amazon's token address",
    "invalid_scope": "check LWA_URL: this is not Login with Amazon's token address",
}
"""The refusals that only a person can end, and how."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What opens the API for about an hour."""

    value: Secret
    valid_until: datetime
    life: float = field(default=3600.0, repr=False)
    """Seconds from when it was asked for to `valid_until`."""


class TokenStore(Protocol):
    """Where one account's sealed token is kept across restarts."""

    async def load(self) -> bytes | None:
        """Return what was saved last."""
        ...

    async def save(self, sealed: bytes, valid_until: datetime) -> None:
        """Keep a sealed token; `valid_until` stands beside it in the clear, for `status`."""
        ...

    async def drop(self) -> None:
        """Forget it."""
        ...


class LwaClient:
    """Asks Login with Amazon for access tokens of one application; shared by its accounts."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        *,
        client_id: str,
        client_secret: str,
        client_secret_next: str | None = None,
        clock: Clock,
        user_agent: str,
        seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._http = http
        self._url = url
        self._client_id = client_id
        self._secrets = [Secret(client_secret)]
        if client_secret_next:
            self._secrets.append(Secret(client_secret_next))
        self._working = 0
        self._clock = clock
        self._user_agent = user_agent
        self._on = Exchange(SERVICE, OPERATION, seconds, ANSWER_LIMIT, ANSWER_LIMIT)

    @property
    def using_next_secret(self) -> bool:
        """Whether CLIENT_SECRET_NEXT is the one that works."""
        return self._working == 1

    @property
    def client_secret(self) -> Secret:
        """CLIENT_SECRET, of which keys are derived."""
        return self._secrets[0]

    async def fetch(self, refresh_token: Secret) -> AccessToken:
        """Return a new access token.

        Raises `Unauthorized` (permanent) where only a person can help, else `Unavailable`.
        The second client secret is tried where the first is refused, and the reverse.
        """
        first = self._working
        for attempt in range(len(self._secrets)):
            number = (first + attempt) % len(self._secrets)
            try:
                token = await self._ask(refresh_token, self._secrets[number])
            except Unauthorized as error:
                if error.code != "invalid_client" or attempt + 1 == len(self._secrets):
                    raise
            else:
                self._working = number
                return token
        raise AssertionError  # pragma: no cover - the last attempt returned or raised

    async def _ask(self, refresh_token: Secret, client_secret: Secret) -> AccessToken:
        form = urlencode(
            {
                "grant_type": "refresh_token",
                "refresh_token": refresh_token.reveal(),
                "client_id": self._client_id,
                "client_secret": client_secret.reveal(),
            }
        )
        request = self._http.build_request(
            "POST",
            self._url,
            content=form.encode(),
            headers={
                "content-type": "application/x-www-form-urlencoded;charset=UTF-8",
                "accept": "application/json",
                "accept-encoding": "gzip",
                "user-agent": self._user_agent,
            },
        )
        asked_at = self._clock.now()
        answer = await exchange(self._http, request, self._on)
        try:
            said = msgspec.json.decode(answer.body, type=TokenAnswer)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            said = TokenAnswer()
        if answer.status != 200:  # noqa: PLR2004
            raise _refusal(answer, said, refresh_token.reveal(), client_secret.reveal())
        life = _life(said.expires_in)
        if life is None or not _is_token(said.access_token):
            secrets = (refresh_token.reveal(), client_secret.reveal())
            raise _error(Unavailable, answer, "Login with Amazon answered no token", None, *secrets)
        return AccessToken(
            Secret(said.access_token or ""), asked_at + timedelta(seconds=life), life
        )


class AccountTokens:
    """One account's access token: shared, refreshed once for all who wait, kept encrypted."""

    def __init__(
        self,
        lwa: LwaClient,
        refresh_token: str,
        *,
        region: str,
        account: str,
        store: TokenStore,
        clock: Clock,
    ) -> None:
        self._lwa = lwa
        self._refresh_token = Secret(refresh_token)
        self._store = store
        self._clock = clock
        self._seal = Seal((lwa.client_secret, self._refresh_token), (region, account))
        self._lock = anyio.Lock()
        self._token: AccessToken | None = None
        self._ends_at = 0.0
        self._loaded = False
        self._stale = False
        self._outcomes = 0
        self._failure: RemoteError | None = None
        self.inherited: datetime | None = None
        """When the token that the last run left ends, if it left one."""

    @property
    def valid_until(self) -> datetime | None:
        """When the token in use ends; None while there is none."""
        return self._token.valid_until if self._token else None

    @property
    def using_next_secret(self) -> bool:
        """Whether CLIENT_SECRET_NEXT is the one that works."""
        return self._lwa.using_next_secret

    async def load(self) -> None:
        """Take up the token that the last run stored; what cannot be opened counts as absent."""
        async with self._lock:
            await self._load()

    async def get(self) -> AccessToken:
        """Return a token that is good now; many callers cause one request.

        Raises what `LwaClient.fetch` raises, to every caller that waited for that request.
        """
        if self._token and self._left(self._token) > _spare(self._token):
            return self._token
        return await self._renew(forced=False)

    async def refresh(self) -> AccessToken:
        """Get a new token though the old one may still be good (the refresher's call)."""
        return await self._renew(forced=True)

    def invalidate(self, token: AccessToken) -> None:
        """Drop the very token that Amazon refused; a newer one stays."""
        if self._token is not None and self._token.value == token.value:
            self._token = None
            self._stale = True
            self._loaded = True

    def next_refresh_at(self) -> datetime:
        """Return when the refresher has to act: ahead of the end, or now where there is none."""
        now = self._clock.now()
        if self._token is None:
            return now
        lead = min(LEAD_SECONDS, self._token.life / 4)
        return now + timedelta(seconds=max(0.0, self._left(self._token) - lead))

    def _left(self, token: AccessToken) -> float:
        """Return the seconds that a token has left, by whichever clock says less."""
        by_wall = (token.valid_until - self._clock.now()).total_seconds()
        return min(by_wall, self._ends_at - self._clock.elapsed())

    async def _renew(self, *, forced: bool) -> AccessToken:
        seen = self._outcomes
        # A waiter that is cancelled lets go of the lock and the next one asks by itself; whoever
        # was waiting when an answer came takes that answer, good or bad.
        async with self._lock:
            if self._outcomes != seen:
                if self._failure is not None:
                    raise self._failure.with_traceback(None)
                if self._token is not None:
                    return self._token
            await self._load()
            if not forced and self._token and self._left(self._token) > _spare(self._token):
                return self._token
            return await self._ask()

    async def _ask(self) -> AccessToken:
        if self._stale:
            await self._forget()
        try:
            token = await self._lwa.fetch(self._refresh_token)
        except RemoteError as error:
            self._failure = error
            self._outcomes += 1
            raise
        self._take(token)
        self._failure = None
        self._outcomes += 1
        text = msgspec.json.encode(
            {"token": token.value.reveal(), "until": token.valid_until, "life": token.life}
        )
        try:
            await self._store.save(self._seal.close(text), token.valid_until)
        except StoreError:
            # The token is good all the same; the store's own trouble is told by its writers.
            return token
        return token

    async def _forget(self) -> None:
        try:
            await self._store.drop()
        except StoreError:
            return
        self._stale = False

    async def _load(self) -> None:
        if self._loaded:
            return
        try:
            sealed = await self._store.load()
        except StoreError:
            return
        self._loaded = True
        text = self._seal.open(sealed) if sealed else None
        token = _stored(text) if text else None
        if token is not None:
            self._take(token)
            self.inherited = token.valid_until

    def _take(self, token: AccessToken) -> None:
        if self._token is not None:
            logs.forget(self._token.value.reveal())
        self._token = token
        logs.protect(token.value.reveal())
        left = (token.valid_until - self._clock.now()).total_seconds()
        self._ends_at = self._clock.elapsed() + min(left, token.life)


class _Stored(msgspec.Struct):
    token: str
    until: datetime
    life: float

    def __repr__(self) -> str:
        return "_Stored(…)"


def _stored(text: bytes) -> AccessToken | None:
    try:
        found = msgspec.json.decode(text, type=_Stored)
        return AccessToken(Secret(found.token), found.until.astimezone(UTC), found.life)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return None


def _spare(token: AccessToken) -> float:
    return min(SPARE_SECONDS, token.life / 8)


def _is_token(text: str | None) -> bool:
    """Say whether a text can be sent in a header as an access token."""
    if not text or len(text) > TOKEN_LIMIT:
        return False
    return text.isascii() and text.isprintable() and " " not in text


def _life(told: float | str | None) -> float | None:
    """Return how many seconds a token is good for, or None where what was told is nonsense."""
    try:
        life = float(told if told is not None else math.nan)
    except ValueError:
        return None
    return min(life, LONGEST_LIFE) if math.isfinite(life) and life >= SHORTEST_LIFE else None


def _refusal(answer: Answer, said: TokenAnswer, *secrets: str) -> RemoteError:
    code = scrub(said.error, *secrets, limit=60) if said.error else None
    wording = scrub(said.error_description or "", *secrets)
    message = f"Login with Amazon answered {answer.status}"
    if code:
        message += f" {code}" + (f": {wording}" if wording else "")
    if 400 <= answer.status < 500 and code in _HINTS:  # noqa: PLR2004
        refused = _error(Unauthorized, answer, message, code, *secrets)
        refused.permanent = True
        return refused
    # An outage, too many requests, a proxy's page, a code that nobody documented: it may pass by
    # itself. A 429 here is no matter of the orders' quota.
    return _error(Unavailable, answer, message, code, *secrets)


def _error(kind: type[E], answer: Answer, message: str, code: str | None, *secrets: str) -> E:
    return kind(
        message,
        service=SERVICE,
        operation=OPERATION,
        status=answer.status,
        code=code,
        request_id=request_id(answer.headers, *secrets),
        server_time=answer.server_time,
        hint=_HINTS.get(code or ""),
    )
