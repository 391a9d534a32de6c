"""The simulated Login with Amazon: client ids, secrets, refresh tokens, access tokens.

One application per region, one refresh token per account. During a rotation both of a client's
secrets work; the `rotated_secret` fault ends the first one's life. Errors are those of the
OAuth table: which of them are for ever and which pass is the caller's to know.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fvsamazon.simulator.clock import Clock
    from fvsamazon.simulator.faults import Faults
    from fvsamazon.simulator.options import SimulationOptions

Key = tuple[str, str]
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, repr=False)
class Client:
    """One application: its id and the two secrets of a rotation."""

    client_id: str
    secret: str
    next_secret: str
    region: str


@dataclass(slots=True, repr=False)
class Grant:
    """What an access token stands for."""

    key: Key
    expires: int
    revoked: bool = False


class LwaError(Exception):
    """An answer of the OAuth kind: status, error and description."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "error_description": description}


class Lwa:
    """Issues access tokens and knows which of them are good."""

    def __init__(self, options: SimulationOptions, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults
        self._seconds = options.access_token_seconds
        self._seed = options.seed
        regions = dict.fromkeys(one.region for one in options.accounts)
        self.clients = {region: self._client(region) for region in regions}
        self.refresh_tokens: dict[Key, str] = {
            one.key: "Atzr|" + self._word(*one.key, "refresh", length=96)
            for one in options.accounts
        }
        self._keys = {token: key for key, token in self.refresh_tokens.items()}
        self._grants: dict[str, Grant] = {}

    def key_of(self, form: Mapping[str, str]) -> Key | None:
        return self._keys.get(form.get("refresh_token", ""))

    def grant(self, form: Mapping[str, str], content_type: str) -> dict[str, Any]:
        """Answer a token request; raises LwaError for every refusal."""
        if content_type.split(";", maxsplit=1)[0].strip().lower() != FORM:
            raise LwaError(400, "invalid_request", "The request must be form-encoded")
        for name in ("grant_type", "client_id", "client_secret"):
            if not form.get(name):
                raise LwaError(400, "invalid_request", f"Missing required parameter: {name}")
        client = self._authenticated(form)
        if form["grant_type"] == "client_credentials":
            if not form.get("scope"):
                raise LwaError(400, "invalid_scope", "The request has an invalid grant parameter")
            return self._issue((client.region, ""), {"scope": form["scope"]})
        if form["grant_type"] != "refresh_token":
            raise LwaError(400, "unsupported_grant_type", "The grant type is not supported")
        if not form.get("refresh_token"):
            raise LwaError(400, "invalid_request", "Missing required parameter: refresh_token")
        key = self.key_of(form)
        if key is None or self._revoked(key):
            raise LwaError(400, "invalid_grant", "The request has an invalid grant parameter")
        if key[0] != client.region:
            raise LwaError(400, "unauthorized_client", "The client is not authorized for it")
        return self._issue(key, {"refresh_token": form["refresh_token"]})

    def look_up(self, token: str) -> Grant | None:
        """Return what a token stands for, expired or revoked ones included."""
        return self._grants.get(token)

    def is_expired(self, grant: Grant) -> bool:
        return grant.expires <= self._clock.now_ms()

    def expire(self, token: str) -> None:
        """End a token's life now, as if its hour were over."""
        self._grants[token].expires = self._clock.now_ms()

    def revoke(self, key: Key) -> None:
        """Revoke every access token of an account."""
        for grant in self._grants.values():
            grant.revoked = grant.revoked or grant.key == key

    def _authenticated(self, form: Mapping[str, str]) -> Client:
        client = next(
            (one for one in self.clients.values() if one.client_id == form["client_id"]), None
        )
        good = False
        if client is not None:
            retired = form["client_secret"] == client.secret and self._faults.take(
                {"rotated_secret"}, region=client.region, operation="token"
            )
            good = form["client_secret"] in {client.secret, client.next_secret} and not retired
        if client is None or not good:
            raise LwaError(401, "invalid_client", "Client authentication failed")
        return client

    def _revoked(self, key: Key) -> bool:
        fault = self._faults.take(
            {"revoked_refresh_token"}, region=key[0], account=key[1], operation="token"
        )
        if fault:
            self.revoke(key)
        return fault is not None

    def _issue(self, key: Key, more: dict[str, str]) -> dict[str, Any]:
        now = self._clock.now_ms()
        day = 86_400_000
        self._grants = {
            token: grant for token, grant in self._grants.items() if grant.expires > now - day
        }
        token = "Atza|" + secrets.token_urlsafe(120)
        self._grants[token] = Grant(key, now + self._seconds * 1000)
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": self._seconds,
            **more,
        }

    def _client(self, region: str) -> Client:
        return Client(
            client_id="amzn1.application-oa2-client." + self._word(region, "client", length=32),
            secret="amzn1.oa2-cs.v1." + self._word(region, "secret", length=64),
            next_secret="amzn1.oa2-cs.v1." + self._word(region, "next", length=64),
            region=region,
        )

    def _word(self, *parts: str, length: int) -> str:
        text = "/".join((str(self._seed), *parts))
        return (sha256(text.encode()).hexdigest() + sha256(text[::-1].encode()).hexdigest())[
            :length
        ]
