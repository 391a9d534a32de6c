"""Selling accounts and everything that is remembered of each but its orders.

An account is known by region and name. A name never seen takes over the state of one that the
settings no longer name, if both have the same refresh token: a renamed account keeps its place.
A refresh token that goes from one known name to another takes its quota along, and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from fvsamazon.store import buckets
from fvsamazon.texts import Text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from fvsamazon.store.database import Database, Transaction

MAIN = "main"
"""Name of the account behind a region's own refresh token."""
_FORMER = "former_token:"
"""Key in `meta`, with the keyed hash of a refresh token: which account had it until it changed."""


@dataclass(slots=True)
class AccountRow:
    """One account's remembered state; times are microseconds since 1970, UTC."""

    id: int
    region: str
    name: str
    active: int
    state: str
    reason: Text | None
    failing_since: int | None
    failures: int
    retry_at: int | None
    live_due_at: int | None
    live_polled_at: int | None
    live_density: float | None
    live_span_limit: float | None
    history_density: float | None
    history_span_limit: float | None
    history_called_at: int | None
    sweep_round: int
    sweep_mark: int | None
    sweep_called_at: int | None
    suspect_from: int | None
    suspect_to: int | None
    clock_offset: int | None
    bound_widened: float
    participations: str | None
    participations_at: int | None
    participations_state: str | None
    tax_registration_seen: int
    newest_order_at: int | None
    quiet_since: int | None
    token_seen_at: int | None
    secret_seen_at: int | None


COLUMNS = tuple(field.name for field in fields(AccountRow))
_WRITABLE = frozenset(COLUMNS) - {"id", "region", "name"}
_SELECT = f"select {', '.join(COLUMNS)} from account"  # noqa: S608 - names of our own columns


def _row(row: sqlite3.Row) -> AccountRow:
    values = {column: row[column] for column in COLUMNS}
    return AccountRow(**{**values, "reason": _reason(values["reason"])})


def _reason(stored: str | None) -> Text | None:
    """Return a reason as it is kept; a version before this one kept one language alone."""
    if stored is None:
        return None
    try:
        told = json.loads(stored)
        return Text(en=told["en"], lt=told["lt"])
    except (ValueError, TypeError, KeyError):
        return Text(en=stored, lt=stored)


async def find(database: Database, region: str, name: str) -> AccountRow | None:
    """Return one account's row."""
    row = await database.one(f"{_SELECT} where region = ? and name = ?", (region, name))
    return _row(row) if row else None


async def all_accounts(database: Database, *, active: bool = False) -> list[AccountRow]:
    """Return the accounts, those of the settings in force alone with `active`."""
    where = " where active = 1" if active else ""
    rows = await database.all(f"{_SELECT}{where} order by region, name")
    return [_row(row) for row in rows]


async def keyed_hash(database: Database, secret: str) -> bytes:
    """Return a hash by which a secret is recognised and from which it cannot be guessed."""
    row = await database.one("select value from meta where key = 'hash_key'")
    key = bytes.fromhex(row["value"]) if row else b""
    return hmac.new(key, secret.encode(), hashlib.sha256).digest()


async def ensure(
    database: Database,
    *,
    region: str,
    name: str,
    refresh_token: str,
    client_secret: str,
    configured: frozenset[tuple[str, str]],
    now: int,
) -> AccountRow:
    """Return the account's row, made, renamed or taken up again as the settings want it.

    `configured` names every account of the settings in force, so that a row which they no longer
    name can be told from one that they do.
    """
    token_hash = await keyed_hash(database, refresh_token)
    secret_hash = await keyed_hash(database, client_secret)
    async with database.transaction() as tx:
        known = await tx.one(
            "select id, token_hash, secret_hash from account where region = ? and name = ?",
            (region, name),
        )
        if known is None:
            vanished = [
                row
                for row in await tx.all(
                    "select id, name, token_hash, secret_hash from account "
                    "where region = ? and token_hash = ? order by token_seen_at desc, id desc",
                    (region, token_hash),
                )
                if (region, row["name"]) not in configured
            ]
            if vanished:
                known = vanished[0]
                await tx.execute("update account set name = ? where id = ?", (name, known["id"]))
        if known is None:
            account_id = await tx.insert(
                "insert into account (region, name, token_hash, secret_hash, token_seen_at, "
                "secret_seen_at) values (?, ?, ?, ?, ?, ?)",
                (region, name, token_hash, secret_hash, now, now),
            )
        else:
            account_id = known["id"]
            await tx.execute("update account set active = 1 where id = ?", (account_id,))
            if known["token_hash"] != token_hash:
                await tx.execute(
                    "update account set token_hash = ?, token_seen_at = ? where id = ?",
                    (token_hash, now, account_id),
                )
            if known["secret_hash"] != secret_hash:
                await tx.execute(
                    "update account set secret_hash = ?, secret_seen_at = ? where id = ?",
                    (secret_hash, now, account_id),
                )
        if known is None or known["token_hash"] != token_hash:
            for former in await _holders(tx, region, token_hash):
                if former != account_id:
                    await buckets.share(tx, account_id, former)
            if known is not None:
                await _remember_holder(tx, known["token_hash"], account_id)
        row = await tx.one(f"{_SELECT} where id = ?", (account_id,))
    if row is None:  # pragma: no cover - inserted above
        raise LookupError(name)
    return _row(row)


