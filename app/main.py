"""The running program: one application object, its language, and the window, which can be built anew."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QEvent, QLibraryInfo, QLocale, QObject, QTranslator
from PySide6.QtWidgets import QApplication

import resources
from app import theme
from app.commands import open as opening
from app.context import Context
from app.dialogs.settings import SettingsDialog
from app.faults import faults
from app.jobs.call_later import call_later
from app.logs import Logs
from app.observable import Value
from app.selection import Selection
from app.settings import Settings
from app.window.main_window import MainWindow

OF_THE_WINDOW = ("visible", "proposal", "windows")
"""What is chosen and shown by a window itself; another one finds its own."""


class Program(QObject):
    """Shows the window, in the language and look of ``settings``; ends it before the application goes."""

    def __init__(self, application: QApplication, settings: Settings | None = None) -> None:
        super().__init__()
        self._application, self._settings = application, settings or Settings()
        set_language(application, self._settings.preferences.language)
        theme.apply_theme(application, self._settings.preferences.theme)
        self.window = self._make()

    def _make(self) -> MainWindow:
        window = MainWindow(Context(self._settings))
        for signal in (window.language_changed, window.context.jobs.idle):
            signal.connect(self._turn)
        return window

    def open(self, path: Path) -> None:
        """Open a scan or a project."""
        opening.open_path(self.window.context, path)

    def end(self) -> None:
        """End the threads, then delete what is seen, then what it stands on.

        Whatever is left to the interpreter's own end dies in any order, after the application even.
        """
        _delete(self.window)

    # Another language

    def _turn(self) -> None:
        """Not from within the window's own signal, which would not survive it."""
        call_later(self, self.rebuild)

    def rebuild(self) -> None:
        """Put a window in the language of the settings in place of this one; all that is open stays open.

        A job tells its end to the window that began it: until then that window stays.
        """
        old = self.window
        if old.language == self._settings.preferences.language or old.context.jobs.busy:
            return
        asked = old.findChild(SettingsDialog) is not None
        old.state_sync.remember_view()
        old.remember_layout()
        set_language(self._application, self._settings.preferences.language)
        new = self.window = self._make()
        new.show()
        _hand_over(old, new)
        _delete(old)
        if asked:
            new.handlers.settings()


def _hand_over(old: MainWindow, new: MainWindow) -> None:
    """Let ``new`` show what ``old`` shows."""
    document, chosen = old.context.document, _chosen(old.context.selection)
    if document is not None:
        old.context.set_document(None)
        new.context.set_document(document.transferred())
    for name, value in chosen.items():
        setattr(new.context.selection, name, value)
    for name, dock in old.docks.items():
        new.docks[name].open(dock.opened)


def _chosen(selection: Selection) -> dict[str, object]:
    names = (name for name, value in vars(Selection).items() if isinstance(value, Value))
    return {name: getattr(selection, name) for name in names if name not in OF_THE_WINDOW}


def _delete(window: MainWindow) -> None:
    """Take a window away for good, with its context."""
    context = window.context
    window.hide()
    context.shutdown()
    for thing in (window, context):
        thing.deleteLater()
        QApplication.sendPostedEvents(thing, QEvent.Type.DeferredDelete)


def set_language(application: QApplication, language: str) -> None:
    """Install the texts of ``language``, "" for the system's, in place of others; English, which has its
    plurals, where there are none."""
    for translator in application.findChildren(QTranslator):
        application.removeTranslator(translator)
        translator.deleteLater()
    locale = QLocale(language) if language else QLocale.system()
    own = str(Path(resources.__file__).parent / "i18n")
    english = QLocale(QLocale.Language.English)
    for name, folder in (("imagest", own), ("qtbase", _qt_texts())):
        translator = QTranslator(application)
        if any(translator.load(each, name, "_", folder) for each in (locale, english)):
            application.installTranslator(translator)


def _qt_texts() -> str:
    return QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)


def make_application() -> QApplication:
    """The one application object."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("Imagest Workstation")
    application.setOrganizationName("Imagest")
    return application


def main(path: Path | None = None) -> int:
    """Show the window, open ``path`` if one is given; the exit code."""
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
    code: int = application.exec()
    program.end()
    return code
