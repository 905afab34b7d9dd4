"""The About dialog: version, method, and the licences of the libraries."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHeaderView,
    QPlainTextEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.diagnostics import diagnostics
from app.widgets.parts import button, column, label, row
from app.widgets.placement import Dialog
from app.widgets.project_folder import ProjectFolder
from imagest_core import __version__
from imagest_core.licenses import find_package, third_party


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
        for package in third_party():
            version = package.installed or self.tr("not installed")
            tree.addTopLevelItem(QTreeWidgetItem([package.name, version, package.license]))
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        tree.setToolTip(self.tr("Enter or a double click shows the licence’s text."))
        tree.itemActivated.connect(lambda item: LicenceDialog(item.text(0), self).show())
        return tree


class LicenceDialog(Dialog):
    """Shows the licence text of a library."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        package = find_package(name)
        self.setWindowTitle(self.tr("Licence of {0}").format(package.name))
        self.resize(640, 600)
        layout = column(self, margin=16)
        layout.addWidget(label(f"{package.license} · {package.page}", "soft", wrap=True))
        text = QPlainTextEdit(package.text())
        text.setReadOnly(True)
        text.setAccessibleName(self.windowTitle())
        layout.addWidget(text, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)


def copy() -> None:
    """Copy versions and system information to the clipboard."""
    from PySide6.QtWidgets import QApplication

    QApplication.clipboard().setText(diagnostics())
