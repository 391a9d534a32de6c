"""What people were told and is not to be told again, for as long as it is so.

In: a name and a moment. Out: when it was told. It outlives a restart, so that a service that is
restarted often does not repeat itself, and that the end of what was told can be told too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fvsamazon.store.database import Database, Transaction

SHIPPING_ROLE = "role:shipping"
"""Amazon withholds the addresses of an account's orders; the account's row follows."""
KEY_UNUSABLE = "key:unusable"
BYTES_KEPT = "purge:bytes_kept"


async def told(source: Database | Transaction, name: str) -> int | None:
    """Return when a person was told something."""
    row = await source.one("select told_at from notice where name = ?", (name,))
    return row["told_at"] if row else None


async def tell(tx: Transaction, name: str, now: int) -> None:
    """Remember that a person was told something."""
    await tx.execute(
        "insert into notice (name, told_at) values (?, ?) "
        "on conflict (name) do update set told_at = excluded.told_at",
        (name, now),
    )


async def untell(tx: Transaction, name: str) -> None:
    """Forget that a person was told something: it is so no more."""
    await tx.execute("delete from notice where name = ?", (name,))


def of_account(name: str, account_id: int) -> str:
    """Return the name of what is told of one account."""
    return f"{name}:{account_id}"


async def by_account(source: Database | Transaction, name: str) -> dict[int, int]:
    """Return when it was told of which account."""
    rows = await source.all(
        "select substr(name, length(:prefix) + 1) as id, told_at from notice "
        "where substr(name, 1, length(:prefix)) = :prefix",
        {"prefix": f"{name}:"},
    )
    return {int(row["id"]): row["told_at"] for row in rows}
