"""Files that appear whole or not at all.

:func:`replacing` hands out a temporary file beside the target; only when its body ends without an
exception are the bytes forced to the disk and the file renamed. A crash, a kill or a full disk
leaves the old file or none, and at worst a hidden ``.NAME.PID-HOST-RANDOM.part`` that the next
write of the same target removes, once that process is surely dead.

:func:`all_or_none` does the same for several files: each old one keeps a second, hidden name
``.NAME.PID-HOST-RANDOM.old`` until all new ones have theirs. After a failure it is put back at once;
after a kill, by the next write of the same target.
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
from contextvars import ContextVar
from pathlib import Path

from imagest_core.errors import OutputError
from imagest_core.painting.outputs import check_target, check_targets, same_file

__all__ = [
    "all_or_none",
    "check_room",
    "check_target",
    "check_writable",
    "remove_stale",
    "replacing",
    "sync",
    "write_text",
]

MARGIN = 1 << 20
"""Bytes left free on the disk besides what a file is known to need."""

LONGEST_NAME = 255
"""Bytes of a file name that every common file system takes."""

_PART, _OLD = "part", "old"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REASONS = {
    errno.EACCES: "the folder may not be written",
    errno.EPERM: "the folder may not be written",
    errno.EROFS: "the disk is read-only",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ENOENT: "its folder doesn't exist",
    errno.ENOTDIR: "its folder doesn't exist",
}


class _Group:
    """Files of one :func:`all_or_none`, and what stood in the place of those that were replaced."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.files = tuple(files)
        self.aside: dict[Path, Path | None] = {}

    def before_rename(self, target: Path) -> None:
        """Keep what ``target`` is now; raises :class:`OutputError` where the folder refuses."""
        if target in self.files and target not in self.aside:
            self.aside[target] = _set_aside(target) if target.exists() else None

    def undo(self) -> None:
        """Put back what was there, the last written first."""
        for target, hidden in reversed(self.aside.items()):
            with suppress(OSError):
                if hidden is None:
                    target.unlink(missing_ok=True)
                else:
                    os.replace(hidden, target)
                    hidden.unlink(missing_ok=True)  # two names of one file: renaming does nothing
        self._sync()

    def keep(self) -> None:
        """Let go of what was there."""
        for hidden in self.aside.values():
            if hidden is not None:
                with suppress(OSError):
                    hidden.unlink(missing_ok=True)

    def _sync(self) -> None:
        for folder in {target.parent for target in self.aside}:
            _sync_folder(folder)


_GROUP: ContextVar[_Group | None] = ContextVar("files that belong together", default=None)


@contextmanager
def replacing(
    out: Path,
    *,
    force: bool = False,
    source: Path | None = None,
    inputs: Iterable[Path] = (),
    room: int = 0,
) -> Iterator[Path]:
    """Hand out an empty temporary file that becomes ``out`` when the body ends well.

    ``source`` and ``inputs`` are files that ``out`` must not be, under whatever name; ``room`` the bytes
    the body will surely write. Where ``out`` is a link, the file it points to is replaced. Any exception,
    :class:`KeyboardInterrupt` included, removes the temporary file and leaves ``out`` as it was.

    Raises :class:`OutputError`: ``out`` exists (without ``force``), is an input or no file, its
    folder is missing or not writable, or the disk is (or would be) full.
    """
    target, inputs = _real(out), tuple(inputs)
    temporary = _prepared(target, force, source, inputs, room)
    try:
        yield temporary
        check_target(target, force=force, source=source, inputs=inputs)
        _rename(temporary, target)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise OutputError(_sentence(error, target)) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def all_or_none(
    files: Iterable[Path], *, force: bool = False, inputs: Iterable[Path] = ()
) -> Iterator[Callable[[Path], None]]:
    """Undo what the body has written where it fails: new files go, replaced ones come back.

    For ``files`` that belong together, each written by :func:`replacing` in this thread. Whatever ends
    the body counts, a cancel and :class:`KeyboardInterrupt` included. Raises :class:`OutputError` where
    two of them are the same file, one exists (without ``force``), is one of the ``inputs``, or a folder
    refuses. What is handed out may be called with each file that has its name; it need not be.
    """
    targets = [_real(path) for path in files]
    outer = _GROUP.get()
    if outer is not None and set(targets) <= set(outer.files):
        yield lambda path: _check_member(outer, path)
        return
    for target in targets:
        remove_stale(target)
    check_targets(targets, force=force, inputs=inputs)
    group = _Group(targets)
    token = _GROUP.set(group)
    try:
        yield lambda path: _check_member(group, path)
    except BaseException:
        group.undo()
        raise
    else:
        group.keep()
    finally:
        _GROUP.reset(token)


def _check_member(group: _Group, path: Path) -> None:
    if _real(path) not in group.files:
        raise ValueError(f"{path} is none of the files that belong together")


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _set_aside(target: Path) -> Path:
    """A hidden second name of ``target``, or where the disk knows none, its only one."""
    hidden = target.with_name(_hidden(target, _OLD))
    try:
        try:
            os.link(target, hidden)
        except OSError:
            os.replace(target, hidden)
    except OSError as error:
        raise OutputError(_sentence(error, target)) from error
    return hidden


def check_writable(out: Path) -> None:
    """Raise :class:`OutputError` where the folder of ``out`` takes no new files."""
    target = _real(out)
    try:
        _create(target).unlink()
    except OSError as error:
        raise OutputError(_sentence(error, target)) from error


def write_text(temporary: Path, text: str, out: Path) -> None:
    """Write the temporary file of ``out`` as UTF-8; raises :class:`OutputError` naming ``out``."""
    try:
        temporary.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise OutputError(_sentence(error, out)) from error


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
    """Remove what killed processes of this machine left of earlier writes of ``target``.

    A file they had set aside comes back, for what was to replace it was not finished.
    """
    target = _real(target)
    ending = r"\.(\d+)-([0-9a-f]{8})-[0-9a-f]{8}\.(?:(part)(?:-journal|-wal|-shm)?|old)"
    pattern = re.compile(re.escape(_stem(target)) + ending)
    with suppress(OSError):
        for entry in os.scandir(target.parent):
            found = pattern.fullmatch(entry.name)
            if not found or found[2] != _host() or not _dead(int(found[1])):
                continue
            if found[3] != _PART and not same_file(Path(entry.path), target):
                os.replace(entry.path, target)
            else:
                os.unlink(entry.path)


def _prepared(target: Path, force: bool, source: Path | None, inputs: tuple[Path, ...], room: int) -> Path:
    """An empty file beside ``target``, once all that speaks against writing it is ruled out."""
    try:
        remove_stale(target)
        check_target(target, force=force, source=source, inputs=inputs)
        check_room(target, room)
        return _create(target)
    except OSError as error:
        raise OutputError(_sentence(error, target)) from error


def _create(target: Path) -> Path:
    """An empty file beside ``target``, with the rights the target has or would be given."""
    temporary = target.with_name(_hidden(target, _PART))
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
    if target.exists():
        with suppress(OSError):
            os.chmod(temporary, target.stat().st_mode & 0o777 | 0o600)
    return temporary


def _hidden(target: Path, ending: str) -> str:
    """A name that nothing has, and that is cleared away when this process is dead."""
    return f"{_stem(target)}.{os.getpid()}-{_host()}-{secrets.token_hex(4)}.{ending}"


def _rename(temporary: Path, target: Path) -> None:
    sync(temporary)
    if (group := _GROUP.get()) is not None:
        group.before_rename(target)
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
