"""What every command needs: its settings, its database, the right user, the exit codes.

Run as root, a command becomes the owner of the database (or of its folder, while there is none)
before it touches it, so that no file is left behind which the service cannot write.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fvsamazon.errors import (
    ConfigError,
    FvsamazonError,
    NewerSchema,
    StoreBusy,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

    from fvsamazon.settings import Loaded, Settings
    from fvsamazon.store.database import Database

SERVICE_SETTINGS = Path("/etc/fvsamazon")
SERVICE_STATE = Path("/var/lib/fvsamazon")

EX_FAILED = 1
EX_TEMPFAIL = 75
EX_CONFIG = 78

ETC = Path("/etc/fvsamazon")
STATE = Path("/var/lib/fvsamazon")
"""Where the installed units keep settings and database."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of the command line."""

    env_file: Path | None

    def load(self, *, secrets: bool = True, daemon: bool = False) -> Loaded:
        """Read the settings; raises `ConfigError` with every fault.

        Without `secrets` missing ones are no fault. A `daemon` goes by its environment alone,
        because it reads the settings again by that; any other command beside an installed service
        goes by what that service's unit says.
        """
        from fvsamazon.settings import find_env_file, load

        file = self.env_file or find_env_file()
        environ = os.environ if daemon or file is None else as_the_unit(file, os.environ)
        return load(file, environ, secrets=secrets)

    def settings(self, *, log: bool = True, secrets: bool = True) -> Settings:
        """Read the settings for a command that works beside the daemon; logs go to stderr.

        A command that has to answer at once and logs nothing goes without a log.
        """
        loaded = self.load(secrets=secrets)
        if log:
            configure_logs(loaded.settings, to_stderr=True)
        become_owner(loaded.settings.database)
        return loaded.settings


def as_the_unit(
    file: Path, environ: Mapping[str, str], *, etc: Path = ETC, state: Path = STATE
) -> Mapping[str, str]:
    """Add what the installed service's unit says to an environment that lacks it.

    A root shell is not told where systemd keeps the database of the settings in /etc/fvsamazon
    (or in a company's folder below it), nor handed the secrets that lie there.
    """
    folder = file.absolute().parent
    if folder != etc and etc not in folder.parents:
        return environ
    found = {
        "STATE_DIRECTORY": state / folder.relative_to(etc),
        "CREDENTIALS_DIRECTORY": folder / "credentials",
    }
    known = {
        name: str(place)
        for name, place in found.items()
        if name not in environ and os.access(place, os.X_OK)
    }
    if "CREDENTIALS_DIRECTORY" in known and not os.access(folder / "credentials", os.R_OK):
        del known["CREDENTIALS_DIRECTORY"]
    return {**environ, **known}


def database_exists(path: Path) -> bool:
    """Tell whether there is a database; raises where even that cannot be seen."""
    try:
        return path.is_file()
    except OSError as error:
        raise StoreUnavailable(
            f"the database {path} cannot be seen ({error.strerror}); run this as root or as the "
            "service's own user"
        ) from error


def beside_the_service(env_file: Path | None, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment, with what systemd gives the service and a shell has not.

    A command that reads the service's own settings (below /etc/fvsamazon) finds the service's
    database and credentials: /var/lib/fvsamazon, and the folder `credentials` beside the file.
    """
    if env_file is None or not env_file.absolute().is_relative_to(SERVICE_SETTINGS):
        return environ
    folder = env_file.absolute().parent
    state = SERVICE_STATE / folder.relative_to(SERVICE_SETTINGS)
    found = {"CREDENTIALS_DIRECTORY": folder / "credentials", "STATE_DIRECTORY": state}
    return {name: str(place) for name, place in found.items() if place.is_dir()} | dict(environ)


def configure_logs(settings: Settings, *, to_stderr: bool) -> None:
    """Set the log up: `run` writes to standard output or the file, all others to stderr."""
    from fvsamazon import logs
    from fvsamazon.settings import secret_values

    logs.protect(*secret_values(settings))
    stream = sys.stderr if to_stderr else sys.stdout
    logs.configure(
        settings.log_level,
        settings.log_format,
        stream=stream,
        file=None if to_stderr else settings.log_file,
        journal=logs.is_journal(stream, os.environ.get("JOURNAL_STREAM")),
    )


def owner_of(database: Path) -> tuple[int, int] | None:
    """Return user and group of the database, or of the nearest folder that exists.

    None where this process is not root, or root owns it: nobody else is to be given anything.
    """
    if os.geteuid() != 0:
        return None
    place = database.absolute()
    while not place.exists():
        place = place.parent
    owner = place.stat()
    return (owner.st_uid, owner.st_gid) if owner.st_uid != 0 else None


def become_owner(database: Path) -> None:
    """As root, become the owner of the database or of the nearest folder that exists."""
    owner = owner_of(database)
    if owner is None:
        return
    uid, gid = owner
    _join_groups(uid, gid)
    os.setgid(gid)
    os.setuid(uid)
    os.umask(0o077)


@contextmanager
def as_owner(database: Path) -> Iterator[None]:
    """As root, be the owner of the database for a while; then root again."""
    owner = owner_of(database)
    if owner is None:
        yield
        return
    uid, gid = owner
    groups, group, umask = os.getgroups(), os.getegid(), os.umask(0o077)
    _join_groups(uid, gid)
    os.setegid(gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)
        os.umask(umask)


def _join_groups(uid: int, gid: int) -> None:
    import pwd

    try:
        os.initgroups(pwd.getpwuid(uid).pw_name, gid)
    except KeyError:
        os.setgroups([gid])


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """Open an existing database of this version beside a daemon."""
    from fvsamazon.store import schema
    from fvsamazon.store.database import Database

    database = await Database.open(settings.database, create=False)
    try:
        await schema.require_current(database)
        yield database
    finally:
        await database.close()


def run_async(work: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - hands on what it got
    """Run a command's coroutine; an exception group of one becomes that one."""
    import anyio

    # What was loaded so far stays until the end: it is no garbage to look for.
    gc.freeze()
    gc.enable()
    try:
        return anyio.run(work)
    except BaseExceptionGroup as group:
        raise leaf_of(group) from None


def leaf_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first real exception of a group."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def exit_code(error: FvsamazonError) -> int:
    """Return the contract's exit code of an error that ends a command."""
    if isinstance(error, (ConfigError, NewerSchema)):
        return EX_CONFIG
    if isinstance(error, StoreBusy):
        return EX_TEMPFAIL
    return EX_FAILED


@contextmanager
def faults_as_sentences() -> Iterator[None]:
    """Turn our errors into sentences on standard error and exit codes."""
    try:
        yield
    except FvsamazonError as error:
        faults = error.faults if isinstance(error, ConfigError) else (str(error),)
        for fault in faults:
            print(f"fvsamazon: {fault}", file=sys.stderr)
        sys.exit(exit_code(error))
    except BrokenPipeError:
        # `fvsamazon orders export | head` is no fault of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
