"""Amazon's own example answers, served over HTTP, through the client into the store and out again.

The examples stand in Amazon's model (`x-amzn-api-sandbox`), found by REFERENCE_DIR; what must come
out of `orders export` is written here by hand. Without the folder these tests say so and skip.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from fvsamazon.amazon.client import OrdersPage, SearchQuery
from fvsamazon.assembly import account_specs, configured
from fvsamazon.clock import SystemClock, to_micros
from fvsamazon.poller.build import Workshop
from fvsamazon.settings import load
from fvsamazon.store import accounts, orders, schema
from fvsamazon.store.database import Database
from support.commands import fvsamazon_run, settings_file

if TYPE_CHECKING:
    from collections.abc import Iterator

REGIONS = ("NorthAmerica", "Europe", "FarEast")
NOT_DUE = {"state": "not_due", "document": None, "journal": None, "number": None, "reason": None}
PERSONAL = frozenset({
    "buyerName", "buyerEmail", "name", "addressLine1", "phone", "postalCode", "giftMessage",
})  # fmt: skip
"""What of the examples must never come out without a person's asking for it."""


def line(sku: str, asin: str, proceeds: str, quantity: int = 1) -> dict[str, Any]:
    return {"sku": sku, "asin": asin, "quantity": quantity, "proceeds": proceeds}


def expected(region: str, order_id: str, *values: Any, items: list[dict[str, Any]]) -> Any:
    names = (
        "marketplace_id", "status", "fulfilled_by", "created_time", "last_updated_time",
        "currency", "grand_total",
    )  # fmt: skip
    return {
        "region": region,
        "account": "main",
        "order_id": order_id,
        **dict(zip(names, values, strict=True)),
        "items": items,
        "delivery": NOT_DUE,
    }


JAPAN = expected(
    "FarEast", "250-1234567-8901234", "A1VC38T7YXB528", "SHIPPED", "AMAZON",
    "2024-12-25T02:30:00Z", "2024-12-25T06:45:00Z", "JPY", "19940",
    items=[
        line("ECHO-DOT-4-JP-CHARCOAL", "B08C1W5N87", "5980"),
        line("FIRE-TV-4K-MAX-JP", "B07PFFMP9P", "13960", 2),
    ],
)  # fmt: skip
BRITAIN = expected(
    "Europe", "202-7654321-1098765", "A1F83G8C2ARO7P", "SHIPPED", "MERCHANT",
    "2024-12-24T14:20:00Z", "2024-12-24T18:45:00Z", "GBP", "34.99",
    items=[line("ECHO-DOT-4-UK-CHARCOAL-SINGLE", "B08C1W5N87", "34.99")],
)  # fmt: skip
BRAZIL = expected(
    "NorthAmerica", "171-2345678-9012345", "A2Q3Y263D00KWC", "UNSHIPPED", "MERCHANT",
    "2024-12-22T15:30:00Z", "2024-12-23T10:00:00Z", "BRL", "1599.90",
    items=[line("DELL-I15-BR-001", "B09B8V1LZ3", "1599.90")],
)  # fmt: skip
BRAZIL_SINGLE = expected(
    "NorthAmerica", "171-9876543-2109876", "A2Q3Y263D00KWC", "UNSHIPPED", "MERCHANT",
    "2024-12-24T20:30:00Z", "2024-12-25T08:15:00Z", "BRL", "299.90",
    items=[line("ECHO-DOT-4-BR-PRETO", "B08N5WRWNW", "299.90")],
)  # fmt: skip
TURKEY = expected(
    "Europe", "028-1234567-8901234", "A33AVAJ2PDY3EV", "SHIPPED", "MERCHANT",
    "2025-03-15T10:30:00Z", "2025-03-15T14:20:00Z", "TRY", "125.00",
    items=[line("FIRE-HD10-TR-BLK", "B09V3KXJPB", "125.00", 2)],
)  # fmt: skip
AMERICA = expected(
    "NorthAmerica", "114-9876543-1234567", "ATVPDKIKX0DER", "UNSHIPPED", "MERCHANT",
    "2025-03-10T14:00:00Z", "2025-03-10T14:30:00Z", "USD", "49.99",
    items=[line("ECHO-POP-US-BLK", "B0BSHF7WHW", "49.99")],
)  # fmt: skip


