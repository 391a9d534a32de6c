"""How the text of one setting becomes a value.

In: text as a person wrote it. Out: a typed value, or a ValueError that says what to write instead.
Those sentences reach terminals and logs: none may repeat the value of a secret.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, SecretStr

from fvsamazon.errors import safe_text
from fvsamazon.keyfile import decode_key
from fvsamazon.regions import MARKETPLACES, find_marketplace

_HOST = re.compile(r"[\w.-]+")
_LAN_SUFFIXES = (".local", ".lan", ".internal", ".home.arpa")
_PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)
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
        ip = _ip(self.host)
        return ip.is_loopback if ip else self.host == "localhost"

    @property
    def private(self) -> bool:
        """Whether it lies in a company's own network.

        Of a host name the name decides, for a look-up would tie the settings to the network's
        state: one without a dot, or under a suffix that no public server can have.
        """
        ip = _ip(self.host)
        if ip:
            return any(ip.version == net.version and ip in net for net in _PRIVATE_NETWORKS)
        # resolvers take a number, or 0x…, for a packed address of any network
        named = self.host[:1].isalpha()
        return named and ("." not in self.host or self.host.endswith(_LAN_SUFFIXES))


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def address(url: str) -> Address:
    """Take a URL apart; a ValueError says what is wrong with it without repeating it."""
    wrong = "write a full http:// or https:// address, as in https://host.example/path"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(wrong) from None
    if parts.scheme not in {"http", "https"} or not (_HOST.fullmatch(host) or _ip(host)):
        raise ValueError(wrong)
    if parts.query or parts.fragment or re.search(r"[\\\s]", url):
        raise ValueError("write the address without query, fragment, backslash and space")
    return Address(parts.scheme, host, parts.path, "@" in parts.netloc)


def _service_url(url: str) -> str:
    if address(url).has_credentials:
        raise ValueError("take user and password out of the address; other settings hold them")
    return url.rstrip("/")


def _amazon_url(url: str) -> str:
    target = address(url)
    if target.scheme != "https" and not target.loopback:
        raise ValueError("write https://; plain http is accepted for loopback addresses only")
    return _service_url(url)


def _finvalda_url(url: str) -> str:
    plain = _service_url(url)
    service = address(plain).path.rpartition("/")[2].lower()
    if not service.endswith(".svc") or service in _FOREIGN_SERVICES:
        raise ValueError("the address must end in the service path /FvsServicePure.svc")
    return plain


def _proxy_url(url: SecretStr) -> SecretStr:
    if address(url.get_secret_value()).path not in {"", "/"}:
        raise ValueError("write the proxy without a path, as in http://proxy.example:3128")
    return url


def _key(text: SecretStr) -> SecretStr:
    if decode_key(text.get_secret_value()) is None:
        raise ValueError("write 32 bytes in base64 or hex; `fvsamazon key create` makes a key file")
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
        raise ValueError("write an ISO 8601 date, as in 2026-01-31") from None


def _instant(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            "write an ISO 8601 date or time, as in 2026-01-31 or 2026-01-31T08:00:00+02:00"
        ) from None


def _marketplaces(value: object) -> object:
    if not isinstance(value, str):
        return value
    words = [word.strip() for word in value.split(",") if word.strip()]
    if not words:
        raise ValueError("write country codes with commas between them, as in DE,FR")
    return tuple(sorted({_marketplace_id(word) for word in words}))


def _marketplace_id(word: str) -> str:
    found = find_marketplace(word)
    if found is not None:
        return found.id
    near = difflib.get_close_matches(word.upper(), [each.id for each in MARKETPLACES], n=1)
    codes = ", ".join(each.code for each in MARKETPLACES)
    hint = f"did you mean {near[0]}?" if near else f"the codes are {codes}"
    raise ValueError(f"{safe_text(word, 20)} is no marketplace; {hint}")


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
