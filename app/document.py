"""The core's document, wrapped in Qt signals; views bind to it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Self

from PySide6.QtCore import QObject, Signal

from imagest_core.damage.map import DamageMap
from imagest_core.errors import ProjectError
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.project.accepted_fills import Accepted
from imagest_core.project.document import Document
from imagest_core.project.gesture import Maker
from imagest_core.project.operations import Operation
from imagest_core.project.painting_reference import RewrittenError, open_reference
from imagest_core.project.rewritten_scan import SMALL, Rewritten
from imagest_core.project.run import Run
from imagest_core.project.state import Aspect, Change, PaintingReference, State

PROJECT_SUFFIX = ".imagest"

Opened = tuple[Document, Painting]


class ScanMissingError(ProjectError):
    """The project at ``project`` is sound, but its scan isn't where it was: the user can show where it is.

    ``rewritten``: a file lies in its place that another program has written.
    """

    def __init__(
        self, project: Path, reference: PaintingReference, sentence: str, rewritten: Rewritten | None = None
    ) -> None:
        super().__init__(sentence)
        self.project, self.reference, self.rewritten = project, reference, rewritten


def read_path(
    path: Path,
    folders: Iterable[Path] = (),
    shown: Path | None = None,
    *,
    accept_rewritten: bool = False,
    assume_srgb: bool = False,
) -> Opened:
    """Open a scan or a project; takes a while for large scans, so it is for a job.

    A project's scan is looked for in ``folders`` too, or is the one ``shown``; with ``accept_rewritten``
    that may be a file with the scan's samples that another program has rewritten. Raises
    ``PaintingError``, ``ProfileError`` (unless ``assume_srgb``), ``ProjectError`` and, where only the scan
    is missing, ``ScanMissingError``.
    """
    if path.suffix.lower() == PROJECT_SUFFIX:
        return _open_project(path, folders, shown, accept_rewritten, assume_srgb)
    return _open_scan(path, assume_srgb)


def _open_scan(path: Path, assume_srgb: bool) -> Opened:
    painting = open_painting(path, assume_srgb=assume_srgb)
    try:
        return Document.of_painting(painting), painting
    except BaseException:
        painting.close()
        raise


def _open_project(
    path: Path, folders: Iterable[Path], shown: Path | None, accept_rewritten: bool, assume_srgb: bool
) -> Opened:
    document = Document.open(path)
    try:
        if assume_srgb:
            document.assume_srgb()
        if shown is not None:
            _show(document, path, shown, accept_rewritten)
        found = document.find_painting(folders)
        if found.path is None or found.changed:
            raise ScanMissingError(path, found.reference, found.note, found.rewritten)
        painting = open_reference(found)
        if painting.box.area <= SMALL:
            document.learn_scan(painting)
        return document, painting
    except BaseException:
        document.abandon()
        raise


def _show(document: Document, path: Path, scan: Path, accept_rewritten: bool) -> None:
    try:
        document.show_painting(scan, accept_rewritten=accept_rewritten)
    except RewrittenError as error:
        reference = document.state.painting
        raise ScanMissingError(path, reference, str(error), error.rewritten) from error
    except ProjectError as error:
        raise ScanMissingError(path, document.state.painting, str(error)) from error


class OpenDocument(QObject):
    """An open project and its scan.

    ``damage_changed(Box)``: where labels changed; ``decisions_changed(Box)``; the others say which
    side of the state is new. ``document`` is the core's; change it through :meth:`do` alone.
    """

    damage_changed = Signal(object)
    classes_changed = Signal()
    style_changed = Signal()
    runs_changed = Signal()
    decisions_changed = Signal(object)
    calibration_changed = Signal()
    notes_changed = Signal()
    history_changed = Signal()
    troubled = Signal(str)
    warned = Signal(str)
    refused = Signal(str)
    closed = Signal()

    def __init__(self, document: Document, painting: Painting, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document, self.painting = document, painting
        document.changed.connect(self._tell)
        document.history_changed.connect(self._tell_history)
        document.troubled.connect(self._tell_trouble)
        document.warned.connect(self._tell_warning)
        document.refused.connect(self._tell_refusal)
        self._accepted: Accepted | None = None

    @classmethod
    def open_path(cls, path: Path) -> Self:
        """The scan or project at ``path``, opened in this thread; raises ``InputError``."""
        return cls(*read_path(path))

    @property
    def state(self) -> State:
        """What the project knows now."""
        return self.document.state

    @property
    def read_only(self) -> str:
        """Why it can't be changed, as a sentence; empty where it can."""
        return self.document.read_only

    @property
    def title(self) -> str:
        """What the window calls it."""
        path = self.document.path
        return self.painting.path.name if self.document.unnamed or path is None else path.name

    @property
    def accepted(self) -> Accepted:
        """The accepted fills as they are now."""
        if self._accepted is None:
            self._accepted = Accepted(self.state)
        return self._accepted

    def run(self, number: int | None) -> Run | None:
        """The listed run of this number, if there is one."""
        return None if number is None else self.state.runs.get(number)

    def do(self, operation: Operation | Maker) -> None:
        """Apply ``operation``, once no stroke is under way; raises ``ProjectError``."""
        self.document.do(operation)

    def done(self, before: DamageMap, name: str) -> None:
        """Keep a gesture that was painted into the damage already, which was ``before`` it."""
        self.document.done(before, name)

    def undo(self) -> bool:
        """Take the latest gesture back."""
        return self.document.undo()

    def redo(self) -> bool:
        """Do again what was taken back last."""
        return self.document.redo()

    def close(self) -> None:
        """Close the file and the scan; raises ``OutputError`` (and stays open) where it isn't kept."""
        self.document.close()
        self._leave()

    def abandon(self) -> None:
        """Close, come what may."""
        self.document.abandon()
        self._leave()

    def transferred(self) -> OpenDocument:
        """The same project and scan for another window; this one hears of them no more."""
        self._turn_away()
        return OpenDocument(self.document, self.painting)

    def _leave(self) -> None:
        self._turn_away()
        self.closed.emit()
        self.painting.close()

    def _turn_away(self) -> None:
        self.document.changed.disconnect(self._tell)
        self.document.history_changed.disconnect(self._tell_history)
        self.document.troubled.disconnect(self._tell_trouble)
        self.document.warned.disconnect(self._tell_warning)
        self.document.refused.disconnect(self._tell_refusal)

    def _tell(self, change: Change) -> None:
        if change.aspect in (Aspect.RUNS, Aspect.DECISIONS):
            self._accepted = None
        match change.aspect:
            case Aspect.DAMAGE:
                self.damage_changed.emit(change.box)
            case Aspect.CLASSES:
                self.classes_changed.emit()
            case Aspect.STYLE:
                self.style_changed.emit()
            case Aspect.RUNS:
                self.runs_changed.emit()
            case Aspect.DECISIONS:
                self.decisions_changed.emit(change.box)
            case Aspect.CALIBRATION:
                self.calibration_changed.emit()
            case _:
                self.notes_changed.emit()

    def _tell_history(self) -> None:
        self.history_changed.emit()

    def _tell_trouble(self, sentence: str) -> None:
        self.troubled.emit(sentence)

    def _tell_warning(self, sentence: str) -> None:
        self.warned.emit(sentence)

    def _tell_refusal(self, sentence: str) -> None:
        self.refused.emit(sentence)
