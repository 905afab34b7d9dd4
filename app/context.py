"""The state and services that all parts of the window share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

from PySide6.QtCore import QObject, Signal

from app.consistency import default_class, reconcile
from app.document import OpenDocument
from app.faults import faults
from app.jobs.call_later import call_later
from app.jobs.runner import Background, Job, Jobs
from app.messages import Messages
from app.selection import Selection
from app.settings import Settings
from imagest_core.errors import ImagestError
from imagest_core.project.gesture import OperationFactory
from imagest_core.project.operations import Operation

if TYPE_CHECKING:
    from app.jobs.painting_queue import PaintingQueue


class Context(QObject):
    """The open document, the selection, the job runners, the queue, the messages and the settings.

    ``document_changed(OpenDocument | None)``; ``leaving()``: the open document is about to be closed;
    ``scan_missing(ScanMissingError)``: the scan of a project was not found; ``profile_unusable(ProfileError,
    callable)``: a colour profile can't be used, and calling the second argument opens the picture as sRGB;
    ``project_found(ProjectFoundError)``: the scan to open belongs to a saved project; ``models_changed()``:
    a model was added, removed or described anew.
    """

    document_changed = Signal(object)
    leaving = Signal()
    _faulted = Signal(object)
    scan_missing = Signal(object)
    profile_unusable = Signal(object, object)
    project_found = Signal(object)
    rim_requested = Signal()
    models_changed = Signal()
    queue_running_changed = Signal(bool)

    def __init__(self, settings: Settings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings or Settings()
        self.selection = Selection(self)
        self.messages = Messages(self)
        self.jobs = Jobs(self)
        self.background = Background(self)
        self._queue: PaintingQueue | None = None
        self._document: OpenDocument | None = None
        self._active_tools: WeakSet[object] = WeakSet()
        self._deferred: deque[Callable[[], object]] = deque()
        self.jobs.failed.connect(self._job_failed)
        self._messages_before: WeakKeyDictionary[Job, int] = WeakKeyDictionary()
        """Number of messages when a job was submitted."""
        self.jobs.submitted.connect(self._job_submitted)
        self.jobs.finished.connect(self._job_finished)
        self.jobs.callback_failed.connect(self.messages.fail)
        self._faulted.connect(self.messages.fail)
        self._fault_listener = self._faulted.emit
        faults.listen(self._fault_listener)
        self.selection.label_changed.connect(lambda _: self._reconcile())

    @property
    def document(self) -> OpenDocument | None:
        """The open document."""
        return self._document

    def set_document(self, document: OpenDocument | None) -> None:
        """Show ``document``; the caller closes the previous one afterwards."""
        self._document = self.messages.document = document
        if document is not None:
            document.setParent(self)
            for signal in (document.classes_changed, document.runs_changed):
                signal.connect(self._reconcile)
            document.damage_changed.connect(self._make_mask_visible)
            document.history_changed.connect(self._count_steps)
        self.selection.reset()
        if document is not None:
            self.selection.label = default_class(document.state.damage.classes).label
        self._count_steps()
        self._reconcile()
        self.document_changed.emit(document)

    def _reconcile(self) -> None:
        """Make the selection valid; connected before all other listeners."""
        reconcile(self.selection, self._document.state if self._document is not None else None)

    def _make_mask_visible(self, *_: object) -> None:
        """Show the mask after the damage or the document has changed."""
        self.selection.mask_visible = True

    def _count_steps(self) -> None:
        """Let messages on steps that were undone disappear."""
        self.messages.count_steps(len(self._document.document.history.done) if self._document else 0)

    def do(self, operation: Operation | OperationFactory) -> bool:
        """Apply ``operation`` to the open document, after the current stroke if there is one.

        A refusal is shown as a message. Returns whether it succeeded.
        """
        document = self._document
        return self.attempt(lambda: None if document is None else document.do(operation))

    def attempt(self, action: Callable[[], object], topic: str = "edit") -> bool:
        """Call ``action`` and show an ``ImagestError`` as a message. Returns whether it succeeded.

        Success removes earlier errors of ``topic``.
        """
        try:
            action()
        except ImagestError as error:
            self.messages.fail(error, topic)
            return False
        self.messages.resolve(topic)
        return True

    # Gestures

    def hold(self, tool: object, active: bool) -> None:
        """Record that a gesture of ``tool`` starts or ends."""
        if active:
            self._active_tools.add(tool)
        elif tool in self._active_tools:
            self._active_tools.discard(tool)
            if self._deferred:
                call_later(self, self._call_deferred)

    @property
    def free(self) -> bool:
        """Whether no gesture is in progress on the canvas."""
        return not self._active_tools and (self._document is None or self._document.document.gesture is None)

    def when_free(self, action: Callable[[], object]) -> None:
        """Call ``action`` now, or after the current gesture has ended.

        For results of jobs, which must neither become part of a stroke nor interrupt it.
        """
        if self.free and not self._deferred:
            action()
        else:
            self._deferred.append(action)
            call_later(self, self._call_deferred)

    def _call_deferred(self) -> None:
        """Call the first deferred action, and the others in later turns of the event loop."""
        if self._deferred and self.free:
            if len(self._deferred) > 1:
                call_later(self, self._call_deferred)
            self._deferred.popleft()()

    @property
    def queue(self) -> PaintingQueue:
        """The queue of paintings, made at its first use: it imports the detectors."""
        if self._queue is None:
            from app.jobs.painting_queue import PaintingQueue

            self._queue = PaintingQueue(self)
            self._queue.running_changed.connect(self.queue_running_changed)
        return self._queue

    @property
    def queue_running(self) -> bool:
        """Whether the queue restores paintings now."""
        return self._queue is not None and self._queue.running

    def shutdown(self) -> None:
        """Stop the worker threads."""
        faults.forget(self._fault_listener)
        if self._queue is not None:
            self._queue.shutdown()
        self.background.shutdown()
        self.jobs.shutdown()

    def _job_submitted(self, job: Job) -> None:
        self._messages_before[job] = self.messages.count

    def _job_finished(self, job: Job) -> None:
        """Remove errors of earlier jobs; an error of one queued together with this one stays."""
        self.messages.resolve(job.topic, self._messages_before.pop(job, None))

    def _job_failed(self, job: Job, error: Exception) -> None:
        if job.failed is None:
            self.messages.fail(error, job.topic)
