"""The file that holds the encryption key: read, made, renewed.

In: a path. Out: 32 bytes, or `KeyUnusable` with one sentence and its remedy. The key itself stands
in no text. A file that others can read is refused; none is ever overwritten. The old key of a
rotation stays beside the new one as `<file>-old-<its id>`, for backups that it encrypted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import stat
from typing import TYPE_CHECKING, Final

from fvsamazon.errors import FvsamazonError
from fvsamazon.texts import Text

if TYPE_CHECKING:
    from pathlib import Path

    from fvsamazon.texts import Language

KEY_BYTES: Final = 32
"""Bytes of an encryption key (AES-256)."""

_ID_BYTES: Final = 8
_LIMIT: Final = 4096
_SYSTEMD_MODE: Final = 0o440
"""How systemd lays out a credential for the service's user: root's, opened to one by an ACL."""

MISSING = Text(
    en="the encryption key file {path} does not exist",
    lt="nėra šifravimo rakto failo {path}",
)
UNREADABLE = Text(
    en="the encryption key file {path} cannot be read ({problem})",
    lt="šifravimo rakto failo {path} nepavyksta perskaityti ({problem})",
)
OPEN_TO_OTHERS = Text(
    en="the encryption key file {path} can be read by others (mode {mode})",
    lt="šifravimo rakto failą {path} gali skaityti ir kiti (teisės {mode})",
)
NO_KEY = Text(
    en="the encryption key file {path} holds no key of 32 bytes in base64 or hex",
    lt="šifravimo rakto faile {path} nėra 32 baitų rakto base64 ar šešioliktaine forma",
)
CREATE = Text(
    en="put the file back, or run `fvsamazon key create` if nothing was ever encrypted",
    lt="grąžinkite failą arba, jei dar nieko nešifruota, paleiskite `fvsamazon key create`",
)
CHECK_RIGHTS = Text(
    en="give the service's user the right to read it",
    lt="suteikite tarnybos naudotojui teisę jį skaityti",
)
CLOSE = Text(en="run chmod 600 {path}", lt="paleiskite chmod 600 {path}")
PUT_BACK = Text(
    en="put the right key back from where you keep it",
    lt="grąžinkite tikrąjį raktą iš ten, kur jį laikote",
)


class KeyUnusable(FvsamazonError):
    """There is no key that personal data can be encrypted or read with; orders flow on."""

    def __init__(self, why: Text, remedy: Text, **facts: object) -> None:
        self.why = why
        self.remedy = remedy
        self.facts = facts
        super().__init__(self.sentence("en"))

    def reason(self, language: Language) -> str:
        return self.why.say(language, **self.facts)

    def cure(self, language: Language) -> str:
        return self.remedy.say(language, **self.facts)

    def sentence(self, language: Language) -> str:
        """Return what is wrong and what to do."""
        return f"{self.reason(language)}; {self.cure(language)}"


def decode_key(text: str) -> bytes | None:
    """Return the 32 bytes that `text` spells in hex or base64 (either alphabet), else None."""
    word = text.strip()
    try:
        raw = bytes.fromhex(word)
    except ValueError:
        plain = word.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        except (binascii.Error, ValueError):
            return None
    return raw if len(raw) == KEY_BYTES else None


def key_id(key: bytes) -> bytes:
    """Return the name of a key, which may be stored: the key does not follow from it."""
    return hmac.new(key, b"fvsamazon key id 1", hashlib.sha256).digest()[:_ID_BYTES]


def read(path: Path) -> bytes:
    """Return the key that a file holds; raises `KeyUnusable`."""
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            raw = stream.read(_LIMIT)
    except FileNotFoundError:
        raise KeyUnusable(MISSING, CREATE, path=path) from None
    except OSError as error:
        raise KeyUnusable(UNREADABLE, CHECK_RIGHTS, path=path, problem=error.strerror) from None
    mode = stat.S_IMODE(status.st_mode)
    from_systemd = mode == _SYSTEMD_MODE and status.st_uid == 0 != os.geteuid()
    if mode & 0o077 and not from_systemd:
        raise KeyUnusable(OPEN_TO_OTHERS, CLOSE, path=path, mode=f"{mode:04o}")
    key = decode_key(raw.decode("ascii", "replace"))
    if key is None:
        raise KeyUnusable(NO_KEY, PUT_BACK, path=path)
    return key


def create(path: Path, owner: tuple[int, int] | None = None) -> bytes:
    """Make a key file that its owner alone can read, and return its key.

    Raises `FileExistsError` where there is anything at that path already, and `OSError`.
    """
    key = os.urandom(KEY_BYTES)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(handle, 0o600)
        if owner is not None:
            os.fchown(handle, *owner)
        os.write(handle, base64.b64encode(key) + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    _sync_folder(path)
    return key


def retired(path: Path) -> list[Path]:
    """Return the files of old keys that lie beside a key file."""
    try:
        return sorted(path.parent.glob(f"{_escaped(path.name)}-old-*"))
    except OSError:
        return []


def replace(path: Path, owner: tuple[int, int] | None = None) -> Path:
    """Put a new key into a key file and return where the old one lies now.

    At every instant the file holds a whole key, and the one that it held before is beside it.
    Raises `KeyUnusable` and `OSError`.
    """
    old = read(path)
    kept = path.with_name(f"{path.name}-old-{key_id(old).hex()}")
    following = path.with_name(f"{path.name}-next")
    # Left over from a rotation that was killed before anything was encrypted with it.
    following.unlink(missing_ok=True)
    create(following, owner)
    if not kept.exists():
        os.link(path, kept)
    _sync_folder(path)
    following.replace(path)
    _sync_folder(path)
    return kept


def _escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _sync_folder(path: Path) -> None:
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
