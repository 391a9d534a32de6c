"""Every fault and warning of the settings, told in English and in Lithuanian."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from string import Formatter
from typing import TYPE_CHECKING

import pytest

from fvsamazon.cli import context_texts
from fvsamazon.errors import ConfigError
from fvsamazon.settings import load, texts
from fvsamazon.store import texts as store_texts
from fvsamazon.texts import Text
from support.settings_faults import CASES, TEXTS, Case, P, filled, given

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENGLISH = re.compile(
    r"(?<![\w`/.])(is|are|the|and|or|of|in|it|its|write|only|which|this|that|with|for|set|not|no|"
    r"was|cannot|must|has|as|line|environment|credential|such|file or directory)(?![\w`/])"
)
"""Words that Lithuanian does not have; `be` and `to` are words of both."""

ELSEWHERE = {
    # Parts of others.
    "ABOUT", "NAMED", "AND", "OR", "ENVIRONMENT", "CREDENTIAL", "LINE", "MISPLACED", "ENTRY",
    "BELONGS_TO",
    # Warnings, what only another user meets, and what no value of today brings about.
    "HALF_QUOTED", "REGION_OFF", "DELIVERY_OFF", "NOT_READ_ON", "CLOSED_CA_FILE", "DEFAULT",
    "SEE_EXAMPLE",
}  # fmt: skip


def told(folder: Path, case: Case, name: str = "") -> ConfigError:
    path, env = given(folder, case, name)
    with pytest.raises(ConfigError) as caught:
        load(path, env, now=NOW)
    return caught.value


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_told_in_both_languages(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    error = told(tmp_path, case, name)
    english, lithuanian = filled(tmp_path, case.en), filled(tmp_path, case.lt)
    assert error.faults == (english,)
    assert str(error) == english
    assert error.faults_in("lt") == (lithuanian,)
    bare = lithuanian.replace(str(tmp_path), "")
    for copied in ("true", "chmod o= ", "export", "systemd", "(loopback)", "(proxy)"):
        bare = bare.replace(copied, "")
    assert not ENGLISH.search(bare), ENGLISH.search(bare)


def test_no_sentence_is_without_its_case() -> None:
    assert {name.split(" ")[0] for name in CASES} | ELSEWHERE == set(TEXTS)


def places(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


ALL = [
    pytest.param(text, id=f"{module.__name__}.{name}")
    for module in (texts, store_texts, context_texts)
    for name, text in vars(module).items()
    if isinstance(text, Text)
]


@pytest.mark.parametrize("text", ALL)
def test_both_languages_have_the_same_places_for_values(text: Text) -> None:
    assert places(text.en) == places(text.lt)
    bare = re.sub(r"`.*?`", "", text.lt.replace("export", ""))
    if text.en == text.lt:
        assert not re.search(r"[A-Za-z]", re.sub(r"\{\w+\}", "", text.en))
    else:
        assert not ENGLISH.search(bare)


def test_warnings_are_told_in_both_languages(tmp_path: Path) -> None:
    path = tmp_path / "settings.env"
    lines = ("FINVALDA__USERNAME=a # b", "EUROPE__REFRESH_TOKEN=x")
    path.write_text("".join(f"{P}{line}\n" for line in lines))
    path.chmod(0o600)
    warnings = load(path, {}, now=NOW).warnings
    assert [warning.say("lt") for warning in warnings] == [
        f"{P}FINVALDA__USERNAME ({path} 1 eilutė): {texts.HALF_QUOTED.lt}",
        f"{P}EUROPE__CLIENT_ID: {texts.REGION_OFF.lt}",
        f"{P}FINVALDA__URL: {texts.DELIVERY_OFF.lt}",
    ]
    for warning in warnings:
        assert not ENGLISH.search(warning.say("lt").replace(str(path), ""))


# the language of a fault


@pytest.mark.parametrize(
    ("file", "env", "credential", "language"),
    [
        ("LANGUAGE=lt", "", "", "lt"),
        ("LANGUAGE=LT", "", "", "lt"),
        ("LANGUAGE=en", "lt", "", "lt"),
        ("LANGUAGE=lt", "", "en", "en"),
        ("LANGUAGE=lt", "de", "", "lt"),
        ("", "", "lt", "lt"),
        ("LANGUAGE=de", "", "", "en"),
        ("", "", "", "en"),
    ],
)
def test_faults_are_told_in_the_language_that_can_be_made_out(
    tmp_path: Path, file: str, env: str, credential: str, language: str
) -> None:
    case = Case(
        f"POLL_INTERVAL=never\n{file}",
        "",
        "",
        env={P + "LANGUAGE": env},
        credentials={"language": credential.encode()},
    )
    assert told(tmp_path, case).language == language


# a first fault draws no second


@pytest.mark.parametrize(
    "case",
    [
        Case("PERSONAL_DATA__ENABLED=true\nPERSONAL_DATA__KEY=short", f"{P}PERSONAL_DATA__KEY", ""),
        Case(
            "PERSONAL_DATA__ENABLED=true",
            "{folder}/credentials/personal_data__key: it is not UTF-8",
            "",
            credentials={"personal_data__key": b"\xff" * 32},
        ),
        Case(
            "EUROPE__CLIENT_ID=x\nEUROPE__CLIENT_SECRET=x\n"
            "EUROPE__ACCOUNTS__UK__REFRESH_TOKEN=a\x1bb",
            f"{P}EUROPE__ACCOUNTS__UK__REFRESH_TOKEN",
            "",
        ),
        Case(
            "EUROPE__CLIENT_ID=x\nEUROPE__REFRESH_TOKEN=x",
            "$CREDENTIALS_DIRECTORY",
            "",
            env={"CREDENTIALS_DIRECTORY": "{folder}/gone"},
        ),
        Case(
            "EUROPE__ACCOUNTS__UK__MARKETPLACES=UK",
            "{folder}/credentials/europe__accounts__uk__refresh_token: it is not UTF-8",
            "",
            credentials={"europe__accounts__uk__refresh_token": b"\xff"},
        ),
    ],
    ids=["a bad key", "a key of raw bytes", "a bad account", "no credentials", "a bad credential"],
)
def test_what_was_refused_is_not_called_missing(tmp_path: Path, case: Case) -> None:
    (fault,) = told(tmp_path, case).faults
    assert fault.startswith(filled(tmp_path, case.en))


def test_an_unknown_credential_is_named_as_a_setting_is_written(tmp_path: Path) -> None:
    case = Case("", "", "", credentials={"fvsamazon_europe__client_secrt": b"x"})
    (fault,) = told(tmp_path, case).faults
    assert fault == (
        f"{P}EUROPE__CLIENT_SECRT (the credential fvsamazon_europe__client_secrt): there is no "
        f"such setting; the nearest is {P}EUROPE__CLIENT_SECRET"
    )
