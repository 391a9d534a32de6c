"""Where settings come from: the environment, systemd's credentials, the env file.

In: the names and texts of the three. Out: one mapping of setting to text for each, and a sentence
for everything that cannot be taken. Nothing is interpolated, unescaped or guessed at. No value may
reach a sentence, nor a line that is not understood: a secret broken in two looks like a name.
"""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args, get_origin

from pydantic import BaseModel, SecretStr

from fvsamazon.errors import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic.fields import FieldInfo

PREFIX = "FVSAMAZON_"
SIZE_LIMIT = 1 << 20
"""Bytes of an env file or a credential that are read; systemd takes no larger credential."""

FAULT_LIMIT = 200
"""Faults after which a file is not read further: it is no env file, and each costs a search."""

Setting = tuple[str, ...]
"""A setting's place in the groups, as in ("europe", "client_id")."""

ANY = "name"
"""Stands for an account's NAME in the place of a setting that any account has."""

RESERVED_ACCOUNT = "main"

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_NAME_LIKE = re.compile(r"[A-Z][A-Z0-9_]{0,39}|FVSAMAZON_[A-Za-z0-9_.-]{0,100}")
_ACCOUNT_GUESS = re.compile(r"__ACCOUNTS?__([A-Z0-9]+)")


def name_of(setting: Setting) -> str:
    """Return the name that people write: FVSAMAZON_EUROPE__CLIENT_ID."""
    return PREFIX + "__".join(setting).upper()


class Names:
    """The name of every setting, read from the model itself, so that none can be forgotten."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._fields = dict(_leaves(model))
        self._known = {name_of(setting): setting for setting in self._fields if ANY not in setting}
        self._open = {
            name_of(setting).replace(f"__{ANY.upper()}__", "__{}__"): setting
            for setting in self._fields
            if ANY in setting
        }
        self._groups = {
            name_of(setting[:depth]): name_of(setting)
            for setting in reversed(self._fields)
            for depth in range(1, len(setting))
        }

    def __iter__(self) -> Iterator[Setting]:
        return iter(self._fields)

    def find(self, name: str) -> Setting | None:
        """Return the setting of a name in upper case."""
        for template, setting in self._open.items():
            match = re.fullmatch(template.format("([A-Z0-9_]+)"), name)
            if match:
                return tuple(match[1].lower() if part == ANY else part for part in setting)
        return self._known.get(name)

    def field(self, setting: Setting) -> FieldInfo:
        """Return what the model says about a setting."""
        found = self._fields.get(setting)
        return found or self._fields[*setting[:2], ANY, *setting[3:]]

    def secret(self, setting: Setting) -> bool:
        """Tell whether a setting's value must never be shown."""
        return _mentions(self.field(setting).annotation, SecretStr)

    def member(self, name: str) -> str | None:
        """Return a setting within `name`, where that names a whole group."""
        return self._groups.get(name)

    def nearest(self, name: str) -> str:
        """Return the known name that looks most like `name`."""
        guess = _ACCOUNT_GUESS.search(name)
        known = (*self._known, *(each.format(guess[1] if guess else "NAME") for each in self._open))
        return difflib.get_close_matches(name[:200], known, n=1, cutoff=0)[0]


def _leaves(model: type[BaseModel], above: Setting = ()) -> Iterator[tuple[Setting, FieldInfo]]:
    for name, info in model.model_fields.items():
        kind = info.annotation
        if get_origin(kind) is Mapping:
            yield from _leaves(get_args(kind)[1], (*above, name, ANY))
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _leaves(kind, (*above, name))
        else:
            yield (*above, name), info


def _mentions(annotation: object, wanted: type) -> bool:
    return annotation is wanted or any(_mentions(part, wanted) for part in get_args(annotation))


class Faults:
    """Every fault found, a sentence each.

    A setting that has a fault is not judged again: what follows from the first would only bury it.
    """

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self._settings: set[Setting] = set()

    def add(self, sentence: str, *settings: Setting) -> None:
        if self._settings.isdisjoint(settings):
            self.sentences.append(sentence)
            self._settings.update(settings)


@dataclass(frozen=True, slots=True)
class Given:
    """The text that one source gives a setting, and where it stands, for a person to find it."""

    where: str
    value: str = field(repr=False)


Layer = dict[Setting, Given]
"""What one source gives; empty values are left out, for they mean unset."""


