"""What a person asks for with `--personal-data`: decrypted, and recorded before it is shown.

In: rows of orders. Out: what is kept of each beside its public part, and in the database and the
log who read it, when, of which order. Nothing is shown that was not recorded.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from fvsamazon import events, logs
from fvsamazon.amazon.split import clean
from fvsamazon.cli.order_texts import DAMAGED
from fvsamazon.clock import micros_now
from fvsamazon.store import personal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from fvsamazon.clock import Clock
    from fvsamazon.settings import Settings
    from fvsamazon.store.database import Database

_LOGIN = Path("/proc/self/loginuid")
_UNSET = 0xFFFF_FFFF

COLUMNS = (
    "buyer_name",
    "buyer_email",
    "name",
    "company_name",
    "address_line_1",
    "address_line_2",
    "address_line_3",
    "city",
    "district",
    "municipality",
    "postal_code",
    "phone",
)
"""What a table of people has room for; JSON has everything."""
_ADDRESS = (
    "name",
    "companyName",
    "addressLine1",
    "addressLine2",
    "addressLine3",
    "city",
    "districtOrCounty",
    "municipality",
    "postalCode",
    "phone",
)


@dataclass(frozen=True, slots=True)
class Person:
    """Who started this process; `login_id` is who logged in, where sudo stands between."""

    user_id: int
    login_id: int | None


def person() -> Person:
    """Return who asks; to be called before the process becomes the database's owner."""
    user_id = os.getuid()
    try:
        login = int(_LOGIN.read_text("ascii"))
    except (OSError, ValueError):
        login = _UNSET
    return Person(user_id, None if login in {_UNSET, user_id} else login)


class Revealer:
    """Decrypts for one person and keeps account of it."""

    def __init__(self, settings: Settings, clock: Clock, who: Person, command: str) -> None:
        # Cryptography is loaded for those who ask for it.
        from fvsamazon.assembly import privacy_plan

        self._vault = privacy_plan(settings).vault()
        self._clock = clock
        self._who = who
        self._command = command
        self._language = settings.language

    async def reveal(
        self, database: Database, rows: Sequence[sqlite3.Row]
    ) -> dict[int, dict[str, Any]]:
        """Return what is kept of each order by its row; those of which nothing is are left out.

        Raises `FvsamazonError` where the key cannot be used, in the reader's language.
        """
        from fvsamazon.privacy import protected
        from fvsamazon.vault import Damaged

        found: dict[int, dict[str, Any]] = {}
        names = []
        for row in rows:
            try:
                part = await protected(
                    database,
                    self._vault,
                    region=row["region"],
                    order_id=row["order_id"],
                    order_row=row["id"],
                )
            except Damaged:
                told = DAMAGED.say(self._language, order=row["order_id"])
                print(f"fvsamazon: {told}", file=sys.stderr)
                continue
            if part is not None:
                found[row["id"]] = _cleaned(msgspec.json.decode(part))
                names.append(row["order_id"])
        if found:
            async with database.transaction() as tx:
                await personal.record_access(
                    tx,
                    at=micros_now(self._clock),
                    user_id=self._who.user_id,
                    login_id=self._who.login_id,
                    command=self._command,
                    rows=list(found),
                )
            logs.get_logger().info(
                events.PRIVACY_ACCESSED,
                user=self._who.user_id,
                login=self._who.login_id,
                orders=names,
                command=self._command,
            )
        return found


def cells(part: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the columns of a table of people, None where nothing is known."""
    buyer = _object(part, "buyer")
    address = _object(_object(part, "recipient"), "deliveryAddress")
    values = [buyer.get("buyerName"), buyer.get("buyerEmail"), *map(address.get, _ADDRESS)]
    return {
        name: value if isinstance(value, str) else None
        for name, value in zip(COLUMNS, values, strict=True)
    }


def _object(owner: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    found = owner.get(name) if owner else None
    return found if isinstance(found, dict) else {}


def _cleaned(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return JSON without characters that steer a terminal: people typed it."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    return value
