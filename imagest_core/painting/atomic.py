"""Files that appear whole or not at all.

:func:`replacing` hands out a temporary file beside the target; only when its body ends without an
exception are the bytes forced to the disk and the file renamed. A crash, a kill or a full disk
leaves the old file or none, and at worst a hidden ``.NAME.PID-HOST-RANDOM.part`` that the next
write of the same target removes, once that process is surely dead.
"""

from __future__ import annotations

import errno
import os
import platform
import re
import secrets
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imagest_core.errors import OutputError

MARGIN = 1 << 20
"""Bytes left free on the disk besides what a file is known to need."""

LONGEST_NAME = 255
"""Bytes of a file name that every common file system takes."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REASONS = {
    errno.EACCES: "the folder may not be written",
    errno.EPERM: "the folder may not be written",
    errno.EROFS: "the disk is read-only",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ENOENT: "its folder doesn't exist",
    errno.ENOTDIR: "its folder doesn't exist",
}


@contextmanager
def replacing(out: Path, *, force: bool = False, source: Path | None = None, room: int = 0) -> Iterator[Path]:
    """Hand out an empty temporary file that becomes ``out`` when the body ends well.

    ``source`` is a file that ``out`` must not be, under whatever name; ``room`` the bytes the body
    will surely write. Where ``out`` is a link, the file it points to is replaced. Any exception,
    :class:`KeyboardInterrupt` included, removes the temporary file and leaves ``out`` as it was.

    Raises :class:`OutputError`: ``out`` exists (without ``force``), is the source or no file, its
    folder is missing or not writable, or the disk is (or would be) full.
    """
    target = _real(out)
    temporary = _prepared(target, force, source, room)
    try:
        yield temporary
        check_target(target, force=force, source=source)
        _rename(temporary, target)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise OutputError(_sentence(error, target)) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def all_or_none(files: Iterable[Path], *, force: bool = False) -> Iterator[Callable[[Path], None]]:
    """Undo what the body has written where it fails: new files go, replaced ones come back.

    For ``files`` that belong together, each written by :func:`replacing`; the body calls what it is given
    with each that has its name. Whatever ends the body counts, a cancel and :class:`KeyboardInterrupt`
    included. Raises :class:`OutputError` where one exists (without ``force``) or a folder refuses.
    """
    written: list[Path] = []
    aside: dict[Path, Path] = {}
    try:
        for target in map(_real, files):
            check_target(target, force=force)
            if target.exists():
                aside[target] = _set_aside(target)
        yield lambda path: written.append(_real(path))
    except BaseException:
        for target in written:
            with suppress(OSError):
                target.unlink(missing_ok=True)
        for target, hidden in aside.items():
            if not target.exists():
                with suppress(OSError):
                    os.replace(hidden, target)
        raise
    finally:
        for hidden in aside.values():
            with suppress(OSError):
                hidden.unlink(missing_ok=True)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _set_aside(target: Path) -> Path:
    """A hidden second name of ``target``, or where the disk knows none, its only one."""
    hidden = target.with_name(_hidden(target))
    try:
        try:
            os.link(target, hidden)
        except OSError:
            os.replace(target, hidden)
    except OSError as error:
        raise OutputError(_sentence(error, target)) from error
    return hidden


def check_target(out: Path, *, force: bool = False, source: Path | None = None) -> None:
    """Raise :class:`OutputError` where ``out`` mustn't be written."""
    if not out.parent.is_dir():
        raise OutputError(f"The folder {out.parent} doesn't exist; create it or choose another.")
    if not out.exists():
        return
    if source is not None and source.exists() and os.path.samefile(out, source):
        raise OutputError(f"{out.name} is the source itself, which is never written; choose another name.")
    if not out.is_file():
        raise OutputError(f"{out} is not a file; choose another name.")
    if not force:
        raise OutputError(f"{out} exists already; choose another name, or --force to replace it.")


def check_room(out: Path, room: int) -> None:
    """Raise :class:`OutputError` when the disk of ``out`` has no place for ``room`` bytes and some."""
    needed = room + room // 64 + MARGIN
    free = shutil.disk_usage(out.parent).free
    if room and free < needed:
        raise OutputError(
            f"{out.name} needs {needed / 1e6:,.0f} MB, but only {free / 1e6:,.0f} MB are free in "
            f"{out.parent}; make room or choose another disk."
        )


def sync(path: Path) -> None:
    """Force the bytes of ``path`` to the disk."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def remove_stale(target: Path) -> None:
    """Remove what killed processes of this machine left of earlier writes of ``target``."""
    pattern = re.compile(re.escape(_stem(target)) + r"\.(\d+)-([0-9a-f]{8})-[0-9a-f]{8}\.part")
    with suppress(OSError):
        for entry in os.scandir(target.parent):
            found = pattern.fullmatch(entry.name)
            if found and found[2] == _host() and _dead(int(found[1])):
                os.unlink(entry.path)


def _prepared(target: Path, force: bool, source: Path | None, room: int) -> Path:
    """An empty file beside ``target``, once all that speaks against writing it is ruled out."""
    try:
        check_target(target, force=force, source=source)
        check_room(target, room)
        remove_stale(target)
        return _create(target)
    except OSError as error:
        raise OutputError(_sentence(error, target)) from error


def _create(target: Path) -> Path:
    """An empty file beside ``target``, with the rights the target has or would be given."""
    temporary = target.with_name(_hidden(target))
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
    if target.exists():
        with suppress(OSError):
            os.chmod(temporary, target.stat().st_mode & 0o777 | 0o600)
    return temporary


def _hidden(target: Path) -> str:
    """A name that nothing has, and that is cleared away when this process is dead."""
    return f"{_stem(target)}.{os.getpid()}-{_host()}-{secrets.token_hex(4)}.part"


def _rename(temporary: Path, target: Path) -> None:
    sync(temporary)
    try:
        os.replace(temporary, target)
    except PermissionError as error:
        raise OutputError(f"{target} can't be replaced; close it where it is open, and try again.") from error
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Force the new name to the disk, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _sentence(error: OSError, target: Path) -> str:
    if error.errno in _FULL:
        return f"The disk ran full while {target.name} was written; make room or choose another disk."
    reason = _REASONS.get(error.errno or 0, error.strerror or "the disk refuses")
    return f"{target} can't be written: {reason}."


def _stem(target: Path) -> str:
    """``.NAME``, cut so that the whole temporary name is one the file system takes."""
    room = LONGEST_NAME - len(".4294967295-01234567-01234567.part") - 1
    return "." + os.fsencode(target.name)[:room].decode(errors="ignore")


def _host() -> str:
    return f"{zlib.crc32(platform.node().encode()):08x}"


def _dead(pid: int) -> bool:
    """Whether no process ``pid`` runs on this machine; False where that can't be told."""
    if os.name != "posix":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass
    return False
