"""The document of one simulated order as one account may see it at one moment.

In: an order's content, story and the acts that have happened, and the lens of a request (data
sets asked for, roles held, the time). Out: the JSON object of Orders API 2026-01-01. A data set
that was not asked for is not there; personal data is withheld by role, by who ships, by status
and, for telephone numbers, by date.
"""

# ruff: noqa: PLR2004 - shares of what the dice decide are the content here

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fvsamazon.simulator.clock import iso
from fvsamazon.simulator.items import item_document
from fvsamazon.simulator.money import money
from fvsamazon.simulator.odd import oddify
from fvsamazon.simulator.options import D2C, TAX
from fvsamazon.simulator.packages import packages
from fvsamazon.simulator.story import Act, dice_of
from fvsamazon.simulator.view import DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from fvsamazon.simulator.view import Lens, View

Json = dict[str, Any]

DATA_SETS = frozenset({
    "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT",
    "PACKAGES", "TAX", "PAYMENT", "FULFILLMENT_ORDERS",
})  # fmt: skip
PENDING = frozenset({"PENDING", "PENDING_AVAILABILITY"})
SHIPPABLE = frozenset({"UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED"})
_PREFERENCE: Json = {
    "dropOffLocation": "Back porch",
    "addressInstruction": "Ring twice; the dog is invented",
    "deliveryTime": {
        "businessHours": [
            {
                "dayOfWeek": "MON",
                "timeWindows": [
                    {"startTime": {"hour": 9, "minute": 0}, "endTime": {"hour": 17, "minute": 30}}
                ],
            }
        ]
    },
    "deliveryCapabilities": ["HAS_ACCESS_POINT"],
}
_NO_TAX_ROLE_NAMES = frozenset({"US", "JP", "SG"})


def grand_total(view: View) -> int | None:
    """Return what the order is worth in minor units, or None where Amazon does not say."""
    content, story = view.content, view.story
    if view.status in PENDING:
        # A user of the Japanese store saw money on pending orders; elsewhere there is none.
        return content.total if story.marketplace.code == "JP" else None
    if view.status == "CANCELLED":
        return None if Act.PAID not in view.acts or content.flavour < 0.6 else 0
    if story.outside and content.flavour < 0.5:
        return None
    tip = content.tip if content.tip and Act.TIP_FINAL in view.acts else 0
    return content.total + tip


def document(view: View, lens: Lens) -> Json:
    """Write the order."""
    order = _plain(view)
    total = grand_total(view)
    for name, key, part in _PARTS:
        if name in lens.wanted and (found := part(view, lens)):
            order[key] = found
    if total is not None and "PROCEEDS" in lens.wanted:
        order["proceeds"] = _proceeds(view, total)
    if total and "PAYMENT" in lens.wanted and view.status not in PENDING:
        order["payment"] = {"paymentExecutions": [_payment(view, total)]}
    if "PACKAGES" in lens.wanted and (parcels := packages(view)):
        order["packages"] = parcels
    order["orderItems"] = [
        item_document(view, lens, item, priced=total is not None) for item in view.content.items
    ]
    if lens.tomorrow:
        oddify(order, dice_of(view.seed, view.number, 3))
    return order


def _plain(view: View) -> Json:
    """Return what comes whatever data sets were asked for; the status is not among it."""
    content = view.content
    order: Json = {
        "orderId": view.order_id,
        "createdTime": iso(view.created),
        "lastUpdatedTime": iso(view.updated),
        "salesChannel": _channel(view),
    }
    if content.alias:
        order["orderAliases"] = [{"aliasId": content.alias, "aliasType": "SELLER_ORDER_ID"}]
    programs = _programs(view)
    if programs or content.flavour < 0.5:
        order["programs"] = programs
    if content.original:
        kind = "EXCHANGE" if content.flavour < 0.2 else "REPLACEMENT"
        order["associatedOrders"] = [
            {"orderId": content.original, "associationType": f"{kind}_ORIGINAL_ID"}
        ]
    elif content.flavour < 0.1:
        order["associatedOrders"] = []
    return order


def _channel(view: View) -> Json:
    place = view.story.marketplace
    if view.story.outside:
        # Orders of other channels carry no marketplace.
        channel: Json = {"channelName": "NON_AMAZON"}
        if view.content.flavour < 0.5:
            channel["marketplaceName"] = view.content.outside_name
        return channel
    channel = {"channelName": "AMAZON", "marketplaceId": place.id}
    if view.content.flavour < 0.95:
        channel["marketplaceName"] = place.name
    return channel


