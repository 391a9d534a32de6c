"""The life of one simulated order, from its number alone.

`tell` is pure: the same seed, number, account and time of creation give the same story, so the
world keeps a few numbers an order and tells the rest again when it is asked. A story says what an
order is (marketplace, who ships it, how many of what) and its plot: what happens to it and when.
Times in a plot only grow.
"""

# ruff: noqa: PLR2004 - shares of what the dice decide are the content here

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, auto
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from fvsamazon.simulator.options import Account
    from fvsamazon.simulator.places import Marketplace

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


class Act(IntEnum):
    """Something that happens to an order; each one gives it a new lastUpdatedTime."""

    CREATED = auto()
    AVAILABLE = auto()
    PAID = auto()
    TOUCHED = auto()
    CANCEL_ASKED = auto()
    SHIPPED_PART = auto()
    SHIPPED = auto()
    IN_TRANSIT = auto()
    DELIVERED = auto()
    TIP_FINAL = auto()
    CANCELLED = auto()
    UNFULFILLABLE = auto()


_LINES = (1,) * 35 + (2,) * 10 + (3,) * 4 + (8,)
_UNITS = (1,) * 32 + (2,) * 5 + (3,) * 2 + (12,)
"""How many lines an order has and how many units a line, as often as they are so."""

Plot = tuple[tuple[int, Act], ...]

_STATUS = {
    Act.AVAILABLE: "PENDING",
    Act.PAID: "UNSHIPPED",
    Act.SHIPPED_PART: "PARTIALLY_SHIPPED",
    Act.SHIPPED: "SHIPPED",
    Act.CANCELLED: "CANCELLED",
    Act.UNFULFILLABLE: "UNFULFILLABLE",
}


NEED_PAYMENT = frozenset(Act) - {
    Act.CREATED,
    Act.AVAILABLE,
    Act.PAID,
    Act.TOUCHED,
    Act.CANCEL_ASKED,
    Act.CANCELLED,
}
_SHIPPED = frozenset({Act.SHIPPED_PART, Act.SHIPPED, Act.IN_TRANSIT, Act.DELIVERED})


def without_overtaken(future: Plot, act: Act) -> Plot:
    """Return what may still come once `act` has happened out of turn: nothing leads back."""
    ends = {Act.CANCELLED, Act.UNFULFILLABLE} if act in _SHIPPED else set()
    passed = {one for one in _STATUS if one <= act} if act in _STATUS or act in _SHIPPED else set()
    return tuple(one for one in future if one[1] not in ends | passed)


@dataclass(frozen=True, slots=True)
class Pace:
    """Shortest and longest seconds between the acts of a plot."""

    pay: tuple[float, float]
    pay_late: tuple[float, float]
    touch: tuple[float, float]
    ship_amazon: tuple[float, float]
    ship_merchant: tuple[float, float]
    carry: tuple[float, float]
    deliver: tuple[float, float]


NATURAL = Pace(
    pay=(MINUTE, 30 * MINUTE),
    pay_late=(HOUR, 3 * DAY),
    touch=(HOUR, 2 * DAY),
    ship_amazon=(2 * HOUR, 30 * HOUR),
    ship_merchant=(4 * HOUR, 60 * HOUR),
    carry=(4 * HOUR, DAY),
    deliver=(DAY, 5 * DAY),
)
BRISK = Pace(
    pay=(2.0, 40.0),
    pay_late=(2 * MINUTE, 15 * MINUTE),
    touch=(5.0, 300.0),
    ship_amazon=(20.0, 400.0),
    ship_merchant=(40.0, 600.0),
    carry=(20.0, 120.0),
    deliver=(60.0, 600.0),
)
"""Orders of the live trade live their days within minutes, so that a demo shows all of it.

Some wait longer for their payment than the two minutes before which nobody sees them.
"""


@dataclass(frozen=True, slots=True)
class Story:
    """What an order is and what becomes of it."""

    marketplace: Marketplace
    merchant: bool
    outside: bool
    preorder: bool
    replacement: bool
    quantities: tuple[int, ...]
    step: int
    strange: str | None
    plot: Plot

    def status_after(self, before: str, act: Act) -> str:
        """Return the fulfillmentStatus once `act` has happened."""
        if act is Act.CREATED:
            return "PENDING_AVAILABILITY" if self.preorder else "PENDING"
        return _STATUS.get(act, before)

    def shown_status(self, status: str, *, tomorrow: bool) -> str:
        """Some orders wait under a status that the model does not know yet."""
        return self.strange if tomorrow and self.strange and status == "UNSHIPPED" else status


