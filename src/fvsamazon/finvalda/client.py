"""The client of Finvalda's web service: one call, one request, one typed result or error.

Reads are in `cards` and `operations`; here are the writes, the log-in check and the probe of what
this build can do. A write is sent once and never again: what becomes of an unknown outcome is the
caller's to look up. Every write is checked against the closed tables before it leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fvsamazon.finvalda import codes, errors
from fvsamazon.finvalda.cards import DESCRIPTIONS, CardReads
from fvsamazon.finvalda.fields import NOT_GIVEN, Payload, about, build, encode
from fvsamazon.finvalda.http import MAX_ANSWER_BYTES
from fvsamazon.finvalda.letters import to_baltic
from fvsamazon.finvalda.operations import UVM_LISTS, UVM_SEARCH, OperationReads
from fvsamazon.finvalda.records import OpClass, Reader, Saved
from fvsamazon.finvalda.tables import (
    CARDS,
    DELETION,
    EDITS,
    PARAMETER,
    UPDATE,
    ItemClass,
    OperationClass,
)
from fvsamazon.finvalda.transport import Transport
from fvsamazon.finvalda.wire import Envelope, UnreadableAnswer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping
    from datetime import tzinfo

    import httpx

    from fvsamazon.finvalda.fields import Scalar, Table, Values
    from fvsamazon.finvalda.transport import Credentials
    from fvsamazon.texts import Language

TIMEOUT_SECONDS = 30.0

ZONE = ZoneInfo("Europe/Vilnius")
"""Finvalda tells times without a zone, as the clock of its server shows them."""

NO_ORDER = "000-0000000-0000000"
"""A number of Amazon's form that no order has: a search that should find nothing."""

PROBE_DAY = date(2020, 1, 1)

