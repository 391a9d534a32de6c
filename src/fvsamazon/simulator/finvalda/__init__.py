"""The simulated Finvalda: its state, and the ASGI application that plays FvsServicePure.

    state = FinvaldaState(seed=1, now=lambda: datetime.now(UTC), path=Path("finvalda.jsonl"))
    app = finvalda_app(state)        # the service is at <prefix>/FvsServicePure.svc/<Method>

The methods also answer directly under the prefix, so that the application may as well be mounted at
`/FvsServicePure.svc`. Credentials are `state.username`, `state.password`, `state.company_id`; the
import parameter is `state.parameter`. Tests of one process use `state.add`, `state.remove`,
`state.rules`, `state.faults`, `state.truth()`, `state.doubles()`, `state.sales(order_id)`; other
processes use the same over HTTP, under the prefix:

    GET    /_truth                   operations, doubles, records, cards, complaints, requests
    GET    /_doubles                 order ids with more than one live sale
    GET    /_faults                  what may still strike
    POST   /_faults                  {"kind": "lost_answer", "method": "InsertNewOperation", …}
    DELETE /_faults, /_faults/{id}   no more faults, or not this one
    GET    /_rules, POST /_rules     {"check_stock": true, "duplicates": "none", …}
    POST   /_records                 {"add": ["vat", "PVM9", {"percent": "9"}]} or {"remove": […]}
    POST   /_operations              {"remove": ["AMZPARD", 12]}: a person removed it

`complaints` holds what the real service would pass over in silence and a correct client never does:
unknown fields, filters and columns, values cut or letters lost, percentages that do not fit their
VAT code. A test of a client wants it empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from fvsamazon.simulator.finvalda.http import Service
from fvsamazon.simulator.finvalda.state import FinvaldaState, Rules

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

__all__ = ["SERVICE", "FinvaldaState", "Rules", "finvalda_app"]

SERVICE = "/FvsServicePure.svc"
"""Where the methods stand, below the prefix of the application."""


def finvalda_app(state: FinvaldaState) -> Starlette:
    """Return the application over a state; it may be mounted at any prefix."""
    service = Service(state)
    control = _Control(state)
    routes: list[BaseRoute] = [
        Route("/_truth", _answered(control.truth)),
        Route("/_doubles", _answered(control.doubles)),
        Route("/_faults", _answered(control.faults), methods=["GET", "POST", "DELETE"]),
        Route("/_faults/{fault:int}", _answered(control.fault), methods=["DELETE"]),
        Route("/_rules", _answered(control.rules), methods=["GET", "POST"]),
        Route("/_records", _answered(control.records), methods=["POST"]),
        Route("/_operations", _answered(control.operations), methods=["POST"]),
        Route(SERVICE + "/{method}", service),
        Route("/{method}", service),
    ]
    return Starlette(routes=routes)


class _Control:
    """What a test of another process may ask and order."""

    def __init__(self, state: FinvaldaState) -> None:
        self._state = state

    async def truth(self, _request: Request) -> object:
        return self._state.truth()

    async def doubles(self, _request: Request) -> object:
        return self._state.truth()["doubles"]

    async def faults(self, request: Request) -> object:
        script = self._state.faults
        if request.method == "POST":
            return {"id": script.add(**await request.json())}
        if request.method == "DELETE":
            script.clear()
        return {"faults": [fault.told() for fault in script.active()]}

    async def fault(self, request: Request) -> object:
        script = self._state.faults
        script.clear(request.path_params["fault"])
        return {"faults": [fault.told() for fault in script.active()]}

    async def rules(self, request: Request) -> object:
        if request.method == "POST":
            self._state.rules.change(await request.json())
        return self._state.rules.told()

    async def records(self, request: Request) -> object:
        order: dict[str, Any] = await request.json()
        if "add" in order:
            kind, key, *fields = order["add"]
            self._state.add(kind, key, **(fields[0] if fields else {}))
        if "remove" in order:
            self._state.remove(*order["remove"])
        return {"done": True}

    async def operations(self, request: Request) -> object:
        journal, number = (await request.json())["remove"]
        self._state.remove_operation(journal, number)
        return {"done": True}


def _answered(
    ask: Callable[[Request], Awaitable[object]],
) -> Callable[[Request], Awaitable[JSONResponse]]:
    """Answer in JSON; an order that cannot be read is told as such, with 400."""

    async def endpoint(request: Request) -> JSONResponse:
        try:
            return JSONResponse(await ask(request))
        except (ValueError, TypeError, KeyError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    return endpoint
