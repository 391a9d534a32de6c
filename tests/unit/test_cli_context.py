"""A command from a shell beside the installed service finds what systemd gives the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon.cli import context

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_services_database_and_credentials_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    etc, var = tmp_path / "etc", tmp_path / "var"
    monkeypatch.setattr(context, "SERVICE_SETTINGS", etc)
    monkeypatch.setattr(context, "SERVICE_STATE", var)
    for company in ("", "acme"):
        (etc / company / "credentials").mkdir(parents=True, exist_ok=True)
        (var / company).mkdir(parents=True, exist_ok=True)
        found = context.beside_the_service(etc / company / "settings.env", {"PATH": "/bin"})
        assert found == {
            "PATH": "/bin",
            "CREDENTIALS_DIRECTORY": str(etc / company / "credentials"),
            "STATE_DIRECTORY": str(var / company),
        }


def test_what_the_environment_says_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "SERVICE_SETTINGS", tmp_path)
    monkeypatch.setattr(context, "SERVICE_STATE", tmp_path)
    given = {"STATE_DIRECTORY": "/elsewhere"}
    assert context.beside_the_service(tmp_path / "settings.env", given) == given


def test_a_file_elsewhere_changes_nothing(tmp_path: Path) -> None:
    given = {"PATH": "/bin"}
    assert context.beside_the_service(tmp_path / "settings.env", given) is given
    assert context.beside_the_service(None, given) is given
