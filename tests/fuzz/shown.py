"""Targets that write: the log's redaction, what a terminal shows, what a spreadsheet opens.

Promised: a log line is one line of JSON, made without an exception, that holds no secret in any
spelling; a terminal gets no character that steers it, markup or not; a cell is no formula, and a
table has as many cells as were put in.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from rich.console import Console

from fuzz.driver import Target, fail, require, require_line
from fvsamazon.cli.order_export import csv_writer, harmless, json_writer
from fvsamazon.cli.tables import plain, table
from fvsamazon.cli.wording import shown
from fvsamazon.errors import REMOTE_TEXT_LIMIT, FvsamazonError, safe_text
from fvsamazon.logs import _console_line, _json_line, _Pipeline
from fvsamazon.logs.redaction import mask_quoted, printable

if TYPE_CHECKING:
    from collections.abc import Callable

SECRETS = (
    "Atzr|IwEBPlantedRefreshTokenWithALongTail" + "0123456789abcdef" * 8,
    'pl4nted "päss"\\wörd/ë+%=',
    "pl4ntedKeyBytes-32-of-them-here!",
)
BUYER = "Greta Kanarėlytė"
_FORMULA = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_LATER_FORMULA = re.compile(r";\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
"""Where a spreadsheet that parts cells by semicolons begins another one."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_MACRO = re.compile(r"@(\d)([a-z]?)@")
_RUN = re.compile(r"@(\d{1,5})\*(.)@", re.DOTALL)
_LINE_LIMIT = 600_000


class _Output:
    """Keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> bool:
        self.lines.append(line)
        return True

    def close(self) -> None: ...


def _spelled(secret: str, way: str) -> str:
    match way:
        case "q":
            return quote(secret, safe="")
        case "j":
            return json.dumps(secret)[1:-1]
        case "r":
            return repr(secret)[1:-1]
        case "b":
            return repr(secret.encode())[2:-1]
    return secret


def _expanded(text: str) -> str:
    """Put the secrets where an input has `@0@`, in an encoder's spelling for `@0q@`; runs too."""
    text = _RUN.sub(lambda found: found[2] * int(found[1]), text)[:80_000]
    return _MACRO.sub(lambda f: _spelled(SECRETS[int(f[1]) % len(SECRETS)], f[2]), text)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


_KINDS: dict[str, Callable[[str], object]] = {
    "i": lambda text: int(text.replace("e", "0" * 400)[:4000]),
    "f": float,
    "D": lambda text: Decimal(text[:40]),
    "d": datetime.fromisoformat,
    "t": lambda text: timedelta(seconds=float(text)),
    "j": json.loads,
    "b": _bytes,
    "e": FvsamazonError,
    "v": ValueError,
    "l": lambda text: [text, {text: (text, _bytes(text))}],
}
"""What the first character of a value in an input says about the rest."""


def _value(written: str) -> object:
    try:
        return _KINDS.get(written[:1], str)(written[1:])
    except (ValueError, InvalidOperation, OverflowError, RecursionError):
        return written


def redaction(data: bytes) -> None:
    """One log event, `key=KINDvalue` a line; every writer of lines gets the same promises."""
    text = _expanded(data.decode("utf-8", "replace"))
    event: dict[str, Any] = {"event": "library.message"}
    for line in text.split("\n")[:12]:
        key, _, rest = line.partition("=")
        value = _value(rest)
        event["exc_info" if isinstance(value, Exception) else key[:60]] = value
    pipeline, output = _Pipeline(), _Output()
    for secret in SECRETS[:2]:
        pipeline.redactor.protect(secret)
    pipeline.redactor.protect(SECRETS[2].encode())
    pipeline.configure(0, _json_line, (output,))
    pipeline.emit("info", dict(event))
    pipeline.configure(0, _console_line, (output,))
    pipeline.emit("error", dict(event))
    require(len(output.lines) == 2 and not pipeline.lost, "a line was lost")
    as_json, as_console = output.lines
    found = json.loads(as_json)
    require(isinstance(found, dict) and "timestamp" in found, "no line of the log")
    require("while this line was made" not in as_json, "a line that could not be made")
    require(len(as_json) <= _LINE_LIMIT, "a line without bounds")
    for line in output.lines:
        require("\n" not in line and "\x1b" not in line, "a line that is no single line")
        _hides(line)
    require("timestamp" in as_console or as_console[:2] == "20", "no console line")
    cleaned = pipeline.redactor.text(text, lines=True)
    require(printable(cleaned, lines=True) == cleaned, "a cleaned text steers a terminal")
    require(len(cleaned) <= 12 * 2_000 + 100, "a cleaned text without bounds")
    _hides(cleaned)
    mask_quoted(text)


