"""A database with accounts and orders in it, written by the store's own functions."""

from __future__ import annotations

import copy
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fvsamazon.amazon.reader import read_order
from fvsamazon.clock import to_micros
from fvsamazon.store import accounts, orders, schema
from fvsamazon.store.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

ACCOUNTS = (("Europe", "main"), ("FarEast", "jp"), ("FarEast", "au"))
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@asynccontextmanager
async def recorded(path: Path) -> AsyncIterator[Database]:
    """Open a database, made and given its accounts where it is new."""
    database = await Database.open(path, create=True)
    try:
        await schema.migrate(database)
        for region, name in ACCOUNTS:
            await accounts.ensure(
                database,
                region=region,
                name=name,
                refresh_token=name,
                client_secret=region,
                configured=frozenset(ACCOUNTS),
                now=to_micros(NOON),
            )
        yield database
    finally:
        await database.close()


async def account_id(database: Database, region: str = "Europe", name: str = "main") -> int:
    row = await accounts.find(database, region, name)
    assert row is not None
    return row.id


def order(number: int = 1, *, hours: float = 0, **changes: Any) -> dict[str, Any]:
    """Return an order as Amazon sends it, made some hours after noon; `changes` replace keys."""
    at = (NOON + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    document = {
        "orderId": f"305-0000000-{number:07}",
        "createdTime": at,
        "lastUpdatedTime": at,
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1PA6795UKMFR9"},
        "fulfillment": {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT"},
        "proceeds": {"grandTotal": {"amount": "29.80", "currencyCode": "EUR"}},
        "orderItems": [
            {
                "orderItemId": "1",
                "quantityOrdered": 2,
                "product": {"sellerSku": "SKU-1", "asin": "B000000001", "title": "Thing"},
                "proceeds": {"proceedsTotal": {"amount": "29.80", "currencyCode": "EUR"}},
            }
        ],
    }
    return copy.deepcopy({**document, **changes})


async def record(
    database: Database,
    *documents: dict[str, Any],
    region: str = "Europe",
    name: str = "main",
    seen: datetime = NOON + timedelta(days=1),
) -> orders.Recorded:
    """Record orders as the poller would."""
    found = [read_order(json.dumps(document).encode()) for document in documents]
    async with database.transaction() as tx:
        return await orders.record(
            tx,
            region=region,
            account_id=await account_id(database, region, name),
            found=found,
            now=to_micros(seen),
            program="1",
        )
