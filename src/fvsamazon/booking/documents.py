"""An order, the rules and what Finvalda knows become a document, or a hold with every reason.

    order ──▶ items seen ──▶ skip? ──▶ due? ──▶ lines ──▶ client, number, date, rate ──▶ Document
                                └──────────── anything wrong, all of it at once ──────▶ Hold

Pure: no file, no clock, no network. The sum of the lines is Amazon's grand total less what a
marketplace collects and keeps, to the cent; where the numbers cannot be made to agree the order is
held, never bent. Never raises, whatever Amazon sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

from fvsamazon.booking.clients import Client, choose_client
from fvsamazon.booking.context import Lookups, NoReference
from fvsamazon.booking.currencies import CENT, EURO, bookable, minor_unit, rounded
from fvsamazon.booking.dates import day_of, document_day
from fvsamazon.booking.decimals import amount_text, plain
from fvsamazon.booking.dueness import Due, pieces_of, what_is_due
from fvsamazon.booking.explain import Because, because
from fvsamazon.booking.fact_names import PROGRAMMES
from fvsamazon.booking.facts import buyer_facts, goods_value_of, order_facts
from fvsamazon.booking.headers import read_header
from fvsamazon.booking.items import ItemView, item_name, largest, view_item
from fvsamazon.booking.lines import Booked, BuiltLines, LineBuilder
from fvsamazon.booking.matching import first_fitting
from fvsamazon.booking.money import TIP, ZERO, ItemMoney, currencies_of, read_item
from fvsamazon.booking.outcomes import (
    Document,
    DocumentClass,
    Hold,
    Line,
    Nothing,
    Outcome,
    Skip,
)
from fvsamazon.booking.reasons import Reason, reason
from fvsamazon.booking.treatments import facts_text

if TYPE_CHECKING:
    from datetime import date

    from fvsamazon.booking.context import BookingContext, Reference
    from fvsamazon.booking.matching import FactValue
    from fvsamazon.booking.rule_types import DocumentRules, Rules
    from fvsamazon.orders import Order

_CLIENT_FACTS: Final = ("marketplace", "channel", "fulfilled_by", "buyer", "buyer_vat_country")
_NOTHING_COSTS: Final = ItemMoney(ZERO, (), ZERO, on_top=False)
_FINAL: Final = "FINALIZED"


def decide(
    order: Order, rules: Rules, context: BookingContext, reference: Reference | None = None
) -> Outcome:
    """Decide what becomes of an order; without a reference nothing of Finvalda's is checked."""
    if day_of(order.created_at, rules.time_zone) < rules.book_from:
        return Nothing("before_book_from", order.status)
    return _Decision(order, rules, context, reference or NoReference()).outcome()


@dataclass(frozen=True, slots=True)
class _Tip:
    """A tip as Amazon states it: what is certain, and what only the total can tell."""

    certain: Decimal
    perhaps: Decimal
    reasons: tuple[Reason, ...]


