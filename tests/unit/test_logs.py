"""The log: what a line holds, where it goes, and that nothing stops the code that logs."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import io
import json
import logging
import os
import pty
import socket
import stat
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from fvsamazon import events, logs
from fvsamazon.errors import ConfigError, Unavailable
from fvsamazon.logs import files as logfiles
from fvsamazon.logs import tracebacks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EVENT = events.REGION_FAILED
CANARY = "canary-4711-secret"


@pytest.fixture(autouse=True)
def fresh_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test has a pipeline of its own and leaves the process's logging as it was."""
    structlog.reset_defaults()
    monkeypatch.setattr(logs, "_PIPELINE", logs._Pipeline())
    root = logging.getLogger()
    handlers, level, loud = list(root.handlers), root.level, logging.raiseExceptions
    yield
    root.handlers[:], logging.raiseExceptions = handlers, loud
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def fail(error: BaseException) -> NoReturn:
    raise error


class Lines(io.StringIO):
    """A stream that no terminal and no descriptor stands behind."""

    def json(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


def configured(level: str = "info", fmt: logs.Format = "json") -> Lines:
    stream = Lines()
    logs.configure(level, fmt, stream=stream)
    return stream


def test_a_line_is_one_json_object_in_the_contracts_order() -> None:
    stream = configured()
    logs.get_logger(region="Europe").warning(EVENT, account="main", orders=3, level="x")
    (line,) = stream.json()
    assert list(line) == ["timestamp", "level", "event", "region", "account", "orders"]
    assert line["level"] == "warning"
    assert line["event"] == "region.failed"
    assert str(line["timestamp"]).endswith("Z")
    assert str(line["timestamp"])[10] == "T"


def test_a_console_line_is_one_line_with_its_values_quoted_where_needed() -> None:
    stream = configured(fmt="console")
    try:
        fail(Unavailable("no answer", service="amazon", operation="searchOrders"))
    except Unavailable:
        logs.get_logger().exception(EVENT, region="Europe", detail="no answer", window={"a": 1})
    (line,) = stream.getvalue().splitlines()
    assert ' [error] region.failed region=Europe detail="no answer" window={"a": 1} ' in line
    assert "Traceback" in line
    assert "Unavailable: no answer" in line


def test_the_level_holds_and_follows_a_new_configuration_for_loggers_made_before() -> None:
    before = logs.get_logger().bind(region="Europe")
    first = configured("warning")
    before.info(events.DAEMON_STARTED)
    before.debug(events.ORDER_RECORDED)
    assert first.getvalue() == ""
    second = configured("debug", "console")
    before.debug(events.ORDER_RECORDED)
    assert first.getvalue() == ""
    assert "[debug] order.recorded region=Europe" in second.getvalue()


@pytest.mark.parametrize(
    ("fmt", "journal", "expected"),
    [
        ("auto", False, "json"),
        ("auto", True, "console"),
        ("console", False, "console"),
        ("json", True, "json"),
    ],
)
def test_auto_is_console_for_the_journal_and_json_for_a_pipe(
    fmt: logs.Format, journal: bool, expected: str
) -> None:
    stream = Lines()
    logs.configure("info", fmt, stream=stream, journal=journal)
    logs.get_logger().error(EVENT)
    text = stream.getvalue()
    assert text.startswith("<3>") == journal
    assert ('"event":"region.failed"' in text) == (expected == "json")


def test_auto_is_console_with_a_readable_traceback_on_a_terminal() -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave, "w", encoding="ascii") as terminal:
        logs.configure("info", "auto", stream=terminal)
        try:
            fail(OSError(errno.EIO, "disk"))
        except OSError:
            logs.get_logger().exception(EVENT, orders="Žą\x1b[31m")
        shown = os.read(master, 65536).decode()
    os.close(master)
    lines = shown.split("\r\n")
    assert "region.failed" in lines[0]
    assert "\\u017d\\u0105\\\\x1b[31m" in lines[0]
    assert lines[1] == "    Traceback (most recent call last):"
    assert lines[-2] == "    OSError: [Errno 5] disk"


