"""Login with Amazon over HTTP: one token address for all regions, with faults of its own."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import anyio
from starlette.responses import JSONResponse, Response

from fvsamazon.simulator import broken
from fvsamazon.simulator.amazon import on_the_wire
from fvsamazon.simulator.clock import iso
from fvsamazon.simulator.faults import ANSWERS, TOKEN, Fault
from fvsamazon.simulator.lwa import LwaError

if TYPE_CHECKING:
    from starlette.requests import Request

    from fvsamazon.simulator.clock import Clock
    from fvsamazon.simulator.faults import Faults
    from fvsamazon.simulator.journal import Call, Journal
    from fvsamazon.simulator.lwa import Lwa

_NAMED = {
    "throttle": LwaError(429, "slow_down", "Too many requests"),
    "error_500": LwaError(500, "server_error", "The service encountered an internal error"),
    "invalid_input": LwaError(400, "invalid_request", "The request is missing a parameter"),
    "forbidden": LwaError(403, "access_denied", "The request was denied"),
}


class Login:
    """Answers `POST /auth/o2/token`."""

    def __init__(self, *, clock: Clock, lwa: Lwa, faults: Faults, journal: Journal) -> None:
        self._clock = clock
        self._lwa = lwa
        self._faults = faults
        self._journal = journal

    async def serve(self, request: Request) -> Response:
        body = (await request.body()).decode("utf-8", "replace")
        form = dict(parse_qsl(body, keep_blank_values=True))
        key = self._lwa.key_of(form)
        region = key[0] if key else self._region_of(form.get("client_id", ""))
        call = self._journal.open(
            iso(self._clock.now_ms()),
            region,
            TOKEN,
            account=key[1] if key else None,
            params={"grant_type": form.get("grant_type", "")},
            user_agent=request.headers.get("user-agent", ""),
        )
        try:
            answer = await self._answer(request, call, form)
        except LwaError as error:
            answer = JSONResponse(error.body, error.status)
        answer.headers["Date"] = format_datetime(self._clock.now(), usegmt=True)
        answer.headers["Cache-Control"] = "no-store"
        self._journal.close(
            call, answer.told if isinstance(answer, broken.Broken) else answer.status_code
        )
        return answer

    async def _answer(self, request: Request, call: Call, form: dict[str, str]) -> Response:
        fault = self._faults.take(
            ANSWERS | {"throttle", "lwa_error"},
            region=call.region,
            account=call.account,
            operation=TOKEN,
        )
        if fault is not None:
            call.fault = fault.kind
            if (instead := self._instead(fault, call, request)) is not None:
                return instead
        whole = JSONResponse(self._lwa.grant(form, request.headers.get("content-type", "")))
        if fault is None:
            return whole
        if fault.kind == "slow":
            await anyio.sleep(float(fault.options.get("seconds", 5)))
            return whole
        return broken.cut(whole) if fault.kind == "cut" else broken.drip(whole, fault)

    def _instead(self, fault: Fault, call: Call, request: Request) -> Response | None:
        if fault.kind == "throttle":
            call.throttled_by = "fault"
        if fault.kind in _NAMED:
            raise _NAMED[fault.kind]
        if fault.kind == "lwa_error":
            error = str(fault.options.get("error", "temporarily_unavailable"))
            raise LwaError(int(fault.options.get("status", 503)), error, "As the script says")
        if fault.kind == "redirect":
            target = request.url.replace(hostname="localhost", path="/_elsewhere/auth/o2/token")
            return Response(status_code=307, headers={"Location": str(target)})
        return on_the_wire(fault)

    def _region_of(self, client_id: str) -> str | None:
        return next(
            (one.region for one in self._lwa.clients.values() if one.client_id == client_id), None
        )
