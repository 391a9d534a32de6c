"""`fvsamazon deliveries preview`: the document that an order becomes, with every field explained.

In: recorded orders, the rules, and Finvalda as far as it is set up and answers (reads alone). Out:
the contract's object, or lines of text. Nothing is sent and nothing is written.
"""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from fvsamazon.assembly import buyers, delivery_spec, rules_in_force
from fvsamazon.booking.preview import outcome_word
from fvsamazon.cli import context, context_texts, remote_texts
from fvsamazon.cli import delivery_texts as texts
from fvsamazon.cli.preview_text import as_json as whole_json
from fvsamazon.cli.preview_text import as_lines
from fvsamazon.cli.wording import json_text, shown
from fvsamazon.clock import SystemClock
from fvsamazon.delivery.evaluating import Evaluator, OrderUnreadable
from fvsamazon.delivery.reference import FinvaldaReference
from fvsamazon.errors import ConfigError, RemoteError
from fvsamazon.store import orders, outbox
from fvsamazon.texts import Text

if TYPE_CHECKING:
    import sqlite3

    from fvsamazon.booking.outcomes import Outcome
    from fvsamazon.booking.rule_types import Rules
    from fvsamazon.cli.context import Invocation
    from fvsamazon.delivery.evaluating import Personal
    from fvsamazon.settings import Settings
    from fvsamazon.store.database import Database


def run_preview(invocation: Invocation, order_id: str | None, *, as_json: bool) -> None:
    """Print one order's preview, or everybody's; ends with 1 where the order is not recorded."""
    settings = invocation.settings()
    rules = rules_in_force(settings).rules
    if rules is None:
        raise ConfigError([context_texts.NO_RULES.filled(path=settings.booking_rules)])
    found = context.run_async(lambda: _previews(settings, rules, order_id, as_json=as_json))
    if not found and order_id is not None:
        told = texts.NOT_RECORDED.say(settings.language, order=order_id)
        print(f"fvsamazon: {told}", file=sys.stderr)
        sys.exit(context.EX_FAILED)


async def _previews(
    settings: Settings, rules: Rules, order_id: str | None, *, as_json: bool
) -> int:
    count = 0
    async with context.opened(settings) as database, AsyncExitStack() as stack:
        spec = delivery_spec(settings)
        reference = None
        if spec is not None:
            http = spec.http_client()
            stack.push_async_callback(http.aclose)
            reference = FinvaldaReference(spec.client(http), SystemClock(), rules)
        previewer = Previewer(settings, rules, reference, buyers(settings, database))
        if order_id is not None:
            for row in await orders.get(database, order_id):
                _say(row["order_id"], await previewer.outcome(database, row), settings, as_json)
                count += 1
        else:
            async for row in orders.each(database):
                _say(row["order_id"], await previewer.outcome(database, row), settings, as_json)
                count += 1
    return count


class Previewer:
    """Decides about orders; a Finvalda that does not answer is asked no more."""

    def __init__(
        self,
        settings: Settings,
        rules: Rules,
        reference: FinvaldaReference | None,
        personal: Personal,
    ) -> None:
        parameter = settings.finvalda.parameter
        self._with = Evaluator(rules, parameter=parameter, reference=reference, personal=personal)
        self._without = Evaluator(rules, parameter=parameter, personal=personal)
        self._ask = reference is not None
        self._language = settings.language

    async def outcome(self, database: Database, row: sqlite3.Row) -> Outcome | Text:
        """Return what becomes of an order, or why that cannot be told."""
        record = await outbox.order(database, row["id"])
        if record is None:  # pragma: no cover - orders are never deleted
            return texts.GONE
        try:
            if self._ask:
                try:
                    return (await self._with.evaluate(record)).outcome
                except RemoteError as error:
                    self._ask = False
                    why = shown(remote_texts.told(error, self._language))
                    told = texts.NOT_ASKED.say(self._language, why=why)
                    print(f"fvsamazon: {told}", file=sys.stderr)
            return (await self._without.evaluate(record)).outcome
        except OrderUnreadable:
            return texts.UNREADABLE


def _say(order_id: str, outcome: Outcome | Text, settings: Settings, as_json: bool) -> None:
    language = settings.language
    if isinstance(outcome, Text):
        print(f"fvsamazon: {shown(order_id)}: {outcome.say(language)}", file=sys.stderr)
    elif as_json:
        print(json_text(whole_json(order_id, outcome, language)))
    else:
        print(f"{shown(order_id)}: {outcome_word(outcome)}")
        for line in as_lines(outcome, language):
            print(f"  {shown(line)}")
