"""Where settings come from: the environment, systemd's credentials, the env file.

In: the names and texts of the three. Out: one mapping of setting to text for each, and a sentence
for everything that cannot be taken. Nothing is interpolated, unescaped or guessed at. No value may
reach a sentence, nor a line that is not understood: a secret broken in two looks like a name.
"""

from __future__ import annotations

import difflib
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args, get_origin

from pydantic import BaseModel, SecretStr

from fvsamazon import files
from fvsamazon.keyfile import decode_key
from fvsamazon.settings import texts
from fvsamazon.settings.faults import PREFIX, Setting, about, name_of, named
from fvsamazon.texts import system_trouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic.fields import FieldInfo

    from fvsamazon.settings.faults import Faults
    from fvsamazon.texts import Sayable, Text

SIZE_LIMIT = 1 << 20
"""Bytes of an env file or a credential that are read; systemd takes no larger credential."""

FAULT_LIMIT = 200
"""Faults after which a file is not read further: it is no env file, and each costs a search."""

ANY = "name"
"""Stands for an account's NAME in the place of a setting that any account has."""

RESERVED_ACCOUNT = "main"

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_NAME_LIKE = re.compile(r"[A-Z][A-Z0-9_]{0,39}|(?i:FVSAMAZON)_[A-Za-z0-9_.-]{0,100}")
_WORD = re.compile(r"([A-Z]{1,16}|[a-z]{1,16}|[A-Z][a-z]{1,15})?[0-9]{0,3}")
"""A word of a name; letters in any mixture, or many digits, are rather a piece of a secret."""
_ACCOUNT_GUESS = re.compile(r"__ACCOUNTS?__([A-Z0-9]{1,16})_")
_ADDED = 3
"""Characters behind the name of a secret that may still be a slip of the hand."""

_SHAPES = (
    (re.compile(r"Atz[a-z](\||%7C)", re.IGNORECASE), texts.AMAZON_TOKEN),
    (re.compile(r"amzn1\.oa2-cs\.", re.IGNORECASE), texts.CLIENT_SECRET),
    (re.compile(r"PRIVATE KEY-----"), texts.PRIVATE_KEY),
)
"""Secrets known by their form."""


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

    def is_harmless(self, name: str) -> bool:
        """Tell whether a name that nobody knows can be shown: it may well be a piece of a secret.

        `FVSAMAZON_FINVALDA__PASSWORDhunter2` is what is left where the sign between was forgotten.
        """
        if not _NAME_LIKE.fullmatch(name):
            return False
        upper = name.upper()
        known = [each for each in self._known if upper.startswith(each)]
        secret = known and self.secret(self._known[max(known, key=len)])
        if secret and len(name) - len(max(known, key=len)) > _ADDED:
            return False
        return all(_WORD.fullmatch(word) for word in re.split(r"[_.-]", name))

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


@dataclass(frozen=True, slots=True)
class Given:
    """The text that one source gives a setting, and where it stands, for a person to find it."""

    where: Sayable
    value: str = field(repr=False)


Layer = dict[Setting, Given]
"""What one source gives; empty values are left out, for they mean unset."""


