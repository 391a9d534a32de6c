"""What Finvalda's web service can answer instead of doing what was asked.

    RemoteError
      Unauthorized
        AccessDenied            wrong user, password or company, or a function not licensed: stop
      Misconfigured             the address or the build does not fit: stop
        MissingMethod           this build has no such method (HTTP 404)
        FilterIgnored           this build searches without the filter that was given
      Unavailable
        Unreachable             nothing was sent, or a read got no usable answer: back off
      InDoubt
        Unanswered              a write was sent and its outcome is unknown: look it up
      Rejected
        InvalidPayload          refused here, before anything was sent: a field that cannot be sent
        Refused                 Finvalda's own refusal, with its number
          ConfigurationRefused  class C
          DataRefused           class D
          StateRefused          class S
          TransientRefused      class T
          BugRefused            class B

Each carries `text`, a sentence for people in two languages. What Finvalda says is kept apart in
`detail`, cut and printable. No error holds a user name, a password, a connection string or a
request's body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fvsamazon.errors import (
    InDoubt,
    Rejected,
    RemoteError,
    Unauthorized,
    Unavailable,
    safe_text,
)
from fvsamazon.finvalda.codes import Code, Kind
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

SERVICE = "finvalda"

DENIED = Text(
    en="Finvalda refuses access: check FVSAMAZON_FINVALDA__USERNAME, __PASSWORD and __COMPANY_ID "
    "or __CONN_STRING, and that the web service is licensed for this function.",
    lt="Finvalda neleidžia prisijungti: patikrinkite FVSAMAZON_FINVALDA__USERNAME, __PASSWORD ir "
    "__COMPANY_ID arba __CONN_STRING, taip pat ar ši žiniatinklio paslaugos funkcija licencijuota.",
)
NO_METHOD = Text(
    en="Finvalda's web service has no such method: check that FVSAMAZON_FINVALDA__URL ends in "
    "/FvsServicePure.svc, or ask for a newer build of FvsWebService.",
    lt="Finvaldos žiniatinklio paslauga tokio metodo neturi: patikrinkite, ar "
    "FVSAMAZON_FINVALDA__URL baigiasi /FvsServicePure.svc, arba įdiekite naujesnę FvsWebService "
    "versiją.",
)
NO_FILTER = Text(
    en="Finvalda's web service searches without the filter it was given, so nothing can be looked "
    "up: ask for a newer build of FvsWebService.",
    lt="Finvaldos žiniatinklio paslauga paieškoje nepaiso filtro, todėl nieko negalima patikrinti: "
    "įdiekite naujesnę FvsWebService versiją.",
)
REDIRECTED = Text(
    en="Finvalda's address answers with a redirect, which is never followed: set "
    "FVSAMAZON_FINVALDA__URL to the final address.",
    lt="Finvaldos adresas nukreipia kitur, o nukreipimais nesinaudojama: įrašykite galutinį "
    "adresą į FVSAMAZON_FINVALDA__URL.",
)
UNREACHABLE = Text(
    en="Finvalda cannot be reached: check that the FvsWebService service runs and that "
    "FVSAMAZON_FINVALDA__URL is right.",
    lt="Finvalda nepasiekiama: patikrinkite, ar veikia FvsWebService tarnyba ir ar teisingas "
    "FVSAMAZON_FINVALDA__URL.",
)
LEADS_OUT = Text(
    en="The name in FVSAMAZON_FINVALDA__URL leads out of the private network, where nothing may go "
    "unencrypted: write https://, or correct the address that the name stands for.",
    lt="FVSAMAZON_FINVALDA__URL vardas veda už vidinio tinklo ribų, o ten nešifruotai nieko siųsti "
    "negalima: rašykite https:// arba pataisykite adresą, kurį šis vardas reiškia.",
)
UNTRUSTED = Text(
    en="The certificate of Finvalda's server is not trusted: name its authority in "
    "FVSAMAZON_FINVALDA__CA_FILE and check the host name.",
    lt="Finvaldos serverio sertifikatas nepatikimas: nurodykite jį išdavusią instituciją "
    "FVSAMAZON_FINVALDA__CA_FILE ir patikrinkite serverio vardą.",
)
NO_ANSWER = Text(
    en="Finvalda gave no usable answer: the program tries again.",
    lt="Finvalda nepateikė tinkamo atsakymo: programa bandys dar kartą.",
)
OUTCOME_UNKNOWN = Text(
    en="Finvalda did not confirm the operation: the program looks up whether it was saved before "
    "anything is sent again.",
    lt="Finvalda nepatvirtino operacijos: prieš siųsdama dar kartą programa patikrins, ar ji buvo "
    "išsaugota.",
)
BAD_FIELD = Text(
    en="The document holds a value that Finvalda's fields cannot take: correct the rules or the "
    "products table, then retry the order.",
    lt="Dokumente yra reikšmė, kuri netinka Finvaldos laukui: pataisykite taisykles arba prekių "
    "lentelę, tada pakartokite užsakymo siuntimą.",
)


class AccessDenied(Unauthorized):
    """`AccessDenied`: no credentials of ours will do until a person acts; all work stops."""

    permanent = True
    text = DENIED

    def __init__(self, operation: str, detail: str, *, status: int | None = None) -> None:
        self.detail = safe_text(detail)
        super().__init__(
            f"access denied: {self.detail}" if self.detail else "access denied",
            service=SERVICE,
            operation=operation,
            status=status,
            hint=self.text.en,
        )


class Misconfigured(RemoteError):
    """The address or the build of the web service does not fit; nothing was done."""

    def __init__(
        self, message: str, text: Text, *, operation: str, status: int | None = None
    ) -> None:
        self.text = text
        super().__init__(message, service=SERVICE, operation=operation, status=status, hint=text.en)


class MissingMethod(Misconfigured):
    """HTTP 404 on a method: this build of the web service lacks it."""

    def __init__(self, operation: str, *, status: int = 404) -> None:
        super().__init__(
            f"no method {operation} in this build", NO_METHOD, operation=operation, status=status
        )


class FilterIgnored(Misconfigured):
    """A search came back with everything: it proves neither presence nor absence."""

    def __init__(self, operation: str) -> None:
        super().__init__("the search filter was ignored", NO_FILTER, operation=operation)


class Unreachable(Unavailable):
    """Nothing was done: the request was not sent, or it was a read."""

    def __init__(
        self,
        message: str,
        *,
        operation: str,
        text: Text = NO_ANSWER,
        status: int | None = None,
        code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.text = text
        super().__init__(
            message,
            service=SERVICE,
            operation=operation,
            status=status,
            code=code,
            retry_after=retry_after,
            hint=text.en,
        )


class Unanswered(InDoubt):
    """A write may have been carried out; only a look-up can tell."""

    text = OUTCOME_UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        operation: str,
        status: int | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(
            message,
            service=SERVICE,
            operation=operation,
            status=status,
            code=code,
            hint=self.text.en,
        )


class InvalidPayload(Rejected):
    """Fields that this program must not send; `faults` names every one, without its value.

    `told` are the same in both languages.
    """

    def __init__(self, operation: str, faults: Sequence[Text]) -> None:
        self.text = BAD_FIELD
        self.told = tuple(faults)
        self.faults = tuple(fault.en for fault in faults)
        super().__init__(
            "; ".join(self.faults), service=SERVICE, operation=operation, hint=self.text.en
        )


class Refused(Rejected):
    """Finvalda's own refusal.

    `number` is Finvalda's error number (0 where it named none), `text` what to do, `detail` what
    Finvalda said, fit for a log line.
    """

    def __init__(self, operation: str, meaning: Code, remote_text: str) -> None:
        self.number = meaning.number
        self.kind = meaning.kind
        self.kinds = meaning.kinds
        self.text = meaning.text
        self.detail = safe_text(remote_text)
        message = f"refused with {meaning.number}"
        super().__init__(
            f"{message}: {self.detail}" if self.detail else message,
            service=SERVICE,
            operation=operation,
            code=str(meaning.number),
            hint=meaning.text.en,
        )


class ConfigurationRefused(Refused):
    """Class C: Finvalda's set-up or the rules lack something."""


class DataRefused(Refused):
    """Class D: something about this order."""


class StateRefused(Refused):
    """Class S: a document or card stands in the way; look it up."""


class TransientRefused(Refused):
    """Class T: may pass by itself; a write is repeated only after a look-up."""


class BugRefused(Refused):
    """Class B: our request is wrong."""


_BY_KIND: dict[Kind, type[Refused]] = {
    Kind.CONFIGURATION: ConfigurationRefused,
    Kind.DATA: DataRefused,
    Kind.STATE: StateRefused,
    Kind.TRANSIENT: TransientRefused,
    Kind.BUG: BugRefused,
}


def refusal(operation: str, meaning: Code, remote_text: str) -> Refused:
    """Return the error for a refusal, of the class that its number belongs to."""
    return _BY_KIND[meaning.kind](operation, meaning, remote_text)