class _Decision:
    """Decides one order."""

    def __init__(
        self, order: Order, rules: Rules, context: BookingContext, reference: Reference
    ) -> None:
        self._order = order
        self._rules = rules
        self._context = context
        self._lookups = Lookups(reference)
        self._reasons: list[Reason] = []
        self._currencies = currencies_of(order)
        self._currency = (
            order.grand_total.currency if order.grand_total else next(iter(self._currencies), None)
        )
        self._unit = minor_unit(self._currency) if self._currency else CENT
        self._buyer = buyer_facts(order, tax_role_seen=context.tax_role_seen)
        self._pieces = tuple(
            pieces_of(order, line, rules.money, item_name(line)) for line in order.lines
        )
        self._shared, self._views = self._look()
        main = largest(self._views)
        self._main = main
        self._facts: dict[str, FactValue] = dict(main.facts if main else self._shared)

    def outcome(self) -> Outcome:
        skip = first_fitting(self._rules.skips, self._facts)
        if skip is not None:
            return Skip(skip.reason, skip.line)
        document, told = self._document_rules()
        due = what_is_due(self._order, document)
        if isinstance(due, Nothing):
            return due
        if isinstance(due, Reason):
            return self._hold(due)
        return self._build(due, document, told)

    def _look(self) -> tuple[dict[str, FactValue], tuple[ItemView, ...]]:
        """Read the money of all items, then look at each with the facts of the order."""
        moneys = [
            _NOTHING_COSTS
            if pieces.count is None and not pieces.reasons
            else read_item(line, item_name(line), self._currency or EURO)
            for line, pieces in zip(self._order.lines, self._pieces, strict=True)
        ]
        readable = [None if isinstance(money, tuple) else money for money in moneys]
        mixed = len(self._currencies) > 1
        goods_value = goods_value_of(self._order, readable, self._rules.known)
        shared = order_facts(
            self._order,
            self._buyer,
            None if mixed else goods_value,
            None if mixed else self._currency,
        )
        views = tuple(
            view_item(self._order, line, money, shared, self._rules, self._lookups)
            for line, money in zip(self._order.lines, moneys, strict=True)
        )
        return shared, views

    def _document_rules(self) -> tuple[DocumentRules, tuple[Because, ...]]:
        override = first_fitting(self._rules.overrides, self._facts)
        if override is None:
            return self._rules.document, ()
        changed = override.applied_to(self._rules.document)
        return changed, (because("series", "override", line=override.line),)

    def _hold(self, *reasons: Reason) -> Hold:
        self._add(*reasons)
        return Hold(tuple(self._reasons), self._currency, self._lookups.needs)

    def _add(self, *reasons: Reason) -> None:
        self._reasons += [found for found in reasons if found not in self._reasons]

    def _build(
        self, due: Due, document: DocumentRules, told: tuple[Because, ...]
    ) -> Document | Hold:
        self._order_reasons()
        booked = self._booked()
        tip = self._tip(booked)
        built = LineBuilder(self._rules, self._unit).build(booked, tip, self._main)
        self._add(*built.reasons)
        client, client_told = self._client()
        header = read_header(document, self._context, self._order.order_id, self._facts)
        self._add(*header.reasons)
        day, day_told = document_day(
            self._order,
            document,
            self._context,
            self._rules.time_zone,
            reservation=due == "reservation",
        )
        rate, rate_told = self._rate(document, day)
        total = sum((line.gross for line in built.lines), ZERO)
        self._agree(built, total)
        if self._reasons or client is None or self._currency is None:
            return self._hold()
        kind, kind_told = _document_kind(built.lines)
        return Document(
            outcome=due,
            finvalda_class=cast(
                "DocumentClass", "PardDok" if due == "sale" else document.reservation
            ),
            order_id=self._order.order_id,
            client=client,
            series=header.series,
            number=header.number,
            searched_title=header.searched_title,
            date=day,
            parameter=header.parameter,
            kind=kind,
            currency=self._currency,
            titles=header.titles,
            remark=header.remark,
            objects=header.objects,
            lines=tuple(_in_euro(line, rate) for line in built.lines),
            total=total,
            kept_out=built.kept_out,
            rate=rate,
            unchecked=self._lookups.needs,
            because=(
                *client_told,
                *told,
                *header.why,
                day_told,
                kind_told,
                rate_told,
                because(
                    "total",
                    "total",
                    grand=amount_text(total + built.kept_out),
                    kept=amount_text(built.kept_out),
                    total=amount_text(total),
                ),
            ),
        )

    def _order_reasons(self) -> None:
        """Collect what is wrong with the order itself."""
        known = PROGRAMMES | self._rules.known.programmes
        self._add(
            *(
                reason("programme_unknown", name=programme)
                for programme in self._order.programmes
                if programme not in known
            )
        )
        if self._order.grand_total is None:
            self._add(reason("grand_total_missing"))
        if len(self._currencies) > 1:
            self._add(reason("currencies_mixed", names=", ".join(self._currencies)))

    def _booked(self) -> list[Booked]:
        """Return the items to book; what is wrong with an item that is left out holds nothing."""
        booked = []
        for view, pieces in zip(self._views, self._pieces, strict=True):
            self._add(*pieces.reasons)
            if pieces.count is not None:
                self._add(*view.reasons)
                booked.append(Booked(view, pieces.count or 0, pieces.why))
        if not booked:
            self._add(reason("nothing_fulfilled", status=self._order.status))
        return booked

    def _tip(self, booked: list[Booked]) -> Decimal:
        """Return the finalised tip, after the items and it were found to make the total."""
        tip = self._read_tip()
        self._add(*tip.reasons)
        grand = self._order.grand_total
        totals = [item.view.money.total for item in booked if item.view.money is not None]
        if grand is None or tip.reasons or len(totals) < len(booked) or not booked:
            return tip.certain
        items = sum(totals, ZERO)
        for amount in dict.fromkeys((tip.certain + tip.perhaps, tip.certain)):
            if items + amount == grand.amount:
                return amount
        shown = [amount_text(total) for total in totals]
        shown += [f"{TIP} {amount_text(tip.certain)}"] if tip.certain else []
        figures = f"{' + '.join(shown)} = {amount_text(items + tip.certain)}"
        arithmetic = f"{figures} ≠ {amount_text(grand.amount)}"
        self._add(reason("grand_total_differs", arithmetic=arithmetic))
        return tip.certain

    def _read_tip(self) -> _Tip:
        """Read the tip; one whose status Amazon leaves out counts only if the total says so."""
        certain = perhaps = ZERO
        reasons = []
        for part in self._order.parts:
            if part.kind != TIP or (part.status is not None and part.status != _FINAL):
                continue
            if part.subtotal is None:
                reasons.append(reason("part_amount_missing", item=self._order.order_id, part=TIP))
                continue
            amount = part.subtotal.amount
            if not bookable(amount, self._unit) or amount < 0:
                reasons.append(
                    reason(
                        "amount_unfit",
                        item=TIP,
                        amount=amount,
                        currency=part.subtotal.currency,
                    )
                )
            elif part.status == _FINAL:
                certain += amount
            else:
                perhaps += amount
        return _Tip(certain, perhaps, tuple(reasons))

    def _client(self) -> tuple[Client | None, tuple[Because, ...]]:
        rule = first_fitting(self._rules.clients, self._facts)
        if rule is None:
            self._add(reason("client_none", facts=facts_text(self._facts, _CLIENT_FACTS)))
            return None, ()
        chosen = choose_client(
            rule, self._order, self._buyer, self._context, self._facts, self._lookups
        )
        self._add(*chosen.reasons)
        return chosen.client, chosen.why

    def _rate(self, document: DocumentRules, day: date) -> tuple[Decimal | None, Because]:
        currency = self._currency or EURO
        if currency == EURO:
            return Decimal(1), because("rate", "rate_euro")
        if document.exchange_rate == "parameter":
            return None, because("rate", "rate_parameter")
        rate = self._lookups.rate(currency, day)
        if rate is False:
            self._add(reason("exchange_rate_missing", currency=currency, day=day))
        if rate is False or rate is None:
            return None, because("rate", "unchecked_rate", value=currency, day=day)
        return rate, because("rate", "rate_found", day=day, currency=currency, rate=plain(rate))

    def _agree(self, built: BuiltLines, total: Decimal) -> None:
        """Check the promise of this module; only a fault of the program can break it."""
        grand = self._order.grand_total
        if self._reasons or grand is None or total == grand.amount - built.kept_out:
            return
        figures = (
            f"{amount_text(total)} ≠ {amount_text(grand.amount)} - {amount_text(built.kept_out)}"
        )
        self._add(reason("sum_differs", arithmetic=figures))


def _document_kind(lines: tuple[Line, ...]) -> tuple[str | None, Because]:
    """Return the kind of the largest line that names one."""
    named = [line for line in lines if line.document_kind is not None]
    if not named:
        return None, because("kind", "kind_parameter")
    line = max(named, key=lambda one: one.gross)
    return line.document_kind, because("kind", "kind_line", rule=line.rule)


def _in_euro(line: Line, rate: Decimal | None) -> Line:
    """Convert net and VAT each by itself, as the ledger holds them."""
    if rate is None:
        return line
    return replace(
        line, net_eur=rounded(line.net * rate, CENT), vat_eur=rounded(line.vat * rate, CENT)
    )
