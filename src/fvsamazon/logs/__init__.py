"""The log: one event a line, to a stream or a file, with nothing in it that must not leave.

In: events with their keys, from this program (`get_logger`) and from libraries (stdlib logging).
Out: JSON or console lines. Every line passes one pipeline: level, time, traceback, redaction,
rendering, writing. No step raises into the code that logs, whatever it is given and wherever it
writes: a line that cannot be written is counted and lost. The pipeline is process-wide because
logging is; this module is the only one that configures it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Literal, NoReturn, TextIO, cast

import structlog

from fvsamazon import events
from fvsamazon.errors import ConfigError
from fvsamazon.logs import tracebacks
from fvsamazon.logs.files import FileOutput, StreamOutput, is_terminal
from fvsamazon.logs.redaction import Redactor, mask_quoted
from fvsamazon.texts import Text, system_trouble

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from pathlib import Path
    from types import TracebackType

    from structlog.typing import FilteringBoundLogger

    from fvsamazon.logs.files import Output

Format = Literal["auto", "json", "console"]
TRACEBACK_LIMIT = 16_000
"""Characters of one traceback."""

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
"""syslog's numbers, which the journal reads from the start of a line."""
_COLOURS = {"debug": "2", "info": "32", "warning": "33", "error": "31", "critical": "1;31"}
_FIRST_KEYS = ("timestamp", "level", "event")
_FILE_CLOSED = Text(
    en="FVSAMAZON_LOG_FILE: {file} cannot be written ({trouble}); make its folder and give it to "
    "the user that the program runs as",
    lt="FVSAMAZON_LOG_FILE: į {file} rašyti nepavyko ({trouble}); sukurkite aplanką ir suteikite "
    "teises naudotojui, kurio vardu veikia programa",
)


class _Pipeline:
    """What becomes of an event; reconfigured in place, so that bound loggers follow a reload."""

    def __init__(self) -> None:
        keys = {key for doc in events.EVENTS.values() for key in doc.keys}
        self.redactor = Redactor(known_keys=keys)
        self.level = _LEVELS["info"]
        self.lost = 0
        self._reported = 0
        self._lock = threading.RLock()
        self._outputs: tuple[Output, ...] = ()
        self._render: Callable[[dict[str, object]], str] = _json_line

    def configure(
        self, level: int, render: Callable[[dict[str, object]], str], outputs: tuple[Output, ...]
    ) -> None:
        with self._lock:
            old, self._outputs = self._outputs, outputs
            self.level, self._render = level, render
            for output in old:
                output.close()

    @property
    def is_configured(self) -> bool:
        return bool(self._outputs)

    def process(self, _logger: object, method: str, event: MutableMapping[str, object]) -> NoReturn:
        """Write one event; structlog's only processor."""
        with contextlib.suppress(Exception):
            level = {"exception": "error", "fatal": "critical", "warn": "warning"}.get(
                method, method
            )
            if _LEVELS.get(level, _LEVELS["info"]) >= self.level:
                self.emit(level, event)
        raise structlog.DropEvent

    def emit(self, level: str, event: MutableMapping[str, object]) -> None:
        try:
            line = self._line(level, event)
        except Exception as error:  # noqa: BLE001 - a log line must never stop the work it tells of
            name = event.get("event")
            line = {"timestamp": _timestamp(), "level": level}
            line["event"] = name if name in events.EVENTS else events.LIBRARY_MESSAGE
            line["message"] = f"<{type(error).__name__} while this line was made>"
        with self._lock:
            if not self._write(line):
                self.lost += 1
            elif self.lost > self._reported:
                count, self._reported = self.lost - self._reported, self.lost
                head = {"timestamp": _timestamp(), "level": "warning"}
                self._write(head | {"event": events.LOG_LINES_LOST, "count": count})

    def _write(self, line: dict[str, object]) -> bool:
        text = self._render(line)
        return any(output.write(text) for output in self._outputs)

    def _line(self, level: str, event: MutableMapping[str, object]) -> dict[str, object]:
        name = self.redactor.text(str(event.get("event", "")))
        line: dict[str, object] = {"timestamp": _timestamp(), "level": level, "event": name}
        rest = {k: v for k, v in event.items() if k not in {*line, "exc_info", "stack_info"}}
        line.update(cast("dict[str, object]", self.redactor.value(rest)))
        error = _exception(event.get("exc_info"))
        if error is not None:
            text = tracebacks.render(error)
            line["exception"] = self.redactor.text(text, TRACEBACK_LIMIT, lines=True)
        return line


class _Bridge(logging.Handler):
    """Brings what libraries log into the pipeline, quoted values masked."""

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(Exception):
            level = record.levelname.lower()
            _PIPELINE.emit(
                level if level in _LEVELS else "warning",
                {
                    "event": events.LIBRARY_MESSAGE,
                    "logger": record.name,
                    "message": mask_quoted(record.getMessage()),
                    "exc_info": record.exc_info,
                },
            )


