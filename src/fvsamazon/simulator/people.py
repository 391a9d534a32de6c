"""Invented buyers: names in many scripts, streets that do not exist, numbers kept for fiction.

No value here belongs to a real person: names are words for "example" and "specimen" in the
language of the country, or made up. Some are awkward on purpose (quotes, right-to-left text,
emoji, a formula, a hundred letters), because real ones are.
"""

# ruff: noqa: PLR2004, RUF001 - shares of chance, and names in many scripts, are the content here

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon.simulator.places import COUNTRIES, EU

if TYPE_CHECKING:
    from random import Random

_NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "DE": (("Erika", "Jörg", "Käthe", "Max-Uwe"), ("Beispiel", "Müßterfrau", "Probeß"), "Probeweg"),
    "AT": (("Resi", "Ötzi"), ("Beispielhuber", "Mustergruber"), "Mustergasse"),
    "CH": (("Beat", "Ursina"), ("Müsterli", "Vorlage-Exempel"), "Musterstrasse"),
    "FR": (("Zoé", "Jean-Exemple", "Noëlle"), ("Spécimen", "d'Exemple", "L'Échantillon"),
           "rue de l'Exemple"),
    "MC": (("Maëlle",), ("Spécimen",), "avenue du Modèle"),
    "BE": (("Loïc", "Veerle"), ("Voorbeeld", "Spécimen"), "Voorbeeldstraat"),
    "NL": (("Sjoerd", "Fenna"), ("van 't Voorbeeld", "de Monster"), "Voorbeeldkade"),
    "ES": (("Íñigo", "Begoña"), ("Muestra Ejemplo", "de la Prueba"), "Calle del Ejemplo"),
    "PT": (("João", "Inês"), ("Exemplo", "da Amostra"), "Rua do Exemplo"),
    "IT": (("Niccolò", "Maria Prova"), ("D'Esempio", "Campione"), "Via dell'Esempio"),
    "SE": (("Åke", "Östen"), ("Exempelsson", "Provström"), "Exempelvägen"),
    "NO": (("Bjørn", "Åse"), ("Eksempelsen",), "Eksempelveien"),
    "FI": (("Päivi", "Jyrki"), ("Esimerkkinen", "Malliläinen"), "Esimerkkikatu"),
    "PL": (("Żaneta", "Łucjan"), ("Przykładowa", "Wzorzec-Ćwik"), "ul. Przykładowa"),
    "CZ": (("Řehoř", "Žofie"), ("Příkladný", "Vzorová"), "Příkladná"),
    "LT": (("Vardenė", "Žygis"), ("Pavardenytė", "Pavyzdžiūnas"), "Pavyzdžio g."),
    "LV": (("Šķelme", "Ģirts"), ("Paraugs", "Piemēriņa"), "Parauga iela"),
    "EE": (("Õnne", "Näide"), ("Näidistamm",), "Näidise tn"),
    "GR": (("Δείγμα", "Υπόδειγμα"), ("Παραδειγματίδης",), "Οδός Παραδείγματος"),
    "GB": (("Alex", "Siân"), ("Example", "O'Specimen", "Sample-Smythe"), "Example Street"),
    "IE": (("Aoife", "Seán"), ("O'Sampla", "Mac Eiseamláir"), "Sample Quay"),
    "US": (("Jordan", "Renée"), ("Placeholder", "Sample Jr."), "Sample Ave"),
    "CA": (("Chloé", "Avery"), ("Exemple-Tremblé", "Sampleton"), "Specimen Blvd"),
    "MX": (("Muñeca", "Ángel"), ("Muestra Núñez",), "Av. del Ejemplo"),
    "BR": (("Conceição", "Antônio"), ("Exemplão da Amostra",), "Rua do Exemplo"),
    "TR": (("Işıl", "Örnek"), ("Örneğioğlu", "Şablon"), "Örnek Caddesi"),
    "EG": (("مثال", "نموذج"), ("التجريبي",), "شارع المثال"),
    "SA": (("عينة",), ("بن نموذج",), "طريق المثال"),
    "AE": (("Misal", "نموذج"), ("Al Mithali",), "Sample Road"),
    "IN": (("उदाहरण", "Namoona"), ("नमूना", "Udaharan"), "Sample Marg"),
    "ZA": (("Isibonelo", "Voorbeeld"), ("Monster", "Mzekelo"), "Sample Straat"),
    "SG": (("样本", "Contoh"), ("例子", "Mathiri"), "Sample Link"),
    "AU": (("Bluey", "Kirra"), ("Sample", "Exampleton"), "Specimen Pde"),
    "JP": (("花子", "太郎"), ("見本", "架空"), "架空町1丁目"),
}  # fmt: skip