def _programs(view: View) -> list[str]:
    content, story = view.content, view.story
    flags = (
        ("AMAZON_BUSINESS", content.business),
        ("PRIME", content.prime and not story.outside),
        ("PREORDER", story.preorder),
        ("AMAZON_EASY_SHIP", content.easy_ship),
        ("IN_STORE_PICK_UP", content.pick_up),
        ("INVOICE_BY_AMAZON", content.business and content.flavour < 0.3),
        ("PREMIUM", content.flavour > 0.98),
        ("AMAZON_HAUL", content.flavour < 0.01),
    )
    return [name for name, on in flags if on]


def _buyer(view: View, lens: Lens) -> Json:
    content, story = view.content, view.story
    buyer: Json = {}
    if view.status in SHIPPABLE and not story.outside:
        code = story.marketplace.code
        by_tax = TAX in lens.roles and code not in _NO_TAX_ROLE_NAMES
        if by_tax or (story.merchant and D2C in lens.roles):
            buyer["buyerName"] = content.buyer.name
        if story.merchant and D2C in lens.roles:
            domain = story.marketplace.domain
            buyer["buyerEmail"] = f"sim{view.number:x}@marketplace.{domain}"
    if content.business:
        if content.buyer.company and content.flavour < 0.9:
            buyer["buyerCompanyName"] = content.buyer.company
        if content.purchase_number:
            buyer["buyerPurchaseOrderNumber"] = content.purchase_number
    return buyer


def _recipient(view: View, lens: Lens) -> Json:
    if view.status in PENDING or view.status == "UNFULFILLABLE":
        return {}
    personal = view.status in SHIPPABLE and view.story.merchant and D2C in lens.roles
    recipient: Json = {"deliveryAddress": _address(view, lens, personal=personal)}
    if personal and view.content.flavour < 0.08:
        recipient["deliveryPreference"] = _PREFERENCE
    return recipient


def _address(view: View, lens: Lens, *, personal: bool) -> Json:
    content, person = view.content, view.content.buyer
    address = _personal_lines(view) if personal else {}
    address["city"] = person.town
    if content.flavour < 0.5:
        address |= {"districtOrCounty": "", "municipality": ""}
    if person.state or content.flavour < 0.3:
        address["stateOrRegion"] = person.state
    by_tax_role = view.status in SHIPPABLE and TAX in lens.roles
    postcode_open = person.country == "JP" or by_tax_role
    if person.postcode and (personal or postcode_open):
        address["postalCode"] = person.postcode
    address["countryCode"] = person.country
    late = view.status == "SHIPPED" and lens.now > view.deliver_by
    if personal and not late and content.flavour < 0.97:
        address["phone"] = person.phone
    if content.pick_up:
        address["addressType"] = "PICKUP_POINT"
    elif content.flavour < 0.9:
        address["addressType"] = "COMMERCIAL" if content.business else "RESIDENTIAL"
    return address


def _personal_lines(view: View) -> Json:
    content, person = view.content, view.content.buyer
    found: Json = {"name": person.name}
    if person.company and content.flavour < 0.8:
        found["companyName"] = person.company
    for number, line in enumerate(person.lines, start=1):
        # Amazon sends "" for lines that the buyer left empty, or leaves them out.
        if line or content.flavour < 0.5:
            found[f"addressLine{number}"] = line
    if view.story.marketplace.code == "BR":
        found["extendedFields"] = {
            "streetName": person.lines[0],
            "streetNumber": person.number,
            "complement": person.lines[1],
            "neighborhood": "Bairro Exemplo",
        }
    return found


def _fulfillment(view: View, lens: Lens) -> Json:
    content, story = view.content, view.story
    found: Json = {
        "fulfillmentStatus": story.shown_status(view.status, tomorrow=lens.tomorrow),
        "fulfilledBy": "MERCHANT" if story.merchant else "AMAZON",
        "fulfillmentServiceLevel": content.level,
    }
    if not content.pick_up and view.status not in PENDING:
        start = view.created // DAY * DAY
        days = 10 if story.preorder else 0
        found["shipByWindow"] = {
            "earliestDateTime": iso(start + days * DAY),
            "latestDateTime": iso(start + (days + 3) * DAY - 1000),
        }
        if story.merchant or content.flavour < 0.4:
            found["deliverByWindow"] = {
                "earliestDateTime": iso(view.deliver_by - 3 * DAY + 1000),
                "latestDateTime": iso(view.deliver_by),
            }
        if story.merchant and content.flavour < 0.1:
            found["labelPrintingWindow"] = {"earliestDateTime": iso(start)}
    return found


