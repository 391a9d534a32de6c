"""The table of fuzz targets, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fuzz import amazon, files, remote, shown

if TYPE_CHECKING:
    from fuzz.driver import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (*amazon.TARGETS, *remote.TARGETS, *files.TARGETS, *shown.TARGETS)
}
