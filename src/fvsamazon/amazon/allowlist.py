"""Which fields of an order are known to be free of personal data. Everything else is protected.

Amazon's own list of personal fields is short (names, street, post code, phone, e-mail, gift
message, customisation), but a field that it adds tomorrow stands on no list. So this one names
what may be kept in the clear, path by path; whatever is not named goes to the encrypted part, or
is dropped. A path comes in here only after someone has read what Amazon puts into it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, Union

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Leaf(enum.Enum):
    """How a single value at an allowed path is kept."""

    TEXT = "text"
    """Read by this program: a text, or a number taken as one; an empty one counts as absent."""
    COUNT = "count"
    """Read by this program: a whole number."""
    NOTE = "note"
    """Kept as it came for people to look at; where it is no single value it is protected."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A list's element whose allowed fields depend on what else it says."""

    fields: Callable[[Mapping[str, Any]], Mapping[str, Node]]


Node: TypeAlias = Union[Leaf, "Mapping[str, Node]", "list[Node]", Choice]

_TEXT = Leaf.TEXT
_COUNT = Leaf.COUNT
_NOTE = Leaf.NOTE

_MONEY: Final[Mapping[str, Node]] = {"amount": _TEXT, "currencyCode": _TEXT}
_WINDOW: Final[Mapping[str, Node]] = {"earliestDateTime": _TEXT, "latestDateTime": _TEXT}
_MEASUREMENT: Final[Mapping[str, Node]] = {"unit": _NOTE, "value": _NOTE}

_COMPANY_KINDS: Final = frozenset({"VAT", "BUSINESS", "CNPJ", "CST"})
"""Registrations that a business has; CPF is a natural person's number, others are unknown."""
_COMPANIES: Final = frozenset({"MERCHANT", "MARKETPLACE"})

_REGISTRATION: Final[Mapping[str, Node]] = {"entityType": _TEXT, "taxRegistrationType": _TEXT}
_COMPANY_REGISTRATION: Final[Mapping[str, Node]] = {
    **_REGISTRATION,
    "legalName": _TEXT,
    "taxRegistrationNumber": _TEXT,
}


def _registration(source: Mapping[str, Any]) -> Mapping[str, Node]:
    # Compared as text: what came may be of any type, hashable or not.
    kind, entity = str(source.get("taxRegistrationType")), str(source.get("entityType"))
    company = kind in _COMPANY_KINDS or entity in _COMPANIES
    return _COMPANY_REGISTRATION if company else _REGISTRATION


_ITEM: Final[Mapping[str, Node]] = {
    "orderItemId": _TEXT,
    "quantityOrdered": _COUNT,
    "measurement": _MEASUREMENT,
    "programs": [_TEXT],
    "product": {
        "asin": _TEXT,
        "title": _TEXT,
        "sellerSku": _TEXT,
        "condition": {"conditionType": _NOTE, "conditionSubtype": _NOTE},
        "price": {"unitPrice": _MONEY, "priceDesignation": _NOTE},
    },
    "proceeds": {
        "proceedsTotal": _MONEY,
        "breakdowns": [
            {
                "type": _TEXT,
                "subtotal": _MONEY,
                "detailedBreakdowns": [{"subtype": _TEXT, "value": _MONEY}],
            }
        ],
    },
    "expense": {
        "pointsCost": {
            "pointsGranted": {
                "pointsNumber": _NOTE,
                "pointsMonetaryValue": {"amount": _NOTE, "currencyCode": _NOTE},
            }
        }
    },
    "promotion": {"breakdowns": [{"promotionId": _NOTE}]},
    "cancellation": {
        "cancellationRequest": {"requester": _TEXT},
        "cancellationExecution": {"cancelledBy": _TEXT},
    },
    "fulfillment": {
        "quantityFulfilled": _COUNT,
        "quantityUnfulfilled": _COUNT,
        "picking": {
            "substitutionPreference": {
                "substitutionType": _NOTE,
                "substitutionOptions": [
                    {
                        "asin": _NOTE,
                        "quantityOrdered": _NOTE,
                        "sellerSku": _NOTE,
                        "title": _NOTE,
                        "measurement": _MEASUREMENT,
                    }
                ],
            }
        },
        "packing": {
            "giftOption": {"giftWrapLevel": _NOTE},
            "serialNumberRequirement": {"requirementType": _NOTE},
        },
        "shipping": {
            "scheduledDeliveryWindow": {"earliestDateTime": _NOTE, "latestDateTime": _NOTE},
            "shippingConstraints": {
                "palletDelivery": _NOTE,
                "cashOnDelivery": _NOTE,
                "signatureConfirmation": _NOTE,
                "recipientIdentityVerification": _NOTE,
                "recipientAgeVerification": _NOTE,
            },
            "internationalShipping": {"iossNumber": _NOTE},
        },
    },
    "tax": {
        "taxCalculationBreakdowns": [{"reportingScheme": _TEXT}],
        "taxCollections": [{"model": _TEXT, "responsibleParty": _TEXT}],
    },
    "associatedOrderItems": [{"orderId": _NOTE, "orderItemId": _NOTE, "associationType": _NOTE}],
}

