"""What the simulated Finvalda says when it refuses: the manual's numbers with their sentences.

In: an error number and, where the sentence needs one, a detail. Out: the text of the answer in the
language of the request. A number that the manual does not list must never leave the simulator,
except where a test asks for it by a fault.
"""

from __future__ import annotations

ENGLISH, LITHUANIAN = 1, 0
"""Values of the `Language` header."""

NO_PARAMETER = 2000
PROGRAM_FAULT = 2010
BAD_STRUCTURE = 2011
DATA_MISSING = 2012

_SENTENCES: dict[int, tuple[str, str]] = {
    2: ("VAT payer code is repeated", "Kartojasi PVM mokėtojo kodas"),
    3: ("Client code is repeated", "Kartojasi kliento kodas"),
    4: ("Company code is repeated", "Kartojasi įmonės kodas"),
    5: ("Parent client not found", "Nerastas pagrindinis kliento padalinys"),
    6: ("Payment term not found", "Nerastas atsiskaitymo terminas"),
    7: ("VAT tax not found", "Nerastas PVM mokestis"),
    8: ("Account not found", "Nerastas sąskaitos kodas"),
    9: ("Bank not found", "Nerastas banko kodas"),
    10: ("Client type not found", "Nerasta klientų rūšis"),
    11: ("Currency not found", "Nerasta valiuta"),
    12: ("First object not found", "Nerastas pirmas objektas"),
    13: ("Second object not found", "Nerastas antras objektas"),
    14: ("Third object not found", "Nerastas trečias objektas"),
    15: ("Fourth object not found", "Nerastas ketvirtas objektas"),
    16: ("First client tag not found", "Nerastas pirmas kliento požymis"),
    17: ("Second client tag not found", "Nerastas antras kliento požymis"),
    18: ("Third client tag not found", "Nerastas trečias kliento požymis"),
    19: ("Product type not found", "Nerasta prekės rūšis"),
    20: ("First product tag not found", "Nerastas pirmas prekės požymis"),
    21: ("Second product tag not found", "Nerastas antras prekės požymis"),
    22: ("Third product tag not found", "Nerastas trečias prekės požymis"),
    23: ("Fourth product tag not found", "Nerastas ketvirtas prekės požymis"),
    24: ("Fifth product tag not found", "Nerastas penktas prekės požymis"),
    25: ("Sixth product tag not found", "Nerastas šeštas prekės požymis"),
    26: ("Client code not found", "Nerastas kliento kodas"),
    27: ("Intrastat code not found", "Nerastas intrastat kodas"),
    28: ("Bar code is repeated", "Kartojasi BAR kodas"),
    29: ("Product code is repeated", "Kartojasi prekės kodas"),
    30: ("Measurement unit not found", "Nerastas matavimo vienetas"),
    32: ("Product account link not found", "Nerastas prekių ryšys su sąskaitomis"),
    34: ("Warehouse not found", "Nerastas sandėlis"),
    36: ("Series code not found", "Nerastas serijos kodas"),
    38: ("Service account not found", "Nerasta paslaugos sąskaita"),
    39: ("Product not found", "Nerasta prekė"),
    40: ("Invoice series not found", "Nerasta sąskaitų faktūrų serija"),
    41: ("Payment series not found", "Nerasta atsiskaitymo dokumentų serija"),
    42: ("Employee not found", "Nerastas darbuotojas"),
    45: ("Journal not found", "Nerastas žurnalas"),
    46: ("Service not found", "Nerasta paslauga"),
    54: ("Client code not found", "Nerastas kliento kodas"),
    63: ("Service type not found", "Nerasta paslaugų rūšis"),
    64: ("First service tag not found", "Nerastas pirmas paslaugų požymis"),
    65: ("Second service tag not found", "Nerastas antras paslaugų požymis"),
    66: ("Third service tag not found", "Nerastas trečias paslaugų požymis"),
    69: ("Contract not found", "Nerastas sutarties kodas"),
    70: ("Client address code not found", "Nerastas kliento adreso kodas"),
    71: ("First client address tag not found", "Nerastas pirmas kliento adreso požymis"),
    72: ("Second client address tag not found", "Nerastas antras kliento adreso požymis"),
    73: ("Third client address tag not found", "Nerastas trečias kliento adreso požymis"),
    74: ("Client address is repeated", "Kartojasi kliento adresas"),
    1001: ("Sale document is already used", "Naudojamas pardavimo dokumentas"),
    1002: (
        "Sales reservation document is already used",
        "Naudojamas pardavimo rezervavimo dokumentas",
    ),
    1010: ("Not enough product in the warehouse", "Prekės trūksta sandėlyje"),
    1011: ("Currency coefficient not found", "Nerastas valiutos koeficientas"),
    1024: (
        "The client has settled partly or fully! The client code may not change",
        "Klientas yra iš dalies arba visiškai atsiskaitęs! Kliento kodo keisti negalima",
    ),
    1036: ("Import parameter not found", "Nerastas importo parametras"),
    1037: ("The operation has no detail rows", "Operacija neturi detalių eilučių"),
    1040: ("Sales return document is already used", "Naudojamas pardavimo grąžinimo dokumentas"),
    1044: ("Sale operation not found", "Nerasta pardavimo operacija"),
    1046: ("The operation has too many detail rows", "Operacijoje yra per daug detalių eilučių"),
    1047: (
        "Unsuitable client type: it must be of document type",
        "Netinkamas kliento tipas: gali būti tik dokumento tipo",
    ),
    1048: (
        "An inflow may settle one document only once",
        "Įplaukos operacijoje už vieną dokumentą atsiskaityti galima vienintelį kartą",
    ),
    1049: ("Clients of inflow and sale differ", "Nesutampa įplaukos ir pardavimo klientai"),
    1050: (
        "The inflow's date is earlier than the sale's",
        "Įplaukos data yra ankstesnė už pardavimo (kontroliuojama dienomis)",
    ),
    1053: (
        "The inflow's sum exceeds the sale's",
        "Įplaukoje nurodyta suma viršyja pardavimo sumą",
    ),
    1054: ("The inflow's sum exceeds the debt", "Įplaukoje nurodyta suma viršyja kliento skolą"),
    1056: ("Unknown inflow type!", "Nežinomas įplaukos operacijos tipas!"),
    1057: (
        "The inflow row's sum must be greater than 0!",
        "Įplaukos eilutės suma turi būti didesnė už 0!",
    ),
    1058: ("The document is already used", "Dokumentas jau naudojamas operacijoje"),
    1063: ("Operation not found", "Nerasta operacija"),
    1067: (
        "Product quantity in a detail row must be positive!",
        "Prekės kiekis detalioje eilutėje privalo būti teigiamas!",
    ),
    1068: (
        "Price in a detail row may not be negative!",
        "Prekės kaina detalioje eilutėje privalo būti neneigiama!",
    ),
    1069: (
        "Service quantity in a detail row must be positive!",
        "Paslaugos kiekis detalioje eilutėje privalo būti teigiamas!",
    ),
    1070: ("Matching operation not found!", "Nerasta atitinkama operacija!"),
    1071: ("Series not found in the database!", "Serija nerasta duomenų bazėje!"),
    1072: ("Sale document is already used.", "Naudojamas pardavimo dokumentas."),
    1076: ("A detail row has no code.", "Detalioje eilutėje nenurodytas kodas."),
    1084: (
        "The kit's description is not found or has no materials",
        "Nerastas gaminio aprašymas arba gaminio aprašyme nėra žaliavų",
    ),
    1085: (
        "The client's type contradicts the type of the detail rows!",
        "Kliento tipas prieštarauja detalių eilučių tipui!",
    ),
    1086: (
        "The document is already used in a UVM cancellation!",
        "Dokumentas jau naudojamas UVM anuliavimo operacijoje!",
    ),
    2000: ("Import parameter is not given", "Nenurodytas importo parametras"),
    2001: ("Error opening a Finvalda recordset", "Finvaldos sąrašo (recordset) atidarymo klaida"),
    2002: ("Memory error", "Atminties klaida"),
    2010: ("Program error (Exception)", "Klaida programoje (Exception)"),
    2011: ("Bad structure of the XML file", "Neteisinga XML failo struktūra"),
    2012: ("Data is missing", "Trūksta duomenų"),
    2031: ("Transaction error", "Transakcijos klaida"),
    3000: ("Client code is not given", "Nenurodytas naujo/koreguojamo kliento kodas"),
    3001: ("Client name is not given", "Nenurodytas naujo kliento pavadinimas"),
    3002: ("Product code is not given", "Nenurodytas naujos/koreguojamos prekės kodas"),
    3003: ("Product name is not given", "Nenurodytas naujos prekės pavadinimas"),
    3004: ("Service code is not given", "Nenurodytas naujos/koreguojamos paslaugos kodas"),
    3005: ("Service name is not given", "Nenurodytas naujos paslaugos pavadinimas"),
    3006: ("Client is not given", "Nenurodytas pardavimo (grąžinimo, rezervavimo) klientas"),
    3007: ("Currency is not given", "Nenurodyta pardavimo (grąžinimo, rezervavimo) valiuta"),
    3008: ("Date is not given", "Nenurodyta pardavimo (grąžinimo, rezervavimo) data"),
    3013: ("Inflow client is not given", "Nenurodytas įplaukos klientas"),
    3014: ("Inflow currency is not given", "Nenurodyta įplaukos valiuta"),
    3017: ("Journal to delete from is not given", "Nenurodytas šalinamos operacijos žurnalo kodas"),
    3018: ("Number to delete is not given", "Nenurodytas šalinamos operacijos numeris"),
    3019: ("Journal to edit is not given", "Nenurodytas koreguojamos operacijos žurnalo kodas"),
    3020: ("Number to edit is not given", "Nenurodytas koreguojamos operacijos numeris"),
    3021: ("Address code is not given", "Nenurodytas adreso kodas"),
    3022: ("Address client is not given", "Nenurodytas adreso kliento kodas"),
    3023: ("Address text is not given", "Nenurodytas adreso tekstas"),
    3024: (
        "Document of the UVM cancellation is not given",
        "Nenurodytas UVM anuliavimo operacijos dokumentas.",
    ),
    3025: (
        "Document of the operation is not given",
        "Nenurodytas kitos neanalitinės operacijos dokumentas.",
    ),
    4000: (
        "Another employee is working with this operation!",
        "Su šia operacija dirba kitas darbuotojas!",
    ),
    4001: ("Operation data not found!", "Nerasti operacijos duomenys!"),
    4002: (
        "It is forbidden to remove a locked operation!",
        "Rakintos operacijos pašalinimas uždraustas!",
    ),
    4003: ("Operation rows not found!", "Nerasti operacijos eilučių duomenys!"),
    4004: (
        "The operation's date is outside the allowed period!",
        "Operacijos data nepatenka į leistiną periodą!",
    ),
    4005: (
        "The operation's date is outside your period!",
        "Operacijos data nepatenka į jums nurodytą datų intervalą!",
    ),
    4015: (
        "The operation is settled. It is forbidden to remove it!",
        "Už operaciją yra atsiskaityta. Operacijos šalinimas uždraustas!",
    ),
    5000: ("Operation to edit not found", "Nerasta koreguojama operacija"),
    5001: (
        "Rows of the operation to edit not found",
        "Nerastos koreguojamos operacijos detalios eilutės",
    ),
    5003: (
        "Editing this class of operation is not supported",
        "Konkrečios operacijos klasės koregavimas nėra palaikomas",
    ),
    5004: ("All detail rows were removed", "Pašalintos visos detalios eilutės"),
    5005: (
        "It is forbidden to edit a locked operation",
        "Rakintos operacijos koregavimas uždraustas",
    ),
}

