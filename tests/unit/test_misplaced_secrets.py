"""A secret that was written into the wrong place is refused, and the refusal does not show it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fvsamazon.errors import ConfigError
from fvsamazon.settings import Settings, load
from fvsamazon.settings.faults import name_of
from fvsamazon.settings.sources import Names
from support.liars import pieces_shown

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
P = "FVSAMAZON_"
KEY = base64.b64encode(bytes(range(100, 132))).decode()
SECRETS = {
    "refresh token": "Atzr|CanaryIwEBIF0123456789abcdef",
    "encoded token": "Atzr%7CCanaryIwEBIF0123456789abcdef",
    "client secret": "amzn1.oa2-cs.v1.4fca0123456789abcdef0123456789abcdef",
    "key": KEY,
    "key in hex": bytes(range(100, 132)).hex(),
    "url key": base64.urlsafe_b64encode(bytes(range(200, 232))).decode().rstrip("="),
}
NAMES = Names(Settings)
OPEN = [name_of(each) for each in NAMES if not NAMES.secret(each) and "name" not in each]


def faults_of(env_file: Path | None, environ: dict[str, str]) -> tuple[str, ...]:
    try:
        load(env_file, environ, now=NOW)
    except ConfigError as error:
        return error.faults
    return ()


def file_with(folder: Path, text: str) -> Path:
    path = folder / "settings.env"
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("value", SECRETS.values(), ids=SECRETS)
def test_a_secret_in_a_setting_that_is_shown_is_a_fault_that_does_not_show_it(
    tmp_path: Path, value: str
) -> None:
    given = dict.fromkeys(OPEN, value)
    text = "".join(f"{name}={value}\n" for name in OPEN)
    for found in (faults_of(None, given), faults_of(file_with(tmp_path, text), {})):
        assert [fault.split(" ")[0] for fault in found] == OPEN
        assert all("where it belongs" in fault for fault in found)
        assert pieces_shown("\n".join(found), [value]) == []


@pytest.mark.parametrize(
    "value",
    [
        "/var/lib/fvsamazon/keys/personal-data-key-1",
        "/etc/fvsamazon/keys/PersonalDataKey2026/key",
        "amzn1.application-oa2-client.0123456789abcdef0123456789abcdef",
        "keys/europe.key",
    ],
)
def test_paths_and_client_ids_are_no_secrets(value: str) -> None:
    name = "EUROPE__CLIENT_ID" if value.startswith("amzn1") else "PERSONAL_DATA__KEY_FILE"
    assert not [f for f in faults_of(None, {P + name: value}) if "where it belongs" in f]


@pytest.mark.parametrize(
    "value",
    [
        "Canary!Password#99",
        "DE,Canary-Password-99",
        "CanaryPw",
        "canarypw,DE",
        "A1PA6795UKMFRcanary",
        "https://user:canarypw@host/",
    ],
)
def test_what_is_no_marketplace_is_counted_and_not_shown(value: str) -> None:
    (fault,) = faults_of(None, {f"{P}EUROPE__MARKETPLACES": value})
    assert fault.startswith(f"{P}EUROPE__MARKETPLACES")
    assert "canary" not in fault.lower()
    assert f"entry {2 if value.startswith('DE') else 1} is no marketplace" in fault


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        (f"{P}FINVALDA__PASSWORDhunter2", "hunter"),
        (f"{P}FINVALDA__PASSWORD_HUNTER", "HUNTER"),
        (f"{P}FINVALDA__PASSWORDHUNTER", "HUNTER"),
        (f"{P}finvalda__password_hunter", "hunter"),
        (f"{P}EUROPE__CLIENT_SECRET_amzn1.oa2-cs.v1.4fca0123", "4fca"),
        (f"{P}PERSONAL_DATA__KEY{KEY.rstrip('=').replace('/', 'a').replace('+', 'b')}", KEY[:8]),
        (f"{P}{KEY.rstrip('=').replace('/', 'a').replace('+', 'b')}", KEY[:8]),
        (f"{P}EUROPE__ACCOUNTS__ATZRIWEBCANARYCANARY0123456789__TOKEN", "CANARY"),
        ("CANARY2026PASSWORD", "CANARY"),
        ("QX7KLPW9ZZ3", "QX7K"),
    ],
)
def test_a_secret_in_a_name_is_not_shown(tmp_path: Path, name: str, hidden: str) -> None:
    (fault,) = faults_of(file_with(tmp_path, f"{name}=value\n"), {})
    assert "settings.env line 1" in fault
    assert hidden.lower() not in fault.lower()
    if name.startswith(P):
        (fault,) = faults_of(None, {name: "value"})
        assert fault.startswith("the environment: there is no such setting")
        assert hidden.lower() not in fault.lower()
        folder = tmp_path / "credentials"
        folder.mkdir()
        (folder / name.removeprefix(P)).write_text("value")
        (fault,) = faults_of(None, {"CREDENTIALS_DIRECTORY": str(folder)})
        assert fault.startswith("a credential in ")
        assert hidden.lower() not in fault.lower()


@pytest.mark.parametrize(
    "line",
    [
        f"{P}FINVALDA__PASSWORD hunter2 canary",
        f"{P}FINVALDA__PASSWORD: hunter2=canary",
        f"{P}FINVALDA__PASSWORD:hunter2",
        f"{P}PERSONAL_DATA__KEY {KEY}",
        f"export {P}FINVALDA__PASSWORD hunter2=canary",
        f"set {KEY}",
        KEY,
    ],
)
def test_a_line_without_its_sign_is_told_by_its_number(tmp_path: Path, line: str) -> None:
    (fault,) = faults_of(file_with(tmp_path, f"\n{line}\n"), {})
    assert "settings.env line 2" in fault
    for hidden in ("hunter2", "canary", KEY[:8]):
        assert hidden not in fault


@pytest.mark.parametrize(
    "name",
    ["EUROPE__REFRESH_TOKENS", "Europe__Client_Id2", "europe.client_id", "EUROPE-CLIENT-ID"],
)
def test_an_ordinary_slip_is_shown(name: str) -> None:
    (fault,) = faults_of(None, {P + name: "value"})
    assert fault.startswith(P + name)


@pytest.mark.parametrize("steering", ["\u202e", "\u2066", "\x9b", "\x85", "\u2028", "\ufeff"])
def test_a_value_that_is_shown_cannot_steer_a_terminal(steering: str) -> None:
    name = f"{P}DATABASE"
    (fault,) = faults_of(None, {name: f"/var/lib/{steering}fvsamazon.db"})
    assert fault.startswith(name)
    assert "control character" in fault
    assert fault.isprintable()
    assert faults_of(None, {name: "/srv/ąžuolas ir\u00a0klevas/日本.db"}) == ()
