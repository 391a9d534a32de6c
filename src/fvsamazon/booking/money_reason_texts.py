"""The sentences of holds about amounts and quantities, by code.

Sums are shown as arithmetic, so that a person sees at a glance which figure is out.
"""

from __future__ import annotations

from typing import Final

from fvsamazon.texts import Text

_ASK_AMAZON: Final = Text(
    "Compare with Seller Central; if Amazon's figures are wrong, open a case there and book the "
    "order by hand.",
    "Palyginkite su „Seller Central“; jei „Amazon“ skaičiai neteisingi, kreipkitės į „Amazon“ ir "
    "užsakymą įtraukite ranka.",
)
WAIT_OR_FETCH: Final = Text(
    "Fetch the order again (fvsamazon orders fetch); if it stays so, book it by hand and skip it.",
    "Parsisiųskite užsakymą iš naujo (fvsamazon orders fetch); jei nepasikeičia, įtraukite ranka "
    "ir praleiskite.",
)

MONEY_REASONS: Final[dict[str, tuple[Text, Text]]] = {
    "grand_total_missing": (
        Text(
            "Amazon states no total of the order, and an unknown amount is not booked as nothing.",
            "„Amazon“ nenurodo užsakymo sumos, o nežinoma suma nėra nulis.",
        ),
        WAIT_OR_FETCH,
    ),
    "currencies_mixed": (
        Text(
            "The order has amounts in more than one currency: {names}.",
            "Užsakymo sumos nurodytos keliomis valiutomis: {names}.",
        ),
        _ASK_AMAZON,
    ),
    "item_total_missing": (
        Text(
            "{item}: Amazon states no proceeds, and an unknown amount is not booked as nothing.",
            "{item}: „Amazon“ nenurodo eilutės sumos, o nežinoma suma nėra nulis.",
        ),
        WAIT_OR_FETCH,
    ),
    "part_amount_missing": (
        Text(
            "{item}: the part {part} has no amount.",
            "{item}: dalis {part} neturi sumos.",
        ),
        WAIT_OR_FETCH,
    ),
    "part_unknown": (
        Text(
            "{item}: the price has a part {part}, which this program does not know.",
            "{item}: kainoje yra dalis {part}, kurios ši programa nežino.",
        ),
        Text(
            "Look the order up in Seller Central and book it by hand; a newer version may know "
            "the part.",
            "Pažiūrėkite užsakymą „Seller Central“ ir įtraukite ranka; galbūt dalį žino naujesnė "
            "versija.",
        ),
    ),
    "amount_negative": (
        Text(
            "{item}: {part} would be negative: {arithmetic}.",
            "{item}: {part} būtų neigiama: {arithmetic}.",
        ),
        _ASK_AMAZON,
    ),
    "amount_unfit": (
        Text(
            "{item}: {amount} {currency} is no amount that a document can hold (decimals, size).",
            "{item}: {amount} {currency} nėra suma, kurią galima įrašyti į dokumentą (skaitmenys "
            "po kablelio, dydis).",
        ),
        _ASK_AMAZON,
    ),
    "totals_disagree": (
        Text(
            "{item}: the parts do not make the item's total, with the tax on top or inside: "
            "{arithmetic}.",
            "{item}: dalys nesudaro eilutės sumos nei pridėjus mokestį, nei jo nepridėjus: "
            "{arithmetic}.",
        ),
        _ASK_AMAZON,
    ),
    "discount_rows_disagree": (
        Text(
            "{item}: the rows of the discount do not make its sum: {arithmetic}.",
            "{item}: nuolaidos eilutės nesudaro jos sumos: {arithmetic}.",
        ),
        _ASK_AMAZON,
    ),
    "tax_rows_disagree": (
        Text(
            "{item}: the rows of the tax do not make its sum: {arithmetic}.",
            "{item}: mokesčio eilutės nesudaro jo sumos: {arithmetic}.",
        ),
        _ASK_AMAZON,
    ),
    "grand_total_differs": (
        Text(
            "The items do not make the order's total: {arithmetic}.",
            "Eilutės nesudaro užsakymo sumos: {arithmetic}.",
        ),
        _ASK_AMAZON,
    ),
    "sum_differs": (
        Text(
            "The document would not agree with the order: {arithmetic}.",
            "Dokumentas nesutaptų su užsakymu: {arithmetic}.",
        ),
        Text(
            "This is a fault of the program: report it with the order's preview, and book the "
            "order by hand.",
            "Tai programos klaida: praneškite apie ją su šio užsakymo peržiūra, o užsakymą "
            "įtraukite ranka.",
        ),
    ),
    "quantity_missing": (
        Text(
            "{item}: Amazon does not tell how many pieces were shipped.",
            "{item}: „Amazon“ nepasako, kiek vienetų išsiųsta.",
        ),
        WAIT_OR_FETCH,
    ),
    "money_without_goods": (
        Text(
            "{item}: no piece was {done}, yet Amazon states {amount}.",
            "{item}: nėra nė vieno {done} vieneto, tačiau „Amazon“ nurodo {amount}.",
        ),
        _ASK_AMAZON,
    ),
    "partly_fulfilled": (
        Text(
            "{item}: {fulfilled} of {ordered} pieces were shipped, and the price is still for "
            "all: {arithmetic}.",
            "{item}: išsiųsta {fulfilled} iš {ordered} vienetų, o kaina tebėra už visus: "
            "{arithmetic}.",
        ),
        Text(
            'If the buyer paid for all, write partly_fulfilled = "book" in [money]; else wait for '
            "Amazon's correction, or book by hand.",
            'Jei pirkėjas sumokėjo už visus, [money] įrašykite partly_fulfilled = "book"; kitaip '
            "palaukite „Amazon“ pataisymo arba įtraukite ranka.",
        ),
    ),
    "nothing_fulfilled": (
        Text(
            "The order counts as {status}, yet no piece of it is left to book.",
            "Užsakymo būsena {status}, tačiau nėra nė vieno vieneto, kurį reikėtų įtraukti.",
        ),
        WAIT_OR_FETCH,
    ),
}
