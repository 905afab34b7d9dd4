"""The open document: the core's document with Qt signals, and functions that open it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self

from PySide6.QtCore import QObject, Signal

from imagest_core.damage.examples import Examples, draw_examples
from imagest_core.damage.map import DamageMap, tile_box
from imagest_core.damage.rim import CleanedRim
from imagest_core.errors import ProjectError
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.project.accepted_fills import AcceptedFills
from imagest_core.project.document import Document
from imagest_core.project.gesture import OperationFactory
from imagest_core.project.operations import Operation
from imagest_core.project.painting_reference import RewrittenError, open_reference
from imagest_core.project.rewritten_scan import HASHED_AT_ONCE, RewrittenScan
from imagest_core.project.run import Run
from imagest_core.project.state import Aspect, Change, PaintingReference, State

PROJECT_SUFFIX = ".imagest"

Opened = tuple[Document, Painting]


class ScanMissingError(ProjectError):
    """The project at ``project`` is valid, but its scan was not found; the user can locate it.

    ``rewritten``: the file at this path was written by another program.
    """

    def __init__(
        self,
        project: Path,
        reference: PaintingReference,
        sentence: str,
        rewritten: RewrittenScan | None = None,
    ) -> None:
        super().__init__(sentence)
        self.project, self.reference, self.rewritten = project, reference, rewritten


class ProjectFoundError(ProjectError):
    """The scan at ``scan`` belongs to the saved project at ``project``; the user chooses which to open."""

    def __init__(self, scan: Path, project: Path) -> None:
        super().__init__(f"{scan.name} belongs to the project {project.name}: open the project.")
        self.scan, self.project = scan, project


def read_path(
    path: Path,
    folders: Iterable[Path] = (),
    scan: Path | None = None,
    *,
    accept_rewritten: bool = False,
    assume_srgb: bool = False,
    projects: Mapping[str, list[Path]] = MappingProxyType({}),
) -> Opened:
    """Open a scan or a project. Slow for large scans: call it in a job.

    A project's scan is also searched for in ``folders``, unless the user has located it at ``scan``. With
    ``accept_rewritten``, ``scan`` may be a file with the same samples that another program has written.
    ``projects``: paths of saved projects by the SHA-256 of their scan.

    Raises
    ------
    PaintingError, ProjectError
        The file can't be used.
    ProfileError
        The colour profile can't be used, and ``assume_srgb`` is not set.
    ScanMissingError
        The project is valid, but its scan was not found.
    ProjectFoundError
        The scan belongs to a saved project.
    """
    if path.suffix.lower() == PROJECT_SUFFIX:
        return _open_project(path, folders, scan, accept_rewritten, assume_srgb)
    return _open_scan(path, assume_srgb, projects)


def _open_scan(path: Path, assume_srgb: bool, projects: Mapping[str, list[Path]]) -> Opened:
    painting = open_painting(path, assume_srgb=assume_srgb)
    try:
        for project in projects.get(painting.sha256(), ()) if projects else ():
            if project.is_file():
                raise ProjectFoundError(path, project)
        return Document.for_painting(painting), painting
    except BaseException:
        painting.close()
        raise


def _open_project(
    path: Path, folders: Iterable[Path], scan: Path | None, accept_rewritten: bool, assume_srgb: bool
) -> Opened:
    document = Document.open(path)
    try:
        if assume_srgb:
            document.assume_srgb()
        if scan is not None:
            _locate(document, path, scan, accept_rewritten)
        location = document.find_painting(folders)
        if location.path is None or location.changed:
            raise ScanMissingError(path, location.reference, location.note, location.rewritten)
        painting = open_reference(location)
        if painting.box.area <= HASHED_AT_ONCE:
            document.record_fingerprint(painting)
        return document, painting
    except BaseException:
        document.abandon()
        raise


def _locate(document: Document, path: Path, scan: Path, accept_rewritten: bool) -> None:
    try:
        document.relocate_painting(scan, accept_rewritten=accept_rewritten)
    except RewrittenError as error:
        reference = document.state.painting
        raise ScanMissingError(path, reference, error.message, error.rewritten) from error
    except ProjectError as error:
        raise ScanMissingError(path, document.state.painting, error.message) from error


class OpenDocument(QObject):
    """An open project and its scan.

    ``damage_changed(Box)`` and ``decisions_changed(Box)``, also for rejected parts, say where; the other
    signals say which part of the state has changed. Three carry a message: ``troubled`` (saving failed, ""
    once it works again), ``warned`` (a backup failed) and ``refused`` (an operation was refused).
    ``renamed``: the project was saved under another name, and may be no longer read-only. Change
    ``document`` only through :meth:`do`.
    """

    damage_changed = Signal(object)
    classes_changed = Signal()
    style_changed = Signal()
    runs_changed = Signal()
    decisions_changed = Signal(object)
    calibration_changed = Signal()
    annotations_changed = Signal()
    layers_changed = Signal()
    examples_changed = Signal()
    notes_changed = Signal()
    history_changed = Signal()
    studies_changed = Signal()
    troubled = Signal(object)
    warned = Signal(object)
    refused = Signal(object)
    renamed = Signal()
    closed = Signal()

    def __init__(self, document: Document, painting: Painting, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document, self.painting = document, painting
        document.changed.connect(self._emit_change)
        document.history_changed.connect(self._emit_history)
        document.studies_changed.connect(self._emit_studies)
        document.write_error_changed.connect(self._emit_trouble)
        document.backup_error_changed.connect(self._emit_warning)
        document.operation_rejected.connect(self._emit_refusal)
        self._accepted: AcceptedFills | None = None
        self.cleaned_rim: CleanedRim | None = None
        """The rim that was added to the mask last, for the record of a restoration."""
        self._examples: tuple[Examples, DamageMap] = (), DamageMap(*document.state.box[2:])

    @classmethod
    def open_path(cls, path: Path) -> Self:
        """Open the scan or project at ``path`` in this thread; raises ``InputError``."""
        return cls(*read_path(path))

    @property
    def state(self) -> State:
        """The current state of the project."""
        return self.document.state

    @property
    def read_only(self) -> str:
        """Why the project can't be changed, as a sentence; "" if it can."""
        return self.document.read_only

    @property
    def title(self) -> str:
        """Title text of the window."""
        path = self.document.path
        return self.painting.path.name if self.document.unnamed or path is None else path.name

    @property
    def remembered_path(self) -> Path:
        """The file under which the settings remember this document: the project, or the scan if unnamed."""
        path = self.document.path
        return self.painting.path if self.document.unnamed or path is None else path

    @property
    def accepted(self) -> AcceptedFills:
        """The current accepted fills."""
        if self._accepted is None:
            self._accepted = AcceptedFills(self.state)
        return self._accepted

    def example_map(self, strokes: Examples) -> DamageMap:
        """The example strokes as labels; only strokes that were added are drawn."""
        known, drawn = self._examples
        kept = strokes[: len(known)] == known
        onto = drawn.copy() if kept else DamageMap(*self.state.box[2:])
        classes = self.state.damage.classes
        made = draw_examples(strokes[len(known) :] if kept else strokes, onto.with_classes(classes))
        self._examples = strokes, made
        return made

    def run(self, number: int | None) -> Run | None:
        """The listed run of this number, or None."""
        return None if number is None else self.state.runs.get(number)

    def do(self, operation: Operation | OperationFactory) -> None:
        """Apply ``operation``, after the current stroke if there is one; raises ``ProjectError``."""
        self.document.do(operation)

    def done(self, before: DamageMap, name: str) -> None:
        """Add an operation that was already painted into the damage, which was ``before`` it."""
        self.document.record_gesture(before, name)

    def undo(self) -> bool:
        """Undo the latest operation; returns whether there was one."""
        return self.document.undo()

    def redo(self) -> bool:
        """Redo the operation undone last; returns whether there was one."""
        return self.document.redo()

    def save_as(self, path: Path, *, force: bool = False) -> None:
        """Store the project at ``path`` and continue there; raises ``OutputError``."""
        self.document.save_as(path, force=force)
        self.renamed.emit()

    def close(self) -> None:
        """Save and close; raises ``OutputError`` and stays open if saving fails."""
        self.document.close()
        self._close_scan()

    def abandon(self) -> None:
        """Close without saving."""
        self.document.abandon()
        self._close_scan()

    def transferred(self) -> OpenDocument:
        """Return an object with the same project and scan for another window; this one is disconnected."""
        self._disconnect()
        return OpenDocument(self.document, self.painting)

    def _close_scan(self) -> None:
        self._disconnect()
        self.closed.emit()
        self.painting.close()

    def _disconnect(self) -> None:
        self.document.changed.disconnect(self._emit_change)
        self.document.history_changed.disconnect(self._emit_history)
        self.document.studies_changed.disconnect(self._emit_studies)
        self.document.write_error_changed.disconnect(self._emit_trouble)
        self.document.backup_error_changed.disconnect(self._emit_warning)
        self.document.operation_rejected.disconnect(self._emit_refusal)

    def _protection_changed(self, change: Change) -> bool:
        """Whether other pixels of results are protected than the accepted fills leave out."""
        if self._accepted is None or change.aspect not in (Aspect.DAMAGE, Aspect.CLASSES):
            return False
        if not self.state.runs:
            return False
        known, damage = self._accepted.protected, self.state.damage
        if change.aspect is Aspect.CLASSES:
            return damage.protected() != known
        boxes = (tile_box(key).within(damage.box) for key in change.tiles)
        return any((damage.protected_mask(box) != (known.read(box) > 0)).any() for box in boxes)

    def _emit_change(self, change: Change) -> None:
        if change.aspect in (Aspect.RUNS, Aspect.DECISIONS, Aspect.REJECTED_PARTS):
            self._accepted = None
        if self._protection_changed(change):
            self._accepted = None
            self.decisions_changed.emit(change.box)
        match change.aspect:
            case Aspect.DAMAGE:
                self.damage_changed.emit(change.box)
            case Aspect.CLASSES:
                self.classes_changed.emit()
            case Aspect.STYLE:
                self.style_changed.emit()
            case Aspect.RUNS:
                self.runs_changed.emit()
            case Aspect.DECISIONS | Aspect.REJECTED_PARTS:
                self.decisions_changed.emit(change.box)
            case Aspect.CALIBRATION:
                self.calibration_changed.emit()
            case Aspect.ANNOTATIONS:
                self.annotations_changed.emit()
            case Aspect.LAYERS:
                self.layers_changed.emit()
            case Aspect.EXAMPLES | Aspect.DAMAGE_MODEL:
                self.examples_changed.emit()
            case _:
                self.notes_changed.emit()

    def _emit_studies(self) -> None:
        self.studies_changed.emit()

    def _emit_history(self) -> None:
        self.history_changed.emit()

    def _emit_trouble(self, sentence: str) -> None:
        self.troubled.emit(sentence)

    def _emit_warning(self, sentence: str) -> None:
        self.warned.emit(sentence)

    def _emit_refusal(self, sentence: str) -> None:
        self.refused.emit(sentence)
