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
import pwd
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from fvsamazon import files
from fvsamazon.errors import FvsamazonError
from fvsamazon.texts import Text, system_trouble

if TYPE_CHECKING:
    from collections.abc import Iterator
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
FOLDER_CLOSED = Text(
    en="the folder {folder} of the encryption key cannot be listed, so that an old key beside it "
    "would not be found",
    lt="nepavyksta peržiūrėti šifravimo rakto aplanko {folder}, tad šalia esantis senasis raktas "
    "nebūtų rastas",
)
GIVE_FOLDER = Text(
    en="give the folder to the service's user: run chown {user} {folder} && chmod 700 {folder}",
    lt="atiduokite aplanką tarnybos naudotojui: paleiskite chown {user} {folder} && chmod 700 "
    "{folder}",
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


_WITH_REMEDY = Text(en="{why}; {remedy}", lt="{why}; {remedy}")


class KeyUnusable(FvsamazonError):
    """There is no key that personal data can be encrypted or read with; orders flow on.

    It says what is wrong and what to do; `reason` and `cure` are the two alone.
    """

    def __init__(self, why: Text, remedy: Text, **facts: object) -> None:
        self.why = why
        self.remedy = remedy
        self.facts = facts
        super().__init__(
            _WITH_REMEDY.filled(why=why.filled(**facts), remedy=remedy.filled(**facts))
        )

    def reason(self, language: Language) -> str:
        return self.why.filled(**self.facts).say(language)

    def cure(self, language: Language) -> str:
        return self.remedy.filled(**self.facts).say(language)


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
        raw, status = files.read(path, _LIMIT)
    except FileNotFoundError:
        raise KeyUnusable(MISSING, CREATE, path=path) from None
    except OSError as error:
        trouble = system_trouble(error)
        raise KeyUnusable(UNREADABLE, CHECK_RIGHTS, path=path, problem=trouble) from None
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

    It is there whole or not at all, also when the process is killed or the disk is full. Raises
    `FileExistsError` where there is anything at that path already, and `OSError`.
    """
    with _acting_for(owner, path):
        unfinished = path.with_name(f"{path.name}-new-{os.urandom(_ID_BYTES).hex()}")
        try:
            key = _write(unfinished, owner)
            os.link(unfinished, path, follow_symlinks=False)
        finally:
            unfinished.unlink(missing_ok=True)
        _sync_folder(path)
    return key


def _write(path: Path, owner: tuple[int, int] | None) -> bytes:
    key = os.urandom(KEY_BYTES)
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW
    with open(os.open(path, flags, 0o600), "wb") as stream:  # noqa: PTH123 - a descriptor
        os.fchmod(stream.fileno(), 0o600)
        if owner is not None:
            os.fchown(stream.fileno(), *owner)
        stream.write(base64.b64encode(key) + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
    return key


@contextmanager
def _acting_for(owner: tuple[int, int] | None, path: Path) -> Iterator[None]:
    """As root, be the owner where the way to a file leads through folders that are not root's.

    Whoever may rename a folder on the way may turn it into a link: root would then make, for that
    user, a file in any folder of the machine.
    """
    if owner is None or os.geteuid() != 0 or _is_roots_way(path):
        yield
        return
    groups, group = os.getgroups(), os.getegid()
    os.setgroups([owner[1]])
    os.setegid(owner[1])
    os.seteuid(owner[0])
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def _is_roots_way(path: Path) -> bool:
    """Tell whether nobody but root can change where a path leads."""
    # As it is written, links and all, and as it leads in the end.
    for place in {*path.absolute().parents, *path.resolve().parents}:
        status = place.lstat()
        sticky = status.st_mode & stat.S_ISVTX or stat.S_ISLNK(status.st_mode)
        if status.st_uid != 0 or (status.st_mode & 0o022 and not sticky):
            return False
    return True


def retired(path: Path) -> list[Path]:
    """Return the files of old keys that lie beside a key file.

    Raises `KeyUnusable` where the folder cannot be listed: whoever took that for "there are none"
    would call everything under an old key lost.
    """
    try:
        return _beside(path, "old")
    except FileNotFoundError:
        # Told by whoever reads the key itself.
        return []
    except OSError:
        folder = path.absolute().parent
        raise KeyUnusable(FOLDER_CLOSED, GIVE_FOLDER, folder=folder, user=_own_name()) from None


def retired_id(path: Path) -> str:
    """Return the id, in hex, of the key that a file of `retired` holds by its name."""
    return path.name.rpartition("-old-")[2]


def _beside(path: Path, kind: str) -> list[Path]:
    path = path.resolve()
    # Path.glob takes a folder that it may not list for an empty one.
    start = f"{path.name}-{kind}-"
    return sorted(path.parent / name for name in os.listdir(path.parent) if name.startswith(start))  # noqa: PTH208


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def replace(path: Path, owner: tuple[int, int] | None = None) -> Path:
    """Put a new key into a key file and return where the old one lies now.

    At every instant the file holds a whole key, and the one that it held before is beside it.
    Raises `KeyUnusable` and `OSError`.
    """
    # Where a link leads to lies the key itself: its bytes are what is put aside and destroyed.
    given, path = path, path.resolve()
    old = read(path)
    kept = path.with_name(f"{path.name}-old-{key_id(old).hex()}")
    following = path.with_name(f"{path.name}-next")
    with _acting_for(owner, given):
        # Left over from a rotation that was killed before anything was encrypted with it.
        # Nor may a second name of the old key stay, from a making that was killed at its end.
        for left in (following, *_beside(path, "new")):
            left.unlink(missing_ok=True)
        _write(following, owner)
        if not kept.exists():
            os.link(path, kept)
        _sync_folder(path)
        following.replace(path)
        _sync_folder(path)
    return kept


def _sync_folder(path: Path) -> None:
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
