"""The catalogue of log events, its page and the code that logs agree."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fvsamazon import events, explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "fvsamazon"
LEVELS = ("debug", "info", "warning", "error", "exception", "critical")
CONSTANTS = {
    name: value
    for name, value in vars(events).items()
    if isinstance(value, str) and value in events.EVENTS
}


SPREAD = {
    "error.log_fields()": events.FAULT,
    "subject.log_keys()": events.DELIVERY,
    "Subject(row, record).log_keys()": events.DELIVERY,
    "where": events.ACCOUNT,
    # poller/state.py: what `error.log_fields()` gives and the caller's own facts.
    "fields": events.FAULT,
    "facts": "",
    # delivery/put_off.py: what `subject.log_keys()` gives.
    "keys": events.DELIVERY,
}
"""What stands behind each `**expression` of a call that logs."""

BOUND = {
    f"poller/{name}.py": events.ACCOUNT
    for name in ("errands", "recording", "report", "state", "tokens")
}
"""The keys that a module's logger gives every line: poller/build.py makes one per account."""


@dataclass(frozen=True)
class Call:
    """One call that logs: where, by which method, which event, which keys it gives."""

    where: str
    method: str
    event: ast.expr
    keys: frozenset[str]
    """Those in plain sight, those of `**` and those that the module's logger is bound to."""
    unknown: tuple[str, ...] = ()
    """Spread expressions that nobody knows the keys of."""

    @property
    def constant(self) -> str | None:
        """The name of the event's constant, where the call names one."""
        match self.event:
            case ast.Attribute(value=ast.Name(id="events"), attr=name) | ast.Name(id=name):
                return name if name in CONSTANTS else None
        return None


@cache
def trees() -> dict[str, ast.Module]:
    # The simulator stands for other companies' servers and imports nothing of the package.
    return {
        str(path.relative_to(SOURCE)): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(SOURCE.rglob("*.py"))
        if path.name not in {"events.py", "explain.py"} and "simulator" not in path.parts
    }


def calls_in(where: str, tree: ast.Module) -> list[Call]:
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=method), args=[event, *_]) if method in LEVELS:
                given = {k.arg for k in node.keywords if k.arg}
                spread = [ast.unparse(k.value) for k in node.keywords if k.arg is None]
                given.update(key for text in spread for key in SPREAD.get(text, "").split())
                given.update(BOUND.get(where, "").split())
                unknown = tuple(text for text in spread if text not in SPREAD)
                found.append(
                    Call(f"{where}:{node.lineno}", method, event, frozenset(given), unknown)
                )
            case ast.Dict(keys=names, values=values):
                # The pipeline itself makes its two events as mappings.
                line = {
                    name.value: value
                    for name, value in zip(names, values, strict=True)
                    if isinstance(name, ast.Constant)
                }
                if isinstance(line.get("event"), ast.Attribute):
                    keys = frozenset(map(str, line)) - {"event"}
                    found.append(Call(f"{where}:{node.lineno}", "", line["event"], keys))
    return found


@cache
def calls() -> tuple[Call, ...]:
    return tuple(call for where, tree in trees().items() for call in calls_in(where, tree))


def literal_event(call: Call) -> str | None:
    """Return what is wrong where an event is spelt out at the call."""
    match call.event:
        case ast.Constant(value=str()) | ast.JoinedStr() | ast.BinOp():
            return f"{call.where}: {ast.unparse(call.event)}"
    return None


def misfit(call: Call) -> str | None:
    """Return where a line differs from what the catalogue says of its event."""
    if call.constant is None:
        return None
    doc = events.EVENTS[CONSTANTS[call.constant]]
    # A line with a traceback is at level error, whatever the event's usual one is.
    if call.method not in {doc.level, "exception", ""}:
        return f"{call.where}: {call.constant} is {doc.level}, logged as {call.method}"
    if call.unknown:
        return f"{call.where}: which keys are {call.unknown}? (SPREAD)"
    if extra := shown_by(call) - set(doc.keys):
        return f"{call.where}: {call.constant} does not list {sorted(extra)}"
    return None


def shown_by(call: Call) -> set[str]:
    """Return the keys that an operator can see in the call's line."""
    traceback = call.method == "exception" or "exc_info" in call.keys
    return set(call.keys - {"exc_info"}) | ({"exception"} if traceback else set())


def never_given(found: Iterable[Call]) -> dict[str, list[str]]:
    """Return the keys that the catalogue lists for an event and no call gives, by event."""
    given: dict[str, set[str]] = {name: set() for name in events.EVENTS}
    for call in found:
        if call.constant is not None:
            given[CONSTANTS[call.constant]] |= shown_by(call)
    absent = {name: sorted(set(doc.keys) - given[name]) for name, doc in events.EVENTS.items()}
    return {name: keys for name, keys in absent.items() if keys}


def test_every_event_has_one_constant() -> None:
    assert sorted(CONSTANTS.values()) == sorted(events.EVENTS)
    for name, value in CONSTANTS.items():
        assert name == value.upper().replace(".", "_")


