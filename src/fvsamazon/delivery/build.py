"""Puts the delivery together from plain values: what the daemon, `sync` and commands start from.

In: what the settings say of Finvalda, and the rules file. Out: a client, rules with a fingerprint
by which a change of theirs is recognised, and a worker.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fvsamazon import files, logs
from fvsamazon.booking import rules as booking_rules
from fvsamazon.delivery.evaluating import no_personal_data
from fvsamazon.delivery.worker import DeliveryWorker, Terms
from fvsamazon.finvalda.client import FinvaldaClient
from fvsamazon.finvalda.http import new_http_client
from fvsamazon.finvalda.transport import Credentials

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from fvsamazon.booking.rule_types import Rules
    from fvsamazon.clock import Clock
    from fvsamazon.delivery.evaluating import Personal
    from fvsamazon.store.database import Database
    from fvsamazon.texts import Language


@dataclass(frozen=True, slots=True)
class DeliverySpec:
    """Everything that the settings say of Finvalda; two equal ones need no restart."""

    url: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    company_id: str | None = field(repr=False)
    conn_string: str | None = field(repr=False)
    parameter: str
    language: Language
    ca_file: Path | None
    proxy: str | None = field(repr=False)
    timeout: float

    def http_client(self) -> httpx.AsyncClient:
        """Return an HTTP client for this Finvalda; the caller closes it."""
        return new_http_client(
            self.url, timeout=self.timeout, ca_file=self.ca_file, proxy=self.proxy
        )

    def client(self, http: httpx.AsyncClient) -> FinvaldaClient:
        return FinvaldaClient(
            http,
            self.url,
            Credentials(self.username, self.password, self.company_id, self.conn_string),
            timeout=self.timeout,
            language=self.language,
        )


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """The accountant's rules; None where there is no file."""

    path: Path
    rules: Rules | None = None
    fingerprint: str = ""


def load_rules(path: Path) -> RulesInForce:
    """Read the rules file, if there is one; raises `ConfigError` with every fault of it."""
    try:
        content, _ = files.read(path, booking_rules.FILE_LIMIT + 1)
    except FileNotFoundError:
        return RulesInForce(path)
    except (OSError, ValueError):
        # `load` says it in a sentence.
        content = b""
    rules = booking_rules.load(path)
    table = repr(sorted(rules.products.table.items())).encode()
    return RulesInForce(path, rules, hashlib.sha256(content + table).hexdigest())


def new_worker(
    spec: DeliverySpec,
    in_force: RulesInForce,
    http: httpx.AsyncClient,
    *,
    database: Database,
    clock: Clock,
    personal: Personal = no_personal_data,
) -> DeliveryWorker:
    """Return a worker for this Finvalda under these rules."""
    return DeliveryWorker(
        database=database,
        clock=clock,
        log=logs.get_logger(),
        client=spec.client(http),
        terms=Terms(
            rules=in_force.rules,
            parameter=spec.parameter,
            user=spec.username,
            timeout=spec.timeout,
            fingerprint=in_force.fingerprint,
        ),
        personal=personal,
    )
