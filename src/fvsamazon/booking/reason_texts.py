"""The sentences of holds, by code: what is the matter, and what a person does about it.

`{item}` names an order item by its SKU and Amazon's item id. The sentences about amounts and
quantities stand in `money_reason_texts`.
"""

from __future__ import annotations

from typing import Final

from fvsamazon.booking.money_reason_texts import MONEY_REASONS, WAIT_OR_FETCH
from fvsamazon.texts import Text

REASONS: Final[dict[str, tuple[Text, Text]]] = {
    **MONEY_REASONS,
    "status_missing": (
        Text(
            "Amazon does not tell whether the order has shipped.",
            "„Amazon“ nepasako, ar užsakymas išsiųstas.",
        ),
        WAIT_OR_FETCH,
    ),
    "status_unknown": (
        Text(
            "The order's status {status} is not known to this program.",
            "Užsakymo būsena {status} šiai programai nežinoma.",
        ),
        Text(
            "Look the order up in Seller Central and book or skip it by hand; "
            "a newer version may know the status.",
            "Pažiūrėkite užsakymą „Seller Central“ ir įtraukite arba praleiskite ranka; "
            "galbūt būseną žino naujesnė versija.",
        ),
    ),
    "cancelled_but_shipped": (
        Text(
            "The order is cancelled, but {what}.",
            "Užsakymas atšauktas, tačiau {what}.",
        ),
        Text(
            "Find out whether the goods have left; book the sale or the return by hand, then skip "
            "the order.",
            "Išsiaiškinkite, ar prekės išvežtos; pardavimą arba grąžinimą įtraukite ranka ir "
            "užsakymą praleiskite.",
        ),
    ),
    "programme_unknown": (
        Text(
            "The order belongs to the programme {name}, which this program does not know.",
            "Užsakymas priklauso programai {name}, kurios ši programa nežino.",
        ),
        Text(
            "If it changes nothing for the books, add it to programmes in [known] of booking.toml.",
            "Jei apskaitai ji nieko nekeičia, įrašykite ją į booking.toml [known] programmes.",
        ),
    ),
    "scheme_unknown": (
        Text(
            "{item}: the reporting scheme {name} is not known to this program.",
            "{item}: apmokestinimo schema {name} šiai programai nežinoma.",
        ),
        Text(
            "Find out what it means for VAT, write a [[vat]] rule for it, and add it to schemes in "
            "[known] of booking.toml.",
            "Išsiaiškinkite, ką ji reiškia PVM, parašykite jai [[vat]] taisyklę ir įrašykite į "
            "booking.toml [known] schemes.",
        ),
    ),
    "collection_unknown": (
        Text(
            "{item}: the tax collection model {name} is not known to this program.",
            "{item}: mokesčio surinkimo modelis {name} šiai programai nežinomas.",
        ),
        Text(
            "Find out who remits the tax, and say it in collection_models of [known] in "
            "booking.toml (NONE or MARKETPLACE).",
            "Išsiaiškinkite, kas sumoka mokestį, ir įrašykite booking.toml [known] "
            "collection_models (NONE arba MARKETPLACE).",
        ),
    ),
    "sku_missing": (
        Text(
            "{item}: Amazon states no SKU, so no product can be found.",
            "{item}: „Amazon“ nenurodo SKU, todėl prekės rasti negalima.",
        ),
        WAIT_OR_FETCH,
    ),
    "product_unknown": (
        Text(
            "{item}: no product belongs to this SKU (tried: {ways}).",
            "{item}: šiam SKU nėra prekės (ieškota: {ways}).",
        ),
        Text(
            "Add a row for {sku} to the product table, or make the product in Finvalda.",
            "Įrašykite {sku} į prekių lentelę arba sukurkite prekę Finvaldoje.",
        ),
    ),
    "product_missing": (
        Text(
            "{item}: the product {product} is not in Finvalda.",
            "{item}: prekės {product} Finvaldoje nėra.",
        ),
        Text(
            "Make the product in Finvalda, or correct its code in {place}.",
            "Sukurkite prekę Finvaldoje arba pataisykite jos kodą ({place}).",
        ),
    ),
    "product_ambiguous": (
        Text(
            "{item}: several products in Finvalda answer to {code}: {products}.",
            "{item}: {code} Finvaldoje atitinka kelias prekes: {products}.",
        ),
        Text(
            "Add a row for {sku} to the product table, which is asked first.",
            "Įrašykite {sku} į prekių lentelę, kurioje ieškoma pirmiausia.",
        ),
    ),
    "product_code_too_long": (
        Text(
            "{item}: the product code {product} is longer than Finvalda's {limit} characters.",
            "{item}: prekės kodas {product} ilgesnis už Finvaldos {limit} ženklų.",
        ),
        Text(
            "Add a row for {sku} to the product table.",
            "Įrašykite {sku} į prekių lentelę.",
        ),
    ),
    "warehouse_none": (
        Text(
            "{item}: no [[warehouse]] fits ({facts}).",
            "{item}: netinka nė viena [[warehouse]] ({facts}).",
        ),
        Text(
            "Add a [[warehouse]] for this case to booking.toml.",
            "Įrašykite šiam atvejui [[warehouse]] į booking.toml.",
        ),
    ),
    "package_origins": (
        Text(
            "{item}: its parcels left from different countries: {names}.",
            "{item}: siuntos išvežtos iš skirtingų šalių: {names}.",
        ),
        Text(
            "One line has one VAT treatment: book this order by hand and skip it.",
            "Vienai eilutei taikomas vienas PVM kodas: užsakymą įtraukite ranka ir praleiskite.",
        ),
    ),
    "rule_hold": (
        Text(
            "{what}{table} of line {line} says: {text}.",
            "{what}{table} ({line} eilutė) sako: {text}.",
        ),
        Text(
            "Clear the matter, then book the order by hand or change the rule.",
            "Išsiaiškinkite ir užsakymą įtraukite ranka arba pakeiskite taisyklę.",
        ),
    ),
    "vat_none": (
        Text(
            "{item}: no [[vat]] rule fits ({facts}).",
            "{item}: netinka nė viena [[vat]] taisyklė ({facts}).",
        ),
        Text(
            "Decide how such a sale is taxed and add a [[vat]] rule to booking.toml.",
            "Nuspręskite, kaip toks pardavimas apmokestinamas, ir įrašykite [[vat]] taisyklę į "
            "booking.toml.",
        ),
    ),
    "vat_none_unknown": (
        Text(
            "{item}: no [[vat]] rule fits, because not known: {unknown} ({facts}).",
            "{item}: netinka nė viena [[vat]] taisyklė, nes nežinoma: {unknown} ({facts}).",
        ),
        Text(
            "Find it out: {hints}.",
            "Išsiaiškinkite: {hints}.",
        ),
    ),
    "rate_missing": (
        Text(
            "{item}: [rates] has no rate of class {class_name} for {zone} (rule “{rule}”).",
            "{item}: [rates] nėra klasės {class_name} tarifo šaliai {zone} (taisyklė „{rule}“).",
        ),
        Text(
            "Add {class_name} to [rates] of {zone} in booking.toml.",
            "Įrašykite {class_name} į booking.toml [rates] šalies {zone} eilutę.",
        ),
    ),
    "business_without_number": (
        Text(
            "The buyer is a business (AMAZON_BUSINESS) without a VAT number, and no order of this "
            "account has ever shown tax registrations: the number may only be hidden.",
            "Pirkėjas yra įmonė (AMAZON_BUSINESS) be PVM kodo, o nė viename šios paskyros "
            "užsakyme „Amazon“ nerodė mokesčių mokėtojo registracijos: galbūt kodas tik paslėptas.",
        ),
        Text(
            "Give the application Amazon's role Tax Invoicing or Tax Remittance, or write a "
            '[[vat]] rule that asks for buyer_vat_country = "UNKNOWN".',
            "Suteikite programai „Amazon“ vaidmenį „Tax Invoicing“ arba „Tax Remittance“, arba "
            'parašykite [[vat]] taisyklę, kurios match yra buyer_vat_country = "UNKNOWN".',
        ),
    ),
    "collector_inside_eu": (
        Text(
            "{item}: Amazon says that it collects the tax of a {movement} sale inside the EU, "
            "which happens only to sellers from outside it.",
            "{item}: „Amazon“ teigia pati surenkanti pardavimo ES viduje ({movement}) mokestį, "
            "o taip būna tik su pardavėjais iš ne ES.",
        ),
        Text(
            "Clear it with Amazon (the account's tax settings); a [[vat]] rule that asks for the "
            "collector may say what to book.",
            "Išsiaiškinkite su „Amazon“ (paskyros mokesčių nustatymai); ką įtraukti, gali pasakyti "
            "[[vat]] taisyklė, lyginanti collector.",
        ),
    ),
    "scheme_origin": (
        Text(
            "{item}: the scheme {scheme} proves that the goods did not start in {ship_from} "
            "(they go to {ship_to}).",
            "{item}: schema {scheme} įrodo, kad prekės išvežtos ne iš {ship_from} (jos gabenamos "
            "į {ship_to}).",
        ),
        Text(
            "Find the stock that they left (Amazon's VAT transactions report), and add a "
            '[[warehouse]] with scheme = "{scheme}" above the default one.',
            "Raskite sandėlį, iš kurio jos išvežtos („Amazon“ PVM operacijų ataskaita), ir virš "
            'numatytosios įrašykite [[warehouse]] su scheme = "{scheme}".',
        ),
    ),
    "tax_differs": (
        Text(
            "{item}: Amazon states {amazon} tax on {part}, rule “{rule}” makes {ours} "
            "({arithmetic}).",
            "{item}: „Amazon“ nurodo {part} mokestį {amazon}, o pagal taisyklę „{rule}“ "
            "yra {ours} ({arithmetic}).",
        ),
        Text(
            "Find out which rate is right and correct the rule, the class or Amazon's tax "
            "settings; amazon_tax_differs in [money] or in the rule may decide for good.",
            "Išsiaiškinkite, kuris tarifas teisingas, ir pataisykite taisyklę, klasę arba „Amazon“ "
            "mokesčių nustatymus; visam laikui nusprendžia amazon_tax_differs.",
        ),
    ),
    "uncollected_tax": (
        Text(
            "{item}: Amazon states {tax} of tax that nobody collects, and rule “{rule}” says 0 %.",
            "{item}: „Amazon“ nurodo mokestį {tax}, kurio niekas nesurenka, o taisyklėje „{rule}“ "
            "yra 0 %.",
        ),
        Text(
            "Find out who owes this tax; if it belongs to the price, write "
            'uncollected_tax = "price" in the rule or in [money].',
            "Išsiaiškinkite, kas turi sumokėti šį mokestį; jei jis yra kainos dalis, taisyklėje "
            'arba [money] įrašykite uncollected_tax = "price".',
        ),
    ),
    "client_none": (
        Text(
            "No [[client]] fits ({facts}).",
            "Netinka nė vienas [[client]] ({facts}).",
        ),
        Text(
            "Add a [[client]] for this case to booking.toml.",
            "Įrašykite šiam atvejui [[client]] į booking.toml.",
        ),
    ),
    "client_personal_data": (
        Text(
            "The rule of line {line} wants a card of the buyer, and Amazon gave {missing} neither "
            "now nor earlier.",
            "Taisyklei ({line} eilutė) reikia pirkėjo kortelės, o „Amazon“ dar nepateikė: "
            "{missing}.",
        ),
        Text(
            "Switch personal data on (and hold Amazon's role for it), or use a shared client.",
            "Įjunkite asmens duomenis (ir turėkite tam „Amazon“ vaidmenį) arba naudokite bendrą "
            "klientą.",
        ),
    ),
    "vat_number_bad": (
        Text(
            "The buyer's VAT number {number} has not the form of its country's numbers.",
            "Pirkėjo PVM kodas {number} neatitinka jo šalies PVM kodų sandaros.",
        ),
        Text(
            "Ask the buyer for the right number, then book the order by hand.",
            "Paprašykite pirkėjo teisingo kodo ir užsakymą įtraukite ranka.",
        ),
    ),
    "client_name_missing": (
        Text(
            "The buyer's VAT number {number} comes without a company name.",
            "Pirkėjo PVM kodas {number} pateiktas be įmonės pavadinimo.",
        ),
        Text(
            "Make the client in Finvalda with this VAT number; it is then found by it.",
            "Sukurkite Finvaldoje klientą su šiuo PVM kodu; tada jis bus rastas.",
        ),
    ),
    "template_unknown": (
        Text(
            "{field}: “{template}” needs {names}, which is not known.",
            "{field}: šablonui „{template}“ reikia {names}, o tai nežinoma.",
        ),
        Text(
            "Take it out of the template, or add a rule for orders without it.",
            "Išbraukite iš šablono arba įrašykite taisyklę užsakymams be šio fakto.",
        ),
    ),
    "text_too_long": (
        Text(
            "{field}: “{text}” has {length} characters and Finvalda takes {limit}.",
            "{field}: tekste „{text}“ ženklų yra {length}, o Finvalda priima {limit}.",
        ),
        Text(
            "Shorten the template in booking.toml.",
            "Sutrumpinkite šabloną booking.toml.",
        ),
    ),
    "service_missing": (
        Text(
            "The order has {kind} of {amount}, and [services] names no code for it.",
            "Užsakyme yra {kind}: {amount}, o [services] kodo jam nenurodyta.",
        ),
        Text(
            "Add {kind} to [services] in booking.toml.",
            "Įrašykite {kind} į booking.toml [services].",
        ),
    ),
    "parameter_missing": (
        Text(
            "No import parameter is named for this order.",
            "Šiam užsakymui nenurodytas importo parametras.",
        ),
        Text(
            "Set parameter in [document], or FVSAMAZON_FINVALDA__PARAMETER.",
            "Nurodykite [document] parameter arba FVSAMAZON_FINVALDA__PARAMETER.",
        ),
    ),
    "exchange_rate_missing": (
        Text(
            "Finvalda has no rate of {currency} for {day}.",
            "Finvaldoje nėra {currency} kurso {day} dienai.",
        ),
        Text(
            "Load the rates of that day in Finvalda; the order is tried again hourly.",
            "Įkelkite tos dienos kursus į Finvaldą; užsakymą bandoma įtraukti kas valandą.",
        ),
    ),
}
