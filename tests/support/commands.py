"""The command line as users run it: a process of its own in a folder of its own."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

import fvsamazon

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = Path(fvsamazon.__file__).parents[1]
SETTINGS = {
    "FVSAMAZON_EUROPE__CLIENT_ID": "amzn1.application-oa2-client.europe",
    "FVSAMAZON_EUROPE__CLIENT_SECRET": "amzn1.oa2-cs.v1.europe",
    "FVSAMAZON_EUROPE__REFRESH_TOKEN": "Atzr|europe",
    "FVSAMAZON_FAREAST__CLIENT_ID": "amzn1.application-oa2-client.fareast",
    "FVSAMAZON_FAREAST__CLIENT_SECRET": "amzn1.oa2-cs.v1.fareast",
    "FVSAMAZON_FAREAST__ACCOUNTS__JP__REFRESH_TOKEN": "Atzr|jp",
    "FVSAMAZON_FAREAST__ACCOUNTS__AU__REFRESH_TOKEN": "Atzr|au",
}
"""Europe with one account, Far East with two, North America off."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a command: nothing of this machine but what it needs."""
    kept = ("PATH", "HOME", "TMPDIR", "COVERAGE_PROCESS_START")
    base = {name: os.environ[name] for name in kept if name in os.environ}
    return {**base, "PYTHONPATH": str(SOURCE), **more}


def settings_file(folder: Path, values: Mapping[str, str] = SETTINGS, **more: str) -> Path:
    """Write settings.env where a command started in `folder` finds it."""
    path = folder / "settings.env"
    path.write_text("".join(f"{k}={v}\n" for k, v in {**values, **more}.items()), "utf-8")
    path.chmod(0o600)
    return path


async def fvsamazon_run(*arguments: str, folder: Path, **env: str) -> Result:
    """Run one command in `folder` and wait for its end."""
    process = await anyio.run_process(
        [sys.executable, "-m", "fvsamazon", *arguments],
        cwd=folder,
        env=environment(**env),
        check=False,
    )
    return Result(process.returncode, process.stdout.decode(), process.stderr.decode())
