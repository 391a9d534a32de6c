"""Which fields the simulated Finvalda knows, how long they are, and how a value is read.

In: the names and values of a card, an operation or a line, as the client wrote them. Out: typed
values. The real service ignores a name that it does not know without a word; so does this one, but
it notes it, because a test must see what an accountant would never be told. A value that does not
fit is refused or cut, as the rules of the installation say.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Literal

from fvsamazon.simulator.finvalda.codes import PROGRAM_FAULT, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Value = str | Decimal | int
Values = dict[str, Value]

_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z", re.ASCII)
_DATE = re.compile(
    r"(\d{4})[-.](\d{2})[-.](\d{2})([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?)?\Z", re.ASCII
)


@dataclass(frozen=True)
class Spec:
    """One field: `text`, `unicode`, `number`, `integer` or `date`, with its limits."""

    kind: Literal["text", "unicode", "number", "integer", "date"]
    length: int = 0
    decimals: int = 0


Table = dict[str, Spec]


def _spec(code: str) -> Spec:
    """Read `t15` text, `u60` unicode text, `n14.2` number, `i` integer, `d` date."""
    letter, rest = code[0], code[1:]
    if letter in "tu":
        return Spec("text" if letter == "t" else "unicode", int(rest))
    if letter == "n":
        whole, decimals = rest.split(".")
        return Spec("number", int(whole), int(decimals))
    return Spec("integer" if letter == "i" else "date")


def table(text: str) -> Table:
    """Read a table written as `name:code` words; `name#1-6:code` stands for six fields."""
    fields: Table = {}
    for word in text.split():
        name, code = word.split(":")
        stem, _, span = name.partition("#")
        if not span:
            fields[name] = _spec(code)
            continue
        first, last = span.split("-")
        for number in range(int(first), int(last) + 1):
            fields[f"{stem}{number}"] = _spec(code)
    return fields


CLIENT = table(
    "sFvsImportoParametras:t50 sKodas:t15 sPavadinimas:t100 sAdresas:t90 sTelefonas:t15 sFaksas:t15"
    " sAtsakingasAsmuo:t50 sAtsiskaitymoTerminaiDebt:t10 dDelspinigiaiDebt:n10.4"
    " sAtsiskaitymoTerminaiKred:t10 dDelspinigiaiKred:n10.4 sPvmMokKod:t15 sDebtSask:t20"
    " sKredSask:t20 nKreditas:i sBankas:t20 sBankoSaskaita:t35 sKorespSaskBank:t35 nTipas:i"
    " sImKodas:t13 sPvmMoketojoKod:t30 sPastabos:t60 sRusis:t10 sEMail:t30"
    " nMaksPradlestosSkolosSum:i nSkolaGalimaPradelstiDien:i nAktyvus:i sPasiulomaValiuta:t3"
    " sYraKlientoPadalinys:t15 sObjektas#1-4:t10 sPozymis#1-3:t13 dPapildomaInf:n14.4"
    " sValstybe:t20 sValstybeKodas:t3 sMiestas:t20 sPastoKodas:t20 nSiustiFakturas:i"
    " nPvmMokaPirkejas:i nFizinisAsmuo:i nAtkreiptiDemesi:i"
)
ADDRESS = table(
    "sFvsImportoParametras:t50 sKodas:t13 sKlientoKodas:t15 sAdresas:t50 sPapildomaInf#1-3:t50"
    " dKiekis:n14.4 dTalpa:n14.4 sMiestas:t30 sValstybe:t30 sElPastoAdr:t50 sTelefonoNr:t20"
    " sPastoIndeksas:t20 sPozymis#1-5:t13 sGatve:t50 sNamas:t10 sButas:t10"
)
PRODUCT = table(
    "sFvsImportoParametras:t50 sKodas:t20 sPavadinimas:t50 sBarKodas:t13 sPastaba:t100"
    " sRysysSuSask:t10 sMatavimoVnt:t10 sMokestis:t10 sInformacija:t10 sRusis:t13"
    " sPozymis#1-6:t13 sValiuta:t3 sIntrastatKodas:t20 dKaina#1-6:n14.4 dNeto:n10.4 dBruto:n10.4"
    " dTuris:n10.5 dAntkainis:n10.4 nAktyvi:i dPirkimoKaina:n14.4 sPirkimoValiuta:t3 sUrl:t255"
    " sObjektas#1-6:t10 sInfo#1-5:u100 nYraPakuote:i nYraPUI:i nIvedamaGalData:i nSudetine:i"
    " nSavikainosSkaicMetodas:i dPakPo#1-2:n10.4 dPakSt#1-2:n10.4 dPakMe#1-2:n10.4"
    " dPakPl#1-2:n10.4 dPakKo#1-2:n10.4 dPakKi#1-2:n10.4 nMinimalusKiekis:i nUzsakomaPrekiu:i"
    " sTiekejas#1-3:t15 sPreKodTiek1Kataloge:t20 sPreKodTiek2Kataloge:t20"
    " sPreKodTiek3Kataloge:t20 sKilmesSalis:t3"
)
SERVICE = table(
    "sFvsImportoParametras:t50 sKodas:t13 sPavadinimas:t50 sBARKodas:t20 sPastaba:t60"
    " sRysysSuSask:t10 sMokestis:t10 sMatVienetas:t10 dPirkimoKaina:n14.4 dPardavimoKaina:n14.4"
    " sPastabos#1-12:u60 nAktyvi:i sObjektas#1-6:t10 sRusis:t13 sPozymis#1-3:t13"
)
DICTIONARY = table("sFvsImportoParametras:t50 sKodas:t15 sPavadinimas:t50 sInfo#1-2:u100")
"""Objects, types, tags, terms, banks and warehouses: a code and a name."""

_WAYBILL = (
    " sKrovVazt:t50 sSurasVieta:t150 sPakrovimoVieta:t150 sPapInfo:t150 sIskrovimoVieta:t150"
    " sKrovSvoris:t50 sKrovIsdAsmuo:t150 sKrovPrAsmuo:t150 sVairuotojas:t150 sMasina:t150"
    " tSurasData:d tPakrovimoData:d tIskrovimoData:d"
)
_FULL = (
    "sKlientas:t15 sKlientImonesKodas:t30 sSerija:t10 sDokumentas:t20 sPavadinimas#1-5:t50"
    " sValiuta:t3 sSutartis:t13 sVezejas:t15 sGavejas:t15 sAdresas:t13 sPastaba:t255 tData:d"
    " tMokejimoData:d sObjektas#1-6:t10 nVarna:i tNuolaidosData:d tIsrasymoData:d dNuolaida:n5.2"
    " nSandorioKodas:i sPristatymoSalygos:t3 nTranspRusis:i sSalisSiunteja:t3 nPapildomasNr:i"
    " tIvykdymoData:d sDarbuotojas:t10 sDokRusis:t2 nIVAZ:i dGrApvalinimoSuma:n14.2 nPozymis:i"
)
SALE_HEADER = table(_FULL + _WAYBILL)
RETURN_HEADER = table(_FULL + " tRegistravimoData:d tDokumentoData:d")
SHORT_HEADER = table(
    "sKlientas:t15 sKlientImonesKodas:t30 tData:d sSerija:t10 sDokumentas:t20 sValiuta:t3"
    " tIvykdymoData:d sDokRusis:t2"
)
INFLOW_HEADER = table(
    "sValiuta:t3 sKlientas:t15 sKlientImonesKodas:t30 nTipas:i sSerija:t10 sDokumentas:t20"
    " sSerija2:t10 sDokumentas2:t20 sPastaba:t255 tData:d sPavadinimas:t50 tIsrasymoData:d"
    " nVarna:i sDarbuotojas:t10 nPozymis:i"
)
_LINE = (
    " dSumaV:n14.2 dSumaL:n14.2 dSumaPVMV:n14.2 dSumaPVML:n14.2 dSumaNV:n14.2 dSumaNL:n14.2"
    " dNlProc:n5.2 dPVM_Procentas:n4.2 nKiekis:n14.4 sObjektas#1-6:t10 dSumaVntV:n14.4"
    " dSumaVntL:n14.4 dSumaVntPV:n14.4 dSumaVntPL:n14.4 nPirmasMat:i sPvmKodas:t10 sPapInf:t30"
    " tIvykdymoData:d nPozymis:i"
)
GOODS_LINE = table(
    "sKodas:t20 sSandelis:t10 dNeto:n10.4 dBruto:n10.4 dTuris:n10.5 sIntrastatKodas:t20"
    " sKilmesSalis:t3" + _LINE
)
SERVICE_LINE = table("sKodas:t13 sPavadinimas:t50 dSavikainaV:n14.4 dSavikainaL:n14.4" + _LINE)
INFLOW_LINE = table(
    "sPavadinimas:t50 dSumaV:n14.2 sSerija:t10 sDokumentas:t20 sDokNrBendrMokejime:t20"
    " sSutartis:t13 sObjektas#1-4:t10"
)
EDIT_HEAD = table(
    "sSerija:t10 sDokumentas:t50 sKlientas:t15 sDokRusis:t2 sPavadinimas#1-5:t50 sPastaba:t255"
    " sSutartis:t13 sVezejas:t15 sGavejas:t15 sIniciatorius:t15 sAdresas:t13 sObjektas#1-4:t10"
    " tMokejimoData:d nPozymis:i" + _WAYBILL
)
REMOVED_LINE = table("sKodas:t20 sSandelis:t10")
MARKED_LINE = table("sKodas:t20 nKodasN:i nPreKodN:i nPozymis:i sPapInfo:t30")
IDENTITY = table("sZurnalas:t10 nNumeris:i")

PRODUCT_PROPERTIES = {
    "Rusis": "sRusis",
    "Pav": "sPavadinimas",
    "Past": "sPastaba",
    "PapInf": "sInformacija",
    "pardVal": "sValiuta",
    "klimesSalis": "sKilmesSalis",
    "sKilmesSalis": "sKilmesSalis",
    **{f"Poz{n}": f"sPozymis{n}" for n in range(1, 7)},
    **{f"Obj{n}": f"sObjektas{n}" for n in range(1, 7)},
    **{f"PapInf{n}": f"sInfo{n}" for n in range(1, 6)},
    **{f"pardKaina{n}": f"dKaina{n}" for n in range(1, 7)},
}
"""Attributes of EditItemProps and the fields of the card that they change."""
SERVICE_PROPERTIES = {
    "Rusis": "sRusis",
    "Pav": "sPavadinimas",
    "pardKaina": "dPardavimoKaina",
    **{f"Poz{n}": f"sPozymis{n}" for n in range(1, 4)},
    **{f"Obj{n}": f"sObjektas{n}" for n in range(1, 7)},
    **{f"Past{n}": f"sPastabos{n}" for n in range(1, 13)},
}
_CLIENT_PROPERTIES = (
    "sPavadinimas sPastabos sAdresas sTelefonas sEMail sValstybe sValstybeKodas sMiestas"
    " sPastoKodas sAtsakingasAsmuo sBankas sBankoSaskaita sKorespSaskBank sPasiulomaValiuta"
    " sRusis sPozymis1 sPozymis2 sPozymis3 sObjektas1 sObjektas2 sObjektas3 sObjektas4"
)
CLIENT_PROPERTIES = {name: name for name in _CLIENT_PROPERTIES.split()}
WIDER = {"sPavadinimas": Spec("text", 100), "sPastaba": Spec("text", 255)}
"""EditItemProps lets a product's name and remark be longer than its card does."""


