"""Finvalda names the buyer in what it refuses: neither the log nor the outbox keeps the name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fvsamazon.store import deliveries
from support.delivery_house import RULES, amazon_order, delivery_house, rules_of

if TYPE_CHECKING:
    from pathlib import Path

BUYER = {
    "name": "Greta Müllerheim",
    "street": "Lindenhofgasse 8",
    "city": "Köln",
    "post_code": "50667-CANARY",
    "phone": "+49 160 5551234",
}
WORDS = ("Greta", "Müllerheim", "Mullerheim", "Lindenhof", "Köln", "Koln", "CANARY", "5551234")
SAID = (
    "Klientas 'Greta Müllerheim' (Greta Mullerheim), Lindenhofgasse 8, Köln Koln 50667-CANARY, "
    "+49 160 5551234 MULLERHEIM užblokuotas"
)


@pytest.mark.parametrize("method", ["InsertNewItem", "InsertNewOperation", "GetKlientasAll"])
@pytest.mark.parametrize("number", [1036, 2010, 1000, 1])
async def test_a_refusal_that_names_the_buyer(
    tmp_path: Path, method: str, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = rules_of(RULES, ('code = "AMZ{marketplace}"', 'per_buyer = { code = "P{order_id}" }'))

    async def known(order_row: int) -> dict[str, str | None]:
        del order_row
        return dict(BUYER)

    async with delivery_house(tmp_path / "fvsamazon.db") as house:
        house.personal = known
        await house.reload(rules)
        house.finvalda.faults.add("code", method=method, code=number, text=SAID, count=5)
        await house.record(amazon_order())
        await house.work()
        row = dict(await house.row())
        told = deliveries.reasons_of(row["reasons"])
        refused = str(row)
        state = await house.state()
    if method == "InsertNewOperation":
        assert state != "booked"
    if state in {"held", "failed"}:
        assert "***" in str(told) or str(number) in str(told)
    said = refused + capsys.readouterr().out
    assert [word for word in WORDS if word.lower() in said.lower()] == []
    for file in tmp_path.glob("fvsamazon.db*"):
        raw = file.read_bytes().decode("utf-8", "replace").lower()
        assert [word for word in WORDS if word.lower() in raw] == [], file.name
