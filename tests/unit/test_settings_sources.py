"""How settings are read: three sources, one set of names, and the traps of the libraries."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fvsamazon.errors import ConfigError
from fvsamazon.settings import Loaded, Settings, load
from fvsamazon.settings.faults import name_of
from fvsamazon.settings.sources import FAULT_LIMIT, SIZE_LIMIT, Names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    Read = Callable[[Mapping[str, str]], Loaded]

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
P = "FVSAMAZON_"
TOKEN = f"{P}EUROPE__REFRESH_TOKEN"
ODD_SECRET = "pa$$w{x}${HOME}'q #z"


def from_text(folder: Path, text: str | bytes) -> Loaded:
    path = folder / "settings.env"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(0o600)
    return load(path, {"HOME": "/root"}, now=NOW)


def from_credentials(folder: Path, files: Mapping[str, str | bytes]) -> Loaded:
    credentials = folder / "credentials"
    credentials.mkdir(exist_ok=True)
    for name, text in files.items():
        (credentials / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return load(None, {"CREDENTIALS_DIRECTORY": str(credentials)}, now=NOW)


@pytest.fixture(params=["environment", "credentials", "prefixed credentials", "file"])
def read(request: pytest.FixtureRequest, tmp_path: Path) -> Read:
    """Give settings through one of the sources: what holds for one must hold for all."""

    def read(settings: Mapping[str, str]) -> Loaded:
        match request.param:
            case "environment":
                return load(None, settings, now=NOW)
            case "credentials":
                files = {n.removeprefix(P).lower(): v + "\n" for n, v in settings.items()}
                return from_credentials(tmp_path, files)
            case "prefixed credentials":
                return from_credentials(tmp_path, {n.lower(): v for n, v in settings.items()})
            case _:
                return from_text(tmp_path, "".join(f"{n}={v}\n" for n, v in settings.items()))

    return read


def faults_of(action: Callable[[], Loaded]) -> Sequence[str]:
    with pytest.raises(ConfigError) as caught:
        action()
    return caught.value.faults


# traps of the libraries, each in every source


def test_a_list_needs_no_json(read: Read) -> None:
    settings = read({f"{P}EUROPE__MARKETPLACES": "DE,FR"}).settings
    assert len(settings.europe.marketplaces) == 2


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (f"{P}EUROPE_CLIENT_ID", f"{P}EUROPE__CLIENT_ID"),
        (f"{P}EUROPE__CLIENTSECRET", f"{P}EUROPE__CLIENT_SECRET"),
        (f"{P}LOGLEVEL", f"{P}LOG_LEVEL"),
        (f"{P}FINVALDA__USER_NAME", f"{P}FINVALDA__USERNAME"),
        (
            f"{P}FAREAST__ACCOUNT__JAPAN__REFRESH_TOKEN",
            f"{P}FAREAST__ACCOUNTS__JAPAN__REFRESH_TOKEN",
        ),
        (
            f"{P}FAREAST__ACCOUNTS__JAPAN__MARKETPLACE",
            f"{P}FAREAST__ACCOUNTS__JAPAN__MARKETPLACES",
        ),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(
    read: Read, wrong: str, right: str
) -> None:
    (fault,) = faults_of(lambda: read({wrong: "some-value"}))
    assert wrong in fault.upper()
    assert f"the nearest is {right}" in fault
    assert "some-value" not in fault


def test_an_unknown_name_is_refused_even_with_an_empty_value(read: Read) -> None:
    assert "there is no such setting" in faults_of(lambda: read({f"{P}NOPE": ""}))[0]


@pytest.mark.parametrize("name", ["EUROPE", "FINVALDA", "PERSONAL_DATA", "EUROPE__ACCOUNTS"])
def test_a_group_as_json_is_refused(read: Read, name: str) -> None:
    (fault,) = faults_of(lambda: read({P + name: '{"client_id": "json-value"}'}))
    assert f"set its members one by one, as in {P}{name}__" in fault
    assert "json-value" not in fault


def test_empty_means_unset(read: Read) -> None:
    settings = read(
        {
            f"{P}FINVALDA__URL": "",
            f"{P}EUROPE__CLIENT_ID": "",
            f"{P}LOG_LEVEL": "",
            f"{P}EUROPE__ACCOUNTS__UK__REFRESH_TOKEN": "",
        }
    ).settings
    assert settings.finvalda.url is None
    assert not settings.europe.on
    assert settings.log_level == "info"
    assert dict(settings.europe.accounts) == {}


@pytest.mark.parametrize(
    "secret", [ODD_SECRET, "12345", "null", "1e5", '{"a": 1}', "[1]", "a=b=c", "ąž語\u2028\x85z"]
)
def test_a_secret_arrives_as_it_was_written(read: Read, secret: str) -> None:
    settings = read(
        {
            TOKEN: secret,
            f"{P}EUROPE__ACCOUNTS__UK__REFRESH_TOKEN": secret + "2",
            f"{P}FINVALDA__PASSWORD": secret,
        }
    ).settings
    assert settings.europe.refresh_token is not None
    assert settings.europe.refresh_token.get_secret_value() == secret
    assert settings.europe.accounts["uk"].refresh_token.get_secret_value() == secret + "2"
    assert settings.finvalda.password is not None
    assert settings.finvalda.password.get_secret_value() == secret


def test_a_value_with_a_control_character_is_refused(read: Read) -> None:
    (fault,) = faults_of(lambda: read({TOKEN: "half\x1bother"}))
    assert fault.startswith(TOKEN)
    assert "control character" in fault
    assert "half" not in fault
    assert "other;" not in fault


# precedence


def test_environment_wins_over_credentials_over_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text(
        f"{P}FINVALDA__USERNAME=file\n{P}FINVALDA__COMPANY_ID=file\n{P}FINVALDA__PARAMETER=file\n"
    )
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "finvalda__username").write_text("credential")
    (folder / "finvalda__company_id").write_text("credential")
    environ = {"CREDENTIALS_DIRECTORY": str(folder), f"{P}FINVALDA__USERNAME": "environment"}
    loaded = load(file, environ, now=NOW)
    finvalda = loaded.settings.finvalda
    assert (finvalda.username, finvalda.company_id, finvalda.parameter) == (
        "environment",
        "credential",
        "file",
    )
    assert set(loaded.hidden) == {f"{P}FINVALDA__USERNAME", f"{P}FINVALDA__COMPANY_ID"}
    assert loaded.credentials == ()


def test_a_file_value_that_agrees_with_the_one_in_force_is_not_hidden(tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text(f"{P}LANGUAGE=lt\n")
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "language").write_text("en")
    environ = {"CREDENTIALS_DIRECTORY": str(folder), f"{P}LANGUAGE": "lt"}
    loaded = load(file, environ, now=NOW)
    assert loaded.settings.language == "lt"
    assert loaded.hidden == ()


def test_sources_complete_each_others_groups_and_accounts(tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text(f"{P}EUROPE__CLIENT_ID=id\n{P}EUROPE__ACCOUNTS__UK__MARKETPLACES=UK\n")
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "fvsamazon_europe__client_secret").write_text("s\n")
    (folder / "europe__accounts__uk__refresh_token").write_text("t\r\n")
    loaded = load(file, {"CREDENTIALS_DIRECTORY": str(folder)}, now=NOW)
    account = loaded.settings.europe.accounts["uk"]
    assert account.marketplaces == ("A1F83G8C2ARO7P",)
    assert account.refresh_token.get_secret_value() == "t"
    assert set(loaded.credentials) == {
        f"{P}EUROPE__CLIENT_SECRET",
        f"{P}EUROPE__ACCOUNTS__UK__REFRESH_TOKEN",
    }


def test_an_empty_value_hides_nothing(tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text(f"{P}LANGUAGE=lt\n")
    loaded = load(file, {f"{P}LANGUAGE": ""}, now=NOW)
    assert loaded.settings.language == "lt"
    assert loaded.hidden == ()


def test_a_secret_given_twice_must_agree(tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text(f"{TOKEN}=alpha-1\n")
    file.chmod(0o600)
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "europe__refresh_token").write_text("alpha-1\n")
    environ = {"CREDENTIALS_DIRECTORY": str(folder), TOKEN: "alpha-1"}
    assert load(file, environ, now=NOW).settings.europe.refresh_token
    (fault,) = faults_of(lambda: load(file, environ | {TOKEN: "beta-2"}, now=NOW))
    for place in ("the environment", "the credential europe__refresh_token", f"{file} line 1"):
        assert place in fault
    assert "alpha" not in fault
    assert "beta" not in fault


# the file's grammar


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (f"{P}FINVALDA__USERNAME=plain", "plain"),
        (f"{P}FINVALDA__USERNAME=two words", "two words"),
        (f"  {P}FINVALDA__USERNAME = spaced \t", "spaced"),
        (f'{P}FINVALDA__USERNAME=" kept "', " kept "),
        (f"{P}FINVALDA__USERNAME='single'", "single"),
        (f'{P}FINVALDA__USERNAME="a\'b"', "a'b"),
        (f'{P}FINVALDA__USERNAME=""quoted""', '"quoted"'),
        (f"{P}FINVALDA__USERNAME='", "'"),
        (f"{P}FINVALDA__USERNAME=a#b", "a#b"),
        (f"{P}FINVALDA__USERNAME=a=b", "a=b"),
        (f"{P}FINVALDA__USERNAME=a\\nb", "a\\nb"),
        (f"{P}FINVALDA__USERNAME=$HOME", "$HOME"),
        (f"{P}FINVALDA__USERNAME=windows\r", "windows"),
        (f"{P.lower()}finvalda__username=x", "x"),
    ],
)
def test_a_line_is_a_name_and_its_value_to_the_end(tmp_path: Path, line: str, value: str) -> None:
    loaded = from_text(tmp_path, f"# a comment\n\n{line}\n  # another\n#{P}NOPE=1")
    assert loaded.settings.finvalda.username == value


@pytest.mark.parametrize("value", ["'open", "DE # the shop", '"x" # note'])
def test_what_looks_like_a_comment_or_half_a_quotation_is_told(tmp_path: Path, value: str) -> None:
    loaded = from_text(tmp_path, f"{P}FINVALDA__COMPANY_ID={value}\n")
    assert loaded.settings.finvalda.company_id == value
    warning = loaded.warnings[0].say()
    assert len(loaded.warnings) == 1
    assert warning.startswith(f"{P}FINVALDA__COMPANY_ID ({tmp_path}/settings.env line 1): ")
    assert value not in warning


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    assert from_text(tmp_path, f"\ufeff{P}LANGUAGE=lt").settings.language == "lt"


def test_a_name_given_twice_is_a_fault(tmp_path: Path) -> None:
    text = f"{P}LANGUAGE=lt\n{P}LANGUAGE=lt\n"
    (fault,) = faults_of(lambda: from_text(tmp_path, text))
    assert "line 2): given twice, the first time in" in fault
    (fault,) = faults_of(lambda: load(None, {f"{P}LANGUAGE": "", f"{P}language": "lt"}))
    assert "given twice" in fault
    both = {"language": "lt", "fvsamazon_language": "lt"}
    (fault,) = faults_of(lambda: from_credentials(tmp_path, both))
    assert "given twice, the first time in the credential fvsamazon_language" in fault


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("OTHER=2", "OTHER ("),
        ("OTHER=2", f"only names that begin with {P}"),
        ("EUROPE__CLIENT_ID=x", f"did you mean {P}EUROPE__CLIENT_ID?"),
        (f"export {P}LANGUAGE=lt", "without export"),
        ("just words", "write NAME=value"),
        ("=value", "only names that begin with"),
        (f"{P}EUROPE__ACCOUNTS__A-B__REFRESH_TOKEN=x", "there is no such setting"),
        (f"{P}EUROPE__ACCOUNTS____REFRESH_TOKEN=x", "there is no such setting"),
        (f"{P}EUROPE__ACCOUNTS__ß__REFRESH_TOKEN=x", "there is no such setting"),
    ],
)
def test_a_line_that_is_no_setting_is_a_fault(tmp_path: Path, line: str, says: str) -> None:
    (fault,) = faults_of(lambda: from_text(tmp_path, f"\n{line}\n"))
    assert says in fault
    assert "settings.env line 2" in fault


@pytest.mark.parametrize(
    "second_half", ["bQx7kLpw==", "bQx7kLpw", "bQx7kLpw=3", "export bQx7kLpw=1"]
)
def test_a_secret_broken_in_two_is_not_shown(tmp_path: Path, second_half: str) -> None:
    (fault,) = faults_of(lambda: from_text(tmp_path, f"{TOKEN}=aZz9\n{second_half}\n"))
    assert "line 2" in fault
    assert "bQx7kLpw" not in fault


def test_a_file_that_is_no_text_is_a_fault(tmp_path: Path) -> None:
    (fault,) = faults_of(lambda: from_text(tmp_path, b"\xff\xfe\x00"))
    assert "not UTF-8" in fault
    (fault,) = faults_of(lambda: from_text(tmp_path, b"#" * (SIZE_LIMIT + 1)))
    assert "larger than 1 MiB" in fault


def test_a_file_of_something_else_is_not_searched_to_its_end(tmp_path: Path) -> None:
    found = faults_of(lambda: from_text(tmp_path, "x=1\n" * (SIZE_LIMIT // 4)))
    assert len(found) == FAULT_LIMIT + 1
    assert "is it the right file?" in found[-1]


# credentials


def test_a_credential_that_is_no_text_is_a_fault(tmp_path: Path) -> None:
    (fault,) = faults_of(lambda: from_credentials(tmp_path, {"personal_data__key": b"\xff" * 32}))
    assert "not UTF-8" in fault


def test_a_credential_keeps_all_but_its_line_end(tmp_path: Path) -> None:
    loaded = from_credentials(tmp_path, {"finvalda__password": ' "x" \n', ".hidden": "y"})
    assert loaded.settings.finvalda.password is not None
    assert loaded.settings.finvalda.password.get_secret_value() == ' "x" '
    (fault,) = faults_of(lambda: from_credentials(tmp_path, {"finvalda__password": "a\nb"}))
    assert "line break" in fault


def test_a_folder_of_credentials_that_is_missing_is_a_fault(tmp_path: Path) -> None:
    gone = {"CREDENTIALS_DIRECTORY": str(tmp_path / "gone")}
    (fault,) = faults_of(lambda: load(None, gone))
    assert "cannot be read" in fault


# names


REGION = """CLIENT_ID CLIENT_SECRET CLIENT_SECRET_NEXT REFRESH_TOKEN CLIENT_SECRET_ISSUED
REFRESH_TOKEN_ISSUED MARKETPLACES START_FROM POLL_INTERVAL ENDPOINT SANDBOX
ACCOUNTS__NAME__REFRESH_TOKEN ACCOUNTS__NAME__MARKETPLACES ACCOUNTS__NAME__START_FROM"""
CONTRACT = {
    "": "DATABASE LOG_LEVEL LOG_FORMAT LOG_FILE POLL_INTERVAL LWA_URL PROXY LANGUAGE BOOKING_RULES",
    "NORTHAMERICA__": REGION,
    "EUROPE__": REGION,
    "FAREAST__": REGION,
    "PERSONAL_DATA__": "ENABLED RETENTION_DAYS RETENTION_ACKNOWLEDGED KEY KEY_FILE",
    "FINVALDA__": "URL USERNAME PASSWORD COMPANY_ID CONN_STRING PARAMETER LANGUAGE CA_FILE PROXY "
    "TIMEOUT ALLOW_HTTP",
}


def test_the_settings_are_those_of_the_contract() -> None:
    promised = {f"{P}{group}{name}" for group, names in CONTRACT.items() for name in names.split()}
    names = Names(Settings)
    assert {name_of(setting) for setting in names} == promised
    for setting in names:
        assert names.find(name_of(setting)) == setting


def test_secrets_are_told_by_their_type() -> None:
    names = Names(Settings)
    secret = {setting[-1] for setting in names if names.secret(setting)}
    assert secret == {
        "client_secret",
        "client_secret_next",
        "refresh_token",
        "key",
        "password",
        "conn_string",
        "proxy",
    }


def test_a_variable_that_is_not_ours_is_left_alone() -> None:
    assert load(None, {"PATH": "/bin", "FVS_X": "1", "LOG_LEVEL": "x"}).settings.log_level == "info"
