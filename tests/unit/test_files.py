"""Files that a person names: a pipe or a device among them is refused, and never waited for."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from fvsamazon import files, keyfile
from fvsamazon.delivery.build import load_rules
from fvsamazon.errors import ConfigError
from fvsamazon.settings import load
from fvsamazon.store.database import Database


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """Return a pipe into which nobody ever writes."""
    path = tmp_path / "pipe"
    os.mkfifo(path, 0o600)
    return path


def test_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"x" * 100)
    raw, status = files.read(path, 10)
    assert (raw, status.st_size) == (b"x" * 10, 100)


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null"])
def test_a_device_is_no_file(name: str) -> None:
    with pytest.raises(files.NotAFile):
        files.read(Path(name), 10)


def test_a_key_that_is_a_pipe_is_refused_at_once(pipe: Path) -> None:
    with pytest.raises(keyfile.KeyUnusable) as told:
        keyfile.read(pipe)
    assert "it is no regular file" in told.value.say("en")
    assert "tai ne paprastas failas" in told.value.say("lt")


def test_rules_that_are_a_pipe_are_refused_at_once(pipe: Path) -> None:
    with pytest.raises(ConfigError) as told:
        load_rules(pipe)
    assert "it is no regular file" in str(told.value)


async def test_a_name_that_looks_like_an_address_is_a_file_of_its_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    database = await Database.open(Path("file:f.db?mode=memory"), create=True)
    await database.close()
    assert [file.name for file in tmp_path.iterdir()] == ["file:f.db?mode=memory"]
    assert stat.S_IMODE((tmp_path / "file:f.db?mode=memory").stat().st_mode) == 0o600


def test_settings_that_are_a_pipe_are_refused_at_once(pipe: Path) -> None:
    with pytest.raises(ConfigError) as told:
        load(pipe, {})
    assert "it is no regular file" in str(told.value)
