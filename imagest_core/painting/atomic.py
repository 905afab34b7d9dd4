"""Write files completely or not at all.

:func:`replacing` provides a temporary file next to the target. Only if its body ends without an
exception is the file flushed to disk and renamed. After a crash, a kill or on a full disk the old file
remains, or none; a hidden ``.NAME.PID-HOST-RANDOM.part`` may be left, which the next write of the same
target removes once that process has ended.

:func:`all_or_none` does the same for several files: each old file keeps a second, hidden name
``.NAME.PID-HOST-RANDOM.old`` until all new files are in place. After a failure it is restored
immediately; after a kill, by the next write of the same target.

:func:`new_folder` does the same for a folder that doesn't exist yet.
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
from imagest_core.messages import Message
from imagest_core.painting.outputs import check_folder, check_target, check_targets, same_file
from imagest_core.printable import megabytes_apart

__all__ = [
    "all_or_none",
    "check_new_folder",
    "check_room",
    "check_target",
    "check_writable",
    "hidden_file",
    "hidden_part",
    "new_folder",
    "remove_stale",
    "replacing",
    "sync",
    "write_text",
]

MARGIN = 1 << 20
"""Bytes that must remain free on the disk besides the size of the file."""

LONGEST_NAME = 255
"""Longest file name in bytes that all common file systems support."""

_PART, _OLD = "part", "old"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REASONS = {
    errno.EACCES: Message("the folder is not writable"),
    errno.EPERM: Message("the folder is not writable"),
    errno.EROFS: Message("the disk is read-only"),
    errno.ENAMETOOLONG: Message("the name is too long"),
    errno.ENOENT: Message("its folder doesn't exist"),
    errno.ENOTDIR: Message("its folder doesn't exist"),
}


class _Group:
    """The files of one :func:`all_or_none`, and backups of those that are replaced."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.files = tuple(files)
        self.backups: dict[Path, Path | None] = {}

    def before_rename(self, target: Path) -> None:
        """Back up the current ``target``; raise :class:`OutputError` if the folder isn't writable."""
        if target in self.files and target not in self.backups:
            self.backups[target] = _back_up(target) if target.exists() else None

    def undo(self) -> None:
        """Restore the previous state, starting with the file that was written last."""
        for target, hidden in reversed(self.backups.items()):
            with suppress(OSError):
                if hidden is None:
                    target.unlink(missing_ok=True)
                else:
                    os.replace(hidden, target)
                    hidden.unlink(missing_ok=True)  # renaming does nothing if both are names of one file
        self._sync()

    def keep(self) -> None:
        """Remove the backups."""
        for hidden in self.backups.values():
            if hidden is not None:
                with suppress(OSError):
                    hidden.unlink(missing_ok=True)

    def _sync(self) -> None:
        for folder in {target.parent for target in self.backups}:
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
    """Provide an empty temporary file that becomes ``out`` if the body ends without an exception.

    Any exception, including :class:`KeyboardInterrupt`, removes the temporary file and leaves ``out``
    unchanged. If ``out`` is a symbolic link, the file it points to is replaced.

    Parameters
    ----------
    source, inputs
        Files that ``out`` must not be, under any name.
    room
        Number of bytes that the body will write at least.

    Raises
    ------
    OutputError
        ``out`` exists (without ``force``), is an input or isn't a file, its folder is missing or not
        writable, or the disk is (or would become) full.
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
        raise OutputError(_message(error, target)) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def hidden_file(
    out: Path, *, force: bool = False, source: Path | None = None, room: int = 0
) -> Iterator[Path]:
    """Provide an empty temporary file next to ``out`` that is removed at the end, unless it was renamed.

    Raises ``OutputError`` like :func:`replacing`.
    """
    temporary = _prepared(_real(out), force, source, (), room)
    try:
        yield temporary
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def check_new_folder(out: Path) -> None:
    """Raise ``OutputError`` if something has the name ``out``, or if it would be inside a file."""
    if os.path.lexists(out):
        raise OutputError(Message("{folder} exists already; choose another name.", folder=out))
    check_folder(out.parent)


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Provide a hidden folder next to ``out`` that gets this name if the body ends without an exception.

    The folders above are created. Raises ``OutputError`` as :func:`check_new_folder`, and if it can't write.
    """
    check_new_folder(out)
    temporary = hidden_part(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        remove_stale(out)
        temporary.mkdir()
        yield temporary
        os.rename(temporary, out)
    except OSError as error:
        raise OutputError(_message(error, out)) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def all_or_none(
    files: Iterable[Path], *, force: bool = False, inputs: Iterable[Path] = ()
) -> Iterator[Callable[[Path], None]]:
    """Undo everything the body wrote if it fails: remove new files, restore replaced ones.

    For ``files`` that belong together, each written by :func:`replacing` in this thread. Any exception
    counts as a failure, including cancellation and :class:`KeyboardInterrupt`. The context value is a
    function that may be called with each finished file; calling it is optional.

    Raises
    ------
    OutputError
        Two of the files are the same, a file exists (without ``force``) or is one of the ``inputs``, or a
        folder isn't writable.
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


def _back_up(target: Path) -> Path:
    """Create a hidden second name for ``target``; rename it if the file system has no hard links."""
    hidden = target.with_name(_hidden(target, _OLD))
    try:
        try:
            os.link(target, hidden)
        except OSError:
            os.replace(target, hidden)
    except OSError as error:
        raise OutputError(_message(error, target)) from error
    return hidden


def check_writable(out: Path) -> None:
    """Raise :class:`OutputError` if no file can be created in the folder of ``out``."""
    target = _real(out)
    try:
        _create(target).unlink()
    except OSError as error:
        raise OutputError(_message(error, target)) from error


def write_text(temporary: Path, text: str, out: Path) -> None:
    """Write ``text`` as UTF-8 to the temporary file of ``out``; raise :class:`OutputError` naming ``out``."""
    try:
        temporary.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise OutputError(_message(error, out)) from error


def check_room(out: Path, room: int) -> None:
    """Raise :class:`OutputError` if the disk of ``out`` has no room for ``room`` bytes and a margin."""
    needed = room + room // 64 + MARGIN
    free = shutil.disk_usage(out.parent).free
    if room and free < needed:
        megabytes = megabytes_apart(needed, free)
        raise OutputError(
            Message(
                "{out} needs {needed} MB, but only {free} MB are free in {parent}; free some space "
                "or choose another disk.",
                out=out.name,
                needed=megabytes[0],
                free=megabytes[1],
                parent=out.parent,
            )
        )


def sync(path: Path) -> None:
    """Flush the file at ``path`` to disk."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def remove_stale(target: Path, lost_before: float | None = None) -> None:
    """Remove files and folders that killed processes on this machine left from earlier writes of ``target``.

    A backup of ``target`` is restored, because the write that was to replace it did not finish.
    ``lost_before``: do the same with files of any machine that were modified before this time, by the clock
    of the disk. For callers that know that nobody else writes ``target``.
    """
    target = _real(target)
    ending = r"\.(\d+)-([0-9a-f]{8})-[0-9a-f]{8}\.(?:(part)(?:-journal|-wal|-shm)?|old)"
    pattern = re.compile(re.escape(_stem(target)) + ending)
    with suppress(OSError):
        for entry in os.scandir(target.parent):
            match = pattern.fullmatch(entry.name)
            if not match or not (
                (match[2] == _host() and _dead(int(match[1])))
                or (lost_before is not None and entry.stat().st_mtime < lost_before)
            ):
                continue
            if match[3] != _PART and not same_file(Path(entry.path), target):
                os.replace(entry.path, target)
            elif entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)


