"""What the writers of an order's document go by: the order at one moment, and who looks at it.

In: an order's content, story and the acts that have happened; a request's data sets and roles.
Both are plain values: what is seen of the one through the other is for `orders`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fvsamazon.simulator.content import Content
    from fvsamazon.simulator.story import Act, Story

DAY = 86_400_000
"""Milliseconds of a day."""


@dataclass(frozen=True, slots=True)
class Lens:
    """Through which a request sees orders."""

    wanted: frozenset[str]
    roles: frozenset[str]
    now: int
    tomorrow: bool


@dataclass(frozen=True, slots=True)
class View:
    """An order at one point of its life."""

    seed: int
    number: int
    order_id: str
    story: Story
    content: Content
    acts: dict[Act, int]
    status: str
    updated: int

    @property
    def created(self) -> int:
        return self.story.plot[0][0]

    @property
    def deliver_by(self) -> int:
        return self.created // DAY * DAY + (14 if self.story.preorder else 6) * DAY - 1000