def configure(
    level: str,
    fmt: Format,
    *,
    stream: TextIO,
    file: Path | None = None,
    journal: bool = False,
) -> None:
    """Set the whole log up, or anew after a reload; loggers made before follow.

    With `file` the lines go there, and to `stream` only while the file cannot be written.
    `journal` says that `stream` is the journal's (see `is_journal`). Raises ConfigError, with
    everything as it was, where the file cannot be opened.
    """
    outputs: tuple[Output, ...] = (StreamOutput(stream),)
    terminal = file is None and not journal and is_terminal(stream)
    if file is not None:
        try:
            outputs = (FileOutput(file), *outputs)
        except OSError as error:
            fault = _FILE_CLOSED.filled(file=file, trouble=system_trouble(error))
            raise ConfigError([fault]) from error
    render: Callable[[dict[str, object]], str] = _json_line
    if fmt == "console" or (fmt == "auto" and file is None and (terminal or journal)):
        render = _terminal_text if terminal else _console_line
    if journal and file is None:
        render = _with_priority(render)
    _PIPELINE.configure(_LEVELS[level.lower()], render, outputs)
    _install()


def get_logger(**bound: object) -> FilteringBoundLogger:
    """Return a logger; `bound` keys go into each of its lines."""
    if not structlog.is_configured():
        structlog.configure(
            processors=[_PIPELINE.process],
            wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
            cache_logger_on_first_use=False,
        )
    return cast("FilteringBoundLogger", structlog.get_logger(**bound))


def protect(*secrets: object) -> None:
    """Remove these values (text, bytes, pydantic secrets; None is nothing) from all later lines."""
    for secret in secrets:
        _PIPELINE.redactor.protect(secret)


def forget(*secrets: object) -> None:
    """Take back values that are secret no more, such as an access token that was replaced."""
    for secret in secrets:
        _PIPELINE.redactor.forget(secret)


def redacted(text: str, *secrets: object) -> str:
    """Return remote text without protected values, `secrets`, and what looks like either.

    For texts that leave by other ways than the log, before they are cut: half a secret is one too.
    """
    own = Redactor()
    for secret in secrets:
        own.protect(secret)
    return own.clean(_PIPELINE.redactor.clean(text))


def is_configured() -> bool:
    """Tell whether a line would be written anywhere."""
    return _PIPELINE.is_configured


def lines_lost() -> int:
    """Return how many lines could not be written since the start."""
    return _PIPELINE.lost


def is_journal(stream: TextIO, journal_stream: str | None) -> bool:
    """Tell whether `stream` is what systemd connected to the journal.

    `$JOURNAL_STREAM` stays in the environment when the output is redirected, so it holds the
    device and inode to compare with.
    """
    try:
        device, _, inode = (journal_stream or "").partition(":")
        status = os.fstat(stream.fileno())
        return (status.st_dev, status.st_ino) == (int(device), int(inode))
    except (OSError, ValueError, AttributeError):
        return False


def catch_uncaught() -> None:
    """Log exceptions that nothing caught, instead of Python's own print of their texts."""

    def report(where: str, error: BaseException | None) -> None:
        get_logger().critical(events.PROGRAM_FAILED, where=where, exc_info=error)

    def main_hook(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        report("main", error.with_traceback(trace))

    def thread_hook(args: threading.ExceptHookArgs) -> None:
        report("thread", args.exc_value)

    sys.excepthook = main_hook
    threading.excepthook = thread_hook
    sys.unraisablehook = lambda args: report("clean-up", args.exc_value)


def _install() -> None:
    """Route the standard library's logging, warnings and up only, whatever our own level is.

    Below that, libraries print whole addresses (httpx), SQL with its values (aiosqlite) and
    headers (httpcore).
    """
    logging.raiseExceptions = False
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h, _Bridge)]:
        root.removeHandler(handler)
    root.addHandler(_Bridge())
    root.setLevel(logging.WARNING)
    for name in ("httpx", "httpcore", "aiosqlite", "asyncio", "uvicorn", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    get_logger()


def _exception(info: object) -> BaseException | None:
    match info:
        case BaseException():
            return info
        case (_, BaseException() as error, _):
            return error
        case True:
            return sys.exception()
    return None


def _timestamp() -> str:
    # Not the program's clock: a line is stamped when it is written, in tests with a set clock too.
    stamped = _STAMP(None, "", {})
    return str(stamped["timestamp"])


def _json_line(line: dict[str, object]) -> str:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def _console_line(line: dict[str, object]) -> str:
    """Return one line of `key=value`, a traceback included."""
    head = f"{line['timestamp']} [{line['level']}] {line['event']}"
    return " ".join([head, *(_pair(k, v) for k, v in line.items() if k not in _FIRST_KEYS)])


def _terminal_text(line: dict[str, object]) -> str:
    """Return a coloured line, with the traceback on lines of its own below it."""
    shown = {k: v for k, v in line.items() if k not in (*_FIRST_KEYS, "exception")}
    colour = _COLOURS.get(str(line["level"]), "0")
    level = f"\x1b[{colour}m{line['level']!s:8}\x1b[0m"
    pairs = "".join(f" {_pair(k, v)}" for k, v in shown.items())
    text = f"\x1b[2m{line['timestamp']}\x1b[0m {level} \x1b[1m{line['event']}\x1b[0m{pairs}"
    if "exception" in line:
        text += "\n    " + str(line["exception"]).replace("\n", "\n    ")
    return text


def _with_priority(
    render: Callable[[dict[str, object]], str],
) -> Callable[[dict[str, object]], str]:
    return lambda line: f"<{_PRIORITIES.get(str(line['level']), 6)}>{render(line)}"


def _pair(key: str, value: object) -> str:
    if isinstance(value, str) and value and not any(c in value for c in ' "\\=\n'):
        return f"{key}={value}"
    return f"{key}={json.dumps(value, ensure_ascii=False)}"


_STAMP = structlog.processors.TimeStamper(fmt="iso", utc=True)
_PIPELINE = _Pipeline()
