"""The closed tables of Finvalda's fields: names, lengths and what must be given.

From the manual's sections on InsertNewItem, EditItem, InsertNewOperation, UpdateOperation and
DeleteOperation. `sFvsImportoParametras` comes first on every card: one build refuses a card where
it does not. A field of the manual that this program never has a use for is listed all the same, so
that "unknown" means unknown to Finvalda.
"""

from __future__ import annotations

import enum
from dataclasses import replace
from typing import TYPE_CHECKING

from fvsamazon.finvalda.fields import Field, Shape, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

PARAMETER = "sFvsImportoParametras"

GOODS = "PardDokPrekeDetEil"
SERVICES = "PardDokPaslaugaDetEil"
HEAD = "PardDokHeadEil"


class ItemClass(enum.StrEnum):
    """Cards that this program makes or edits."""

    CLIENT = "Fvs.Klientas"
    ADDRESS = "Fvs.Adresas"
    PRODUCT = "Fvs.Preke"
    SERVICE = "Fvs.Paslauga"


class OperationClass(enum.StrEnum):
    """Operations that this program makes."""

    SALE = "PardDok"
    RESERVATION = "PardRezDok"
    UVM_RESERVATION = "UVMPardRezDok"

    @property
    def deletion(self) -> str:
        """Return the class name that deletes such an operation."""
        return f"Del{self.value}"

    @property
    def update(self) -> str | None:
        """Return the class name that edits such an operation; None where Finvalda cannot."""
        return None if self is OperationClass.UVM_RESERVATION else f"Koreg{self.value}"


def _code(length: int = 0, *, required: bool = False) -> Field:
    return Field(Shape.CODE, length, required)


def _text(length: int, *, required: bool = False) -> Field:
    return Field(Shape.TEXT, length, required)


def _whole(length: int) -> Field:
    return Field(Shape.WHOLE, length)


def _number(digits: int, decimals: int, *, required: bool = False) -> Field:
    return Field(Shape.NUMBER, 0, required, digits, decimals)


def _each(names: str, spec: Field) -> dict[str, Field]:
    return dict.fromkeys(names.split(), spec)


def _numbered(stem: str, count: int, spec: Field) -> dict[str, Field]:
    return {f"{stem}{index}": spec for index in range(1, count + 1)}


_DAY = Field(Shape.DAY)
_FLAG = Field(Shape.FLAG)
_COUNT = Field(Shape.COUNT)
_DOUBLE = Field(Shape.NUMBER)
_MONEY = _number(14, 2)
_PRICE = _number(14, 4)
_OBJECT = _code(10)
_PACKINGS = ("Po", "St", "Me", "Pl", "Ko", "Ki")

