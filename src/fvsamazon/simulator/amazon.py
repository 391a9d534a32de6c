"""The simulated Selling Partner API: its rules, its errors, its headers.

In: HTTP requests for one of three regions. Out: what Amazon would answer to an account with the
token that came along, or the fault that the script holds for it. The order of checks is the
service's: path, form, token, quota, input. A rate is announced on 200, 400 and 404 only, and no
429 ever says how long to wait.
"""

from __future__ import annotations

import gzip
import json
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import anyio
from starlette.responses import Response

from fvsamazon.simulator import broken, search
from fvsamazon.simulator.clock import iso
from fvsamazon.simulator.faults import ANSWERS, Fault
from fvsamazon.simulator.spoilt import spoil
from fvsamazon.simulator.view import Lens

if TYPE_CHECKING:
    from starlette.requests import Request

    from fvsamazon.simulator.clock import Clock
    from fvsamazon.simulator.faults import Faults
    from fvsamazon.simulator.journal import Call, Journal
    from fvsamazon.simulator.lwa import Lwa
    from fvsamazon.simulator.options import Account, SimulationOptions
    from fvsamazon.simulator.quota import Quota
    from fvsamazon.simulator.records import Entry
    from fvsamazon.simulator.world import World

Json = dict[str, Any]

ORDERS_PATH = "/orders/2026-01-01/orders"
PARTICIPATIONS_PATH = "/sellers/v1/marketplaceParticipations"
RATE_TOLD = frozenset({200, 400, 404})
LONGEST_USER_AGENT = 500
WORTH_PACKING = 1024


