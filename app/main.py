"""The program: the application object, its language and its window, which is rebuilt for another language."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QEvent, QLibraryInfo, QLocale, QObject, QTimer, QTranslator
from PySide6.QtWidgets import QApplication

import resources
from app import theme
from app.commands import open as opening
from app.context import Context
from app.dialogs.settings import SettingsDialog
from app.faults import faults
from app.jobs.call_later import call_later
from app.jobs.idle_garbage import IdleGarbage
from app.logs import Logs
from app.observable import Value
from app.quick_start import finish
from app.selection import Selection
from app.settings import Settings
from app.window.main_window import MainWindow

SETTLED = 200
"""Milliseconds from showing the window until the rest of the start."""
SWITCH = 0.001
"""Seconds that a worker may go on with Python code while the window's thread waits.

With Python's 5 ms a stroke of a brush waits many times as long as it works beside such a worker, because each
call of NumPy or Qt lets the worker run.
"""
WINDOW_STATE = ("visible", "proposal", "windows")
"""Values of the selection that each window computes for itself."""


class Program(QObject):
    """Shows the window in the language and theme of ``settings``; deletes it before the application ends."""

    def __init__(self, application: QApplication, settings: Settings | None = None) -> None:
        super().__init__()
        self._application, self._settings = application, settings or Settings()
        set_language(application, self._settings.preferences.language)
        theme.apply_theme(application, self._settings.preferences.theme)
        self._garbage = IdleGarbage(self._occupied, self)  # before the window, which may be made anew
        self.window = self._create_window()
        self._switch_before = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH)

    def _create_window(self) -> MainWindow:
        window = MainWindow(Context(self._settings))
        context = window.context
        for signal in (window.language_changed, context.jobs.idle, context.queue_running_changed):
            signal.connect(self._schedule_rebuild)
        return window

    def _occupied(self) -> bool:
        """Whether something is running, or a gesture on the canvas is in progress."""
        context = self.window.context
        return context.jobs.busy or not context.background.resting or not context.free

    def open(self, path: Path) -> None:
        """Open a scan or a project."""
        opening.open_path(self.window.context, path)

    def end(self) -> None:
        """Stop the threads, then delete the window and its context.

        Objects left to the interpreter would be deleted in any order, even after the application.
        """
        self._garbage.stop()
        sys.setswitchinterval(self._switch_before)
        _delete(self.window)

    # Language

    def _schedule_rebuild(self) -> None:
        """Rebuild in the next turn of the event loop, as the sender of this signal will be deleted."""
        call_later(self, self.rebuild)

    def rebuild(self) -> None:
        """Replace the window by one in the language of the settings; the document stays open.

        Does nothing while a job or the queue is running, as they report to the window that started them.
        """
        old = self.window
        busy = old.context.jobs.busy or old.context.queue_running
        if old.language == self._settings.preferences.language or busy:
            return
        settings_open = old.findChild(SettingsDialog) is not None
        manual = old.handlers.manual_help.manual
        page = "" if manual is None else manual.page
        old.state_sync.remember_view()
        old.remember_layout()
        set_language(self._application, self._settings.preferences.language)
        new = self.window = self._create_window()
        new.show()
        _transfer(old, new)
        _delete(old)
        if settings_open:
            new.handlers.settings()
        if page:
            new.handlers.manual_help.show_page(page)


def _transfer(old: MainWindow, new: MainWindow) -> None:
    """Transfer document, selection and the open step from ``old`` to ``new``."""
    document, selection = old.context.document, _selected_values(old.context.selection)
    if document is not None:
        old.context.set_document(None)
        new.context.set_document(document.transferred())
        opening.report_failed_save(new.context, document.document.write_error)
    for name, value in selection.items():
        setattr(new.context.selection, name, value)
    for name, dock in old.docks.items():
        if dock.opened:
            new.docks[name].open(True)


def _selected_values(selection: Selection) -> dict[str, object]:
    names = (name for name, value in vars(Selection).items() if isinstance(value, Value))
    return {name: getattr(selection, name) for name in names if name not in WINDOW_STATE}


def _delete(window: MainWindow) -> None:
    """Delete a window with its context."""
    context = window.context
    window.handlers.manual_help.close()
    window.hide()
    context.shutdown()
    for item in (window, context):
        item.deleteLater()
        QApplication.sendPostedEvents(item, QEvent.Type.DeferredDelete)


def set_language(application: QApplication, language: str) -> None:
    """Install the translations of ``language`` ("": the system's) in place of the current ones.

    Falls back to English, whose translation has the plural forms.
    """
    for translator in application.findChildren(QTranslator):
        application.removeTranslator(translator)
        translator.deleteLater()
    locale = QLocale(language) if language else QLocale.system()
    own = str(Path(resources.__file__).parent / "i18n")
    english = QLocale(QLocale.Language.English)
    for name, folder in (("imagest", own), ("qtbase", _qt_translations())):
        translator = QTranslator(application)
        if any(translator.load(each, name, "_", folder) for each in (locale, english)):
            application.installTranslator(translator)


def _qt_translations() -> str:
    return QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)


def make_application() -> QApplication:
    """Return the application object, created on first use."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("Imagest Workstation")
    application.setOrganizationName("Imagest")
    return application


def main(path: Path | None = None) -> int:
    """Show the window, open ``path`` if given, and return the exit code."""
    logs = Logs()
    logs.install()
    try:
        return _run(path)
    except Exception as error:
        faults.note(error, uncaught=True)
        raise
    finally:
        logs.remove()


def _run(path: Path | None) -> int:
    application = make_application()
    program = Program(application)
    program.window.show()
    if path is not None:
        call_later(program, lambda: program.open(path))
    QTimer.singleShot(SETTLED, program, finish)
    code: int = application.exec()
    program.end()
    return code
