"""Running the bundled uv: offline if it may, without other Pythons' variables, and cancellable."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from .errors import CancelledError, LauncherError
from .payload import Payload
from .places import Places
from .texts import tr

FOREIGN = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "UV_PYTHON",
    "UV_PROJECT",
)
"""Variables that would mix another Python's packages into the environment."""
OPTIONS = ("--no-config", "--no-python-downloads", "--no-progress", "--color", "never")
INTERVAL = 0.5
FULL = ("os error 28)", "os error 112)", "os error 122)")
"""How uv names a full disk (Linux and macOS, Windows) and an exceeded quota."""


def clean_environment() -> dict[str, str]:
    """Return the variables for the installed program's Python."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return kept | {"PYTHONNOUSERSITE": "1"}


def uv_environment(places: Places) -> dict[str, str]:
    """Return the variables for uv, which writes below the installation only.

    A folder of credentials that the user named is kept: an index may need them.
    """
    own = {"UV_CREDENTIALS_DIR": str(places.credentials)}
    return own | clean_environment() | {"UV_CACHE_DIR": str(places.cache), "UV_NO_PROGRESS": "1"}


def run_uv(
    payload: Payload,
    places: Places,
    arguments: Sequence[str],
    lock: BinaryIO,
    waiting: Callable[[], None] = lambda: None,
) -> None:
    """Run uv and append its output to the log. ``waiting`` is called twice a second and may raise.

    Raises
    ------
    LauncherError
        uv could not be started or failed.
    CancelledError
        ``waiting`` raised it; uv has been stopped.
    """
    command = [str(payload.uv), *OPTIONS, *arguments]
    inherited = {} if sys.platform == "win32" else {"pass_fds": (lock.fileno(),)}
    with places.log.open("ab") as log:
        start = log.tell()
        log.write(("$ uv " + " ".join(arguments) + "\n").encode())
        log.flush()
        try:
            process = subprocess.Popen(
                command,
                cwd=places.root,
                env=uv_environment(places),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **inherited,  # type: ignore[call-overload]
            )
        except OSError as error:
            text = "uv could not be started ({reason}: {path}); unpack the installer again."
            raise LauncherError(tr(text, reason=error.strerror, path=payload.uv)) from error
        _wait(process, waiting)
    if process.returncode:
        raise LauncherError(_failure(places.log, start, offline="--offline" in arguments))


def _wait(process: subprocess.Popen[bytes], waiting: Callable[[], None]) -> None:
    try:
        while True:
            try:
                process.wait(INTERVAL)
                return
            except subprocess.TimeoutExpired:
                waiting()
    except BaseException as error:
        process.terminate()
        process.wait()
        if isinstance(error, KeyboardInterrupt):
            raise CancelledError(
                tr("Cancelled; the installation continues where it stopped when you start it again.")
            ) from None
        raise


def _failure(log: Path, start: int, offline: bool) -> str:
    with log.open("rb") as file:
        file.seek(start)
        lines = file.read().decode("utf-8", "replace").splitlines()
    reasons = [line.strip() for line in lines if line.strip() and not line.startswith("$")]
    reason = next(
        (line for line in reasons if "error" in line.lower()), reasons[-1] if reasons else tr("no reason")
    )
    if any(sign in line for line in reasons for sign in FULL):
        return tr(
            "The packages could not be installed, because the disk is full; make room and start again: what "
            "was unpacked is used. Details: {log}",
            log=log,
        )
    text = (
        "The packages could not be installed ({reason}); unpack the offline archive again and keep its "
        "folder in place. Details: {log}"
        if offline
        else "The packages could not be installed ({reason}); check the network connection and start again, "
        "or use the offline archive. Details: {log}"
    )
    return tr(text, reason=reason, log=log)
