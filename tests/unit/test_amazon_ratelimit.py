"""The bucket's arithmetic, case by case; `tests/property/test_ratelimit.py` has the promise."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from fvsamazon.amazon.ratelimit import (
    BACKWARDS,
    CAUTION,
    FLIGHT_LIMIT,
    MAX_IN_FLIGHT,
    PLANS,
    RESTORED,
    SEARCH_ORDERS,
    BucketState,
    Moment,
    complete,
    fresh,
    is_rate,
    moment,
    refill,
    take,
    throttled,
    wait,
)
from support.clocks import FakeClock

START = Moment(1000.0, "a", 1_700_000_000_000_000)
SEARCH = PLANS[SEARCH_ORDERS]


def later(seconds: float, boot: str = "a") -> Moment:
    return Moment(1000.0 + seconds, boot, START.wall + round(seconds * 1e6))


def taken(state: BucketState, at: Moment, keep: float = 0.0) -> BucketState:
    paid = take(state, at, keep=keep)
    assert paid is not None
    return paid


def empty() -> BucketState:
    return throttled(fresh(SEARCH, START), START)


def test_published_plans() -> None:
    assert {name: (plan.rate, plan.burst) for name, plan in PLANS.items()} == {
        "searchOrders": (0.0056, 20),
        "getOrder": (0.5, 30),
        "getMarketplaceParticipations": (0.016, 15),
    }


def test_a_new_bucket_gives_its_burst_and_then_one_token_at_a_time() -> None:
    state = fresh(SEARCH, START)
    for _ in range(20):
        state = complete(taken(state, START), START)
    assert take(state, START) is None
    pause = wait(state, START)
    assert pause == pytest.approx(1 / (0.0056 * CAUTION), abs=0.01)
    assert take(state, later(pause - 0.1)) is None
    assert take(state, later(pause)) is not None


def test_what_is_kept_for_others_is_not_taken() -> None:
    state = fresh(SEARCH, START)
    for _ in range(15):
        state = complete(taken(state, START, keep=5), START)
    assert take(state, START, keep=5) is None
    assert take(state, START) is not None


def test_after_a_refusal_a_whole_token_is_awaited() -> None:
    assert wait(empty(), START) > 178
    assert take(empty(), later(1)) is None


def test_while_a_request_is_under_way_the_bucket_does_not_fill_up() -> None:
    state = taken(fresh(SEARCH, START), START)
    assert refill(state, later(FLIGHT_LIMIT - 1)).tokens == pytest.approx(19)
    done = complete(state, later(100))
    assert done.tokens == pytest.approx(19)
    assert done.pending == 0
    assert refill(done, later(1e6)).tokens == 20


def test_an_answer_long_given_up_for_lost_still_lowers_the_level() -> None:
    state = taken(fresh(SEARCH, START), START)
    resumed = refill(state, later(1e5))
    resumed = refill(resumed, later(2e5))
    assert resumed.tokens == 20
    assert complete(resumed, later(2e5)).tokens == 19


def test_requests_of_dead_processes_cost_no_more_than_a_few_places() -> None:
    state = fresh(SEARCH, START)
    for number in range(500):
        at = later(number * 200.0 % 1000 + number)
        state = take(state, at) or state
    assert state.pending <= MAX_IN_FLIGHT
    assert refill(state, later(1e7)).pending == 0


def test_a_reboot_counts_by_the_wall_clock() -> None:
    off = replace(later(600), elapsed=30.0, boot="b")
    assert refill(empty(), off).tokens == pytest.approx(600 * 0.0056 * CAUTION)


@pytest.mark.parametrize("wall", [-1, -86_400, 30])
def test_a_wall_clock_that_contradicts_the_boot_is_not_believed(wall: float) -> None:
    state = replace(fresh(SEARCH, START), tokens=7.0)
    up = 30 + BACKWARDS + 5
    at = Moment(up, "b", START.wall + round(wall * 1e6))
    assert refill(state, at).tokens == 1.0
    assert refill(empty(), at).tokens == 0.0


def test_within_a_boot_the_wall_clock_does_not_count() -> None:
    for wall in (0, START.wall * 2):
        at = Moment(1000.0 + 200, "a", wall)
        assert refill(empty(), at).tokens == pytest.approx(200 * 0.0056 * CAUTION)


def test_a_restored_bucket_is_worth_one_token_at_most() -> None:
    state = replace(fresh(SEARCH, START), boot=RESTORED)
    at = later(1e6)
    believed = refill(state, at)
    assert (believed.tokens, believed.boot, believed.elapsed) == (1.0, "a", at.elapsed)
    assert refill(believed, later(1e6 + 200)).tokens > 1.5


def test_elapsed_time_that_goes_back_a_little_is_another_process_reading_later() -> None:
    state = replace(empty(), tokens=3.0)
    now = refill(state, later(-0.5))
    assert (now.tokens, now.elapsed) == (3.0, 1000.0)
    assert refill(state, later(-BACKWARDS - 1)).tokens == 1.0


def test_a_damaged_state_is_worth_nothing() -> None:
    for tokens in (math.nan, math.inf, -5.0):
        state = replace(fresh(SEARCH, START), tokens=tokens)
        assert refill(state, START).tokens == 0.0


def test_a_told_rate_is_adopted_if_it_can_be_one() -> None:
    state = taken(fresh(SEARCH, START), START)
    assert complete(state, START, 5.6).rate == 5.6
    for nonsense in (0.0, -1.0, math.nan, math.inf, 1e-9, 1e9):
        assert complete(state, START, nonsense).rate == 0.0056
        assert not is_rate(nonsense)
    assert throttled(state, START, 0.01).rate == 0.01


def test_the_time_of_a_request_counts_at_the_lower_rate() -> None:
    for before, told in ((0.1, 0.01), (0.01, 0.1)):
        state = replace(empty(), rate=before, tokens=1.0)
        done = complete(taken(state, START), later(100), told)
        assert done.tokens == pytest.approx(100 * 0.01 * CAUTION)


def test_a_wait_beyond_what_requests_under_way_leave_ends_with_their_patience() -> None:
    state = replace(fresh(SEARCH, START), burst=2.0, tokens=0.5, pending=2)
    assert wait(state, START) >= FLIGHT_LIMIT
    assert wait(fresh(SEARCH, START), START) == 0.0


def test_a_moment_is_read_from_the_clock() -> None:
    clock = FakeClock()
    found = moment(clock)
    assert (found.elapsed, found.boot) == (clock.elapsed(), clock.boot())
    assert found.wall == int(clock.now().timestamp()) * 1_000_000
