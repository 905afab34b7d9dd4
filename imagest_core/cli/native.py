"""Keeping what libraries print themselves off the terminal.

libpng, libjpeg, libtiff and OpenCV write remarks on odd files to the process's stderr or to
``sys.stderr``, and so do Python's warnings. They are not for the user, who gets one sentence. So while a
command runs, both lead nowhere, and this program's own sentences go to a duplicate of the terminal's. That
holds for all threads, and costs nothing per decode.
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
    """Open what the caller closed of stdin, stdout and stderr on the null device.

    Otherwise the next file that is opened would take its number, and with it what libraries print.
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
    """While entered, only this program's own sentences reach the user."""
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
    """The process's stderr leads nowhere; hands out a stream to where it led."""
    before.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield _text_on(kept, before)
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _is_own(stream: TextIO) -> bool:
    """Whether ``stream`` writes to the process's stderr, and isn't one that a program put in its place."""
    try:
        return stream is sys.__stderr__ and stream.fileno() == 2
    except (OSError, ValueError, AttributeError):
        return False


def _text_on(number: int, like: TextIO) -> TextIO:
    """A text stream on the open file ``number``, which stays open when the stream is forgotten.

    It has no buffer: the handler of a signal may write amid a write.
    """
    raw = cast(IO[bytes], io.FileIO(number, "w", closefd=False))
    made = io.TextIOWrapper(raw, encoding=like.encoding, line_buffering=True, write_through=True)
    escape_unencodable(made)
    return made