MISSING = "missing"
GET_OPERATIONS = "GetOperations"
RATES, SERIES, BARCODES, PARTNERS = (
    f"{DESCRIPTIONS}:{kind}"
    for kind in ("CurrencyRates", "DocumentSeries", "BarCodes", "PartnerProducts")
)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this build of the web service can do; `lacking` gives the reason for each it cannot."""

    lacking: Mapping[str, str]

    def has(self, name: str) -> bool:
        """Tell whether a method, or a list of GetDescriptions, can be used."""
        return name not in self.lacking

    @property
    def operations(self) -> bool:
        """Tell whether operations can be looked up: without it nothing is booked by itself."""
        return self.has(GET_OPERATIONS)

    @property
    def uvm_look_up(self) -> bool:
        """Tell whether reservations of the order module can be found again, one way or another."""
        return self.has(UVM_SEARCH) or all(map(self.has, UVM_LISTS))


class FinvaldaClient(CardReads, OperationReads):
    """Talks to one company's Finvalda. Holds no state; the HTTP client is the caller's."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        credentials: Credentials,
        *,
        timeout: float = TIMEOUT_SECONDS,
        language: Language = "en",
        zone: tzinfo = ZONE,
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        self._zone = zone
        self._transport = Transport(
            http, url, credentials, timeout=timeout, language=language, max_bytes=max_bytes
        )

    async def insert_item(
        self,
        item_class: ItemClass,
        fields: Mapping[str, Scalar],
        *,
        parameter: str,
        private: Collection[str] = (),
    ) -> Payload:
        """Make a card; it fails where one with its code exists. Returns what was sent.

        `private` is hidden in a refusal's words beside what the card itself holds.
        """
        payload = _card(CARDS, item_class, fields, parameter)
        body = {"ItemClassName": item_class.value, "xmlstring": payload.text}
        hidden = (*payload.texts, *private)
        await self._transport.write("InsertNewItem", body, private=hidden)
        return payload

    async def edit_item(
        self,
        item_class: ItemClass,
        fields: Mapping[str, Scalar],
        *,
        parameter: str,
    ) -> Payload:
        """Change a card, which its own `sKodas` names; what is left out keeps its value."""
        payload = _card(EDITS, item_class, fields, parameter)
        body = {"ItemClassName": item_class.value, "xmlstring": payload.text}
        if item_class is not ItemClass.ADDRESS:
            # An address is known by client and code, and both are inside.
            body["sItemCode"] = str(fields["sKodas"])
        await self._transport.write("EditItem", body, private=payload.texts)
        return payload

    async def insert_operation(
        self,
        op_class: OperationClass,
        parameter: str,
        payload: Payload,
        *,
        private: Collection[str] = (),
    ) -> Saved:
        """Save a document once; returns how Finvalda knows it.

        `private` are texts of the document's cards: Finvalda may name the client that it refuses,
        in the letters that it keeps.
        """
        if payload.item_class != op_class.value:
            raise ValueError(f"the payload is a {payload.item_class}, not a {op_class.value}")
        hidden = {*private, *map(to_baltic, private)}
        envelope = await self._operation("InsertNewOperation", parameter, payload, hidden)
        try:
            return _saved(envelope)
        except UnreadableAnswer as error:
            # It is saved, and only a look-up can tell as what.
            raise errors.Unanswered(
                str(error), operation="InsertNewOperation", code="unidentified"
            ) from error

    async def update_operation(
        self,
        op_class: OperationClass,
        journal: str,
        number: int,
        *,
        parameter: str,
        changes: Values,
    ) -> None:
        """Change an operation: lines out and in, parts of the header.

        Not to be repeated: sent again after an unknown outcome it would take lines out twice. The
        delivery therefore replaces a reservation, each half of which can be looked up.
        """
        if op_class.update is None:
            raise ValueError(f"Finvalda cannot edit a {op_class.value}")
        values: Values = {"sZurnalas": journal, "nNumeris": number, **changes}
        payload = build(op_class.update, UPDATE, values)
        await self._operation("UpdateOperation", parameter, payload)

    async def delete_operation(
        self, op_class: OperationClass, journal: str, number: int, *, parameter: str
    ) -> None:
        """Delete an operation; one that is gone already is refused (`codes.ALREADY_GONE`)."""
        values: Values = {"sZurnalas": journal, "nNumeris": number}
        payload = build(op_class.deletion, DELETION, values)
        await self._operation("DeleteOperation", parameter, payload)

    async def check_login(self) -> None:
        """Raise `AccessDenied` where user, password or company are wrong."""
        await self.warehouses()

    async def parameter_known(self, parameter: str) -> bool:
        """Tell whether Finvalda has this import parameter, as far as it says.

        The service can neither list nor read parameters. Two writes that hold nothing to write (a
        document that is none, a deletion that names no operation) are refused either for the
        parameter or for their emptiness.
        """
        empty = {OperationClass.SALE.deletion: {"sZurnalas": "", "nNumeris": 0}}
        attempts: tuple[tuple[str, str, object], ...] = (
            ("InsertNewOperation", OperationClass.SALE.value, {}),
            ("DeleteOperation", OperationClass.SALE.deletion, empty),
        )
        for method, item_class, content in attempts:
            body = _body(item_class, parameter, encode(content))
            try:
                await self._transport.write(method, body)
            except errors.TransientRefused:
                raise
            except errors.Refused as refused:
                if refused.number in (codes.UNKNOWN_PARAMETER, codes.NO_PARAMETER):
                    return False
        return True

    async def probe(self) -> Capabilities:
        """Find out what this build can do, by reads that find nothing.

        Wrong credentials and an unreachable server are raised; so is a build without the plainest
        method, since then the address is wrong.
        """
        await self.check_login()
        lists: dict[str, Callable[[], Awaitable[object]]] = {
            SERIES: self.document_series,
            RATES: partial(self.currency_rates, ["USD"], PROBE_DAY, PROBE_DAY),
            BARCODES: partial(self.product_by_barcodes, [NO_ORDER]),
            PARTNERS: partial(self.partner_products, NO_ORDER),
        }
        reads: dict[str, Callable[[], Awaitable[object]]] = {
            GET_OPERATIONS: partial(self.find_operations, OpClass.SALES, order_number=NO_ORDER),
            UVM_SEARCH: partial(self._nothing, UVM_SEARCH, {"sOrderNumber": NO_ORDER}),
            **{
                method: partial(self._nothing, method, {"tSukurimoData": "2100-01-01"})
                for method in UVM_LISTS
            },
            **lists,
        }
        lacking: dict[str, str] = {}
        for name, read in reads.items():
            reason = await _lack(read)
            if reason is not None:
                lacking[name] = reason
        if all(lacking.get(name) == MISSING for name in lists):
            lacking[DESCRIPTIONS] = MISSING
        return Capabilities(lacking)

    async def _nothing(self, method: str, query: Mapping[str, str]) -> None:
        """Ask for what cannot be there; anything that comes shows that the filter is ignored."""
        if await self._transport.read(method, Envelope.rows, query=query):
            raise errors.FilterIgnored(method)

    async def _operation(
        self, method: str, parameter: str, payload: Payload, private: Collection[str] = ()
    ) -> Envelope:
        if not parameter.strip():
            raise errors.InvalidPayload(method, [about("sParametras", NOT_GIVEN)])
        return await self._transport.write(
            method, _body(payload.item_class, parameter, payload.text), private=private
        )


def _card(
    tables: Mapping[ItemClass, Table],
    item_class: ItemClass,
    fields: Mapping[str, Scalar],
    parameter: str,
) -> Payload:
    """Return a card's payload with the import parameter as its first field."""
    if not parameter.strip():
        raise errors.InvalidPayload(item_class.value, [about(PARAMETER, NOT_GIVEN)])
    values: Values = {**fields, PARAMETER: parameter}
    return build(item_class.value, tables[item_class], values)


def _body(item_class: str, parameter: str, text: str) -> dict[str, str]:
    # `xmlstring` is all small letters here, and a text although it holds JSON.
    return {"ItemClassName": item_class, "sParametras": parameter, "xmlstring": text}


def _saved(envelope: Envelope) -> Saved:
    row = envelope.saved()
    if row is None:
        raise UnreadableAnswer("saved, but the answer does not tell as what")
    read = Reader(row, "saved operation")
    number = read.whole("NUMERIS")
    if number is None:
        raise UnreadableAnswer("saved, but the answer tells no number")
    return Saved(
        series=read.text("SERIJA"),
        document=read.text("DOKUMENTAS"),
        journal=read.code("ZURNALAS"),
        number=number,
    )


async def _lack(read: Callable[[], Awaitable[object]]) -> str | None:
    """Return why a method cannot be used; None where it can. Passing faults are raised."""
    try:
        await read()
    except errors.MissingMethod:
        return MISSING
    except errors.AccessDenied:
        return "denied"
    except errors.FilterIgnored:
        return "filter ignored"
    except errors.TransientRefused:
        raise
    except errors.Refused as refused:
        return f"refused with {refused.number}"
    return None
