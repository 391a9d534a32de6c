"""What the simulated Amazon was asked and what it answered, request by request."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT = 200_000


@dataclass(slots=True)
class Call:
    """One request, from its arrival on; `status` is 0 while no answer has begun."""

    number: int
    at: str
    region: str | None
    operation: str
    params: dict[str, str] = field(default_factory=dict)
    account: str | None = None
    page: int | None = None
    status: int = 0
    throttled_by: str | None = None
    """What a 429 came from: the `bucket`, or a `fault`."""
    fault: str | None = None
    orders: int | None = None
    request_id: str = ""
    user_agent: str = ""


class Journal:
    """Keeps the last requests whole and counts all of them."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=KEPT)
        self._total = 0
        self._counts: Counter[tuple[str, str]] = Counter()
        self.followed_redirects = 0
        """Requests that came after a redirect to another host, tokens and all."""

    def open(
        self,
        at: str,
        region: str | None,
        operation: str,
        *,
        params: dict[str, str],
        account: str | None = None,
        request_id: str = "",
        user_agent: str = "",
    ) -> Call:
        """Write down that a request has come."""
        self._total += 1
        call = Call(
            number=self._total,
            at=at,
            region=region,
            operation=operation,
            params=params,
            account=account,
            request_id=request_id,
            user_agent=user_agent,
        )
        self._calls.append(call)
        return call

    def close(self, call: Call, status: int) -> None:
        call.status = status
        self._counts[call.operation, str(status)] += 1
        if call.throttled_by:
            self._counts["throttled", call.throttled_by] += 1

    @property
    def calls(self) -> tuple[Call, ...]:
        return tuple(self._calls)

    @property
    def self_inflicted(self) -> int:
        """How many 429s the bucket caused: a reader that keeps its own bucket causes none."""
        return self._counts["throttled", "bucket"]

    def of(self, operation: str, region: str | None = None) -> list[Call]:
        """Return the kept requests of one operation."""
        return [
            one
            for one in self._calls
            if one.operation == operation and region in {None, one.region}
        ]

    def since(self, number: int) -> Iterator[dict[str, Any]]:
        return (asdict(one) for one in list(self._calls) if one.number > number)

    def stats(self) -> dict[str, Any]:
        answers: dict[str, dict[str, int]] = {}
        for (name, detail), number in sorted(self._counts.items()):
            answers.setdefault(name, {})[detail] = number
        throttled = answers.pop("throttled", {})
        return {
            "requests": self._total,
            "answers": answers,
            "throttled_by_bucket": throttled.get("bucket", 0),
            "throttled_by_fault": throttled.get("fault", 0),
            "followed_redirects": self.followed_redirects,
        }
