"""Orders with personal data, recorded as the daemon records them, and files searched for them."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fvsamazon import __version__, logs
from fvsamazon.amazon.personal import carry_zones
from fvsamazon.amazon.reader import read_order
from fvsamazon.clock import to_micros
from fvsamazon.orders import OrderRecord
from fvsamazon.privacy import Keeper, PrivacyPlan, protected
from fvsamazon.retention import Purger
from fvsamazon.store import accounts, orders, personal, schema
from fvsamazon.store.database import Database
from support.amazon_samples import FULL

if TYPE_CHECKING:
    from pathlib import Path

    from support.clocks import FakeClock

KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))


def wire(order_id: str = "305-1234567-7654321", **more: Any) -> dict[str, Any]:
    """Return an order with a canary in every personal field; `more` replaces top fields."""
    order = copy.deepcopy(FULL)
    order["orderId"] = order_id
    order["packages"] = []
    order["fulfillment"] = {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"}
    for name, value in more.items():
        if value is None:
            order.pop(name, None)
        else:
            order[name] = value
    return order


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(order: dict[str, Any], *, on: bool = True) -> OrderRecord:
    record = read_order(json.dumps(order).encode(), personal=on)
    assert isinstance(record, OrderRecord), record
    return record


@dataclass
class Office:
    """One account's database with its keeper and purger."""

    path: Path
    clock: FakeClock
    plan: PrivacyPlan = field(default_factory=lambda: PrivacyPlan(enabled=True, key=KEY))
    database: Database = field(init=False)
    account: accounts.AccountRow = field(init=False)
    keeper: Keeper = field(init=False)

    async def open(self) -> Office:
        self.database = await Database.open(self.path, create=True)
        await schema.migrate(self.database)
        self.account = await accounts.ensure(
            self.database,
            region="Europe",
            name="main",
            refresh_token="Atzr|t",
            client_secret="s",
            configured=frozenset({("Europe", "main")}),
            now=to_micros(self.clock.now()),
        )
        self.use(self.plan)
        return self

    def use(self, plan: PrivacyPlan) -> None:
        self.plan = plan
        self.keeper = Keeper(plan, clock=self.clock, log=logs.get_logger())

    @property
    def purger(self) -> Purger:
        return self.purger_for(None)

    def purger_for(self, user_id: int | None) -> Purger:
        """Return a purger as a person's command has it; the daemon's own without `user_id`."""
        return Purger(
            self.database,
            self.clock,
            days=self.plan.retention_days,
            log=logs.get_logger(),
            user_id=user_id,
        )

    async def record(self, *found: dict[str, Any]) -> orders.Recorded:
        """Record a page as the poller does."""
        records = [read(order, on=self.plan.enabled) for order in found]
        async with self.database.transaction() as tx:
            outcome = await orders.record(
                tx,
                region="Europe",
                account_id=self.account.id,
                found=records,
                now=to_micros(self.clock.now()),
                program=__version__,
                amend=carry_zones,
            )
            await self.keeper.recorded(tx, self.account, records, outcome)
        return outcome

    async def kept(self, order_id: str = "305-1234567-7654321") -> dict[str, Any] | None:
        """Return what is kept of an order beside its public part."""
        (row,) = await orders.get(self.database, order_id)
        found = await protected(
            self.database,
            self.plan.vault(),
            region="Europe",
            order_id=order_id,
            order_row=row["id"],
        )
        return None if found is None else json.loads(found)

    async def ciphertexts(self) -> list[bytes]:
        """Return every ciphertext that lies in the database now."""
        rows = await self.database.all(
            "select s.sealed from personal as p join slot as s on s.id = p.slot "
            "order by p.order_row, p.field"
        )
        return [row["sealed"] for row in rows]

    async def erased(self, order_id: str = "305-1234567-7654321") -> tuple[int, str] | None:
        (row,) = await orders.get(self.database, order_id)
        return await personal.erased(self.database, row["id"])


def raw_bytes(path: Path) -> bytes:
    """Return all bytes of a database and of every file beside it that begins with its name."""
    return b"\0".join(
        file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")) if file.is_file()
    )


def pieces(ciphertext: bytes) -> list[bytes]:
    """Return pieces long enough to be nobody else's, from all over a ciphertext."""
    return [ciphertext[at : at + 16] for at in range(0, len(ciphertext) - 16, 61)]


def found_in(raw: bytes, ciphertext: bytes) -> bool:
    """Say whether any piece of a ciphertext is there."""
    return any(piece in raw for piece in pieces(ciphertext))
