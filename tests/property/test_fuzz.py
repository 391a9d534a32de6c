"""Whatever stands in a file that a person or another program wrote: an answer, or a fault in words.

No crash, no hang, no leak. (Amazon's and Finvalda's answers are fuzzed beside their readers.)
"""

from __future__ import annotations

import copy
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fvsamazon import keyfile
from fvsamazon.amazon.personal import combined, merge_personal
from fvsamazon.amazon.reader import read_order
from fvsamazon.booking import rules
from fvsamazon.errors import ConfigError
from fvsamazon.keyfile import KeyUnusable
from fvsamazon.orders import OrderRecord
from fvsamazon.settings import Loaded, Settings, load, secret_values
from fvsamazon.settings.faults import name_of
from fvsamazon.settings.sources import Names
from fvsamazon.vault import Damaged, Keyring, Place, Sealed
from support.amazon_samples import FULL

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CANARY = "Canary-5ecret|value"
KNOWN = Names(Settings)
NAMES = [name_of(each) for each in KNOWN]
SECRET_NAMES = [name_of(each) for each in KNOWN if KNOWN.secret(each)]
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "booking.lt.toml"
SLOW = settings(
    max_examples=150,
    deadline=timedelta(seconds=5),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

lines = st.one_of(
    st.builds(
        lambda name, sign, value: f"{name}{sign}{value}",
        st.sampled_from(NAMES) | st.text(max_size=30),
        st.sampled_from(["=", " = ", "", "==", '="']),
        st.text(max_size=60),
    ),
    st.builds("{}={}".format, st.sampled_from(SECRET_NAMES), st.just(CANARY)),
    st.text(max_size=80),
)


def loaded_or_faults(path: Path | None, environ: dict[str, str]) -> Loaded | tuple[str, ...]:
    """Load, or return the faults in words; anything else that is raised fails the test."""
    try:
        return load(path, environ, now=NOW)
    except ConfigError as error:
        return error.faults


@SLOW
@given(
    st.lists(lines, max_size=12).map(lambda many: "\n".join(many).encode("utf-8", "surrogatepass"))
    | st.binary(max_size=400)
)
def test_no_settings_file_makes_anything_but_faults(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.env"
    path.write_bytes(content)
    path.chmod(0o600)
    loaded = loaded_or_faults(path, {})
    assert CANARY not in repr(loaded)
    if isinstance(loaded, Loaded):
        hidden = secret_values(loaded.settings)
        assert not [one for one in hidden if len(one) > 7 and one in repr(loaded)]


@SLOW
@given(
    name=st.sampled_from(NAMES).map(lambda name: name.removeprefix("FVSAMAZON_").lower())
    | st.text("abcdefghijklmnopqrstuvwxyz_0123456789", min_size=1, max_size=40),
    content=st.binary(max_size=200),
)
def test_no_credential_makes_anything_but_faults(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("credentials")
    (folder / name).write_bytes(content)
    loaded_or_faults(None, {"CREDENTIALS_DIRECTORY": str(folder)})


toml_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@SLOW
@given(st.text(max_size=300))
@example("[" * 5000)
@example("a = " + "[" * 2000)
@example("x = " + "9" * 5000)
@example('[document]\nbook_from = "9999-99-99"\n')
@example("a" + ".a" * 3000 + " = 1")
def test_no_text_makes_the_rules_reader_raise(text: str) -> None:
    parsed = rules.parse(text)
    assert parsed.rules is None or parsed.faults == ()


@SLOW
@given(
    data=st.data(),
    changes=st.integers(1, 4),
)
def test_a_good_rules_file_with_anything_changed_is_read_or_refused(
    data: st.DataObject, changes: int
) -> None:
    text = EXAMPLE.read_text("utf-8").split("\n")
    for _ in range(changes):
        at = data.draw(st.integers(0, len(text) - 1))
        head = text[at].partition("=")[0]
        value = data.draw(toml_values)
        text[at] = data.draw(
            st.sampled_from(
                [
                    "",
                    f"{head}= {json.dumps(value)}",
                    text[at] * 2,
                    f"{text[at]}\n{text[at]}",
                    f"[[{head.strip(' []#')}]]",
                ]
            )
            | st.text(max_size=30)
        )
    parsed = rules.parse("\n".join(text), read_table=lambda name: f"{name}\n")
    assert (parsed.rules is None) == bool(parsed.faults)
    for fault in parsed.faults:
        assert fault.say("en")
        assert fault.say("lt")


@SLOW
@given(st.binary(max_size=5000), st.sampled_from([0o600, 0o400, 0o640, 0o644]))
def test_no_key_file_shows_what_is_in_it(tmp_path: Path, content: bytes, mode: int) -> None:
    path = tmp_path / "key"
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    try:
        assert len(keyfile.read(path)) == 32
        assert mode & 0o077 == 0
    except KeyUnusable as error:
        told = error.say("en") + error.say("lt")
        assert len(content) < 8 or content.decode("utf-8", "replace") not in told


@SLOW
@given(plain=st.binary(max_size=3000), place=st.integers(0, 4000), bit=st.integers(1, 255))
def test_a_sealed_part_opens_as_it_was_or_not_at_all(plain: bytes, place: int, bit: int) -> None:
    ring = Keyring(os.urandom(32))
    where = Place("Europe", "305-1234567-7654321", "order")
    sealed = ring.seal(where, plain)
    assert len(sealed.ciphertext) % 512 == 0
    assert ring.open(where, sealed) == plain
    broken = bytearray(sealed.ciphertext)
    broken[place % len(broken)] ^= bit
    with pytest.raises(Damaged):
        ring.open(where, Sealed(sealed.key_id, sealed.nonce, bytes(broken)))
    for elsewhere in (
        Place("FarEast", "305-1234567-7654321", "order"),
        Place("Europe", "305-1234567-7654322", "order"),
        Place("Europe", "305-1234567-7654321", "other"),
        # The parts of a place cannot be shifted against one another.
        Place("Europe3", "05-1234567-7654321", "order"),
    ):
        with pytest.raises(Damaged):
            ring.open(elsewhere, sealed)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["buyer", "recipient", "deliveryAddress", "orderItems", "orderItemId", "name", "x"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@SLOW
@given(
    st.dictionaries(st.sampled_from(sorted(FULL)), json_values, max_size=5),
    st.dictionaries(st.sampled_from(sorted(FULL)), json_values, max_size=5),
)
def test_any_two_versions_can_be_laid_together(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    """What the reader lets pass as protected never makes a later page fail."""
    records = []
    for changes in (first, second):
        sent = copy.deepcopy(FULL) | changes
        found = read_order(json.dumps(sent).encode(), personal=True)
        if isinstance(found, OrderRecord):
            records.append(found)
    for old in records:
        for new in records:
            merged = merge_personal(old.personal or b"", new.personal or b"")
            assert isinstance(json.loads(merged), dict)
            assert combined(new.payload, merged)["orderId"] == new.order_id
