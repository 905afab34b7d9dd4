"""How the launcher talks: on a terminal, or by dialogs of zenity. The window is in ``window.py``."""

from __future__ import annotations

import locale
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Protocol, TextIO

from .errors import CancelledError, LauncherError
from .install import Progress
from .texts import tr

TITLE = "Imagest Workstation"


class Interface(Protocol):
    """What every interface can do."""

    def confirm(self, text: str, accept: str) -> bool:
        """Show what will be done and ask whether to begin."""

    def run(self, work: Callable[[Progress], None]) -> None:
        """Do ``work`` and show its progress; errors of ``work`` are raised here."""

    def say(self, text: str) -> None:
        """Show a sentence."""


class Terminal:
    """Lines on standard error. Without a terminal it does not ask, and only ``sure`` lets it begin."""

    def __init__(self, sure: bool = False, stream: TextIO | None = None) -> None:
        self._sure = sure
        self._stream = stream or sys.stderr
        self._last = (-1, "", 0.0)

    def confirm(self, text: str, accept: str) -> bool:
        """Ask whether to begin."""
        self.say(text)
        if self._sure:
            return True
        if not sys.stdin or not sys.stdin.isatty():
            raise LauncherError(tr("Nothing was installed, because nobody can be asked; add --yes to begin."))
        self._stream.write(tr("{action}? [Y/n] ", action=accept))
        self._stream.flush()
        return sys.stdin.readline().strip().lower() in ("", "y", "yes", "j", "ja", "是")

    def run(self, work: Callable[[Progress], None]) -> None:
        """Do ``work`` and show its progress."""
        work(self._progress)

    def say(self, text: str) -> None:
        """Show a sentence."""
        self._stream.write(text + "\n")
        self._stream.flush()

    def _progress(self, share: float, what: str) -> None:
        percent, before, when = int(share * 100), self._last[1], self._last[2]
        now = time.monotonic()
        if what != before or (percent != self._last[0] and now - when > 2):
            self._last = (percent, what, now)
            self.say(f"{percent:3d} %  {what}")


class Zenity:
    """Dialogs of zenity, for desktops whose Python has no tkinter."""

    def __init__(self, sure: bool = False) -> None:
        self._sure = sure

    def confirm(self, text: str, accept: str) -> bool:
        """Ask whether to begin."""
        options = [
            "--question",
            "--no-markup",
            "--width=520",
            "--ok-label",
            accept,
            "--cancel-label",
            tr("Cancel"),
        ]
        if self._sure:
            return True
        if (code := _zenity(*options, "--text", text).wait()) not in (0, 1):
            raise LauncherError(tr("No dialog can be shown; start imagest-launcher in a terminal."))
        return code == 0

    def run(self, work: Callable[[Progress], None]) -> None:
        """Do ``work`` and show its progress."""
        dialog = _zenity("--progress", "--auto-close", "--width=520", "--percentage=0", "--text", tr(TITLE))
        stream = dialog.stdin

        def progress(share: float, what: str) -> None:
            try:
                assert stream is not None
                # zenity closes itself at 100.
                stream.write(f"# {what}\n{min(99, int(share * 100))}\n")
                stream.flush()
            except OSError:
                raise CancelledError(
                    tr("Cancelled; the installation continues where it stopped when you start it again.")
                ) from None

        try:
            work(progress)
        finally:
            dialog.terminate()
            dialog.wait()

    def say(self, text: str) -> None:
        """Show a sentence."""
        if _zenity("--info", "--no-markup", "--width=520", "--text", text).wait() not in (0, 1):
            Terminal().say(text)


def choose_interface(text: bool, sure: bool) -> Interface:
    """Return the terminal where there is one or ``text`` is set, else a window, zenity, or plain lines."""
    if text or (sys.stderr is not None and sys.stderr.isatty()) or not has_screen():
        return Terminal(sure)
    if find_spec("tkinter") is not None:
        from .window import Window, can_open

        if can_open():
            return Window(sure)
    return Zenity(sure) if shutil.which("zenity") else Terminal(sure)


def has_screen() -> bool:
    """Whether windows can be shown."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _zenity(*options: str) -> subprocess.Popen[str]:
    command = ["zenity", "--title", tr(TITLE), *options]
    variables = dict(os.environ)
    try:
        locale.setlocale(locale.LC_ALL, "")
    except locale.Error:
        # Without its locale, zenity refuses what is not ASCII.
        variables["LC_ALL"] = "C.UTF-8"
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8", env=variables
    )