_CLIENT_FREE: dict[str, Field] = {
    "sAdresas": _text(90),
    **_each("sTelefonas sFaksas", _whole(15)),
    "sAtsakingasAsmuo": _text(50),
}
_CLIENT_COMMON: dict[str, Field] = {
    "sBankas": _code(20),
    **_each("sBankoSaskaita sKorespSaskBank", _whole(35)),
    "sPastabos": _text(60),
    "sRusis": _code(10),
    "sEMail": _whole(30),
    "sPasiulomaValiuta": _code(3),
    "sValstybe": _text(20),
    "sValstybeKodas": _code(3),
    "sMiestas": _text(20),
    "sPastoKodas": _whole(20),
}
_CLIENT = Table(
    {
        PARAMETER: _code(),
        "sKodas": _code(15, required=True),
        "sPavadinimas": _text(100, required=True),
        **_CLIENT_FREE,
        **_each("sAtsiskaitymoTerminaiDebt sAtsiskaitymoTerminaiKred", _code(10)),
        **_each("dDelspinigiaiDebt dDelspinigiaiKred dPapildomaInf", _DOUBLE),
        "sPvmMokKod": _code(15),
        **_each("sDebtSask sKredSask", _code(20)),
        "sImKodas": _code(13),
        "sPvmMoketojoKod": _code(30),
        **_CLIENT_COMMON,
        "sYraKlientoPadalinys": _code(15),
        **_numbered("sObjektas", 4, _OBJECT),
        **_numbered("sPozymis", 3, _code(13)),
        **_each("nKreditas nTipas nMaksPradlestosSkolosSum nSkolaGalimaPradelstiDien", _COUNT),
        **_each("nAktyvus nSiustiFakturas nPvmMokaPirkejas nFizinisAsmuo nAtkreiptiDemesi", _FLAG),
    },
    numbers_as_text=False,
)
_ADDRESS = Table(
    {
        PARAMETER: _code(),
        "sKodas": _code(13, required=True),
        "sKlientoKodas": _code(15, required=True),
        "sAdresas": _text(50, required=True),
        **_numbered("sPapildomaInf", 3, _text(50)),
        **_each("dKiekis dTalpa", _DOUBLE),
        **_each("sMiestas sValstybe", _text(30)),
        "sElPastoAdr": _whole(50),
        "sTelefonoNr": _whole(20),
        "sPastoIndeksas": _whole(20),
        # The vendor's samples have the street's parts, without lengths: the line's own is taken.
        **_each("sGatve sNamas sButas", _text(50)),
        **_numbered("sPozymis", 5, _code(13)),
    },
    numbers_as_text=False,
)
_PRODUCT = Table(
    {
        PARAMETER: _code(),
        "sKodas": _code(20, required=True),
        "sPavadinimas": _text(50, required=True),
        "sBarKodas": _code(13),
        "sPastaba": _text(100),
        **_each("sRysysSuSask sMatavimoVnt sMokestis", _code(10)),
        "sInformacija": _text(10),
        "sRusis": _code(13),
        **_numbered("sPozymis", 6, _code(13)),
        **_each("sValiuta sPirkimoValiuta sKilmesSalis", _code(3)),
        "sIntrastatKodas": _code(20),
        "sUrl": _whole(255),
        **_numbered("sObjektas", 6, _OBJECT),
        **_numbered("sInfo", 5, _text(100)),
        **_numbered("sTiekejas", 3, _code(15)),
        **{f"sPreKodTiek{index}Kataloge": _code(20) for index in (1, 2, 3)},
        **_numbered("dKaina", 6, _PRICE),
        **_each("dNeto dBruto dTuris dAntkainis dPirkimoKaina", _DOUBLE),
        **{f"dPak{kind}{level}": _DOUBLE for kind in _PACKINGS for level in (1, 2)},
        **_each("nAktyvi nYraPakuote nYraPUI nIvedamaGalData nSudetine", _FLAG),
        **_each("nSavikainosSkaicMetodas nMinimalusKiekis nUzsakomaPrekiu", _COUNT),
    },
    numbers_as_text=False,
)
_SERVICE = Table(
    {
        PARAMETER: _code(),
        "sKodas": _code(13, required=True),
        "sPavadinimas": _text(50, required=True),
        "sBARKodas": _code(20),
        "sPastaba": _text(60),
        **_each("sRysysSuSask sMokestis sMatVienetas", _code(10)),
        **_numbered("sPastabos", 12, _text(60)),
        **_numbered("sObjektas", 6, _OBJECT),
        "sRusis": _code(13),
        **_numbered("sPozymis", 3, _code(13)),
        "nAktyvi": _FLAG,
        **_each("dPirkimoKaina dPardavimoKaina", _PRICE),
    },
    numbers_as_text=False,
)

