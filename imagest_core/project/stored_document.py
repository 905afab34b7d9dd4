"""A project's state and the file that stores it: opening, locating the scan, saving, backups."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from psygnal import Signal

from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError, OutputError, ProjectError
from imagest_core.messages import Message
from imagest_core.models.studies import Study, know_study
from imagest_core.painting.outputs import FileKind, check_replaceable, check_target, same_file
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.project.files import files_of_open
from imagest_core.project.history import History, Status
from imagest_core.project.operations.decisions import now
from imagest_core.project.painting_reference import (
    LocatedScan,
    find_painting,
    reference_to,
    relocated_reference,
)
from imagest_core.project.recovery import backups
from imagest_core.project.recovery.rolling_backup import RollingBackup
from imagest_core.project.rewritten_scan import with_fingerprint
from imagest_core.project.state import Calibration, PaintingReference, State
from imagest_core.project.storage.folders import unnamed_project, unnamed_projects
from imagest_core.project.storage.lock import Lock, lock_to_create, lock_to_open
from imagest_core.project.storage.move import copy_store
from imagest_core.project.storage.store import Store
from imagest_core.project.storage.study_table import KeptStudy
from imagest_core.project.storage.unsaved import Unsaved

MAX_UNREACHABLE_RUNS = 10
"""How many of the newest results that undo can't reach any more are kept."""


