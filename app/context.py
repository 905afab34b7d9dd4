"""What the parts of the window share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from weakref import WeakSet

from PySide6.QtCore import QObject, Signal

from app.consistency import reconcile
from app.document import OpenDocument
from app.faults import faults
from app.jobs.call_later import call_later
from app.jobs.runner import Background, Jobs
from app.messages import Messages
from app.selection import Selection
from app.settings import Settings
from imagest_core.errors import ImagestError
from imagest_core.project.gesture import Maker
from imagest_core.project.operations import Operation


class Context(QObject):
    """The document (or none), what is chosen, the job runner, the messages, the settings."""

    document_changed = Signal(object)
    leaving = Signal()
    """What is open is about to be closed."""
    _faulted = Signal(object)
    scan_missing = Signal(object)
    """A project can't be shown because its scan isn't where it was: a ``ScanMissingError``."""
    profile_unusable = Signal(object, object)
    """A ``ProfileError``, and what opens the picture all the same, with sRGB in place of its profile."""

    def __init__(self, settings: Settings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings or Settings()
        self.selection = Selection(self)
        self.messages = Messages(self)
        self.jobs = Jobs(self)
        self.background = Background(self)
        self._document: OpenDocument | None = None
        self._holding: WeakSet[object] = WeakSet()
        self._waiting: deque[Callable[[], object]] = deque()
        self.jobs.failed.connect(self._job_failed)
        self.jobs.callback_failed.connect(self.messages.fail)
        self._faulted.connect(self.messages.fail)
        self._listener = self._faulted.emit
        faults.listen(self._listener)
        self.selection.label_changed.connect(lambda _: self._reconcile())

    @property
    def document(self) -> OpenDocument | None:
        """What is open."""
        return self._document

    def set_document(self, document: OpenDocument | None) -> None:
        """Show ``document``; whoever calls closes the old one afterwards."""
        self._document = document
        if document is not None:
            document.setParent(self)
            for signal in (document.classes_changed, document.runs_changed):
                signal.connect(self._reconcile)
            document.damage_changed.connect(self._show_mask)
        self.selection.run, self.selection.region = None, 0
        self.selection.proposal, self.selection.suggestions, self.selection.windows = None, (), ()
        self.selection.style_taken, self.selection.style_declined = (), False
        self._show_mask()
        self._reconcile()
        self.document_changed.emit(document)

    def _reconcile(self) -> None:
        """Before anybody else hears of a change: the selection names nothing that is gone."""
        reconcile(self.selection, self._document.state if self._document is not None else None)

    def _show_mask(self, *_: object) -> None:
        """Damage that comes, with another picture or by undo as well, is seen."""
        self.selection.mask_visible = True

    def do(self, operation: Operation | Maker) -> bool:
        """Apply ``operation`` to the open document; a refusal becomes a message.

        While a stroke is being painted it waits for the end of that.
        """
        document = self._document
        return self.attempt(lambda: None if document is None else document.do(operation))

    def attempt(self, gesture: Callable[[], object]) -> bool:
        """Call ``gesture``; what it refuses becomes a message. Whether it went well."""
        try:
            gesture()
        except ImagestError as error:
            self.messages.fail(error)
            return False
        return True

    # Gestures

    def hold(self, holder: object, holding: bool) -> None:
        """A gesture of ``holder``, a tool, begins or ends."""
        if holding:
            self._holding.add(holder)
        elif holder in self._holding:
            self._holding.discard(holder)
            if self._waiting:
                call_later(self, self._let_go)

    @property
    def free(self) -> bool:
        """Whether no gesture is under way on the canvas."""
        return not self._holding and (self._document is None or self._document.document.gesture is None)

    def when_free(self, act: Callable[[], object]) -> None:
        """Call ``act`` now, or where a gesture is under way, after it has ended.

        For what a job brings: it must neither become part of a stroke nor take the tool out of the hand.
        """
        if self.free and not self._waiting:
            act()
        else:
            self._waiting.append(act)
            call_later(self, self._let_go)

    def _let_go(self) -> None:
        """Call what has waited, in its order."""
        if self._waiting and self.free:
            if len(self._waiting) > 1:
                call_later(self, self._let_go)
            self._waiting.popleft()()

    def shutdown(self) -> None:
        """End the threads."""
        faults.forget(self._listener)
        self.background.shutdown()
        self.jobs.shutdown()

    def _job_failed(self, job: object, error: Exception) -> None:
        if getattr(job, "failed", None) is None:
            self.messages.fail(error)