def samples() -> dict[str, list[Any]]:
    """Return the successful example answers by path."""
    folder = os.environ.get("REFERENCE_DIR")
    if not folder:
        pytest.skip("REFERENCE_DIR is not set: Amazon's example answers are not here")
    model = json.loads(
        (Path(folder) / "amazon-orders-2026-01-01.openapi.json").read_text(encoding="utf-8")
    )
    return {
        path: [
            (one["request"]["parameters"], one["response"])
            for one in methods["get"]["responses"]["200"]["x-amzn-api-sandbox"]["static"]
        ]
        for path, methods in model["paths"].items()
    }


class Sandbox(BaseHTTPRequestHandler):
    """Answers as Amazon's static sandbox does: by the example's own parameters."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._send(200, {"access_token": "Atza|t", "token_type": "bearer", "expires_in": 3600})

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        order = split.path.partition("/orders/2026-01-01/orders")[2].strip("/")
        asked = {name: values[0] for name, values in parse_qs(split.query).items()}
        for parameters, answer in self.server.examples[bool(order)]:  # type: ignore[attr-defined]
            wanted = {name: one["value"] for name, one in parameters.items()}
            fits = all(
                wanted.get(name) == found
                for name, found in (
                    ("orderId", order or None),
                    ("paginationToken", asked.get("paginationToken")),
                    ("marketplaceIds", asked["marketplaceIds"].split(",") if not order else None),
                )
            )
            if fits:
                self._send(200, answer)
                return
        self._send(400, {"errors": [{"code": "InvalidInput", "message": "no such example"}]})

    def _send(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def sandbox() -> Iterator[str]:
    """Serve the examples on loopback; yield the address."""
    by_path = samples()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sandbox)
    server.examples = [by_path[path] for path in sorted(by_path, key=len)]  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def personal_values(tree: Any) -> Iterator[str]:
    """Yield the names, addresses and numbers of people in an answer."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name in PERSONAL and isinstance(value, str) and len(value) > 3:
                yield value
            yield from personal_values(value)
    elif isinstance(tree, list):
        for one in tree:
            yield from personal_values(one)


@pytest.fixture
async def folder(tmp_path: Path) -> Any:
    """A folder with settings of three regions that point at the examples, and a database."""
    with sandbox() as address:
        values = {"FVSAMAZON_LWA_URL": f"{address}/token"}
        for region in REGIONS:
            prefix = f"FVSAMAZON_{region.upper()}__"
            values |= {
                f"{prefix}CLIENT_ID": region,
                f"{prefix}CLIENT_SECRET": f"secret of {region}",
                f"{prefix}REFRESH_TOKEN": f"Atzr|{region}",
                f"{prefix}ENDPOINT": address,
            }
        settings_file(tmp_path, values)
        database = await Database.open(tmp_path / "fvsamazon.db", create=True)
        try:
            await schema.migrate(database)
            for region in REGIONS:
                await accounts.ensure(
                    database,
                    region=region,
                    name="main",
                    refresh_token=f"Atzr|{region}",
                    client_secret=f"secret of {region}",
                    configured=frozenset((one, "main") for one in REGIONS),
                    now=to_micros(datetime.now(UTC)),
                )
        finally:
            await database.close()
        yield tmp_path


