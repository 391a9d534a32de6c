"""What every command needs: its settings, its database, the right user, the exit codes.

Run as root, a command becomes the owner of the database (or of its folder, while there is none)
before it touches it, so that no file is left behind which the service cannot write.
"""

from __future__ import annotations

import gc
import io
import os
import sys
import threading
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fvsamazon import coredumps
from fvsamazon.cli import context_texts as texts
from fvsamazon.cli.wording import shown
from fvsamazon.errors import (
    ConfigError,
    FvsamazonError,
    NewerSchema,
    StoreBusy,
    StoreUnavailable,
)
from fvsamazon.texts import system_trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

    from fvsamazon.settings import Loaded, Settings
    from fvsamazon.store.database import Database
    from fvsamazon.texts import Language

EX_FAILED = 1
EX_TEMPFAIL = 75
EX_CONFIG = 78

ETC = Path("/etc/fvsamazon")
STATE = Path("/var/lib/fvsamazon")
"""Where the installed units keep settings and database."""


@dataclass(slots=True)
class Invocation:
    """One call of the command line: what it was given, and how to speak to who called it."""

    env_file: Path | None = None
    language: Language = "en"
    """What the settings say, once they were read; also where they cannot be used."""

    def load(self, *, secrets: bool = True, daemon: bool = False) -> Loaded:
        """Read the settings; raises `ConfigError` with every fault.

        Without `secrets` missing ones are no fault. A `daemon` goes by its environment alone,
        because it reads the settings again by that; any other command beside an installed service
        goes by what that service's unit says.
        """
        from fvsamazon.settings import find_env_file, load

        if not daemon:
            # From here on it knows secrets. The daemon has its log to open first.
            coredumps.forbid()
        file = self.env_file or find_env_file()
        environ = os.environ if daemon or file is None else as_the_unit(file, os.environ)
        try:
            loaded = load(file, environ, secrets=secrets)
        except ConfigError as error:
            self.language = error.language
            raise
        self.language = loaded.settings.language
        return loaded

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
        from fvsamazon.store.texts import UNSEEN

        told = UNSEEN.filled(path=path, trouble=system_trouble(error))
        raise StoreUnavailable(told) from error


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

    None where this process is not root, or where file and folder are root's: nobody else is to
    be given anything. A link counts as whose it is, not as whose it leads to: whoever may put one
    in the database's place would have root write any file of the machine.
    """
    if os.geteuid() != 0:
        return None
    place = database.absolute()
    while not os.path.lexists(place):
        place = place.parent
    links = [folder.lstat() for folder in place.parents if folder.is_symlink()]
    for status in (place.lstat(), place.parent.stat(), *links):
        if status.st_uid != 0:
            return status.st_uid, status.st_gid
    return _followed(place)


def _followed(place: Path) -> tuple[int, int] | None:
    """Return who owns what root's own link leads to, None for root."""
    try:
        status = place.stat()
    except FileNotFoundError:
        return None
    return (status.st_uid, status.st_gid) if status.st_uid != 0 else None


def become_owner(database: Path) -> None:
    """As root, become the owner of the database or of the nearest folder that exists."""
    owner = owner_of(database)
    if owner is None:
        return
    # While it can still turn back: the sentence itself may need what only root can read.
    with as_owner(database):
        pass
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
        _require_the_program(uid)
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)
        os.umask(umask)


def _require_the_program(uid: int) -> None:
    """Say so where the owner cannot read this program: what it has not loaded yet would fail."""
    for file in (__file__, os.__file__):
        if not os.access(file, os.R_OK, effective_ids=True):
            raise FvsamazonError(texts.PROGRAM_CLOSED.filled(uid=uid, file=file))


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
    import logging

    import anyio

    # What was loaded so far stays until the end: it is no garbage to look for.
    gc.freeze()
    gc.enable()
    # Again: to become another user makes a process what fs.suid_dumpable says.
    coredumps.forbid()
    # Where no log is set up, Python would print what libraries tell, data and all.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        return anyio.run(work)
    except BaseExceptionGroup as group:
        raise leaf_of(group) from None
    except BrokenPipeError:
        # Whoever read our output has seen enough; typer would call that a failure.
        _finish_output()
        sys.exit(0)


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
def faults_as_sentences(invocation: Invocation) -> Iterator[None]:
    """Turn our errors into sentences on standard error, and exit codes."""
    try:
        yield
    except FvsamazonError as error:
        from fvsamazon.logs import redacted

        language = invocation.language
        faults = error.told if isinstance(error, ConfigError) else (error,)
        for fault in faults:
            # Rules and settings are read from files that others than root may write.
            print(f"fvsamazon: {shown(redacted(fault.say(language)))}", file=sys.stderr)
        sys.exit(exit_code(error))
    except BrokenPipeError:
        # `fvsamazon orders export | head` is no fault of ours.
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - Python's own report would print its data
        tell_bug("main", error)
        sys.exit(EX_FAILED)
    finally:
        _finish_output(invocation.language)


def tell_bug(where: str, error: BaseException | None) -> None:
    """Log a fault of this program as the daemon does, whatever has been set up by then."""
    # While Python ends nothing can be loaded any more; what this raised, Python would print.
    with suppress(Exception):
        from fvsamazon import events, logs

        if not logs.is_configured():
            logs.configure("error", "auto", stream=sys.stderr)
        logs.get_logger().critical(events.PROGRAM_FAILED, where=where, exc_info=error)


def guard_output() -> None:
    """Let nothing stand on standard output or error that was not meant to, nor fail to stand there.

    A text that the locale cannot write becomes escapes; what no one catches is told as a fault is.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    threading.excepthook = lambda args: tell_bug("thread", args.exc_value)
    sys.unraisablehook = lambda args: tell_bug("clean-up", args.exc_value)


def _finish_output(language: Language = "en") -> None:
    """Write what is left; say so where that fails, but to a reader that has seen enough."""
    if sys.stdout is None:  # started with its output closed
        return
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            told = texts.OUTPUT_CLOSED.filled(trouble=system_trouble(error))
            print(f"fvsamazon: {told.say(language)}", file=sys.stderr)
            sys.exit(EX_FAILED)
