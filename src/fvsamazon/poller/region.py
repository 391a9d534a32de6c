"""One region's polling: a task for each of its accounts, so that none waits for another.

Each account has three loops: its searches, its errands (single orders, where it sells, whether it
is quiet) and its access token, refreshed ahead of time so that no poll waits for it. A bug in one
account is logged with its traceback and that account starts again after a back-off.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import anyio

from fvsamazon.supervisor import run_loop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from anyio.abc import TaskStatus

    from fvsamazon.clock import Clock
    from fvsamazon.poller.account import AccountPoller
    from fvsamazon.poller.errands import Errands
    from fvsamazon.poller.tokens import TokenKeeper
    from fvsamazon.supervisor import Guard

STEP_LIMIT = 240.0
"""Seconds that one step may take before the watchdog believes that it hangs."""


class AccountTask:
    """One account's loops, built once and run until stopped."""

    def __init__(
        self,
        *,
        name: str,
        poller: AccountPoller,
        errands: Errands,
        tokens: TokenKeeper,
    ) -> None:
        self.name = name
        self.poller = poller
        self.errands = errands
        self.tokens = tokens
        self.woken: Callable[[], None] = lambda: None

    async def keep_token(self) -> float:
        """Keep the token fresh; credentials that work again are tried without waiting.

        They may have been replaced while the program was down, or been made valid where they were
        issued: neither changes the settings, and an hour without orders is long.
        """
        wait = await self.tokens.step()
        if self.tokens.take_mended() and self.poller.state.needs_a_person:
            self.poller.state.asked_to_try()
            self.woken()
        return wait

    def steps(self) -> tuple[tuple[str, Callable[[], Awaitable[float]]], ...]:
        """Return the account's loops by the name that a log shows."""
        return (
            ("poll", self.poller.step),
            ("errands", self.errands.step),
            ("token", self.keep_token),
        )


class RegionPoller:
    """Runs the accounts of one region."""

    def __init__(
        self, region: str, accounts: Sequence[AccountTask], *, clock: Clock, guard: Guard
    ) -> None:
        self.region = region
        self._accounts = accounts
        self._clock = clock
        self._guard = guard
        self._wake = anyio.Event()
        for account in accounts:
            account.woken = self._wake_up

    def poll_now(self) -> None:
        """Let every account poll as far as its quota allows."""
        for account in self._accounts:
            account.poller.poll_now()
        self._wake_up()

    def try_again(self) -> None:
        """Try accounts that wait for a person at once: the settings were read anew."""
        for account in self._accounts:
            account.errands.try_now()
            if account.poller.state.needs_a_person:
                account.poller.state.asked_to_try()
        self._wake_up()

    def _wake_up(self) -> None:
        self._wake.set()
        self._wake = anyio.Event()

    async def run(
        self, stopping: anyio.Event, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED
    ) -> None:
        """Poll until `stopping` is set; ready when every account's loops run."""
        async with anyio.create_task_group() as group:
            for account in self._accounts:
                for part, step in account.steps():
                    await group.start(
                        partial(
                            run_loop,
                            f"{part}:{self.region}:{account.name}",
                            step,
                            guard=self._guard,
                            clock=self._clock,
                            stopping=stopping,
                            step_limit=STEP_LIMIT,
                            wake=lambda: self._wake,
                            where={"region": self.region, "account": account.name},
                        )
                    )
            task_status.started()
