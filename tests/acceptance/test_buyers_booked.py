"""Buyers' data goes into Finvalda's cards, and through no command, log or file on its way there."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from fvsamazon import keyfile
from fvsamazon.simulator import D2C, TAX, Simulation, SimulationOptions, account
from support.commands import fvsamazon_run, settings_file
from support.delivery_house import amazon_order
from support.personal import stamp

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = {
    "name": "Canaraitis Jonas",
    "addressLine1": "Canaringasse 8",
    "addressLine2": "Canarihof",
    "city": "Canaristadt",
    "phone": "+49 160 5551234",
}
BUYER = {"buyerName": "Canarbuyer Greta", "buyerEmail": "canary@marketplace.amazon.de"}
WORDS = (
    "canaraitis",
    "canaringasse",
    "canarihof",
    "canaristadt",
    "5551234",
    "canarbuyer",
    "canary@",
    "canarigift",
    "canarinote",
)
REFUSED = (
    "Kliento Canaraitis Jonas (CANARAITIS, canary@marketplace.amazon.de) Canaringasse 8 "
    "Canaristadt +49 160 5551234 duomenys netinka"
)


def order(number: int) -> dict[str, Any]:
    moment = stamp(datetime.now(UTC) - timedelta(minutes=5 + number))
    wire = amazon_order(number)
    wire |= {"createdTime": moment, "lastUpdatedTime": moment, "buyer": dict(BUYER)}
    wire["recipient"]["deliveryAddress"] |= PEOPLE
    wire["orderItems"][0] |= {
        "product": wire["orderItems"][0]["product"]
        | {"customization": {"customizedUrl": "https://canarinote.example/x"}},
        "fulfillment": wire["orderItems"][0]["fulfillment"]
        | {"shipping": {"internationalShipping": {"iossNumber": "canarinote"}}},
    }
    wire["orderItems"][0]["giftOption"] = {"giftMessage": "canarigift"}
    return wire


def rules() -> str:
    text = files("fvsamazon.cli").joinpath("demo_booking.toml").read_text("utf-8")
    before = 'code = "AMZPIRKEJAS"'
    assert before in text
    return text.replace(before, 'per_buyer = { code = "P{order_id}" }\naddress = true')


def commands(found: list[str]) -> list[tuple[str, ...]]:
    each = [
        (*base, one, *more)
        for one in found
        for base in (("orders", "show"), ("deliveries", "show"), ("deliveries", "preview"))
        for more in ((), ("--json",))
    ]
    return [
        *each,
        ("check",),
        ("check", "--json"),
        ("status",),
        ("orders", "list"),
        ("orders", "list", "--json"),
        ("orders", "export"),
        ("orders", "export", "--format", "csv"),
        ("deliveries", "list"),
        ("deliveries", "list", "--json"),
        ("deliveries", "preview", "--all"),
        ("deliveries", "preview", "--all", "--json"),
        ("orders", "fetch", found[0]),
        ("deliveries", "retry", found[-1]),
        ("deliveries", "skip", found[-1], "--reason", "by hand"),
        ("sync",),
    ]


@pytest.mark.slow
async def test_a_buyer_is_in_finvalda_and_in_no_text_of_ours(tmp_path: Path) -> None:
    options = SimulationOptions(
        orders=0, live_rate=0.0, accounts=(account("Europe", codes="DE", roles={D2C, TAX}),)
    )
    said: list[str] = []
    async with Simulation(options) as simulation:
        for number in range(1, 5):
            simulation.amazon.put("Europe", "main", order(number))
        faults = simulation.finvalda.faults
        for method in ("InsertNewItem", "InsertNewOperation"):
            faults.add("code", method=method, code=1036, text=REFUSED, count=1)
        settings_file(
            tmp_path,
            simulation.settings(),
            FVSAMAZON_PERSONAL_DATA__ENABLED="true",
            FVSAMAZON_PERSONAL_DATA__KEY_FILE="key",
            FVSAMAZON_LOG_LEVEL="debug",
            FVSAMAZON_LANGUAGE="lt",
        )
        keyfile.create(tmp_path / "key")
        (tmp_path / "booking.toml").write_text(rules(), "utf-8")
        first = await fvsamazon_run("sync", folder=tmp_path)
        said.append(first.out + first.err)
        listed = await fvsamazon_run("orders", "list", "--json", folder=tmp_path)
        found = [one["order_id"] for one in listed.json]
        assert len(found) == 4, first
        states = {one["delivery"]["state"] for one in listed.json}
        assert {"booked", "held"} <= states, listed.out + first.err
        booked, held = (
            [one["order_id"] for one in listed.json if one["delivery"]["state"] == state]
            for state in ("booked", "held")
        )
        for arguments in commands([booked[0], held[0]]):
            done = await fvsamazon_run(*arguments, folder=tmp_path)
            assert "program.failed" not in done.err, (arguments, done.err)
            said.append(f"{arguments}\n{done.out}{done.err}")
        shown = await fvsamazon_run("orders", "show", found[0], "--personal-data", folder=tmp_path)
        assert "Canaraitis" in shown.out, "it was never kept"
        said.append(shown.err)
        truth = json.dumps(simulation.finvalda.truth(), ensure_ascii=False)
    assert any("duomenys netinka" in text for text in said), "no refusal was told"
    assert "Canaraitis Jonas" in truth, "it never reached Finvalda"
    for text in said:
        assert [word for word in WORDS if word in text.lower()] == [], text
    for file in sorted(tmp_path.iterdir()):
        raw = file.read_bytes().decode("utf-8", "replace").lower()
        assert [word for word in WORDS if word in raw] == [], file.name