class Reader:
    """Reads the three sources by the same rules; what it refuses goes to `faults`."""

    def __init__(self, names: Names, faults: Faults) -> None:
        self.warnings: list[Sayable] = []
        self.whole = True
        """Whether every source could be read: otherwise what is missing may well be there."""
        self._names = names
        self._faults = faults

    def environment(self, environ: Mapping[str, str]) -> Layer:
        """Take every variable that begins with our prefix."""
        return self._layer(
            (name, Given(texts.ENVIRONMENT, value))
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
            self._lost(texts.NO_CREDENTIALS.filled(folder=folder, trouble=system_trouble(error)))
            return {}
        return self._layer(self._credential(file) for file in files)

    def _credential(self, file: Path) -> tuple[str, Given]:
        stem = re.sub(f"^{PREFIX}", "", file.name, flags=re.IGNORECASE)
        # Shown as a setting is written; letters in any mixture stay what they may betray.
        name = PREFIX + (stem.upper() if stem.islower() else stem)
        text, _mode = self._read(file)
        known = self._names.find(name.upper()) is not None or self._names.is_harmless(name)
        where = (
            texts.CREDENTIAL.filled(name=file.name)
            if known
            else texts.SOME_CREDENTIAL.filled(folder=file.parent)
        )
        return name, Given(where, text.rstrip("\r\n"))

    def file(self, path: Path) -> Layer:
        """Read the env file; one with secrets in it must be closed to other users."""
        text, mode = self._read(path)
        layer = self._layer(self._lines(path, text))
        if mode & stat.S_IRWXO and any(self._names.secret(setting) for setting in layer):
            self._open(texts.OPEN_TO_ALL, path, mode)
        elif mode & stat.S_IWOTH:
            self._open(texts.WRITABLE_BY_ALL, path, mode)
        return layer

    def _open(self, text: Text, path: Path, mode: int) -> None:
        told = text.filled(path=path, mode=f"{stat.S_IMODE(mode):04o}")
        self._faults.add(about(path, told))

    def _lost(self, told: Sayable) -> None:
        """Note a source that cannot be read."""
        self.whole = False
        self._faults.add(told)

    def _read(self, path: Path) -> tuple[str, int]:
        try:
            raw, status = files.read(path, SIZE_LIMIT + 1)
            mode = status.st_mode
            text = raw.decode("utf-8-sig")
        except OSError as error:
            self._lost(about(path, texts.UNREADABLE.filled(trouble=system_trouble(error))))
            return "", 0
        except UnicodeDecodeError:
            self._lost(about(path, texts.NOT_UTF8))
            return "", mode
        if len(raw) > SIZE_LIMIT:
            self._lost(about(path, texts.TOO_LARGE))
            return "", mode
        return text, mode

    def _lines(self, path: Path, text: str) -> Iterator[tuple[str, Given]]:
        # only line feeds end a line: str.splitlines would break a secret at rarer characters
        for number, line in enumerate(text.split("\n"), start=1):
            where = texts.LINE.filled(path=path, number=number)
            content = line.strip(" \t\r")
            if not content or content.startswith("#"):
                continue
            if len(self._faults.told) >= FAULT_LIMIT:
                self._faults.add(about(where, texts.NOT_READ_ON))
                return
            name, sign, value = (part.strip(" \t") for part in content.partition("="))
            if not sign:
                self._faults.add(about(where, texts.NOT_A_LINE))
            elif not name.upper().startswith(PREFIX):
                self._faults.add(about(self._shown(name, where), self._outsider(name)))
            else:
                yield name, Given(where, self._unquoted(value, self._shown(name, where)))

    def _unquoted(self, value: str, what: Sayable) -> str:
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            return value[1:-1]
        if value.startswith(('"', "'")) or " #" in value:
            self.warnings.append(about(what, texts.HALF_QUOTED))
        return value

    def _outsider(self, name: str) -> Sayable:
        if name.startswith("export "):
            return texts.NO_EXPORT
        near = self._names.nearest(PREFIX + name.upper())
        close = difflib.SequenceMatcher(None, PREFIX + name.upper(), near).ratio()
        if close > 0.8:  # noqa: PLR2004 - a near miss
            return texts.OUTSIDER_NEAR.filled(prefix=PREFIX, near=near)
        return texts.OUTSIDER.filled(prefix=PREFIX)

    def _layer(self, entries: Iterator[tuple[str, Given]]) -> Layer:
        seen: dict[str, Sayable] = {}
        layer: Layer = {}
        for written, given in entries:
            name = written.upper() if written.isascii() else written
            setting = self._names.find(name)
            if name in seen:
                told = texts.TWICE.filled(first=seen[name])
                self._faults.add(about(self._shown(name, given.where), told))
            elif setting is None:
                self._faults.add(about(self._shown(written, given.where), self._stranger(name)))
            elif RESERVED_ACCOUNT in setting:
                told = texts.RESERVED.filled(name=RESERVED_ACCOUNT)
                self._faults.add(about(named(name, given.where), told), setting)
            elif fault := self._misfit(setting, given.value):
                self._faults.add(about(named(name, given.where), fault), setting)
            elif given.value:
                layer[setting] = given
            seen[name] = given.where
        return layer

    def _misfit(self, setting: Setting, value: str) -> Sayable | None:
        """Return why a value is not even looked at."""
        if _CONTROL.search(value) or self._steers(setting, value):
            return texts.CONTROL
        if not self._names.secret(setting) and (kind := misplaced(value)):
            return texts.MISPLACED.filled(kind=kind)
        return None

    def _stranger(self, name: str) -> Sayable:
        member = self._names.member(name)
        if member:
            return texts.WHOLE_GROUP.filled(member=member)
        return texts.UNKNOWN.filled(near=self._names.nearest(name))

    def _steers(self, setting: Setting, value: str) -> bool:
        """Tell whether a value that is shown could turn a terminal's line about.

        Secrets are never shown, and may be made of anything.
        """
        plain = value.replace("\N{NO-BREAK SPACE}", " ")
        return not self._names.secret(setting) and not plain.isprintable()

    def _shown(self, name: str, where: Sayable) -> Sayable:
        """Name a line by its name only if that cannot well be a piece of a secret."""
        known = self._names.find(name.upper()) is not None
        return named(name, where) if known or self._names.is_harmless(name) else where


def misplaced(value: str) -> Text | None:
    """Return which kind of secret a value is by its form, None where it is none."""
    for shape, what in _SHAPES:
        if shape.search(value):
            return what
    # A long path without a dot may happen to spell a key in base64.
    path = value.startswith("/") and not value.endswith("=")
    return texts.ENCRYPTION_KEY if not path and decode_key(value) is not None else None
