"""What proofs share: crashes at chosen points, time for all loops of an account, the last audit."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unittest import mock

from fvsamazon.store.database import Database
from support.paper_amazon import PaperAmazon

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    import httpx

    from fvsamazon.store.database import Transaction
    from support.house import House


class Crash(BaseException):
    """The process is gone: nothing in it may catch this."""


@dataclass
class Fuse:
    """Counts effects and blows at one of them, or at every one of a name."""

    at: int = 0
    always: str | None = None
    names: list[str] = field(default_factory=list)

    def effect(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self.at or name == self.always:
            raise Crash(name)


@dataclass
class FusedAmazon(PaperAmazon):
    """Amazon with a fuse on both sides of it."""

    fuse: Fuse = field(default_factory=Fuse)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.rsplit("/", 1)[1]
        self.fuse.effect(f"before the request for {path}")
        answer = super().answer(request)
        self.fuse.effect(f"before the answer about {path} comes")
        return answer


@contextmanager
def fused_commits(fuse: Fuse) -> Iterator[None]:
    """Put a fuse before and after every commit of every database."""
    real = Database.transaction

    @asynccontextmanager
    async def transaction(database: Database) -> AsyncIterator[Transaction]:
        async with real(database) as tx:
            yield tx
            fuse.effect("before a commit")
        fuse.effect("after a commit")

    with mock.patch.object(Database, "transaction", transaction):
        yield


async def start(house: House) -> None:
    """Start a process, or the next one after a crash."""
    await house.open()
    # A process dies here, not the machine: what was written need not reach the disk at once.
    await (await house.database._writer.execute("pragma synchronous = off")).close()


async def end(house: House) -> None:
    """Do what the kernel does with a dead process's files, however far it had come."""
    opened = vars(house)
    if http := opened.pop("http", None):
        await http.aclose()
    if database := opened.pop("database", None):
        await database.close()


async def live(
    house: House,
    seconds: float,
    *,
    after: Callable[[], None] = lambda: None,
    nap: Callable[[], float] = lambda: float("inf"),
    steps: int = 20_000,
) -> None:
    """Run every loop of the account for so long, each when it is due.

    `nap` says how far time may move at most, `after` is called whenever it has moved.
    """
    clock = house.clock
    until = clock.elapsed() + seconds
    due = {name: (clock.elapsed(), step) for name, step in house.task.steps()}
    for _ in range(steps):
        name = min(due, key=lambda one: due[one][0])
        at, step = due[name]
        moment = min(at, until, clock.elapsed() + nap())
        clock.advance(max(0.0, moment - clock.elapsed()))
        after()
        if clock.elapsed() >= until:
            return
        if moment == at:
            due[name] = (clock.elapsed() + await step(), step)
    raise AssertionError("the account never rests")


async def assert_single(house: House) -> None:
    """Nothing is doubled, and what was counted is what there is."""
    database = house.database
    counts = {r["name"]: r["value"] for r in await database.all("select name, value from counter")}
    for name, table in (("orders", "orders"), ("versions", "order_version")):
        row = await database.one(f"select count(*) as n from {table}")
        assert row is not None
        assert counts.get(name, 0) == row["n"], name
    twice = "select 1 from order_version group by order_row, updated_at having count(*) > 1"
    assert await database.all(twice) == []
