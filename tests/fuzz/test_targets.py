"""Every target over its committed inputs and over mutations of them, without atheris."""

from __future__ import annotations

import base64
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.driver import CORPUS
from fuzz.targets import TARGETS

NAMES = sorted(TARGETS)
SLOWEST = 5.0
"""Seconds that one input may take on a machine busy with other things."""


def attack(name: str, data: bytes) -> None:
    """Run one input; what it breaks is told with the input, fit for `tests/fuzz/corpus`."""
    began = time.monotonic()
    try:
        TARGETS[name].run(data)
    except Exception as error:
        error.add_note(f"{name}, in base64: {base64.b64encode(data).decode()}")
        raise
    assert time.monotonic() - began < SLOWEST, "too slow"


def test_every_target_has_seeds_and_no_seeds_lie_about() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(NAMES)
    assert all(list(TARGETS[name].seeds()) for name in NAMES)
    for path in CORPUS.rglob("*"):
        assert path.is_dir() or path.stat().st_size <= 16_384, f"{path}: make it smaller"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_committed_breaks_nothing(name: str) -> None:
    for path in TARGETS[name].seeds():
        attack(name, path.read_bytes())
    attack(name, b"")


@pytest.mark.parametrize("name", NAMES)
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 5))
def test_no_mutation_breaks_anything(name: str, seed: int, steps: int) -> None:
    attack(name, mutated(name, random.Random(seed), steps))


def mutated(name: str, chance: random.Random, steps: int) -> bytes:
    """Return a committed input with a few pieces cut, doubled, flipped, or put in."""
    target = TARGETS[name]
    seeds = [path.read_bytes() for path in target.seeds()]
    data = bytearray(chance.choice(seeds))
    for _ in range(steps):
        start = chance.randint(0, len(data))
        end = min(len(data), start + chance.choice((1, 2, 8, 64)))
        match chance.randrange(6):
            case 0:
                del data[start:end]
            case 1:
                data[start:start] = data[start:end]
            case 2:
                data[start:end] = chance.randbytes(end - start)
            case 3 if target.words:
                data[start:start] = chance.choice(target.words)
            case 4 if target.words:
                data[start:end] = chance.choice(target.words)
            case _:
                other = chance.choice(seeds)
                place = chance.randint(0, len(other))
                data[start:end] = other[place : place + 64]
    return bytes(data[: target.max_len])
