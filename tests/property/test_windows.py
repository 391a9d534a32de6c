"""Windows never leave a gap, whatever the clock, the density and the trouble were."""

from __future__ import annotations

from hypothesis import assume, example, given
from hypothesis import strategies as st

from fvsamazon import windows
from fvsamazon.windows import Window

SECOND = 1_000_000
START = 1_700_000_000 * SECOND

moments = st.integers(min_value=START, max_value=START + 10**6 * SECOND)
densities = st.none() | st.floats(min_value=1e-6, max_value=1e3)
spans = st.none() | st.floats(min_value=1.0, max_value=1e6)


@given(mark=moments, ahead=st.integers(-600, 10**6), density=densities, span=spans)
def test_a_live_window_starts_no_later_than_the_mark_and_moves_on(
    mark: int, ahead: int, density: float | None, span: float | None
) -> None:
    bound = windows.floor_second(mark + ahead * SECOND)
    window = windows.live_window(mark, bound, density=density, span_limit=span)
    assert window.after <= min(mark, bound)
    assert window.after <= window.before <= bound
    assert window.seconds <= windows.OVERLAP_MOST + max(0, ahead) + 1
    if bound >= mark + SECOND:
        assert window.before > windows.floor_second(mark)


@given(
    bound=moments,
    steps=st.lists(st.tuples(st.integers(1, 5_000), densities, spans), min_size=1, max_size=30),
)
def test_live_windows_in_a_row_cover_everything(
    bound: int, steps: list[tuple[int, float | None, float | None]]
) -> None:
    bound = windows.floor_second(bound)
    first = windows.live_window(None, bound, density=None)
    assert first == Window(bound - windows.micros(windows.FIRST_LIVE), bound)
    covered = mark = first.before
    for ahead, density, span in steps:
        bound += ahead * SECOND
        window = windows.live_window(mark, bound, density=density, span_limit=span)
        assert window.after <= covered
        mark = window.before
        covered = max(covered, window.before)


@given(mark=moments, ahead=st.integers(0, 1_800), density=st.floats(1e-6, 0.04))
@example(mark=START, ahead=200, density=0.01)
def test_the_overlap_costs_no_second_page(mark: int, ahead: int, density: float) -> None:
    mark = windows.floor_second(mark)
    window = windows.live_window(mark, mark + ahead * SECOND, density=density)
    overlaps = window.after < mark
    # It is left out only where what is new fills the page by itself.
    assert overlaps or density * (ahead + 1) > windows.PAGE_FILL
    if overlaps:
        assert density * window.seconds <= windows.PAGE


@given(low=moments, depth=st.integers(1, 10**7), data=st.data())
def test_history_windows_meet_and_end_at_the_target(
    low: int, depth: int, data: st.DataObject
) -> None:
    low = windows.floor_second(low)
    target = low - depth * SECOND
    span: float | None = data.draw(spans)
    for _ in range(200):
        density = data.draw(st.none() | st.floats(min_value=1e-6, max_value=1.0))
        window = windows.history_window(low, target, density=density, span_limit=span)
        if window is None:
            assert low == target
            return
        assert window.before == low
        assert target <= window.after < low
        low = window.after
        span = windows.wider(span, first=windows.HISTORY_FIRST, most=windows.HISTORY_MOST)
    assume(False)


@given(bound=moments, density=densities, rounds=st.integers(0, 8))
def test_a_sweep_goes_down_to_its_depth_without_a_gap(
    bound: int, density: float | None, rounds: int
) -> None:
    bound = windows.floor_second(bound)
    bottom = bound - windows.micros(windows.sweep_depth(rounds))
    mark: int | None = None
    for _ in range(500):
        window = windows.sweep_window(mark, bound, round_number=rounds, density=density)
        if window is None:
            assert mark == bottom
            return
        assert window.before == (bound if mark is None else mark)
        assert bottom <= window.after < window.before
        mark = window.after
    assert density is not None
    assert density > windows.PAGE_FILL / windows.SWEEP_DEPTHS[-1]


@given(
    skew=st.integers(-(10**6), 10**6),
    answers=st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 5_000)), min_size=1),
)
def test_amazons_clock_is_never_believed_to_be_ahead_of_itself(
    skew: int, answers: list[tuple[int, int]]
) -> None:
    """Requests take some milliseconds each way; the Date header is cut to the second."""
    ours = START
    offset: int | None = None
    for there, back in answers:
        sent = ours
        server = sent + skew * SECOND + there * 1_000
        ours = sent + (there + back) * 1_000
        offset = windows.learn_offset(
            offset, sent=sent, received=ours, server_second=windows.floor_second(server)
        )
        assert offset <= skew * SECOND
        bound = windows.upper_bound(ours, offset=offset, widened=0.0)
        assert bound <= ours + skew * SECOND - 120 * SECOND
        ours += SECOND


def test_a_corrected_clock_is_believed_at_once() -> None:
    offset = windows.learn_offset(None, sent=START, received=START, server_second=START)
    later = START + 3_600 * SECOND
    back = windows.learn_offset(offset, sent=later, received=later, server_second=START)
    assert back == -3_600 * SECOND
    again = windows.learn_offset(back, sent=later, received=later, server_second=later)
    assert again == 0
