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
@pytest.mark.parametrize("target", ["root's own file", "nowhere"])
def test_a_link_in_the_databases_place_keeps_no_root_at_work(tmp_path: Path, target: str) -> None:
    """The service's user made it: as root, the program would write whatever it leads to."""
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    if target != "nowhere":
        (tmp_path / target).touch()
    (state / "fvsamazon.db").symlink_to(tmp_path / target)
    os.chown(state / "fvsamazon.db", 65534, 65534, follow_symlinks=False)
    assert context.owner_of(state / "fvsamazon.db") == (65534, 65534)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_the_owner_of_the_folder_is_who_root_becomes_where_the_file_is_roots(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    (state / "fvsamazon.db").touch()
    assert context.owner_of(state / "fvsamazon.db") == (65534, 65534)
    assert context.owner_of(state / "not there" / "fvsamazon.db") == (65534, 65534)
    (tmp_path / "link").symlink_to(state)
    assert context.owner_of(tmp_path / "link" / "fvsamazon.db") == (65534, 65534)
    # Folders of root's behind a link of the service's, however far above.
    (tmp_path / "roots" / "own").mkdir(parents=True)
    (state / "way").symlink_to(tmp_path / "roots")
    os.chown(state / "way", 65534, 65534, follow_symlinks=False)
    assert context.owner_of(state / "way" / "own" / "fvsamazon.db") == (65534, 65534)
    assert context.owner_of(tmp_path / "roots" / "fvsamazon.db") is None


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
