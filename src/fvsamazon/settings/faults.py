"""How a fault of the settings is put together and kept until all are told.

In: a text, its values, the settings that it is about. Out: one list of what can be said in either
language. A setting that has a fault is not judged again: what follows would only bury the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon.settings import texts
from fvsamazon.texts import Listed

if TYPE_CHECKING:
    from fvsamazon.texts import Sayable

PREFIX = "FVSAMAZON_"

Setting = tuple[str, ...]
"""A setting's place in the groups, as in ("europe", "client_id")."""


class Refusal(ValueError):
    """A value that a setting cannot take; pydantic hands it on, its text never shown."""

    def __init__(self, told: Sayable) -> None:
        self.told = told
        super().__init__(told.say())


class Faults:
    """Every fault found, a sentence each."""

    def __init__(self) -> None:
        self.told: list[Sayable] = []
        self._settings: set[Setting] = set()

    def add(self, told: Sayable, *settings: Setting) -> None:
        """Add a fault of `settings`, unless one of them has one."""
        if not self.of(*settings):
            self.told.append(told)
            self._settings.update(settings)

    def of(self, *settings: Setting) -> bool:
        """Tell whether one of these has a fault already."""
        return not self._settings.isdisjoint(settings)

    def beneath(self, group: Setting) -> bool:
        """Tell whether a setting of this group has a fault already."""
        return any(setting[: len(group)] == group for setting in self._settings)


def name_of(setting: Setting) -> str:
    """Return the name that people write: FVSAMAZON_EUROPE__CLIENT_ID."""
    return PREFIX + "__".join(setting).upper()


def about(subject: object, fault: Sayable) -> Sayable:
    """Return a fault behind what it is about: a setting, a place or both."""
    return texts.ABOUT.filled(subject=subject, fault=fault)


def named(name: str, where: Sayable) -> Sayable:
    """Return a name with its place."""
    return texts.NAMED.filled(name=name, where=where)


def all_of(*things: object) -> Sayable:
    """Return `a, b and c`."""
    return Listed(texts.AND, things)
