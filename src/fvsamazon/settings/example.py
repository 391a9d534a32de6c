"""Writes `settings.env.example`: every setting, explained by its own docstring.

In: the model. Out: the text of an env file in which every line is a comment and every setting
shows its default. A test holds the committed file equal to it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, get_args, get_origin

from pydantic import BaseModel

from fvsamazon.regions import marketplace_code
from fvsamazon.settings.faults import Setting, name_of
from fvsamazon.settings.fields import AUTO
from fvsamazon.settings.groups import Group, Settings
from fvsamazon.settings.sources import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

_WIDTH = 88

_HEAD = """\
Settings of fvsamazon: all of them, each with its default. Take the # away in front of those that
you want to change.

Copy this file to /etc/fvsamazon/settings.env for the service, owned by root and the group fvsamazon
with mode 0640 (with secrets in it, a file that others can read is refused), or to settings.env in
the folder in which you work. `fvsamazon check` tests what you wrote; `systemctl reload fvsamazon`
puts it in force.

Write NAME=value to the end of the line. $, #, = and spaces within a value stand for themselves;
quotation marks around a value are optional and keep spaces at its ends; put a pair around a value
that itself begins and ends with one. A comment needs a line of its own. An empty value means unset.

A secret may also be a systemd credential, a file named like the setting without its prefix
(europe__client_secret). Variables of the environment win over credentials, and these over this
file; a secret must not have different values in two places."""


def example() -> str:
    """Return the text of `settings.env.example`."""
    lines = [*_comment(_HEAD), *_heading("General"), *_group(Settings, (), set())]
    return "\n".join(lines).lstrip() + "\n"


def written(value: object, info: FieldInfo) -> str:
    """Return a value as one would write it in the file; unset is empty."""
    if value is None:
        return "auto" if AUTO in info.metadata else ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return ",".join(marketplace_code(each) or each for each in value)
    return str(value)


def _group(model: type[BaseModel], above: Setting, told: set[type[BaseModel]]) -> Iterator[str]:
    first = model not in told
    told.add(model)
    if first and issubclass(model, Group):
        yield from _comment(model.__doc__ or "")
    for name, info in model.model_fields.items():
        kind, setting = info.annotation, (*above, name)
        if get_origin(kind) is Mapping:
            yield from _group(get_args(kind)[1], (*setting, ANY), told)
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _heading(info.description or name)
            if kind in told:
                yield from ("", "# Each as explained above.")
            yield from _group(kind, setting, told)
        else:
            if first:
                yield from _comment(info.description or "")
            yield f"#{name_of(setting)}={_default(info)}"


def _default(info: FieldInfo) -> str:
    if info.examples is not None:
        return str(info.examples[0])
    return "" if info.is_required() else written(info.default, info)


def _heading(text: str) -> Iterator[str]:
    yield from ("", "", f"# == {text.rstrip('.')} ==")


def _comment(text: str) -> Iterator[str]:
    """Yield a blank line and `text` as comment lines, paragraph by paragraph."""
    for paragraph in textwrap.dedent(text).strip().split("\n\n"):
        yield ""
        folded = " ".join(paragraph.split())
        yield from textwrap.wrap(
            folded, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
        )
