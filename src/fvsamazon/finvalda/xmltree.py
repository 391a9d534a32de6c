"""XML as plain objects, for the builds that answer XML where JSON was asked for.

In comes text that starts with `<`; out go dictionaries (elements), lists (repeated elements) and
texts (leaves). Names lose their prefix and attributes are dropped, but for `nil`. The answers have
no root of their own, so the parser gives them one; a document type is thereby a syntax error, and
is refused by name as well: nothing is ever expanded or fetched.
"""

from __future__ import annotations

import re
import sys
from typing import Never
from xml.parsers import expat

MAX_DEPTH = 32
"""Levels of nesting in one answer; Finvalda's own have four."""

_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*\?>", re.IGNORECASE)
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,8}));")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class MalformedXml(Exception):
    """The text is no XML that this module accepts."""


def parse_xml(text: str) -> object:
    """Return the text's elements as one object, its top elements being the keys."""
    return _Builder().build(text)


class _Builder:
    """Collects elements into objects; one use, one text."""

    def __init__(self) -> None:
        self._stack: list[tuple[str, dict[str, object], list[str], bool]] = []
        self._root: object = None

    def build(self, text: str) -> object:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        parser.ExternalEntityRefHandler = _refuse
        body = _ILLEGAL.sub("", _REFERENCE.sub(_keep_legal, _DECLARATION.sub("", text)))
        try:
            parser.Parse(f"<_>{body}</_>", True)  # noqa: FBT003 - expat takes it by position
        except (expat.ExpatError, ValueError) as error:
            # Expat's message holds a position and no content.
            raise MalformedXml(str(error)) from None
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._stack) > MAX_DEPTH:
            raise MalformedXml("nested too deep")
        nil = any(
            key.rpartition(":")[2] == "nil" and value.strip().lower() in ("true", "1")
            for key, value in attributes.items()
        )
        self._stack.append((name.rpartition(":")[2], {}, [], nil))

    def _characters(self, text: str) -> None:
        self._stack[-1][2].append(text)

    def _end(self, _name: str) -> None:
        name, children, texts, nil = self._stack.pop()
        value: object = None if nil else children or "".join(texts).strip()
        if not self._stack:
            self._root = value
            return
        siblings = self._stack[-1][1]
        if name not in siblings:
            siblings[name] = value
            return
        present = siblings[name]
        if isinstance(present, _Repeated):
            present.append(value)
        else:
            siblings[name] = _Repeated([present, value])


class _Repeated(list[object]):
    """Elements of one name beside each other."""


def _refuse(*_arguments: object) -> Never:
    raise MalformedXml("a document type or an entity is declared")


def _keep_legal(match: re.Match[str]) -> str:
    """Drop references to characters that XML forbids (`&#x1A;` is seen in real answers)."""
    hexadecimal, decimal = match.groups()
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    legal = code <= sys.maxunicode and not _ILLEGAL.match(chr(code))
    return match.group() if legal else ""