def _proceeds(view: View, total: int) -> Json:
    content = view.content
    found: Json = {"grandTotal": money(total, content.currency)}
    tip = content.tip
    if (content.flavour < 0.5 and not tip) or view.status == "CANCELLED":
        return found
    sums: dict[str, int] = {}
    for item in content.items:
        if item.dropped:
            continue
        for kind, value in item.money.parts.items():
            sums[kind] = sums.get(kind, 0) + value
        if item.money.discounts:
            sign = -1 if item.money.negative_discount else 1
            sums["DISCOUNT"] = sums.get("DISCOUNT", 0) + sign * item.money.discount
        if item.money.taxes:
            sums["TAX"] = sums.get("TAX", 0) + item.money.tax
    rows: list[Json] = [
        {"type": kind, "subtotal": money(value, content.currency)} for kind, value in sums.items()
    ]
    if tip:
        final = Act.TIP_FINAL in view.acts
        rows.append({
            "type": "DELIVERY_TIP",
            "status": "FINALIZED" if final else "PENDING",
            "subtotal": money(tip, content.currency),
        })  # fmt: skip
    found["breakdowns"] = rows
    return found


def _payment(view: View, total: int) -> Json:
    content, place = view.content, view.story.marketplace
    found: Json = {"paymentAmount": money(total, content.currency)}
    if place.code == "BR":
        pix = content.flavour < 0.5
        found |= {"paymentMethod": "Pix" if pix else "CreditCard", "acquirerId": "00.000.000/0001"}
        found["authorizationCode"] = f"{view.number % 999_999:06d}"
        if not pix:
            found["cardBrand"] = "Visa"
    elif "COD_FEE" in content.items[0].money.parts:
        found["paymentMethod"] = "CashOnDelivery"
    elif content.business:
        found["paymentMethod"] = "Invoice"
    else:
        store = place.code == "JP" and content.flavour < 0.3
        found["paymentMethod"] = "ConvenienceStore" if store else "CreditCard"
    return found


def _tax(view: View, lens: Lens) -> Json:
    content, code, person = view.content, view.story.marketplace.code, view.content.buyer
    found: Json = {}
    registrations: list[Json] = []
    if content.business and person.vat_number:
        entry: Json = {
            "entityType": "BUYER",
            "taxRegistrationType": "BUSINESS" if code == "TR" else "VAT",
            "taxRegistrationNumber": person.vat_number,
            "taxRegistrationAddress": {
                "companyName": person.company,
                "addressLine1": person.lines[0],
                "city": person.town,
                "postalCode": person.postcode,
                "countryCode": person.country,
            },
        }
        if content.flavour < 0.9:
            entry["legalName"] = person.company
        if code == "TR":
            entry["taxRegistrationAttributes"] = [{"key": "TAX_OFFICE", "value": "Örnek VD"}]
        registrations.append(entry)
    if code == "BR":
        registrations.append({
            "entityType": "MARKETPLACE",
            "taxRegistrationType": "CNPJ",
            "taxRegistrationNumber": "00000000000191",
        })  # fmt: skip
    if registrations and TAX in lens.roles:
        found["taxRegistrations"] = registrations
    if code == "TR":
        found["taxInvoicing"] = {
            "buyerInvoicePreference": "BUSINESS" if content.business else "INDIVIDUAL"
        }
    elif code == "BR" or content.easy_ship:
        shipped = Act.SHIPPED in view.acts
        found["taxInvoicing"] = {"invoiceStatus": "ACCEPTED" if shipped else "PROCESSING"}
    return found


def _fulfillment_orders(view: View, _lens: Lens) -> list[Json]:
    if not view.content.easy_ship or Act.PAID not in view.acts:
        return []
    return [{"fulfillmentOrderId": f"FO{view.number:012d}"}]


_PARTS: tuple[tuple[str, str, Callable[[View, Lens], Json | list[Json]]], ...] = (
    ("BUYER", "buyer", _buyer),
    ("RECIPIENT", "recipient", _recipient),
    ("FULFILLMENT", "fulfillment", _fulfillment),
    ("TAX", "tax", _tax),
    ("FULFILLMENT_ORDERS", "fulfillmentOrders", _fulfillment_orders),
)
