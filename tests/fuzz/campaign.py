"""Drives the targets with atheris: each in a process of its own, guided by the lines it reaches.

In: names of targets and seconds for each. Out: a line for each target, and for every input that
crashed, hung or swelled one its path and its bytes in base64. Ends with 0 where nothing broke, 1
where something did, 77 where atheris cannot be had. Starts from a copy of the committed corpus;
nothing is ever written into the tree.
"""

from __future__ import annotations

import argparse
import base64
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "src"), str(HERE.parent)]

PACKAGES = ["fvsamazon", "tomllib", "email"]
"""What is watched for new lines: the program, and the parsers written in Python below it."""

SLOWEST = 10
"""Seconds that one input may take; instrumented code is a few times slower than the program's."""
MEGABYTES = 1024
"""Memory that one target may take."""
PATIENCE = 120
"""Seconds beyond its time after which a process that does not end is ended."""
BROKEN, SKIPPED = 1, 77

_STATUS = re.compile(r"^#(\d+)\s+(INITED|DONE)\s+cov: (\d+) ft: (\d+) corp: (\d+)/", re.MULTILINE)


def hunt(name: str, arguments: list[str]) -> None:
    """Be the process of one target; libFuzzer ends it."""
    import atheris  # noqa: PLC0415 - not there for every Python

    with atheris.instrument_imports(include=PACKAGES):
        from fuzz.targets import TARGETS  # noqa: PLC0415 - after the hooks are in place

    atheris.Setup([sys.argv[0], *arguments], TARGETS[name].run)
    atheris.Fuzz()


def campaign(name: str, seconds: int, found: Path, work: Path) -> bool:
    """Hunt in one target for so long; return whether nothing broke."""
    from fuzz.targets import TARGETS  # noqa: PLC0415 - the child must import it later

    target = TARGETS[name]
    corpus, words = work / name, work / f"{name}.words"
    corpus.mkdir()
    for seed in target.seeds():
        shutil.copy(seed, corpus)
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words), encoding="ascii")
    artifacts = found / name
    artifacts.mkdir(parents=True, exist_ok=True)
    before = set(artifacts.iterdir())
    arguments = [
        f"-max_total_time={seconds}",
        f"-timeout={SLOWEST}",
        f"-rss_limit_mb={MEGABYTES}",
        f"-max_len={max(target.max_len, *(seed.stat().st_size for seed in target.seeds()))}",
        f"-dict={words}",
        f"-artifact_prefix={artifacts}/",
        str(corpus),
    ]
    command = [sys.executable, str(Path(__file__).resolve()), "--hunt", name, *arguments]
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds + PATIENCE,
            # libFuzzer leaves without a word to Python, and so does whatever a target has made.
            env={**os.environ, "TMPDIR": str(work)},
            check=False,
        )
        status, said = ended.returncode, ended.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as late:
        status, said = -1, (late.stdout or b"").decode("utf-8", "replace") + "\nended: it hung\n"
    _say(f"{name}: {_figures(said)}")
    inputs = sorted(set(artifacts.iterdir()) - before)
    # libFuzzer keeps slow units too: inputs that took long and yet ended in time.
    inputs = [path for path in inputs if not path.name.startswith("slow-unit")]
    if status == 0 and not inputs:
        return True
    _say("\n".join(said.splitlines()[-60:]))
    _say(f"{name}: broken (status {status})")
    for path in inputs:
        _say(f"{name}: {path}\n{base64.b64encode(path.read_bytes()).decode()}")
    return False


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _figures(said: str) -> str:
    """Say how much was tried, and how far beyond the committed corpus it reached."""
    seen = {found[2]: found for found in _STATUS.finditer(said)}
    if not {"INITED", "DONE"} <= seen.keys():
        return "ended early"
    first, last = seen["INITED"], seen["DONE"]
    return (
        f"{last[1]} inputs, edges {first[3]} -> {last[3]}, features {first[4]} -> {last[4]}, "
        f"corpus {last[5]}"
    )


def _escaped(word: bytes) -> str:
    """Write a word as libFuzzer's dictionaries want it."""
    plain = set(range(0x20, 0x7F)) - {ord('"'), ord("\\")}
    return "".join(chr(byte) if byte in plain else f"\\x{byte:02x}" for byte in word)


def main() -> int:
    from fuzz.targets import TARGETS  # noqa: PLC0415 - the child must import it later

    parser = argparse.ArgumentParser(prog="tests/fuzz/run", description="Hunt with atheris.")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--keep", type=Path, help="folder for inputs that broke something")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    wanted = parser.parse_args()
    unknown = [name for name in wanted.targets if name not in TARGETS]
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    if importlib.util.find_spec("atheris") is None:
        _say("atheris is not installed: pip install --require-hashes -r requirements-fuzz.lock")
        return SKIPPED
    found = wanted.keep or Path(tempfile.mkdtemp(prefix="fvsamazon-found-"))
    with tempfile.TemporaryDirectory(prefix="fvsamazon-hunt-") as work:
        whole = [
            campaign(name, wanted.seconds, found, Path(work)) for name in wanted.targets or TARGETS
        ]
    if all(whole):
        if wanted.keep is None:
            shutil.rmtree(found)
        return 0
    _say(f"{whole.count(False)} of {len(whole)} targets broken; the inputs lie in {found}")
    return BROKEN


if __name__ == "__main__":
    if sys.argv[1:2] == ["--hunt"]:
        hunt(sys.argv[2], sys.argv[3:])
    sys.exit(main())
