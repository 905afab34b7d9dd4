"""One writer per project: a second process opens it read-only and names the first.

The lock is an operating system lock on a small file next to the project, so it is released when the process
ends for any reason; the text of the file names the holder. The lock of another computer (on a shared folder)
can't be tested, so its text is trusted until a user takes over.
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
from imagest_core.messages import Message

_MAX_TEXT_BYTES = 4096
"""Maximum size of a lock file that is read, since any program may have created it."""
_LOCK_OFFSET = 1 << 30
"""Offset of the byte locked on Windows, far behind the text, which must stay readable."""


@dataclass(frozen=True)
class Holder:
    """The process that has a project open; ``time`` is local, ISO 8601."""

    user: str
    host: str
    pid: int
    time: str

    @classmethod
    def current(cls) -> Holder:
        """Return the current process."""
        time = datetime.now().astimezone().isoformat(timespec="seconds")
        return cls(_user(), socket.gethostname(), os.getpid(), time)

    @property
    def message(self) -> Message:
        """Who has the project open, as part of a sentence."""
        return Message(
            "{user} on {host} (process {pid}) since {time}",
            user=self.user,
            host=self.host,
            pid=self.pid,
            time=_local(self.time),
        )

    def __str__(self) -> str:
        return str(self.message)


class HeldError(Exception):
    """Another process has the project open; ``holder`` is None if the lock doesn't name it."""

    def __init__(self, holder: Holder | None) -> None:
        super().__init__(str(holder or "somebody"))
        self.holder = holder


class Lock:
    """Exclusive right to write ``project``, until :meth:`release` or the end of the process."""

    def __init__(self, project: Path, *, take_over: bool = False) -> None:
        """Acquire the lock.

        Raises :class:`HeldError`, or ``OSError`` if the folder can't be written. ``take_over`` ignores the
        lock of another computer.
        """
        self.path = lock_path(project)
        while True:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                self._take(take_over)
                if _is_same_file(self._file, self.path):
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
            os.write(self._file, json.dumps(asdict(Holder.current())).encode())
        except OSError:
            with suppress(OSError):
                self.path.unlink()
            raise

    def release(self) -> None:
        """Release the lock."""
        with suppress(OSError):
            os.ftruncate(self._file, 0)
            self.path.unlink()
        with suppress(OSError):
            os.close(self._file)


def read_holder(lock: Path) -> Holder | None:
    """Return the holder named in the lock file."""
    try:
        if not lock.is_file() or lock.stat().st_size > _MAX_TEXT_BYTES:
            return None
        holder = Holder(**json.loads(lock.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return holder if isinstance(holder.host, str) else None


def _local(time: str) -> str:
    """Return an ISO time to the minute in the local time zone, and another text as it is."""
    try:
        return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, TypeError, OverflowError):
        return str(time)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"


def lock_to_create(path: Path) -> Lock:
    """Return the lock of a new project; raises ``OutputError``."""
    try:
        return Lock(path)
    except HeldError as error:
        holder = error.holder or Message("somebody")
        raise OutputError(
            Message("{path} is in use by {holder}: choose another name.", path=path, holder=holder)
        ) from error
    except OSError as error:
        raise OutputError(
            Message(
                "{folder} can't be written ({reason}): choose another folder for the project.",
                folder=path.parent,
                reason=error.strerror,
            )
        ) from error


def lock_to_open(path: Path, take_over: bool) -> tuple[Lock | None, str]:
    """Return the lock, or None and the reason why the project is read-only."""
    if not os.access(path, os.W_OK):
        return None, Message(
            "{path} is read-only: save the project under another name to change it.", path=path.name
        )
    try:
        return Lock(path, take_over=take_over), ""
    except HeldError as error:
        holder = error.holder or Message("somebody")
        return None, Message(
            "{path} is in use by {holder}: save it under another name to change it.",
            path=path.name,
            holder=holder,
        )
    except OSError as error:
        return None, Message(
            "{folder} can't be written ({reason}): save the project in another folder to change it.",
            folder=path.parent,
            reason=error.strerror,
        )


def lock_path(project: Path) -> Path:
    """Return the lock file of a project."""
    return project.with_name(project.name + ".lock")


def _is_same_file(file: int, path: Path) -> bool:
    """Return whether ``path`` is still the opened ``file``; its last holder may have removed it."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> bool:
        os.lseek(file, _LOCK_OFFSET, os.SEEK_SET)
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
            return True  # no locks on this file system: rely on the text of the file
        return True
