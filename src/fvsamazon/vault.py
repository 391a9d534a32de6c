"""Encrypts personal data, each part under a nonce of its own and bound to its place.

AES-256-GCM. Region, order id and field are bound as associated data, so that a part moved to
another order does not open. The key is looked for again whenever its file has changed: a rotation
needs no restart and no reload. What must never happen: a part is stored that was not sealed here.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fvsamazon import keyfile
from fvsamazon.errors import FvsamazonError
from fvsamazon.keyfile import KeyUnusable
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_LENGTH_BYTES: Final = 4
_STEP: Final = 512
"""Ciphertexts come in multiples of this, so that they can be overwritten where they lie and their
length tells little."""
_PURPOSE: Final = "fvsamazon personal 1"

NO_KEY_SET = Text(
    en="personal data is encrypted and no key is set",
    lt="asmens duomenys užšifruoti, o raktas nenurodytas",
)
SET_KEY = Text(
    en="set FVSAMAZON_PERSONAL_DATA__KEY_FILE to the file that holds the key",
    lt="nustatymu FVSAMAZON_PERSONAL_DATA__KEY_FILE nurodykite rakto failą",
)
WRONG_KEY = Text(
    en="the encryption key is not the one that encrypted the personal data in this database",
    lt="šifravimo raktas ne tas, kuriuo užšifruoti asmens duomenys šioje duomenų bazėje",
)
FIND_KEY = Text(
    en="put the right key back; if it is lost for good, `fvsamazon key rotate --lost` erases what "
    "only it could open",
    lt="grąžinkite tikrąjį raktą; jei jis prarastas, `fvsamazon key rotate --lost` ištrins tai, ką "
    "tik juo buvo galima atverti",
)


class Damaged(FvsamazonError):
    """A stored part does not open although its key is here: it was changed, or moved."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part belongs; a part of one place opens nowhere else."""

    region: str
    order_id: str
    field: str

    def bound(self) -> bytes:
        parts = (_PURPOSE, self.region, self.order_id, self.field)
        return b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in parts)


@dataclass(frozen=True, slots=True)
class Sealed:
    """One encrypted part."""

    key_id: bytes
    nonce: bytes
    ciphertext: bytes


class Keyring:
    """The key that encrypts now, and older ones that still open.

    `closed` are older ones that are here and cannot be read, by their ids in hex, and why.
    """

    def __init__(
        self,
        current: bytes,
        older: Iterable[bytes] = (),
        closed: Mapping[str, KeyUnusable] | None = None,
    ) -> None:
        self.current_id = keyfile.key_id(current)
        self._closed = dict(closed or {})
        self._ciphers = {keyfile.key_id(key): AESGCM(key) for key in (*older, current)}

    @property
    def ids(self) -> frozenset[bytes]:
        return frozenset(self._ciphers)

    def require(self, used: Iterable[bytes]) -> None:
        """Raise `KeyUnusable` unless every key of `used` is here, with what would help."""
        strangers = frozenset(used) - self.ids
        self.refuse_closed(strangers)
        if strangers:
            raise KeyUnusable(WRONG_KEY, FIND_KEY)

    def refuse_closed(self, used: Iterable[bytes]) -> None:
        """Raise `KeyUnusable` where a key is here and cannot be read: it is not lost."""
        for name in used:
            if name.hex() in self._closed:
                # Kept and raised again and again: each time would add its frames to the last.
                raise self._closed[name.hex()].with_traceback(None)

    def seal(self, place: Place, plain: bytes) -> Sealed:
        """Encrypt under the current key."""
        packed = zlib.compress(plain, 6)
        framed = len(packed).to_bytes(_LENGTH_BYTES, "big") + packed
        framed += bytes(-(len(framed) + _TAG_BYTES) % _STEP)
        nonce = os.urandom(NONCE_BYTES)
        cipher = self._ciphers[self.current_id]
        return Sealed(self.current_id, nonce, cipher.encrypt(nonce, framed, place.bound()))

    def open(self, place: Place, sealed: Sealed) -> bytes:
        """Decrypt; raises `KeyUnusable` without the part's key, `Damaged`."""
        self.require([sealed.key_id])
        cipher = self._ciphers[sealed.key_id]
        try:
            framed = cipher.decrypt(sealed.nonce, sealed.ciphertext, place.bound())
            length = int.from_bytes(framed[:_LENGTH_BYTES], "big")
            return zlib.decompress(framed[_LENGTH_BYTES : _LENGTH_BYTES + length])
        except (InvalidTag, ValueError, zlib.error):
            raise Damaged(
                f"the personal data of order {place.order_id} was changed in the database and "
                "cannot be read; `fvsamazon purge --order` erases it"
            ) from None


class Vault:
    """Finds the keys: `key` itself, or the file that holds it and those that it held before."""

    def __init__(self, key: bytes | None, key_file: Path | None) -> None:
        self._key = key
        self._file = key_file
        self._ring: Keyring | None = None
        self._seen: tuple[int, ...] | None = None

    def __repr__(self) -> str:
        return f"Vault({self._file})"

    def keys(self) -> Keyring:
        """Return the keys as they are now; raises `KeyUnusable`."""
        seen = self._look()
        if self._ring is None or seen != self._seen:
            self._ring = None
            self._ring = self._read()
            self._seen = seen
        return self._ring

    def keys_again(self) -> Keyring:
        """Read the keys anew: something was met that the known ones do not open."""
        self._ring = None
        return self.keys()

    def open(self, place: Place, sealed: Sealed) -> bytes:
        """Decrypt with whatever key did it; raises `KeyUnusable`, `Damaged`."""
        ring = self.keys()
        if sealed.key_id not in ring.ids:
            ring = self.keys_again()
        return ring.open(place, sealed)

    def _look(self) -> tuple[int, ...] | None:
        if self._file is None:
            return ()
        try:
            status = self._file.stat()
        except OSError:
            return None
        return (status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size)

    def _read(self) -> Keyring:
        if self._file is None and self._key is None:
            raise KeyUnusable(NO_KEY_SET, SET_KEY)
        older, closed = [], {}
        if self._file is not None:
            for path in keyfile.retired(self._file):
                try:
                    older.append(keyfile.read(path))
                except KeyUnusable as error:
                    # One that holds no key, or went meanwhile, is as good as lost.
                    if error.why not in {keyfile.NO_KEY, keyfile.MISSING}:
                        closed[keyfile.retired_id(path)] = error
        if self._key is not None:
            return Keyring(self._key, older, closed)
        assert self._file is not None  # noqa: S101 - one of the two is there, see above
        return Keyring(keyfile.read(self._file), older, closed)
