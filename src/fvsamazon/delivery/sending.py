"""The two writes of documents: one is inserted, or one is removed, and what became of it.

In: a row whose look-ups found nothing in the way. Out: booked, due again, in doubt, or a hold. The
state `sending` is committed before the call: a process killed in between leaves a row that the next
one puts in doubt. No write is ever sent again here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fvsamazon.clock import SECOND, iso
from fvsamazon.delivery import holds
from fvsamazon.delivery.holds import Hold, said
from fvsamazon.finvalda import errors
from fvsamazon.finvalda.codes import ALREADY_GONE
from fvsamazon.finvalda.tables import OperationClass
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from fvsamazon.booking.outcomes import Document
    from fvsamazon.delivery.evaluating import Evaluation
    from fvsamazon.delivery.ledger import Ledger, Subject
    from fvsamazon.finvalda.client import FinvaldaClient
    from fvsamazon.finvalda.fields import Payload
    from fvsamazon.finvalda.records import OperationRow

DOUBT_LEAST: Final = 120.0
"""Seconds after a sending before an absence counts, at the least."""


class Sender:
    """Sends to one Finvalda; `timeout` is what its client waits for an answer, in seconds."""

    def __init__(
        self, ledger: Ledger, client: FinvaldaClient, *, timeout: float, parameter: str
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._parameter = parameter
        self.doubt = max(DOUBT_LEAST, 2 * timeout)

    async def insert(
        self,
        subject: Subject,
        evaluation: Evaluation,
        document: Document,
        payload: Payload,
        client: str,
    ) -> errors.Refused | None:
        """Send a document once; return a refusal that a look-up has to explain.

        Raises `RemoteError` where Finvalda as a whole does not take documents; the row is due then.
        """
        subject = await self._ledger.sending(subject, evaluation, document, payload, client)
        operation = OperationClass(document.finvalda_class)
        try:
            saved = await self._client.insert_operation(
                operation, document.parameter, payload, private=document.client.personal
            )
        except errors.Unanswered as error:
            await self._doubt(subject, error)
        except (errors.Unreachable, errors.AccessDenied, errors.Misconfigured):
            await self._ledger.unsent(subject)
            raise
        except errors.InvalidPayload as error:
            await self._ledger.held(subject, holds.unfit(error))
        except errors.TransientRefused as error:
            await self._ledger.busy(subject, holds.waiting(error))
        except errors.StateRefused as error:
            await self._ledger.unsent(subject)
            return error
        except errors.Refused as error:
            await self._ledger.held(subject, holds.refused(error))
        else:
            await self._ledger.booked(subject, saved, told=document.client.told(client))
        return None

    async def remove(
        self, subject: Subject, operation: OperationClass, found: OperationRow
    ) -> Hold | None:
        """Remove a reservation; "already gone" counts as done. Return why it cannot be removed."""
        subject = await self._ledger.removing(subject, operation, found)
        parameter = subject.row.parameter or self._parameter
        try:
            await self._client.delete_operation(
                operation, found.journal, found.number, parameter=parameter
            )
        except errors.Unanswered as error:
            await self._doubt(subject, error)
        except (errors.Unreachable, errors.AccessDenied, errors.Misconfigured):
            await self._ledger.unsent(subject)
            raise
        except errors.TransientRefused as error:
            await self._ledger.busy(subject, holds.waiting(error))
        except errors.Refused as error:
            if error.number in ALREADY_GONE:
                await self._ledger.removed(subject)
                return None
            detail = Text(
                f"{error.number} {error.text.en}".rstrip("."),
                f"{error.number} {error.text.lt}".rstrip("."),
            )
            reason = said(
                "reservation_stays", journal=found.journal, number=found.number, detail=detail
            )
            hold = Hold((reason,), hourly=True)
            await self._ledger.held(subject, hold)
            return hold
        else:
            await self._ledger.removed(subject)
        return None

    async def _doubt(self, subject: Subject, error: errors.Unanswered) -> None:
        until = self._ledger.now() + int(self.doubt * SECOND)
        await self._ledger.in_doubt(subject, error, iso(until))
