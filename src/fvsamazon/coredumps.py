"""Keeps what this process knows out of core dumps and away from other programs of its user.

A core file of the daemon would hold keys, tokens and personal data in the clear. RLIMIT_CORE stops
files; where the kernel hands cores to a program (`core_pattern` with a pipe) only the dumpable flag
does. Without it /proc/<pid>/environ and /proc/<pid>/mem belong to root, and no debugger attaches.
"""

from __future__ import annotations

import resource

_PR_SET_DUMPABLE = 4


def forbid() -> bool:
    """Switch core dumps off for this process; False where the kernel would not."""
    # Loaded here: every command comes by, and `--help` does not.
    import ctypes  # noqa: PLC0415

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        return bool(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
