"""Targets that read what a person wrote: the settings file, the booking rules, the key file.

Promised: a value, or every fault in a bounded line of words; no secret and no line that is not
understood in those words; rules that were accepted decide about any order without raising.
"""

from __future__ import annotations

import atexit
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from fuzz.booked import require_sound
from fuzz.driver import CANARY, TOLD_LIMIT, Target, fail, require, require_line, require_quiet
from fvsamazon import keyfile
from fvsamazon.amazon.secret import Seal, Secret
from fvsamazon.booking import rules
from fvsamazon.booking.documents import decide
from fvsamazon.errors import ConfigError
from fvsamazon.keyfile import KeyUnusable
from fvsamazon.settings import Settings, load, secret_values
from fvsamazon.settings.faults import name_of
from fvsamazon.settings.sources import Names
from fvsamazon.vault import Damaged, Keyring, Place, Sealed
from support.booking_cases import ONE, ORDER
from support.booking_orders import CONTEXT, FINVALDA, make_order

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CANARY_LINE = CANARY + "|"
"""No name of a setting holds such a character: a line of it may not be shown as one."""
KEY = bytes(range(32))

_NAMES = Names(Settings)
_FOLDER = tempfile.TemporaryDirectory(prefix="fvsamazon-fuzz-")
atexit.register(_FOLDER.cleanup)
_PLACE = Place("Europe", "305-1234567-7654321", "order")
_SEAL = Seal((Secret("one"), Secret("two")), ("Europe", "main"))
_ORDERS = tuple(
    make_order({**ORDER, **changes})
    for changes in (
        {},
        {"marketplace": "UK", "currency": "GBP", "status": "CANCELLED"},
        {"fulfilled_by": "AMAZON", "items": [{**ONE, "sku": "=NEŽINOMA"}], "grand": "11.91"},
    )
)


def _written(name: str, content: bytes) -> Path:
    path = Path(_FOLDER.name) / name
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def settings(data: bytes) -> None:
    """A settings file is taken, or refused with every fault; no secret of it is ever shown."""
    path = _written("settings.env", data)
    try:
        loaded = load(path, {}, now=NOW)
    except ConfigError as error:
        require(0 < len(error.faults) <= 600, "no fault, or too many")
        for fault in error.faults:
            require_line(fault, "a fault")
            require(len(fault) <= TOLD_LIMIT, "a fault without bounds")
        if _canary_is_hidden(data):
            require_quiet(error, CANARY, limit=600 * TOLD_LIMIT)
        return
    require(loaded == load(path, {}, now=NOW), "read twice, not the same")
    shown = repr(loaded) + "".join(warning.say() for warning in loaded.warnings)
    if _canary_is_hidden(data):
        require(CANARY not in shown, "a planted text is shown")
    for warning in loaded.warnings:
        require_line(warning.say("lt"), "a warning")
    # A short one may stand in the text by chance.
    for secret in (one for one in secret_values(loaded.settings) if len(one) > 14):
        elsewhere = any(secret in value for value in _open_values(data))
        require(elsewhere or secret not in shown, "a secret is shown")


def _lines(data: bytes) -> list[tuple[str, str, str]]:
    text = data.decode("utf-8-sig", "replace")
    return [
        (name.strip(), sign, value)
        for name, sign, value in (line.partition("=") for line in text.split("\n"))
    ]


def _canary_is_hidden(data: bytes) -> bool:
    """Say whether the canary stands only where nothing may repeat it."""
    return all(
        CANARY_LINE in name + value
        and CANARY not in name.replace(CANARY_LINE, "")
        and (not sign or CANARY in name or _is_secret(name))
        for name, sign, value in _lines(data)
        if CANARY in name + value
    )


def _open_values(data: bytes) -> list[str]:
    return [name + value for name, _, value in _lines(data) if not _is_secret(name)]


def _is_secret(name: str) -> bool:
    found = _NAMES.find(name.upper()) if name.isascii() else None
    return found is not None and _NAMES.secret(found)


