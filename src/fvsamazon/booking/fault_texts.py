"""The sentences of faults in the rules files, by code.

Each says what is wrong and what to write instead. `{table}` is the table's name as it is written
(the file's own above the first table), `{key}` the key, `{name}` what was written and is not known.
What a reader may copy into the file stands in the file's own quotes.
"""

from __future__ import annotations

from typing import Final

from fvsamazon.texts import Text

PLACE: Final = Text("{file} line {line}", "{file}, {line} eilutė")
NEAREST: Final = Text("Did you mean {name}?", "Gal turėta omenyje {name}?")
ONE_OF: Final = Text("Known: {names}.", "Galima: {names}.")

SENTENCES: Final[dict[str, Text]] = {
    "unreadable": Text(
        "the file cannot be read ({name}). Put it there, or name the right one.",
        "failo nepavyksta perskaityti ({name}). Padėkite jį ten arba nurodykite kitą.",
    ),
    "not_utf8": Text(
        "the file is not in UTF-8. Save it again as UTF-8 (a table as “CSV UTF-8”).",
        "failas ne UTF-8 koduotės. Įrašykite jį iš naujo kaip UTF-8 (lentelę kaip „CSV UTF-8“).",
    ),
    "not_toml": Text(
        "this is not valid TOML ({detail}): texts stand in quotes, numbers and dates do not. "
        "Compare the line with docs/examples/booking.lt.toml.",
        "tai netaisyklingas TOML ({detail}): tekstai rašomi kabutėse, skaičiai ir datos be jų. "
        "Palyginkite eilutę su docs/examples/booking.lt.toml.",
    ),
    "version": Text(
        "version must be 1 (this program knows no other). Write: version = 1.",
        "version turi būti 1 (kitos programa nežino). Rašykite: version = 1.",
    ),
    "missing_key": Text(
        "{name} is missing in {table}. Write for example: {example}.",
        "trūksta {name} ({table}). Rašykite, pavyzdžiui: {example}.",
    ),
    "unknown_key": Text(
        "{table} has no key {name}. Correct it or take it out.",
        "{table} neturi rakto {name}. Pataisykite arba išbraukite.",
    ),
    "want_text": Text(
        "{key} in {table} must be a text in quotes.",
        "{key} ({table}) turi būti tekstas kabutėse.",
    ),
    "want_texts": Text(
        "{key} in {table} must be a list of texts in quotes.",
        "{key} ({table}) turi būti tekstų kabutėse sąrašas.",
    ),
    "want_filled": Text(
        "{key} in {table} is empty. Write its value, or take the key out.",
        "{key} ({table}) tuščias. Įrašykite reikšmę arba raktą išbraukite.",
    ),
    "want_flag": Text(
        "{key} in {table} must be true or false, without quotes.",
        "{key} ({table}) turi būti true arba false, be kabučių.",
    ),
    "want_date": Text(
        "{key} must be a day without quotes, for example 2026-12-01.",
        "{key} turi būti diena be kabučių, pavyzdžiui, 2026-12-01.",
    ),
    "want_number": Text(
        '{key} in {table} must be a number, for example 21 or "5.5".',
        '{key} ({table}) turi būti skaičius, pavyzdžiui, 21 arba "5.5".',
    ),
    "want_percent": Text(
        'percent in {table} must be "rate" or a number, for example 21 or "5.5".',
        'percent ({table}) turi būti "rate" arba skaičius, pavyzdžiui, 21 arba "5.5".',
    ),
    "not_percentage": Text(
        "{key} = {value}: a percentage is at least 0 and less than 100.",
        "{key} = {value}: procentas turi būti ne mažesnis kaip 0 ir mažesnis kaip 100.",
    ),
    "want_table": Text(
        "{key} in {table} must be a table, for example {key} = {{ … }}.",
        "{key} ({table}) turi būti lentelė, pavyzdžiui, {key} = {{ … }}.",
    ),
    "want_tables": Text(
        "{key} must be a list of tables: begin each with {header} on a line of its own.",
        "{key} turi būti lentelių sąrašas: kiekvieną pradėkite atskira eilute {header}.",
    ),
    "not_allowed": Text(
        "{key} = {name} is not one of the values it can have.",
        "{key} = {name}: tokios reikšmės šis raktas neturi.",
    ),
    "too_long": Text(
        "{key} = {value} has {length} characters and Finvalda takes {limit}. Shorten it.",
        "{key} = {value}: ženklų yra {length}, Finvalda priima {limit}. Sutrumpinkite.",
    ),
    "too_many": Text(
        "{key} has {count} texts and Finvalda takes {limit}. Take some out.",
        "{key}: tekstų yra {count}, Finvalda priima {limit}. Išbraukite, kas viršija.",
    ),
    "stray_brace": Text(
        "{key} = {value} has a brace without its pair. Facts stand as {{order_id}}.",
        "{key} = {value}: riestinis skliaustas be poros. Faktai rašomi taip: {{order_id}}.",
    ),
    "unknown_brace": Text(
        "no fact is called {{{name}}}. Correct the name in braces.",
        "fakto {{{name}}} nėra. Pataisykite pavadinimą riestiniuose skliaustuose.",
    ),
    "percent_elsewhere": Text(
        "{place} can stand only in the code of a [[vat]] rule. Take it out of {key}.",
        "{place} galima rašyti tik [[vat]] taisyklės kode. Išbraukite iš {key}.",
    ),
    "unknown_fact": Text(
        "no fact is called {name}. Correct it; docs/booking-rules.md lists the facts.",
        "fakto {name} nėra. Pataisykite; faktai išvardyti docs/booking-rules.lt.md.",
    ),
    "no_such_value": Text(
        "the fact {fact} is never {name}, so this rule would never fit. Correct the value.",
        "faktas {fact} niekada nebūna {name}, taigi ši taisyklė niekada netiktų. Pataisykite.",
    ),
    "want_flag_fact": Text(
        "the fact {name} is compared with true or false, without quotes.",
        "faktas {name} lyginamas su true arba false, be kabučių.",
    ),
    "bounds_on_text": Text(
        "min and max work on goods_value only; {name} is no amount. Compare it with values.",
        "min ir max tinka tik goods_value; {name} nėra suma. Lyginkite su reikšmėmis.",
    ),
    "want_bounds": Text(
        "{key} needs min, max or both, as numbers: {key} = {{ max = 135 }}.",
        "{key}: nurodykite min, max arba abu skaičiais: {key} = {{ max = 135 }}.",
    ),
    "bounds_crossed": Text(
        "{key}: min {low} is more than max {high}, so this rule would never fit.",
        "{key}: min {low} didesnis už max {high}, taigi ši taisyklė niekada netiktų.",
    ),
    "not_with_bounds": Text(
        "{key}: not cannot stand beside min or max. Write two rules.",
        "{key}: not negalima rašyti kartu su min ar max. Rašykite dvi taisykles.",
    ),
    "empty_list": Text(
        "{key} is compared with an empty list, so this rule would never fit.",
        "{key} lyginamas su tuščiu sąrašu, taigi ši taisyklė niekada netiktų.",
    ),
    "time_zone": Text(
        'there is no time zone {name}. Write for example "Europe/Vilnius".',
        'laiko juostos {name} nėra. Rašykite, pavyzdžiui, "Europe/Vilnius".',
    ),
    "title_for_number": Text(
        'number = "finvalda" needs a title with {place}, or a booked order could not be found '
        "again. Add it to titles.",
        'kai number = "finvalda", viename iš titles turi būti {place}, kitaip įtraukto užsakymo '
        "nebebūtų galima rasti. Įrašykite.",
    ),
    "one_outcome": Text(
        "{table} must have exactly one of: {name}.",
        "{table} turi turėti lygiai vieną raktą iš: {name}.",
    ),
    "per_buyer_shared": Text(
        "the code of per_buyer must hold {place} or {other}, or all buyers would share one card.",
        "per_buyer kode turi būti {place} arba {other}, kitaip visi pirkėjai turėtų vieną kortelę.",
    ),
    "by_twice": Text(
        "by names {name} twice. Name each way once.",
        "by du kartus nurodo {name}. Kiekvieną būdą nurodykite kartą.",
    ),
    "service_code": Text(
        "behind service: in unknown stands the service's code, at most {limit} characters long.",
        "rakto unknown reikšmėje po service: turi būti paslaugos kodas, ne ilgesnis kaip {limit} "
        "ženklų.",
    ),
    "pattern_place": Text(
        "product = {value} names {name}, but the pattern has only {count} of * and ?.",
        "product = {value} nurodo {name}, bet šablone * ir ? vietų tėra {count}.",
    ),
    "not_zone": Text(
        "{name} is no country code of [rates]; XI, PT-20 and PT-30 count as codes too.",
        "{name} nėra šalies kodas lentelei [rates]; XI, PT-20 ir PT-30 taip pat yra kodai.",
    ),
    "zone": Text(
        "{key} = {name} is no country code.",
        "{key} = {name} nėra šalies kodas.",
    ),
    "no_tables": Text(
        "there is no {table}, so every order will be held. Write at least one.",
        "nėra nė vienos {table}, todėl visi užsakymai bus sulaikyti. Įrašykite bent vieną.",
    ),
    "never_asked": Text(
        "this {table} is never asked: the one of line {above} above fits everything. Put this one "
        "above it, or give that one a match.",
        "ši {table} niekada nepasiekiama: aukščiau, {above} eilutėje, esanti tinka viskam. "
        "Perkelkite šią virš jos arba anai įrašykite match.",
    ),
    "never_reached": Text(
        "this {table} is never asked: whatever fits it fits the one of line {above} above. Put "
        "this one above it, or take it out.",
        "ši {table} niekada nepasiekiama: kas jai tinka, tinka ir aukščiau, {above} eilutėje, "
        "esančiai. Perkelkite šią virš jos arba išbraukite.",
    ),
    "no_rates": Text(
        'percent = "rate" needs a [rates] table, and there is none. Add the rates.',
        'kai percent = "rate", reikia lentelės [rates], o jos nėra. Įrašykite tarifus.',
    ),
    "no_rate_for": Text(
        "the rule asks for the rate of {name}, and [rates] has no {name}. Add it.",
        "taisyklė prašo {name} tarifo, o lentelėje [rates] {name} nėra. Įrašykite.",
    ),
    "class_unknown": Text(
        "the class {name} stands in no [rates] and in no match. Correct it or give it rates.",
        "klasės {name} nėra nei [rates], nei jokiame match. Pataisykite arba įrašykite tarifus.",
    ),
    "column_missing": Text(
        "the table has no column {name}. The first row must name the columns.",
        "lentelėje nėra stulpelio {name}. Pirmoje eilutėje turi būti stulpelių pavadinimai.",
    ),
    "column_unknown": Text(
        "the table has an unknown column {name}. Rename it or take it out.",
        "lentelėje yra nežinomas stulpelis {name}. Pervadinkite arba išbraukite.",
    ),
    "column_twice": Text(
        "the table has the column {name} twice. Take one out.",
        "stulpelis {name} lentelėje yra du kartus. Vieną išbraukite.",
    ),
    "row_cells": Text(
        "the row has {count} cells and the table has {limit} columns. "
        "Put cells that hold the separator into quotes.",
        "langelių eilutėje yra {count}, o stulpelių lentelėje yra {limit}. "
        "Langelius su skirtuku rašykite kabutėse.",
    ),
    "cell_empty": Text(
        "the row has no {name}. Fill it in.",
        "eilutėje nėra {name}. Užpildykite.",
    ),
    "cell_number": Text(
        "{name} = {value} must be a number above zero.",
        "{name} = {value} turi būti skaičius, didesnis už nulį.",
    ),
    "share_number": Text(
        "share = {value} must be a number from 0 on, for example 0.6 or 60.",
        "share = {value} turi būti skaičius, ne mažesnis už 0, pavyzdžiui, 0.6 arba 60.",
    ),
    "share_missing": Text(
        "the SKU {name} is a bundle, and only its last row may leave the share out. Fill it in.",
        "SKU {name} yra rinkinys, o share gali būti tuščias tik paskutinėje eilutėje. Užpildykite.",
    ),
    "share_sum": Text(
        "the shares of the SKU {name} add up to {value}. They must add up to 1 or to 100.",
        "SKU {name} dalių suma yra {value}. Ji turi būti 1 arba 100.",
    ),
    "row_twice": Text(
        "the SKU {name} names the product {value} twice. Make one row of them.",
        "SKU {name} du kartus nurodo prekę {value}. Sujunkite į vieną eilutę.",
    ),
}