async def searched(
    folder: Path, region: Any, *, page_token: str | None = None, **query: Any
) -> OrdersPage:
    """Ask for one page as the poller does, and record it as it does."""
    specs = account_specs(load(folder / "settings.env", {}).settings)
    database = await Database.open(folder / "fvsamazon.db", create=False)
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            workshop = Workshop(database=database, clock=SystemClock(), http=http)
            task = await workshop.account(specs[region][0], configured(specs))
            page = await task.poller._searcher._client.search_orders(
                SearchQuery(
                    family="created",
                    before=datetime(2024, 12, 26, tzinfo=UTC),
                    page_token=page_token,
                    **query,
                )
            )
        row = await accounts.find(database, region, "main")
        assert row is not None
        async with database.transaction() as tx:
            await orders.record(
                tx,
                region=region,
                account_id=row.id,
                found=page.orders,
                now=to_micros(datetime.now(UTC)),
                program="1",
            )
    finally:
        await database.close()
    return page


async def exported(folder: Path) -> dict[str, Any]:
    """Return what `orders export` writes, by order id; nobody's name may be in it."""
    result = await fvsamazon_run("orders", "export", "--format", "jsonl", folder=folder)
    assert (result.code, result.err) == (0, "")
    people = set(personal_values([answer for group in samples().values() for _, answer in group]))
    assert len(people) > 10
    assert [value for value in people if value in result.out] == []
    return {one["order_id"]: one for one in map(json.loads, result.out.splitlines())}


def by_id(*found: Any) -> dict[str, Any]:
    return {one["order_id"]: one for one in found}


async def test_the_examples_of_get_order_come_out_as_the_contract_says(folder: Path) -> None:
    ids = [one["order_id"] for one in (BRAZIL_SINGLE, TURKEY, AMERICA)]
    result = await fvsamazon_run("orders", "fetch", *ids, folder=folder)
    assert result.code == 0, result.err
    found = await exported(folder)
    # The examples know no account: whichever region is asked first has the order.
    wanted = by_id(BRAZIL_SINGLE, TURKEY, AMERICA)
    assert found == {key: {**one, "region": found[key]["region"]} for key, one in wanted.items()}


@pytest.mark.parametrize("one", [BRAZIL_SINGLE, TURKEY, AMERICA], ids=["BR", "TR", "US"])
async def test_an_example_is_fetched_into_the_region_that_is_named(folder: Path, one: Any) -> None:
    result = await fvsamazon_run(
        "orders", "fetch", one["order_id"], "--region", one["region"], folder=folder
    )
    assert result.code == 0, result.err
    assert await exported(folder) == by_id(one)


async def test_the_examples_of_search_orders_come_out_as_the_contract_says(folder: Path) -> None:
    japan = await searched(
        folder,
        "FarEast",
        after=datetime(2024, 12, 25, tzinfo=UTC),
        marketplace_ids=("A1VC38T7YXB528",),
    )
    assert japan.next_token == "2YgYW55IGNhcm5hbCBwbGVhc3VyZS4"
    assert japan.bound == datetime(2024, 12, 25, 3, tzinfo=UTC)
    britain = await searched(
        folder,
        "Europe",
        after=datetime(2024, 12, 23, tzinfo=UTC),
        marketplace_ids=("A1F83G8C2ARO7P",),
        page_token="9ZhB4RmVyc2lvbiAxLjAgb2YgdGhl",
    )
    assert (britain.next_token, britain.bound) == (None, datetime(2024, 12, 24, 15, tzinfo=UTC))
    brazil = await searched(
        folder,
        "NorthAmerica",
        after=datetime(2024, 12, 20, tzinfo=UTC),
        marketplace_ids=("A2Q3Y263D00KWC",),
    )
    assert (brazil.next_token, brazil.bound) == (None, datetime(2024, 12, 22, 16, tzinfo=UTC))
    assert await exported(folder) == by_id(JAPAN, BRITAIN, BRAZIL)


async def test_an_example_id_that_amazon_does_not_know_is_told(folder: Path) -> None:
    result = await fvsamazon_run("orders", "fetch", "111-1111111-1111111", folder=folder)
    assert result.code == 1
    assert "111-1111111-1111111" in result.err
    assert await exported(folder) == {}
