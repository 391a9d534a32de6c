"""Requests and answers of FvsServicePure as they stand on the wire, JSON and XML.

In: a method's name, its query, headers and body. Out: a `Call` with named arguments; and, the other
way, the bytes of an answer. `Content-Type` decides the format of both; without one it is XML, as
the manual says. The envelope never changes: AccessResult, error, then what was asked for.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from fvsamazon.simulator.finvalda.codes import (
    BAD_STRUCTURE,
    DATA_MISSING,
    ENGLISH,
    LITHUANIAN,
    Refusal,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from fvsamazon.simulator.finvalda.book import Event

Tree = dict[str, Any]


@dataclass
class Call:
    """One request: who asks what, in which format."""

    method: str
    arguments: Tree
    json: bool
    user: str
    password: str
    company: str
    language: int = ENGLISH
    drop_empty: bool = False
    drop_zero: bool = False
    one_line: bool = False
    verb: str = "POST"
    broken: str = ""
    closed_until: date | None = None

    @property
    def cls(self) -> str:
        """The class or type that the request names; faults are scoped by it."""
        for name in ("ItemClassName", "OpClass", "type"):
            for place in (self.arguments, *self._parts()):
                if isinstance(place.get(name), str):
                    return str(place[name])
        return ""

    def _parts(self) -> list[Tree]:
        found = []
        for name in ("opReadParams", "readParams", "input"):
            try:
                found.append(structure(self.arguments.get(name, {})))
            except Refusal:
                continue
        return found

    def text(self, name: str) -> str:
        """Return a plain argument; empty where it is absent."""
        value = self.arguments.get(name)
        return "" if value is None or isinstance(value, (dict, list)) else str(value)


@dataclass
class Answer:
    """What a method gives back, and the events that make it true once they are saved."""

    values: Tree = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    root: str = "items"
    write: bool = False


def rows(found: list[Tree], root: str = "items") -> Answer:
    """Return the answer of a list; `root` is what its XML calls it."""
    return Answer({"items": found}, root=root)


def done(events: list[Event], told: str = "", **values: object) -> Answer:
    """Return the answer of a write that succeeded; `told` fills `error`, as it does on success."""
    return Answer({"error": told, **values, "nResult": 0}, events, write=True)


def read_call(
    method: str, verb: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> Call:
    """Read a request. What cannot be read is told by `broken`, so that faults still apply."""
    flag = {name: headers.get(name, "").lower() == "true" for name in _FLAGS}
    call = Call(
        method=method,
        arguments=dict(query),
        json="json" in headers.get("content-type", "").lower(),
        user=headers.get("username", ""),
        password=headers.get("password", ""),
        company=headers.get("companyid", "") or headers.get("connstring", ""),
        language=LITHUANIAN if headers.get("language", "").strip() == "0" else ENGLISH,
        drop_empty=flag["removeemptystringtags"],
        drop_zero=flag["removezeronumbertags"],
        one_line=flag["removenewlines"],
        verb=verb,
    )
    if body.strip():
        try:
            call.arguments.update(_read_body(body, as_json=call.json))
        except (ValueError, ET.ParseError) as error:
            call.broken = type(error).__name__
    return call


_FLAGS = ("removeemptystringtags", "removezeronumbertags", "removenewlines")


def _read_body(body: bytes, *, as_json: bool) -> Tree:
    text = body.decode("utf-8-sig")
    if not as_json:
        found = _read_xml(text)
        inner = next(iter(found.values()))
        return inner if isinstance(inner, dict) else found
    value = json.loads(text, parse_float=Decimal)
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - bad text like any other
    return value


def structure(value: object) -> Tree:
    """Return what an argument holds: an object, or a text of JSON or XML."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, str) or not value.strip():
        raise Refusal(BAD_STRUCTURE, said="Value cannot be null.\r\nParameter name: source")
    try:
        if value.lstrip().startswith("<"):
            return _read_xml(value)
        found = json.loads(value, parse_float=Decimal)
    except (ValueError, ET.ParseError):
        raise Refusal(BAD_STRUCTURE) from None
    if not isinstance(found, dict):
        raise Refusal(BAD_STRUCTURE)
    return found


def _read_xml(text: str) -> Tree:
    if "<!DOCTYPE" in text:
        raise ValueError("no document type is read")
    root = ET.fromstring(text)  # noqa: S314 - a loopback simulator, and document types are refused
    return {root.tag: _element(root)}


