"""The simulated Amazon's state: every order of every account, and its life as time passes.

An order is kept as a few numbers; its document is told again from its number when somebody asks.
Time moves the world only in `advance`, which every request calls first: orders are born at the
live rate and acts of their plots happen, each giving its order a new lastUpdatedTime. What the
world holds is the truth that a reader is judged by; what may be told of it is `search.py`'s.
"""

from __future__ import annotations

import heapq
from bisect import bisect
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from fvsamazon.simulator.clock import to_ms
from fvsamazon.simulator.content import content_of, number_of, order_id
from fvsamazon.simulator.orders import document as write_document
from fvsamazon.simulator.places import LONG_HISTORY
from fvsamazon.simulator.put import PutOrder, filtered
from fvsamazon.simulator.records import Entry, TimeIndex, TrueOrder
from fvsamazon.simulator.story import (
    BRISK,
    NATURAL,
    NEED_PAYMENT,
    Act,
    Plot,
    Story,
    fraction,
    tell,
    without_overtaken,
)
from fvsamazon.simulator.view import DAY, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from fvsamazon.simulator.clock import Clock
    from fvsamazon.simulator.options import Account, SimulationOptions
    from fvsamazon.simulator.view import Lens

Json = dict[str, Any]
Key = tuple[str, str]

TRADE_BEFORE_START = 30 * 60 * 1000
TWO_YEARS = 2 * 365 * DAY
SINCE_2016 = 1_451_606_400_000


class UnknownOrder(KeyError):
    """No such order in that account."""


def never_late(_account: Key, _act: Act) -> float:
    """Every act shows when it happens."""
    return 0.0


