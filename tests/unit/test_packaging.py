"""Locks, dependency page, units and entry points agree with pyproject.toml and the contract."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
UNITS = ("fvsamazon.service", "fvsamazon@.service")


def direct(*extras: str) -> list[Requirement]:
    wanted = [*PROJECT["dependencies"], *(line for extra in extras for line in EXTRAS[extra])]
    return [r for r in map(Requirement, wanted) if r.name != PROJECT["name"]]


def pins(lock: str) -> dict[str, tuple[Version, int]]:
    """Return each pinned package with its version and the number of its hashes."""
    found: dict[str, tuple[Version, int]] = {}
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        matched = re.fullmatch(r"([\w.-]+)==(\S+)((?:\s+--hash=sha256:[0-9a-f]{64})+)\s*", line)
        assert matched, f"{lock}: {line[:80]}"
        found[canonicalize_name(matched[1])] = (Version(matched[2]), matched[3].count("--hash"))
    return found


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("requirements.lock", ("demo",)),
        ("requirements-dev.lock", ("demo", "dev")),
        ("requirements-fuzz.lock", ("fuzz",)),
    ],
)
def test_a_lock_pins_what_the_project_asks_for_with_hashes(
    lock: str, extras: tuple[str, ...]
) -> None:
    pinned = pins(lock)
    for requirement in direct(*extras):
        version, hashes = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version, prereleases=True), requirement
        assert hashes >= 1
    # Compiled packages: files for more than one platform and Python.
    assert pinned["cryptography"][1] > 10
    assert pinned["msgspec"][1] > 10


def test_the_locks_agree_and_the_tools_are_not_in_the_programs() -> None:
    program, tools = pins("requirements.lock"), pins("requirements-dev.lock")
    assert program.items() <= tools.items()
    # No Python may lack a binary of what the test command installs; of atheris some do.
    assert dict(pins("requirements-fuzz.lock").items() - tools.items()).keys() == {"atheris"}
    assert not {"pytest", "mypy", "hatchling", "pip"} & program.keys()
    assert {"hatchling", "editables"} <= tools.keys(), "the package is built without more downloads"


@pytest.mark.parametrize(
    "lock", ["requirements.lock", "requirements-dev.lock", "requirements-fuzz.lock"]
)
def test_a_lock_names_no_index_and_no_machine(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(
        r"https?:|file:/|@ |--(extra-)?index|--find-links|--trusted|/tmp|/work", text
    )


def test_every_dependency_has_its_reason() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = {canonicalize_name(m) for m in re.findall(r"^\| ([\w.-]+) \| ", page, re.MULTILINE)} - {
        "package"
    }
    assert rows == {canonicalize_name(r.name) for r in direct("demo", "dev", "fuzz")}
    brought = re.search(r"^They bring: (.*?)\n\n", page, re.MULTILINE | re.DOTALL)
    assert brought
    named = set(re.findall(r"[\w-]{3,}", re.sub(r"\([^)]*\)", "", brought[1])))
    ours = {canonicalize_name(r.name) for r in direct("demo")}
    assert named == set(pins("requirements.lock")) - ours


class Unit(configparser.RawConfigParser):
    """A unit file; a directive given twice keeps its last value."""

    optionxform = staticmethod(str)  # type: ignore[assignment]


def unit(name: str) -> Unit:
    parser = Unit(strict=False, delimiters=("=",), comment_prefixes=("#",), interpolation=None)
    parser.read(ROOT / "deploy" / "systemd" / name, encoding="utf-8")
    return parser


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_keeps_the_contract(name: str) -> None:
    service = unit(name)["Service"]
    folder = "/etc/fvsamazon/%i" if "@" in name else "/etc/fvsamazon"
    assert service["Type"] == "notify"
    assert service["ExecStart"] == (
        f"/opt/fvsamazon/bin/fvsamazon --env-file {folder}/settings.env run"
    )
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert service["Restart"] == "always"
    assert service["RestartPreventExitStatus"].split() == ["78", "75"]
    assert service["LoadCredential"] == f"fvsamazon:{folder}/credentials"
    assert service["StateDirectoryMode"] == "0700"
    assert service["UMask"] == "0077"
    assert service["LimitCORE"] == "0"
    assert float(service["WatchdogSec"]) >= 10
    assert float(service["TimeoutStopSec"]) > 5
    assert "EnvironmentFile" not in service
    assert "Environment" not in service
    # It would hide the boot id, without which the quota's clock means nothing.
    assert "ProcSubset" not in service


def test_the_template_differs_by_its_folders_only() -> None:
    plain, template = (unit(name) for name in UNITS)
    own = {"TemporaryFileSystem", "BindReadOnlyPaths", "BindPaths"}
    assert set(template["Service"]) - set(plain["Service"]) == own
    for key, value in plain["Service"].items():
        assert template["Service"][key].replace("/%i", "") == value, key


def test_only_the_edges_read_the_environment() -> None:
    """Settings are an argument everywhere else, so that tests and reloads can give others."""
    source = ROOT / "src" / "fvsamazon"
    edges = ("cli", "settings", "simulator", "sdnotify.py")
    readers = {
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"})
        or (isinstance(node, ast.ImportFrom) and node.module == "os")
    }
    assert {name for name in readers if not name.startswith(edges)} == set()
