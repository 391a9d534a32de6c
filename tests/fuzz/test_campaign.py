"""What `tests/fuzz/run` says and ends with, proved without atheris."""

from __future__ import annotations

import base64
import importlib.util
import sys
from typing import TYPE_CHECKING

import pytest

from fuzz import campaign

if TYPE_CHECKING:
    from pathlib import Path

HUNTER = """#!/bin/sh
for argument; do
  case $argument in -artifact_prefix=*) prefix=${argument#*=} ;; esac
  last=$argument
done
[ -s "$last/hex.txt" ] || exit 9
echo '#6	INITED cov: 75 ft: 118 corp: 5/1Kb exec/s: 0 rss: 60Mb'
"""
WHOLE = HUNTER + "echo '#99	DONE   cov: 80 ft: 130 corp: 9/1Kb exec/s: 9 rss: 60Mb'\n"
CRASH = HUNTER + 'printf "%s" "the input" >"${prefix}crash-1"\nexit 77\n'
SLOW_UNIT = WHOLE + 'printf x >"${prefix}slow-unit-1"\n'
MUTE = "#!/bin/sh\nexit 70\n"


def hunted(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command with a stand-in for atheris's process."""
    stand_in = tmp_path / "hunter"
    stand_in.write_text(script, encoding="utf-8")
    stand_in.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(stand_in))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    command = [
        "run",
        "--seconds",
        "1",
        "--keep",
        str(tmp_path / "found"),
        *(arguments or ("keys",)),
    ]
    monkeypatch.setattr(sys, "argv", command)
    return campaign.main()


def test_without_atheris_it_says_so_and_is_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["run"])
    assert campaign.main() == 77
    assert "requirements-fuzz.lock" in capsys.readouterr().out


@pytest.mark.parametrize("script", [WHOLE, SLOW_UNIT])
def test_a_hunt_without_prey_tells_how_far_it_came(
    script: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert hunted(script, tmp_path, monkeypatch) == 0
    assert "keys: 99 inputs, edges 75 -> 80, features 118 -> 130" in capsys.readouterr().out


def test_a_crash_is_told_with_its_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hunted(CRASH, tmp_path, monkeypatch) == 1
    said = capsys.readouterr().out
    assert str(tmp_path / "found" / "keys" / "crash-1") in said
    assert base64.b64encode(b"the input").decode() in said


def test_a_process_that_dies_without_a_word_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hunted(MUTE, tmp_path, monkeypatch) == 1
    assert "keys: broken (status 70)" in capsys.readouterr().out


def test_an_unknown_target_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit) as ended:
        hunted(WHOLE, tmp_path, monkeypatch, "keyz")
    assert ended.value.code == 2
