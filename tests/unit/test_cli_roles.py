"""What `check` concludes of roles: a word of trouble never stands beside `ok`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fvsamazon.amazon.reader import read_order
from fvsamazon.cli import check_texts as texts
from fvsamazon.cli.check_roles import ENOUGH, roles_row
from fvsamazon.orders import OrderRecord
from support.delivery_house import amazon_order

if TYPE_CHECKING:
    from fvsamazon.cli.check_rows import Row


def order(number: int, **changes: Any) -> OrderRecord:
    read = read_order(json.dumps(amazon_order(number, **changes)).encode())
    assert isinstance(read, OrderRecord)
    return read


def row(*orders: OrderRecord, personal: bool, language: Any = "en") -> Row:
    return roles_row(orders, region="Europe", account="main", personal=personal, language=language)


WAITING = order(1, status="UNSHIPPED")


def business(count: int) -> list[OrderRecord]:
    return [order(number, programs=["AMAZON_BUSINESS"]) for number in range(1, count + 1)]


@pytest.mark.parametrize("language", ["en", "lt"])
def test_streets_that_nobody_wants_are_no_trouble(language: Any) -> None:
    found = row(WAITING, personal=False, language=language)
    assert (found.state, found.remedy) == ("ok", None)
    assert found.detail == texts.ADDRESSES_UNNEEDED.say(language)


@pytest.mark.parametrize("language", ["en", "lt"])
def test_streets_that_are_wanted_and_missing_are(language: Any) -> None:
    found = row(WAITING, personal=True, language=language)
    assert (found.state, found.remedy) == ("warn", texts.ADD_SHIPPING_ROLE.say(language))
    assert found.detail == texts.ADDRESSES_HIDDEN.say(language, count=1)


def test_a_few_business_orders_prove_nothing_and_many_do() -> None:
    few = row(*business(ENOUGH - 1), personal=False)
    assert (few.state, few.remedy) == ("ok", None)
    assert few.detail == texts.TAX_UNTOLD.say("en", count=ENOUGH - 1)
    many = row(*business(ENOUGH), personal=False)
    assert (many.state, many.detail) == ("warn", texts.TAX_HIDDEN.say("en", count=ENOUGH))
