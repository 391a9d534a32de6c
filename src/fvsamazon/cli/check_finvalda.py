"""`fvsamazon check` of Finvalda: login, look-ups, parameter, every code that the rules name.

In: the settings, the rules and the recorded orders. Out: rows. Only reads, and two writes that hold
nothing to write (which is how an import parameter can be asked after at all).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from fvsamazon.assembly import buyers, delivery_spec, rules_in_force
from fvsamazon.booking.named import named_codes
from fvsamazon.booking.outcomes import Hold
from fvsamazon.cli import context, remote_texts
from fvsamazon.cli.check_rows import Row
from fvsamazon.clock import SystemClock
from fvsamazon.delivery.evaluating import Evaluator, OrderUnreadable
from fvsamazon.delivery.reference import FinvaldaReference
from fvsamazon.errors import ConfigError, RemoteError, StoreError
from fvsamazon.finvalda import errors
from fvsamazon.finvalda.cards import DESCRIPTIONS
from fvsamazon.finvalda.client import BARCODES, GET_OPERATIONS, PARTNERS, RATES
from fvsamazon.finvalda.operations import UVM_LISTS, UVM_SEARCH
from fvsamazon.finvalda.tables import OperationClass
from fvsamazon.store import orders, outbox
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable

    from fvsamazon.booking.named import NamedCodes
    from fvsamazon.booking.rule_types import Rules
    from fvsamazon.cli.check_rows import State
    from fvsamazon.finvalda.client import FinvaldaClient
    from fvsamazon.settings import Settings
    from fvsamazon.texts import Language

LISTED: Final = 12
PRODUCT_REASONS: Final = frozenset({"product_unknown", "product_missing", "product_ambiguous"})

NO_FILE = Text(
    "there are no booking rules {path}: every due order is held",
    "nėra įtraukimo taisyklių {path}: visi įtrauktini užsakymai sulaikomi",
)
WRITE_FILE = Text(
    "write the file, or point FVSAMAZON_BOOKING_RULES at it",
    "parašykite šį failą arba nurodykite jį FVSAMAZON_BOOKING_RULES",
)
RULES_GOOD = Text("booking rules {path}", "įtraukimo taisyklės {path}")
LOGIN_GOOD = Text("Finvalda takes the login", "Finvalda prisijungimą priima")
LOOK_UPS = Text(
    "documents can be looked up (GetOperations)", "dokumentų paieška veikia (GetOperations)"
)
NO_LOOK_UPS = Text(
    "documents cannot be looked up ({why}): nothing is booked by itself",
    "dokumentų ieškoti negalima ({why}): niekas neįtraukiama automatiškai",
)
NEWER_BUILD = Text(
    "install a newer build of FvsWebService", "įdiekite naujesnę FvsWebService versiją"
)
LACKING = Text("this build lacks {names}", "šioje versijoje nėra {names}")
LACKING_BECAUSE: Final = {
    "missing": Text("missing", "nėra"),
    "denied": Text("denied", "neleidžiama"),
    "filter ignored": Text("filter ignored", "nepaiso filtro"),
}
REFUSED_WITH = Text("refused with {number}", "atmesta, klaida {number}")
NO_UVM = Text(
    "reservations of the order module cannot be looked up ({names}): with them in the rules "
    "nothing is booked by itself",
    "užsakymų valdymo modulio rezervavimų ieškoti negalima ({names}): kol jie nurodyti taisyklėse, "
    "niekas neįtraukiama automatiškai",
)
PARAMETER_GOOD = Text("import parameter {name}", "importo parametras {name}")
PARAMETER_UNKNOWN = Text(
    "Finvalda has no import parameter {name}", "Finvaldoje nėra importo parametro {name}"
)
MAKE_PARAMETER = Text(
    "make it in Finvalda (FvsNETParamKonfig), or name another",
    "sukurkite jį Finvaldoje (FvsNETParamKonfig) arba nurodykite kitą",
)
ALL_THERE = Text(
    "{count} of {count} {kind} are there", "{kind} pagal taisykles: yra {count} iš {count}"
)
MISSING = Text("{kind} that Finvalda lacks: {names}", "{kind}, kurių Finvaldoje nėra: {names}")
MAKE_CODES = Text(
    "make them in Finvalda, or correct the rules", "sukurkite Finvaldoje arba pataisykite taisykles"
)
CANNOT_TELL = Text("{kind} cannot be checked ({why})", "{kind}: patikrinti negalima ({why})")
PERCENT_DIFFERS = Text(
    "VAT codes with another percentage in Finvalda: {names}",
    "PVM kodai, kurių tarifas Finvaldoje kitoks: {names}",
)
SKUS_GOOD = Text(
    "every SKU of the recorded orders has a product (orders: {count})",
    "kiekvienas įrašytų užsakymų SKU turi prekę (užsakymų: {count})",
)
SKUS_MISSING = Text(
    "SKUs of the recorded orders (orders: {count}) without a product: {names}",
    "įrašytų užsakymų (jų {count}) SKU be prekės: {names}",
)
MAKE_PRODUCTS = Text(
    "add them to the product table, or make the products in Finvalda",
    "įrašykite juos į prekių lentelę arba sukurkite prekes Finvaldoje",
)
NOT_PERMITTED = Text(
    "{kind} that the Finvalda user may not use: {names}",
    "{kind}, kurių Finvaldos naudotojui neleidžiama naudoti: {names}",
)
PERMIT = Text(
    "give the user the rights in Finvalda, or correct the rules",
    "suteikite naudotojui teises Finvaldoje arba pataisykite taisykles",
)
OPEN = Text(
    "known only with an order, and not checked: {names}",
    "paaiškėja tik iš užsakymo, todėl netikrinta: {names}",
)
KINDS: Final = {
    "warehouses": Text("warehouses", "sandėliai"),
    "series": Text("series", "serijos"),
    "clients": Text("clients", "klientai"),
    "services": Text("services", "paslaugos"),
    "products": Text("products", "prekės"),
    "vat": Text("VAT codes", "PVM kodai"),
    "client_types": Text("client types", "klientų rūšys"),
    "objects": Text("objects {place}", "{place} objektai"),
}


def rules_rows(settings: Settings) -> tuple[list[Row], Rules | None]:
    """Return how the rules file stands, and the rules where they can be used."""
    language = settings.language
    path = settings.booking_rules
    try:
        rules = rules_in_force(settings).rules
    except ConfigError as error:
        return [Row("rules", "fail", fault) for fault in error.faults_in(language)], None
    if rules is None:
        # The daemon runs all the same, and records: it works and deserves a look.
        row = Row("rules", "warn", NO_FILE.say(language, path=path), WRITE_FILE.say(language))
        return ([row] if settings.finvalda.url else []), None
    rows = [Row("rules", "ok", RULES_GOOD.say(language, path=path))]
    rows += [Row("rules", "warn", fault.say(language)) for fault in rules.warnings]
    return rows, rules


async def finvalda_rows(settings: Settings, rules: Rules | None) -> list[Row]:
    """Test Finvalda and everything of it that the rules name."""
    spec = delivery_spec(settings)
    if spec is None:
        return []
    http = spec.http_client()
    try:
        check = FinvaldaCheck(spec.client(http), settings)
        try:
            await check.service(rules)
            if rules is not None:
                named = named_codes(rules, spec.parameter)
                await check.codes(named)
                await check.permissions(named, spec.username)
                await check.skus(rules)
        except RemoteError as error:
            language = settings.language
            remedy = remote_texts.remedy(error, language)
            why = remote_texts.told(error, language)
            check.rows.append(Row("finvalda", "fail", why, remedy))
    finally:
        await http.aclose()
    return check.rows


class FinvaldaCheck:
    """Collects rows about one Finvalda."""

    def __init__(self, client: FinvaldaClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._language: Language = settings.language
        self.rows: list[Row] = []

    async def service(self, rules: Rules | None) -> None:
        """Log in and find out what this build can do of what the rules need."""
        can = await self._client.probe()
        self._add("ok", LOGIN_GOOD)
        if can.operations:
            self._add("ok", LOOK_UPS)
        else:
            self._add(
                "fail",
                NO_LOOK_UPS,
                NEWER_BUILD,
                why=_why(can.lacking[GET_OPERATIONS], self._language),
            )
        needed = _needed(rules)
        lacking = _listed(
            [
                f"{name} ({_why(why, self._language)})"
                for name, why in sorted(can.lacking.items())
                if name in needed
            ]
        )
        if UVM_SEARCH in needed and not can.uvm_look_up:
            self._add("fail", NO_UVM, NEWER_BUILD, names=lacking)
        elif lacking:
            self._add("warn", LACKING, names=lacking)

    async def codes(self, named: NamedCodes) -> None:
        """Look for every code."""
        client = self._client
        for name in named.parameters:
            if await client.parameter_known(name):
                self._add("ok", PARAMETER_GOOD, name=name)
            else:
                self._add("fail", PARAMETER_UNKNOWN, MAKE_PARAMETER, name=name)
        warehouses = [one.code for one in await client.warehouses()]
        self._compare("warehouses", named.warehouses, warehouses)
        await self._ask("series", named.series, self._series)
        clients = await client.clients(named.clients)
        self._compare("clients", named.clients, [one.code for one in clients])
        await self._ask("client_types", named.client_types, client.client_types)
        for place, wanted in named.objects.items():
            await self._ask("objects", wanted, partial(client.objects, place), place=place)
        services = await client.services(named.services)
        self._compare("services", named.services, [one.code for one in services])
        products = await client.products(named.products)
        self._compare("products", named.products, [one.code for one in products])
        vat = await client.vat_codes()
        self._compare("vat", named.vat, [one.code for one in vat])
        told = {one.code.strip().casefold(): one.percent for one in vat}
        differing = sorted(
            code
            for code, percents in named.vat.items()
            if (known := told.get(code.casefold())) is not None and set(percents) != {known}
        )
        if differing:
            self._add("warn", PERCENT_DIFFERS, MAKE_CODES, names=_listed(differing))
        if named.open:
            self._add("ok", OPEN, names=_listed(list(named.open)))

    async def permissions(self, named: NamedCodes, user: str) -> None:
        """Tell what of the rules' codes our user is restricted from, where Finvalda says."""
        try:
            may = await self._client.user_permissions(user)
        except (errors.Misconfigured, errors.Refused, errors.AccessDenied, errors.Unreachable):
            # Not every build tells, and not in one form; a refused document tells it too.
            return
        for kind, wanted, allowed in (
            ("warehouses", named.warehouses, may.warehouses),
            ("clients", named.clients, may.clients),
        ):
            barred = _lacking(wanted, allowed) if allowed else []
            if barred:
                word = KINDS[kind].say(self._language)
                self._add("warn", NOT_PERMITTED, PERMIT, kind=word, names=_listed(barred))

    async def _series(self) -> list[str]:
        return [one.code for one in await self._client.document_series()]

    async def _ask(
        self,
        kind: str,
        wanted: Collection[str],
        read: Callable[[], Awaitable[list[str]]],
        **values: object,
    ) -> None:
        """Compare with a list that not every build has."""
        if not wanted:
            return
        try:
            known = await read()
        except errors.TransientRefused:
            raise
        except (errors.MissingMethod, errors.AccessDenied, errors.Refused) as error:
            word = KINDS[kind].say(self._language, **values)
            self._add("warn", CANNOT_TELL, kind=word, why=remote_texts.told(error, self._language))
        else:
            self._compare(kind, wanted, known, **values)

    async def skus(self, rules: Rules) -> None:
        """Tell which SKUs among the recorded orders have no product."""
        settings = self._settings
        if not context.database_exists(settings.database):
            return
        reference = FinvaldaReference(self._client, SystemClock(), rules)
        missing: dict[str, None] = {}
        count = 0
        try:
            async with context.opened(settings) as database:
                evaluator = Evaluator(
                    rules,
                    parameter=settings.finvalda.parameter,
                    reference=reference,
                    personal=buyers(settings, database),
                )
                async for row in orders.each(database):
                    record = await outbox.order(database, row["id"])
                    if record is None:  # pragma: no cover - orders are never deleted
                        continue
                    count += 1
                    try:
                        outcome = (await evaluator.evaluate(record)).outcome
                    except OrderUnreadable:
                        continue
                    if isinstance(outcome, Hold):
                        for reason in outcome.reasons:
                            if reason.code in PRODUCT_REASONS:
                                missing[reason.values.get("sku", "?")] = None
        except StoreError:
            # Its own row of the database says what is the matter.
            return
        if missing:
            names = _listed(sorted(missing))
            self._add("warn", SKUS_MISSING, MAKE_PRODUCTS, count=count, names=names)
        else:
            self._add("ok", SKUS_GOOD, count=count)

    def _compare(
        self, kind: str, wanted: Collection[str], known: Iterable[str], **values: object
    ) -> None:
        if not wanted:
            return
        lacking = _lacking(wanted, known)
        word = KINDS[kind].say(self._language, **values)
        if lacking:
            self._add("fail", MISSING, MAKE_CODES, kind=word, names=_listed(lacking))
        else:
            self._add("ok", ALL_THERE, count=len(wanted), kind=word)

    def _add(self, state: State, text: Text, remedy: Text | None = None, **values: object) -> None:
        language = self._language
        told = remedy.say(language) if remedy is not None else None
        self.rows.append(Row("finvalda", state, text.say(language, **values), told))


def _needed(rules: Rules | None) -> frozenset[str]:
    """Return what of a build these rules need beside look-ups."""
    needed = {DESCRIPTIONS}
    if rules is None:
        return frozenset(needed)
    if any(one.exchange_rate == "finvalda" for one in rules.variants):
        needed.add(RATES)
    if "barcode" in rules.products.by:
        needed.add(BARCODES)
    if "partner" in rules.products.by:
        needed.add(PARTNERS)
    if any(one.reservation == OperationClass.UVM_RESERVATION.value for one in rules.variants):
        needed |= {UVM_SEARCH, *UVM_LISTS}
    return frozenset(needed)


def _why(lacking: str, language: Language) -> str:
    """Return why a method cannot be used: the client's word, or Finvalda's number."""
    text = LACKING_BECAUSE.get(lacking)
    if text is not None:
        return text.say(language)
    return REFUSED_WITH.say(language, number=lacking.rpartition(" ")[2])


def _lacking(wanted: Iterable[str], known: Iterable[str]) -> list[str]:
    there = {code.strip().casefold() for code in known}
    return sorted(code for code in wanted if code.strip().casefold() not in there)


def _listed(names: list[str]) -> str:
    more = f" (+{len(names) - LISTED})" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
