"""Reads the settings, and tells what a reload changes.

In: an env file and the environment. Out: frozen `Settings`, or one ConfigError that lists every
fault with its setting and remedy. The environment wins over credentials, these over the file; the
file is read again at each call, because a unit's own EnvironmentFile= would freeze it at start.
No value of a secret may reach an error or a warning, nor may pydantic's own texts. Faults and
warnings can be said in either language; an error tells in which they were asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

from fvsamazon.clock import SystemClock
from fvsamazon.errors import ConfigError
from fvsamazon.keyfile import decode_key
from fvsamazon.regions import REGIONS
from fvsamazon.settings import texts
from fvsamazon.settings.example import example
from fvsamazon.settings.faults import Faults, Refusal, Setting, about, all_of, name_of, named
from fvsamazon.settings.groups import (
    AccountSettings,
    FinvaldaSettings,
    PersonalDataSettings,
    RegionSettings,
    Settings,
)
from fvsamazon.settings.rules import check
from fvsamazon.settings.sources import Given, Layer, Names, Reader
from fvsamazon.texts import Language, Listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from pydantic_core import ErrorDetails

    from fvsamazon.texts import Sayable, Text

__all__ = [
    "SYSTEM_FILE",
    "AccountSettings",
    "FinvaldaSettings",
    "Loaded",
    "PersonalDataSettings",
    "RegionSettings",
    "Settings",
    "changed",
    "decode_key",
    "example",
    "find_env_file",
    "load",
    "newly_hidden",
    "secret_values",
]

LOCAL_FILE = Path("settings.env")
SYSTEM_FILE = Path("/etc/fvsamazon/settings.env")

_NAMES = Names(Settings)
_LANGUAGE: Setting = ("language",)

_REMEDIES: Mapping[str, Text] = {
    "bool_parsing": texts.BOOLEAN,
    "int_parsing": texts.WHOLE_NUMBER,
    "float_parsing": texts.NUMBER,
    "finite_number": texts.NUMBER,
    "greater_than_equal": texts.AT_LEAST,
    "less_than_equal": texts.AT_MOST,
    "missing": texts.NEEDED_BY_ACCOUNT,
}
"""What to do about each of pydantic's refusals, in our words."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with the story of where they came from; owned by whoever may reload them."""

    settings: Settings
    file: Path | None
    warnings: tuple[Sayable, ...]
    hidden: tuple[str, ...]
    """Names whose value in the file counts for nothing, because a stronger source says else."""
    credentials: tuple[str, ...]
    """Names of secrets that systemd handed over at start: only a restart brings new ones."""
    in_file: Mapping[str, SecretStr] = field(repr=False)


def find_env_file(local: Path = LOCAL_FILE, system: Path = SYSTEM_FILE) -> Path | None:
    """Return the env file to use where none is named: the current folder's, else the system's."""
    for candidate in (local, system):
        try:
            candidate.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            # it may well be there: `load` says that it cannot be read, rather than run without it
            return candidate
        return candidate
    return None


def load(
    env_file: Path | None,
    environ: Mapping[str, str],
    *,
    now: datetime | None = None,
    secrets: bool = True,
) -> Loaded:
    """Read all sources and return what they say, or raise one ConfigError with every fault.

    Without `secrets` those that are missing are no fault: a command that only looks at what is
    recorded works also where the service alone is handed them.
    """
    faults = Faults()
    reader = Reader(_NAMES, faults)
    folder = environ.get("CREDENTIALS_DIRECTORY")
    environment = reader.environment(environ)
    credentials = reader.credentials(Path(folder)) if folder else {}
    file = reader.file(env_file) if env_file else {}
    layers = (environment, credentials, file)
    # Where a source could not be read, what is missing may well stand there.
    secrets = secrets and reader.whole
    _refuse_rival_secrets(layers, faults)
    everything = (*layers, _defaults(env_file, environ))
    settings = _inherited(_built(everything, faults, secrets=secrets))
    warnings = check(settings, now or SystemClock().now(), faults, secrets=secrets)
    if faults.told:
        raise ConfigError(faults.told, language=_asked_for(layers))
    stronger = credentials | environment
    return Loaded(
        settings=settings,
        file=env_file,
        warnings=(*reader.warnings, *warnings),
        hidden=tuple(
            name_of(setting)
            for setting, given in file.items()
            if setting in stronger and stronger[setting].value != given.value
        ),
        credentials=tuple(name_of(setting) for setting in credentials if _NAMES.secret(setting)),
        in_file={name_of(setting): SecretStr(given.value) for setting, given in file.items()},
    )


def changed(old: Settings, new: Settings) -> frozenset[str]:
    """Return what differs, as in {"europe.client_secret", "log_level"}: the group comes first."""
    before, after = dict(_values(old)), dict(_values(new))
    absent = object()
    return frozenset(
        ".".join(setting)
        for setting in before.keys() | after.keys()
        if before.get(setting, absent) != after.get(setting, absent)
    )


