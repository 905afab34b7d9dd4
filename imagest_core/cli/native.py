"""Suppress output of libraries to the terminal.

libpng, libjpeg, libtiff and OpenCV write messages about unusual files to the process's stderr or to
``sys.stderr``, as do Python's warnings. The user gets one sentence instead. So while a command runs, both are
redirected to the null device, and the program's own messages go to a duplicate of the terminal's stream. This
applies to all threads and costs nothing per decode.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, TextIO, cast

from imagest_core.printable import errors_to, escape_unencodable


def open_standard_streams() -> None:
    """Open those of stdin, stdout and stderr that the caller closed on the null device.

    Otherwise the next opened file would get their number, and with it the output of libraries.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8", errors="replace"))  # noqa: SIM115


@contextmanager
def libraries_silenced(silent: bool = True) -> Iterator[None]:
    """Suppress all messages but this program's own within the context."""
    before = sys.stderr
    if not silent or before is None:
        yield
        return
    with ExitStack() as stack:
        own = stack.enter_context(_process_silenced(before)) if _is_own(before) else before
        stack.enter_context(errors_to(own))
        sys.stderr = stack.enter_context(open(os.devnull, "w", encoding="utf-8", errors="replace"))
        try:
            yield
        finally:
            own.flush()
            sys.stderr = before


@contextmanager
def _process_silenced(before: TextIO) -> Iterator[TextIO]:
    """Redirect the process's stderr to the null device; yield a stream to the original one."""
    before.flush()
    kept = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)
    try:
        yield _text_on(kept, before)
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _is_own(stream: TextIO) -> bool:
    """Whether ``stream`` is the original ``sys.stderr`` and writes to the process's stderr."""
    try:
        return stream is sys.__stderr__ and stream.fileno() == 2
    except (OSError, ValueError, AttributeError):
        return False


def _text_on(number: int, like: TextIO) -> TextIO:
    """Return a text stream on the file descriptor ``number``, which stays open when the stream is deleted.

    It is unbuffered, since a signal handler may write during a write.
    """
    raw = cast(IO[bytes], io.FileIO(number, "w", closefd=False))
    stream = io.TextIOWrapper(raw, encoding=like.encoding, line_buffering=True, write_through=True)
    escape_unencodable(stream)
    return stream
