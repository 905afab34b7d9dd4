"""Run a command; every outcome becomes an exit code and at most one sentence.

0: success; 2: invalid input, arguments or output path; 130: cancelled; 1: internal error.
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

from imagest_core.cli.progress_bar import ProgressBar
from imagest_core.errors import ImagestError, InputError, out_of_memory
from imagest_core.interrupt import CANCELLED, Interrupt, hold
from imagest_core.paths import state_folder
from imagest_core.printable import error_stream, print_error
from imagest_core.progress import Cancelled, Progress

FULL = (errno.ENOSPC, errno.EDQUOT)
SUCCESS, INTERNAL_ERROR, INVALID = 0, 1, 2

Work = Callable[[Progress], int | None]


def run(work: Work, debug: bool = False) -> int:
    """Run ``work`` with progress and cancellation; return the exit code."""
    bar = ProgressBar()
    with Interrupt(lambda: bar.message("cancelling after this step")) as interrupt:
        try:
            try:
                code = work(Progress(bar.show, lambda: interrupt.requested))
                sys.stdout.flush()
            finally:
                hold()
            bar.clear()
            return code or SUCCESS
        except BaseException as error:
            bar.clear()
            return _handle(error, debug)


def _handle(error: BaseException, debug: bool) -> int:
    """Report ``error`` to the user; return the exit code."""
    if _is_cancel(error):
        print_error("cancelled.")
        _flush()
        eval("0")  # else Python replaces the exit code if the interrupt passed through an eval, as in imports
        return CANCELLED
    if debug and not isinstance(error, SystemExit):
        traceback.print_exception(error, file=error_stream())
    if isinstance(error, BrokenPipeError):
        return _silence_stdout()
    if isinstance(error, SystemExit):
        raise error
    return _report_failure(error, debug)


def _is_cancel(error: BaseException) -> bool:
    """Whether a cancel, or an interrupt that Python wrapped in another error, ended the work."""
    if isinstance(error, (Cancelled, KeyboardInterrupt)):
        return True
    return error.__cause__ is not None and _is_cancel(error.__cause__)


def _report_failure(error: BaseException, debug: bool) -> int:
    if isinstance(error, ImagestError):
        print_error(str(error))
        return INVALID if isinstance(error, InputError) else INTERNAL_ERROR
    if out_of_memory(error):
        print_error("there is not enough memory for this; close other programs, or use a smaller --batch.")
        return INTERNAL_ERROR
    if isinstance(error, OSError) and (error.filename is not None or error.errno in FULL):
        reason = (error.strerror or "the system refuses it").lower()
        where = f"{error.filename} can't be used: " if error.filename is not None else ""
        print_error(f"{where}{reason}.")
        return INVALID
    where = "" if debug else f"; details are in {log(error)}"
    print_error(f"an internal error stopped the work ({type(error).__name__}){where}.")
    return INTERNAL_ERROR


def log(error: BaseException) -> Path:
    """Write the traceback of ``error`` to a log file; return its path."""
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
    """Write ``text`` to ``path``; a link of that name is replaced, not followed."""
    if path.is_symlink():
        path.unlink()
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path


def _flush() -> None:
    """Write what was printed, before a further signal can end the process."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        _silence_stdout()


def _silence_stdout() -> int:
    """Redirect stdout, whose reader has closed it, so that the exit causes no further error."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return SUCCESS
