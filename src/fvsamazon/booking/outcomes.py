"""What becomes of an order: a document, a hold with every reason, nothing yet, or never.

Made by `documents.decide`, stored and sent by the delivery, shown by the preview. All values are
frozen and complete: whoever has a `Document` needs neither the rules nor the order to send it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date

    from fvsamazon.booking.clients import Client
    from fvsamazon.booking.context import Need
    from fvsamazon.booking.explain import Because
    from fvsamazon.booking.products import NewProduct
    from fvsamazon.booking.reasons import Reason

LineKind = Literal["goods", "shipping", "gift_wrap", "cod_fee", "tip", "other", "discount"]
DocumentClass = Literal["PardDok", "PardRezDok", "UVMPardRezDok"]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document; `net`, `vat` and `gross` are line totals in its currency.

    `service` tells which of Finvalda's line elements it is. `item_id` is Amazon's, where the line
    belongs to one item. The EUR amounts are None where the rate is not known or is left to the
    import parameter.
    """

    kind: LineKind
    code: str
    service: bool
    warehouse: str | None
    quantity: Decimal
    net: Decimal
    vat: Decimal
    gross: Decimal
    vat_percent: Decimal
    vat_code: str
    rule: str
    item_id: str | None = None
    net_eur: Decimal | None = None
    vat_eur: Decimal | None = None
    document_kind: str | None = None
    new_product: NewProduct | None = None
    because: tuple[Because, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One operation of Finvalda, ready to be sent once `unchecked` is empty.

    `number` None lets Finvalda number; `searched_title` is the title that holds the order id, by
    which the document is found again. `series` and `kind` None leave them to the parameter.
    `kept_out` is what a marketplace collects and remits: total = grandTotal - kept_out.
    """

    outcome: Literal["sale", "reservation"]
    finvalda_class: DocumentClass
    order_id: str
    client: Client
    series: str | None
    number: str | None
    searched_title: str | None
    date: date
    parameter: str
    kind: str | None
    currency: str
    titles: tuple[str, ...]
    remark: str
    objects: tuple[str, ...]
    lines: tuple[Line, ...]
    total: Decimal
    kept_out: Decimal = ZERO
    rate: Decimal | None = None
    unchecked: tuple[Need, ...] = ()
    because: tuple[Because, ...] = ()

    @property
    def new_products(self) -> tuple[NewProduct, ...]:
        """Return the product cards to make first, each once."""
        cards = (line.new_product for line in self.lines)
        return tuple(dict.fromkeys(card for card in cards if card is not None))


@dataclass(frozen=True, slots=True)
class Hold:
    """A person must act; `unchecked` non-empty means that asking Finvalda may cure it."""

    reasons: tuple[Reason, ...]
    currency: str | None = None
    unchecked: tuple[Need, ...] = ()


NothingCode = Literal[
    "before_book_from", "pending", "not_shipped", "cancelled", "cancelled_kept", "unfulfillable"
]


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing is due now; `cancelled` removes a reservation that stands in Finvalda.

    `cancelled_kept` leaves that reservation to a person, as the rules say.
    """

    why: NothingCode
    status: str | None = None

    @property
    def for_good(self) -> bool:
        """Tell whether no sale will follow, so that a reservation would keep its goods for ever."""
        return self.why not in {"pending", "not_shipped"}


@dataclass(frozen=True, slots=True)
class Skip:
    """Never booked: the accountant's rules say so, with their reason."""

    reason: str
    line: int


Outcome = Document | Hold | Nothing | Skip
