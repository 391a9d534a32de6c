"""searchOrders: which queries Amazon takes, which orders answer them, and how pages are cut.

Pages are cut by offset from the result as it is at the time of each request. That is the trap of
the real service: an order that leaves a lastUpdated window between two pages moves its followers
up by one, and a reader that trusts offsets loses one of them. The upper bound of the first page
holds for all pages. No order of results is promised; here they come by time.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any

from fvsamazon.simulator.clock import iso, to_ms
from fvsamazon.simulator.orders import DATA_SETS
from fvsamazon.simulator.places import BY_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fvsamazon.simulator.options import Account
    from fvsamazon.simulator.records import Entry
    from fvsamazon.simulator.world import World

TWO_MINUTES = 120_000
TOKEN_LIFE = 86_400_000
STATUSES = frozenset({
    "PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED",
    "UNFULFILLABLE",
})  # fmt: skip
FULFILLERS = frozenset({"MERCHANT", "AMAZON"})
KNOWN = frozenset({
    "createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore", "fulfillmentStatuses",
    "marketplaceIds", "fulfilledBy", "maxResultsPerPage", "paginationToken", "includedData",
})  # fmt: skip
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")


class InvalidInput(Exception):
    """400: the query breaks a rule. Amazon seldom says which one; the details here do."""


class Forbidden(Exception):
    """403: the query asks for what the account may not have."""


@dataclass(frozen=True, slots=True)
class Query:
    """A valid search, the page it wants included."""

    family: str
    after: int
    before: int
    statuses: frozenset[str]
    marketplaces: frozenset[str]
    fulfillers: frozenset[str]
    wanted: frozenset[str]
    size: int
    offset: int
    page: int
    digest: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of entries; `previous` is the one before the first, for faults that repeat it."""

    entries: tuple[Entry, ...]
    previous: Entry | None
    more: bool


class PageTokens:
    """Writes and reads page tokens; a token that was tampered with is none."""

    def __init__(self, seed: int) -> None:
        self._key = f"page tokens of {seed}".encode()

    def write(self, account: Account, query: Query, offset: int, now: int) -> str:
        facts = {
            "a": "/".join(account.key),
            "q": query.digest,
            "o": offset,
            "p": query.page + 1,
            "b": query.before,
            "t": now,
        }
        body = json.dumps(facts, separators=(",", ":")).encode()
        # Standard base64: "+", "/" and "=" must be escaped in a URL, as in Amazon's own.
        return base64.b64encode(self._seal(body) + body).decode()

    def read(self, text: str) -> dict[str, Any]:
        try:
            raw = base64.b64decode(text, validate=True)
        except ValueError:
            raise InvalidInput("paginationToken is malformed") from None
        if not hmac.compare_digest(raw[:9], self._seal(raw[9:])):
            raise InvalidInput("paginationToken is not one of ours")
        facts: dict[str, Any] = json.loads(raw[9:])
        return facts

    def page(self, text: str | None) -> int:
        """Return which page a token asks for; 1 without one or with a bad one."""
        try:
            return int(self.read(text)["p"]) if text else 1
        except InvalidInput:
            return 1

    def _seal(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:9]


def parse(
    params: Iterable[tuple[str, str]], *, account: Account, tokens: PageTokens, now: int
) -> Query:
    """Turn query parameters into a search, or say which rule they break."""
    found = _unique(params)
    family, after, before = _bounds(found, now)
    digest = _digest(found)
    offset, page = 0, 1
    token = found.get("paginationToken")
    if token is not None:
        facts = tokens.read(token)
        if facts["a"] != "/".join(account.key) or facts["q"] != digest:
            raise InvalidInput(
                "All parameters but maxResultsPerPage must be those of the first request"
            )
        if now - facts["t"] > TOKEN_LIFE:
            raise InvalidInput("paginationToken has expired")
        offset, page = facts["o"], facts["p"]
        before = facts["b"]
    return Query(
        family=family,
        after=after,
        before=before,
        statuses=_words(found, "fulfillmentStatuses", STATUSES),
        marketplaces=_marketplaces(found, account),
        fulfillers=_words(found, "fulfilledBy", FULFILLERS),
        wanted=data_sets(found),
        size=_size(found),
        offset=offset,
        page=page,
        digest=digest,
    )


def data_sets(params: Mapping[str, str]) -> frozenset[str]:
    """Return the data sets that a request asks for."""
    return _words(params, "includedData", DATA_SETS)