def test_the_journal_is_known_by_device_and_inode() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, os.fdopen(os.dup(ours.fileno()), "w") as stream:
        status = os.fstat(ours.fileno())
        assert logs.is_journal(stream, f"{status.st_dev}:{status.st_ino}")
        for other in (None, "", "x", "1:2", f"{status.st_dev}:{status.st_ino + 1}"):
            assert not logs.is_journal(stream, other)
    assert not logs.is_journal(io.StringIO(), "1:2")


def test_secrets_are_removed_from_values_keys_and_the_event_itself() -> None:
    logs.protect(CANARY, None)
    stream = configured()
    logs.get_logger(bound=CANARY).info(
        f"odd {CANARY}", window=[{CANARY: CANARY.encode()}], **{CANARY: 1}, access_token="new"
    )
    assert CANARY not in stream.getvalue()
    assert '"new"' not in stream.getvalue()
    logs.forget(CANARY)
    logs.get_logger().info(EVENT, detail=CANARY)
    assert CANARY in stream.getvalue()


def caused_by(make: Callable[[], BaseException]) -> BaseException:
    """Return an error with `make`'s as its cause, another as its context, and locals around."""
    buyer = CANARY
    try:
        try:
            try:
                fail(make())
            except BaseException as inner:
                raise KeyError(buyer) from inner
        except KeyError:
            raise ValueError(f"cannot read {buyer}")  # noqa: B904 - the context is what is tested
    except ValueError as error:
        return error


@pytest.mark.parametrize(
    "make",
    [
        lambda: ValueError(CANARY),
        lambda: KeyError(CANARY),
        lambda: AssertionError({"name": CANARY}),
        lambda: UnicodeDecodeError("utf-8", CANARY.encode(), 0, 1, CANARY),
        lambda: json.JSONDecodeError(CANARY, CANARY, 0),
        lambda: AttributeError(f"no '{CANARY}'"),
        lambda: httpx.InvalidURL(f'bad "{CANARY}"'),
        lambda: ExceptionGroup(
            CANARY, [ValueError(CANARY), ExceptionGroup("x", [KeyError(CANARY)])]
        ),
        lambda: type("Odd", (Exception,), {"__str__": lambda _: 1 / 0})(CANARY),
        lambda: SystemExit(3),
    ],
)
def test_a_traceback_shows_places_and_kinds_but_no_data(make: Callable[[], BaseException]) -> None:
    stream = configured()
    logs.get_logger().error(EVENT, exc_info=caused_by(make))
    (line,) = stream.json()
    text = str(line["exception"])
    assert CANARY not in text
    assert "test_logs.py" in text
    assert "in caused_by" in text
    assert type(make()).__name__ in text
    assert text.endswith(f"ValueError: {tracebacks.WITHHELD}")
    assert "direct cause" in text
    assert "While that was handled" in text


def test_our_own_errors_and_the_systems_keep_their_text_but_no_secret() -> None:
    logs.protect(CANARY)
    stream = configured()
    own = Unavailable(f"no answer to {CANARY}", service="lwa", operation="token")
    own.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    logs.get_logger().error(EVENT, exc_info=own)
    text = str(stream.json()[0]["exception"])
    assert "fvsamazon.errors.Unavailable: no answer to ***" in text
    assert "OSError: [Errno 28] No space left on device" in text


def test_an_endless_chain_and_a_deep_stack_are_cut() -> None:
    first, second = OSError("a"), OSError("b")
    first.__cause__, second.__cause__ = second, first
    assert tracebacks.render(first).count("OSError") == 2

    def deep(levels: int) -> None:
        if levels == 0:
            raise OSError("deep")
        deep(levels - 1)

    with pytest.raises(OSError, match="deep") as caught:
        deep(tracebacks.FRAME_LIMIT + 10)
    text = tracebacks.render(caught.value)
    assert text.count('File "') == tracebacks.FRAME_LIMIT
    assert "  … " in text
    group = ExceptionGroup("", [OSError(n) for n in range(tracebacks.LEAF_LIMIT + 3)])
    assert "+ … 3 more" in tracebacks.render(group)