@dataclass(frozen=True)
class Reader:
    """Reads values the way this installation does; `note` hears of what goes unsaid."""

    overlong: Literal["refuse", "cut"]
    code_page: str | None
    note: Callable[[str], None]

    def fields(
        self,
        given: Mapping[str, object],
        known: Table,
        where: str,
        skip: frozenset[str] = frozenset(),
    ) -> Values:
        """Return the values of the known names; absent and null ones are left out."""
        values: Values = {}
        for name, raw in given.items():
            if name in skip:
                continue
            spec = known.get(name)
            if spec is None:
                self.note(f"{where}: unknown field {name} is ignored")
            elif isinstance(raw, (dict, list)):
                raise Refusal(PROGRAM_FAULT, said=f"Value '{name}' is not a simple value!")
            elif raw is not None:
                value = self._value(name, raw, spec, where)
                if value is not None:
                    values[name] = value
        return values

    def _value(self, name: str, raw: object, spec: Spec, where: str) -> Value | None:
        text = str(int(raw)) if isinstance(raw, bool) else str(raw)
        if spec.kind in {"text", "unicode"}:
            return self._text(name, text, spec, where)
        text = text.strip()
        if not text:
            return None
        if spec.kind == "date":
            return _read_date(name, text)
        if not _NUMBER.match(text):
            raise Refusal(PROGRAM_FAULT, said=f"Input string was not in a correct format. ({name})")
        number = Decimal(text)
        if spec.kind == "integer":
            if number != number.to_integral_value():
                raise Refusal(PROGRAM_FAULT, said=f"Value '{name}' is not an integer!")
            return int(number)
        return self._number(name, number, spec, where)

    def _text(self, name: str, text: str, spec: Spec, where: str) -> str:
        text = text.rstrip()
        if any(not c.isprintable() for c in text):
            self.note(f"{where}: {name} holds control characters")
        if len(text) > spec.length:
            self.note(f"{where}: {name} is longer than {spec.length}")
            if self.overlong == "refuse":
                raise Refusal(
                    PROGRAM_FAULT, said=f"String or binary data would be truncated. ({name})"
                )
            text = text[: spec.length]
        if spec.kind == "text" and self.code_page is not None:
            kept = text.encode(self.code_page, "replace").decode(self.code_page)
            if kept != text:
                self.note(f"{where}: {name} loses letters that {self.code_page} has not")
            text = kept
        return text

    def _number(self, name: str, number: Decimal, spec: Spec, where: str) -> Decimal:
        if abs(number) >= Decimal(10) ** (spec.length - spec.decimals):
            raise Refusal(PROGRAM_FAULT, said=f"Arithmetic overflow error. ({name})")
        rounded = number.quantize(Decimal(1).scaleb(-spec.decimals), ROUND_HALF_UP)
        if rounded != number:
            self.note(f"{where}: {name} has more than {spec.decimals} decimals")
        return rounded


def _read_date(name: str, text: str) -> str:
    found = _DATE.match(text)
    day = None
    if found is not None:
        with suppress(ValueError):
            day = date(int(found[1]), int(found[2]), int(found[3]))
    if day is None:
        raise Refusal(
            PROGRAM_FAULT, said=f"String was not recognized as a valid DateTime. ({name})"
        )
    return day.isoformat()


def read_day(text: str) -> date | None:
    """Return a filter's date, None where it is empty."""
    return date.fromisoformat(_read_date("date", text.strip())) if text.strip() else None