class Reader:
    """Reads the three sources by the same rules; what it refuses goes to `faults`."""

    def __init__(self, names: Names, faults: Faults) -> None:
        self.warnings: list[str] = []
        self._names = names
        self._faults = faults

    def environment(self, environ: Mapping[str, str]) -> Layer:
        """Take every variable that begins with our prefix."""
        return self._layer(
            (name, Given("the environment", value))
            for name, value in environ.items()
            if name.upper().startswith(PREFIX)
        )

    def credentials(self, folder: Path) -> Layer:
        """Read the files that systemd laid out: `europe__client_secret`, with or without prefix.

        systemd itself puts the prefix there where it loads a whole folder under one name.
        """
        try:
            files = sorted(each for each in folder.iterdir() if not each.name.startswith("."))
        except OSError as error:
            self._faults.add(
                f"$CREDENTIALS_DIRECTORY ({folder}) cannot be read ({error.strerror}); "
                "let systemd set it, or unset it"
            )
            return {}
        return self._layer(self._credential(file) for file in files)

    def _credential(self, file: Path) -> tuple[str, Given]:
        name = PREFIX + re.sub(f"^{PREFIX}", "", file.name, flags=re.IGNORECASE)
        text, _mode = self._read(file)
        return name, Given(f"the credential {file.name}", text.rstrip("\r\n"))

    def file(self, path: Path) -> Layer:
        """Read the env file; one with secrets in it must be closed to other users."""
        text, mode = self._read(path)
        layer = self._layer(self._lines(path, text))
        if mode & stat.S_IRWXO and any(self._names.secret(setting) for setting in layer):
            self._faults.add(
                f"{path}: it holds secrets, and every user of this machine can get at it "
                f"(mode {stat.S_IMODE(mode):04o}); run chmod o= {path}"
            )
        return layer

    def _read(self, path: Path) -> tuple[str, int]:
        try:
            with path.open("rb") as stream:
                mode = os.fstat(stream.fileno()).st_mode
                raw = stream.read(SIZE_LIMIT + 1)
            text = raw.decode("utf-8-sig")
        except OSError as error:
            self._faults.add(f"{path}: it cannot be read ({error.strerror}); check path and rights")
            return "", 0
        except UnicodeDecodeError:
            self._faults.add(f"{path}: it is not UTF-8 text; save it as UTF-8")
            return "", mode
        if len(raw) > SIZE_LIMIT:
            self._faults.add(f"{path}: it is larger than 1 MiB; is it the right file?")
            return "", mode
        return text, mode

    def _lines(self, path: Path, text: str) -> Iterator[tuple[str, Given]]:
        # only line feeds end a line: str.splitlines would break a secret at rarer characters
        for number, line in enumerate(text.split("\n"), start=1):
            where = f"{path} line {number}"
            content = line.strip(" \t\r")
            if not content or content.startswith("#"):
                continue
            if len(self._faults.sentences) >= FAULT_LIMIT:
                self._faults.add(f"{where}: it and what follows is not read; is it the right file?")
                return
            name, sign, value = (part.strip(" \t") for part in content.partition("="))
            if not sign:
                self._faults.add(f"{where}: write NAME=value, or # at the start for a comment")
            elif not name.upper().startswith(PREFIX):
                self._faults.add(f"{_shown(name, where)}: {self._outsider(name)}")
            else:
                yield name, Given(where, self._unquoted(value, _shown(name, where)))

    def _unquoted(self, value: str, what: str) -> str:
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            return value[1:-1]
        if value.startswith(('"', "'")) or " #" in value:
            self.warnings.append(
                f"{what}: a quotation mark without its pair or a # after a space is taken as part "
                "of the value; a comment needs a line of its own"
            )
        return value

    def _outsider(self, name: str) -> str:
        if name.startswith("export "):
            return "write the line without export"
        near = self._names.nearest(PREFIX + name.upper())
        close = difflib.SequenceMatcher(None, PREFIX + name.upper(), near).ratio()
        hint = f" did you mean {near}?" if close > 0.8 else ""  # noqa: PLR2004 - a near miss
        return f"only names that begin with {PREFIX} may stand here;{hint or ' take it out'}"

    def _layer(self, entries: Iterator[tuple[str, Given]]) -> Layer:
        seen: dict[str, str] = {}
        layer: Layer = {}
        for written, given in entries:
            name = written.upper() if written.isascii() else written
            setting = self._names.find(name)
            if name in seen:
                self._faults.add(
                    f"{_shown(name, given.where)}: given twice, the first time in {seen[name]}; "
                    "keep one"
                )
            elif setting is None:
                self._faults.add(f"{_shown(written, given.where)}: {self._stranger(name)}")
            elif RESERVED_ACCOUNT in setting:
                self._faults.add(
                    f"{name} ({given.where}): the account name {RESERVED_ACCOUNT} belongs to the "
                    "region's own refresh token; choose another"
                )
            elif _CONTROL.search(given.value):
                self._faults.add(
                    f"{name} ({given.where}): the value holds a line break or another control "
                    "character; write it on one line",
                    setting,
                )
            elif given.value:
                layer[setting] = given
            seen[name] = given.where
        return layer

    def _stranger(self, name: str) -> str:
        member = self._names.member(name)
        if member:
            return f"a group cannot be set as a whole; set its members one by one, as in {member}"
        return f"there is no such setting; the nearest is {self._names.nearest(name)}"


def _shown(name: str, where: str) -> str:
    """Name a line by its name only if that cannot well be a piece of a secret."""
    return f"{safe_text(name)} ({where})" if _NAME_LIKE.fullmatch(name) else where