def test_contract_events_exist() -> None:
    contract = """daemon.started daemon.stopped settings.reloaded settings.rejected region.started
        region.stopped region.failed region.recovered region.attention store.attention
        token.refreshed poll.completed poll.throttled poll.late_order order.recorded
        delivery.booked delivery.adopted delivery.held delivery.failed privacy.purged
        daemon.heartbeat"""
    assert set(contract.split()) <= set(events.EVENTS)
    keys = {
        "poll.completed": "region account requests orders new changed lag_seconds window",
        "delivery.booked": "order document journal number",
        "delivery.held": "why remedy",
        "token.refreshed": "valid_until",
    }
    for name, demanded in keys.items():
        assert set(demanded.split()) <= set(events.EVENTS[name].keys)
    assert events.EVENTS["poll.completed"].level == "info"
    assert events.EVENTS["settings.rejected"].level == "error"
    assert events.EVENTS["order.recorded"].level == "debug"


def test_the_page_is_what_the_catalogue_says() -> None:
    page = (ROOT / "docs" / "log-events.md").read_text(encoding="utf-8")
    assert page == explain.render(), "docs/log-events.md is old: see explain.render()"


def test_the_page_shows_every_event_once_and_explains_every_key() -> None:
    page = explain.render().splitlines()
    for name, doc in events.EVENTS.items():
        assert page.count(f"### {name}") == 1
        assert doc.meaning.endswith((".", "!")), name
        assert doc.action.endswith("."), name
        assert len(set(doc.keys)) == len(doc.keys), name
    used = {key for doc in events.EVENTS.values() for key in doc.keys}
    assert used == set(explain.KEYS)
    assert list(explain.KEYS) == sorted(explain.KEYS)


def test_every_event_is_used_by_the_program() -> None:
    named = set()
    for tree in trees().values():
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(value=ast.Name(id="events"), attr=name):
                    named.add(name)
                case ast.ImportFrom(module="fvsamazon.events", names=names):
                    named.update(alias.name for alias in names)
    assert sorted(set(CONSTANTS) - named) == [], "documented and never logged"


def test_the_head_of_the_page_names_what_calls_for_a_person() -> None:
    head = explain.render().partition("\n## ")[0]
    for name in ("settings.rejected", "privacy.key_unusable", "program.failed", "delivery.held"):
        assert f"`{name}`" in head
    assert max(map(len, head.splitlines())) <= 100
    loud = {name for name, doc in events.EVENTS.items() if doc.level in {"error", "critical"}}
    assert [name for name in loud if f"`{name}`" not in head] == []


def test_no_event_is_logged_by_a_literal() -> None:
    assert [wrong for call in calls() if (wrong := literal_event(call))] == []


def test_a_line_has_the_documented_level_and_no_other_key() -> None:
    assert [wrong for call in calls() if (wrong := misfit(call))] == []


def test_every_documented_key_is_given_at_some_call() -> None:
    assert never_given(calls()) == {}


def test_a_logger_is_bound_to_keys_where_the_bound_table_says() -> None:
    """Keys that a logger carries stand at no call: whoever binds some is to be in the table."""
    binds = []
    for where, tree in trees().items():
        for node in ast.walk(tree):
            match node:
                case (
                    ast.Call(
                        func=ast.Attribute(value=ast.Name(id="logs"), attr="get_logger"),
                        keywords=[_, *_],
                    )
                    | ast.Call(func=ast.Attribute(attr="bind"), keywords=[_, *_])
                ):
                    binds.append((where, ast.unparse(node)))
    assert binds == [("poller/build.py", "logs.get_logger(region=spec.region, account=spec.name)")]
    assert all((SOURCE / where).is_file() for where in BOUND)


@pytest.mark.parametrize(
    ("code", "check", "wrong"),
    [
        ("log.warning('poll.odd')", literal_event, "'poll.odd'"),
        ("self._log.info(f'poll.{x}')", literal_event, "f'poll.{x}'"),
        ("log.info(events.POLL_COMPLETED, region=1, colour=2)", misfit, "['colour']"),
        ("log.error(events.POLL_COMPLETED)", misfit, "logged as error"),
        ("log.error(POLL_COMPLETED)", misfit, "logged as error"),
        ("log.exception(events.SETTINGS_REJECTED)", misfit, "['exception']"),
        ("log.error(events.SETTINGS_REJECTED, exc_info=e)", misfit, "['exception']"),
        ("log.error(events.SETTINGS_REJECTED, **more)", misfit, "('more',)"),
        ("log.error(events.SETTINGS_REJECTED, **error.log_fields())", misfit, "'hint'"),
        ("x({'event': events.LOG_LINES_LOST, 'colour': 1})", misfit, "['colour']"),
    ],
)
def test_the_checks_see_what_is_wrong(
    code: str, check: Callable[[Call], str | None], wrong: str
) -> None:
    """A scan that finds nothing must not pass for one that finds nothing wrong."""
    (call,) = calls_in("x.py", ast.parse(code))
    assert wrong in str(check(call))


def test_the_checks_see_what_is_right() -> None:
    code = "log.exception(events.REGION_FAILED, region=1, retry_in=2)"
    (call,) = calls_in("x.py", ast.parse(code))
    assert call.constant == "REGION_FAILED"
    assert (literal_event(call), misfit(call)) == (None, None)


def test_the_check_sees_a_key_that_is_never_given() -> None:
    code = "log.warning(events.POLL_THROTTLED, operation=1, retry_in=2)"
    absent = never_given(calls_in("poller/state.py", ast.parse(code)))
    assert absent["poll.throttled"] == ["request_id"]