_PACKAGE: Final[Mapping[str, Node]] = {
    "packageReferenceId": _TEXT,
    "createdTime": _NOTE,
    "packageStatus": {"status": _TEXT, "detailedStatus": _TEXT},
    "carrier": _NOTE,
    "shipTime": _TEXT,
    "shippingService": _NOTE,
    "shipFromAddress": {"countryCode": _TEXT, "stateOrRegion": _TEXT},
    "packageItems": [{"orderItemId": _TEXT, "quantity": _COUNT}],
}

ORDER: Final[Mapping[str, Node]] = {
    "orderId": _TEXT,
    "orderAliases": [{"aliasId": _TEXT, "aliasType": _TEXT}],
    "createdTime": _TEXT,
    "lastUpdatedTime": _TEXT,
    "programs": [_TEXT],
    "associatedOrders": [{"orderId": _TEXT, "associationType": _TEXT}],
    "salesChannel": {"channelName": _TEXT, "marketplaceId": _TEXT, "marketplaceName": _TEXT},
    "recipient": {
        "deliveryAddress": {"countryCode": _TEXT, "stateOrRegion": _TEXT, "addressType": _NOTE}
    },
    "proceeds": {
        "grandTotal": _MONEY,
        "breakdowns": [{"type": _TEXT, "status": _TEXT, "subtotal": _MONEY}],
    },
    "fulfillment": {
        "fulfillmentStatus": _TEXT,
        "fulfilledBy": _TEXT,
        "fulfillmentServiceLevel": _NOTE,
        "shipByWindow": _WINDOW,
        "deliverByWindow": _WINDOW,
        "labelPrintingWindow": {"earliestDateTime": _NOTE, "latestDateTime": _NOTE},
    },
    "tax": {
        "taxRegistrations": [Choice(_registration)],
        "taxInvoicing": {"buyerInvoicePreference": _NOTE, "invoiceStatus": _NOTE},
    },
    "payment": {
        "paymentExecutions": [
            {"paymentMethod": _NOTE, "paymentAmount": {"amount": _NOTE, "currencyCode": _NOTE}}
        ]
    },
    "orderItems": [_ITEM],
    "packages": [_PACKAGE],
    "fulfillmentOrders": [{"fulfillmentOrderId": _NOTE}],
}
"""What of an order may stand outside the encrypted part."""

IDENTITIES: Final = ("orderItemId", "packageReferenceId")
"""Keys that tell which element of a list a protected part belongs to."""


def is_read(node: Node) -> bool:
    """Say whether this program reads anything at or below a path (so its form matters)."""
    if isinstance(node, Leaf):
        return node is not _NOTE
    if isinstance(node, Choice):
        return True
    inner = node if isinstance(node, list) else node.values()
    return any(is_read(part) for part in inner)