def _hides(line: str) -> None:
    for secret in SECRETS:
        ways = {_spelled(secret, way) for way in ("", "q", "j", "r", "b")}
        raw = secret.encode()
        for way in ways | {base64.b64encode(raw).decode(), raw.hex()}:
            if secret == SECRETS[2] or way not in {base64.b64encode(raw).decode(), raw.hex()}:
                require(way not in line, "a secret stands in a line of the log")
    # Half of it is a secret too.
    require(SECRETS[0][:40] not in line, "half a secret stands in a line of the log")


def terminal(data: bytes) -> None:
    """Foreign text on a terminal, in a table's cell, in a CSV and a JSON line."""
    text = data.decode("utf-8", "replace")
    require_line(shown(text), "what is shown")
    require(shown(shown(text)) == shown(text), "shown twice, not the same")
    short = safe_text(text)
    require_line(short, "a remote text")
    require(len(short) <= REMOTE_TEXT_LIMIT, "a remote text without bounds")
    require(safe_text(short) == short, "cleaned twice, not the same")
    stream = io.StringIO()
    screen = Console(file=stream, force_terminal=True, width=100, highlight=False, emoji=False)
    cells = table("a", "b")
    cells.add_row(plain(text), plain(text))
    screen.print(plain(text))
    seen = _without_colours(stream.getvalue())
    require("\x1b" not in seen, "a foreign text steers the terminal")
    require("".join(seen.split()) == "".join(shown(text).split()), "a foreign text is markup")
    _spreadsheet(text)


def _without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _spreadsheet(text: str) -> None:
    cell = harmless(text)
    if not isinstance(cell, str):
        fail("a text became something else")
    require_line(cell, "a cell")
    require(not cell.startswith(tuple(_FORMULA)) or bool(_NUMBER.fullmatch(cell)), "a formula")
    require(not _LATER_FORMULA.search(cell), "a formula behind a semicolon")
    stream = io.StringIO()
    write = csv_writer(stream)
    line = {"sku": text, "asin": text, "quantity": 1, "proceeds": "-1.00"}
    item: dict[str, Any] = dict.fromkeys(next(csv.reader([stream.getvalue()])), text)
    item["items"] = [line, line]
    item["delivery"] = dict.fromkeys(("state", "document", "journal", "number", "reason"), text)
    write(item)
    rows = list(csv.reader(io.StringIO(stream.getvalue())))
    require(len(rows) == 3, "a text broke out of its line")
    require({len(row) for row in rows} == {len(rows[0])}, "a text broke out of its cell")
    require(all(one in {cell, "", "1", "-1.00"} for row in rows[1:] for one in row), "other cells")
    stream = io.StringIO()
    json_writer(stream)(item)
    require(stream.getvalue().count("\n") == 1, "a line of JSON that is no single line")
    require(json.loads(stream.getvalue()) == item, "a line of JSON that says something else")


TARGETS = (
    Target(
        "redaction",
        redaction,
        (
            b"@0@",
            b"@1@",
            b"@2@",
            b"@0q@",
            b"@1j@",
            b"@1r@",
            b"@1b@",
            b"@65000*x@",
            b"\nk=i9e",
            b"\nk=d0001-01-01T00:00:00+14:00",
            b"\nk=j",
            b"\nk=v",
            b"\nk=e",
            b"\nk=l",
            b"\nk=b",
            b"Atza|",
            b"Bearer ",
            b"password=",
            b"://a:b@c",
            b"-----BEGIN PRIVATE KEY-----",
            b"buyer_name=s",
            b"'",
        ),
        1500,
    ),
    Target(
        "terminal",
        terminal,
        (
            b"\x1b[2J",
            b"\x1b]0;",
            b"[red]",
            b"[/]",
            b"=cmd",
            b"+1",
            b"-1",
            b"\t=",
            b";=",
            b"\xef\xbc\x9d",
            b'"',
            b",",
            b"\r",
        ),
        600,
    ),
)
