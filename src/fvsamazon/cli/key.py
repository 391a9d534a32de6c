"""`fvsamazon key`: makes the encryption key file, or puts a new key into it beside the daemon."""

from __future__ import annotations

import fcntl
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from fvsamazon.cli import action_texts as texts
from fvsamazon.cli import context
from fvsamazon.texts import system_trouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fvsamazon.cli.context import Invocation
    from fvsamazon.cli.personal import Person
    from fvsamazon.settings import Settings
    from fvsamazon.texts import Language

app = typer.Typer(
    name="key", help="The key that encrypts personal data: make one, or change it.",
    no_args_is_help=True,
)  # fmt: skip


@app.command()
def create(ctx: typer.Context) -> None:
    """Make the key file that KEY_FILE names (mode 0600).

    Never overwrites anything. Made by root, it is given to the owner of the database.
    """
    run_create(ctx.obj)


@app.command()
def rotate(
    ctx: typer.Context,
    lost: Annotated[
        bool,
        typer.Option(
            "--lost",
            help="The old key is lost: erase what only it could open, and go on with the file's.",
        ),
    ] = False,
) -> None:
    """Encrypt everything under a new key, without stopping the daemon.

    The old key stays beside the file, as `…-old-<id>`, for backups that it encrypted. A rotation
    that was interrupted is gone on with.
    """
    run_rotate(ctx.obj, lost=lost)


def run_create(invocation: Invocation) -> None:
    """Make the file, or say in one sentence why not."""
    from fvsamazon import keyfile
    from fvsamazon.errors import FvsamazonError

    settings = invocation.load(secrets=False).settings
    language, path = settings.language, _key_file(settings)
    owner = _owner(settings, path)
    try:
        keyfile.create(path, owner)
    except FileExistsError:
        raise FvsamazonError(texts.KEY_THERE.say(language, path=path)) from None
    except FileNotFoundError:
        folder = path.absolute().parent
        command = _make_folder(folder, owner)
        told = texts.NO_FOLDER.filled(folder=folder, command=command)
        raise FvsamazonError(told) from None
    except OSError as error:
        if (closed := _closed_to_the_owner(settings, path)) is not None:
            raise FvsamazonError(closed) from None
        told = texts.KEY_CANNOT_BE_MADE.filled(path=path, problem=system_trouble(error))
        raise FvsamazonError(told) from None
    print(texts.KEY_MADE.say(language, path=path))
    if (closed := _closed_to_the_owner(settings, path)) is not None:
        _warn(closed)
    _warn_of_another_key(settings)


def run_rotate(invocation: Invocation, *, lost: bool) -> None:
    """Change the key; what needs root (the file) comes before what is the owner's (the rest)."""
    from fvsamazon.cli.personal import person
    from fvsamazon.errors import FvsamazonError

    who = person()
    settings = invocation.load(secrets=False).settings
    context.configure_logs(settings, to_stderr=True)
    language = settings.language
    if settings.personal_data.key is not None:
        raise FvsamazonError(texts.KEY_SET.say(language))
    path = _key_file(settings)
    if (closed := _closed_to_the_owner(settings, path)) is not None:
        # The service would see the new key alone, and call the old one lost.
        raise FvsamazonError(closed)
    with _alone(path, language):
        _rotate(settings, path, who, lost=lost)
    if not lost:
        print(texts.DESTROY.say(language))