def test_an_exception_is_taken_from_every_form_of_exc_info() -> None:
    stream = configured()
    log = logs.get_logger()
    log.error(EVENT, exc_info=True)  # noqa: LOG014 - with nothing to show is what is tested
    log.error(EVENT, exc_info=(OSError, OSError("tuple"), None))
    try:
        fail(OSError("current"))
    except OSError:
        log.exception(EVENT, stack_info=True)
    shown = [line.get("exception") for line in stream.json()]
    assert shown[0] is None
    assert shown[1] == "OSError: tuple"
    assert str(shown[2]).endswith("OSError: current")


@pytest.mark.parametrize("kind", ["closed", "pipe", "full", "broken", "closed_descriptor"])
def test_a_stream_that_cannot_be_written_stops_nothing_and_is_counted(
    kind: str, tmp_path: Path
) -> None:
    stream: io.TextIOBase
    match kind:
        case "closed":
            stream = Lines()
            stream.close()
        case "pipe":
            reader, writer = os.pipe()
            os.close(reader)
            stream = os.fdopen(writer, "w")
        case "full":
            stream = open("/dev/full", "w", encoding="utf-8")  # noqa: PTH123, SIM115
        case "closed_descriptor":
            stream = (tmp_path / "log").open("w")
        case _:
            stream = Broken()
    logs.configure("info", "json", stream=stream)
    if kind == "closed_descriptor":
        stream.close()
    logs.get_logger().error(EVENT)
    logs.get_logger().error(EVENT)
    assert logs.lines_lost() == 2
    better = configured()
    logs.get_logger().error(EVENT)
    logs.get_logger().error(EVENT)
    assert [(line["event"], line.get("count")) for line in better.json()] == [
        ("region.failed", None),
        ("log.lines_lost", 2),
        ("region.failed", None),
    ]
    stream.close()


class Broken(io.StringIO):
    """A stream that takes nothing, as a terminal does that has gone."""

    def isatty(self) -> bool:
        return True

    def write(self, _text: str) -> int:
        raise OSError(errno.EIO, "gone")


