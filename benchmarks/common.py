"""What the benchmarks share: the simulator, child processes measured, a table at the end.

The simulator is a process of its own, so that its work is in nobody's figures. Both readers are
processes too: what is measured is what the kernel says of them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COMMAND = str(Path(sys.executable).with_name("fvsamazon"))
THEIRS = [sys.executable, str(Path(__file__).with_name("theirs.py"))]
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Measured:
    """One finished process: seconds, CPU seconds, megabytes at its peak, what it printed."""

    seconds: float
    cpu: float
    peak: float
    out: str


class Simulator:
    """A running `fvsamazon simulate`."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.settings = {k: v for k, v in settings.items() if "FINVALDA" not in k}
        self.url = settings["FVSAMAZON_LWA_URL"].removesuffix("/auth/o2/token")

    def post(self, path: str, **body: object) -> None:
        request = urllib.request.Request(  # loopback
            self.url + path, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        urllib.request.urlopen(request).close()

    def stats(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/_stats") as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def one_account(self, region: str = "EUROPE") -> dict[str, str]:
        """Return the settings of a region's main account alone."""
        wanted = (f"FVSAMAZON_{region}__", "FVSAMAZON_LWA_URL")
        return {
            k: v for k, v in self.settings.items() if k.startswith(wanted) and "ACCOUNTS" not in k
        }


@contextmanager
def simulator(*, orders: int, live_rate: float = 0.0) -> Iterator[Simulator]:
    """Run a simulator of so many orders."""
    process = subprocess.Popen(
        [
            COMMAND,
            "simulate",
            "--orders",
            str(orders),
            "--live-rate",
            str(live_rate),
            "--seed",
            "1",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=clean(),
    )
    try:
        assert process.stdout is not None
        yield Simulator(json.loads(process.stdout.readline())["settings"])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


@contextmanager
def folder(settings: dict[str, str]) -> Iterator[Path]:
    """Make a folder with settings.env for our command and settings.json for theirs."""
    with tempfile.TemporaryDirectory(prefix="fvsamazon-benchmark-") as name:
        place = Path(name)
        (place / "settings.env").write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
        (place / "settings.env").chmod(0o600)
        (place / "settings.json").write_text(json.dumps(settings))
        yield place


def clean() -> dict[str, str]:
    """Return an environment without settings and proxies."""
    return {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "TMPDIR"}}


def measure(command: Sequence[str], place: Path) -> Measured:
    """Run a command to its end and return what the kernel says of it."""
    with (place / "out").open("w+b") as out, (place / "err").open("w+b") as err:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=place, env=clean(), stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(
                f"{command} ended with {process.returncode}\n{(place / 'err').read_text()}"
            )
    return Measured(
        seconds,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
        (place / "out").read_text(),
    )


@contextmanager
def kept_running(command: Sequence[str], place: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the block ends."""
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=place, env=clean(), stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_of(pid: int) -> float:
    """Return the megabytes that a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise ValueError(pid)


def table(title: str, rows: Sequence[tuple[str, float, float]]) -> None:
    """Print our figure, theirs, and theirs divided by ours."""
    print(f"\n{title}\n")
    print("| | fvsamazon | python-amazon-sp-api | theirs / ours |")
    print("|---|---:|---:|---:|")
    for name, ours, theirs in rows:
        ratio = f"{theirs / ours:.2f}" if ours else "-"
        print(f"| {name} | {ours:,.3g} | {theirs:,.3g} | {ratio} |")
