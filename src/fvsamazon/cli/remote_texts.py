"""What Amazon or Finvalda did instead of answering, and what to do, in the reader's language.

In: an error of a remote service, whose own text and hint are English, for the log. Out: in English
just these; in Lithuanian Finvalda's own words for it, or for Amazon's a sentence by its kind, with
what of it is nobody's language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fvsamazon.errors import (
    ContractViolation,
    NotFound,
    Rejected,
    Throttled,
    Unauthorized,
    Unavailable,
)
from fvsamazon.finvalda.errors import SERVICE as FINVALDA
from fvsamazon.finvalda.trouble_texts import in_words
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from fvsamazon.errors import RemoteError
    from fvsamazon.texts import Language

SERVICES: Final = {"amazon": "„Amazon“", "lwa": "„Login with Amazon“"}
KINDS: Final[tuple[tuple[type[RemoteError], str], ...]] = (
    (Throttled, "{service} praneša, kad užklausų kvota išnaudota ({facts})"),
    (Unauthorized, "{service} prieigos nesuteikia ({facts})"),
    (NotFound, "{service} to, ko prašoma, neturi ({facts})"),
    (Rejected, "{service} užklausą atmeta ({facts})"),
    (Unavailable, "{service} tinkamo atsakymo nepateikia ({facts})"),
    (ContractViolation, "{service} atsakymo programa nesupranta ({facts})"),
)
OTHERWISE: Final = "{service}: klaida ({facts})"
EXPIRED: Final = (
    "kliento slaptasis raktas neteisingas arba nebegalioja: sukurkite naują „Solution Provider "
    "Portal“ ir įrašykite į CLIENT_SECRET (arba CLIENT_SECRET_NEXT)"
)
ROLE: Final = (
    "patikrinkite „Seller Central“, ar programai tebesuteiktas leidimas ir vaidmuo, kuriam "
    "leidžiama tai skaityti, ir ar atnaujinimo raktas yra šios programos ir šio regiono"
)
ELSEWHERE: Final = "patikrinkite LWA_URL: tai ne „Login with Amazon“ raktų adresas"
REMEDIES: Final = {
    "invalid_client": EXPIRED,
    "invalid_grant": "atnaujinimo raktas atšauktas, nebegalioja arba netaisyklingas: „Seller "
    "Central“ suteikite programai leidimą iš naujo ir raktą įrašykite į REFRESH_TOKEN",
    "unauthorized_client": "atnaujinimo raktas yra kito kliento identifikatoriaus (client id): "
    "patikrinkite nustatymus",
    "access_denied": "„Amazon“ šios programos neįleidžia: pažiūrėkite jos būseną „Seller Central“",
    "invalid_request": "„Login with Amazon“ užklausos nesupranta: atnaujinkite šią programą",
    "unsupported_grant_type": ELSEWHERE,
    "invalid_scope": ELSEWHERE,
    "MissingAuthenticationToken": "tai ne „Amazon“ programų sąsajos adresas: patikrinkite "
    "nustatymą ENDPOINT",
}
REDIRECTED: Final = (
    "patikrinkite nustatymus ENDPOINT ir PROXY: „Amazon“ programų sąsaja niekur nenukreipia"
)
_REDIRECTS: Final = range(300, 400)


def told(error: RemoteError, language: Language) -> str:
    """Return what went wrong."""
    if language == "en":
        return str(error)
    if error.service == FINVALDA:
        return f"Finvalda: {in_words(error).say(language)}"
    sentence = next((text for kind, text in KINDS if isinstance(error, kind)), OTHERWISE)
    facts = [error.operation, error.status, error.code]
    return sentence.format(
        service=SERVICES.get(error.service, error.service),
        facts=", ".join(str(fact) for fact in facts if fact is not None),
    )


def remedy(error: RemoteError, language: Language) -> str | None:
    """Return what to do about it, where anything is known."""
    text = getattr(error, "text", None)
    if isinstance(text, Text):
        return text.say(language)
    if language == "en":
        return error.hint
    if error.code in REMEDIES:
        return REMEDIES[error.code]
    if isinstance(error, Unauthorized):
        return ROLE
    return REDIRECTED if error.status in _REDIRECTS else None
