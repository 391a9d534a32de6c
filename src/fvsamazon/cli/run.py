"""`fvsamazon run`: the daemon."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from fvsamazon import coredumps, events, logs
from fvsamazon.cli import context
from fvsamazon.clock import SystemClock
from fvsamazon.daemon import Daemon
from fvsamazon.errors import StoreCorrupt
from fvsamazon.sdnotify import Notifier

if TYPE_CHECKING:
    from fvsamazon.cli.context import Invocation


def run_daemon(invocation: Invocation) -> None:
    """Run until a signal ends it; raises what the command line turns into an exit code."""
    loaded = invocation.load(daemon=True)
    context.become_owner(loaded.settings.database)
    configure = partial(context.configure_logs, to_stderr=False)
    configure(loaded.settings)
    logs.catch_uncaught()
    # After the log: its file may be /dev/stdout, which then could not be opened.
    coredumps.forbid()

    async def work() -> None:
        # Its parts belong to the event loop, so they are made inside it.
        await Daemon(
            loaded,
            environ=os.environ,
            clock=SystemClock(),
            notifier=Notifier(os.environ),
            configure_logs=configure,
        ).run()

    try:
        context.run_async(work)
    except StoreCorrupt as error:
        logs.get_logger().critical(
            events.DAEMON_FAILED, error=type(error).__name__, detail=str(error)
        )
        raise
