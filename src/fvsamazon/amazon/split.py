"""Cuts an order in two: what may stand in the clear, and what must be protected.

In: an order as decoded JSON. Out: its public part by the allow-list, cleaned of characters that
could harm a log line or a terminal, and the rest in the same shape, or nothing of the rest while
personal data is switched off. Null is absent in both. What must never happen: a value that the
allow-list does not name gets into the public part.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from fvsamazon.amazon.allowlist import IDENTITIES, ORDER, Choice, Leaf, is_read
from fvsamazon.booking.zones import vat_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fvsamazon.amazon.allowlist import Node

MAX_DEPTH: Final = 32
"""Levels of nesting that a protected field may have."""

_REORDERING: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that change the order in which a terminal shows the others."""
_HARMFUL: Final = dict.fromkeys(
    (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *map(ord, _REORDERING)), " "
)

_TEXT, _COUNT, _NOTE = Leaf.TEXT, Leaf.COUNT, Leaf.NOTE


class NotReadable(Exception):
    """A field that this program reads has a form that it cannot; names the field, not its value."""

    def __init__(self, why: str) -> None:
        self.why = why
        self.path: list[str] = []
        super().__init__(why)

    def __str__(self) -> str:
        return f"{'.'.join(reversed(self.path)).replace('.[', '[')} {self.why}".strip()


def clean(text: str) -> str:
    """Return text without control characters and without those that reorder a line."""
    return text if text.isprintable() else text.translate(_HARMFUL)


def split(order: dict[str, Any], *, personal: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return an order's public part, VAT zones included, and with `personal` the rest.

    Raises `NotReadable`.
    """
    public, rest = _Splitter(keep=personal).cut(order, ORDER)
    recipient = order.get("recipient")
    if recipient is not None:
        _add_zone(recipient.get("deliveryAddress"), public["recipient"].get("deliveryAddress"))
    packages = [p for p in order.get("packages") or () if p is not None]
    for source, package in zip(packages, public.get("packages", ()), strict=True):
        _add_zone(source.get("shipFromAddress"), package.get("shipFromAddress"))
    return public, rest or {}


def _add_zone(source: dict[str, Any] | None, public: dict[str, Any] | None) -> None:
    """Work the VAT zone out while the post code is still there."""
    if not source or public is None:
        return
    facts = (source.get(key) for key in ("countryCode", "stateOrRegion", "postalCode", "city"))
    zone = vat_zone(*(fact if isinstance(fact, str) else None for fact in facts))
    if zone.code is not None:
        public["vatZone"] = zone.code
    if zone.assumed:
        public["vatZoneAssumed"] = True


class _Splitter:
    """The walk along the allow-list; every step returns the public part and the rest, or None."""

    __slots__ = ("_keep",)

    def __init__(self, *, keep: bool) -> None:
        self._keep = keep

    def cut(
        self, source: dict[str, Any], fields: Mapping[str, Node]
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Split one object."""
        public: dict[str, Any] = {}
        rest: dict[str, Any] | None = None
        for key, value in source.items():
            if value is None:
                continue
            node = fields.get(key)
            if node is _TEXT and type(value) is str:
                # Nine values of ten are these.
                if value:
                    public[key] = value if value.isprintable() else clean(value)
                continue
            if node is None:
                inner = self._protected(value)
            else:
                try:
                    kept, inner = self._value(value, node)
                except NotReadable as error:
                    error.path.append(key)
                    raise
                if kept is not None:
                    public[key] = kept
            if inner is not None:
                if rest is None:
                    rest = {}
                rest[key] = inner
        return public, rest

    def _value(self, value: Any, node: Node) -> tuple[Any, Any]:  # noqa: ANN401 - JSON
        if isinstance(node, Leaf):
            return self._leaf(value, node)
        if isinstance(node, list):
            if isinstance(value, list):
                return self._list(value, node[0])
        elif isinstance(value, dict):
            return self.cut(value, node.fields(value) if isinstance(node, Choice) else node)
        if is_read(node):
            raise NotReadable(f"is not {'a list' if isinstance(node, list) else 'an object'}")
        return None, self._protected(value)

    def _list(self, values: list[Any], node: Node) -> tuple[list[Any], list[Any] | None]:
        """Split every element; the rest keeps their number and what tells them apart."""
        public: list[Any] = []
        rest: list[Any] = []
        leaves = isinstance(node, Leaf)
        for index, value in enumerate(values):
            if value is None:
                continue
            try:
                kept, inner = self._value(value, node)
            except NotReadable as error:
                error.path.append(f"[{index}]")
                raise
            if kept is not None or not leaves:
                public.append({} if kept is None else kept)
            if isinstance(inner, dict) and isinstance(kept, dict):
                inner = {key: kept[key] for key in IDENTITIES if key in kept} | inner
            rest.append(inner)
        if all(inner is None for inner in rest):
            return public, None
        return public, [{} if inner is None else inner for inner in rest]

    def _leaf(self, value: Any, node: Leaf) -> tuple[Any, Any]:  # noqa: ANN401 - JSON
        if node is _COUNT:
            return _count(value), None
        if isinstance(value, dict | list):
            if node is _TEXT:
                raise NotReadable("is not a text")
            return None, self._protected(value)
        if isinstance(value, str):
            return (clean(value) if value or node is _NOTE else None), None
        return (value if node is _NOTE else _number_text(value)), None

    def _protected(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """Return a value for the protected part; None (dropped) while there is none."""
        if not self._keep:
            return None
        if isinstance(value, dict | list):
            _bound(value, MAX_DEPTH)
        return value


def _bound(value: dict[str, Any] | list[Any], depth: int) -> None:
    """Refuse what later steps, deeper in the program, might not get to the bottom of."""
    if depth == 0:
        raise NotReadable("is nested too deeply")
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            _bound(inner, depth - 1)


def _number_text(value: Any) -> str:  # noqa: ANN401 - JSON
    """Return a number as the text that Amazon should have sent; ids and amounts are texts."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotReadable("is not a text")
    return repr(value)


def _count(value: Any) -> int:  # noqa: ANN401 - JSON
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value[:20])
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise NotReadable("is not a whole number")
    return value
