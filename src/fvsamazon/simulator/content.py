"""Everything about a simulated order that does not change over its life.

Buyer, destination, items and their money are drawn here once, in one fixed order, from the
order's own dice; `orders.py` decides what of it an answer shows at which time.
"""

# ruff: noqa: PLR2004 - shares of what the dice decide are the content here

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fvsamazon.simulator.catalogue import PRODUCTS, Product, convert
from fvsamazon.simulator.money import ItemMoney
from fvsamazon.simulator.people import Person, invent
from fvsamazon.simulator.places import EUROPE, NEIGHBOURS, NORTH_AMERICA
from fvsamazon.simulator.story import dice_of
from fvsamazon.simulator.taxes import TaxCase, tax_case

if TYPE_CHECKING:
    from random import Random

    from fvsamazon.simulator.story import Story

_ORDER_IDS = 10**14
_STRIDE = 30_517_578_125_003
"""Coprime to 10, so that numbers map one to one on the fourteen digits of an order id."""
_UNSTRIDE = pow(_STRIDE, -1, _ORDER_IDS)

GIFT_MESSAGES = (
    "Happy birthday, from all of us!",
    "Alles Gute\nund viel Spaß 🎉",
    "Su gimtadieniu, brangioji!",
    "お誕生日おめでとう",
    "كل عام وأنتم بخير",
)


def order_id(seed: int, number: int, prefix: str) -> str:
    """Return an id in Amazon's 3-7-7 form; `number_of` turns it back."""
    digits = f"{(number * _STRIDE + seed * 7_919) % _ORDER_IDS:014d}"
    return f"{prefix}-{digits[:7]}-{digits[7:]}"


def number_of(seed: int, text: str) -> int | None:
    """Return the number that an order id stands for, or None for what is no id at all."""
    parts = text.split("-")
    if [len(part) for part in parts] != [3, 7, 7] or not text.replace("-", "").isdecimal():
        return None
    return (int(parts[1] + parts[2]) - seed * 7_919) * _UNSTRIDE % _ORDER_IDS


@dataclass(slots=True)
class Item:
    """One line of an order."""

    item_id: str
    product: Product
    quantity: int
    unit_price: int
    money: ItemMoney
    case: TaxCase
    gift: str | None = None
    wrap: str | None = None
    dropped: bool = False
    """Cancelled on its own before shipping: nothing fulfilled, no proceeds."""
    promotions: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()
    custom_url: str | None = None
    flavour: float = 0.0
    """Decides small things of the document: which optional fields are there."""


@dataclass(slots=True)
class Content:
    """One order's unchanging facts."""

    buyer: Person
    business: bool
    origin: str
    items: tuple[Item, ...]
    currency: str
    alias: str | None
    purchase_number: str | None
    original: str | None
    tip: int | None
    level: str
    prime: bool
    easy_ship: bool
    pick_up: bool
    flavour: float
    outside_name: str

    @property
    def total(self) -> int:
        """What the order is worth, less lines dropped and a tip that is not final."""
        return sum(item.money.total for item in self.items if not item.dropped)


