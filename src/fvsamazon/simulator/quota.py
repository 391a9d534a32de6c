"""Amazon's token buckets: one per account and operation, at a multiple of the published rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fvsamazon.simulator.clock import Clock

PUBLISHED: dict[str, tuple[float, int]] = {
    "searchOrders": (0.0056, 20),
    "getOrder": (0.5, 30),
    "getMarketplaceParticipations": (0.016, 15),
}
"""Requests a second and burst, as in the models' usage plans."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Quota:
    """Takes a token for each request, or says that there is none."""

    def __init__(self, clock: Clock, factor: float) -> None:
        self._clock = clock
        self._factor = factor
        self._own: dict[tuple[str, str], float] = {}
        self._buckets: dict[tuple[tuple[str, str], str], _Bucket] = {}

    def set_factor(self, factor: float, key: tuple[str, str] | None = None) -> None:
        """Grant another multiple from now on, to one account or to all."""
        for account, operation in list(self._buckets):
            self._refill(account, operation)
        if key is None:
            self._factor = factor
            self._own.clear()
        else:
            self._own[key] = factor

    def rate(self, key: tuple[str, str], operation: str) -> float:
        """Return what `x-amzn-RateLimit-Limit` announces."""
        return PUBLISHED[operation][0] * self._own.get(key, self._factor)

    def take(self, key: tuple[str, str], operation: str) -> bool:
        bucket = self._refill(key, operation)
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def refill(self) -> None:
        """Fill every bucket: for tests whose clock stands still."""
        self._buckets.clear()

    def tokens(self, key: tuple[str, str], operation: str) -> float:
        return self._refill(key, operation).tokens

    def _refill(self, key: tuple[str, str], operation: str) -> _Bucket:
        now, burst = self._clock.elapsed(), PUBLISHED[operation][1]
        bucket = self._buckets.setdefault((key, operation), _Bucket(float(burst), now))
        grown = bucket.tokens + (now - bucket.at) * self.rate(key, operation)
        bucket.tokens, bucket.at = min(float(burst), grown), now
        return bucket
