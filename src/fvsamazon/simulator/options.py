"""What a simulation is asked to be: how many orders, of which accounts, how fast, how strict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fvsamazon.simulator.places import (
    BY_CODE,
    EUROPE,
    FAR_EAST,
    MARKETPLACES,
    NORTH_AMERICA,
    Marketplace,
)

if TYPE_CHECKING:
    from pathlib import Path

D2C, TAX = "D2C", "TAX"
"""Direct-to-Consumer Shipping and the two tax roles: what lets an account see personal data."""


@dataclass(frozen=True, slots=True)
class Account:
    """A selling account: its marketplaces, its roles and its share of all orders."""

    region: str
    name: str
    marketplaces: tuple[Marketplace, ...]
    roles: frozenset[str] = frozenset()
    share: float = 1.0

    @property
    def key(self) -> tuple[str, str]:
        return self.region, self.name


def account(
    region: str,
    name: str = "main",
    codes: str | None = None,
    *,
    roles: frozenset[str] | set[str] = frozenset(),
    share: float = 1.0,
) -> Account:
    """Return an account from country codes ("DE FR"); without codes it sells in all of a region."""
    places = (
        tuple(BY_CODE[code] for code in codes.split())
        if codes
        else tuple(place for place in MARKETPLACES if place.region == region)
    )
    if any(place.region != region for place in places):
        raise ValueError(f"{name}: a marketplace of another region than {region}")
    return Account(region, name, places, frozenset(roles), share)


DEFAULT_ACCOUNTS: tuple[Account, ...] = (
    account(NORTH_AMERICA, roles={D2C, TAX}, share=0.30),
    account(EUROPE, codes="DE FR IT ES UK NL BE IE SE PL", roles={D2C, TAX}, share=0.40),
    account(EUROPE, "gulf", "AE SA EG TR IN ZA", share=0.08),
    account(FAR_EAST, codes="JP", roles={D2C}, share=0.12),
    account(FAR_EAST, "au", "AU", roles={TAX}, share=0.06),
    account(FAR_EAST, "sg", "SG", share=0.04),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationOptions:
    """Everything that can be chosen at the start; faults can be added at any time."""

    orders: int = 2000
    """Orders placed before the half hour of trade that precedes the start."""
    backlog_days: float = 62
    """How far back those reach."""
    live_rate: float = 1.0
    """Orders a second over all accounts, from half an hour before the start on."""
    seed: int = 1
    tomorrow: bool = True
    """Statuses, enum values, fields and nulls that Amazon's model does not have yet."""
    rate_factor: float = 1000.0
    """Times Amazon's published rates; bursts stay as published."""
    access_token_seconds: int = 3600
    strict_user_agent: bool = True
    """Refuse a user agent without `Language=`, as Amazon's documentation says it does."""
    accounts: tuple[Account, ...] = field(default=DEFAULT_ACCOUNTS)
    port_amazon: int = 0
    port_finvalda: int = 0
    """0 takes any free port."""
    finvalda_file: Path | None = None
    """Where the simulated Finvalda keeps what it was told, so that it survives a kill."""

    def __post_init__(self) -> None:
        if self.orders < 0 or self.live_rate < 0 or self.rate_factor <= 0:
            raise ValueError("orders and live_rate must not be negative, rate_factor must be more")
        if not self.accounts:
            raise ValueError("a simulation needs at least one account")
        keys = [one.key for one in self.accounts]
        if len(set(keys)) != len(keys):
            raise ValueError("the same account twice")
        for region in {one.region for one in self.accounts}:
            if (region, "main") not in keys:
                raise ValueError(f"{region} needs an account named main")
