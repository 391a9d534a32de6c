"""What can go wrong, and what a loop does about it.

    FvsamazonError
      ConfigError            settings or rules; every fault at once            exit 78
      StoreError             the database cannot be used
        NewerSchema          written by a newer version of this program        exit 78
        StoreBusy            another daemon holds the file                     exit 75
        StoreUnavailable     full disk or lock: passes, all work pauses
        StoreCorrupt         the file is damaged: the process ends
      RemoteError            Amazon, Login with Amazon or Finvalda
        Throttled            429: wait for a token, not a second
        Unauthorized         401/403, refused credentials: a person may have to act
        Unavailable          network, time-out, 5xx: back off
        Rejected             4xx, refusal by the accounting system
        NotFound             no such thing for this account
        InDoubt              a write was sent and its answer never came: look it up
        ContractViolation    an answer that we cannot read

Errors of third parties are wrapped at the boundary (`amazon`, `finvalda`, `store`) and chained.
Loops switch on the class; `poller.faults` alone looks at a status too, to tell a refused query from
another refusal. The text of an error is safe to log: it holds no token, no secret, no personal
data, and remote text is cut and stripped of control characters. As a string an error is English,
for the log; `say` tells a person in either language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from fvsamazon.texts import Language, Sayable

REMOTE_TEXT_LIMIT = 300
"""Characters of a remote answer that an error message may repeat."""


class FvsamazonError(Exception):
    """Root of every error that this program raises on purpose."""

    def __init__(self, told: str | Sayable = "") -> None:
        self._told = told
        super().__init__(told if isinstance(told, str) else told.say())

    def say(self, language: Language = "en", /) -> str:
        """Return what went wrong in `language`, where it is known in more than one."""
        return self._told if isinstance(self._told, str) else self._told.say(language)


class ConfigError(FvsamazonError):
    """Settings or booking rules that cannot be used: every fault, a sentence each.

    `language` is what the settings say of it, as far as they can be read.
    """

    def __init__(self, told: Sequence[Sayable], *, language: Language = "en") -> None:
        self.told = tuple(told)
        self.language = language
        super().__init__("; ".join(self.faults))

    @property
    def faults(self) -> tuple[str, ...]:
        """The sentences as the log has them: in English always."""
        return self.faults_in("en")

    def faults_in(self, language: Language) -> tuple[str, ...]:
        return tuple(fault.say(language) for fault in self.told)

    def say(self, language: Language = "en", /) -> str:
        return "; ".join(self.faults_in(language))


class StoreError(FvsamazonError):
    """The database cannot be used."""


class NewerSchema(StoreError):
    """The file was written by a version newer than this one can read."""


class StoreBusy(StoreError):
    """Another daemon runs on this database."""


class StoreUnavailable(StoreError):
    """The database does not answer now (full disk, lock); the work waits."""


class StoreCorrupt(StoreError):
    """The database file is damaged."""


class RemoteError(FvsamazonError):
    """A remote service did not do what was asked.

    `retry_after` is in seconds; `rate` is Amazon's told rate in requests a second, where told;
    `server_time` is the answer's own Date, where there was an answer.
    """

    def __init__(  # noqa: PLR0913 - one keyword a fact that a log line wants
        self,
        message: str,
        *,
        service: str,
        operation: str,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        rate: float | None = None,
        server_time: datetime | None = None,
        hint: str | None = None,
    ) -> None:
        self.service = service
        self.operation = operation
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.rate = rate
        self.server_time = server_time
        self.hint = hint
        super().__init__(message)

    def log_fields(self) -> dict[str, object]:
        """Return the keys that every log line about this fault carries."""
        fields: dict[str, object] = {
            "service": self.service,
            "operation": self.operation,
            "error": type(self).__name__,
            "detail": str(self),
        }
        for key in ("status", "code", "request_id", "hint"):
            value = getattr(self, key)
            if value is not None:
                fields[key] = value
        return fields


class Throttled(RemoteError):
    """The remote side's quota is used up (HTTP 429)."""


class Unauthorized(RemoteError):
    """Credentials were refused.

    `permanent` tells a refusal that only a person can cure (revoked token, wrong secret) from one
    that a fresh access token may cure.
    """

    permanent: bool = False


class Unavailable(RemoteError):
    """No usable answer: network, time-out, 5xx."""


class Rejected(RemoteError):
    """The request itself was refused (4xx, or the accounting system's own refusal)."""


class NotFound(Rejected):
    """The thing asked for does not exist for this account."""


class InDoubt(RemoteError):
    """A write was sent and its outcome is unknown."""


class ContractViolation(RemoteError):
    """The answer is not what the service documents."""


def safe_text(value: str, limit: int = REMOTE_TEXT_LIMIT) -> str:
    """Return remote text fit for a log line: one line, printable, cut to `limit` characters."""
    printable = "".join(c if c.isprintable() else " " for c in value[: limit * 4])
    folded = " ".join(printable.split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"
