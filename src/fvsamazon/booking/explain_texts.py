"""The sentences of explanations, by code."""

from __future__ import annotations

from typing import Final

from fvsamazon.texts import Text

EXPLANATIONS: Final[dict[str, Text]] = {
    "product_table": Text(
        "{sku} stands in line {line} of the product table",
        "{sku} yra prekių lentelės {line} eilutėje",
    ),
    "product_pattern": Text(
        "pattern {pattern} of line {line} of the rules",
        "taisyklių {line} eilutės šablonas {pattern}",
    ),
    "product_code": Text("a product has the code {sku}", "yra prekė, kurios kodas {sku}"),
    "product_code_assumed": Text(
        "the SKU {sku} taken for a product's code; Finvalda was not asked",
        "prekės kodu laikomas SKU {sku}; Finvaldos neklausta",
    ),
    "product_barcode": Text(
        "found by bar code, for {sku}", "rasta pagal brūkšninį kodą, SKU {sku}"
    ),
    "product_partner": Text(
        "{sku} stands in Finvalda's partner catalogue",
        "{sku} yra Finvaldos partnerių kataloge",
    ),
    "product_create": Text(
        "a new product will be made for {sku}", "SKU {sku} bus sukurta nauja prekė"
    ),
    "product_service": Text(
        "the SKU is unknown and the rules book it on the service {code}",
        "SKU nežinomas, pagal taisykles jis įtraukiamas kaip paslauga {code}",
    ),
    "quantity_fulfilled": Text(
        "{pieces} shipped, {times} for each", "išsiųsta {pieces}, kiekvienam po {times}"
    ),
    "quantity_ordered": Text(
        "{pieces} ordered, {times} for each", "užsakyta {pieces}, kiekvienam po {times}"
    ),
    "quantity_one": Text("a service is booked once", "paslauga įtraukiama vieną kartą"),
    "warehouse_rule": Text("[[warehouse]] of line {line}", "[[warehouse]], {line} eilutė"),
    "origin_package": Text(
        "Amazon says that the parcel left from {zone}",
        "„Amazon“ nurodo, kad siunta išvežta iš {zone}",
    ),
    "origin_rule": Text(
        "[[warehouse]] of line {line} says that the goods start in {zone}",
        "[[warehouse]] ({line} eilutė) nurodo, kad prekės išvežamos iš {zone}",
    ),
    "destination": Text("the goods go to {zone}", "prekės gabenamos į {zone}"),
    "destination_assumed": Text(
        "the goods go to {zone}: Amazon withheld the post code, so the mainland is assumed",
        "prekės gabenamos į {zone}: „Amazon“ pašto kodo nepateikė, todėl laikoma žemynine dalimi",
    ),
    "money_plain": Text("{arithmetic}; no tax is stated", "{arithmetic}; mokestis nenurodytas"),
    "money_inside": Text(
        "{arithmetic}; the stated tax {tax} is inside",
        "{arithmetic}; nurodytas mokestis {tax} yra viduje",
    ),
    "money_on_top": Text(
        "{arithmetic}; the tax {tax} is on top", "{arithmetic}; mokestis {tax} pridedamas"
    ),
    "money_kept_out": Text(
        "{arithmetic}; the tax {tax} is collected by the marketplace and kept out",
        "{arithmetic}; mokestį {tax} surenka prekyvietė, į dokumentą jis neįtraukiamas",
    ),
    "money_outside": Text(
        "{arithmetic}; the tax {tax} that the marketplace collects is outside the total",
        "{arithmetic}; prekyvietės surenkamas mokestis {tax} į sumą neįeina",
    ),
    "share": Text(
        "{share} of {whole} by the product table", "{share} nuo {whole} pagal prekių lentelę"
    ),
    "share_rest": Text(
        "what the other products of the bundle leave of {whole}",
        "tai, kas lieka nuo {whole} po kitų rinkinio prekių",
    ),
    "service_code": Text("[services] {kind}", "[services] {kind}"),
    "service_sum": Text("{arithmetic}", "{arithmetic}"),
    "tip": Text("the finalised tip", "galutinė arbatpinigių suma"),
    "vat_rule": Text(
        "[[vat]] “{rule}” of line {line}: {facts}", "[[vat]] „{rule}“, {line} eilutė: {facts}"
    ),
    "percent_fixed": Text("{percent} % by rule “{rule}”", "{percent} % pagal taisyklę „{rule}“"),
    "percent_rate": Text(
        "{percent} % from [rates] of {zone}, class {class_name}",
        "{percent} % iš [rates], šalis {zone}, klasė {class_name}",
    ),
    "vat_ours": Text("{arithmetic}", "{arithmetic}"),
    "vat_amazon": Text(
        "Amazon's {amazon} instead of {ours}, as amazon_tax_differs says",
        "„Amazon“ nurodytas {amazon} vietoj {ours}, kaip nurodo amazon_tax_differs",
    ),
    "vat_differs": Text(
        "{ours}, although Amazon states {amazon}, as amazon_tax_differs says",
        "{ours}, nors „Amazon“ nurodo {amazon}: taip sprendžia amazon_tax_differs",
    ),
    "tax_is_price": Text(
        "the tax {tax} that nobody collects belongs to the price, as uncollected_tax says",
        "mokestis {tax}, kurio niekas nesurenka, yra kainos dalis, kaip nurodo uncollected_tax",
    ),
    "client_shared": Text("[[client]] of line {line}", "[[client]], {line} eilutė"),
    "client_own": Text(
        "a client of the buyer's own by [[client]] of line {line}",
        "paties pirkėjo klientas pagal [[client]], {line} eilutė",
    ),
    "client_shortened": Text("shortened from {full} to {code}", "sutrumpinta iš {full} į {code}"),
    "client_found": Text(
        "the client of Finvalda that has the VAT number {number}",
        "Finvaldos klientas, turintis PVM kodą {number}",
    ),
    "unchecked_client": Text(
        "not checked: whether Finvalda has a client with the VAT number {value}",
        "nepatikrinta: ar Finvaldoje yra klientas su PVM kodu {value}",
    ),
    "override": Text(
        "[[document.override]] of line {line} applies",
        "taikoma [[document.override]], {line} eilutė",
    ),
    "series": Text("series of [document]", "[document] serija"),
    "number_order_id": Text("the order id is the number", "numeris yra užsakymo numeris"),
    "number_finvalda": Text(
        "Finvalda numbers; the order is found by its title",
        "numeruoja Finvalda; užsakymas randamas pagal pavadinimą",
    ),
    "date_package": Text(
        "the last parcel left at {time} ({zone})", "paskutinė siunta išvežta {time} ({zone})"
    ),
    "date_first_shipped": Text(
        "Amazon first showed the order as shipped at {time} ({zone})",
        "„Amazon“ pirmą kartą parodė užsakymą išsiųstą {time} ({zone})",
    ),
    "date_created": Text(
        "the order was made at {time} ({zone})", "užsakymas sukurtas {time} ({zone})"
    ),
    "kind_line": Text("rule “{rule}” of the largest line", "didžiausios eilutės taisyklė „{rule}“"),
    "kind_parameter": Text("left to the import parameter", "palikta importo parametrui"),
    "rate_euro": Text("the document is in euro", "dokumentas eurais"),
    "rate_found": Text(
        "Finvalda's rate of {day}: 1 {currency} = {rate} EUR",
        "Finvaldos {day} kursas: 1 {currency} = {rate} EUR",
    ),
    "rate_parameter": Text(
        "EUR amounts are left to the import parameter", "sumos eurais paliekamos importo parametrui"
    ),
    "total": Text(
        "grandTotal {grand} - kept out {kept} = {total}",
        "grandTotal {grand} - neįtraukta {kept} = {total}",
    ),
    "nothing_before_book_from": Text(
        "the order was made before book_from",
        "užsakymas sukurtas anksčiau negu book_from",
    ),
    "nothing_pending": Text(
        "the order is {status}: Amazon has not released it yet",
        "užsakymo būsena {status}: „Amazon“ jo dar nepatvirtino",
    ),
    "nothing_not_shipped": Text(
        "the order is {status}, and the rules book nothing before it has shipped",
        "užsakymo būsena {status}, o pagal taisykles iki išsiuntimo niekas neįtraukiama",
    ),
    "nothing_cancelled": Text(
        "the order is cancelled; its reservation, if there is one, is removed",
        "užsakymas atšauktas; rezervavimas, jei yra, pašalinamas",
    ),
    "nothing_cancelled_kept": Text(
        "the order is cancelled; its reservation, if there is one, is left to a person, as "
        "[document] says",
        "užsakymas atšauktas; rezervavimas, jei yra, paliekamas žmogui, kaip nurodo [document]",
    ),
    "nothing_unfulfillable": Text(
        "Amazon cannot fulfil the order (UNFULFILLABLE)",
        "„Amazon“ užsakymo įvykdyti negali (UNFULFILLABLE)",
    ),
    "unchecked_product": Text(
        "not checked: whether Finvalda has the product {value}",
        "nepatikrinta: ar Finvaldoje yra prekė {value}",
    ),
    "unchecked_barcode": Text(
        "not checked: which product has the bar code {value}",
        "nepatikrinta: kuri prekė turi brūkšninį kodą {value}",
    ),
    "unchecked_partner": Text(
        "not checked: whether the partner catalogue has {value}",
        "nepatikrinta: ar partnerių kataloge yra {value}",
    ),
    "unchecked_rate": Text(
        "not checked: Finvalda's rate of {value} for {day}",
        "nepatikrinta: Finvaldos {value} kursas {day} dienai",
    ),
}
