"""Orders as Amazon sends them, with a canary in every personal field."""

from __future__ import annotations

import copy
import json
from typing import Any

_PROTECTED = (
    "buyerName buyerEmail buyerCompanyName poNumber name companyName line1 line2 line3 city "
    "district municipality postalCode phone street complement dropOff instruction serial "
    "customizedUrl giftMessage requestReason executionReason tracking transparency shipName "
    "shipLine shipCity shipPost acquirer cardBrand authorization cpf cpfName taxAddress taxOffice "
    "unknownTop unknownItem unknownAddress conditionNote"
)
CANARIES = {name: f"Canary{number:02}{name}" for number, name in enumerate(_PROTECTED.split())}
C = CANARIES

FULL: dict[str, Any] = {
    "orderId": "305-1234567-7654321",
    "orderAliases": [{"aliasId": "WEB-1", "aliasType": "SELLER_ORDER_ID"}],
    "createdTime": "2026-11-20T10:00:00Z",
    "lastUpdatedTime": "2026-11-21T11:22:33.456Z",
    "programs": ["AMAZON_BUSINESS", "PRIME"],
    "associatedOrders": [
        {"orderId": "305-0000000-0000001", "associationType": "REPLACEMENT_ORIGINAL_ID"}
    ],
    "salesChannel": {
        "channelName": "AMAZON",
        "marketplaceId": "A1PA6795UKMFR9",
        "marketplaceName": "Amazon.de",
    },
    "buyer": {
        "buyerName": C["buyerName"],
        "buyerEmail": C["buyerEmail"],
        "buyerCompanyName": C["buyerCompanyName"],
        "buyerPurchaseOrderNumber": C["poNumber"],
    },
    "recipient": {
        "deliveryAddress": {
            "name": C["name"],
            "companyName": C["companyName"],
            "addressLine1": C["line1"],
            "addressLine2": C["line2"],
            "addressLine3": C["line3"],
            "city": C["city"],
            "districtOrCounty": C["district"],
            "stateOrRegion": "Bayern",
            "municipality": C["municipality"],
            "postalCode": C["postalCode"] + "78266",
            "countryCode": "DE",
            "phone": C["phone"],
            "addressType": "RESIDENTIAL",
            "extendedFields": {"streetName": C["street"], "complement": C["complement"]},
            "tomorrow": {"x": C["unknownAddress"]},
        },
        "deliveryPreference": {
            "dropOffLocation": C["dropOff"],
            "addressInstruction": C["instruction"],
        },
    },
    "proceeds": {
        "grandTotal": {"amount": "35.70", "currencyCode": "EUR"},
        "breakdowns": [
            {"type": "ITEM", "subtotal": {"amount": "30.00", "currencyCode": "EUR"}},
            {
                "type": "DELIVERY_TIP",
                "status": "PENDING",
                "subtotal": {"amount": "1", "currencyCode": "EUR"},
            },
        ],
    },
    "payment": {
        "paymentExecutions": [
            {
                "paymentMethod": "CreditCard",
                "paymentAmount": {"amount": "35.70", "currencyCode": "EUR"},
                "acquirerId": C["acquirer"],
                "cardBrand": C["cardBrand"],
                "authorizationCode": C["authorization"],
            }
        ]
    },
    "fulfillment": {
        "fulfillmentStatus": "SHIPPED",
        "fulfilledBy": "MERCHANT",
        "fulfillmentServiceLevel": "STANDARD",
        "shipByWindow": {
            "earliestDateTime": "2026-11-20T00:00:00Z",
            "latestDateTime": "2026-11-21T23:59:59Z",
        },
        "deliverByWindow": {"latestDateTime": "2026-11-28T22:59:59.999Z"},
    },
    "tax": {
        "taxRegistrations": [
            {
                "entityType": "BUYER",
                "taxRegistrationType": "VAT",
                "taxRegistrationNumber": "DE123456789",
                "legalName": "Muster GmbH",
                "taxRegistrationAddress": {"addressLine1": C["taxAddress"], "countryCode": "DE"},
                "taxRegistrationAttributes": [{"key": "TAX_OFFICE", "value": C["taxOffice"]}],
            },
            {
                "entityType": "BUYER",
                "taxRegistrationType": "CPF",
                "taxRegistrationNumber": C["cpf"],
                "legalName": C["cpfName"],
            },
            {"entityType": "MERCHANT", "legalName": "Our Shop UAB"},
        ],
        "taxInvoicing": {"invoiceStatus": "NOT_REQUIRED"},
    },
    "orderItems": [
        {
            "orderItemId": "111",
            "quantityOrdered": 3,
            "measurement": {"unit": "COUNT", "value": 1.5},
            "programs": ["TRANSPARENCY"],
            "product": {
                "asin": "B000000001",
                "title": "Büroklammer 回形针 ❤️ مشبك",
                "sellerSku": "CLIP-1",
                "condition": {"conditionType": "NEW", "conditionNote": C["conditionNote"]},
                "price": {"unitPrice": {"amount": "10.00", "currencyCode": "EUR"}},
                "serialNumbers": [C["serial"]],
                "customization": {"customizedUrl": C["customizedUrl"]},
            },
            "proceeds": {
                "proceedsTotal": {"amount": "35.70", "currencyCode": "EUR"},
                "breakdowns": [
                    {"type": "ITEM", "subtotal": {"amount": "30.00", "currencyCode": "EUR"}},
                    {
                        "type": "TAX",
                        "subtotal": {"amount": "5.70", "currencyCode": "EUR"},
                        "detailedBreakdowns": [
                            {"subtype": "ITEM", "value": {"amount": "5.70", "currencyCode": "EUR"}}
                        ],
                    },
                ],
            },
            "expense": {
                "pointsCost": {
                    "pointsGranted": {
                        "pointsNumber": 3,
                        "pointsMonetaryValue": {"amount": "0.03", "currencyCode": "EUR"},
                    }
                }
            },
            "promotion": {"breakdowns": [{"promotionId": "PROMO-1"}]},
            "cancellation": {
                "cancellationRequest": {"requester": "BUYER", "cancelReason": C["requestReason"]},
                "cancellationExecution": {
                    "cancelledBy": "MERCHANT",
                    "cancelReason": C["executionReason"],
                },
            },
            "fulfillment": {
                "quantityFulfilled": 3,
                "quantityUnfulfilled": 0,
                "packing": {
                    "giftOption": {"giftMessage": C["giftMessage"], "giftWrapLevel": "STANDARD"}
                },
                "shipping": {"internationalShipping": {"iossNumber": "IM4420001234"}},
            },
            "tax": {
                "taxCalculationBreakdowns": [{"reportingScheme": "UOSS"}],
                "taxCollections": [
                    {"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon EU"}
                ],
            },
            "tomorrow": C["unknownItem"],
        },
        {"orderItemId": "222", "quantityOrdered": 0, "product": {}},
    ],
    "packages": [
        {
            "packageReferenceId": "P1",
            "createdTime": "2026-11-21T09:00:00Z",
            "packageStatus": {"status": "DELIVERED", "detailedStatus": "DELIVERED"},
            "carrier": "DPD",
            "shipTime": "2026-11-21T10:00:00Z",
            "shippingService": "Express",
            "trackingNumber": C["tracking"],
            "shipFromAddress": {
                "name": C["shipName"],
                "addressLine1": C["shipLine"],
                "city": C["shipCity"],
                "postalCode": C["shipPost"],
                "countryCode": "LT",
            },
            "packageItems": [
                {"orderItemId": "111", "quantity": 3, "transparencyCodes": [C["transparency"]]}
            ],
        }
    ],
    "tomorrow": [C["unknownTop"]],
}


def order(**changes: Any) -> dict[str, Any]:
    """Return a full order; a change of None takes the field away."""
    made = copy.deepcopy(FULL)
    for key, value in changes.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = value
    return made


def with_(path: str, value: Any) -> dict[str, Any]:
    """Return a full order with one value changed, named like `orderItems.0.quantityOrdered`."""
    made = copy.deepcopy(FULL)
    *way, last = path.split(".")
    place: Any = made
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    if last.isdigit():
        place[int(last)] = value
    else:
        place[last] = value
    return made


def raw(sent: Any) -> bytes:
    """Return JSON as Amazon's servers write it."""
    return json.dumps(sent).encode()


def leaked(text: str | bytes) -> list[str]:
    """Return the canaries that stand in a text, in any spelling that JSON may give them."""
    whole = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return [name for name, canary in CANARIES.items() if canary in whole]
