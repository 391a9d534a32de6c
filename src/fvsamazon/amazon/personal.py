"""What happens to protected fields, and to what was worked out from them, between two versions.

Amazon shows some personal fields only to some roles and only for a while: a later version lacks
them, and what was stored must survive. Everything else is replaced by what the newer version says.
A mixture of two addresses must never come out of this.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from fvsamazon.amazon.allowlist import IDENTITIES
from fvsamazon.amazon.reader import content_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fvsamazon.orders import OrderRecord

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(dict[str, Any])

_BUYER: Final = ("buyerName", "buyerEmail")
_STREET: Final = ("name", "addressLine1", "addressLine2", "addressLine3", "extendedFields")
"""The fields of an address that Amazon withholds; one of them present means that it does not."""
_TOWN: Final = ("companyName", "city", "districtOrCounty", "municipality", "postalCode")
"""The fields that go with them, and give away that an address is another one."""
_ITEM_PATHS: Final = (
    ("fulfillment", "packing", "giftOption", "giftMessage"),
    ("product", "customization", "customizedUrl"),
)

_ZONE_KEYS: Final = ("vatZone", "vatZoneAssumed")


def merge_personal(old: bytes, new: bytes) -> bytes:
    """Return the protected part to store, of what is stored and what a later version brings.

    Only fields that Amazon gates by role and time survive a version that lacks them.
    """
    before, after = _read(old), _read(new)
    _keep(before.get("buyer"), after, "buyer", _BUYER)
    _keep_address(before, after)
    _keep_items(before, after)
    return _encoder.encode(after)


def combined(payload: bytes, personal: bytes | None) -> dict[str, Any]:
    """Return the order as Amazon sent it, put together again from its two parts."""
    public = _decoder.decode(payload)
    return _overlay(public, _read(personal)) if personal else public


def shows_street(part: bytes | None) -> bool:
    """Say whether a protected part tells where an order goes to."""
    recipient = _read(part).get("recipient")
    address = recipient.get("deliveryAddress") if isinstance(recipient, dict) else None
    return isinstance(address, dict) and bool(address.get("addressLine1"))


def carry_zones(old_payload: bytes, record: OrderRecord) -> OrderRecord:
    """Return the record with the VAT zones of the stored version where it can no longer tell them.

    A post code that Amazon withholds from a later version takes its VAT zone with it.
    """
    public = _decoder.decode(record.payload)
    before = _decoder.decode(old_payload)
    pairs = [(_address(before), _address(public))]
    packages = {p.get("packageReferenceId"): p for p in before.get("packages", ())}
    for package in public.get("packages", ()):
        known = packages.get(package.get("packageReferenceId"), {})
        pairs.append((known.get("shipFromAddress"), package.get("shipFromAddress")))
    changed = [_carry_zone(was, now) for was, now in pairs if was and now]
    if not any(changed):
        return record
    payload = _encoder.encode(public)
    return replace(record, payload=payload, content_hash=content_hash(payload))


def _address(order: dict[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] | None = (order.get("recipient") or {}).get("deliveryAddress")
    return found


def _carry_zone(was: dict[str, Any], now: dict[str, Any]) -> bool:
    known = "vatZone" in was and not was.get("vatZoneAssumed")
    lost = "vatZone" not in now or now.get("vatZoneAssumed")
    same = all(was.get(key) == now.get(key) for key in ("countryCode", "stateOrRegion"))
    if not (known and lost and same):
        return False
    for key in _ZONE_KEYS:
        now.pop(key, None)
    now["vatZone"] = was["vatZone"]
    return True


def _read(part: bytes | None) -> dict[str, Any]:
    return _decoder.decode(part) if part else {}


def _keep(was: Any, owner: dict[str, Any], key: str, names: tuple[str, ...]) -> None:  # noqa: ANN401 - JSON
    """Let fields of the object at `key` survive where the newer one lacks them."""
    if not isinstance(was, dict):
        return
    missing = {name: was[name] for name in names if name in was}
    now = owner.get(key)
    if missing and (now is None or isinstance(now, dict)):
        owner[key] = missing | (now or {})


def _keep_address(before: dict[str, Any], after: dict[str, Any]) -> None:
    was = (before.get("recipient") or {}).get("deliveryAddress")
    recipient = after.get("recipient", {})
    now = recipient.get("deliveryAddress", {})
    if not isinstance(was, dict) or not isinstance(now, dict):
        return
    if any(_differs(was.get(name), now.get(name)) for name in _STREET + _TOWN):
        # Another address: neither its lines nor its phone belong to the new one.
        return
    withheld = not any(name in now for name in _STREET)
    names = (*_STREET, *_TOWN, "phone") if withheld else ("phone",)
    kept = {name: was[name] for name in names if name in was} | now
    if kept:
        after["recipient"] = recipient | {"deliveryAddress": kept}


def _differs(was: Any, now: Any) -> bool:  # noqa: ANN401 - JSON
    """Say whether two spellings of a field, both told, mean different things."""
    if isinstance(was, str) and isinstance(now, str):
        return bool(was and now) and was.casefold() != now.casefold()
    return was is not None and now is not None and bool(was != now)


def _keep_items(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Let gated fields of items survive; an item is known by its id alone."""
    items = after.get("orderItems") or []
    known = {item["orderItemId"]: item for item in items if "orderItemId" in item}
    for was in before.get("orderItems") or []:
        identity = was.get("orderItemId")
        for path in _ITEM_PATHS:
            value = _at(was, path)
            if identity is None or value is None:
                continue
            if identity not in known:
                known[identity] = {"orderItemId": identity}
                items.append(known[identity])
            if _at(known[identity], path) is None:
                _put(known[identity], path, value)
    if items:
        after["orderItems"] = items


def _at(item: dict[str, Any], path: tuple[str, ...]) -> Any:  # noqa: ANN401 - JSON
    value: Any = item
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _put(item: dict[str, Any], path: tuple[str, ...], value: Any) -> None:  # noqa: ANN401 - JSON
    for key in path[:-1]:
        inner = item.setdefault(key, {})
        if not isinstance(inner, dict):
            return
        item = inner
    item[path[-1]] = value


def _overlay(public: Any, rest: Any) -> Any:  # noqa: ANN401 - JSON
    """Lay the protected part over the public one; where both speak the public one holds."""
    if isinstance(public, dict) and isinstance(rest, dict):
        both = {key: _overlay(public[key], rest[key]) for key in public.keys() & rest.keys()}
        return rest | public | both
    if isinstance(public, list) and isinstance(rest, list):
        return [_overlay(*pair) for pair in _pairs(public, rest)]
    return public


def _pairs(public: list[Any], rest: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Match elements by their id, those without one by their place."""
    by_id = {_identity(element): element for element in rest if _identity(element)}
    for index, element in enumerate(public):
        identity = _identity(element)
        beside = rest[index] if index < len(rest) else None
        if identity is not None:
            yield element, by_id.get(identity)
        else:
            yield element, None if _identity(beside) else beside


def _identity(element: Any) -> tuple[str, str] | None:  # noqa: ANN401 - JSON
    for key in IDENTITIES:
        if isinstance(element, dict) and key in element:
            return key, str(element[key])
    return None
