"""What a command beside an installed service takes from that service's unit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fvsamazon.cli import context
from fvsamazon.errors import FvsamazonError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    for folder in ("etc/credentials", "etc/ACME/credentials", "state/ACME"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("company", ["", "ACME"])
def test_the_unit_s_folders_are_found_by_the_settings_file(installed: Path, company: str) -> None:
    etc, state = installed / "etc", installed / "state"
    environ = context.as_the_unit(
        etc / company / "settings.env", {"HOME": "/root"}, etc=etc, state=state
    )
    assert environ == {
        "HOME": "/root",
        "STATE_DIRECTORY": str(state / company),
        "CREDENTIALS_DIRECTORY": str(etc / company / "credentials"),
    }


def test_what_the_environment_says_is_left_alone(installed: Path) -> None:
    etc, state = installed / "etc", installed / "state"
    given = {"STATE_DIRECTORY": "/a", "CREDENTIALS_DIRECTORY": "/b"}
    assert context.as_the_unit(etc / "settings.env", given, etc=etc, state=state) == given


def test_folders_that_are_not_there_are_not_named(installed: Path) -> None:
    etc, state = installed / "etc", installed / "state"
    environ = context.as_the_unit(etc / "OTHER" / "settings.env", {}, etc=etc, state=state)
    assert environ == {}


def test_settings_elsewhere_have_no_unit(installed: Path) -> None:
    (installed / "credentials").mkdir()
    etc, state = installed / "etc", installed / "state"
    environ = context.as_the_unit(installed / "settings.env", {}, etc=etc, state=state)
    assert environ == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_a_program_that_the_owner_cannot_read_is_told_before_root_lets_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "fvsamazon.db"
    database.touch()
    os.chown(database, 65534, 65534)
    closed = tmp_path / "closed"
    closed.mkdir(0o700)
    (closed / "context.py").touch()
    monkeypatch.setattr(context, "__file__", str(closed / "context.py"))
    with pytest.raises(FvsamazonError, match=r"cannot read this program.* as in /opt") as caught:
        context.become_owner(database)
    told = caught.value.say("lt")
    assert told.startswith("duomenų bazės savininkas, naudotojas 65534, negali skaityti šios prog")
    assert (os.getuid(), os.geteuid(), os.getegid()) == (0, 0, 0)