class StoredDocument:
    """A project that is stored in a file, or kept in memory.

    If the file can't be written, the work continues in memory: ``write_error`` holds the reason, every later
    change retries, and :meth:`save_as` stores everything elsewhere.

    Backups are made in the background: one on opening, then at intervals (:class:`.RollingBackup`).

    Signals
    -------
    history_changed
        The history has changed.
    studies_changed
        A study of the painting was added.
    write_error_changed : str
        Why the file can't be written, or "" once everything is stored.
    backup_error_changed : str
        Why a backup failed, or "".
    """

    history_changed = Signal()
    studies_changed = Signal()
    write_error_changed = Signal(str)
    backup_error_changed = Signal(str)

    def __init__(self, state: State, store: Store, lock: Lock | None = None, read_only: str = "") -> None:
        self.state, self.store, self._lock = state, store, lock
        self.read_only = read_only
        """Why the document can't be changed, as a sentence; empty if it can."""
        self.write_error = ""
        self.history = load_history(store)
        self._unsaved = Unsaved()
        self._rolling, self._backup_error = RollingBackup(), ""
        self.studies = store.studies()
        """The studies of the painting, oldest first; requests can name them."""
        for kept in self.studies:
            know_study(kept.study)
        self._unsaved_studies: list[KeptStudy] = []

    # Opening

    @classmethod
    def create(cls, painting: Painting, path: Path | None = None) -> Self:
        """Create a project for ``painting`` in a new file, or (None) in memory; raises ``OutputError``."""
        state = _fresh_state(painting)
        if path is None:
            return cls(state, Store.create(None, state))
        lock = lock_to_create(path)
        try:
            return cls(state, Store.create(path, state), lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open(cls, path: Path, *, take_over: bool = False) -> Self:
        """Open the project at ``path``.

        It is read-only if another process has it open or its folder can't be written. ``take_over`` ignores
        the lock of another computer. Raises ``ProjectError``.
        """
        if not path.is_file():
            raise ProjectError(
                Message("{path} doesn't exist: check the name, or whether its disk is connected.", path=path)
            )
        lock, reason = lock_to_open(path, take_over)
        try:
            store = Store.open(path, read_only=lock is None)
            document = cls(store.state(), store, lock, reason)
        except BaseException:
            if lock is not None:
                lock.release()
            raise
        if lock is not None:
            document._rolling.start(path)
        return document

    @classmethod
    def open_read_only(cls, path: Path) -> Self:
        """Open the project at ``path`` read-only, even if it is in use; raises ``ProjectError``."""
        store = Store.open(path, read_only=True)
        return cls(store.state(), store, read_only=Message("{path} was opened read-only.", path=path.name))

    @classmethod
    def for_painting(cls, painting: Painting) -> Self:
        """Open or create the unnamed project of a scan, in memory if it can't be stored."""
        path = unnamed_project(painting.path, painting.sha256())
        try:
            if path.is_file():
                return cls.open(path)
            with suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
            return cls.create(painting, path)
        except InputError as error:
            document = cls.create(painting)
            document.write_error = error.message
            return document

    def find_painting(self, recent: Iterable[Path] = ()) -> LocatedScan:
        """Locate the scan, and store its location if it has moved."""
        located = find_painting(self.state.painting, self.path, recent)
        self._update_reference(located.reference)
        return located

    def relocate_painting(self, path: Path, *, accept_rewritten: bool = False) -> None:
        """Set the location of the scan to ``path``; raises ``ProjectError`` if that is another image.

        Raises ``RewrittenError`` if only the samples are those of the scan; with ``accept_rewritten`` the
        file is accepted.
        """
        self._update_reference(
            relocated_reference(self.state.painting, path, accept_rewritten=accept_rewritten)
        )

    def accept_rewritten(self, located: LocatedScan) -> LocatedScan:
        """Accept the rewritten file ``located`` as the scan if all its samples are unchanged.

        The log records it. Raises ``ProjectError`` if a sample differs or the samples can't be compared.
        """
        if located.rewritten is None or not located.rewritten.same_samples:
            raise ProjectError(located.note)
        self.relocate_painting(located.rewritten.path, accept_rewritten=True)
        return LocatedScan(self.state.painting, self.state.painting.path)

    def record_fingerprint(self, painting: Painting, progress: Progress | None = None) -> None:
        """Record the hashes that later show how the scan was changed, unless they are already known.

        It decodes the whole scan, so run it in a background job. Raises ``PaintingError`` and ``Cancelled``.
        """
        reference = self.state.painting
        if not reference.samples and painting.sha256() == reference.sha256:
            self._update_reference(with_fingerprint(reference, painting, progress, samples=True))

    def assume_srgb(self) -> None:
        """Use sRGB in place of an unusable colour profile of the scan, and store that choice."""
        self._update_reference(replace(self.state.painting, assume_srgb=True))

    def keep_study(self, study: Study) -> KeptStudy:
        """Keep a study with the project; it isn't a step of the history, so undo never removes it.

        If the file can't be written, it stays in memory until the project is saved elsewhere. Raises
        ``ProjectError`` if the project is read-only.
        """
        if self.read_only:
            raise ProjectError(self.read_only)
        for kept in self.studies:
            if kept.sha256 == study.sha256:
                return kept
        know_study(study)
        kept = KeptStudy(len(self.studies) + 1, now(), self.state.operator, study)
        self.studies.append(kept)
        self._unsaved_studies.append(kept)
        self._save()
        self.studies_changed.emit()
        return kept

    def _update_reference(self, reference: PaintingReference) -> None:
        if reference != self.state.painting:
            self.state.painting = reference
            if not self.read_only:
                with suppress(OutputError):
                    self.store.update_reference(reference)

    # Properties

    @property
    def path(self) -> Path | None:
        """The project file, None while the project is in memory."""
        return self.store.path

    @property
    def files(self) -> tuple[Path, ...]:
        """The project's file and all that it refers to, which nothing may overwrite."""
        return files_of_open(self.path, self.state)

    @property
    def unnamed(self) -> bool:
        """Whether the user hasn't named the project yet."""
        return self.path is None or self.path.parent == unnamed_projects()

    @property
    def saved(self) -> bool:
        """Whether everything is stored in the file."""
        return self.path is not None and self._everything_stored

    @property
    def repair_note(self) -> str:
        """What was repaired when the project was opened, as a sentence; empty if nothing was."""
        return self.store.repair_note

    @property
    def committed_state(self) -> State:
        """The state to store."""
        return self.state

    @property
    def _everything_stored(self) -> bool:
        return self._unsaved.empty and not self._unsaved_studies

    # Storage

    def _save(self) -> None:
        """Write pending changes to the file; a failure is stored in :attr:`write_error`."""
        try:
            if self.write_error:
                self.store.reconnect()
            while self._unsaved_studies:
                kept = self._unsaved_studies[0]
                self.store.store_study(kept.study, kept.operator, kept.time)
                del self._unsaved_studies[0]
            self.store.save(self._unsaved.entries, self._unsaved.changes, self.committed_state)
        except (OutputError, ProjectError) as error:
            self._set_trouble(error.message)
            return
        self._release_memory()
        self._unsaved.clear()
        if self.path is not None:
            self._set_trouble("")
            self._rolling.count_gesture(self.path)
            self._set_backup_error(self._rolling.error)

    def _release_memory(self) -> None:
        """Replace the stored runs in memory by their counterparts in the file."""
        for entry in self._unsaved.entries:
            entry.saved = True
            for run in entry.operation.runs if entry.operation is not None else ():
                entry.operation = None
                if run.id in self.state.runs:
                    self.state.runs[run.id] = self.store.run(run.id)
        self.history.trim()

    def _set_trouble(self, sentence: str) -> None:
        if sentence != self.write_error:
            self.write_error = sentence
            self.write_error_changed.emit(sentence)

    def _set_backup_error(self, sentence: str) -> None:
        if sentence != self._backup_error:
            self._backup_error = sentence
            self.backup_error_changed.emit(sentence)

    def flush(self) -> None:
        """Retry writing pending changes; raises ``OutputError`` if that still fails."""
        if not self._everything_stored:
            self._save()
        if not self._everything_stored:
            raise OutputError(self.write_error)

    def save_as(self, path: Path, *, force: bool = False) -> None:
        """Store the project with its history at ``path`` and continue there; raises ``OutputError``.

        An unnamed project is moved; the file of a named one is kept.
        """
        if self.path is not None and same_file(path, self.path):
            return self.flush()
        if path.exists() and not force:
            raise OutputError(Message("{path} already exists: choose another name.", path=path))
        check_target(path, force=True, inputs=self.files)
        check_replaceable(path, FileKind.PROJECT)
        lock = lock_to_create(path)
        try:
            unsaved = self._unsaved
            store = copy_store(
                self.store, unsaved.entries, unsaved.changes, self.committed_state, path, self.studies
            )
        except BaseException:
            lock.release()
            raise
        self._move_to(store, lock, path)

    def _move_to(self, store: Store, lock: Lock, path: Path) -> None:
        old_path = self.path if self.unnamed and not self.read_only else None
        self._release()
        self.store, self._lock, self.read_only = store, lock, ""
        self.state.runs = store.runs()
        self.history = load_history(store)
        self._unsaved.clear()
        self._unsaved_studies.clear()
        self._set_trouble("")
        if old_path is not None:
            with suppress(OSError):
                old_path.unlink(missing_ok=True)
            backups.move_backups(old_path, path)
        self.history_changed.emit()

    def back_up(self) -> Path | None:
        """Make a backup now if anything has changed, and wait for it."""
        self._rolling.stop()
        return None if self.path is None or self.read_only else backups.back_up(self.path)

    def close(self) -> None:
        """Close the file; raises ``OutputError``, and stays open, if something could not be stored."""
        if self.path is not None and not self.read_only:
            self.flush()
            with suppress(OutputError, ProjectError):
                self.store.delete_unlisted_runs(MAX_UNREACHABLE_RUNS)
        self._release()

    def abandon(self) -> None:
        """Close without saving pending changes."""
        self._release()

    def _release(self) -> None:
        self._rolling.stop()
        self.store.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close() if error is None else self.abandon()


def load_history(store: Store) -> History:
    """Read the history that is stored in a project file."""
    entries = store.entries()
    last = entries[-1].id if entries else 0
    kept = (entry for entry in entries if entry.status is not Status.DROPPED)
    return History(store.operation, kept, last_id=last)


def _fresh_state(painting: Painting) -> State:
    scale = None if painting.resolution is None else Calibration(painting.resolution)
    return State(reference_to(painting), DamageMap(painting.width, painting.height), calibration=scale)
