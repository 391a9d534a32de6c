"""Why an order waits, beyond what the booking rules say: sentences, remedies, how they are kept.

A reason is stored with its code and in both languages. `Hold` is what a decision hands to the
worker: the reasons, and what will bring the order back by itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from fvsamazon.booking.reasons import joined
from fvsamazon.booking.vat_numbers import shortened
from fvsamazon.finvalda import codes, errors
from fvsamazon.finvalda.trouble_texts import in_words
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fvsamazon.booking.comparison import Difference
    from fvsamazon.booking.reasons import Reason
    from fvsamazon.errors import RemoteError
    from fvsamazon.store.outbox import State, Why


@dataclass(frozen=True, slots=True)
class Said:
    """One reason in words."""

    code: str
    text: Text
    remedy: Text | None = None
    logged: str | None = None
    """What the log says in its place, where the sentence names what a log is not to hold."""

    @property
    def log_text(self) -> str:
        return self.logged or self.text.en

    def as_json(self) -> dict[str, str]:
        shown = {"code": self.code, "en": self.text.en, "lt": self.text.lt}
        if self.remedy is not None:
            shown |= {"remedy_en": self.remedy.en, "remedy_lt": self.remedy.lt}
        return shown


@dataclass(frozen=True, slots=True)
class Hold:
    """What stops an order; `hourly` says that it is tried again without anybody's word."""

    reasons: tuple[Said, ...]
    hourly: bool = False
    why: Why | None = None
    state: State = "held"

    @property
    def code(self) -> str:
        return self.reasons[0].code if self.reasons else "held"

    def stored(self) -> str:
        return stored(self.reasons)


def stored(reasons: Iterable[Said]) -> str:
    """Return reasons as they lie in the outbox."""
    return json.dumps([one.as_json() for one in reasons], ensure_ascii=False)


_OF_VAT_NUMBERS: Final = frozenset({"vat_number_bad", "client_name_missing"})
_REGISTRATIONS: Final = "buyer_registrations"

_RETRY_OR_SKIP: Final = Text(
    en="Correct it in Finvalda and run `fvsamazon deliveries retry`, or `fvsamazon deliveries "
    "skip --reason …` to leave it as it is.",
    lt="Pataisykite Finvaldoje ir įvykdykite `fvsamazon deliveries retry`, arba palikite kaip yra: "
    "`fvsamazon deliveries skip --reason …`.",
)

_TEXTS: Final[dict[str, tuple[Text, Text]]] = {
    "no_rules": (
        Text("There are no booking rules.", "Nėra įtraukimo taisyklių."),
        Text(
            "Write booking.toml, or point FVSAMAZON_BOOKING_RULES at it, and reload the service.",
            "Parašykite booking.toml arba nurodykite jį FVSAMAZON_BOOKING_RULES ir iš naujo "
            "įkelkite tarnybos nustatymus.",
        ),
    ),
    "found_differs": (
        Text(
            "A document of this order stands in Finvalda ({journal} {number}), and it differs: "
            "{differences}.",
            "Finvaldoje šio užsakymo dokumentas jau yra ({journal} {number}), bet skiriasi: "
            "{differences}.",
        ),
        _RETRY_OR_SKIP,
    ),
    "found_several": (
        Text(
            "Several documents of this order stand in Finvalda: {documents}.",
            "Finvaldoje yra keli šio užsakymo dokumentai: {documents}.",
        ),
        Text(
            "Remove all but one in Finvalda; it is then taken as this order's by itself.",
            "Finvaldoje palikite tik vieną; jis savaime bus laikomas šio užsakymo dokumentu.",
        ),
    ),
    "number_in_use": (
        Text(
            "Finvalda says that the document number is in use, and no document of this order is "
            "found: {detail}.",
            "Finvalda teigia, kad dokumento numeris užimtas, o šio užsakymo dokumento nerasta: "
            "{detail}.",
        ),
        Text(
            "Find in Finvalda what uses this number (a locked or another user's operation); the "
            "order is tried again every hour.",
            "Finvaldoje suraskite, kas šį numerį naudoja (užrakinta ar kito naudotojo operacija); "
            "bandoma kas valandą.",
        ),
    ),
    "differs": (
        Text(
            "The order changed after it was booked: {differences}.",
            "Užsakymas pasikeitė po įtraukimo: {differences}.",
        ),
        _RETRY_OR_SKIP,
    ),
    "removed": (
        Text(
            "The document was removed in Finvalda ({journal} {number}).",
            "Dokumentas Finvaldoje pašalintas ({journal} {number}).",
        ),
        Text(
            "It is never booked again by itself: `fvsamazon deliveries retry` books it again, "
            "`fvsamazon deliveries skip --reason …` leaves it out.",
            "Savaime jis nebeįtraukiamas: `fvsamazon deliveries retry` įtrauks iš naujo, "
            "`fvsamazon deliveries skip --reason …` paliks neįtrauktą.",
        ),
    ),
    "cancelled_but_booked": (
        Text(
            "The order is cancelled, and a sale of it stands in Finvalda ({journal} {number}).",
            "Užsakymas atšauktas, tačiau Finvaldoje yra jo pardavimas ({journal} {number}).",
        ),
        _RETRY_OR_SKIP,
    ),
    "client_taken": (
        Text(
            "The client code {code} belongs to another buyer in Finvalda.",
            "Kliento kodas {code} Finvaldoje priklauso kitam pirkėjui.",
        ),
        Text(
            "Change the code pattern of [[client]] in booking.toml so that codes stay apart.",
            "Pakeiskite booking.toml [[client]] kodo šabloną, kad kodai nesutaptų.",
        ),
    ),
    "product_taken": (
        Text(
            "The shortened product code {code} belongs to another product in Finvalda.",
            "Sutrumpintas prekės kodas {code} Finvaldoje priklauso kitai prekei.",
        ),
        Text(
            "Name the product of this SKU in the product table.",
            "Nurodykite šio SKU prekę prekių lentelėje.",
        ),
    ),
    "reservation_stays": (
        Text(
            "The order's reservation {journal} {number} cannot be removed from Finvalda: {detail}.",
            "Užsakymo rezervavimo {journal} {number} nepavyksta pašalinti iš Finvaldos: {detail}.",
        ),
        Text(
            "Remove it in Finvalda, or end what locks it; the order is tried again every hour.",
            "Pašalinkite jį Finvaldoje arba atrakinkite; bandoma kas valandą.",
        ),
    ),
    "reservation_left": (
        Text(
            "The order's reservation {journal} {number} stays in Finvalda and keeps the goods.",
            "Užsakymo rezervavimas {journal} {number} lieka Finvaldoje, prekės tebėra rezervuotos.",
        ),
        Text(
            "Remove it in Finvalda, or turn it into the sale there if the goods were sold.",
            "Pašalinkite jį Finvaldoje arba, jei prekės parduotos, ten paverskite pardavimu.",
        ),
    ),
    "order_unreadable": (
        Text(
            "The recorded order cannot be read by this version of the program.",
            "Ši programos versija nemoka perskaityti užsakymo.",
        ),
        Text(
            "Fetch it again with `fvsamazon orders fetch`, and report it if it stays.",
            "Parsisiųskite jį iš naujo su `fvsamazon orders fetch`; jei nepadeda, praneškite.",
        ),
    ),
}


