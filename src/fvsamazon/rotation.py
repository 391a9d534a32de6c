"""Encrypts everything again under the newest key, beside a daemon that goes on recording.

In: a vault that holds the new key and the old one. Out: no part under any other key than the
newest. It works in small transactions; whoever writes meanwhile looks the key up inside a
transaction of its own, so that after the last of them nothing can be under the old key any more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fvsamazon import events
from fvsamazon.clock import micros_now
from fvsamazon.privacy import sealed_of
from fvsamazon.store import personal
from fvsamazon.vault import Damaged, Place

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from fvsamazon.clock import Clock
    from fvsamazon.store.database import Database
    from fvsamazon.vault import Vault

BATCH = 100
"""Parts that one transaction encrypts again."""
PAUSE = 0.01
"""Seconds between two of them, in which others get the write lock."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """What one rotation did; `damaged` parts could not be opened."""

    parts: int
    damaged: int


class Rotation:
    """Moves parts from older keys to the newest."""

    def __init__(
        self, database: Database, vault: Vault, clock: Clock, log: FilteringBoundLogger
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._log = log

    async def is_unfinished(self) -> bool:
        """Say whether something is under an older key; raises `KeyUnusable` where it is lost."""
        ring = self._vault.keys()
        used = await personal.key_ids(self._database)
        ring.require(used)
        return bool(used - {ring.current_id})

    async def run(self) -> Rotated:
        """Encrypt everything under the newest key; raises `KeyUnusable`."""
        began = self._clock.elapsed()
        self._vault.keys_again()
        parts = damaged = 0
        while True:
            moved, current = 0, self._vault.keys().current_id
            for old in await personal.key_ids(self._database) - {current}:
                done = await self._move(old)
                moved, damaged = moved + done.parts + done.damaged, damaged + done.damaged
                parts += done.parts
            if not moved:
                break
        now = micros_now(self._clock)
        async with self._database.transaction() as tx:
            await personal.know_key(tx, current, now)
            await personal.retire_keys(tx, current, now)
        await self._database.checkpoint()
        self._log.info(
            events.PRIVACY_KEY_ROTATED,
            key_id=current.hex(),
            fields=parts,
            seconds=round(self._clock.elapsed() - began, 1),
        )
        return Rotated(parts, damaged)

    async def drop_lost(self, *, user_id: int) -> tuple[int, int]:
        """Erase at a person's word what no known key opens; return orders and parts.

        Raises `KeyUnusable` where such a key is here and only cannot be read.
        """
        ring = self._vault.keys_again()
        orders = parts = 0
        now = micros_now(self._clock)
        used = await personal.key_ids(self._database)
        ring.refuse_closed(used)
        for lost in used - ring.ids:
            async with self._database.transaction() as tx:
                some, gone = await personal.drop_key(tx, lost, now)
                await personal.record_erasure(
                    tx, at=now, why="key_lost", orders=some, parts=gone, user_id=user_id
                )
            orders, parts = orders + some, parts + gone
        return orders, parts

    async def _move(self, old: bytes) -> Rotated:
        """Go once through what is under one key."""
        after = (0, "")
        parts = damaged = 0
        while True:
            async with self._database.transaction() as tx:
                batch = await personal.of_key(tx, old, after, BATCH)
                ring = self._vault.keys()
                for part, region, order_id in batch:
                    after = (part.order_row, part.field)
                    place = Place(region, order_id, part.field)
                    try:
                        sealed = ring.seal(place, ring.open(place, sealed_of(part)))
                        parts += 1
                    except Damaged as error:
                        # No key opens it any more. Left under the old one, it would keep that in
                        # use: no rotation would ever end, nor the old key be missing without harm.
                        sealed = replace(sealed_of(part), key_id=ring.current_id)
                        damaged += 1
                        self._log.error(events.PRIVACY_DAMAGED, order=order_id, detail=str(error))
                    await personal.put(
                        tx,
                        order_row=part.order_row,
                        field=part.field,
                        version_at=part.version_at,
                        sealed=(sealed.key_id, sealed.nonce, sealed.ciphertext),
                        now=part.stored_at,
                    )
            if len(batch) < BATCH:
                return Rotated(parts, damaged)
            await self._clock.sleep(PAUSE)
