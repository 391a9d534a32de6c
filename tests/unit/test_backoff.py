"""Waits grow, stay within their bounds, and never depend on a clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fvsamazon.backoff import delay


@pytest.mark.parametrize(
    ("attempt", "expected"), [(0, 0), (-3, 0), (1, 30), (2, 60), (3, 120), (4, 240), (5, 300)]
)
def test_the_wait_doubles_up_to_its_cap(attempt: int, expected: float) -> None:
    assert delay(attempt, 30, 300) == expected


def test_jitter_halves_at_most_and_full_jitter_takes_all() -> None:
    assert delay(2, 30, 300, 0.0) == 30
    assert delay(2, 30, 300, 0.5) == 45
    assert delay(2, 30, 300, 1.0) == 60
    assert delay(2, 30, 300, 0.0, full=True) == 0
    assert delay(2, 30, 300, 0.25, full=True) == 15
    assert delay(2, 30, 300, 7.0) == delay(2, 30, 300, 1.0)
    assert delay(2, 30, 300, -7.0) == delay(2, 30, 300, 0.0)


@given(
    st.integers(1, 10**12),
    st.floats(0.001, 1000),
    st.floats(0.001, 10**6),
    st.floats(0, 1),
    st.booleans(),
)
def test_a_wait_is_always_within_its_bounds_and_never_shrinks(
    attempt: int, base: float, cap: float, jitter: float, full: bool
) -> None:
    wait = delay(attempt, base, cap, jitter, full=full)
    assert 0 <= wait <= cap
    assert wait <= delay(attempt + 1, base, cap, jitter, full=full)
    assert full or wait >= min(base, cap) / 2
