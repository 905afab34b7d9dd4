"""A list of the studies of the open painting."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n.parameter_texts import parameter_text
from app.i18n.study_texts import study_name
from app.widgets.combo_box import narrow_combo_box
from imagest_core.models.studies import IMAGEST, STABLE_DIFFUSION
from imagest_core.project.storage.study_table import KeptStudy
from imagest_core.restoration.parameters import Spec
from imagest_core.restoration.request import RestorationRequest

Studies = Callable[[], Sequence[KeptStudy]]


class StudyEditor(QWidget):
    """Shows and changes the hash of a study; the first entry is none."""

    def __init__(self, spec: Spec, changed: Callable[[str], None], studies: Studies) -> None:
        super().__init__()
        self._studies = studies
        self._kind = IMAGEST
        self.box = narrow_combo_box()
        self.box.setToolTip(parameter_text(spec.help))
        self.box.setAccessibleName(parameter_text(spec.label))
        self.box.activated.connect(lambda _: changed(str(self.box.currentData())))
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.box)
        self.setFocusProxy(self.box)

    def show_request(self, request: RestorationRequest) -> None:
        """Offer the studies of the kind of model that ``request`` runs."""
        self._kind = IMAGEST if request.engine == IMAGEST else STABLE_DIFFUSION

    def show_value(self, sha256: str) -> None:
        """List the studies of the painting and select the one with this hash."""
        kept = [each for each in self._studies() if each.study.facts.adapts == self._kind]
        with QSignalBlocker(self.box):
            self.box.clear()
            self.box.addItem(self.tr("None") if kept else self.tr("None yet: see Style"), "")
            for each in kept:
                self.box.addItem(study_name(each), each.sha256)
            if sha256 and self.box.findData(sha256) < 0:
                self.box.addItem(self.tr("of another project"), sha256)
            self.box.setCurrentIndex(self.box.findData(sha256))
