"""What `fvsamazon status` says of personal data: a page's sentences, and findings for monitoring.

In: what the database says, whether it is on, why its key cannot be used. No value of any person is
read here, nor is any key kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fvsamazon.cli import status_texts as texts
from fvsamazon.cli.wording import date_time, span
from fvsamazon.clock import from_micros
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fvsamazon.status import Report
    from fvsamazon.store.personal import Figures
    from fvsamazon.texts import Language

LATE = timedelta(hours=2)
"""How long ago the last purge may be: it comes hourly, two hours ahead of the limit."""
BRIEFLY = timedelta(minutes=1)
"""How long erased bytes may lie in the write-ahead log before it is told: a purge takes a while."""

ON = Text(
    en="personal data: kept of {kept}, erased within {days} d of delivery or cancellation",
    lt="asmens duomenys saugomi (užsakymų: {kept}), ištrinami nepraėjus {days} d. nuo pristatymo "
    "ar atšaukimo",
)
OFF = Text(
    en="personal data: off; what is still kept of {kept} goes within {days} d of delivery or "
    "cancellation",
    lt="asmens duomenų kaupimas išjungtas; dar saugomi (užsakymų: {kept}) ištrinami nepraėjus "
    "{days} d. nuo pristatymo ar atšaukimo",
)
ERASED = Text(
    en="erased so far: {erased}, the last at {last}",
    lt="iki šiol ištrinta: {erased}, paskutinį kartą {last}",
)
ERASED_NONE = Text(en="none erased so far", lt="kol kas nieko neištrinta")
LAST_PURGE = Text(en="last purge {last}", lt="paskutinis trynimas {last}")
KEY_UNUSABLE = Text(
    en="personal data: not being kept, because {why}",
    lt="asmens duomenys nekaupiami: {why}",
)
NO_PURGE = Text(
    en="personal data: no purge has gone through yet (the log tells why)",
    lt="asmens duomenys: trynimas dar nė karto nepavyko (kodėl, parašyta žurnale)",
)
PURGE_LATE = Text(
    en="personal data: no purge has gone through for {span} (the log tells why)",
    lt="asmens duomenys: trynimas nepavyksta jau {span} (kodėl, parašyta žurnale)",
)
BYTES_KEPT = Text(
    en="personal data: bytes erased at {since} are still in the write-ahead log, because another "
    "program goes on reading the database (`fuser -v {path}` names it)",
    lt="asmens duomenys: {since} ištrinti baitai tebėra bazės žurnale (WAL), nes duomenų bazę be "
    "pertraukos skaito kita programa (kas tai, parodo `fuser -v {path}`)",
)
ROLE_MISSING = Text(
    en="{where}: since {since} Amazon withholds the addresses of orders that are still to be sent: "
    "add the role Direct-to-Consumer Shipping to the application, authorise it again and put the "
    "new refresh token into the settings",
    lt="{where}: nuo {since} „Amazon“ slepia dar neišsiųstų užsakymų adresus: pridėkite programai "
    "vaidmenį „Direct-to-Consumer Shipping“, suteikite jai leidimą iš naujo ir naują "
    "atnaujinimo raktą įrašykite į nustatymus",
)


@dataclass(frozen=True, slots=True)
class Protection:
    """What the settings say of personal data, and why its key cannot be used (None: it can)."""

    on: bool = False
    days: int = 30
    key_trouble: str | None = None


def sentences(report: Report, known: Protection, language: Language) -> Iterator[str]:
    """Return what the page says: how long it is kept, where any is or was."""
    figures = report.personal
    if not (known.on or figures.kept or figures.erased):
        return
    said = ON if known.on else OFF
    kept = texts.ORDERS_KEPT.say(language, figures.kept)
    parts = [said.say(language, kept=kept, days=known.days)]
    if figures.last_erasure is None:
        parts.append(ERASED_NONE.say(language))
    else:
        last = _time(figures.last_erasure)
        parts.append(ERASED.say(language, erased=figures.erased, last=last))
    if figures.last_purge is not None:
        parts.append(LAST_PURGE.say(language, last=_time(figures.last_purge)))
    yield "; ".join(parts)


def findings(
    report: Report, known: Protection, language: Language, *, daemon: bool, path: object
) -> Iterator[str]:
    """Return what a person should look at."""
    if known.key_trouble is not None:
        yield KEY_UNUSABLE.say(language, why=known.key_trouble)
    if daemon and (known.on or report.personal.kept):
        yield from _late(report.personal, report.at, language)
    since = report.personal.bytes_kept_since
    if since is not None and report.at - from_micros(since) > BRIEFLY:
        yield BYTES_KEPT.say(language, since=_time(since), path=path)
    for account in report.accounts:
        missing = account.shipping_role_missing_since
        if known.on and missing is not None:
            where = f"{account.region}/{account.name}"
            yield ROLE_MISSING.say(language, where=where, since=date_time(missing))


def _late(figures: Figures, now: datetime, language: Language) -> Iterator[str]:
    if figures.last_purge is None:
        yield NO_PURGE.say(language)
    elif (ago := now - from_micros(figures.last_purge)) > LATE:
        yield PURGE_LATE.say(language, span=span(ago.total_seconds()))


def _time(micros: int) -> str:
    return date_time(from_micros(micros))
