"""Keeping what C libraries print themselves off the terminal.

libpng, libjpeg, libtiff and OpenCV write remarks on odd files straight to the process's stderr. They are
not for the user, who gets one sentence. So while a command runs, the process's stderr leads nowhere, and
Python's goes to a duplicate of the terminal's. That holds for all threads, and costs nothing per decode.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TextIO, cast

from imagest_core.printable import adapt


@contextmanager
def native_stderr_silenced(silent: bool = True) -> Iterator[None]:
    """While entered, only Python writes to stderr. Where stderr isn't the process's own, nothing is done."""
    before = sys.stderr
    if not silent or before is None or not _is_own(before):
        yield
        return
    before.flush()
    kept = os.dup(2)
    sys.stderr = _text_on(kept, before)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        sys.stderr = before
        os.close(kept)


def _is_own(stream: TextIO) -> bool:
    """Whether ``stream`` writes to the process's stderr, and isn't one that a program put in its place."""
    try:
        return stream is sys.__stderr__ and stream.fileno() == 2
    except (OSError, ValueError, AttributeError):
        return False


def _text_on(number: int, like: TextIO) -> TextIO:
    """A text stream on the open file ``number``, which stays open when the stream is forgotten."""
    raw = cast(
        IO[bytes], io.FileIO(number, "w", closefd=False)
    )  # unbuffered: a signal may write amid a write
    made = io.TextIOWrapper(raw, encoding=like.encoding, line_buffering=True, write_through=True)
    adapt(made)
    return made