def newly_hidden(old: Loaded, new: Loaded) -> tuple[str, ...]:
    """Return the names that were edited in the file to no effect: a stronger source hides them."""
    return tuple(name for name in new.hidden if new.in_file[name] != old.in_file.get(name))


def secret_values(settings: Settings) -> tuple[str, ...]:
    """Return every secret in plain text, for the log to blot out wherever it should turn up."""
    found: set[str] = set()
    for setting, value in _values(settings):
        if isinstance(value, SecretStr):
            found.add(value.get_secret_value())
            if setting[-1] == "proxy":
                password = urlsplit(value.get_secret_value()).password or ""
                found |= {password, unquote(password)}
    return tuple(sorted(found - {""}))


def _values(group: BaseModel, above: Setting = ()) -> Iterator[tuple[Setting, Any]]:
    for name in type(group).model_fields:
        value = getattr(group, name)
        if isinstance(value, BaseModel):
            yield from _values(value, (*above, name))
        elif isinstance(value, Mapping):
            for member, inner in value.items():
                yield from _values(inner, (*above, name, member))
        else:
            yield (*above, name), value


def _defaults(env_file: Path | None, environ: Mapping[str, str]) -> Layer:
    # systemd separates several state folders by colons; the unit names one
    state = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    database = Path(state, "fvsamazon.db")
    rules = env_file.with_name("booking.toml") if env_file else Path("booking.toml")
    return {
        ("database",): Given(texts.DEFAULT, str(database)),
        ("booking_rules",): Given(texts.DEFAULT, str(rules)),
    }


def _refuse_rival_secrets(layers: Sequence[Layer], faults: Faults) -> None:
    # which of two is in force would show only when Amazon refuses the other
    given = dict.fromkeys(setting for layer in layers for setting in layer)
    for setting in filter(_NAMES.secret, given):
        rivals = [layer[setting] for layer in layers if setting in layer]
        if len({rival.value for rival in rivals}) > 1:
            told = texts.RIVALS.filled(places=all_of(*(rival.where for rival in rivals)))
            faults.add(about(name_of(setting), told), setting)


def _built(layers: Sequence[Layer], faults: Faults, *, secrets: bool) -> Settings:
    """Make the model; a value that it refuses becomes a fault and counts as absent."""
    try:
        return _assembled(layers)
    except ValidationError as error:
        # pydantic's own text is left behind here: not even a traceback may chain to it
        problems = error.errors(include_url=False, include_input=False)
    refused = set()
    for problem in problems:
        setting = tuple(str(part) for part in problem["loc"])
        given = next((layer[setting] for layer in layers if setting in layer), None)
        name = name_of(setting)
        if secrets or problem["type"] != "missing" or not _NAMES.secret(setting):
            subject = named(name, given.where) if given else name
            faults.add(about(subject, _remedy(problem, setting)), setting)
        refused.add(setting[:-1] if problem["type"] == "missing" else setting)
    return _assembled(
        [
            {key: given for key, given in layer.items() if refused.isdisjoint((key, key[:-1]))}
            for layer in layers
        ]
    )


def _remedy(problem: ErrorDetails, setting: Setting) -> Sayable:
    values = problem.get("ctx", {})
    if isinstance(refusal := values.get("error"), Refusal):
        return refusal.told
    if problem["type"] == "literal_error":
        words = tuple(map(repr, _choices(_NAMES.field(setting).annotation)))
        return texts.CHOICE.filled(choices=Listed(texts.OR, words))
    return _REMEDIES.get(problem["type"], texts.SEE_EXAMPLE).filled(**values)


def _choices(annotation: object) -> tuple[object, ...]:
    inner = get_args(annotation)
    if get_origin(annotation) is Literal:
        return inner
    return tuple(word for part in inner for word in _choices(part))


def _asked_for(layers: Sequence[Layer]) -> Language:
    """Return the language to tell faults in, whatever else is wrong: the strongest valid one."""
    known: dict[str, Language] = {word: word for word in get_args(Language)}
    words = (layer[_LANGUAGE].value.lower() for layer in layers if _LANGUAGE in layer)
    return next((known[word] for word in words if word in known), "en")


def _assembled(layers: Sequence[Layer]) -> Settings:
    values: dict[str, Any] = {"layers": [_nested(layer) for layer in layers]}
    return Settings(**values)


def _nested(layer: Layer) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for setting, given in layer.items():
        node = root
        for part in setting[:-1]:
            node = node.setdefault(part, {})
        node[setting[-1]] = given.value
    return root


def _inherited(settings: Settings) -> Settings:
    """Fill in what a group takes from the whole where it says nothing itself."""
    groups: dict[str, BaseModel] = {}
    for name, amazon in REGIONS.items():
        region = settings.region(name)
        if "poll_interval" not in region.model_fields_set:
            update = {"poll_interval": settings.poll_interval}
            groups[amazon.setting.lower()] = region.model_copy(update=update)
    if settings.finvalda.language is None:
        groups["finvalda"] = settings.finvalda.model_copy(update={"language": settings.language})
    return settings.model_copy(update=groups)
