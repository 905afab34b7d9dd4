"""Names of this machine and process that are unique among all machines that share a folder."""

from __future__ import annotations

import os
import platform
import re
import uuid
import zlib
from functools import cache
from pathlib import Path


@cache
def machine_name() -> str:
    """Return the host name and a hash of what distinguishes machines and containers of one name.

    Process numbers may be compared only between processes with the same machine name.
    """
    host = re.sub(r"[^A-Za-z0-9.-]", "-", platform.node())[:40] or "computer"
    parts = [str(uuid.getnode()), _boot(), _namespace()]
    return f"{host}-{zlib.crc32(' '.join(parts).encode()):08x}"


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _namespace() -> str:
    """Return the namespace of process numbers, which differs between containers."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def is_dead(machine: str, pid: int) -> bool:
    """Return whether the process is known to have ended; False if it is on another machine or unknown."""
    if machine != machine_name() or os.name != "posix":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Return whether the process has ended, but its parent hasn't noticed yet."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return fields.rpartition(")")[2].split()[:1] == ["Z"]
