"""One writer a project: whoever comes second looks on, and is told who has it.

The lock is the operating system's on a small file beside the project, so it goes with the process
that holds it, however that ends; the file's text says who that is. A lock of another computer (on
a shared folder) can't be probed from here: its text is believed until somebody takes it over.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from imagest_core.errors import OutputError

_LONGEST_TEXT = 4096
"""Bytes of a lock file that are read: anybody may have put one there."""
_FAR = 1 << 30
"""Where Windows locks a byte, far behind the text, which must stay readable for others."""


@dataclass(frozen=True)
class Holder:
    """Who has a project open; ``time`` is ISO 8601, local."""

    user: str
    host: str
    pid: int
    time: str

    @classmethod
    def here(cls) -> Holder:
        """This process."""
        time = datetime.now().astimezone().isoformat(timespec="seconds")
        return cls(_user(), socket.gethostname(), os.getpid(), time)

    def __str__(self) -> str:
        return f"{self.user} on {self.host} (process {self.pid}) since {self.time}"


class HeldError(Exception):
    """Somebody else has the project; ``holder`` is None where the lock doesn't say who."""

    def __init__(self, holder: Holder | None) -> None:
        super().__init__(str(holder or "somebody"))
        self.holder = holder


class Lock:
    """The right to write ``project``, held until :meth:`release` or the end of the process."""

    def __init__(self, project: Path, *, take_over: bool = False) -> None:
        """Take the lock; raises :class:`HeldError`, or ``OSError`` where the folder can't be written.

        ``take_over`` ignores what another computer has written into it.
        """
        self.path = lock_path(project)
        while True:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                self._take(take_over)
                if _is_at(self._file, self.path):
                    return
            except BaseException:
                os.close(self._file)
                raise
            os.close(self._file)

    def _take(self, take_over: bool) -> None:
        holder = read_holder(self.path)
        if not _lock(self._file):
            raise HeldError(holder)
        if holder is not None and holder.host != socket.gethostname() and not take_over:
            raise HeldError(holder)
        try:
            os.ftruncate(self._file, 0)
            os.lseek(self._file, 0, os.SEEK_SET)
            os.write(self._file, json.dumps(asdict(Holder.here())).encode())
        except OSError:
            with suppress(OSError):
                self.path.unlink()
            raise

    def release(self) -> None:
        """Let others write."""
        with suppress(OSError):
            os.ftruncate(self._file, 0)
            self.path.unlink()
        with suppress(OSError):
            os.close(self._file)


def read_holder(lock: Path) -> Holder | None:
    """Who the lock file says holds it."""
    try:
        if not lock.is_file() or lock.stat().st_size > _LONGEST_TEXT:
            return None
        holder = Holder(**json.loads(lock.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return holder if isinstance(holder.host, str) else None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"


def lock_to_create(path: Path) -> Lock:
    """The lock of a project that is about to be made; raises ``OutputError``."""
    try:
        return Lock(path)
    except HeldError as error:
        who = error.holder or "somebody"
        raise OutputError(f"{path} is open: {who} has it. Choose another name.") from error
    except OSError as error:
        raise OutputError(
            f"{path.parent} can't be written ({error.strerror}): choose another folder for the project."
        ) from error


def lock_to_open(path: Path, take_over: bool) -> tuple[Lock | None, str]:
    """The lock, or None and why the project can only be looked at."""
    if not os.access(path, os.W_OK):
        return None, f"{path.name} may only be read: save the project under another name to change it."
    try:
        return Lock(path, take_over=take_over), ""
    except HeldError as error:
        who = error.holder or "somebody"
        return None, f"{path.name} is open already: {who} has it. Save it under another name to change it."
    except OSError as error:
        why = f"{path.parent} can't be written ({error.strerror})"
        return None, f"{why}: save the project in another folder to change it."


def lock_path(project: Path) -> Path:
    """The lock file of a project."""
    return project.with_name(project.name + ".lock")


def _is_at(file: int, path: Path) -> bool:
    """Whether ``path`` still is the opened ``file``: its last holder may have removed it meanwhile."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> bool:
        os.lseek(file, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(file, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # no such locks on this file system: the file's text has to do
        return True