def content_of(seed: int, number: int, story: Story) -> Content:
    """Draw an order's content."""
    dice = dice_of(seed, number, 2)
    draw = dice.random
    place = story.marketplace
    business = not story.outside and draw() < 0.15
    target = place.country
    if draw() < 0.18 and place.code in NEIGHBOURS:
        target = dice.choice(NEIGHBOURS[place.code])
    buyer = invent(dice, target, business=business)
    if business and draw() < 0.25:
        buyer = replace(buyer, vat_number=None)
    origin = _origin(draw(), story)
    items = _items(dice, seed, number, story, business=business)
    goods = sum(item.money.parts["ITEM"] - item.money.discount for item in items)
    case = tax_case(
        dice, origin=origin, target=buyer.country, goods=goods, vat_number=buyer.vat_number
    )
    for item in items:
        item.case = case
        item.money.levy(case, dice)
    if len(items) > 1 and draw() < 0.06:
        items[-1].dropped = True
    return Content(
        buyer=buyer,
        business=business,
        origin=origin,
        items=items,
        currency=place.currency,
        alias=f"{place.code}-{number:06d}" if draw() < 0.25 else None,
        purchase_number=f"PO-{number % 9973}" if business and draw() < 0.5 else None,
        original=order_id(seed, max(0, number - 1 - dice.randrange(50)), place.prefix)
        if story.replacement
        else None,
        tip=convert(dice.choice((200, 500)), place.currency)
        if place.code == "US" and draw() < 0.1
        else None,
        level=dice.choices(
            ("STANDARD", "EXPEDITED", "NEXT_DAY", "SECOND_DAY", "SCHEDULED", "FREE_ECONOMY",
             "PRIORITY", "SAME_DAY"),
            (60, 15, 8, 6, 3, 4, 2, 2),
        )[0],
        prime=draw() < 0.4,
        easy_ship=place.code == "IN" and story.merchant and draw() < 0.5,
        pick_up=place.code in {"US", "UK"} and story.merchant and draw() < 0.04,
        flavour=draw(),
        outside_name=dice.choice(("Shop", "eBay", "Own Web Store")),
    )  # fmt: skip


def _origin(luck: float, story: Story) -> str:
    """Return the country that the goods leave from."""
    if not story.merchant:
        return story.marketplace.country
    region = story.marketplace.region
    if region == EUROPE:
        return "GB" if luck < 0.04 else "LT"
    if region == NORTH_AMERICA:
        return "LT" if luck < 0.7 else "US"
    return "LT" if luck < 0.1 else story.marketplace.country


def _items(
    dice: Random, seed: int, number: int, story: Story, *, business: bool
) -> tuple[Item, ...]:
    currency = story.marketplace.currency
    draw = dice.random
    negative, details = draw() < 0.5, draw() < 0.8
    shipping, free_shipping = draw() < 0.35, draw() < 0.3
    items = []
    for line, quantity in enumerate(story.quantities):
        product = dice.choice(PRODUCTS)
        unit = 0 if story.replacement or draw() < 0.01 else product.price(currency)
        if business:
            unit = unit * 95 // 100
        parts = {"ITEM": unit * quantity}
        discounts: dict[str, int] = {}
        gift = not business and draw() < 0.08
        if unit:
            if shipping:
                parts["SHIPPING"] = convert(dice.choice((199, 499, 999)), currency)
                if free_shipping:
                    discounts["SHIPPING"] = parts["SHIPPING"]
            if gift and draw() < 0.7:
                parts["GIFT_WRAP"] = convert(299, currency)
            if currency in {"JPY", "INR"} and story.merchant and draw() < 0.1:
                parts["COD_FEE"] = convert(150, currency)
            if draw() < 0.01:
                parts["OTHER"] = convert(50, currency)
            if draw() < 0.15:
                discounts["ITEM"] = parts["ITEM"] * dice.choice((5, 10, 30)) // 100
        discounts = {kind: value for kind, value in discounts.items() if value}
        text = f"{(4 * 10**13 + seed * 31 + number * 8 + line) % 10**14:014d}"
        items.append(
            Item(
                item_id=text,
                product=product,
                quantity=quantity,
                unit_price=unit,
                money=ItemMoney(
                    currency,
                    parts,
                    discounts,
                    negative_discount=negative,
                    details=details,
                ),
                case=TaxCase(),
                gift=dice.choice(GIFT_MESSAGES) if gift else None,
                wrap="STANDARD" if "GIFT_WRAP" in parts else None,
                promotions=(f"PROMO-{number % 7}", "FREESHIP")[: len(discounts)],
                serials=tuple(f"SN{number:08d}{unit_no:02d}" for unit_no in range(quantity))
                if product.kind == "serial"
                else (),
                custom_url=f"https://customized.example/{text}.zip"
                if product.kind == "custom"
                else None,
                flavour=draw(),
            )
        )
    return tuple(items)