class World:
    """All accounts' orders. Owned by the simulation; everything happens in one thread."""

    def __init__(self, options: SimulationOptions, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.accounts = {one.key: one for one in options.accounts}
        self.lateness: Callable[[Key, Act], float] = never_late
        """Seconds by which an act shows later than it is stamped; faults may replace it."""
        self._orders: list[Entry] = []
        self._created = {key: TimeIndex() for key in self.accounts}
        self._updated = {key: TimeIndex() for key in self.accounts}
        self._agenda: list[tuple[int, int]] = []
        self._late: set[int] = set()
        self._plots: dict[int, Plot] = {}
        self._put: dict[int, PutOrder] = {}
        self._put_ids: dict[tuple[Key, str], int] = {}
        self._keys = list(self.accounts)
        self._shares = list(accumulate(one.share for one in options.accounts))
        self._running = True
        start = clock.now_ms()
        self._fill_backlog(start - TRADE_BEFORE_START)
        self._live_from = len(self._orders)
        self._rate = options.live_rate
        self._anchor = start - TRADE_BEFORE_START
        self._births = 0
        self.advance()

    # What happens.

    def advance(self) -> None:
        """Let everything happen that is due by now."""
        if not self._running:
            return
        now = self.clock.now_ms()
        while True:
            birth = self._next_birth()
            due = self._agenda[0][0] if self._agenda else None
            if birth is not None and birth <= now and (due is None or birth <= due):
                self._births += 1
                self._bear(birth, self._account_for(len(self._orders)))
            elif due is not None and due <= now:
                self._step(heapq.heappop(self._agenda)[1], now)
            else:
                return

    def set_live_rate(self, rate: float) -> None:
        """Change how many orders a second are born from now on; 0 ends births, not lives."""
        self.advance()
        self._rate, self._anchor, self._births = rate, self.clock.now_ms(), 0

    def stop_trade(self) -> None:
        """Let nothing happen any more by itself: no births, no acts."""
        self.advance()
        self._running = False

    def place(
        self, region: str, account: str = "main", *, at: datetime | None = None, life: bool = True
    ) -> str:
        """Place one order, now or back at `at`; without `life` only `happen` changes it."""
        self.advance()
        created = to_ms(at) if at else self.clock.now_ms()
        entry = self._bear(created, self.accounts[region, account])
        if not life:
            self._plots[entry.number] = self._story(entry).plot[:1]
        return self.id_of(entry)

    def happen(self, region: str, account: str, order: str, act: Act) -> None:
        """Let one act happen to an order now; what its plot held for later still comes.

        A cancelled order has no later.
        """
        self.advance()
        entry = self.find((region, account), order)
        if entry is None or entry.number in self._put:
            raise UnknownOrder(order)
        story = self._story(entry)
        past, future = story.plot[: entry.stage + 1], story.plot[entry.stage + 1 :]
        if act in NEED_PAYMENT and Act.PAID not in {one for _, one in past}:
            raise ValueError(f"{order}: {act.name} needs PAID to have happened")
        future = () if act is Act.CANCELLED else without_overtaken(future, act)
        stamp = max(self.clock.now_ms() // story.step * story.step, entry.updated + story.step)
        plot = [*past, (stamp, act)]
        for at, later in future:
            # An act that is held back to show late must not turn time back.
            plot.append((max(at, plot[-1][0] + story.step), later))
        self._plots[entry.number] = tuple(plot)
        self._apply(entry, stamp, act, story)

    def put(self, region: str, account: str, document: Json) -> str:
        """Store a hand-written order as it stands, or a new version of one put before.

        Its data sets are filtered like any other's; its personal data is not withheld.
        """
        self.advance()
        key = (region, account)
        number = self._put_ids.get((key, document["orderId"]))
        if number is None:
            number = len(self._orders)
            place = self.accounts[key].marketplaces[0]
            self._orders.append(Entry(number, key, place))
            self._put_ids[key, document["orderId"]] = number
            self._put[number] = PutOrder()
        entry = self._orders[number]
        first = entry.stage < 0
        moved = self._put[number].add(document, entry)
        if first:
            self._created[key].add(entry.created, number)
        if moved:
            self._updated[key].add(entry.updated, number)
        return str(document["orderId"])

    # What there is.

    def find(self, key: Key, order: str) -> Entry | None:
        """Return an order of an account by its id, if it can be seen by now."""
        number = self._put_ids.get((key, order))
        if number is None:
            number = number_of(self.options.seed, order)
        if number is None or number >= len(self._orders):
            return None
        entry = self._orders[number]
        same = entry.account == key and entry.stage >= 0 and self.id_of(entry) == order
        return entry if same and not self._expired(entry) else None

    def select(self, key: Key, family: str, after: int, before: int) -> Iterator[Entry]:
        """Yield an account's orders created or updated in a span, both ends included."""
        orders, created = self._orders, family == "created"
        index = self._created[key] if created else self._updated[key]
        oldest = self.clock.now_ms() - TWO_YEARS
        for at, number in index.span(after, before):
            entry = orders[number]
            # An order that was updated since leaves its earlier places in the index behind.
            if (created or entry.updated == at) and (
                entry.created >= oldest or not self._expired(entry)
            ):
                yield entry

    def document(self, entry: Entry, lens: Lens) -> Json:
        put = self._put.get(entry.number)
        if put is not None:
            return filtered(put.latest, lens.wanted)
        return write_document(self.view(entry), lens)

    def view(self, entry: Entry, until: int | None = None) -> View:
        """Return an order as it stands, or as it stood at `until`."""
        story = self._story(entry)
        acts: dict[Act, int] = {}
        status, updated = "", entry.created
        for at, act in story.plot[: entry.stage + 1]:
            if until is not None and at > until:
                break
            acts.setdefault(act, at)
            status, updated = story.status_after(status, act), at
        return View(
            seed=self.options.seed,
            number=entry.number,
            order_id=self.id_of(entry),
            story=story,
            content=content_of(self.options.seed, entry.number, story),
            acts=acts,
            status=status,
            updated=updated,
        )

    def put_version(self, entry: Entry, until: int | None) -> Json | None:
        put = self._put.get(entry.number)
        return put.at(until) if put else None

    def truth(
        self, region: str, account: str = "main", until: datetime | None = None
    ) -> Iterator[TrueOrder]:
        """Yield every order of an account as it stands, or as it stood at `until`.

        Orders that Amazon serves no more are left out. Money is worked out when it is read.
        """
        self.advance()
        key = (region, account)
        limit = to_ms(until) if until else None
        for _, number in self._created[key].span(0, limit if limit is not None else 1 << 62):
            entry = self._orders[number]
            if not self._expired(entry):
                yield TrueOrder(self, entry, limit)

    def count(self, region: str | None = None) -> int:
        """Return how many orders there are, in a region or altogether."""
        self.advance()
        return sum(len(index) for key, index in self._created.items() if region in {None, key[0]})

    def id_of(self, entry: Entry) -> str:
        put = self._put.get(entry.number)
        if put is not None:
            return str(put.latest["orderId"])
        return order_id(self.options.seed, entry.number, entry.place.prefix)

    # How it is done.

    def _account_for(self, number: int) -> Account:
        luck = fraction(self.options.seed, number, 1) * self._shares[-1]
        return self.accounts[self._keys[min(bisect(self._shares, luck), len(self._keys) - 1)]]

    def _next_birth(self) -> int | None:
        if not self._rate:
            return None
        jitter = fraction(self.options.seed, self._births, 2)
        return self._anchor + int((self._births + jitter) * 1000 / self._rate)

    def _fill_backlog(self, end: int) -> None:
        """Seed the orders of the past: spread evenly, each as far in its life as it is by now."""
        options, seed = self.options, self.options.seed
        span = int(options.backlog_days * DAY)
        moved: dict[Key, list[tuple[int, int]]] = {key: [] for key in self.accounts}
        for number in range(options.orders):
            account = self._account_for(number)
            at = end - span + int(span * (number + fraction(seed, number, 3)) / options.orders)
            story = tell(seed, number, account, at, NATURAL)
            entry = Entry(number, account.key, story.marketplace)
            self._orders.append(entry)
            self._describe(entry, story)
            for at_act, act in story.plot:
                if at_act > end:
                    self._agenda.append((at_act, number))
                    break
                entry.stage += 1
                entry.updated, entry.status = at_act, story.status_after(entry.status, act)
            self._created[account.key].add(entry.created, number)
            moved[account.key].append((entry.updated, number))
        for key, pairs in moved.items():
            for at_update, number in sorted(pairs):
                self._updated[key].add(at_update, number)
        heapq.heapify(self._agenda)

    def _describe(self, entry: Entry, story: Story) -> None:
        entry.created = entry.updated = story.plot[0][0]
        entry.merchant, entry.outside = story.merchant, story.outside

    def _bear(self, at: int, account: Account) -> Entry:
        number = len(self._orders)
        story = tell(self.options.seed, number, account, at, BRISK)
        entry = Entry(number, account.key, story.marketplace)
        self._orders.append(entry)
        self._describe(entry, story)
        self._step(number, self.clock.now_ms())
        return entry

    def _story(self, entry: Entry) -> Story:
        pace = NATURAL if entry.number < self._live_from else BRISK
        account = self.accounts[entry.account]
        story = tell(self.options.seed, entry.number, account, entry.created, pace)
        plot = self._plots.get(entry.number)
        return replace(story, plot=plot) if plot is not None else story

    def _step(self, number: int, now: int) -> None:
        """Let the next act of an order happen, or put it off if it is to show late."""
        entry = self._orders[number]
        story = self._story(entry)
        if entry.stage + 1 >= len(story.plot):
            return
        at, act = story.plot[entry.stage + 1]
        if at > now:
            # `happen` took the act away that this appointment was for.
            heapq.heappush(self._agenda, (at, number))
            return
        if number in self._late:
            self._late.discard(number)
        elif delay := self.lateness(entry.account, act):
            self._late.add(number)
            heapq.heappush(self._agenda, (at + int(delay * 1000), number))
            return
        self._apply(entry, at, act, story)
        self._plan(entry, story.plot[entry.stage + 1 :])

    def _plan(self, entry: Entry, future: Plot) -> None:
        if future:
            heapq.heappush(self._agenda, (future[0][0], entry.number))

    def _apply(self, entry: Entry, at: int, act: Act, story: Story) -> None:
        if entry.stage < 0:
            self._created[entry.account].add(entry.created, entry.number)
        entry.stage += 1
        entry.status = story.status_after(entry.status, act)
        entry.updated = at
        self._updated[entry.account].add(at, entry.number)

    def _expired(self, entry: Entry) -> bool:
        """Amazon serves two years back; Japan, Australia and Singapore since 2016."""
        if entry.place.code in LONG_HISTORY:
            return entry.created < SINCE_2016
        return entry.created < self.clock.now_ms() - TWO_YEARS