class Refusal(Exception):
    """An error of Amazon's model: HTTP status, code, message, details."""

    def __init__(self, status: int, code: str, message: str, details: str | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.details = status, code, message, details


def unauthorized(details: str = "") -> Refusal:
    """Return the 403 that says as little as Amazon's."""
    return Refusal(403, "Unauthorized", "Access to requested resource is denied.", details)


def invalid(details: str) -> Refusal:
    """Return the 400 of a bad parameter."""
    return Refusal(400, "InvalidInput", "Invalid Input", details)


class Amazon:
    """Answers the SP-API requests of all regions."""

    def __init__(
        self,
        *,
        options: SimulationOptions,
        clock: Clock,
        world: World,
        lwa: Lwa,
        quota: Quota,
        faults: Faults,
        journal: Journal,
    ) -> None:
        self._options = options
        self._clock = clock
        self._world = world
        self._lwa = lwa
        self._quota = quota
        self._faults = faults
        self._journal = journal
        self._tokens = search.PageTokens(options.seed)

    async def serve(self, request: Request, region: str, path: str) -> Response:
        """Answer one request and write it down."""
        self._faults.active()
        self._world.advance()
        operation, order = _route(request.method, path)
        call = self._journal.open(
            iso(self._clock.now_ms()),
            region,
            operation,
            params=dict(request.query_params) | ({"orderId": order} if order else {}),
            request_id=str(uuid4()),
            user_agent=request.headers.get("user-agent", ""),
        )
        try:
            answer = await self._answer(request, call, region, operation, order)
        except Refusal as refusal:
            answer = self._refuse(call, refusal)
        answer.headers.setdefault("Date", format_datetime(self._clock.now(), usegmt=True))
        self._journal.close(
            call, answer.told if isinstance(answer, broken.Broken) else answer.status_code
        )
        return answer

    async def _answer(
        self, request: Request, call: Call, region: str, operation: str, order: str | None
    ) -> Response:
        if self._strike({"region_down"}, call, region, None, operation):
            return broken.reset()
        if operation == "unknown":
            raise Refusal(403, "MissingAuthenticationToken", "Missing Authentication Token")
        await self._check_form(request)
        account = self._authenticate(request, region)
        call.account = account.name
        if operation == "searchOrders":
            call.page = self._tokens.page(request.query_params.get("paginationToken"))
        if fault := self._strike(
            {"expired_access_token", "revoked_refresh_token"}, call, region, account, operation
        ):
            self._end_tokens(request, account, fault)
        if self._strike({"throttle"}, call, region, account, operation):
            raise self._throttled(call, "fault")
        if not self._quota.take(account.key, operation):
            raise self._throttled(call, "bucket")
        fault = self._strike(ANSWERS, call, region, account, operation)
        if fault is not None and (answer := _instead(fault, request)) is not None:
            return answer
        body = self._body(request, call, account, operation, order)
        whole = self._write(call, account, operation, 200, body, request)
        if fault is None:
            return whole
        if fault.kind == "slow":
            await anyio.sleep(float(fault.options.get("seconds", 5)))
            return whole
        return broken.cut(whole) if fault.kind == "cut" else broken.drip(whole, fault)

    def _body(
        self, request: Request, call: Call, account: Account, operation: str, order: str | None
    ) -> Json:
        try:
            if operation == "searchOrders":
                return self._search(request, call, account)
            if order is not None:
                return self._get(request, call, account, order)
        except search.InvalidInput as error:
            raise invalid(str(error)) from error
        except search.Forbidden as error:
            raise unauthorized(str(error)) from error
        return participations(account, tomorrow=self._options.tomorrow)

    def _search(self, request: Request, call: Call, account: Account) -> Json:
        now = self._clock.now_ms()
        query = search.parse(
            request.query_params.multi_items(), account=account, tokens=self._tokens, now=now
        )
        token = request.query_params.get("paginationToken")
        if token and self._strike(
            {"expired_page_token", "refused_page_token"}, call, account.region, account,
            "searchOrders",
        ):  # fmt: skip
            raise search.InvalidInput("paginationToken has expired")
        found = search.find(self._world, account, query)
        entries = found.entries
        if found.previous and self._strike(
            {"duplicate_order"}, call, account.region, account, "searchOrders"
        ):
            entries = (found.previous, *entries)
        orders: list[Any] = [self._document(entry, query.wanted, account) for entry in entries]
        self._spoil(orders, call, account, "searchOrders")
        call.orders = len(orders)
        following = None
        if found.more:
            offset = query.offset + len(found.entries)
            following = self._tokens.write(account, query, offset, now)
            if token and self._strike(
                {"looping_page_token"}, call, account.region, account, "searchOrders"
            ):
                following = token
        return search.answer(query, orders, following)

    def _get(self, request: Request, call: Call, account: Account, order: str) -> Json:
        wanted = search.data_sets(dict(request.query_params))
        entry = self._world.find(account.key, order)
        if entry is None:
            raise Refusal(404, "NotFound", "The requested order was not found.")
        documents: list[Any] = [self._document(entry, wanted, account)]
        self._spoil(documents, call, account, "getOrder")
        return {"order": documents[0]}

    def _document(self, entry: Entry, wanted: frozenset[str], account: Account) -> Json:
        lens = Lens(wanted, account.roles, self._clock.now_ms(), self._options.tomorrow)
        return self._world.document(entry, lens)

    def _spoil(self, orders: list[Any], call: Call, account: Account, operation: str) -> None:
        """Break the order that an `unreadable_order` fault has chosen, or the first it meets."""
        for fault in self._faults.active():
            fits = fault.fits(account.region, account.name, operation, call.page)
            if fault.kind != "unreadable_order" or not fits or not orders:
                continue
            ids = [one["orderId"] for one in orders]
            chosen = fault.options.setdefault("order_id", ids[0])
            if chosen in ids and self._strike(
                {"unreadable_order"}, call, account.region, account, operation
            ):
                place = ids.index(chosen)
                orders[place] = spoil(orders[place], str(fault.options.get("how", "items")))
            return

    async def _check_form(self, request: Request) -> None:
        if "content-length" in request.headers or "transfer-encoding" in request.headers:
            raise invalid("A GET carries no body and no Content-Length")
        agent = request.headers.get("user-agent", "")
        if not agent:
            raise unauthorized("The User-Agent header is missing")
        if len(agent) > LONGEST_USER_AGENT:
            raise invalid("The User-Agent header is longer than 500 characters")
        if self._options.strict_user_agent and "Language=" not in agent:
            raise invalid("The User-Agent header lacks the Language attribute")

    def _authenticate(self, request: Request, region: str) -> Account:
        token = request.headers.get("x-amz-access-token")
        if not token:
            raise unauthorized("The access token is missing")
        grant = self._lwa.look_up(token)
        if grant is None or grant.revoked:
            raise unauthorized("The access token you provided is revoked, malformed or invalid.")
        if self._lwa.is_expired(grant):
            raise unauthorized("The access token you provided has expired.")
        account = self._world.accounts.get(grant.key)
        if account is None or account.region != region:
            raise unauthorized()
        return account

    def _end_tokens(self, request: Request, account: Account, fault: Fault) -> None:
        if fault.kind == "expired_access_token":
            self._lwa.expire(request.headers["x-amz-access-token"])
            raise unauthorized("The access token you provided has expired.")
        self._lwa.revoke(account.key)
        raise unauthorized("The access token you provided is revoked, malformed or invalid.")

    def _strike(
        self,
        kinds: frozenset[str] | set[str],
        call: Call,
        region: str,
        account: Account | None,
        operation: str,
    ) -> Fault | None:
        fault = self._faults.take(
            kinds,
            region=region,
            account=account.name if account else None,
            operation=operation,
            page=call.page,
        )
        if fault is not None:
            call.fault = fault.kind
        return fault

    def _throttled(self, call: Call, by: str) -> Refusal:
        call.throttled_by = by
        message = "You exceeded your quota for the requested resource."
        return Refusal(429, "QuotaExceeded", message, "")

    def _refuse(self, call: Call, refusal: Refusal) -> Response:
        error = {"code": refusal.code, "message": refusal.message}
        if refusal.details is not None:
            error["details"] = refusal.details
        account = self._world.accounts.get((call.region or "", call.account or ""))
        return self._write(call, account, call.operation, refusal.status, {"errors": [error]})

    def _write(
        self,
        call: Call,
        account: Account | None,
        operation: str,
        status: int,
        body: Json,
        request: Request | None = None,
    ) -> Response:
        headers = {
            "x-amzn-RequestId": call.request_id,
            "Date": format_datetime(self._clock.now(), usegmt=True),
        }
        if status in RATE_TOLD and account is not None and operation != "unknown":
            headers["x-amzn-RateLimit-Limit"] = f"{self._quota.rate(account.key, operation):.6g}"
        if status != 200:  # noqa: PLR2004
            headers["x-amzn-ErrorType"] = body["errors"][0]["code"]
        content = json.dumps(body, ensure_ascii=False).encode()
        packs = request is not None and "gzip" in request.headers.get("accept-encoding", "")
        if packs and len(content) > WORTH_PACKING:
            content = gzip.compress(content, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return Response(content, status, headers, media_type="application/json")


def participations(account: Account, *, tomorrow: bool) -> Json:
    """Write getMarketplaceParticipations' answer; tomorrow's has a store that nobody knows."""
    rows: list[Json] = [
        {
            "marketplace": {
                "id": place.id,
                "name": place.name,
                "countryCode": place.country,
                "defaultCurrencyCode": place.currency,
                "defaultLanguageCode": place.language,
                "domainName": f"www.{place.domain}",
            },
            "storeName": f"Sample Shop {place.code}",
            "participation": {"isParticipating": True, "hasSuspendedListings": False},
        }
        for place in account.marketplaces
    ]
    if tomorrow:
        stranger = {
            "id": "ATOMORROWSSTORE",
            "name": "Non-Amazon",
            "countryCode": rows[0]["marketplace"]["countryCode"],
            "defaultCurrencyCode": rows[0]["marketplace"]["defaultCurrencyCode"],
            "defaultLanguageCode": "en_GB",
            "domainName": "tomorrow.example",
        }
        rows.append(rows[0] | {"marketplace": stranger})
    return {"payload": rows}


def _route(method: str, path: str) -> tuple[str, str | None]:
    if method != "GET":
        return "unknown", None
    if path == ORDERS_PATH:
        return "searchOrders", None
    if path == PARTICIPATIONS_PATH:
        return "getMarketplaceParticipations", None
    head, _, order = path.rpartition("/")
    if head == ORDERS_PATH and order:
        return "getOrder", order
    return "unknown", None


def _instead(fault: Fault, request: Request) -> Response | None:
    """Return the answer that a fault gives without looking at the question."""
    if fault.kind == "error_500":
        raise Refusal(500, "InternalFailure", "We encountered an internal error.")
    if fault.kind == "invalid_input":
        raise invalid("Invalid Input")
    if fault.kind == "forbidden":
        raise Refusal(403, "AccessDenied", "Access to requested resource is denied.")
    if fault.kind == "redirect":
        host = "localhost" if request.url.hostname == "127.0.0.1" else "127.0.0.1"
        target = request.url.replace(hostname=host, path=f"/_elsewhere{request.url.path}")
        return Response(status_code=307, headers={"Location": str(target)})
    return on_the_wire(fault)


def on_the_wire(fault: Fault) -> Response | None:
    """Return the broken answers that Amazon and Login with Amazon share."""
    if fault.kind == "error_503":
        return Response(broken.HTML_503, 503, media_type="text/html")
    if fault.kind == "garbage":
        return Response(b'\x00\xff{"orders": [', media_type="application/json")
    if fault.kind == "empty":
        return Response(b"", media_type="application/json")
    makers = {
        "reset": lambda _: broken.reset(),
        "hang": lambda _: broken.hang(),
        "huge": broken.huge,
        "gzip_bomb": broken.gzip_bomb,
        "deep_nesting": broken.deep_nesting,
    }
    maker = makers.get(fault.kind)
    return maker(fault) if maker else None
