"""What the parts of the window share."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.document import OpenDocument
from app.jobs import Background, Jobs
from app.messages import Messages
from app.selection import Selection
from app.settings import Settings
from imagest_core.errors import ImagestError
from imagest_core.project.operations import Operation


class Context(QObject):
    """The document (or none), what is chosen, the job runner, the messages, the settings."""

    document_changed = Signal(object)
    leaving = Signal()
    """What is open is about to be closed."""
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
        self.jobs.failed.connect(self._job_failed)

    @property
    def document(self) -> OpenDocument | None:
        """What is open."""
        return self._document

    def set_document(self, document: OpenDocument | None) -> None:
        """Show ``document``; whoever calls closes the old one afterwards."""
        self._document = document
        if document is not None:
            document.setParent(self)
        self.selection.run, self.selection.region = None, 0
        self.selection.proposal, self.selection.suggestions = None, ()
        self.document_changed.emit(document)

    def do(self, operation: Operation) -> bool:
        """Apply ``operation`` to the open document; a refusal becomes a message."""
        return self.attempt(lambda: self.document is not None and self.document.do(operation))

    def attempt(self, gesture: Callable[[], object]) -> bool:
        """Call ``gesture``; what it refuses becomes a message. Whether it went well."""
        try:
            gesture()
        except ImagestError as error:
            self.messages.fail(error)
            return False
        return True

    def shutdown(self) -> None:
        """End the threads."""
        self.background.shutdown()
        self.jobs.shutdown()

    def _job_failed(self, job: object, error: Exception) -> None:
        if getattr(job, "failed", None) is None:
            self.messages.fail(error)
