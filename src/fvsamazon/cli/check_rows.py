"""One thing that `fvsamazon check` looked at, how it stands and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what was tested, of which account, and the outcome in a sentence."""

    check: str
    state: State
    detail: str
    remedy: str | None = None
    region: str | None = None
    account: str | None = None

    @property
    def subject(self) -> str:
        return f"{self.region}/{self.account}" if self.account else (self.region or "")

    def as_json(self) -> dict[str, Any]:
        """Return the stable form of `check --json`."""
        return {
            "check": self.check,
            "region": self.region,
            "account": self.account,
            "state": self.state,
            "detail": self.detail,
            "remedy": self.remedy,
        }