def said(code: str, /, **values: object) -> Said:
    """Return a reason of this module with its places filled in both languages."""
    text, remedy = _TEXTS[code]
    # Values may hold braces: they are put in once and never read as places again.
    return Said(code, _filled(text, values), _filled(remedy, values))


def _filled(text: Text, values: dict[str, object]) -> Text:
    if not values:
        return text
    sentence = text.filled(**values)
    return Text(sentence.say("en"), sentence.say("lt"))


def by_rules(reasons: Iterable[Reason], *, hourly: bool) -> Hold:
    """Return the hold that the booking rules made."""
    return Hold(
        tuple(
            Said(
                found.code,
                Text(found.say("en"), found.say("lt")),
                Text(found.say_remedy("en"), found.say_remedy("lt")),
                _without_number(found),
            )
            for found in reasons
        ),
        hourly=hourly,
    )


def _without_number(found: Reason) -> str | None:
    """Return a reason's sentence without the buyer's VAT number: a sole trader's is a person's."""
    if found.code in _OF_VAT_NUMBERS:
        hidden = {"number": shortened(found.values["number"])}
    elif found.code == "text_too_long":
        # Any template of the rules may hold the number.
        hidden = {"text": "…"}
    else:
        return None
    return replace(found, values={**found.values, **hidden}).say("en")


def changed(differences: Iterable[Difference]) -> Hold:
    """Return the hold of an order that is not what was booked."""
    every = tuple(differences)
    reason = said("differs", differences=joined(one.told() for one in every))
    logged = joined(one.told(values=one.what != _REGISTRATIONS) for one in every)
    short = said("differs", differences=logged).text.en
    return Hold((replace(reason, logged=short),), why="by_version")


def left(journal: str | None, number: int | None, why: Why | None = None) -> Hold:
    """Return the hold of an order of which nothing but its reservation will ever be booked."""
    reason = said("reservation_left", journal=journal, number=number)
    return Hold((reason,), hourly=True, why=why)


def refused(error: errors.Refused) -> Hold:
    """Return the hold of a refusal by its class; class B is our own fault."""
    number, detail = error.number, error.detail
    text = Text(f"Finvalda refuses it with {number}.", f"Finvalda atmeta su kodu {number}.")
    if detail:
        text = Text(
            ended(f"Finvalda refuses it with {number}: {detail}"),
            ended(f"Finvalda atmeta su kodu {number}: {detail}"),
        )
    reason = Said(f"finvalda_{number}", text, error.text)
    bug = isinstance(error, errors.BugRefused)
    state: State = "failed" if bug else "held"
    return Hold((reason,), hourly=error.number in codes.HEALS_IN_FINVALDA, state=state)


def ended(sentence: str) -> str:
    """Return a sentence of others with its full stop, so that one more may follow."""
    return sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}."


def unfit(error: errors.InvalidPayload) -> Hold:
    """Return the hold of a document with a value that no field of Finvalda's takes."""
    faults = joined(error.told)
    reason = Said("unfit_field", Text(f"{faults.en}.", f"{faults.lt}."), error.text)
    return Hold((reason,))


def unanswered(error: RemoteError) -> str:
    """Return, as stored, what an order waits for that got no usable answer."""
    remedy = getattr(error, "text", None)
    told = in_words(error)
    text = Text(ended(f"Finvalda: {told.en}"), ended(f"Finvalda: {told.lt}"))
    return stored([Said("unanswered", text, remedy if isinstance(remedy, Text) else None)])


def waiting(error: errors.Refused) -> str:
    """Return, as stored, what an order waits for that passes by itself."""
    return refused(error).stored()