async def _holders(tx: Transaction, region: str, token_hash: bytes) -> list[int]:
    """Return the accounts of a region that have, or last had, a refresh token."""
    rows = await tx.all(
        "select id from account where region = :region and (token_hash = :hash or id = "
        "(select cast(value as integer) from meta where key = :key))",
        {"region": region, "hash": token_hash, "key": _FORMER + token_hash.hex()},
    )
    return [row["id"] for row in rows]


async def _remember_holder(tx: Transaction, token_hash: bytes, account_id: int) -> None:
    await tx.execute(
        "insert or replace into meta (key, value) values (?, ?)",
        (_FORMER + token_hash.hex(), str(account_id)),
    )


async def retire(database: Database, configured: frozenset[tuple[str, str]]) -> None:
    """Mark the accounts that the settings no longer name; their state is kept."""
    async with database.transaction() as tx:
        for row in await tx.all("select id, region, name from account where active = 1"):
            if (row["region"], row["name"]) not in configured:
                await tx.execute("update account set active = 0 where id = ?", (row["id"],))


async def update(tx: Transaction, account_id: int, values: Mapping[str, Any]) -> None:
    """Write some columns of one account."""
    if unknown := set(values) - _WRITABLE:
        raise KeyError(f"no such column of an account: {sorted(unknown)}")
    values = {
        name: json.dumps(asdict(value), ensure_ascii=False) if isinstance(value, Text) else value
        for name, value in values.items()
    }
    names = sorted(values)
    assignments = ", ".join(f"{name} = :{name}" for name in names)
    await tx.execute(
        f"update account set {assignments} where id = :id",  # noqa: S608 - closed set of names
        {"id": account_id, **values},
    )


async def load_token(database: Database, account_id: int) -> tuple[bytes, int] | None:
    """Return the sealed access token and when it ends, as last saved."""
    row = await database.one(
        "select sealed, valid_until from token where account_id = ?", (account_id,)
    )
    return (row["sealed"], row["valid_until"]) if row else None


async def save_token(database: Database, account_id: int, sealed: bytes, valid_until: int) -> None:
    """Keep a sealed access token across a restart."""
    async with database.transaction() as tx:
        await tx.execute(
            "insert into token (account_id, sealed, valid_until) values (?, ?, ?) "
            "on conflict (account_id) do update set sealed = excluded.sealed, "
            "valid_until = excluded.valid_until",
            (account_id, sealed, valid_until),
        )


async def drop_token(database: Database, account_id: int) -> None:
    """Forget an access token that Amazon refused."""
    async with database.transaction() as tx:
        await tx.execute("delete from token where account_id = ?", (account_id,))


async def count(tx: Transaction, account_id: int, name: str, by: int) -> None:
    """Move a counter that `status` shows without walking through the orders."""
    if by:
        await tx.execute(
            "insert into counter (account_id, name, value) values (?, ?, ?) "
            "on conflict (account_id, name) do update set value = value + excluded.value",
            (account_id, name, by),
        )


async def counters(database: Database) -> dict[tuple[int, str], int]:
    """Return every counter by account and name."""
    rows = await database.all("select account_id, name, value from counter")
    return {(row["account_id"], row["name"]): row["value"] for row in rows}


async def unreadable(database: Database) -> dict[int, int]:
    """Return how many orders of each account are set aside because they could not be read."""
    rows = await database.all(
        "select account_id, count(*) as n from unreadable group by account_id"
    )
    return {row["account_id"]: row["n"] for row in rows}