_WAYBILL: dict[str, Field] = {
    "sKrovVazt": _text(50),
    **_each("sSurasVieta sPakrovimoVieta sPapInfo sIskrovimoVieta", _text(150)),
    "sKrovSvoris": _text(50),
    **_each("sKrovIsdAsmuo sKrovPrAsmuo sVairuotojas sMasina", _text(150)),
    **_each("tSurasData tPakrovimoData tIskrovimoData", _DAY),
    **_each("sVezejas sGavejas", _code(15)),
}
_SALE_HEADER: dict[str, Field] = {
    "sKlientas": _code(15),
    "sKlientImonesKodas": _code(30),
    "sSerija": _code(10),
    "sDokumentas": _code(20),
    **_numbered("sPavadinimas", 5, _text(50)),
    "sValiuta": _code(3, required=True),
    "sSutartis": _code(13),
    **_WAYBILL,
    "sAdresas": _code(13),
    "sPastaba": _text(255),
    "tData": Field(Shape.DAY, required=True),
    "tMokejimoData": _DAY,
    **_numbered("sObjektas", 6, _OBJECT),
    "nVarna": _FLAG,
    **_each("tNuolaidosData tIsrasymoData tIvykdymoData", _DAY),
    "dNuolaida": _number(5, 2),
    "nSandorioKodas": _COUNT,
    "sPristatymoSalygos": _code(3),
    "nTranspRusis": _COUNT,
    "sSalisSiunteja": _code(3),
    "nPapildomasNr": _COUNT,
    "sDarbuotojas": _code(10),
    "sDokRusis": _code(2),
    "nIVAZ": _FLAG,
    "dGrApvalinimoSuma": _MONEY,
    "nPozymis": _FLAG,
}
_LINE_SUMS: dict[str, Field] = {
    "dSumaV": _number(14, 2, required=True),
    "dSumaL": _MONEY,
    **_each("dSumaPVMV dSumaPVML dSumaNV dSumaNL", _MONEY),
    "dNlProc": _number(5, 2),
    "dPVM_Procentas": _number(4, 2),
    **_each("dSumaVntV dSumaVntL dSumaVntPV dSumaVntPL", _PRICE),
    "sPvmKodas": _code(10),
    **_numbered("sObjektas", 6, _OBJECT),
    "sPapInf": _text(30),
    "tIvykdymoData": _DAY,
    "nPozymis": _FLAG,
}
_GOODS_LINE = Table(
    {
        "sKodas": _code(20, required=True),
        "sSandelis": _code(10, required=True),
        "nKiekis": Field(Shape.NUMBER, required=True),
        "nPirmasMat": _FLAG,
        **_LINE_SUMS,
        "sIntrastatKodas": _code(20),
        "sKilmesSalis": _code(3),
        **_each("dNeto dBruto", _number(10, 4)),
        "dTuris": _number(10, 5),
    }
)
_SERVICE_LINE = Table(
    {
        "sKodas": _code(13, required=True),
        # Not in the manual, but taken by live servers: the text of the line.
        "sPavadinimas": _text(50),
        "nKiekis": Field(Shape.NUMBER, required=True),
        "nPirmasMat": _FLAG,
        **_LINE_SUMS,
        **_each("dSavikainaV dSavikainaL", _PRICE),
    }
)
_LINES: dict[str, Table] = {GOODS: _GOODS_LINE, SERVICES: _SERVICE_LINE}
_SALE = Table(
    _SALE_HEADER,
    groups=_LINES,
    either=(("sKlientas", "sKlientImonesKodas"),),
    lines_required=True,
)
_IDENTITY: dict[str, Field] = {
    "sZurnalas": _code(10, required=True),
    "nNumeris": Field(Shape.COUNT, required=True),
}
_HEAD_EDIT = Table(
    {
        "sSerija": _code(10),
        "sDokumentas": _code(50),
        "sKlientas": _code(15),
        "sDokRusis": _code(2),
        **_numbered("sPavadinimas", 5, _text(50)),
        "sPastaba": _text(255),
        **_WAYBILL,
        "sSutartis": _code(13),
        "sIniciatorius": _code(15),
        "sAdresas": _code(13),
        **_numbered("sObjektas", 4, _OBJECT),
        "tMokejimoData": _DAY,
        "nPozymis": _FLAG,
    }
)
UPDATE = Table(
    _IDENTITY,
    groups={
        HEAD: _HEAD_EDIT,
        "DelPrekeDetEil": Table({"sKodas": _code(20, required=True), "sSandelis": _code(10)}),
        "DelPaslaugaDetEil": Table({"sKodas": _code(20, required=True)}),
        **_LINES,
        "UpdPrekeDetEil": Table(
            {
                "sKodas": _code(20, required=True),
                # The manual says nKodasN, the vendor's own sample nPreKodN.
                **_each("nKodasN nPreKodN", _COUNT),
                "nPozymis": _FLAG,
                "sPapInfo": _text(30),
            }
        ),
    },
    single=frozenset({HEAD}),
)
"""Every `Koreg…` class that this program uses."""

CARDS: Mapping[ItemClass, Table] = {
    ItemClass.CLIENT: _CLIENT,
    ItemClass.ADDRESS: _ADDRESS,
    ItemClass.PRODUCT: _PRODUCT,
    ItemClass.SERVICE: _SERVICE,
}
"""Cards for InsertNewItem."""

_KEYS = ("sKodas", "sKlientoKodas")

EDITS: Mapping[ItemClass, Table] = {
    item_class: replace(
        table,
        fields={
            name: replace(spec, required=spec.required and name in _KEYS)
            for name, spec in table.fields.items()
        },
    )
    for item_class, table in CARDS.items()
}
"""Cards for EditItem: what is left out keeps its value."""

OPERATIONS: Mapping[OperationClass, Table] = {
    OperationClass.SALE: _SALE,
    OperationClass.RESERVATION: _SALE,
    OperationClass.UVM_RESERVATION: _SALE,
}
"""Documents for InsertNewOperation."""

DELETION = Table(_IDENTITY)
"""Every `Del…` class."""
