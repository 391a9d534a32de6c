"""What a user would write today with python-amazon-sp-api: all orders into one SQLite table.

`once` reads everything of the last seventy days; `loop SECONDS` then asks for updates every so
many seconds. One commit a page, the JSON as it came, a retry after a 429 as the library's own
documentation shows it. No history of versions, no resume, no bucket kept.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sp_api.api import OrdersV20260101
from sp_api.auth import AccessTokenClient
from sp_api.base import Marketplaces
from sp_api.base.exceptions import SellingApiRequestThrottledException

DATA_SETS = ["RECIPIENT", "PROCEEDS", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX"]
HOME = {"EUROPE": "DE", "NORTHAMERICA": "US", "FAREAST": "JP"}
SOLD_IN = {
    "EUROPE": "DE FR IT ES UK NL BE IE SE PL",
    "NORTHAMERICA": "US CA MX BR",
    "FAREAST": "JP",
}


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read(client: OrdersV20260101, store: sqlite3.Connection, query: dict[str, Any]) -> int:
    count = 0
    while True:
        try:
            answer = client.search_orders(**query)
        except SellingApiRequestThrottledException:
            time.sleep(1)
            continue
        orders = answer.payload["orders"]
        with store:
            store.executemany(
                "insert or replace into orders values (?, ?, ?, ?)",
                [
                    (
                        one["orderId"],
                        one["lastUpdatedTime"],
                        (one.get("fulfillment") or {}).get("fulfillmentStatus"),
                        json.dumps(one),
                    )
                    for one in orders
                ],
            )
        count += len(orders)
        if answer.next_token is None:
            return count
        query["paginationToken"] = answer.next_token


def clients(settings: dict[str, str]) -> list[tuple[OrdersV20260101, list[str]]]:
    url = urlsplit(settings["FVSAMAZON_LWA_URL"])
    AccessTokenClient.scheme, AccessTokenClient.host = f"{url.scheme}://", url.netloc
    found = []
    for region, code in HOME.items():
        prefix = f"FVSAMAZON_{region}__"
        if f"{prefix}REFRESH_TOKEN" in settings:
            client = OrdersV20260101(
                marketplace=Marketplaces[code],
                credentials={
                    "refresh_token": settings[f"{prefix}REFRESH_TOKEN"],
                    "lwa_app_id": settings[f"{prefix}CLIENT_ID"],
                    "lwa_client_secret": settings[f"{prefix}CLIENT_SECRET"],
                },
            )
            client.endpoint = settings[f"{prefix}ENDPOINT"]
            # The library's own lacks the attribute that Amazon's documentation demands.
            client.user_agent = "their-script/1.0 (Language=Python)"
            ids = [Marketplaces[one].marketplace_id for one in SOLD_IN[region].split()]
            found.append((client, ids))
    return found


def main() -> None:
    settings = json.loads(Path("settings.json").read_text())
    store = sqlite3.connect("theirs.db")
    store.execute("create table if not exists orders (id primary key, updated, status, json)")
    since = datetime.now(UTC) - timedelta(days=70)
    everybody = clients(settings)
    count = 0
    for client, ids in everybody:
        count += read(
            client,
            store,
            {"createdAfter": stamp(since), "marketplaceIds": ids, "includedData": DATA_SETS},
        )
    print(count, flush=True)
    if sys.argv[1] != "loop":
        return
    mark = datetime.now(UTC)
    while True:
        time.sleep(float(sys.argv[2]))
        following = datetime.now(UTC)
        for client, ids in everybody:
            # Updates show about two minutes late, so each search overlaps the last by five.
            read(
                client,
                store,
                {
                    "lastUpdatedAfter": stamp(mark - timedelta(minutes=5)),
                    "marketplaceIds": ids,
                    "includedData": DATA_SETS,
                },
            )
        mark = following


if __name__ == "__main__":
    main()