def booking_rules(data: bytes) -> None:
    """A rules file, and behind a line of `---` its product table: rules, or all faults."""
    try:
        text, _, table = data.decode("utf-8").partition("\n---\n")
    except UnicodeDecodeError:
        return

    _written("products.csv", table.encode())
    try:
        loaded = rules.load(_written("booking.toml", text.encode()))
    except ConfigError as error:
        require(bool(error.faults), "refused without a fault")
    else:
        require(loaded.book_from is not None, "accepted without its first day")
    parsed = rules.parse(text, read_table=lambda _: table)
    require((parsed.rules is None) == bool(parsed.faults), "neither rules nor faults, or both")
    require(parsed == rules.parse(text, read_table=lambda _: table), "read twice, not the same")
    for fault in parsed.faults[:50]:
        for told in (fault.say("en"), fault.say("lt")):
            require_line(told, "a fault")
            require(0 < len(told) <= TOLD_LIMIT, "a fault without bounds")
    if parsed.rules is None:
        return
    for warning in parsed.rules.warnings[:50]:
        require_line(warning.say("lt"), "a warning")
    for order in _ORDERS:
        require_sound(decide(order, parsed.rules, CONTEXT, FINVALDA), order)


def keys(data: bytes) -> None:
    """A key file, and whatever lies in the database where a sealed text should."""
    try:
        found = keyfile.read(_written("key", data))
    except KeyUnusable as error:
        told = error.say("en") + error.say("lt")
        content = data.decode("utf-8", "replace").strip()
        require(len(content) < 12 or content not in told, "the content of the file is shown")
        require_quiet(error, CANARY)
    else:
        require(len(found) == keyfile.KEY_BYTES, "a key of another length")
        require(keyfile.decode_key(found.hex()) == found, "another key")
    ring = Keyring(KEY)
    cut = data[0] % 20 if data else 0
    sealed = Sealed(ring.current_id, data[1 : 1 + cut], data[1 + cut :])
    for part in (sealed, Sealed(data[:8], data[8:20], data[20:])):
        try:
            ring.open(_PLACE, part)
        except (Damaged, KeyUnusable) as error:
            require_quiet(error, CANARY)
        else:
            fail("a forged part was opened")
    require(ring.open(_PLACE, ring.seal(_PLACE, data)) == data, "sealed, not the same")
    require(_SEAL.open(data) is None, "a forged token was opened")
    require(_SEAL.open(_SEAL.close(data)) == data, "sealed, not the same")


_VALUES = (
    b"=",
    b"\n",
    b'"',
    b"#",
    b"true",
    b"1e999",
    b"nan",
    b"https://[::1]:99999/",
    b"http://user:pw@127.0.0.1",
    b"http://x/FvsServicePure.svc",
    b"2026-01-31T08:00:00+02:00",
    b"9999-12-31T23:59:59-14:00",
    b"DE,FR",
    b"\xef\xbb\xbf",
    b"\xc2\x85",
    b"__ACCOUNTS__",
    CANARY_LINE.encode(),
)
_TOML = tuple(
    word.encode()
    for word in (
        "[[vat]]\n",
        "[[client]]\n",
        "[[products.pattern]]\n",
        "[[document.override]]\n",
        "version = 1\n",
        "book_from = 2026-12-01\n",
        "= 1e9999999999999999999\n",
        "= 1e999999\n",
        "= nan\n",
        "= -0.0\n",
        "= 0x7f\n",
        "= 12:00:00\n",
        '= """',
        "= '''",
        "{",
        "}",
        "{vat_zone}",
        "time_zone = ",
        "\n---\nsku,product,quantity,share\n",
        "a,b,1,50%\n",
        "\u2028",
        "\\u0000",
    )
)

TARGETS = (
    Target("settings", settings, (*(name_of(one).encode() for one in _NAMES), *_VALUES), 2000),
    Target("rules", booking_rules, _TOML, 12_000),
    Target("keys", keys, (KEY.hex().encode(), b"=", b"\x0c", b"\x01", CANARY.encode()), 700),
)
