"""The buyer of an order as the rules may use it: from the protected part, while that is kept.

In: an order's row. Out: name and address by the names of `booking.context.Buyer`, or None where
nothing is kept or the key cannot be used: the order is then built, or held, without. What comes out
of here goes into Finvalda's cards and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fvsamazon.errors import FvsamazonError, StoreError
from fvsamazon.privacy import whole
from fvsamazon.store import outbox

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fvsamazon.store.database import Database
    from fvsamazon.vault import Vault

_LINES = ("addressLine1", "addressLine2", "addressLine3")


class Buyers:
    """Reads buyers from one database with one key."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def __call__(self, order_row: int) -> Mapping[str, str | None] | None:
        """Return what is kept of an order's buyer; raises `StoreError`."""
        record = await outbox.order(self._database, order_row)
        if record is None:
            return None
        try:
            order = await whole(self._database, self._vault, record)
        except StoreError:
            raise
        except FvsamazonError:
            return None
        return None if order is None else buyer_of(order)


def buyer_of(order: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the buyer that an order, as Amazon sent it, tells."""
    buyer = _object(order.get("buyer"))
    address = _object(_object(order.get("recipient")).get("deliveryAddress"))
    lines = [line for name in _LINES if (line := _text(address, name))]
    return {
        "name": _text(address, "name") or _text(buyer, "buyerName"),
        "company_name": _text(buyer, "buyerCompanyName") or _text(address, "companyName"),
        "street": ", ".join(lines) or None,
        "city": _text(address, "city"),
        "post_code": _text(address, "postalCode"),
        "phone": _text(address, "phone"),
    }


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    return value.strip() or None if isinstance(value, str) else None
