"""What `fvsamazon status` says of Finvalda itself: sentences for the page, findings for monitoring.

Waiting loses nothing, for orders go on being recorded; yet nothing is booked meanwhile, and that
is what the program is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon import status
from fvsamazon.cli.wording import clock_time, date_time, span
from fvsamazon.texts import Counted, Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fvsamazon.status import FinvaldaStatus
    from fvsamazon.texts import Language

OFF = Text(
    en="Finvalda: not set up, orders are only recorded",
    lt="Finvalda: nenustatyta, užsakymai tik kaupiami",
)
STARTING = Text(en="Finvalda: nothing asked of it yet", lt="Finvalda: dar nesikreipta")
GOOD = Text(en="Finvalda: takes documents", lt="Finvalda: priima dokumentus")
FAILING = Text(
    en="Finvalda: gives no usable answer since {since} (failures: {failures}), next try at {next}",
    lt="Finvalda: tinkamai neatsako nuo {since} (nesėkmių: {failures}), kitas bandymas {next}",
)
ATTENTION = Text(
    en="Finvalda: nothing is booked since {since} until a person acts, next try at {next}",
    lt="Finvalda: nuo {since} niekas neįtraukiama, reikia žmogaus; kitas bandymas {next}",
)
PUT_OFF = Counted(
    one=Text(
        en="Finvalda goes on putting off 1 order",
        lt="Finvalda: vis atidedamų užsakymų: 1",
    ),
    many=Text(
        en="Finvalda goes on putting off {count} orders",
        lt="Finvalda: vis atidedamų užsakymų: {count}",
    ),
)
NEEDS_A_PERSON = Text(en="Finvalda needs a person", lt="Finvalda: reikia žmogaus")
FAILS = Text(
    en="Finvalda fails for {span}, nothing is booked",
    lt="Finvalda neatsako tinkamai {span}, niekas neįtraukiama",
)


def sentences(finvalda: FinvaldaStatus, at: datetime, language: Language) -> list[str]:
    """Return what the page says."""
    plain = {"off": OFF, "starting": STARTING, "ok": GOOD}.get(finvalda.state)
    if plain is not None:
        found = [plain.say(language)]
    else:
        text = ATTENTION if finvalda.state == "attention" else FAILING
        told = text.say(
            language,
            since="?" if finvalda.since is None else date_time(finvalda.since),
            failures=finvalda.failures,
            next=clock_time(finvalda.retry_at, at),
        )
        told = _with(told, language, finvalda.reason)
        remedy = finvalda.remedy
        found = [told if remedy is None else f"{told} -> {remedy.say(language)}"]
    if finvalda.put_off:
        told = PUT_OFF.say(language, finvalda.put_off)
        found.append(_with(told, language, finvalda.put_off_reason))
    return found


def findings(
    finvalda: FinvaldaStatus, at: datetime, language: Language
) -> Iterator[tuple[bool, str]]:
    """Return what a monitor should be told, and whether it is critical."""
    if finvalda.state == "attention":
        yield True, _with(NEEDS_A_PERSON.say(language), language, finvalda.reason)
    elif finvalda.state == "failing":
        lasts = 0.0 if finvalda.since is None else (at - finvalda.since).total_seconds()
        told = FAILS.say(language, span=span(max(0.0, lasts)))
        yield lasts > status.STALE, _with(told, language, finvalda.reason)
    if finvalda.put_off:
        told = PUT_OFF.say(language, finvalda.put_off)
        yield False, _with(told, language, finvalda.put_off_reason)


def _with(told: str, language: Language, reason: Text | None) -> str:
    return told if reason is None else f"{told}: {reason.say(language)}"
