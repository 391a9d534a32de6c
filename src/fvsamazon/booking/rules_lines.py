"""On which line of a TOML file each key stands; `tomllib` does not tell.

In: text that `tomllib` has accepted. Out: a line number for every table and key path, so that a
fault can name its place. Only statements are followed; values are skipped over, strings, comments
and nested brackets included. A path that was not seen gets the line of its nearest parent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

Path = tuple[str | int, ...]

_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_COMMENT: Final = re.compile(r"#[^\n]*")
_KEY: Final = re.compile(r"""\s*(?:"((?:\\.|[^"\\])*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class LineIndex:
    """Lines by path; indexes of arrays of tables count from zero."""

    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """Return the line of `path`, or of the nearest parent that was seen (1 for none)."""
        for length in range(len(path), 0, -1):
            found = self.lines.get(path[:length])
            if found is not None:
                return found
        return 1


def index_lines(text: str) -> LineIndex:
    """Index a text that is valid TOML."""
    return _Scanner(text).scan()


class _Scanner:
    """Walks the statements of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._table: Path = ()
        self._arrays: dict[Path, int] = {}
        self._lines: dict[Path, int] = {}

    def scan(self) -> LineIndex:
        while self._skip_blank():
            line = self._text.count("\n", 0, self._at) + 1
            if self._text[self._at] == "[":
                self._header(line)
            else:
                path = self._table + self._keys()
                self._note(path, line)
                self._skip_value()
        return LineIndex(self._lines)

    def _note(self, path: Path, line: int) -> None:
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], line)

    def _skip_blank(self) -> bool:
        """Move to the next statement; False at the end of the text."""
        while self._at < len(self._text):
            found = _SPACE.match(self._text, self._at) or _COMMENT.match(self._text, self._at)
            if found is None:
                return True
            self._at = found.end()
        return False

    def _keys(self) -> tuple[str, ...]:
        keys: list[str] = []
        while found := _KEY.match(self._text, self._at):
            keys.append(next(group for group in found.groups() if group is not None))
            self._at = found.end()
            if self._text[self._at : self._at + 1] != ".":
                break
            self._at += 1
        return tuple(keys)

    def _header(self, line: int) -> None:
        double = self._text.startswith("[[", self._at)
        self._at += 2 if double else 1
        named = self._keys()
        self._at += 2 if double else 1
        path: Path = ()
        for place, key in enumerate(named):
            path += (key,)
            if double and place == len(named) - 1:
                self._arrays[path] = self._arrays.get(path, -1) + 1
            if path in self._arrays:
                path += (self._arrays[path],)
        self._table = path
        self._note(path, line)

    def _skip_value(self) -> None:
        depth = 0
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == "\n" and depth == 0:
                return
            skipped = _STRING.match(self._text, self._at) or _COMMENT.match(self._text, self._at)
            if skipped:
                self._at = skipped.end()
                continue
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(char, 0)
            self._at += 1
