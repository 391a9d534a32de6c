"""Keeps personal data: recorded encrypted with its order, read by whom it concerns.

In: a page's orders, inside the transaction that records them. Out: their protected parts, sealed,
and from when each order's retention counts. Without a usable key an order is recorded without its
personal data, never with it in the clear; of an order once erased nothing personal is kept again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fvsamazon import events
from fvsamazon.amazon.personal import combined, merge_personal, shows_street
from fvsamazon.amazon.reader import order_of
from fvsamazon.clock import SECOND, micros_now, to_micros
from fvsamazon.keyfile import KeyUnusable
from fvsamazon.orders import OrderRecord
from fvsamazon.store import notices, personal
from fvsamazon.store import orders as stored_orders
from fvsamazon.texts import Text
from fvsamazon.vault import Damaged, Place, Sealed, Vault

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from structlog.typing import FilteringBoundLogger

    from fvsamazon.clock import Clock
    from fvsamazon.orders import Unreadable
    from fvsamazon.store.accounts import AccountRow
    from fvsamazon.store.database import Database, Transaction
    from fvsamazon.store.personal import Part, Source
    from fvsamazon.vault import Keyring

DAY = 86_400 * SECOND
MARGIN = 2 * 3_600 * SECOND
"""Microseconds before the limit at which data is erased: the purge runs hourly."""
LONGEST_WAY = 180 * DAY
LONGEST_PREORDER = 730 * DAY
"""Microseconds after it was sent, or ordered, in which a delivery may be promised: a date beyond
that would keep personal data for ever. Two years is as long as Amazon serves orders."""

ROLE_MISSING = Text(
    en="Amazon withholds the address of order {order}, which is still to be sent: the application "
    "lacks the role Direct-to-Consumer Shipping",
    lt="„Amazon“ slepia dar neišsiųsto užsakymo {order} adresą: programai trūksta vaidmens "
    "„Direct-to-Consumer Shipping“",
)
ADD_ROLE = Text(
    en="add the role to the application in the Developer Console, authorise it again and put the "
    "new refresh token into the settings; or switch personal data off",
    lt="pridėkite programai šį vaidmenį „Developer Console“, suteikite jai leidimą iš naujo ir "
    "naują „refresh token“ įrašykite į nustatymus; arba išjunkite asmens duomenis",
)


@dataclass(frozen=True, slots=True)
class PrivacyPlan:
    """What the settings say of personal data; two equal ones need no restart."""

    enabled: bool = False
    retention_days: int = 30
    key: bytes | None = field(default=None, repr=False)
    key_file: Path | None = None

    def vault(self) -> Vault:
        return Vault(self.key, self.key_file)


def clock_start(
    *, delivered: int | None, cancelled: int | None, deliver_by: int | None, shipped: int | None
) -> int | None:
    """Return from when retention counts; None while nothing has begun it.

    What is known to have happened goes before what was planned; a cancelled order is never
    delivered, whatever its delivery window said.
    """
    if delivered is not None and cancelled is not None:
        return min(delivered, cancelled)
    for moment in (delivered, cancelled, deliver_by, shipped):
        if moment is not None:
            return moment
    return None


def horizon(now: int, days: int) -> int:
    """Return the moment before which a clock must have begun for its data to be due."""
    return now - days * DAY + MARGIN


class Keeper:
    """Writes the protected part of every recorded order; one for all regions.

    One that works beside a daemon leaves it to that to tell what begins and what ends.
    """

    def __init__(
        self,
        plan: PrivacyPlan,
        *,
        clock: Clock,
        log: FilteringBoundLogger,
        beside_daemon: bool = False,
    ) -> None:
        self._beside_daemon = beside_daemon
        self._plan = plan
        self._vault = plan.vault()
        self._clock = clock
        self._log = log
        self._checked: frozenset[bytes] | None = None
        self._told: str | None = None
        self._works = False

    @property
    def plan(self) -> PrivacyPlan:
        return self._plan

    async def look(self, database: Database) -> None:
        """See whether the key is the right one, before an order comes; say it again if not."""
        self._told = None
        if self._plan.enabled:
            async with database.transaction() as tx:
                await self._keys(tx, micros_now(self._clock))

    async def recorded(
        self,
        tx: Transaction,
        account: AccountRow,
        found: Sequence[OrderRecord | Unreadable],
        outcome: stored_orders.Recorded,
    ) -> None:
        """Write what is personal of a page, part of its commit."""
        del outcome  # a version seen before may show more than it did, once a role was granted
        records = sorted(
            (item for item in found if isinstance(item, OrderRecord)), key=lambda r: r.updated_at
        )
        if not records:
            return
        wanted = any(record.personal is not None for record in records)
        rows = {
            row["order_id"]: row
            for row in await personal.standing(
                tx, account.region, [r.order_id for r in records], personal=wanted
            )
            if row["account_id"] == account.id
        }
        now = micros_now(self._clock)
        starts = {name: await self._move_clock(tx, account, row) for name, row in rows.items()}
        if not wanted:
            return
        if not self._beside_daemon:
            await self._look_for_roles(tx, account, records, now)
        offset = await personal.clock_offset(tx, account.id)
        limit = horizon(now + (offset or 0), self._plan.retention_days)
        open_for = [
            (record, rows[record.order_id])
            for record in records
            if record.personal is not None
            and record.order_id in rows
            and rows[record.order_id]["erased_at"] is None
            and not _is_past(starts[record.order_id], limit)
        ]
        if open_for and (ring := await self._keys(tx, now)) is not None:
            await self._keep(tx, account.region, open_for, starts, ring, now)

    async def _keep(
        self,
        tx: Transaction,
        region: str,
        wanted: Iterable[tuple[OrderRecord, sqlite3.Row]],
        starts: dict[str, int | None],
        ring: Keyring,
        now: int,
    ) -> None:
        pairs = list(wanted)
        known = await personal.parts(tx, [row["id"] for _, row in pairs])
        for record, row in pairs:
            place = Place(region, record.order_id, personal.ORDER)
            before = known.get(row["id"])
            brought, version_at = record.personal or b"{}", to_micros(record.updated_at)
            plain = self._opened(ring, place, before)
            if before is not None and plain is not None:
                if version_at >= before.version_at:
                    brought = merge_personal(plain, brought)
                else:
                    brought, version_at = merge_personal(brought, plain), before.version_at
            if brought == (b"{}" if plain is None else plain) and (
                before is None or version_at == before.version_at
            ):
                continue
            sealed = ring.seal(place, brought)
            await personal.put(
                tx,
                order_row=row["id"],
                field=personal.ORDER,
                version_at=version_at,
                sealed=(sealed.key_id, sealed.nonce, sealed.ciphertext),
                now=now,
            )
            # A page may hold the same order twice.
            known[row["id"]] = personal.Part(
                row["id"], personal.ORDER, version_at, *_fields(sealed), slot=0, stored_at=now
            )
            if not row["known"]:
                await personal.set_clock(tx, row["id"], starts[record.order_id])

    def _opened(self, ring: Keyring, place: Place, part: Part | None) -> bytes | None:
        if part is None:
            return None
        try:
            return ring.open(place, sealed_of(part))
        except Damaged as error:
            self._log.error(events.PRIVACY_DAMAGED, order=place.order_id, detail=str(error))
            return None

    async def _move_clock(
        self, tx: Transaction, account: AccountRow, row: sqlite3.Row
    ) -> int | None:
        start = start_of(row, account.region, account.name)
        if start is None and row["erased_at"] is None:
            # A later version may leave a date out: a clock that runs may move, and never stops.
            return row["clock_at"] if row["known"] else None
        if row["known"] and row["erased_at"] is None and start != row["clock_at"]:
            await personal.set_clock(tx, row["id"], start)
        return start

    async def _keys(self, tx: Transaction, now: int) -> Keyring | None:
        """Return the keys, or None and say why once."""
        try:
            ring = await self._right_keys(tx, now)
        except KeyUnusable as error:
            self._checked, self._works = None, False
            reason = error.reason("en")
            if self._told != reason:
                self._told = reason
                known = self._beside_daemon or await notices.told(tx, notices.KEY_UNUSABLE)
                if not known:
                    await notices.tell(tx, notices.KEY_UNUSABLE, now)
                self._log.error(events.PRIVACY_KEY_UNUSABLE, why=reason, remedy=error.cure("en"))
            return None
        if not self._works and not self._beside_daemon:
            await self._tell_it_works(tx, ring, now)
        self._told, self._works = None, True
        return ring

    async def _tell_it_works(self, tx: Transaction, ring: Keyring, now: int) -> None:
        """End what this or another keeper, maybe one of an earlier run, told of the key."""
        told = await notices.told(tx, notices.KEY_UNUSABLE)
        if told is not None:
            await notices.untell(tx, notices.KEY_UNUSABLE)
            self._log.info(
                events.PRIVACY_KEY_USABLE,
                key_id=ring.current_id.hex(),
                seconds=round(max(0.0, (now - told) / SECOND), 1),
            )

    async def _right_keys(self, tx: Transaction, now: int) -> Keyring:
        ring = self._vault.keys()
        if self._checked != ring.ids:
            used = await personal.key_ids(tx)
            if used - ring.ids:
                ring = self._vault.keys_again()
            ring.require(used)
            await personal.know_key(tx, ring.current_id, now)
            self._checked = ring.ids
        return ring

    async def _look_for_roles(
        self, tx: Transaction, account: AccountRow, records: Iterable[OrderRecord], now: int
    ) -> None:
        """Tell once that a role is missing, and its end: Amazon has no other way to say so."""
        waiting = [r for r in records if r.status == "UNSHIPPED" and r.fulfilled_by == "MERCHANT"]
        if not waiting:
            return
        name = notices.of_account(notices.SHIPPING_ROLE, account.id)
        told = await notices.told(tx, name)
        where = {"region": account.region, "account": account.name}
        if any(shows_street(r.personal) for r in waiting):
            if told is not None:
                await notices.untell(tx, name)
                seconds = round(max(0.0, (now - told) / SECOND), 1)
                self._log.info(events.REGION_RECOVERED, kind="role", seconds=seconds, **where)
        elif told is None or told < (account.token_seen_at or 0):
            # A new token is the remedy: that it did not help is worth another word.
            await notices.tell(tx, name, now)
            order = waiting[0].order_id
            self._log.error(
                events.REGION_ATTENTION,
                why=ROLE_MISSING.say("en", order=order),
                remedy=ADD_ROLE.say("en"),
                order=order,
                **where,
            )


def start_of(row: sqlite3.Row, region: str, account: str) -> int | None:
    """Return from when a recorded order's retention counts."""
    order = order_of(stored_orders.unpack(row["payload"]), region, account)
    shipped = row["first_shipped_at"]
    sent = [to_micros(p.shipped_at) for p in order.packages if p.shipped_at is not None]
    if shipped is not None and sent:
        shipped = min(shipped, max(sent))
    by = order.deliver_by_latest
    most = min(to_micros(order.created_at), row["updated_at"]) + LONGEST_PREORDER
    if shipped is not None:
        most = min(most, shipped + LONGEST_WAY)
    return clock_start(
        delivered=row["first_delivered_at"],
        cancelled=row["cancelled_at"],
        deliver_by=min(to_micros(by), most) if by is not None else None,
        shipped=shipped,
    )


def sealed_of(part: Part) -> Sealed:
    """Return a stored part as the vault takes it."""
    return Sealed(part.key_id, part.nonce, part.sealed)


async def protected(
    source: Source, vault: Vault, *, region: str, order_id: str, order_row: int
) -> bytes | None:
    """Return the protected part of one order in the clear, None where nothing is kept.

    Raises `KeyUnusable` and `Damaged`.
    """
    part = await personal.part(source, order_row)
    if part is None:
        return None
    return vault.open(Place(region, order_id, personal.ORDER), sealed_of(part))


async def whole(source: Source, vault: Vault, row: sqlite3.Row) -> dict[str, Any] | None:
    """Return a recorded order as Amazon sent it, None where nothing personal is kept of it.

    `row` is one of `store.orders`. Raises `KeyUnusable` and `Damaged`.
    """
    part = await protected(
        source, vault, region=row["region"], order_id=row["order_id"], order_row=row["id"]
    )
    return None if part is None else combined(stored_orders.unpack(row["payload"]), part)


def _fields(sealed: Sealed) -> tuple[bytes, bytes, bytes]:
    return sealed.key_id, sealed.nonce, sealed.ciphertext


def _is_past(start: int | None, limit: int) -> bool:
    return start is not None and start <= limit