_HEADINGS = ("Data saving in database", "Duomenų išsaugojimas duomenų bazėje")
_FIRST_OPERATION_CODE, _FIRST_GENERAL_CODE = 1001, 2000
_FIRST_DELETE_CODE = 4000


class Refusal(Exception):
    """The service answers Fail; `code` is its `nResult`.

    `said` replaces the manual's sentence where the real service tells something of its own.
    """

    def __init__(self, code: int, detail: str = "", *, said: str | None = None) -> None:
        self.code = code
        self.detail = detail
        self.said = said
        super().__init__(f"{code} {said or detail}")

    def text(self, language: int) -> str:
        """Return what stands in `error`."""
        return self.said if self.said is not None else sentence(self.code, language, self.detail)


class Denied(Exception):
    """The service answers AccessDenied: credentials, company or licence."""


def sentence(code: int, language: int, detail: str = "") -> str:
    """Return the text of an error: operations carry an internal tag, a heading and line breaks."""
    pair = _SENTENCES.get(code, ("Unknown error", "Nežinoma klaida"))
    which = 1 if language == LITHUANIAN else 0
    text = f"{pair[which]} {detail}".rstrip()
    of_operation = _FIRST_OPERATION_CODE <= code < _FIRST_GENERAL_CODE
    if of_operation or code >= _FIRST_DELETE_CODE:
        return f"FVS00000022 {_HEADINGS[which]}\n\n{text}"
    return text
