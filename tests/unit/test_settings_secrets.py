"""No secret is bent on its way in, and none gets out through an error, whatever is written."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fvsamazon.errors import ConfigError
from fvsamazon.settings import Settings, load, secret_values
from fvsamazon.settings.faults import name_of
from fvsamazon.settings.sources import Names

if TYPE_CHECKING:
    from pathlib import Path

calm = hypothesis_settings(deadline=None)
"""How fast it is does not matter here, and machines are busy at times."""
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
P = "FVSAMAZON_"
ALPHABET = st.one_of(
    st.sampled_from("$#\"'= {}\\`%;,&|\u2028\x85ąЖ"),
    st.characters(exclude_categories=["Cc", "Cs"]),
)
SECRETS = st.text(ALPHABET, min_size=1, max_size=40)
NAMES = Names(Settings)
SECRET_NAMES = [name_of(each) for each in NAMES if NAMES.secret(each)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings")


def faults_of(env_file: Path | None, environ: dict[str, str]) -> tuple[str, ...] | None:
    """Load for the faults alone; None where there are none. Any other error fails the test."""
    try:
        load(env_file, environ, now=NOW)
    except ConfigError as error:
        return error.faults
    return None


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "settings.env"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(0o600)
    return path


@calm
@given(secret=SECRETS, quote=st.sampled_from(["'", '"', ""]))
def test_any_secret_survives_the_file(folder: Path, secret: str, quote: str) -> None:
    edges = secret[0] + secret[-1]
    if not quote and (edges.strip(" \t") != edges or edges in {"''", '""'}):
        quote = '"'
    path = write(folder, f"{P}FINVALDA__PASSWORD={quote}{secret}{quote}\n{P}LANGUAGE=lt\n")
    settings = load(path, {"HOME": "/root"}, now=NOW).settings
    assert settings.finvalda.password is not None
    assert settings.finvalda.password.get_secret_value() == secret
    assert secret_values(settings) == (secret,)


@calm
@given(secret=SECRETS)
def test_any_secret_survives_a_credential(folder: Path, secret: str) -> None:
    credentials = folder / "credentials"
    credentials.mkdir(exist_ok=True)
    (credentials / "europe__client_secret").write_bytes(secret.encode() + b"\n")
    settings = load(None, {"CREDENTIALS_DIRECTORY": str(credentials)}, now=NOW).settings
    assert settings.europe.client_secret is not None
    assert settings.europe.client_secret.get_secret_value() == secret


def everything_about(error: BaseException) -> str:
    """Return all that a careless log could show of an error and what it chains to."""
    chain = "".join(traceback.format_exception(error))
    return "\n".join([chain, str(error), repr(error), repr(error.args), repr(vars(error))])


@calm
@given(middle=SECRETS, control=st.sampled_from(["", "\n", "\x00", "\x1b"]))
def test_no_secret_stands_in_an_error(folder: Path, middle: str, control: str) -> None:
    canary = f"Qz7w{middle}Xj9v"
    value = canary + control + canary
    settings = {name: value for name in SECRET_NAMES if "__NAME__" not in name} | {
        f"{P}NORTHAMERICA__ACCOUNTS__MAIN__REFRESH_TOKEN": value,
        f"{P}NORTHAMERICA__ACCOUNTS__UK__REFRESH_TOKEN": value,
        f"{P}FAREAST__ACCOUNTS__UK__REFRESH_TOKEN": value,
        f"{P}EUROPE__ACCOUNTS": value,
        f"{P}EUROPE": f'{{"refresh_token": "{value}"}}',
        f"{P}EUROPE__REFRESH_TOKENS": value,
    }
    text = "".join(f"{name}={value}\n" for name, value in settings.items()) * 2
    path = write(folder, text)
    path.chmod(0o644)
    rivals = {f"{P}EUROPE__CLIENT_SECRET": f"other{canary}", f"{P}POLL_INTERVAL": "never"}
    with pytest.raises(ConfigError) as caught:
        load(path, rivals, now=NOW)
    shown = everything_about(caught.value)
    assert "Qz7w" not in shown
    assert "Xj9v" not in shown
    assert "pydantic" not in shown
    assert f"{P}PERSONAL_DATA__KEY" in shown


@calm
@given(secret=SECRETS)
def test_no_secret_stands_in_a_repr(folder: Path, secret: str) -> None:
    canary = f"Qz7w{secret}Xj9v"
    names = [name for name in SECRET_NAMES if not name.endswith(("PROXY", "KEY"))]
    text = "".join(f"{name}={canary}{number}\n" for number, name in enumerate(names))
    loaded = load(write(folder, text), {}, now=NOW)
    shown = f"{loaded!r}{loaded.settings}{loaded.settings!r}"
    assert "Qz7w" not in shown
    assert len(secret_values(loaded.settings)) == len(names)


VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["true", "1", "-1", "1e400", "nan", "2026-01-01", "DE,US", "http://[", "https://a:b@c/d"]
    ),
)


@calm
@given(st.dictionaries(st.sampled_from([name_of(each) for each in NAMES]), VALUES, max_size=12))
def test_any_values_are_taken_or_refused_by_name(values: dict[str, str]) -> None:
    faults = faults_of(None, values)
    assert faults is None or (faults and all(fault.startswith(P) for fault in faults))


@calm
@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(
            st.tuples(st.sampled_from([*SECRET_NAMES, P, "X", "#", ""]), VALUES), max_size=8
        ).map(lambda rows: "\n".join(f"{a}={b}" for a, b in rows).encode(errors="replace")),
    )
)
def test_any_file_is_read_or_refused(folder: Path, content: bytes) -> None:
    assert faults_of(write(folder, content), {}) != ()
