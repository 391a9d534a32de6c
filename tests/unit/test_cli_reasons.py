"""Why an order is not booked: the sentences of `orders show` agree with the rules' own decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fvsamazon import files
from fvsamazon.booking.dueness import PENDING
from fvsamazon.cli.order_reasons import why_not_booked
from fvsamazon.settings import load
from fvsamazon.store import orders
from support.commands import SETTINGS, settings_file
from support.delivery_house import RULES, amazon_order
from support.recorded import record, recorded

if TYPE_CHECKING:
    import os
    import pathlib
    import sqlite3

    from fvsamazon.settings import Settings

FINVALDA = {
    "FVSAMAZON_FINVALDA__URL": "https://finvalda.example/FvsServicePure.svc",
    "FVSAMAZON_FINVALDA__USERNAME": "U",
    "FVSAMAZON_FINVALDA__PASSWORD": "a password",
    "FVSAMAZON_FINVALDA__COMPANY_ID": "C",
}


@pytest.fixture
def settings(tmp_path: pathlib.Path) -> Settings:
    (tmp_path / "booking.toml").write_text(RULES, "utf-8")
    return load(settings_file(tmp_path, SETTINGS, **FINVALDA), {}).settings


async def order_of(folder: pathlib.Path, status: str) -> sqlite3.Row:
    async with recorded(folder / "fvsamazon.db") as database:
        await record(database, amazon_order(status=status))
        (row,) = await orders.get(database, "305-0000000-0000001")
    return row


@pytest.mark.parametrize("status", sorted(PENDING))
async def test_every_status_that_the_rules_wait_on_is_amazon_s_word(
    tmp_path: pathlib.Path, settings: Settings, status: str
) -> None:
    row = await order_of(tmp_path, status)
    assert why_not_booked(row, settings) == (
        f"not booked: Amazon has not released the order yet (status {status})"
    )


async def test_rules_that_cannot_be_reached_are_told_in_a_sentence(
    tmp_path: pathlib.Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await order_of(tmp_path, "UNSHIPPED")
    told = why_not_booked(row, settings)
    assert told is not None
    assert "nothing is due for it under the rules" in told
    read = files.read

    def refuse(path: pathlib.Path, limit: int) -> tuple[bytes, os.stat_result]:
        if path == settings.booking_rules:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path, limit)

    # As in a folder that the reader may not enter.
    monkeypatch.setattr(files, "read", refuse)
    told = why_not_booked(row, settings)
    assert told is not None
    assert str(settings.booking_rules) in told
    assert "Permission denied" in told
    assert "\n" not in told


async def test_no_file_of_rules_is_told(tmp_path: pathlib.Path, settings: Settings) -> None:
    row = await order_of(tmp_path, "SHIPPED")
    settings.booking_rules.unlink()
    told = why_not_booked(row, settings)
    assert told is not None
    assert "there is no rules file" in told
