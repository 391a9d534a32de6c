"""A simulated Amazon and a simulated Finvalda on loopback, for the demo, for tests, for a trial.

    async with Simulation(SimulationOptions(orders=500, seed=7)) as simulation:
        settings = simulation.settings()            # FVSAMAZON_ names that point at it
        simulation.faults.add("reset", region="Europe", operation="searchOrders", count=2)
        ...
        for order in simulation.amazon.truth("Europe", "main", until=moment):
            order.order_id, order.status, order.last_updated_time, order.grand_total
        simulation.journal.self_inflicted           # 429s that the reader brought on itself
        simulation.finvalda.truth()                 # what stands in the simulated Finvalda

The simulated Amazon enforces Amazon's rules (tokens, quota, the two-minute rule, page tokens
bound to their parameters, roles) and fails on demand (`faults.KINDS`). Its orders live: they are
born, paid, shipped, delivered, touched and cancelled while it runs, and half an hour of that has
passed when it starts. The same seed gives the same orders. Over HTTP the same is had from the
addresses that `control.py` lists.

Without sockets, on a clock that a test moves:

    clock = ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC))
    simulation = Simulation(options, clock=clock)
    http = httpx.AsyncClient(transport=InProcess(simulation.app))
    simulation.settings("http://simulator.test")
    clock.advance(300)

Nothing here imports the program that it tests: a shared parser would hide a shared fault.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from fvsamazon.simulator.amazon import Amazon
from fvsamazon.simulator.catalogue import PRODUCTS
from fvsamazon.simulator.clock import Clock, ManualClock
from fvsamazon.simulator.control import Control
from fvsamazon.simulator.faults import KINDS, Fault, Faults
from fvsamazon.simulator.finvalda import SERVICE, FinvaldaState, finvalda_app
from fvsamazon.simulator.inprocess import InProcess
from fvsamazon.simulator.journal import Call, Journal
from fvsamazon.simulator.login import Login
from fvsamazon.simulator.lwa import Lwa
from fvsamazon.simulator.options import (
    D2C,
    DEFAULT_ACCOUNTS,
    TAX,
    Account,
    SimulationOptions,
    account,
)
from fvsamazon.simulator.places import REGIONS
from fvsamazon.simulator.quota import Quota
from fvsamazon.simulator.server import HOST, bind, port_of, serving
from fvsamazon.simulator.story import Act
from fvsamazon.simulator.world import World

if TYPE_CHECKING:
    from types import TracebackType

    from starlette.requests import Request
    from starlette.responses import Response

__all__ = [
    "D2C",
    "DEFAULT_ACCOUNTS",
    "KINDS",
    "TAX",
    "Account",
    "Act",
    "Call",
    "Clock",
    "Fault",
    "Faults",
    "InProcess",
    "Journal",
    "ManualClock",
    "Simulation",
    "SimulationOptions",
    "World",
    "account",
]

_SETTING = {"NorthAmerica": "NORTHAMERICA", "Europe": "EUROPE", "FarEast": "FAREAST"}


class Simulation:
    """Both services and everything a test wants of them; serves while its context is open."""

    def __init__(
        self, options: SimulationOptions | None = None, *, clock: Clock | None = None
    ) -> None:
        self.options = options or SimulationOptions()
        self.clock = clock or Clock()
        self.faults = Faults(self.clock)
        self.amazon = World(self.options, self.clock)
        self.amazon.lateness = self.faults.lateness
        self.lwa = Lwa(self.options, self.clock, self.faults)
        self.quota = Quota(self.clock, self.options.rate_factor)
        self.journal = Journal()
        self._api = Amazon(
            options=self.options,
            clock=self.clock,
            world=self.amazon,
            lwa=self.lwa,
            quota=self.quota,
            faults=self.faults,
            journal=self.journal,
        )
        self.app = self._build_app()
        self.finvalda = FinvaldaState(self.options.seed, self.clock.now, self.options.finvalda_file)
        self.finvalda.sell((product.sku, product.title) for product in PRODUCTS)
        self.finvalda_app = finvalda_app(self.finvalda)
        self._ports: tuple[int, ...] = ()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        listeners = bind(self.options.port_amazon, self.options.port_finvalda)
        self._ports = tuple(port_of(one) for one in listeners)
        apps = (self.app, self.finvalda_app)
        await self._stack.enter_async_context(serving(list(zip(apps, listeners, strict=True))))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    @property
    def url(self) -> str:
        """The address of the Amazon port."""
        return self._address(0)

    @property
    def finvalda_url(self) -> str:
        """The address of the Finvalda port; the service is below it."""
        return self._address(1)

    def _address(self, place: int) -> str:
        if not self._ports:
            raise RuntimeError("the simulation serves only inside `async with`")
        return f"http://{HOST}:{self._ports[place]}"

    def endpoint(self, region: str, base: str | None = None) -> str:
        return f"{base or self.url}/{REGIONS[region]}"

    def settings(
        self, base: str | None = None, finvalda: str | None = None, *, rotation: bool = False
    ) -> dict[str, str]:
        """Return the FVSAMAZON_ settings that point at this simulation.

        With `rotation` the second client secret of every region is among them. The two addresses
        are those of the ports unless they are given; one given without the other is alone.
        """
        found = self._finvalda_settings(finvalda or (self.finvalda_url if base is None else None))
        base = base or self.url
        found["FVSAMAZON_LWA_URL"] = f"{base}/auth/o2/token"
        for region, client in self.lwa.clients.items():
            prefix = f"FVSAMAZON_{_SETTING[region]}__"
            found |= {
                f"{prefix}CLIENT_ID": client.client_id,
                f"{prefix}CLIENT_SECRET": client.secret,
                f"{prefix}ENDPOINT": self.endpoint(region, base),
            }
            if rotation:
                found[f"{prefix}CLIENT_SECRET_NEXT"] = client.next_secret
        for (region, name), token in self.lwa.refresh_tokens.items():
            middle = "" if name == "main" else f"ACCOUNTS__{name.upper()}__"
            found[f"FVSAMAZON_{_SETTING[region]}__{middle}REFRESH_TOKEN"] = token
        return found

    def _finvalda_settings(self, base: str | None) -> dict[str, str]:
        if base is None:
            return {}
        prefix = "FVSAMAZON_FINVALDA__"
        return {
            f"{prefix}URL": base + SERVICE,
            f"{prefix}USERNAME": self.finvalda.username,
            f"{prefix}PASSWORD": self.finvalda.password,
            f"{prefix}COMPANY_ID": self.finvalda.company_id,
            f"{prefix}PARAMETER": self.finvalda.parameter,
        }

    def _build_app(self) -> Starlette:
        login = Login(clock=self.clock, lwa=self.lwa, faults=self.faults, journal=self.journal)
        control = Control(
            world=self.amazon, faults=self.faults, journal=self.journal, quota=self.quota
        )
        regions = {prefix: region for region, prefix in REGIONS.items()}

        async def serve(request: Request) -> Response:
            region = regions.get(request.path_params["prefix"])
            if region is None:
                return JSONResponse({"error": "there are /na, /eu and /fe"}, 404)
            return await self._api.serve(request, region, "/" + request.path_params["path"])

        methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
        return Starlette(
            routes=[
                Route("/auth/o2/token", login.serve, methods=["POST"]),
                *control.routes(),
                Route("/{prefix}/{path:path}", serve, methods=methods),
            ]
        )
