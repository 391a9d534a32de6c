"""A text that must not be seen: client secrets, refresh tokens, access tokens.

It takes no part in any text made of its owner, and only `reveal` gives it away.
"""

from __future__ import annotations

import hmac
import os
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORM: Final = b"\x01"
"""First byte of everything sealed: which construction it is."""
_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32
_PURPOSE: Final = b"fvsamazon access token 1"


class Secret:
    """Holds one secret text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text, for the one line that sends or hashes it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))


class Seal:
    """Encrypts for one owner, under a key that only who knows all the given secrets can derive.

    AES-256-GCM with a nonce for each text; the owner's name is bound to it, so that a sealed text
    moved to another row does not open.
    """

    def __init__(self, secrets: Sequence[Secret], owner: Sequence[str]) -> None:
        material = b"".join(_framed(secret.reveal()) for secret in secrets)
        key = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=_PURPOSE)
        self._cipher = AESGCM(key.derive(material))
        self._owner = _FORM + b"".join(_framed(part) for part in owner)

    def close(self, text: bytes) -> bytes:
        """Return the text encrypted."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORM + nonce + self._cipher.encrypt(nonce, text, self._owner)

    def open(self, sealed: bytes) -> bytes | None:
        """Return the text, or None where this is not ours to open: other secrets, other owner."""
        if sealed[:1] != _FORM:
            return None
        nonce, text = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, text, self._owner)
        except (InvalidTag, ValueError):
            return None


def _framed(text: str) -> bytes:
    """Return a text with its length before it, so that two of them cannot be shifted."""
    raw = text.encode()
    return len(raw).to_bytes(4, "big") + raw