def _rotate(settings: Settings, path: Path, who: Person, *, lost: bool) -> None:
    from fvsamazon import events, keyfile, logs
    from fvsamazon.assembly import privacy_plan
    from fvsamazon.clock import SystemClock
    from fvsamazon.errors import FvsamazonError
    from fvsamazon.rotation import Rotation

    language = settings.language
    vault = privacy_plan(settings).vault()

    async def look() -> bool:
        async with context.opened(settings) as database:
            return await Rotation(database, vault, SystemClock(), logs.get_logger()).is_unfinished()

    async def work() -> None:
        async with context.opened(settings) as database:
            turning = Rotation(database, vault, SystemClock(), logs.get_logger())
            if lost:
                orders, parts = await turning.drop_lost(user_id=who.user_id)
                logs.get_logger().info(
                    events.PRIVACY_ERASED,
                    user=who.user_id,
                    why="key_lost",
                    orders=orders,
                    fields=parts,
                )
                told = texts.PARTS.say(language, parts)
                print(texts.LOST.say(language, orders, parts=told))
            done = await turning.run()
            print(texts.TURNED.say(language, done.parts, path=path))
            if done.damaged:
                _warn(texts.DAMAGED.say(language, done.damaged))

    there = context.database_exists(settings.database)
    unfinished = lost
    if there and not lost:
        with context.as_owner(settings.database):
            unfinished = context.run_async(look)
    if not unfinished:
        try:
            kept = keyfile.replace(path, _owner(settings, path))
        except OSError as error:
            told = texts.NO_NEW_KEY.filled(path=path, problem=system_trouble(error))
            raise FvsamazonError(told) from None
        print(texts.NEW_KEY.say(language, path=path, kept=kept))
    if there:
        context.become_owner(settings.database)
        context.run_async(work)


@contextmanager
def _alone(path: Path, language: Language) -> Iterator[None]:
    """Keep a second rotation of the same file out."""
    from fvsamazon.errors import FvsamazonError

    try:
        handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        told = texts.FOLDER_UNREADABLE.filled(folder=path.parent, problem=system_trouble(error))
        raise FvsamazonError(told) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise FvsamazonError(texts.ROTATION_UNDER_WAY.say(language, path=path)) from None
    try:
        yield
    finally:
        os.close(handle)


def _key_file(settings: Settings) -> Path:
    from fvsamazon.errors import FvsamazonError

    if settings.personal_data.key_file is None:
        raise FvsamazonError(texts.NO_KEY_FILE.say(settings.language))
    return settings.personal_data.key_file


def _owner(settings: Settings, path: Path) -> tuple[int, int] | None:
    """Return whose the key is to be: the database's owner's.

    Before the service has ever run there may be no folder of its own to tell who that is; then the
    folder of the key does, which was made for that user.
    """
    return context.owner_of(settings.database) or context.owner_of(path)


def _closed_to_the_owner(settings: Settings, path: Path) -> str | None:
    """Say so where the database's owner, who is the service, cannot see the folder of the key."""
    owner = context.owner_of(settings.database)
    folder = path.absolute().parent
    if owner is None:
        return None
    with context.as_owner(settings.database):
        seen = os.access(folder, os.R_OK | os.X_OK, effective_ids=True)
    # A folder that is not there is told by whoever opens it.
    if seen or not folder.exists():
        return None
    user, group = _names(*owner)
    command = f"chown {user}:{group} {folder} && chmod 700 {folder}"
    return texts.FOLDER_CLOSED.say(settings.language, user=user, folder=folder, command=command)


def _make_folder(folder: Path, owner: tuple[int, int] | None) -> str:
    """Return the command that makes a folder which the owner alone can enter."""
    whose = "" if owner is None else "-o {} -g {} ".format(*_names(*owner))
    return f"install -d -m 700 {whose}{folder}"


def _names(user: int, group: int) -> tuple[str, str]:
    """Return a user and a group as people know them."""
    import grp
    import pwd

    names = [str(user), str(group)]
    with suppress(KeyError):
        names[0] = pwd.getpwuid(user).pw_name
    with suppress(KeyError):
        names[1] = grp.getgrgid(group).gr_name
    return names[0], names[1]


def _warn(sentence: str) -> None:
    print(f"fvsamazon: {sentence}", file=sys.stderr)


def _warn_of_another_key(settings: Settings) -> None:
    """Say so where the database holds what another key encrypted."""
    from fvsamazon.assembly import privacy_plan
    from fvsamazon.errors import FvsamazonError
    from fvsamazon.store import personal

    if not context.database_exists(settings.database):
        return
    context.become_owner(settings.database)

    async def strange() -> bool:
        async with context.opened(settings) as database:
            ring = privacy_plan(settings).vault().keys()
            return bool(await personal.key_ids(database) - ring.ids)

    try:
        found = context.run_async(strange)
    except FvsamazonError:
        return
    if found:
        _warn(texts.ANOTHER_KEY.say(settings.language))
