"""A list of the installed style adapters."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n.parameter_texts import parameter_text
from app.widgets.combo_box import narrow_combo_box
from imagest_core.models.identity import ModelKind
from imagest_core.models.installed import installed_models
from imagest_core.restoration.parameters import Spec


class StyleAdapterEditor(QWidget):
    """Shows and changes the name of a style adapter; the first entry leaves the choice to the engine."""

    def __init__(self, spec: Spec, changed: Callable[[str], None]) -> None:
        super().__init__()
        self.box = narrow_combo_box()
        self.box.setToolTip(parameter_text(spec.help))
        self.box.setAccessibleName(parameter_text(spec.label))
        self.box.activated.connect(lambda _: changed(str(self.box.currentData())))
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.box)
        self.setFocusProxy(self.box)

    def show_value(self, name: str) -> None:
        """List what is installed now and select ``name``."""
        names = [model.name for model in installed_models(kinds=(ModelKind.STYLE_ADAPTER,))]
        with QSignalBlocker(self.box):
            self.box.clear()
            self.box.addItem(self.tr("The first that fits"), "")
            for each in names if not name or name in names else [*names, name]:
                self.box.addItem(each, each)
            self.box.setCurrentIndex(self.box.findData(name))
