"""`fvsamazon key`: makes the encryption key file, or puts a new key into it beside the daemon."""

from __future__ import annotations

import fcntl
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from fvsamazon.cli import context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fvsamazon.cli.context import Invocation
    from fvsamazon.settings import Settings

app = typer.Typer(
    name="key", help="The key that encrypts personal data: make one, or change it.",
    no_args_is_help=True,
)  # fmt: skip

_NO_FILE = (
    "FVSAMAZON_PERSONAL_DATA__KEY_FILE is not set; set it to where the key is to lie, on another "
    "disk or machine than the database's backups"
)
_KEY_SET = (
    "the key comes from FVSAMAZON_PERSONAL_DATA__KEY, which this program cannot change; write it "
    "into a file of mode 0600, name that in FVSAMAZON_PERSONAL_DATA__KEY_FILE, take KEY away, "
    "restart, and rotate then"
)


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
    path = _key_file(settings)
    try:
        keyfile.create(path, context.owner_of(settings.database))
    except FileExistsError:
        raise FvsamazonError(f"{path} is there already, and is never overwritten") from None
    except OSError as error:
        raise FvsamazonError(f"{path} cannot be made ({error.strerror})") from None
    print(f"made {path}; keep a copy of it apart from the database's backups")
    _warn_of_another_key(settings)


def run_rotate(invocation: Invocation, *, lost: bool) -> None:
    """Change the key; what needs root (the file) comes before what is the owner's (the rest)."""
    from fvsamazon import keyfile, logs
    from fvsamazon.assembly import privacy_plan
    from fvsamazon.clock import SystemClock
    from fvsamazon.errors import FvsamazonError
    from fvsamazon.rotation import Rotation

    settings = invocation.load(secrets=False).settings
    context.configure_logs(settings, to_stderr=True)
    path = _key_file(settings)
    if settings.personal_data.key is not None:
        raise FvsamazonError(_KEY_SET)
    vault = privacy_plan(settings).vault()

    async def look() -> bool:
        async with context.opened(settings) as database:
            return await Rotation(database, vault, SystemClock(), logs.get_logger()).is_unfinished()

    async def work() -> None:
        async with context.opened(settings) as database:
            turning = Rotation(database, vault, SystemClock(), logs.get_logger())
            if lost:
                orders, parts = await turning.drop_lost()
                print(f"{orders} orders lost their personal data, {parts} encrypted parts in all")
            done = await turning.run()
            print(f"{done.parts} parts are encrypted under the key in {path}")
            if done.damaged:
                print(f"fvsamazon: {done.damaged} parts do not open", file=sys.stderr)

    with _alone(path):
        there = context.database_exists(settings.database)
        unfinished = lost
        if there and not lost:
            with context.as_owner(settings.database):
                unfinished = context.run_async(look)
        if not unfinished:
            try:
                kept = keyfile.replace(path, context.owner_of(settings.database))
            except OSError as error:
                raise FvsamazonError(
                    f"no new key can be put beside {path} ({error.strerror}); run this as root"
                ) from None
            print(f"{path} holds a new key; the old one is {kept}")
        if there:
            context.become_owner(settings.database)
            context.run_async(work)
    if not lost:
        print("destroy the old key once no backup needs it")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep a second rotation of the same file out."""
    from fvsamazon.errors import FvsamazonError

    try:
        handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise FvsamazonError(f"{path.parent} cannot be read ({error.strerror})") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise FvsamazonError(f"another rotation of {path} is under way") from None
    try:
        yield
    finally:
        os.close(handle)


def _key_file(settings: Settings) -> Path:
    from fvsamazon.errors import FvsamazonError

    if settings.personal_data.key_file is None:
        raise FvsamazonError(_NO_FILE)
    return settings.personal_data.key_file


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
        print(
            "fvsamazon: the database holds personal data under another key; put that one back, or "
            "`fvsamazon key rotate --lost` erases what only it could open",
            file=sys.stderr,
        )
