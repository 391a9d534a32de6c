"""What every test shares: one event loop, an environment with nothing of this machine in it.

And a database that does not wait for the disk: no test pulls the plug, and what a process has
written outlives the process. Commands and daemons in processes of their own do wait.
"""

from __future__ import annotations

import os

import pytest

from fvsamazon import logs
from fvsamazon.logs.redaction import Redactor
from fvsamazon.store import database

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


@pytest.fixture(autouse=True)
def no_wait_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    pragmas = [p.replace("synchronous = full", "synchronous = off") for p in database._PRAGMAS]
    assert tuple(pragmas) != database._PRAGMAS
    monkeypatch.setattr(database, "_PRAGMAS", tuple(pragmas))


@pytest.fixture(autouse=True)
def nothing_protected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tokens of tests before this one are no secrets of its own."""
    known = logs._PIPELINE.redactor._known_keys
    monkeypatch.setattr(logs._PIPELINE, "redactor", Redactor(known_keys=known))
