"""What one page of orders tells of the application's roles: Amazon has no other way to ask.

In: orders just read, personal part included, in memory alone. Out: a sentence with counts; no
value of a personal field leaves this module.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fvsamazon.amazon.personal import shows_street
from fvsamazon.cli import check_texts as texts
from fvsamazon.cli.check_rows import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fvsamazon.orders import OrderRecord
    from fvsamazon.texts import Language

ENOUGH = 5
"""Business orders without a tax registration that make a missing role likely."""
WAITING = frozenset({"UNSHIPPED", "PARTIALLY_SHIPPED"})


def roles_row(
    orders: Sequence[OrderRecord], *, region: str, account: str, personal: bool, language: Language
) -> Row:
    """Return what the page tells; `personal` says whether buyers' data is wanted at all."""
    said, remedies = [], []
    waiting = [o for o in orders if o.fulfilled_by == "MERCHANT" and o.status in WAITING]
    if any(shows_street(order.personal) for order in waiting):
        said.append(texts.ADDRESSES_SHOWN.say(language))
    elif waiting and personal:
        said.append(texts.ADDRESSES_HIDDEN.say(language, count=len(waiting)))
        remedies.append(texts.ADD_SHIPPING_ROLE.say(language))
    elif waiting:
        said.append(texts.ADDRESSES_UNNEEDED.say(language))
    business = [order for order in orders if _is_business(order)]
    if any(order.tax_registered for order in orders):
        said.append(texts.TAX_SHOWN.say(language))
    elif len(business) >= ENOUGH:
        said.append(texts.TAX_HIDDEN.say(language, count=len(business)))
        remedies.append(texts.ADD_TAX_ROLE.say(language))
    elif business:
        said.append(texts.TAX_UNTOLD.say(language, count=len(business)))
    return Row(
        "roles",
        "warn" if remedies else "ok",
        "; ".join(said) or texts.ROLES_UNTOLD.say(language),
        "; ".join(remedies) or None,
        region,
        account,
    )


def _is_business(order: OrderRecord) -> bool:
    return "AMAZON_BUSINESS" in (json.loads(order.payload).get("programs") or ())
