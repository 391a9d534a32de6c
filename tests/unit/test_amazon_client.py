"""The client: what goes out, and what every kind of answer becomes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fvsamazon.amazon.auth import AccountTokens, LwaClient
from fvsamazon.amazon.client import (
    PUBLIC_DATA,
    AmazonClient,
    AnswerFacts,
    SearchQuery,
    iso_millis,
)
from fvsamazon.amazon.errors import error_of
from fvsamazon.amazon.http import Answer
from fvsamazon.errors import (
    ContractViolation,
    NotFound,
    Rejected,
    RemoteError,
    Throttled,
    Unauthorized,
    Unavailable,
)
from fvsamazon.orders import OrderRecord, Unreadable
from support.amazon_samples import FULL, leaked, order
from support.clocks import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from fvsamazon.amazon.auth import AccessToken

TOKEN = "Atza|very-secret-token"
SERVER_TIME = datetime(2026, 11, 23, 11, 59, 58, tzinfo=UTC)
HEADERS = {
    "x-amzn-RequestId": "req-1",
    "x-amzn-RateLimit-Limit": "0.0056",
    "date": "Mon, 23 Nov 2026 11:59:58 GMT",
}
PAGE = {"orders": [FULL]}


class NoStore:
    """Keeps nothing."""

    async def load(self) -> bytes | None:
        return None

    async def save(self, sealed: bytes, valid_until: datetime) -> None: ...

    async def drop(self) -> None: ...


@dataclass
class Amazon:
    """Answers with what it is told to and remembers what it was asked."""

    answer: Callable[[httpx.Request], httpx.Response]
    asked: list[httpx.Request] = field(default_factory=list)
    tokens_given: int = 0
    clock: FakeClock = field(default_factory=FakeClock)

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "lwa.test":
            self.tokens_given += 1
            body = {"access_token": f"{TOKEN}{self.tokens_given}", "expires_in": 3600}
            return httpx.Response(200, json=body)
        self.asked.append(request)
        return self.answer(request)

    def client(self, endpoint: str = "https://amazon.test/", **more: Any) -> AmazonClient:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.handle))
        lwa = LwaClient(
            http,
            "https://lwa.test/token",
            client_id="id",
            client_secret="secret",
            clock=self.clock,
            user_agent="ua/1",
        )
        self.tokens = AccountTokens(
            lwa,
            "Atzr|refresh",
            region="Europe",
            account="main",
            store=NoStore(),
            clock=self.clock,
        )
        return AmazonClient(
            http, endpoint, self.tokens, clock=self.clock, user_agent="fvsamazon/1 (x)", **more
        )


def says(status: int = 200, body: Any = None, **headers: str) -> Amazon:
    sent_body = PAGE if body is None else body
    content = sent_body if isinstance(sent_body, bytes) else json.dumps(sent_body).encode()
    return Amazon(lambda _: httpx.Response(status, content=content, headers=HEADERS | headers))


def query(**changes: Any) -> SearchQuery:
    base: dict[str, Any] = {
        "family": "updated",
        "after": datetime(2026, 11, 23, 11, 0, 0, 123999, tzinfo=UTC),
        "before": datetime(2026, 11, 23, 11, 57, 55, tzinfo=UTC),
    }
    return SearchQuery(**(base | changes))


def sent(amazon: Amazon) -> dict[str, str]:
    return dict(parse_qsl(amazon.asked[-1].url.query.decode(), keep_blank_values=True))


async def test_a_search_goes_out_as_amazon_documents_it() -> None:
    amazon = says()
    page = await amazon.client().search_orders(
        query(
            marketplace_ids=("A1", "A2"),
            included_data=("PROCEEDS", "TAX"),
            page_token="a b/+=%2B",
        )
    )
    (request,) = amazon.asked
    assert (request.method, request.url.path) == ("GET", "/orders/2026-01-01/orders")
    assert sent(amazon) == {
        "lastUpdatedAfter": "2026-11-23T11:00:00.123Z",
        "lastUpdatedBefore": "2026-11-23T11:57:55.000Z",
        "marketplaceIds": "A1,A2",
        "includedData": "PROCEEDS,TAX",
        "maxResultsPerPage": "100",
        "paginationToken": "a b/+=%2B",
    }
    assert b"paginationToken=a%20b%2F%2B%3D%252B" in request.url.query
    assert request.headers["x-amz-access-token"] == f"{TOKEN}1"
    assert request.headers["x-amz-date"] == "20261123T120000Z"
    assert request.headers["user-agent"] == "fvsamazon/1 (x)"
    assert request.headers["accept-encoding"] == "gzip"
    assert "content-length" not in request.headers
    assert "transfer-encoding" not in request.headers
    assert request.content == b""
    assert page.facts == AnswerFacts(SERVER_TIME, 0.0056, "req-1")
    (record,) = page.orders
    assert isinstance(record, OrderRecord)


async def test_a_search_by_creation_sends_no_update_bound_and_no_empty_list() -> None:
    amazon = says(body=PAGE | {"createdBefore": "2026-11-23T11:50:00Z", "lastUpdatedBefore": "x"})
    page = await amazon.client().search_orders(query(family="created", page_size=7))
    assert set(sent(amazon)) == {
        "createdAfter",
        "createdBefore",
        "includedData",
        "maxResultsPerPage",
    }
    assert sent(amazon)["maxResultsPerPage"] == "7"
    assert page.bound == datetime(2026, 11, 23, 11, 50, tzinfo=UTC)
    assert page.next_token is None


async def test_only_the_bound_of_the_own_family_counts() -> None:
    amazon = says(body=PAGE | {"createdBefore": "2026-11-23T11:50:00Z"})
    page = await amazon.client().search_orders(query())
    assert page.bound is None


@pytest.mark.parametrize("token", ["t", "ž€/?&#=+ %", "%41", "a" * 4000, '{"x": [1]}'])
async def test_a_page_token_arrives_as_it_was_given(token: str) -> None:
    amazon = says(body=PAGE | {"pagination": {"nextToken": token}})
    client = amazon.client()
    first = await client.search_orders(query())
    assert first.next_token == token
    await client.search_orders(query(page_token=first.next_token))
    assert sent(amazon)["paginationToken"] == token


async def test_an_endpoint_may_have_a_path() -> None:
    amazon = says()
    await amazon.client("http://127.0.0.1:8080/eu/").search_orders(query())
    assert str(amazon.asked[0].url).startswith("http://127.0.0.1:8080/eu/orders/2026-01-01/orders?")


async def test_personal_data_stays_behind_unless_asked_for() -> None:
    for personal in (False, True):
        (record,) = (await says().client(personal=personal).search_orders(query())).orders
        assert isinstance(record, OrderRecord)
        assert leaked(record.payload) == []
        assert bool(record.personal) is personal
    assert "BUYER" not in PUBLIC_DATA


async def test_one_bad_order_leaves_the_page_whole() -> None:
    bad = order(orderId="2", createdTime="never")
    amazon = says(body={"orders": [FULL, bad, order(orderId="3")]})
    page = await amazon.client().search_orders(query())
    assert [o.order_id for o in page.orders] == [FULL["orderId"], "2", "3"]
    assert isinstance(page.orders[1], Unreadable)


async def test_one_order_is_fetched_by_its_id() -> None:
    amazon = says(body={"order": order(orderId="S01-1/2 ?")})
    found = await amazon.client().get_order("S01-1/2 ?", ("TAX",))
    assert isinstance(found.order, Unreadable)
    assert amazon.asked[0].url.raw_path == (
        b"/orders/2026-01-01/orders/S01-1%2F2%20%3F?includedData=TAX"
    )
    found = await says(body={"order": FULL}).client().get_order(FULL["orderId"])
    assert isinstance(found.order, OrderRecord)
    assert found.facts.rate == 0.0056


async def test_an_order_that_cannot_be_read_keeps_the_id_it_was_asked_by() -> None:
    found = await says(body={"order": {}}).client().get_order("305-1234567-7654321", ())
    assert isinstance(found.order, Unreadable)
    assert found.order.order_id == "305-1234567-7654321"


async def test_another_order_than_asked_for_is_refused() -> None:
    with pytest.raises(ContractViolation, match="another order"):
        await says(body={"order": FULL}).client().get_order("305-0000000-0000000")


async def test_participations() -> None:
    row = {
        "marketplace": {"id": "A1", "countryCode": "DE", "name": "Amazon\x1b.de"},
        "storeName": "x",
        "participation": {"isParticipating": True, "hasSuspendedListings": False},
    }
    amazon = says(body={"payload": [row, {"marketplace": {}}]})
    found = await amazon.client().marketplace_participations()
    (place,) = found.rows
    assert (place.marketplace_id, place.country, place.name) == ("A1", "DE", "Amazon .de")
    assert (place.participating, place.suspended, place.currency) == (True, False, None)
    assert amazon.asked[0].url.raw_path == b"/sellers/v1/marketplaceParticipations"


def errors(code: str, message: str | None = "no", details: str | None = None) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message, "details": details}]}


EXPIRED = errors("Unauthorized", "Access denied.", "The access token you provided has expired.")
HTML = b"<html><head><title>Oops</title></head></html>"

FAULTS: list[tuple[int, Any, type[RemoteError], str | None]] = [
    (400, errors("InvalidInput", "Invalid paginationToken"), Rejected, "InvalidInput"),
    (400, HTML, Rejected, None),
    (400, b"", Rejected, None),
    (401, b"", Unauthorized, None),
    (403, EXPIRED, Unauthorized, "Unauthorized"),
    (403, errors("Unauthorized", "Access is denied."), Unauthorized, "Unauthorized"),
    (403, errors("MissingAuthenticationToken"), Unauthorized, "MissingAuthenticationToken"),
    (403, HTML, Unauthorized, None),
    (404, errors("NotFound"), NotFound, "NotFound"),
    (404, HTML, NotFound, None),
    (408, b"", Unavailable, None),
    (413, errors("RequestTooLarge"), Rejected, "RequestTooLarge"),
    (415, errors("UnsupportedMediaType"), Rejected, "UnsupportedMediaType"),
    (429, errors("QuotaExceeded", "You exceeded your quota"), Throttled, "QuotaExceeded"),
    (429, b"", Throttled, None),
    (403, errors("QuotaExceeded"), Throttled, "QuotaExceeded"),
    (500, errors("InternalFailure", None), Unavailable, "InternalFailure"),
    (500, b"", Unavailable, None),
    (502, HTML, Unavailable, None),
    (503, HTML, Unavailable, None),
    (503, errors("ServiceUnavailable"), Unavailable, "ServiceUnavailable"),
    (504, b"", Unavailable, None),
    (599, b"", Unavailable, None),
    (301, b"", ContractViolation, None),
    (307, errors("Moved"), ContractViolation, "Moved"),
    (201, PAGE, ContractViolation, None),
    (202, b"", ContractViolation, None),
    (204, b"", ContractViolation, None),
    (206, PAGE, ContractViolation, None),
    (418, {"errors": [{"code": 7}]}, Rejected, None),
    (500, {"errors": []}, Unavailable, None),
    (500, {"errors": None}, Unavailable, None),
    (500, [], Unavailable, None),
    (500, b"\xff", Unavailable, None),
    (500, b'{"errors": ' * 3000, Unavailable, None),
    (200, b"", ContractViolation, None),
    (200, HTML, ContractViolation, None),
    (200, b"\x00\x01", ContractViolation, None),
    (200, b"null", ContractViolation, None),
    (200, b"[]", ContractViolation, None),
    (200, {}, ContractViolation, None),
    (200, {"orders": None}, ContractViolation, None),
    (200, {"order": FULL}, ContractViolation, None),
    (200, {"payload": {"Orders": []}}, ContractViolation, None),
    (200, errors("InternalFailure"), ContractViolation, None),
    (200, json.dumps(PAGE).encode()[:-1], ContractViolation, None),
    (200, json.dumps(PAGE).encode()[:300], ContractViolation, None),
]


@pytest.mark.parametrize(("status", "body", "kind", "code"), FAULTS)
async def test_every_fault_has_its_error(
    status: int, body: Any, kind: type[RemoteError], code: str | None
) -> None:
    amazon = says(status, body, location="https://evil.test/")
    with pytest.raises(RemoteError) as caught:
        await amazon.client().search_orders(query())
    error = caught.value
    assert type(error) is kind
    assert (error.status, error.code, error.request_id) == (status, code, "req-1")
    assert (error.rate, error.server_time) == (0.0056, SERVER_TIME)
    assert (error.service, error.operation) == ("amazon", "searchOrders")
    assert error.log_fields()["request_id"] == "req-1"
    assert str(error).isprintable()
    assert len(str(error)) < 400
    assert TOKEN not in str(error) + repr(error.log_fields())
    assert leaked(str(error)) == []
    assert len(amazon.asked) == 1
    assert getattr(error, "permanent", False) is False


@pytest.mark.parametrize("operation", ["get_order", "participations"])
@pytest.mark.parametrize("body", [b"", HTML, b"{}", b'{"order": nul', PAGE])
async def test_the_other_operations_take_no_nonsense_either(operation: str, body: Any) -> None:
    client = says(200, body).client()
    with pytest.raises(ContractViolation):
        if operation == "get_order":
            await client.get_order("1")
        else:
            await client.marketplace_participations()


async def test_a_refused_token_is_dropped_and_the_next_call_has_a_fresh_one() -> None:
    amazon = says(403, EXPIRED)
    client = amazon.client()
    for _ in range(2):
        with pytest.raises(Unauthorized) as caught:
            await client.search_orders(query())
        assert caught.value.hint is None
    sent_tokens = [request.headers["x-amz-access-token"] for request in amazon.asked]
    assert sent_tokens == [f"{TOKEN}1", f"{TOKEN}2"]


async def test_other_faults_keep_the_token() -> None:
    amazon = says(500, b"")
    client = amazon.client()
    for _ in range(2):
        with pytest.raises(Unavailable):
            await client.search_orders(query())
    assert amazon.tokens_given == 1


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (errors("Unauthorized"), "Seller Central"),
        (errors("MissingAuthenticationToken"), "ENDPOINT"),
        (HTML, "Seller Central"),
    ],
)
async def test_a_refusal_says_what_to_do(body: Any, word: str) -> None:
    with pytest.raises(Unauthorized) as caught:
        await says(403, body).client().search_orders(query())
    assert word in (caught.value.hint or "")


async def test_remote_text_is_cut_cleaned_and_without_tokens() -> None:
    text = f"bad\x1b[2J {TOKEN}1 Atzr|other\r\nforged line " + "x" * 5000
    with pytest.raises(Rejected) as caught:
        await says(400, errors("Invalid\nInput", text)).client().search_orders(query())
    error = caught.value
    assert error.code == "Invalid Input"
    assert "Atz" not in str(error)
    assert "secret" not in str(error)
    assert str(error).isprintable()


@pytest.mark.parametrize(
    ("told", "rate"),
    [
        ("5.6", 5.6),
        ("0.0056, 0.0056", 0.0056),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("0", None),
        ("-1", None),
        ("1e9", None),
        ("many", None),
    ],
)
async def test_a_rate_is_believed_only_if_it_can_be_one(told: str, rate: float | None) -> None:
    headers = {"x-amzn-RateLimit-Limit": told}
    amazon = Amazon(lambda _: httpx.Response(200, json=PAGE, headers=headers))
    assert (await amazon.client().search_orders(query())).facts == AnswerFacts(None, rate, None)


@pytest.mark.parametrize(
    ("told", "seconds"), [("3", 3.0), ("1e99", 86_400.0), ("-1", None), ("soon", None), ("", None)]
)
async def test_a_wait_that_is_told_comes_along(told: str, seconds: float | None) -> None:
    with pytest.raises(Throttled) as caught:
        await says(429, b"", **{"retry-after": told}).client().search_orders(query())
    assert caught.value.retry_after == seconds


async def test_a_network_fault_is_unavailable() -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset")

    with pytest.raises(Unavailable) as caught:
        await Amazon(broken).client().search_orders(query())
    assert isinstance(caught.value.__cause__, httpx.ReadError)
    assert caught.value.status is None


async def test_the_token_can_be_had_before_the_quota_is_spent() -> None:
    amazon = says()
    client = amazon.client()
    await client.prepare()
    assert (amazon.tokens_given, len(amazon.asked)) == (1, 0)
    await client.search_orders(query())
    assert amazon.tokens_given == 1


async def test_a_token_that_was_replaced_meanwhile_stays() -> None:
    amazon = says()
    client = amazon.client()
    await client.prepare()
    old: AccessToken = await amazon.tokens.get()
    fresh = await amazon.tokens.refresh()
    amazon.tokens.invalidate(old)
    assert await amazon.tokens.get() == fresh


def test_times_are_sent_in_utc_and_cut_to_the_millisecond() -> None:
    vilnius = timezone(timedelta(hours=2))
    assert iso_millis(datetime(2026, 1, 2, 3, 4, 5, 999999, tzinfo=vilnius)) == (
        "2026-01-02T01:04:05.999Z"
    )


@settings(max_examples=200, deadline=None)
@given(
    status=st.integers(100, 999),
    body=st.binary(max_size=100)
    | st.builds(
        lambda rows: json.dumps({"errors": rows}).encode(),
        st.lists(
            st.dictionaries(
                st.sampled_from(["code", "message", "details"]), st.text() | st.none(), max_size=3
            ),
            max_size=2,
        ),
    ),
    told=st.dictionaries(
        st.sampled_from(["x-amzn-requestid", "retry-after", "date", "x-amzn-ratelimit-limit"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    ),
)
def test_every_refusal_becomes_an_error_with_a_safe_text(
    status: int, body: bytes, told: dict[str, str]
) -> None:
    error = error_of(Answer(status, httpx.Headers(told), body), "getOrder", TOKEN)
    assert str(error).isprintable()
    assert len(str(error)) < 400
    for value in error.log_fields().values():
        assert str(value).isprintable()
