"""The progress window, with tkinter of the system's Python."""

from __future__ import annotations

import queue
import threading
import tkinter
from collections.abc import Callable
from tkinter import ttk

from .errors import CancelledError
from .install import Progress
from .texts import tr

WIDTH, MARGIN, POLL = 520, 18, 100


def can_open() -> bool:
    """Whether a window can be opened on this screen."""
    try:
        tkinter.Tk().destroy()
    except tkinter.TclError:
        return False
    return True


class Window:
    """One window: it says what will be done, asks, shows progress and can cancel."""

    def __init__(self, sure: bool = False) -> None:
        self._sure = sure

    def confirm(self, text: str, accept: str) -> bool:
        """Ask whether to begin."""
        return self._sure or self._ask(text, accept, tr("Cancel"))

    def say(self, text: str) -> None:
        """Show a sentence."""
        self._ask(text, tr("Close"), "")

    def run(self, work: Callable[[Progress], None]) -> None:
        """Do ``work`` and show its progress."""
        root, frame = _root()
        cancelled, events = threading.Event(), queue.SimpleQueue[tuple[float, str] | None]()
        failure: list[BaseException] = []

        def progress(share: float, what: str) -> None:
            if cancelled.is_set():
                raise CancelledError(
                    tr("Cancelled; the installation continues where it stopped when you start it again.")
                )
            events.put((share, what))

        def worker() -> None:
            try:
                work(progress)
            except BaseException as error:
                failure.append(error)
            events.put(None)

        text = ttk.Label(frame, text=tr("Making the environment"))
        bar = ttk.Progressbar(frame, length=WIDTH, maximum=1.0)
        button = ttk.Button(frame, text=tr("Cancel"), command=cancelled.set)
        for widget in (text, bar):
            widget.pack(anchor="w", pady=(0, MARGIN // 2))
        button.pack(anchor="e")
        root.protocol("WM_DELETE_WINDOW", cancelled.set)
        thread = threading.Thread(target=worker)
        thread.start()
        root.after(POLL, _poll, root, events, text, bar)
        root.mainloop()
        thread.join()
        root.destroy()
        if failure:
            raise failure[0]

    def _ask(self, text: str, accept: str, refuse: str) -> bool:
        root, frame = _root()
        answer: list[bool] = []

        def choose(accepted: bool) -> None:
            answer.append(accepted)
            root.quit()

        ttk.Label(frame, text=text, wraplength=WIDTH, justify="left").pack(anchor="w", pady=(0, MARGIN))
        first = ttk.Button(frame, text=accept, default="active", command=lambda: choose(True))
        first.pack(side="right")
        if refuse:
            ttk.Button(frame, text=refuse, command=lambda: choose(False)).pack(side="right", padx=MARGIN // 2)
        first.focus_set()
        root.bind("<Return>", lambda _: choose(True))
        root.bind("<Escape>", lambda _: choose(not refuse))
        root.protocol("WM_DELETE_WINDOW", lambda: choose(False))
        root.mainloop()
        root.destroy()
        return answer[0]


def _root() -> tuple[tkinter.Tk, ttk.Frame]:
    root = tkinter.Tk(className="imagest")
    root.title(tr("Imagest Workstation"))
    root.resizable(False, False)
    frame = ttk.Frame(root, padding=MARGIN)
    frame.pack(fill="both", expand=True)
    return root, frame


def _poll(
    root: tkinter.Tk,
    events: queue.SimpleQueue[tuple[float, str] | None],
    text: ttk.Label,
    bar: ttk.Progressbar,
) -> None:
    """Show what the worker reported, and leave the loop when it has ended."""
    while not events.empty():
        if (event := events.get()) is None:
            root.quit()
            return
        bar["value"] = event[0]
        text["text"] = event[1]
    root.after(POLL, _poll, root, events, text, bar)
