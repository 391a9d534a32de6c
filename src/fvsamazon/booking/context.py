"""What a document needs beside the order and the rules, filled in by the caller.

`BookingContext` is what the program itself knows of the order; `Reference` is what Finvalda knows.
An answer of None is "not known yet": the document is built all the same and names what could not
be checked, so that a preview works without Finvalda, and so that the delivery knows what to fetch
before it sends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Buyer:
    """The buyer's personal data, as far as Amazon gave it; never logged, hence no repr."""

    name: str | None = field(default=None, repr=False)
    company_name: str | None = field(default=None, repr=False)
    street: str | None = field(default=None, repr=False)
    city: str | None = field(default=None, repr=False)
    post_code: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class BookingContext:
    """What is known of an order outside its newest version.

    `first_shipped_at` is the lastUpdatedTime of the first version seen SHIPPED. `tax_role_seen`
    says that some order of the account has carried tax registrations. `company_name` is the
    buyer's company, which is no personal data.
    """

    default_parameter: str
    first_shipped_at: datetime | None = None
    tax_role_seen: bool = False
    company_name: str | None = None
    personal: Buyer | None = None


class Reference(Protocol):
    """What Finvalda knows; None where it has not been asked yet."""

    def product_exists(self, code: str) -> bool | None: ...

    def product_by_barcode(self, code: str) -> tuple[str, ...] | None: ...

    def partner_product(self, sku: str) -> tuple[str, ...] | None: ...

    def client_by_vat(self, number: str) -> tuple[str, ...] | None:
        """Return the codes of clients that have this VAT number, the one to use first."""
        ...

    def rate(self, currency: str, day: date) -> Decimal | Literal[False] | None:
        """Return EUR for one unit on a day; False where Finvalda has none."""
        ...


class NoReference:
    """Finvalda is not there: nothing is known, everything stays unchecked."""

    def product_exists(self, code: str) -> bool | None:  # noqa: ARG002
        return None

    def product_by_barcode(self, code: str) -> tuple[str, ...] | None:  # noqa: ARG002
        return None

    def partner_product(self, sku: str) -> tuple[str, ...] | None:  # noqa: ARG002
        return None

    def client_by_vat(self, number: str) -> tuple[str, ...] | None:  # noqa: ARG002
        return None

    def rate(self, currency: str, day: date) -> Decimal | Literal[False] | None:  # noqa: ARG002
        return None


NeedKind = Literal["product", "barcode", "partner", "client", "rate"]


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that Finvalda has to be asked before the document may be sent."""

    kind: NeedKind
    value: str
    day: date | None = None


class Lookups:
    """Asks a `Reference` and remembers what it did not know."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._needs: dict[Need, None] = {}

    @property
    def needs(self) -> tuple[Need, ...]:
        return tuple(self._needs)

    def product_exists(self, code: str) -> bool | None:
        found = self._reference.product_exists(code)
        if found is None:
            self._needs[Need("product", code)] = None
        return found

    def product_by_barcode(self, code: str) -> tuple[str, ...] | None:
        found = self._reference.product_by_barcode(code)
        if found is None:
            self._needs[Need("barcode", code)] = None
        return found

    def partner_product(self, sku: str) -> tuple[str, ...] | None:
        found = self._reference.partner_product(sku)
        if found is None:
            self._needs[Need("partner", sku)] = None
        return found

    def client_by_vat(self, number: str) -> tuple[str, ...] | None:
        found = self._reference.client_by_vat(number)
        if found is None:
            self._needs[Need("client", number)] = None
        return found

    def rate(self, currency: str, day: date) -> Decimal | Literal[False] | None:
        found = self._reference.rate(currency, day)
        if found is None:
            self._needs[Need("rate", currency, day)] = None
        return found
