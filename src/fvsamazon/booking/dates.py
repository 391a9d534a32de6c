"""The day of a document: from the order's own times, in the rules' time zone, never from a clock.

The zone of the process plays no part: every time of an order is aware, and the rules name theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon.booking.dueness import CANCELLED, SHIPPED
from fvsamazon.booking.explain import Because, because

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from fvsamazon.booking.context import BookingContext
    from fvsamazon.booking.rule_types import DocumentRules
    from fvsamazon.orders import Order


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """Return the day of a moment in a zone."""
    return _local(moment, zone).date()


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:
        # The first or the last day that a datetime can hold; no order is of either.
        return moment


def document_day(
    order: Order,
    document: DocumentRules,
    context: BookingContext,
    zone: ZoneInfo,
    *,
    reservation: bool,
) -> tuple[date, Because]:
    """Return the document's day and where it comes from.

    A reservation's is always the day of the order. A sale that is booked before anything has
    shipped has no other day either.
    """
    moment, code = order.created_at, "date_created"
    if document.date == "shipped" and not reservation:
        parcels = [
            package.shipped_at
            for package in order.packages
            if package.shipped_at is not None and package.status != CANCELLED
        ]
        if parcels:
            moment, code = max(parcels), "date_package"
        elif order.status == SHIPPED:
            # This very version may be the first that was seen shipped.
            moment, code = context.first_shipped_at or order.updated_at, "date_first_shipped"
    local = _local(moment, zone)
    told = because("date", code, time=local.strftime("%Y-%m-%d %H:%M"), zone=zone.key)
    return local.date(), told
