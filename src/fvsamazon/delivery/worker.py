"""Delivers the outbox to Finvalda, one unit of work at a time, the oldest order first.

In: intents. Out: documents in Finvalda, once each, or visible holds. A held order blocks nothing
behind it; Finvalda being away blocks this worker alone. What must never happen: a document sent
that a look-up did not just find absent, or sent again while its first sending is in doubt.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from fvsamazon import __version__, events
from fvsamazon.delivery import holds
from fvsamazon.delivery.adopting import Adopter, begin
from fvsamazon.delivery.cards import Cards
from fvsamazon.delivery.deciding import Decider, Hands
from fvsamazon.delivery.destination import UP, Destination
from fvsamazon.delivery.doubts import Doubts
from fvsamazon.delivery.evaluating import Evaluator, no_personal_data
from fvsamazon.delivery.holds import Hold, Said, said
from fvsamazon.delivery.intents import CatchUp, plan_of
from fvsamazon.delivery.ledger import HOURLY, Ledger, Subject
from fvsamazon.delivery.lookup import Finder, scope_of, widen
from fvsamazon.delivery.rechecking import Rechecker
from fvsamazon.delivery.reference import FinvaldaReference
from fvsamazon.delivery.sending import Sender
from fvsamazon.errors import FvsamazonError, RemoteError, StoreError
from fvsamazon.finvalda import errors
from fvsamazon.store import deliveries, outbox
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from fvsamazon.booking.rule_types import Rules
    from fvsamazon.clock import Clock
    from fvsamazon.delivery.evaluating import Personal
    from fvsamazon.finvalda.client import Capabilities, FinvaldaClient
    from fvsamazon.store.database import Database

TERMS: Final = "delivery_terms"
"""Key in `meta`: program and rules of the last start."""
LOOK_EVERY: Final = 2.0
"""Seconds between two looks at the outbox: what the poller or the command line wrote is seen."""
AHEAD: Final = 50
PROBE_EVERY: Final = 86_400.0

NO_LOOK_UPS = Text(
    en="Install a build of FvsWebService with GetOperations: without looking documents up nothing "
    "is booked by itself.",
    lt="Įdiekite FvsWebService versiją su GetOperations: be dokumentų paieškos niekas "
    "neįtraukiama automatiškai.",
)
_BUG = Said(
    "internal",
    Text("The program failed on this order.", "Programai su šiuo užsakymu įvyko klaida."),
    Text(
        "Report it with the log's traceback; a new version tries it again.",
        "Praneškite apie tai su žurnalo įrašu; nauja versija bandys iš naujo.",
    ),
)


@dataclass(frozen=True, slots=True)
class Terms:
    """Under what to deliver: the rules (None: there is no file), and Finvalda's settings.

    `timeout` is what the client waits for an answer, in seconds; `user` is our own in Finvalda; by
    `fingerprint` other rules are told from those of the last start.
    """

    rules: Rules | None
    parameter: str
    user: str
    timeout: float
    fingerprint: str = ""


class DeliveryWorker:
    """Delivers to one Finvalda under one set of rules; replaced when either changes."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        log: FilteringBoundLogger,
        client: FinvaldaClient,
        terms: Terms,
        personal: Personal = no_personal_data,
    ) -> None:
        self._database = database
        self._clock = clock
        self._log = log
        self._client = client
        self._terms = terms
        self._rules = terms.rules
        self._personal = personal
        self._ledger = Ledger(database, clock, log)
        self.destination = Destination(database, clock, log)
        self._catch_up = CatchUp(database, clock, plan_of(terms.rules))
        self._capabilities: Capabilities | None = None
        self._probed_at = float("-inf")
        self._queue: deque[int] = deque()
        self._ready = False
        self._choked = False
        self._broken_off = False
        self._decider: Decider | None = None
        self._finder: Finder
        self._rechecker: Rechecker
        self._doubts: Doubts

    async def start(self, *, try_now: bool = False) -> int:
        """Take up what an earlier process left; return how many held orders are tried again.

        They are where the rules or the program are other ones. With `try_now` (a reload, `sync`)
        stored pauses are over, Finvalda's as well as those of single orders.
        """
        await self._interrupted()
        scope = await widen(self._database, scope_of(self._rules))
        since = await begin(self._database, self._ledger.now())
        self._finder = finder = Finder(self._client, scope, self._clock)
        cards = Cards(self._client, self._log)
        adopter = Adopter(self._ledger, cards, user=self._terms.user, since=since)
        sender = Sender(
            self._ledger, self._client, timeout=self._terms.timeout, parameter=self._terms.parameter
        )
        evaluator = None
        if self._rules is not None:
            reference = FinvaldaReference(self._client, self._clock, self._rules)
            evaluator = Evaluator(
                self._rules,
                parameter=self._terms.parameter,
                reference=reference,
                personal=self._personal,
            )
            self._decider = Decider(Hands(self._ledger, evaluator, finder, cards, adopter, sender))
        self._doubts = Doubts(self._ledger, finder, adopter, wait=sender.doubt)
        self._rechecker = Rechecker(self._ledger, finder, evaluator)
        await self.destination.load(try_now=try_now)
        if try_now:
            async with self._database.transaction() as tx:
                await outbox.wake_put_off(tx, self._ledger.now())
        self._ready = True
        return await self._wake_held()

    async def _wake_held(self) -> int:
        current = f"{__version__} {self._terms.fingerprint}"
        if await outbox.load_meta(self._database, TERMS) == current:
            return 0
        async with self._database.transaction() as tx:
            woken = await outbox.wake_held(tx, self._ledger.now())
            await outbox.save_meta(tx, TERMS, current)
        return woken

    async def step(self) -> float:
        """Do one unit of work; return the seconds until the next look."""
        if not self._ready:
            await self.start()
        if self._broken_off:
            await self._interrupted()
            self._broken_off = False
        if await self._catch_up.bite():
            return 0.0
        subject = await self._next()
        if self._rules is None and subject is not None and self._needs_rules(subject):
            return await self._no_rules(subject)
        if wait := self.destination.wait():
            return min(wait, LOOK_EVERY)
        try:
            return await self._work(subject)
        except StoreError:
            # What became of the row could not be written: if it was being sent, nobody else looks.
            self._broken_off = True
            raise

    async def _work(self, subject: Subject | None) -> float:
        """Move a row on, or look after a booked sale; trouble of Finvalda's pauses this worker."""
        tried = None
        try:
            await self._probe()
            if subject is not None:
                await self._look_ahead(subject)
                tried = subject
                await self._move(subject)
            elif not await self._verify_one():
                return await self._rest()
        except outbox.Changed:
            return 0.0
        except (errors.AccessDenied, errors.Misconfigured) as error:
            return min(await self.destination.attention(error, error.text), LOOK_EVERY)
        except RemoteError as error:
            self._choked = tried is not None
            up = self.destination.state == UP
            if tried is not None and await self._set_back(tried, error) and up:
                return 0.0
            return min(await self.destination.down(error), LOOK_EVERY)
        self._choked = False
        await self.destination.up()
        await self._ledger.put_off.look()
        return 0.0

    async def _rest(self) -> float:
        """Nothing is to be done; a Finvalda that choked on the last order has yet to take one."""
        if not self._choked or not (await outbox.put_off(self._database, 1)).orders:
            self._choked = False
            await self.destination.up()
        await self._ledger.put_off.look()
        return LOOK_EVERY

    async def idle(self) -> bool:
        """Tell whether nothing is left that could be delivered now."""
        if not self._catch_up.done or self._queue:
            return False
        return not await outbox.due(self._database, self._ledger.now(), 1)

    async def _interrupted(self) -> None:
        """What was being sent when a process died is in doubt."""
        rows = await outbox.sending(self._database)
        await outbox.interrupted(self._database, self._ledger.now())
        for row in rows:
            record = await outbox.order(self._database, row.order_row)
            if record is not None:
                self._log.warning(events.DELIVERY_IN_DOUBT, **Subject(row, record).log_keys())

    async def _next(self) -> Subject | None:
        """Return the next row that has something to do."""
        while True:
            now = self._ledger.now()
            if not self._queue:
                self._queue.extend(await outbox.due(self._database, now, AHEAD))
                if not self._queue:
                    return None
            row = await outbox.get(self._database, self._queue[0])
            if row is None or not outbox.is_due(row, now):
                self._queue.popleft()
                continue
            record = await outbox.order(self._database, row.order_row)
            if record is None:  # pragma: no cover - orders are never deleted
                self._queue.popleft()
                continue
            return Subject(row, record)

    async def _look_ahead(self, subject: Subject) -> None:
        """Where orders turn out to be booked already, look the next ones up together."""
        wanted = []
        for row_id in islice(self._queue, self._finder.ahead_of(subject.order_id)):
            row = await outbox.get(self._database, row_id)
            if row is None or row.kind != outbox.SALE or row.attempts or row.stands:
                continue
            record = await outbox.order(self._database, row.order_row)
            if record is not None:
                wanted.append(str(record["order_id"]))
        if not wanted:
            return
        try:
            await self._finder.look_ahead(wanted)
        except (errors.AccessDenied, errors.Misconfigured):
            raise
        except RemoteError:
            # One by one it will be seen whose fault it is.
            self._finder.stop_looking_ahead()

    async def _move(self, subject: Subject) -> None:
        """Move one row on; a bug fails this one order and is told with its traceback."""
        self._queue.popleft()
        row = subject.row
        try:
            if row.state == "in_doubt":
                await self._doubts.settle(subject)
            elif row.state == "booked" or (row.why == "by_version" and row.stands):
                await self._rechecker.recheck(subject)
            elif self._decider is not None:
                await self._decider.decide(subject)
        except (FvsamazonError, outbox.Changed):
            raise
        except Exception:
            await self._failed(subject)
            raise

    async def _set_back(self, subject: Subject, error: RemoteError) -> bool:
        """Let an order wait that Finvalda gave no usable answer for; True where it alone is it.

        What chokes on one order must not keep the others waiting. It has, where the others were
        answered in between and this order's turn ended like this again and again.
        """
        fresh = await outbox.get(self._database, subject.row.id)
        if fresh is None:  # pragma: no cover - rows are never deleted
            return False
        if fresh.state == "sending":
            await self._failed(subject)
            return False
        try:
            await self._ledger.busy(Subject(fresh, subject.record), holds.unanswered(error))
        except outbox.Changed:
            return False
        return fresh.failures + 1 >= deliveries.PUT_OFF

    async def _failed(self, subject: Subject) -> None:
        fresh = await outbox.get(self._database, subject.row.id)
        if fresh is None:  # pragma: no cover - rows are never deleted
            return
        moved = Subject(fresh, subject.record)
        if fresh.state == "sending":
            await self._ledger.write(
                moved, {"state": "in_doubt", "next_attempt_at": self._ledger.now()}
            )
        else:
            await self._ledger.held(moved, Hold((_BUG,), state="failed"))

    @staticmethod
    def _needs_rules(subject: Subject) -> bool:
        row = subject.row
        return row.state not in {"in_doubt", "booked"} and not (
            row.why == "by_version" and row.stands
        )

    async def _no_rules(self, subject: Subject) -> float:
        """Without rules every due order is held; no Finvalda is needed for that."""
        self._queue.popleft()
        try:
            if subject.row.state in {"not_due", "skipped"}:
                await self._ledger.write(subject, {"next_attempt_at": None})
            else:
                await self._ledger.held(subject, Hold((said("no_rules"),)))
        except outbox.Changed:
            pass
        return 0.0

    async def _probe(self) -> None:
        """Learn once a day what this build can do; without look-ups nothing is delivered."""
        now = self._clock.elapsed()
        usable = self._capabilities is not None and self.destination.state == "up"
        if usable and now - self._probed_at < PROBE_EVERY:
            return
        self._capabilities = await self._client.probe()
        self._probed_at = now
        if not self._capabilities.operations:
            self._capabilities = None
            raise NoLookUps
        if not self._choked:
            await self.destination.up()

    async def _verify_one(self) -> bool:
        """While there is nothing else to do, see whether one booked sale still stands."""
        row_id = await outbox.verifiable(self._database, self._ledger.now())
        if row_id is None:
            return False
        row = await outbox.get(self._database, row_id)
        record = await outbox.order(self._database, row.order_row) if row else None
        if row is None or record is None:  # pragma: no cover - rows are never deleted
            return False
        subject = Subject(row, record)
        try:
            await self._doubts.verify(subject)
        except RemoteError:
            # The next one's turn: it may be this sale that cannot be looked up.
            later = self._ledger.now() + HOURLY
            await self._ledger.write(subject, {"verify_at": later})
            raise
        return True


class NoLookUps(errors.Misconfigured):
    """This build cannot look documents up."""

    def __init__(self) -> None:
        super().__init__(
            "the web service has no usable GetOperations", NO_LOOK_UPS, operation="GetOperations"
        )
