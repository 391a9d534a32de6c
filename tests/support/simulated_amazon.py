"""A plain HTTP reader of the simulated Amazon, with no cleverness of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from fvsamazon.simulator import InProcess, ManualClock, Simulation, SimulationOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
AGENT = "fvsamazon-tests/1.0 (Language=Python/3.11)"
BASE = "http://simulator.test"
ORDERS = "/orders/2026-01-01/orders"
EVERYTHING = (
    "BUYER,RECIPIENT,PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX,PAYMENT,"
    "FULFILLMENT_ORDERS"
)
SETTING = {"NorthAmerica": "NORTHAMERICA", "Europe": "EUROPE", "FarEast": "FAREAST"}


def standing_simulation(**options: Any) -> Simulation:
    """Return a simulation on a clock that stands still; nothing is served on a socket."""
    return Simulation(SimulationOptions(**options), clock=ManualClock(START))


def in_process(simulation: Simulation) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=InProcess(simulation.app), base_url=BASE)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Reader:
    """Reads one account with one access token."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        simulation: Simulation,
        region: str = "Europe",
        account: str = "main",
        base: str = BASE,
    ) -> None:
        self.http = http
        self.simulation = simulation
        self.region = region
        self.account = account
        self.settings = simulation.settings(base)
        self.endpoint = simulation.endpoint(region, base)
        self.headers = {"user-agent": AGENT}

    def form(self, **changes: str) -> dict[str, str]:
        prefix = f"FVSAMAZON_{SETTING[self.region]}__"
        token = self.simulation.lwa.refresh_tokens[self.region, self.account]
        return {
            "grant_type": "refresh_token",
            "client_id": self.settings[f"{prefix}CLIENT_ID"],
            "client_secret": self.settings[f"{prefix}CLIENT_SECRET"],
            "refresh_token": token,
        } | changes

    async def log_in(self, **changes: str) -> httpx.Response:
        answer = await self.http.post(
            self.settings["FVSAMAZON_LWA_URL"], data=self.form(**changes), headers=self.headers
        )
        if answer.status_code == 200:
            self.headers["x-amz-access-token"] = answer.json()["access_token"]
        return answer

    async def get(self, path: str = ORDERS, **params: str) -> httpx.Response:
        if "x-amz-access-token" not in self.headers:
            await self.log_in()
        return await self.http.get(self.endpoint + path, params=params, headers=self.headers)

    def window(self, **span: float) -> dict[str, str]:
        """Return the parameters of a lastUpdated window that ends five minutes ago."""
        now = self.simulation.clock.now()
        return {
            "lastUpdatedAfter": stamp(now - timedelta(**span)),
            "lastUpdatedBefore": stamp(now - timedelta(minutes=5)),
        }

    async def pages(self, **params: str) -> AsyncIterator[dict[str, Any]]:
        """Yield page after page, trusting every token."""
        while True:
            answer = await self.get(**params)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            yield body
            if "pagination" not in body:
                return
            params["paginationToken"] = body["pagination"]["nextToken"]

    async def read(self, **params: str) -> list[dict[str, Any]]:
        return [order async for page in self.pages(**params) for order in page["orders"]]
