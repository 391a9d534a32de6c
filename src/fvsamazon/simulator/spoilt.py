"""Orders that break Amazon's own model, for readers that must set them aside."""

from __future__ import annotations

from typing import Any


def spoil(order: dict[str, Any], how: str) -> object:
    """Return the order broken in one way: its items, its time, its id, or its very type."""
    if how == "items":
        return order | {"orderItems": {"unexpected": "object"}}
    if how == "time":
        return order | {"lastUpdatedTime": "the day before yesterday"}
    if how == "id":
        return {key: value for key, value in order.items() if key != "orderId"}
    if how == "type":
        return "this order is a sentence"
    raise ValueError(f"no order can be spoilt by its {how}; there are items, time, id, type")
