"""What `check` asks of Finvalda follows from the rules, and nothing else is complained about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from fvsamazon.booking.named import named_codes
from fvsamazon.cli.check_finvalda import FinvaldaCheck
from fvsamazon.finvalda.client import FinvaldaClient
from fvsamazon.finvalda.transport import Credentials
from fvsamazon.settings import Settings
from support.delivery_house import RULES, rules_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fvsamazon.booking.rule_types import Rules

OK = {"AccessResult": "Success", "error": "", "nResult": 0}
ROWS = {**OK, "items": []}
UVM = RULES.replace('series = "AMZ"', 'series = "AMZ"\nreservation = "UVMPardRezDok"')
LISTS = ("GetUVMPardRNeivykdyti", "GetUVMPardRIvykdyti", "GetUVMPardRAnuliuoti")


def check_of(answer: Callable[[str, Any], Any]) -> FinvaldaCheck:
    """Return a check of a Finvalda that answers so; None stands for a method that it lacks."""

    def handler(request: httpx.Request) -> httpx.Response:
        method = request.url.path.rsplit("/", 1)[-1]
        body = json.loads(request.content) if request.content else dict(request.url.params)
        said = answer(method, body)
        return httpx.Response(404) if said is None else httpx.Response(200, json=said)

    http = httpx.AsyncClient(transport=httpx.MockTransport(handler))
    client = FinvaldaClient(http, "http://127.0.0.1/FvsServicePure.svc", Credentials("U", "P"))
    return FinvaldaCheck(client, Settings())


def rows(check: FinvaldaCheck, *states: str) -> list[str]:
    return [row.detail for row in check.rows if row.state in states]


def lacking(*methods: str) -> Callable[[str, Any], Any]:
    def answer(method: str, body: Any) -> Any:
        kind = body.get("readParams", {}).get("type", "")
        return None if {method, kind} & set(methods) else ROWS

    return answer


async def service(rules: Rules | None, *methods: str) -> FinvaldaCheck:
    check = check_of(lacking(*methods))
    await check.service(rules)
    return check


async def test_what_the_rules_do_not_need_may_be_missing() -> None:
    spare = ("GetOMMSales", *LISTS, "BarCodes")
    assert rows(await service(rules_of(RULES), *spare), "warn", "fail") == []
    assert rows(await service(None, *spare, "CurrencyRates"), "warn", "fail") == []


@pytest.mark.parametrize("method", ["PartnerProducts", "CurrencyRates"])
async def test_what_the_rules_need_is_told_when_it_is_missing(method: str) -> None:
    (told,) = rows(await service(rules_of(RULES), method), "warn", "fail")
    assert method in told


async def test_reservations_of_the_order_module_need_one_way_to_find_them() -> None:
    rules = rules_of(UVM)
    slow = await service(rules, "GetOMMSales")
    assert "GetOMMSales" in rows(slow, "warn")[0]
    assert rows(slow, "fail") == []
    none = await service(rules, "GetOMMSales", LISTS[1])
    (told,) = rows(none, "fail")
    assert "nothing is booked by itself" in told


async def test_objects_and_client_types_are_looked_for() -> None:
    rules = rules_of(RULES, ('series = "AMZ"', 'series = "AMZ"\nobjects = ["", "WEB"]'))

    def answer(method: str, _: Any) -> Any:
        code = {"GetObjektai2Set": "OTHER", "GetKlientuRusisPozymius": "b2b"}.get(method)
        return {**OK, "items": [{"kodas": code}] if code else []}

    check = check_of(answer)
    await check.codes(named_codes(rules, "FVSAMAZON"))
    assert "objects 2 that Finvalda lacks: WEB" in rows(check, "fail")
    assert "1 of 1 client types are there" in rows(check, "ok")
    # AMZ{marketplace} is filled by an order alone.
    assert "known only with an order, and not checked: AMZ{marketplace}" in rows(check, "ok")
    older = check_of(lacking("GetObjektai2Set"))
    await older.codes(named_codes(rules, "FVSAMAZON"))
    assert [one for one in rows(older, "warn") if "objects 2 cannot be checked" in one]


def permitted(*groups: tuple[int, list[str]]) -> Any:
    listed = [
        {"perrmisionClass": number, "permittedEntities": [{"id1": code} for code in codes]}
        for number, codes in groups
    ]
    return {**OK, "result": {"perrmissions": listed}}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (permitted((65, ["OTHER"])), ["warehouses that the Finvalda user may not use: FBM"]),
        (permitted((65, ["fbm "]), (6, ["X"])), []),
        (permitted((65, [])), []),
        (permitted(), []),
        ({"AccessResult": "AccessDenied", "error": "not licensed"}, []),
        ({**OK, "result": "?"}, []),
        (None, []),
    ],
)
async def test_a_user_s_restrictions_are_told_where_finvalda_tells_them(
    answer: Any, told: list[str]
) -> None:
    check = check_of(lambda method, _: answer if method == "GetUserPermissions" else ROWS)
    await check.permissions(named_codes(rules_of(RULES), "FVSAMAZON"), "U")
    assert rows(check, "warn", "fail", "ok") == told