_WORD = (1 << 64) - 1


def fraction(seed: int, number: int, salt: int) -> float:
    """Return one draw for an order: far cheaper than dice where one is all that is wanted."""
    word = (seed * 0x9E3779B97F4A7C15 + number * 0xBF58476D1CE4E5B9 + salt) & _WORD
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & _WORD
    word = (word ^ word >> 27) * 0x94D049BB133111EB & _WORD
    return (word ^ word >> 31) / (1 << 64)


def dice_of(seed: int, number: int, salt: int) -> Random:
    """Return the dice of one order for one purpose, independent of every other."""
    return Random((seed & 0xFFFFFFFF) << 64 | number << 8 | salt)


def tell(seed: int, number: int, account: Account, created: int, pace: Pace) -> Story:
    """Tell the story of order `number` that was placed at `created` (milliseconds)."""
    dice = dice_of(seed, number, 1)
    draw = dice.random
    places = account.marketplaces
    # Squared, so that an account's first marketplaces sell most.
    marketplace = places[int(draw() ** 2 * len(places))]
    outside = draw() < 0.03
    merchant = not outside and draw() < 0.45
    preorder = not outside and draw() < 0.012
    replacement = not outside and not preorder and draw() < 0.02
    step = 1 if draw() < 0.5 else 1000
    lines = _LINES[int(draw() * len(_LINES))]
    quantities = tuple([_UNITS[int(draw() * len(_UNITS))] for _ in range(lines)])
    strange = dice.choice(("INVOICE_UNCONFIRMED", "AWAITING_CUSTOMS")) if draw() < 0.02 else None
    plot = _plot(
        dice,
        created // step * step,
        step,
        pace,
        merchant=merchant,
        outside=outside,
        preorder=preorder,
        several=lines > 1,
    )
    return Story(
        marketplace, merchant, outside, preorder, replacement, quantities, step, strange, plot
    )


def _plot(
    dice: Random,
    created: int,
    step: int,
    pace: Pace,
    *,
    merchant: bool,
    outside: bool,
    preorder: bool,
    several: bool,
) -> Plot:
    plot = [(created, Act.CREATED)]
    draw = dice.random

    def then(act: Act, span: tuple[float, float]) -> None:
        wait = int((span[0] + draw() * (span[1] - span[0])) * 1000) // step * step
        plot.append((plot[-1][0] + max(step, wait), act))

    if preorder:
        then(Act.AVAILABLE, pace.touch)
    fate = draw()
    if fate >= 0.03:
        then(Act.PAID, pace.pay if draw() < 0.7 else pace.pay_late)
        if draw() < 0.2:
            then(Act.TOUCHED, pace.pay)
        if fate < 0.09:
            then(Act.CANCEL_ASKED, pace.pay)
    # Some requests to cancel are never carried out.
    if fate < 0.07:
        then(Act.CANCELLED, pace.pay)
    elif outside and fate < 0.15:
        then(Act.UNFULFILLABLE, pace.ship_amazon)
    else:
        _deliver(then, draw, pace, merchant=merchant, several=several)
    return tuple(plot)


def _deliver(
    then: Callable[[Act, tuple[float, float]], None],
    draw: Callable[[], float],
    pace: Pace,
    *,
    merchant: bool,
    several: bool,
) -> None:
    ship = pace.ship_merchant if merchant else pace.ship_amazon
    if several and draw() < 0.35:
        then(Act.SHIPPED_PART, ship)
    then(Act.SHIPPED, ship)
    if merchant:
        then(Act.IN_TRANSIT, pace.carry)
        then(Act.DELIVERED, pace.deliver)
    elif draw() < 0.5:
        then(Act.TOUCHED, pace.touch)
    if draw() < 0.1:
        then(Act.TIP_FINAL, pace.touch)
    if draw() < 0.1:
        then(Act.TOUCHED, pace.touch)