def find(world: World, account: Account, query: Query) -> Page:
    """Cut the page of the search out of what the world holds now."""
    fitting = world.select(account.key, query.family, query.after, query.before)
    if query.statuses or query.marketplaces or query.fulfillers:
        fitting = (entry for entry in fitting if _fits(entry, query))
    skip = max(0, query.offset - 1)
    before = list(islice(fitting, skip, query.offset)) if query.offset else []
    entries = list(islice(fitting, query.size + 1)) if len(before) == min(query.offset, 1) else []
    return Page(
        tuple(entries[: query.size]), before[0] if before else None, len(entries) > query.size
    )


def _fits(entry: Entry, query: Query) -> bool:
    by = "MERCHANT" if entry.merchant else "AMAZON"
    return (
        (not query.statuses or entry.status in query.statuses)
        and (not query.marketplaces or entry.marketplace_id in query.marketplaces)
        and (not query.fulfillers or by in query.fulfillers)
    )


def bound_name(query: Query) -> str:
    """Return the name of the bound that an answer tells."""
    return "createdBefore" if query.family == "created" else "lastUpdatedBefore"


def _unique(params: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in params:
        if name in found:
            raise InvalidInput(f"{name} is given twice; lists are comma-separated")
        if name in KNOWN:
            found[name] = value
    return found


def _time(found: Mapping[str, str], name: str) -> int | None:
    text = found.get(name)
    if text is None:
        return None
    if not _TIME.fullmatch(text):
        raise InvalidInput(f"{name} is not an ISO 8601 time")
    try:
        return to_ms(datetime.fromisoformat(text))
    except ValueError:
        raise InvalidInput(f"{name} is not an ISO 8601 time") from None


def _bounds(found: Mapping[str, str], now: int) -> tuple[str, int, int]:
    created, updated = _time(found, "createdAfter"), _time(found, "lastUpdatedAfter")
    if (created is None) == (updated is None):
        raise InvalidInput("Exactly one of createdAfter and lastUpdatedAfter is needed")
    family, other = ("created", "lastUpdated") if updated is None else ("lastUpdated", "created")
    if f"{other}Before" in found:
        raise InvalidInput(f"{other}Before does not go with {family}After")
    after = created if updated is None else updated
    before = _time(found, f"{family}Before")
    if after is None:
        raise InvalidInput(f"{family}After is not an ISO 8601 time")
    if before is None:
        before = now - TWO_MINUTES
    elif before < after:
        raise InvalidInput(f"{family}Before is earlier than {family}After")
    elif before > now - TWO_MINUTES:
        raise InvalidInput(f"{family}Before must be at least two minutes before now")
    return family, after, before


def _words(found: Mapping[str, str], name: str, known: frozenset[str]) -> frozenset[str]:
    text = found.get(name)
    if text is None:
        return frozenset()
    words = frozenset(text.split(","))
    if not words <= known:
        raise InvalidInput(f"{name} has a value that is not known")
    return words


def _marketplaces(found: Mapping[str, str], account: Account) -> frozenset[str]:
    text = found.get("marketplaceIds")
    if text is None:
        return frozenset()
    ids = text.split(",")
    if len(ids) > 50:  # noqa: PLR2004 - the model's maxItems
        raise InvalidInput("marketplaceIds holds more than 50")
    for one in ids:
        if one not in BY_ID:
            raise InvalidInput("marketplaceIds has an id that is not known")
        if BY_ID[one].region != account.region:
            raise Forbidden("The marketplace is not served by this endpoint")
    return frozenset(ids)


def _size(found: Mapping[str, str]) -> int:
    text = found.get("maxResultsPerPage", "100")
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 100:  # noqa: PLR2004
        raise InvalidInput("maxResultsPerPage must be between 1 and 100")
    return int(text)


def _digest(found: Mapping[str, str]) -> str:
    bound = {name: found[name] for name in sorted(found)
             if name not in {"paginationToken", "maxResultsPerPage"}}  # fmt: skip
    return sha256(json.dumps(bound).encode()).hexdigest()[:16]


def answer(query: Query, orders: list[Any], next_token: str | None) -> dict[str, Any]:
    """Write the body of a page; the last page has no pagination."""
    body: dict[str, Any] = {"orders": orders, bound_name(query): iso(query.before)}
    if next_token is not None:
        body["pagination"] = {"nextToken": next_token}
    return body
