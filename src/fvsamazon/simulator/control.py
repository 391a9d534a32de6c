"""The simulator's own addresses beside Amazon's: truth, faults, requests, counts, trade.

    GET    /_truth?region=Europe&account=main&until=ISO   one JSON object a line, an order each
    GET    /_faults                                       the faults in force and every kind
    POST   /_faults   {"kind": "reset", "region": …, "account": …, "operation": …, "page": …,
                       "after": 0, "count": 1, "duration": 10, …the kind's own options}
    DELETE /_faults[?number=N]                            one fault, or all of them
    GET    /_requests?since=N                             one JSON object a line, a request each
    GET    /_stats                                        counts; 429s by what caused them
    POST   /_trade    {"live_rate": 5} or {"stop": true} or {"rate_factor": 1}
    POST   /_orders   {"region": …, "account": …, "act": "CANCELLED", "order_id": …}, with
                      "place": true instead of an act for a new order, or "document": {…}

Without region and account, truth is told of all accounts. Nothing here asks for a password: the
simulator listens on loopback and holds invented orders only.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import anyio.lowlevel
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from fvsamazon.simulator.faults import KINDS
from fvsamazon.simulator.story import Act
from fvsamazon.simulator.world import UnknownOrder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

    from fvsamazon.simulator.faults import Faults
    from fvsamazon.simulator.journal import Journal
    from fvsamazon.simulator.quota import Quota
    from fvsamazon.simulator.world import World

LINES = "application/x-ndjson"
AT_A_TIME = 200


class Control:
    """Serves the addresses that begin with an underscore."""

    def __init__(self, *, world: World, faults: Faults, journal: Journal, quota: Quota) -> None:
        self._world = world
        self._faults = faults
        self._journal = journal
        self._quota = quota

    def routes(self) -> list[Route]:
        return [
            Route("/_truth", _answered(self.truth)),
            Route("/_faults", _answered(self.list_faults)),
            Route("/_faults", _answered(self.add_fault), methods=["POST"]),
            Route("/_faults", _answered(self.clear_faults), methods=["DELETE"]),
            Route("/_requests", _answered(self.requests)),
            Route("/_stats", _answered(self.stats)),
            Route("/_trade", _answered(self.trade), methods=["POST"]),
            Route("/_orders", _answered(self.orders), methods=["POST"]),
            Route("/_elsewhere/{path:path}", self.elsewhere, methods=["GET", "POST"]),
        ]

    async def truth(self, request: Request) -> Response:
        params = request.query_params
        until = datetime.fromisoformat(params["until"]) if "until" in params else None
        if until is not None and until.tzinfo is None:
            raise ValueError("until needs a time zone")
        keys = [
            key
            for key in self._world.accounts
            if params.get("region") in {None, key[0]} and params.get("account") in {None, key[1]}
        ]
        if not keys:
            raise ValueError("no such account")
        return StreamingResponse(self._tell(keys, until), media_type=LINES)

    async def _tell(
        self, keys: list[tuple[str, str]], until: datetime | None
    ) -> AsyncIterator[str]:
        for region, account in keys:
            lines: list[str] = []
            for order in self._world.truth(region, account, until):
                lines.append(json.dumps(order.as_json(), ensure_ascii=False))
                if len(lines) == AT_A_TIME:
                    yield "\n".join(lines) + "\n"
                    lines.clear()
                    # Other requests are answered while a long truth is told.
                    await anyio.lowlevel.checkpoint()
            if lines:
                yield "\n".join(lines) + "\n"

    async def list_faults(self, _request: Request) -> Response:
        active = [one.as_json() for one in self._faults.active()]
        return JSONResponse({"active": active, "kinds": KINDS})

    async def add_fault(self, request: Request) -> Response:
        wanted: dict[str, Any] = await request.json()
        fault = self._faults.add(wanted.pop("kind"), **wanted)
        return JSONResponse(fault.as_json(), 201)

    async def clear_faults(self, request: Request) -> Response:
        number = request.query_params.get("number")
        self._faults.clear(int(number) if number else None)
        return Response(status_code=204)

    async def requests(self, request: Request) -> Response:
        since = int(request.query_params.get("since", "0"))
        lines = [json.dumps(one, ensure_ascii=False) for one in self._journal.since(since)]
        return Response("".join(f"{line}\n" for line in lines), media_type=LINES)

    async def stats(self, _request: Request) -> Response:
        return JSONResponse(self._journal.stats() | {"orders": self._world.count()})

    async def trade(self, request: Request) -> Response:
        wanted: dict[str, Any] = await request.json()
        if "live_rate" in wanted:
            self._world.set_live_rate(float(wanted["live_rate"]))
        if "rate_factor" in wanted:
            self._quota.set_factor(float(wanted["rate_factor"]))
        if wanted.get("stop"):
            self._world.stop_trade()
        return Response(status_code=204)

    async def orders(self, request: Request) -> Response:
        wanted: dict[str, Any] = await request.json()
        region, account = wanted["region"], wanted.get("account", "main")
        if "document" in wanted:
            order = self._world.put(region, account, wanted["document"])
        elif wanted.get("place"):
            order = self._world.place(region, account, life=wanted.get("life", True))
        else:
            order = wanted["order_id"]
            self._world.happen(region, account, order, Act[wanted["act"]])
        return JSONResponse({"order_id": order}, 201)

    async def elsewhere(self, _request: Request) -> Response:
        """Where a redirect to another host leads; nobody should ever come here."""
        self._journal.followed_redirects += 1
        return JSONResponse({"orders": []})


def _answered(
    ask: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Tell a wish that cannot be read as such, with 400, and an unknown order with 404."""

    async def endpoint(request: Request) -> Response:
        try:
            return await ask(request)
        except UnknownOrder as error:
            return JSONResponse({"error": f"no such order: {error}"}, 404)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    return endpoint
