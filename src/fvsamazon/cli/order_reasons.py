"""Why an order does not stand in Finvalda, in one sentence.

In: one recorded order and what of booking is set up. Out: a sentence with every reason at once:
those that lie in the order come first, for no setting cures them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon.errors import ConfigError
from fvsamazon.store import deliveries, orders
from fvsamazon.texts import Text

if TYPE_CHECKING:
    import sqlite3

    from fvsamazon.settings import Settings
    from fvsamazon.texts import Language

NOT_BOOKED = Text(en="not booked: {reasons}", lt="neįtraukta į Finvaldą: {reasons}")
CANCELLED = Text(
    en="the order was cancelled at Amazon", lt="užsakymas „Amazon“ sistemoje atšauktas"
)
PENDING = Text(
    en="Amazon has not released the order yet (status {status})",
    lt="„Amazon“ užsakymo dar nepatvirtino (būsena {status})",
)
UNFULFILLABLE = Text(
    en="Amazon says that the order cannot be fulfilled (status {status})",
    lt="„Amazon“ praneša, kad užsakymo įvykdyti negalima (būsena {status})",
)
NO_STATUS = Text(
    en="Amazon has not told the order's status", lt="„Amazon“ nepranešė užsakymo būsenos"
)
OTHER_CHANNEL = Text(
    en="the order comes from another channel ({channel})",
    lt="užsakymas gautas iš kito pardavimo kanalo ({channel})",
)
NO_FINVALDA = Text(
    en="booking is not set up: FVSAMAZON_FINVALDA__URL is empty, so orders are only recorded",
    lt="įtraukimas į Finvaldą nenustatytas: FVSAMAZON_FINVALDA__URL tuščias, todėl užsakymai tik "
    "kaupiami",
)
NO_RULES = Text(
    en="booking is not set up: there is no rules file {file}",
    lt="įtraukimas į Finvaldą nenustatytas: nėra taisyklių failo {file}",
)
NOT_DUE_YET = Text(
    en="nothing is due for it under the rules: {why}",
    lt="pagal taisykles jo įtraukti nereikia: {why}",
)
WAITING = {
    "due": Text(en="it is due and is sent next", lt="eilėje, bus siunčiamas netrukus"),
    "sending": Text(en="it is being sent now", lt="šiuo metu siunčiamas"),
    "in_doubt": Text(
        en="it was sent and no answer came; it is looked up in Finvalda before anything is sent "
        "again",
        lt="išsiųstas, bet atsakymo negauta; prieš siunčiant iš naujo bus ieškoma Finvaldoje",
    ),
}
TELLS_ITSELF = frozenset({"held", "failed", "skipped"})

AMAZON_CHANNEL = "AMAZON"


def why_not_booked(row: sqlite3.Row, settings: Settings) -> str | None:
    """Return the sentence about a recorded order; None where it stands in Finvalda."""
    language = settings.language
    delivery = deliveries.of_order(row, language)
    state = delivery["state"]
    if state == "booked":
        return None
    waits_for = deliveries.told(row["delivery_reasons"], language)
    if state in TELLS_ITSELF:
        reasons = [waits_for or state]
    elif state in WAITING:
        reasons = [WAITING[state].say(language), *([waits_for] if waits_for else [])]
    else:
        reasons = _of_order(row["status"], row["channel"], language)
        reasons += _of_setup(row, settings, told=bool(reasons))
    return NOT_BOOKED.say(language, reasons="; ".join(reasons))


def _of_order(status: str | None, channel: str | None, language: Language) -> list[str]:
    from fvsamazon.booking.dueness import PENDING as NOT_RELEASED

    found = []
    if status is None:
        found.append(NO_STATUS.say(language))
    elif status == "CANCELLED":
        found.append(CANCELLED.say(language))
    elif status in NOT_RELEASED:
        found.append(PENDING.say(language, status=status))
    elif status == "UNFULFILLABLE":
        found.append(UNFULFILLABLE.say(language, status=status))
    if channel is not None and channel != AMAZON_CHANNEL:
        found.append(OTHER_CHANNEL.say(language, channel=channel))
    return found


def _of_setup(row: sqlite3.Row, settings: Settings, *, told: bool) -> list[str]:
    """Return what of the set-up, or of the rules, keeps the order from being due.

    Where the order's own reason is `told` already, the rules would only say it again.
    """
    language = settings.language
    if settings.finvalda.url is None:
        return [NO_FINVALDA.say(language)]
    return _of_rules(row, settings, told=told)


def _of_rules(row: sqlite3.Row, settings: Settings, *, told: bool) -> list[str]:
    from fvsamazon.amazon.reader import order_of
    from fvsamazon.assembly import rules_in_force
    from fvsamazon.booking.context import BookingContext
    from fvsamazon.booking.documents import decide
    from fvsamazon.booking.outcomes import Nothing
    from fvsamazon.booking.preview import reason_lines

    try:
        rules = rules_in_force(settings).rules
    except ConfigError as error:
        return list(error.faults_in(settings.language))
    if rules is None:
        return [NO_RULES.say(settings.language, file=settings.booking_rules)]
    order = order_of(orders.unpack(row["payload"]), row["region"], row["account"])
    outcome = decide(order, rules, BookingContext(settings.finvalda.parameter))
    if not isinstance(outcome, Nothing):
        return [WAITING["due"].say(settings.language)]
    if told:
        return []
    why = " ".join(reason_lines(outcome, settings.language))
    return [NOT_DUE_YET.say(settings.language, why=why)]
