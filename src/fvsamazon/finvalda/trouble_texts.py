"""What went wrong with Finvalda, in words for people in both languages.

In: an error of this folder. Out: a `Text`: in English what its log line says, in Lithuanian the
same as far as the words are ours; Finvalda's own are repeated as they came. What to do about it is
the error's `text`, and no part of this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fvsamazon.finvalda import errors
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from fvsamazon.errors import RemoteError

ON_THE_LINE: Final = {
    "the connection was refused": "prisijungti neleista",
    "no connection in time": "laiku nepavyko prisijungti",
    "no answer in time": "laiku neatsakė",
    "the request could not be sent in time": "laiku nepavyko išsiųsti užklausos",
    "no free connection": "nėra laisvos jungties",
    "the proxy refused": "tarpinis serveris atmetė užklausą",
    "the answer was cut off": "atsakymas nutrūko",
    "the server's certificate is not trusted": "serverio sertifikatas nepatikimas",
    "plain http leads out of the private network": "nešifruotas http vestų už vidinio tinklo ribų",
    "the web service has no usable GetOperations": "žiniatinklio paslauga neturi tinkamo "
    "GetOperations",
}
"""Messages of ours that have no values in them."""


def in_words(error: RemoteError) -> Text:
    """Return what went wrong; the English is the error's own."""
    english = str(error)
    return Text(english, ON_THE_LINE.get(english) or _by_class(error))


def _by_class(error: RemoteError) -> str:
    if isinstance(error, errors.AccessDenied | errors.Refused):
        told = "prieiga neleista"
        if isinstance(error, errors.Refused):
            told = f"atmesta su kodu {error.number}"
        return f"{told}: {error.detail}" if error.detail else told
    if isinstance(error, errors.MissingMethod):
        return f"šioje versijoje nėra metodo {error.operation}"
    if isinstance(error, errors.FilterIgnored):
        return f"{error.operation}: paieškoje nepaisyta filtro"
    if error.code == "unreadable":
        return "atsakymo nepavyko perskaityti"
    if error.status is not None:
        return f"atsakyta HTTP {error.status}"
    return "ryšys nutrūko"
