"""What Finvalda knows, fetched when the booking rules ask for it and remembered for a while.

In: the needs that a decision named. Out: answers for the next decision. What Finvalda lacks is
soon asked again, so that a person who has just added a product does not wait; what it has is
believed for a quarter of an hour. A build that has no such list knows nothing of it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Literal

from fvsamazon.booking.context import Need
from fvsamazon.booking.vat_numbers import forms
from fvsamazon.finvalda.errors import FilterIgnored, MissingMethod
from fvsamazon.regions import MARKETPLACES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from decimal import Decimal

    from fvsamazon.booking.rule_types import Rules
    from fvsamazon.clock import Clock
    from fvsamazon.finvalda.client import FinvaldaClient

    Answer = bool | tuple[str, ...] | Decimal

FOUND_FOR: Final = 900.0
"""Seconds for which a found card is believed to be there."""
MISSING_FOR: Final = 20.0
"""Seconds after which a missing one is asked for again."""
KEPT: Final = 50_000
"""Answers remembered at most."""
_MARKETPLACE: Final = "{marketplace}"


class FinvaldaReference:
    """Answers the booking rules' questions from memory; `fetch` fills it."""

    def __init__(self, client: FinvaldaClient, clock: Clock, rules: Rules) -> None:
        self._client = client
        self._clock = clock
        self._partners = partner_clients(rules)
        self._answers: OrderedDict[Need, tuple[float, Answer]] = OrderedDict()
        self._catalogue: dict[str, tuple[str, ...]] = {}
        self._catalogue_until = float("-inf")

    def product_exists(self, code: str) -> bool | None:
        found = self._answer(Need("product", code))
        return None if found is None else bool(found)

    def product_by_barcode(self, code: str) -> tuple[str, ...] | None:
        found = self._answer(Need("barcode", code))
        return found if isinstance(found, tuple) else None

    def partner_product(self, sku: str) -> tuple[str, ...] | None:
        found = self._answer(Need("partner", sku))
        return found if isinstance(found, tuple) else None

    def client_by_vat(self, number: str) -> tuple[str, ...] | None:
        """Return the codes of clients that have this VAT number, active ones first."""
        found = self._answer(Need("client", number))
        return found if isinstance(found, tuple) else None

    def rate(self, currency: str, day: date) -> Decimal | Literal[False] | None:
        found = self._answer(Need("rate", currency, day))
        if found is None or found is False:
            return found
        return None if found is True or isinstance(found, tuple) else found

    def forget(self) -> None:
        """Remember nothing of what Finvalda has said."""
        self._answers.clear()
        self._catalogue_until = float("-inf")

    async def fetch(self, needs: Iterable[Need]) -> None:
        """Ask Finvalda; raises `RemoteError` where it does not answer."""
        wanted = list(needs)
        products = [need.value for need in wanted if need.kind == "product"]
        if products:
            found = {card.code.strip().casefold() for card in await self._client.products(products)}
            for code in products:
                self._keep(Need("product", code), code.strip().casefold() in found)
        for need in wanted:
            if need.kind == "barcode":
                self._keep(need, await self._barcode(need.value))
            elif need.kind == "partner":
                self._keep(need, await self._partner(need.value))
            elif need.kind == "client":
                private = forms(need.value)
                known = await self._client.clients(vat_code=need.value, private=private)
                known.sort(key=lambda one: (not one.active, one.code))
                self._keep(need, tuple(one.code for one in known))
            elif need.kind == "rate" and need.day is not None:
                self._keep(need, await self._rate(need.value, need.day))

    async def _barcode(self, code: str) -> tuple[str, ...]:
        try:
            matches = await self._client.product_by_barcodes([code])
        except (MissingMethod, FilterIgnored):
            return ()
        return tuple(dict.fromkeys(match.code for match in matches))

    async def _partner(self, sku: str) -> tuple[str, ...]:
        if self._clock.elapsed() >= self._catalogue_until:
            catalogue: dict[str, list[str]] = {}
            for client in self._partners:
                try:
                    rows = await self._client.partner_products(client)
                except (MissingMethod, FilterIgnored):
                    break
                for row in rows:
                    catalogue.setdefault(row.partner_product.strip(), []).append(row.product)
            self._catalogue = {key: tuple(dict.fromkeys(v)) for key, v in catalogue.items()}
            self._catalogue_until = self._clock.elapsed() + MISSING_FOR
        return self._catalogue.get(sku.strip(), ())

    async def _rate(self, currency: str, day: date) -> Decimal | Literal[False]:
        try:
            rates = await self._client.currency_rates([currency], day, day)
        except (MissingMethod, FilterIgnored):
            return False
        return rates[0].rate if rates else False

    def _answer(self, need: Need) -> Answer | None:
        known = self._answers.get(need)
        if known is None or self._clock.elapsed() >= known[0]:
            return None
        return known[1]

    def _keep(self, need: Need, answer: Answer) -> None:
        lasts = MISSING_FOR if answer is False or answer == () else FOUND_FOR
        self._answers[need] = (self._clock.elapsed() + lasts, answer)
        self._answers.move_to_end(need)
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)


def partner_clients(rules: Rules) -> tuple[str, ...]:
    """Return the shared clients that the rules name: whose catalogues map SKUs to products."""
    found: dict[str, None] = {}
    for rule in rules.clients:
        code = rule.code or ""
        if _MARKETPLACE in code:
            for marketplace in MARKETPLACES:
                found[code.replace(_MARKETPLACE, marketplace.code)] = None
        elif code:
            found[code] = None
    return tuple(code for code in found if "{" not in code)