def test_a_line_cut_by_a_full_disk_does_not_run_into_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = logfiles.FileOutput(tmp_path / "log")
    real = os.write
    answers = [lambda fd, data: real(fd, data[:3]), None, real, real]

    def write(descriptor: int, data: bytes) -> int:
        answer = answers.pop(0)
        if answer is None:
            raise OSError(errno.ENOSPC, "full")
        return answer(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    assert not output.write("abcdef")
    assert output.write("second")
    assert output.write("third")
    assert (tmp_path / "log").read_text() == "abc\nsecond\nthird\n"
    output.close()


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_a_reader_that_hangs_delays_one_line_by_a_moment_and_no_other(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pager, a container's log driver, a journal that hangs: neither work nor stop waits."""
    monkeypatch.setattr(logfiles, "PATIENCE", 0.3)
    if kind == "pipe":
        reader, writer = os.pipe()
    else:
        reader, writer = (end.detach() for end in socket.socketpair())
    with os.fdopen(writer, "w") as stream:
        logs.configure("info", "json", stream=stream)
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, b"x" * 512)
        os.set_blocking(writer, True)
        began = time.monotonic()
        for _ in range(50):
            logs.get_logger().error(EVENT, detail="y" * 10_000)
        assert 0.2 < time.monotonic() - began < 2.0
        assert logs.lines_lost() == 50
        os.set_blocking(reader, False)
        with contextlib.suppress(BlockingIOError):
            while os.read(reader, 65_536):
                pass
        logs.get_logger().error(EVENT)
        told = [line for line in os.read(reader, 65_536).decode().split("\n") if line]
        shown = [json.loads(line) for line in told]
        assert [line["event"] for line in shown] == [EVENT, "log.lines_lost"]
    os.close(reader)


def test_a_pipe_that_nobody_reads_is_no_log_file_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log")
    told: list[BaseException] = []

    def begin() -> None:
        try:
            logfiles.FileOutput(tmp_path / "log")
        except OSError as error:
            told.append(error)

    opening = threading.Thread(target=begin, daemon=True)
    opening.start()
    opening.join(2.0)
    # Lets one that waits go on.
    os.close(os.open(tmp_path / "log", os.O_RDONLY | os.O_NONBLOCK))
    assert [getattr(error, "errno", None) for error in told] == [errno.ENXIO]


def test_a_slow_reader_gets_every_line_whole() -> None:
    reader, writer = os.pipe()
    got = bytearray()

    def read() -> None:
        while piece := os.read(reader, 3_000):
            time.sleep(0.001)
            got.extend(piece)

    reading = threading.Thread(target=read)
    reading.start()
    with os.fdopen(writer, "w") as stream:
        logs.configure("info", "json", stream=stream)
        for number in range(200):
            logs.get_logger().error(EVENT, failures=number, detail="y" * 1_900)
    reading.join()
    os.close(reader)
    assert [json.loads(line)["failures"] for line in got.splitlines()] == list(range(200))
    assert logs.lines_lost() == 0


def test_the_program_ends_well_with_its_output_pipe_closed() -> None:
    code = (
        "import sys, os; from fvsamazon import logs, events\n"
        "r, w = os.pipe(); os.dup2(w, 1); os.close(r); os.close(w)\n"
        "logs.configure('info', 'json', stream=sys.stdout)\n"
        "for _ in range(3): logs.get_logger().error(events.REGION_FAILED)\n"
        "print(logs.lines_lost(), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "3\n")


def test_what_cannot_even_be_looked_at_is_still_a_line() -> None:
    class Hostile(dict):  # type: ignore[type-arg]
        def items(self) -> None:  # type: ignore[override]
            raise RuntimeError(CANARY)

    stream = configured()
    logs.get_logger().error(EVENT, window=Hostile(a=1))
    logs.get_logger().error(EVENT, error=Hostile)
    first, second = stream.json()
    assert first["event"] == "region.failed"
    assert first["message"] == "<RuntimeError while this line was made>"
    assert second["error"] == "<type>"
    logs.get_logger().error(Hostile(a=1))  # type: ignore[arg-type]
    assert CANARY not in stream.getvalue()


def test_a_file_is_made_0640_whatever_the_umask_and_kept_as_it_is_later(tmp_path: Path) -> None:
    path = tmp_path / "log"
    before = os.umask(0o077)
    try:
        logs.configure("info", "auto", stream=Lines(), file=path)
        logs.get_logger().info(EVENT)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o600)
        logs.configure("info", "auto", stream=Lines(), file=path)
        logs.get_logger().info(EVENT)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 2


def test_a_file_that_logrotate_moved_gets_no_later_line(tmp_path: Path) -> None:
    path, moved = tmp_path / "log", tmp_path / "log.1"
    stream = Lines()
    logs.configure("info", "json", stream=stream, file=path)
    log = logs.get_logger()
    log.info(EVENT, orders=1)
    path.rename(moved)
    log.info(EVENT, orders=2)
    path.unlink()
    log.info(EVENT, orders=3)
    path.unlink()
    path.write_text("")
    log.info(EVENT, orders=4)
    assert [json.loads(moved.read_text())["orders"]] == [1]
    assert json.loads(path.read_text())["orders"] == 4
    assert stream.getvalue() == ""
    assert logs.lines_lost() == 0
    assert open_files(path) == [str(path)]


def open_files(start: Path) -> list[str]:
    found = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(str(link.readlink()))
    return [name for name in found if name.startswith(str(start))]


def test_a_moved_file_goes_on_taking_lines_while_no_new_one_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    logs.configure("info", "json", stream=Lines(), file=path)
    path.rename(tmp_path / "log.1")

    def refuse(_path: Path) -> int:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(logfiles, "_open", refuse)
    logs.get_logger().info(EVENT, orders=2)
    assert json.loads((tmp_path / "log.1").read_text())["orders"] == 2


def test_lines_go_to_the_stream_while_the_file_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Lines()
    logs.configure("info", "json", stream=stream, file=tmp_path / "log")

    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", full)
    logs.get_logger().info(EVENT, orders=2)
    assert stream.json()[0]["orders"] == 2
    assert logs.lines_lost() == 0


def test_a_file_that_cannot_be_opened_is_a_fault_and_changes_nothing(tmp_path: Path) -> None:
    stream = configured()
    with pytest.raises(ConfigError, match=r"FVSAMAZON_LOG_FILE: .*missing/log cannot be written"):
        logs.configure("debug", "console", stream=Lines(), file=tmp_path / "missing" / "log")
    logs.get_logger().info(EVENT)
    assert stream.json()[0]["event"] == "region.failed"


def test_libraries_speak_through_the_same_pipeline_from_warnings_up() -> None:
    logs.protect(CANARY)
    stream = configured("debug")
    configured_again = configured("debug")
    assert stream.getvalue() == ""
    logging.getLogger("httpx").info("HTTP Request: GET %s", "https://a/?token=1")
    logging.getLogger("aiosqlite").debug("executing %s", CANARY)
    logging.getLogger("uvicorn.access").info("GET /")
    logging.getLogger("uvicorn.error").error("broken %s for 'Jonas'", CANARY)
    logging.getLogger("some.library").log(35, "odd level %d", "no number")
    logging.getLogger("some.library").log(35, "odd level")
    lines = configured_again.json()
    assert [(line["level"], line["event"], line["logger"]) for line in lines] == [
        ("error", "library.message", "uvicorn.error"),
        ("warning", "library.message", "some.library"),
    ]
    assert lines[0]["message"] == "broken *** for '…'"


def test_python_warnings_are_lines() -> None:
    stream = configured()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("something old", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(capture=False)
    (line,) = stream.json()
    assert line["logger"] == "py.warnings"
    assert "something old" in str(line["message"])


async def test_asyncios_forgotten_exceptions_lose_their_data() -> None:
    stream = configured()
    error = ValueError(CANARY)
    asyncio.get_running_loop().default_exception_handler(
        {"message": "Task exception was never retrieved", "exception": error, "task": repr(error)}
    )
    (line,) = stream.json()
    assert line["event"] == "library.message"
    assert CANARY not in stream.getvalue()
    assert line["exception"] == f"ValueError: {tracebacks.WITHHELD}"


def test_uncaught_exceptions_are_lines_in_every_place(monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, hook in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(owner, hook, getattr(owner, hook))
    stream = configured()
    logs.catch_uncaught()
    error = ValueError(CANARY)
    sys.excepthook(ValueError, error, None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    thread = threading.Thread(target=int, args=(CANARY,))
    thread.start()
    thread.join()

    class Unclean:
        def __del__(self) -> None:
            raise ValueError(CANARY)

    Unclean().__del__  # noqa: B018 - made and dropped
    lines = stream.json()
    assert [line["where"] for line in lines] == ["main", "thread", "clean-up"]
    assert {line["event"] for line in lines} == {"program.failed"}
    assert {line["level"] for line in lines} == {"critical"}
    assert CANARY not in stream.getvalue()


def test_threads_never_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    logs.configure("info", "json", stream=Lines(), file=path)
    log = logs.get_logger()

    def work(number: int) -> None:
        for n in range(50):
            log.info(EVENT, orders=number * 50 + n)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen = [json.loads(line)["orders"] for line in path.read_text().splitlines()]
    assert sorted(seen) == list(range(200))


def test_structlogs_own_test_tool_still_sees_events() -> None:
    log = logs.get_logger(region="Europe")
    with capture_logs() as captured:
        log.warning(EVENT, orders=1)
    assert captured == [
        {"event": "region.failed", "log_level": "warning", "orders": 1, "region": "Europe"}
    ]