_AWKWARD = (
    "Ana “La Ñ” Ejemplo",
    'Bobby "); DROP TABLE orders;-- Sample',
    "=1+2 Formula",
    "  Leading Space",
    "👩‍👩‍👧 Emoji Family 🎁",
    "דוגמה בן־מדגם",
    "ตัวอย่าง นามสกุล",
    "Пример Образцов-Ёлкин",
    "Ｆｕｌｌ Ｗｉｄｔｈ",
    "Zoe\u0301 Combining",
    "null",
    "Very " + "Long " * 24 + "Name",
    "O\u2019Curly & Sons <b>",
    "\u202eReversed\u202c Name",
)

_COMPANIES = ("Beispiel & Söhne", "Example Trading", "Pavyzdys", "Exemplo", "見本商事", "Vzorek")
_FORMS = {
    "DE": "GmbH", "AT": "GmbH", "LT": "UAB", "PL": "Sp. z o.o.", "GB": "Ltd", "JP": "株式会社",
    "FR": "SARL", "IT": "S.r.l.", "NL": "B.V.", "US": "LLC", "BR": "Ltda", "SE": "AB",
}  # fmt: skip

_VAT_FORMS = {
    "AT": "ATU########", "BE": "BE0#########", "CZ": "CZ########", "DE": "DE#########",
    "EE": "EE#########", "ES": "ESB########", "FI": "FI########", "FR": "FR##4########",
    "GR": "EL#########", "IE": "IE#######W", "IT": "IT###########", "LT": "LT#########",
    "LV": "LV40#########", "NL": "NL#########B01", "PL": "PL##########", "PT": "PT#########",
    "SE": "SE##########01", "GB": "GB#########", "TR": "TR##########", "MC": "FR##0########",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """A buyer and where the parcel goes."""

    name: str
    company: str | None
    vat_number: str | None
    lines: tuple[str, str, str]
    town: str
    state: str
    postcode: str
    country: str
    phone: str
    number: str


def fill(pattern: str, dice: Random) -> str:
    """Put a digit in the place of each `#`."""
    return "".join(str(dice.randrange(10)) if sign == "#" else sign for sign in pattern)


def invent(dice: Random, country: str, *, business: bool) -> Person:
    """Make up a person of that country; always the same one for the same dice."""
    facts = COUNTRIES[country]
    given, family, street = _NAMES[country]
    name = f"{dice.choice(given)} {dice.choice(family)}"
    if country == "JP":
        name = f"{dice.choice(family)} {dice.choice(given)}"
    if dice.random() < 0.06:
        name = dice.choice(_AWKWARD)
    # Towns off the mainland (Canaries, Northern Ireland, Livigno) are rarer than the first.
    town, state, postcode = facts.towns[0]
    if dice.random() < 0.25:
        town, state, postcode = dice.choice(facts.towns)
    number = str(dice.randrange(1, 200))
    second = f"{dice.randrange(1, 9)}/{dice.randrange(1, 40)}" if dice.random() < 0.3 else ""
    company = vat_number = None
    if business:
        company = f"{dice.choice(_COMPANIES)} {_FORMS.get(country, 'Co.')}"
        if country in _VAT_FORMS:
            vat_number = fill(_VAT_FORMS[country], dice)
    return Person(
        name=name,
        company=company,
        vat_number=vat_number,
        lines=(f"{street} {number}", second, ""),
        town=town,
        state=state,
        postcode=fill(postcode, dice),
        country="FR" if country == "MC" and dice.random() < 0.3 else country,
        phone=fill(facts.phone, dice),
        number=number,
    )


def is_eu_vat(number: str | None) -> bool:
    """Say whether a VAT number has a member state's prefix; Greece writes EL."""
    return (number or "")[:2] in EU | {"EL"}
