"""The bucket never overdraws Amazon's, whatever happens to time, to requests and to processes."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from fvsamazon.amazon.ratelimit import (
    FLIGHT_LIMIT,
    MAX_IN_FLIGHT,
    BucketState,
    Moment,
    Plan,
    complete,
    fresh,
    take,
    throttled,
    wait,
)


@dataclass
class Amazon:
    """The other side: refuses exactly when its own bucket holds less than one token."""

    rate: float
    burst: float
    tokens: float
    at: float = 0.0

    def refill(self, now: float) -> None:
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now

    def arrive(self, now: float, tell: float | None = None) -> bool:
        self.refill(now)
        granted = self.tokens >= 1.0
        if granted:
            self.tokens -= 1.0
        if tell is not None:
            self.rate = tell
        return granted


@dataclass
class Machine:
    """Ours: true time, the clocks as they show it, the stored bucket and what is on its way."""

    plan: Plan
    now: float = 1000.0
    booted: float = 0.0
    boot: int = 1
    offset: float = 1.7e9
    written_offset: float = 1.7e9
    process: int = 1
    refused: int = 0
    sent: int = 0
    events: list[tuple[float, int, str, int, float | None]] = field(default_factory=list)
    order: itertools.count[int] = field(default_factory=itertools.count)
    under_way: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.amazon = Amazon(self.plan.rate, self.plan.burst, self.plan.burst, self.now)
        self.state: BucketState = fresh(self.plan, self.moment())

    def moment(self) -> Moment:
        return Moment(
            self.now - self.booted, f"boot-{self.boot}", round((self.now + self.offset) * 1e6)
        )

    def write(self, state: BucketState) -> None:
        self.state = state
        self.written_offset = self.offset

    def advance(self, seconds: float) -> None:
        until = self.now + seconds
        while self.events and self.events[0][0] <= until:
            self.now, number, what, process, tell = heapq.heappop(self.events)
            if what == "arrive":
                granted = self.amazon.arrive(self.now, tell)
                self.refused += not granted
                if process != self.process:
                    self.under_way.discard(number)
                    continue
            elif process == self.process:
                self.under_way.discard(number)
                self.write(complete(self.state, self.moment(), tell))
        self.now = until

    def request(self, up: float, down: float, tell: float | None = None) -> bool:
        if len(self.under_way) >= MAX_IN_FLIGHT:
            return False
        paid = take(self.state, self.moment())
        if paid is None:
            return False
        self.write(paid)
        number = next(self.order)
        self.sent += 1
        self.under_way.add(number)
        arrival = self.now + up
        heapq.heappush(self.events, (arrival, number, "arrive", self.process, tell))
        heapq.heappush(self.events, (arrival + down, number, "answer", self.process, tell))
        return True

    def die(self) -> None:
        self.process += 1
        arrived = {e[1] for e in self.events if e[2] == "arrive"}
        self.under_way &= arrived

    def reboot(self, downtime: float, back: float) -> None:
        self.die()
        self.advance(downtime)
        self.boot += 1
        self.booted = self.now
        self.offset = self.written_offset - back

    def jump(self, seconds: float) -> None:
        """Move the wall clock; what it says across a boot has to be true, or else too early."""
        written_in_this_boot = self.state.boot == f"boot-{self.boot}"
        self.offset += seconds if written_in_this_boot else -abs(seconds)


seconds = st.floats(0, 600) | st.sampled_from([0.0, 0.001, 1.0, 2.0, 178.6, 3600.0])
flight = st.floats(0, FLIGHT_LIMIT - 1) | st.sampled_from([0.0, 0.05, 1.0])
rates = st.sampled_from([0.0056, 0.05, 0.5, 5.6, 500.0])
bursts = st.sampled_from([1.0, 2.0, 5.0, 20.0, 30.0])
actions = st.one_of(
    st.tuples(st.just("take"), flight, flight),
    st.tuples(st.just("many"), flight, flight),
    st.tuples(st.just("advance"), seconds, st.just(0.0)),
    st.tuples(st.just("die"), st.just(0.0), st.just(0.0)),
    st.tuples(st.just("reboot"), st.floats(0, 300), st.sampled_from([0.0, 1.0, 90.0, 86400.0])),
    st.tuples(st.just("jump"), st.floats(-1e6, 1e6), st.just(0.0)),
)


@settings(max_examples=300, deadline=None)
@given(rate=rates, burst=bursts, schedule=st.lists(actions, max_size=60))
def test_no_schedule_of_requests_deaths_and_clocks_causes_a_refusal(
    rate: float, burst: float, schedule: list[tuple[str, float, float]]
) -> None:
    machine = Machine(Plan(rate, burst))
    for action, first, second in schedule:
        if action == "take":
            machine.request(first, second)
        elif action == "many":
            while machine.request(first, second):
                pass
        elif action == "advance":
            machine.advance(first)
        elif action == "die":
            machine.die()
        elif action == "reboot":
            machine.reboot(first, second)
        else:
            machine.jump(first)
    machine.advance(2 * FLIGHT_LIMIT)
    assert machine.refused == 0


@settings(max_examples=200, deadline=None)
@given(
    rate=rates,
    burst=bursts,
    schedule=st.lists(st.tuples(seconds, flight, flight, st.none() | rates), max_size=60),
)
def test_a_rate_that_moves_up_and_down_is_followed_without_a_refusal(
    rate: float, burst: float, schedule: list[tuple[float, float, float, float | None]]
) -> None:
    machine = Machine(Plan(rate, burst))
    for pause, up, down, tell in schedule:
        machine.advance(pause)
        if machine.request(up, down, tell):
            machine.advance(up + down)
    assert machine.refused == 0


@settings(max_examples=200, deadline=None)
@given(rate=rates, burst=bursts, stolen=st.integers(1, 40), pauses=st.lists(seconds, max_size=20))
def test_after_a_foreign_request_one_refusal_sets_the_count_right(
    rate: float, burst: float, stolen: int, pauses: list[float]
) -> None:
    amazon = Amazon(rate, burst, burst)
    now = 0.0
    state = fresh(Plan(rate, burst), Moment(now, "boot", 0))
    for _ in range(stolen):
        amazon.arrive(now)
    refusals = 0
    for pause in pauses:
        now += pause
        paid = take(state, Moment(now, "boot", 0))
        if paid is None:
            continue
        if amazon.arrive(now):
            state = complete(paid, Moment(now, "boot", 0))
        else:
            refusals += 1
            state = throttled(paid, Moment(now, "boot", 0))
    assert refusals <= 1


@settings(max_examples=200, deadline=None)
@given(
    rate=rates,
    burst=st.sampled_from([20.0, 30.0]),
    taken=st.integers(0, 30),
    keep=st.sampled_from([0.0, 5.0]),
)
def test_after_the_wait_that_is_told_a_request_is_allowed(
    rate: float, burst: float, taken: int, keep: float
) -> None:
    at = Moment(5.0, "boot", 0)
    state = fresh(Plan(rate, burst), at)
    for _ in range(taken):
        paid = take(state, at)
        state = complete(paid, at) if paid else state
    pause = wait(state, at, keep=keep)
    assert take(state, Moment(5.0 + pause, "boot", 0), keep=keep) is not None
    if pause:
        assert take(state, at, keep=keep) is None
        assert pause <= (1 + keep) / (rate * 0.99) + 0.01