def _prepared(target: Path, force: bool, source: Path | None, inputs: tuple[Path, ...], room: int) -> Path:
    """Create the temporary file of ``target`` after checking that it may be written."""
    try:
        remove_stale(target)
        check_target(target, force=force, source=source, inputs=inputs)
        check_room(target, room)
        return _create(target)
    except OSError as error:
        raise OutputError(_message(error, target)) from error


def _create(target: Path) -> Path:
    """Create an empty file next to ``target`` with the permissions of the target, or the default ones."""
    temporary = hidden_part(target)
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
    if target.exists():
        with suppress(OSError):
            os.chmod(temporary, target.stat().st_mode & 0o777 | 0o600)
    return temporary


def hidden_part(target: Path) -> Path:
    """Return an unused path next to ``target``; :func:`remove_stale` removes it after a kill."""
    return target.with_name(_hidden(target, _PART))


def _hidden(target: Path, ending: str) -> str:
    """Return an unused name that is cleaned up once this process has ended."""
    return f"{_stem(target)}.{os.getpid()}-{_host()}-{secrets.token_hex(4)}.{ending}"


def _rename(temporary: Path, target: Path) -> None:
    sync(temporary)
    if (group := _GROUP.get()) is not None:
        group.before_rename(target)
    try:
        os.replace(temporary, target)
    except PermissionError as error:
        raise OutputError(
            Message("{target} can't be replaced; close it where it is open, and try again.", target=target)
        ) from error
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Flush the folder's entries to disk where the system supports it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _message(error: OSError, target: Path) -> str:
    if error.errno in _FULL:
        return Message(
            "The disk became full while {target} was written; free some space or choose another disk.",
            target=target.name,
        )
    reason = _REASONS.get(error.errno or 0, error.strerror or Message("the disk reports an error"))
    return Message("{target} can't be written: {reason}.", target=target, reason=reason)


def _stem(target: Path) -> str:
    """Return ``.NAME``, truncated so that the whole temporary name is valid."""
    room = LONGEST_NAME - len(".4294967295-01234567-01234567.part") - 1
    return "." + os.fsencode(target.name)[:room].decode(errors="ignore")


def _host() -> str:
    return f"{zlib.crc32(platform.node().encode()):08x}"


def _dead(pid: int) -> bool:
    """Return whether no process ``pid`` runs on this machine; False if unknown."""
    if os.name != "posix":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass
    return False
