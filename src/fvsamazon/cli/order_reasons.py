"""Why an order does not stand in Finvalda, in one sentence, as far as can be told without rules.

In: one recorded order and what of booking is set up. Out: a sentence with every reason at once:
those that lie in the order come first, for no setting cures them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon.texts import Text

if TYPE_CHECKING:
    from pathlib import Path

    from fvsamazon.texts import Language

NOT_BOOKED = Text(en="not booked: {reasons}", lt="neįrašyta į Finvaldą: {reasons}")
CANCELLED = Text(en="the order was cancelled at Amazon", lt="užsakymas Amazon sistemoje atšauktas")
PENDING = Text(
    en="Amazon has not confirmed the payment yet (status {status})",
    lt="Amazon dar nepatvirtino apmokėjimo (būsena {status})",
)
UNFULFILLABLE = Text(
    en="Amazon says that the order cannot be fulfilled (status {status})",
    lt="Amazon praneša, kad užsakymo įvykdyti negalima (būsena {status})",
)
NO_STATUS = Text(
    en="Amazon has not told the order's status", lt="Amazon nepranešė užsakymo būsenos"
)
OTHER_CHANNEL = Text(
    en="the order comes from another channel ({channel})",
    lt="užsakymas gautas iš kito pardavimo kanalo ({channel})",
)
NO_FINVALDA = Text(
    en="booking is not set up: FVSAMAZON_FINVALDA__URL is empty, so orders are only recorded",
    lt="įrašymas į Finvaldą nenustatytas: FVSAMAZON_FINVALDA__URL tuščias, todėl užsakymai tik "
    "kaupiami",
)
NO_RULES = Text(
    en="booking is not set up: there is no rules file {file}",
    lt="įrašymas į Finvaldą nenustatytas: nėra taisyklių failo {file}",
)
NO_DELIVERY = Text(
    en="booking is not set up: this version of fvsamazon only records orders",
    lt="įrašymas į Finvaldą nenustatytas: ši fvsamazon versija užsakymus tik kaupia",
)

AMAZON_CHANNEL = "AMAZON"


def why_not_booked(
    *,
    status: str | None,
    channel: str | None,
    finvalda: bool,
    rules: Path,
    language: Language,
) -> str:
    """Return the sentence; `finvalda` says whether a web service is set up."""
    reasons = [*_of_order(status, channel, language), _of_setup(finvalda, rules, language)]
    return NOT_BOOKED.say(language, reasons="; ".join(reasons))


def _of_order(status: str | None, channel: str | None, language: Language) -> list[str]:
    found = []
    if status is None:
        found.append(NO_STATUS.say(language))
    elif status == "CANCELLED":
        found.append(CANCELLED.say(language))
    elif status in {"PENDING", "PENDING_AVAILABILITY"}:
        found.append(PENDING.say(language, status=status))
    elif status == "UNFULFILLABLE":
        found.append(UNFULFILLABLE.say(language, status=status))
    if channel is not None and channel != AMAZON_CHANNEL:
        found.append(OTHER_CHANNEL.say(language, channel=channel))
    return found


def _of_setup(finvalda: bool, rules: Path, language: Language) -> str:
    if not finvalda:
        return NO_FINVALDA.say(language)
    if not rules.is_file():
        return NO_RULES.say(language, file=rules)
    return NO_DELIVERY.say(language)
