"""The About dialog: version, method, and the licences of the libraries."""

from __future__ import annotations

from importlib import metadata

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from app.diagnostics import diagnostics
from app.widgets.parts import button, column, label, row
from app.widgets.placement import Dialog
from app.widgets.project_folder import ProjectFolder
from imagest_core import __version__

PARTS = {
    "PySide6": "LGPL-3.0",
    "shiboken6": "LGPL-3.0",
    "numpy": "BSD-3-Clause",
    "opencv-python-headless": "Apache-2.0",
    "array-api-compat": "MIT",
    "scipy": "BSD-3-Clause",
    "scikit-image": "BSD-3-Clause",
    "scikit-learn": "BSD-3-Clause",
    "tifffile": "BSD-3-Clause",
    "imagecodecs": "BSD-3-Clause",
    "pillow": "MIT-CMU",
    "torch": "BSD-3-Clause",
    "safetensors": "Apache-2.0",
    "platformdirs": "MIT",
    "psygnal": "BSD-3-Clause",
}
"""Libraries that the program uses, with their licences."""


class AboutDialog(Dialog):
    """Shows the version, the method and the libraries."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("About Imagest Workstation"))
        self.resize(560, 600)
        layout = column(self, margin=16)
        layout.addWidget(label(self.tr("Imagest Workstation {0}").format(__version__), "title"))
        layout.addWidget(
            label(
                self.tr(
                    "Fills only the damaged pixels of a painting’s scan, on this computer, and verifies"
                    " that all others are unchanged. A fill is a hypothesis, not the artist’s work."
                ),
                wrap=True,
            )
        )
        layout.addWidget(
            label(
                self.tr(
                    "Based on Hu et al., npj Heritage Science (2025). Licensed under the Apache License 2.0."
                ),
                "soft",
                wrap=True,
            )
        )
        layout.addWidget(ProjectFolder())
        layout.addWidget(self._parts(), 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addLayout(row(button(self.tr("Copy diagnostics"), copy, icon="copy"), None, buttons))

    def _parts(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setRootIsDecorated(False)
        tree.setAlternatingRowColors(True)
        tree.setHeaderLabels([self.tr("Library"), self.tr("Version"), self.tr("Licence")])
        tree.setAccessibleName(self.tr("Libraries"))
        for name, licence in PARTS.items():
            tree.addTopLevelItem(QTreeWidgetItem([name, version(name), licence]))
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        return tree


def version(name: str) -> str:
    """The installed version of a library, "–" where it is missing."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "–"


def copy() -> None:
    """Copy versions and system information to the clipboard."""
    from PySide6.QtWidgets import QApplication

    QApplication.clipboard().setText(diagnostics())
