"""How the text of one setting becomes a value.

In: text as a person wrote it. Out: a typed value, or a `Refusal` that says what to write instead.
Those sentences reach terminals and logs: none may repeat the value of a secret.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, SecretStr

from fvsamazon import addresses
from fvsamazon.keyfile import decode_key
from fvsamazon.regions import MARKETPLACES, find_marketplace
from fvsamazon.settings import texts
from fvsamazon.settings.faults import Refusal

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_PLACE = re.compile(
    rf"(\[[0-9a-f:.]+\]|{_LABEL}(\.{_LABEL})*\.?)(:[0-9]{{0,5}})?", re.ASCII | re.IGNORECASE
)
"""Host and port and nothing else: a host that two readers understand differently is a trap."""
_DOTTED = re.compile(r"[0-9]+(\.[0-9]+){3}")
"""Four numbers that are no address (0177.0.0.1) are one to some readers and nothing to others."""
_CODE = re.compile(r"[A-Za-z]{1,3}")
_LAN_SUFFIXES = (".local", ".lan", ".internal", ".home.arpa")
_FOREIGN_SERVICES = ("fvsservice.svc", "fvsservicer.svc")
"""Finvalda's other interfaces; their messages have another form."""


@dataclass(frozen=True, slots=True)
class Address:
    """The part of a URL that decides whether plain http is safe."""

    scheme: str
    host: str
    path: str
    has_credentials: bool

    @property
    def loopback(self) -> bool:
        """Whether nothing sent there leaves this machine."""
        return addresses.is_loopback(self.host)

    @property
    def private(self) -> bool:
        """Whether it lies in a company's own network.

        Of a host name the name decides, for a look-up would tie the settings to the network's
        state: one without a dot, or under a suffix that no public server can have.
        """
        if addresses.is_ip(self.host):
            return addresses.is_private(self.host)
        # resolvers take a number, or 0x…, for a packed address of any network
        named = self.host[:1].isalpha()
        return named and ("." not in self.host or self.host.endswith(_LAN_SUFFIXES))


def address(url: str) -> Address:
    """Take a URL apart; a `Refusal` says what is wrong with it without repeating it."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
        place = _ascii(parts.netloc.rpartition("@")[2])
    except ValueError:
        raise Refusal(texts.FULL_ADDRESS) from None
    if parts.scheme not in {"http", "https"} or not _PLACE.fullmatch(place):
        raise Refusal(texts.FULL_ADDRESS)
    if (":" in host or _DOTTED.fullmatch(host)) and not addresses.is_ip(host):
        raise Refusal(texts.FULL_ADDRESS)
    if re.search(r"[?#\\\s\x00-\x1f\x7f]", url):
        raise Refusal(texts.BARE_ADDRESS)
    return Address(parts.scheme, host, parts.path, "@" in parts.netloc)


def _ascii(place: str) -> str:
    """Return a host with letters outside ASCII as name servers know it; may raise ValueError."""
    if place.isascii():
        return place
    encoded = place.encode("idna")
    # A letter that only looks like another would make a host of a name that nobody wrote.
    if encoded.decode("idna") != place.lower():
        raise ValueError
    return encoded.decode("ascii")


def _service_url(url: str) -> str:
    if address(url).has_credentials:
        raise Refusal(texts.USER_IN_ADDRESS)
    return url.rstrip("/")


def _amazon_url(url: str) -> str:
    target = address(url)
    if target.scheme != "https" and not target.loopback:
        raise Refusal(texts.HTTPS_BUT_LOOPBACK)
    return _service_url(url)


def _finvalda_url(url: str) -> str:
    plain = _service_url(url)
    service = address(plain).path.rpartition("/")[2].lower()
    if not service.endswith(".svc") or service in _FOREIGN_SERVICES:
        raise Refusal(texts.SERVICE_PATH)
    return plain


def _proxy_url(url: SecretStr) -> SecretStr:
    if address(url.get_secret_value()).path not in {"", "/"}:
        raise Refusal(texts.PROXY_PATH)
    return url


def _key(text: SecretStr) -> SecretStr:
    if decode_key(text.get_secret_value()) is None:
        raise Refusal(texts.KEY_FORM)
    return text


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _auto(value: object) -> object:
    return None if _lower(value) == "auto" else value


def _day(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Refusal(texts.DAY_FORM) from None


def _instant(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refusal(texts.INSTANT_FORM) from None


def _marketplaces(value: object) -> object:
    if not isinstance(value, str):
        return value
    words = [word.strip() for word in value.split(",") if word.strip()]
    if not words:
        raise Refusal(texts.COUNTRY_CODES)
    return tuple(sorted({_marketplace_id(word, n) for n, word in enumerate(words, start=1)}))


def _marketplace_id(word: str, number: int) -> str:
    found = find_marketplace(word)
    if found is not None:
        return found.id
    # Anything longer than a code may be a secret that was meant for another setting.
    name = word if _CODE.fullmatch(word) else texts.ENTRY.filled(number=number)
    near = difflib.get_close_matches(word.upper(), [each.id for each in MARKETPLACES], n=1)
    if near:
        raise Refusal(texts.NO_MARKETPLACE_NEAR.filled(name=name, near=near[0]))
    codes = ", ".join(each.code for each in MARKETPLACES)
    raise Refusal(texts.NO_MARKETPLACE.filled(name=name, codes=codes))


Lower = BeforeValidator(_lower)
AUTO = BeforeValidator(_auto)
"""Marks a field in which None is written as `auto`."""
PollInterval = Annotated[Annotated[float, Field(ge=1, allow_inf_nan=False)] | None, AUTO]
Day = Annotated[date, BeforeValidator(_day)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
Marketplaces = Annotated[tuple[str, ...], BeforeValidator(_marketplaces)]
AmazonUrl = Annotated[str, AfterValidator(_amazon_url)]
FinvaldaUrl = Annotated[str, AfterValidator(_finvalda_url)]
ProxyUrl = Annotated[SecretStr, AfterValidator(_proxy_url)]
EncryptionKey = Annotated[SecretStr, AfterValidator(_key)]
