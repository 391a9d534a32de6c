"""What every test shares: one event loop and an environment with nothing of this machine in it."""

from __future__ import annotations

import os

import pytest

KEPT = ("PATH", "HOME", "TMPDIR", "REFERENCE_DIR", "COVERAGE_PROCESS_START", "VIRTUAL_ENV")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """aiosqlite works on asyncio alone, so every test does too."""
    return "asyncio"


@pytest.fixture(autouse=True)
def scrubbed_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting, proxy or locale of the machine may decide a test."""
    for name in list(os.environ):
        if name not in KEPT and not name.startswith("PYTEST"):
            monkeypatch.delenv(name)
