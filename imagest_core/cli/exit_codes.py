"""How a command ends: every outcome becomes an exit code and at most one sentence.

0 done; 2 the input, the arguments or the place to write to are wrong; 130 cancelled; 1 a fault of ours.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from imagest_core.cli.interrupt import Interrupt
from imagest_core.cli.progress_bar import Bar
from imagest_core.errors import ImagestError, InputError, out_of_memory
from imagest_core.paths import state_folder
from imagest_core.printable import error_stream
from imagest_core.printable import print_error as say
from imagest_core.progress import Cancelled, Progress

FULL = (errno.ENOSPC, errno.EDQUOT)
DONE, FAULT, WRONG, CANCELLED = 0, 1, 2, 130

Work = Callable[[Progress], int | None]


def run(work: Work, debug: bool = False) -> int:
    """Run ``work`` with progress and cancelling; returns the exit code."""
    bar = Bar()
    try:
        with Interrupt(lambda: bar.say("cancelling after this step")) as interrupt:
            code = work(Progress(bar.show, lambda: interrupt.asked))
            sys.stdout.flush()
        bar.clear()
        return code or DONE
    except BaseException as error:
        bar.clear()
        return _ended(error, debug)


def _ended(error: BaseException, debug: bool) -> int:
    """The exit code for ``error``, having said what there is to say."""
    if debug and not isinstance(error, (SystemExit, Cancelled, KeyboardInterrupt)):
        traceback.print_exception(error, file=error_stream())
    if isinstance(error, (Cancelled, KeyboardInterrupt)):
        say("cancelled.")
        return CANCELLED
    if isinstance(error, BrokenPipeError):
        return _nobody_reads()
    if isinstance(error, SystemExit):
        raise error
    return _failed(error, debug)


def _failed(error: BaseException, debug: bool) -> int:
    if isinstance(error, ImagestError):
        say(str(error))
        return WRONG if isinstance(error, InputError) else FAULT
    if out_of_memory(error):
        say("there is not enough memory for this; close other programs, or take a smaller --batch.")
        return FAULT
    if isinstance(error, OSError) and (error.filename is not None or error.errno in FULL):
        where = f"{error.filename}: " if error.filename is not None else ""
        say(f"{where}{(error.strerror or 'it cannot be used').lower()}.")
        return WRONG
    where = "" if debug else f"; the details are in {log(error)}"
    say(f"a fault of this program stopped the work ({type(error).__name__}){where}.")
    return FAULT


def log(error: BaseException) -> Path:
    """Write the traceback of ``error`` where it can be found; returns the file."""
    text = "".join(traceback.format_exception(error))
    with suppress(OSError):
        folder = state_folder()
        folder.mkdir(parents=True, exist_ok=True)
        return _written(folder / "imagest-error.log", text)
    with suppress(OSError):
        number, name = tempfile.mkstemp(prefix="imagest-error-", suffix=".log")
        os.close(number)
        return _written(Path(name), text)
    error_stream().write(text)
    return Path("the lines above")


def _written(path: Path, text: str) -> Path:
    """``path`` with ``text``, and never what a link of that name points to."""
    if path.is_symlink():
        path.unlink()
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path


def _nobody_reads() -> int:
    """The reader of stdout went away: end quietly, without a second complaint at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE
