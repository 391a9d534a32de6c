"""The store's SQL, read from its `.sql` files: `-- name: words` starts each statement."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def load(noun: str) -> dict[str, str]:
    """Return the named statements of `sql/queries/<noun>.sql`."""
    text = files("fvsamazon.store").joinpath(f"sql/queries/{noun}.sql").read_text("utf-8")
    pieces = _NAME.split(text)
    return {name: body.strip() for name, body in zip(pieces[1::2], pieces[2::2], strict=True)}
