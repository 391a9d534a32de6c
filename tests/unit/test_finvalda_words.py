"""What went wrong with Finvalda is told in the reader's language."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import structlog

from fvsamazon.clock import to_micros
from fvsamazon.delivery import holds
from fvsamazon.delivery.destination import Destination
from fvsamazon.finvalda import codes, errors, transport
from fvsamazon.finvalda.trouble_texts import ON_THE_LINE, in_words
from fvsamazon.store import outbox, schema
from fvsamazon.store.database import Database
from support.clocks import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from fvsamazon.errors import RemoteError

TOLD: list[tuple[RemoteError, str, str]] = [
    (errors.AccessDenied("GetX", "blogas slaptažodis"), "access denied: ", "prieiga neleista: "),
    (errors.AccessDenied("GetX", ""), "access denied", "prieiga neleista"),
    (errors.MissingMethod("GetX"), "no method GetX", "nėra metodo GetX"),
    (errors.FilterIgnored("GetX"), "filter was ignored", "GetX: paieškoje nepaisyta filtro"),
    (
        errors.Misconfigured(
            "redirected with HTTP 302", errors.REDIRECTED, operation="X", status=302
        ),
        "redirected with HTTP 302",
        "atsakyta HTTP 302",
    ),
    (errors.Unreachable("HTTP 503", operation="X", status=503), "HTTP 503", "atsakyta HTTP 503"),
    (errors.Unreachable("no answer in time", operation="X"), "no answer in time", "laiku neatsakė"),
    (
        errors.Unreachable("rate: no date", operation="X", code="unreadable"),
        "rate: no date",
        "atsakymo nepavyko perskaityti",
    ),
    (
        errors.Unanswered("the connection failed (ReadError)", operation="X"),
        "the connection failed (ReadError)",
        "ryšys nutrūko",
    ),
    (
        errors.refusal("X", codes.classify(1036, "užrakinta"), "užrakinta"),
        "refused with 1036: užrakinta",
        "atmesta su kodu 1036: užrakinta",
    ),
]


@pytest.mark.parametrize(("error", "english", "lithuanian"), TOLD)
def test_every_kind_of_trouble_has_words(error: RemoteError, english: str, lithuanian: str) -> None:
    told = in_words(error)
    assert english in told.en
    assert lithuanian in told.lt


def test_what_happens_on_the_line_is_translated_whatever_it_is() -> None:
    assert set(transport._REASONS.values()) <= set(ON_THE_LINE)


async def test_the_state_of_finvalda_is_kept_in_both_languages(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "fvsamazon.db", create=True)
    await schema.migrate(database)
    clock = FakeClock()
    state = Destination(database, clock, structlog.get_logger())
    await state.down(errors.Unreachable("no answer in time", operation="GetOperations"))
    row = await outbox.destination(database)
    assert row is not None
    (told,) = json.loads(row["reasons"])
    assert (told["en"], told["lt"]) == ("no answer in time", "laiku neatsakė")
    assert row["since"] == to_micros(clock.now())
    await database.close()


def test_an_order_that_finvalda_chokes_on_says_so_in_both_languages() -> None:
    (told,) = json.loads(holds.unanswered(errors.Unreachable("no answer in time", operation="X")))
    assert (told["en"], told["lt"]) == ("Finvalda: no answer in time.", "Finvalda: laiku neatsakė.")