def _element(element: ET.Element) -> Any:  # noqa: ANN401 - a text or a tree
    if not len(element) and not element.attrib:
        return element.text or ""
    tree: Tree = dict(element.attrib)
    for child in element:
        value = _element(child)
        if child.tag not in tree:
            tree[child.tag] = value
        elif isinstance(tree[child.tag], list):
            tree[child.tag].append(value)
        else:
            tree[child.tag] = [tree[child.tag], value]
    return tree


def many(value: object) -> list[Any]:
    """Return a list of what may be one, several or nothing."""
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def objects(value: object, name: str) -> list[Tree]:
    """Return the rows under a name; each must be an object."""
    found = many(value)
    if not all(isinstance(row, dict) for row in found):
        raise Refusal(DATA_MISSING, said=f"Value '{name}' is not an object!")
    return found


def success(answer: Answer) -> Tree:
    """Return the envelope of an answer that is no refusal."""
    return {"AccessResult": "Success", "error": "", **answer.values}


def failure(call: Call, refusal: Refusal, *, write: bool) -> Tree:
    """Return the envelope of a refusal; only writes tell a number."""
    values: Tree = {"AccessResult": "Fail", "error": refusal.text(call.language)}
    if write:
        values["nResult"] = refusal.code
    return values


def denial(reason: str, *, write: bool) -> Tree:
    """Return the envelope of refused access; its number is 0, of all things."""
    values: Tree = {"AccessResult": "AccessDenied", "error": reason}
    if write:
        values["nResult"] = 0
    return values


def to_json(values: Tree, call: Call) -> str:
    """Return JSON with every decimal written out, never as a binary float."""
    return _json(_shrunk(values, call), None if call.one_line else 0)


def _json(value: object, depth: int | None) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict):
        parts = [f"{json.dumps(k)}:{_json(v, _deeper(depth))}" for k, v in value.items()]
        return _bracketed("{", parts, "}", depth)
    if isinstance(value, list):
        return _bracketed("[", [_json(v, _deeper(depth)) for v in value], "]", depth)
    return json.dumps(value, ensure_ascii=False)


def _deeper(depth: int | None) -> int | None:
    return None if depth is None else depth + 1


def _bracketed(left: str, parts: list[str], right: str, depth: int | None) -> str:
    if depth is None or not parts:
        return left + ",".join(parts) + right
    gap = "\r\n" + "  " * depth
    return left + gap + "  " + f",{gap}  ".join(parts) + gap + right


def to_xml(values: Tree, call: Call, *, root: str, rooted: bool) -> str:
    """Return XML: beside one another as the manual draws it, or under `<root>` as builds do."""
    renamed = {root if name == "items" else name: v for name, v in _shrunk(values, call).items()}
    gap = "" if call.one_line else "\r\n"
    text = gap.join(_tag(name, value) for name, value in renamed.items())
    return f"<root>{gap}{text}{gap}</root>" if rooted else text


def _tag(name: str, value: object) -> str:
    if value is None or value == "":
        return f"<{name}></{name}>"
    if isinstance(value, dict):
        return f"<{name}>{''.join(_tag(k, v) for k, v in value.items())}</{name}>"
    if isinstance(value, list):
        return f"<{name}>{''.join(_tag('Eil', v) for v in value)}</{name}>"
    if isinstance(value, bool):
        return f"<{name}>{str(value).lower()}</{name}>"
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return f"<{name}>{escape(text)}</{name}>"


def _shrunk(values: Tree, call: Call) -> Tree:
    """Leave empty texts and zeros out of the rows, where the request asked for that."""
    if not (call.drop_empty or call.drop_zero):
        return values
    outer = ("AccessResult", "error", "nResult")
    return {name: v if name in outer else _thin(v, call) for name, v in values.items()}


def _thin(value: object, call: Call) -> object:
    if isinstance(value, list):
        return [_thin(item, call) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, item in value.items():
        empty = call.drop_empty and item == ""
        zero = call.drop_zero and isinstance(item, (int, Decimal)) and item == 0
        if not (empty or zero):
            kept[name] = _thin(item, call)
    return kept


def one_row_as_object(values: Tree) -> Tree:
    """Return the shape of builds that give one row without a list, and none at all as nothing."""
    items = values.get("items")
    if not isinstance(items, list):
        return values
    if not items:
        return {name: value for name, value in values.items() if name != "items"}
    return {**values, "items": items[0]} if len(items) == 1 else values


def page(status: int, title: str) -> bytes:
    """Return the HTML page that the service's host gives instead of an answer."""
    return (
        f"<html><head><title>{title}</title></head><body><h1>{title}</h1>"
        f"<p>HTTP {status}</p></body></html>"
    ).encode()
