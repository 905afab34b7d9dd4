"""A searchable list of all keyboard shortcuts."""

from __future__ import annotations

from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtGui import QKeySequence, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QDialogButtonBox, QHeaderView, QLineEdit, QTreeView, QWidget

from app.action_spec import ActionSpec, plain, translated
from app.action_table import HELD, MENUS
from app.widgets.parts import column, label
from app.widgets.placement import Dialog


class ShortcutsDialog(Dialog):
    """Lists the actions; the search matches name, menu and key."""

    help_page = "shortcuts"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.resize(560, 640)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(self.tr("Search"))
        self.model = self._filter()
        self.none = label(self.tr("No matching action."), "soft")
        layout = column(self, margin=16)
        layout.addWidget(label(self.tr("Keyboard shortcuts"), "title"))
        layout.addWidget(self.search)
        layout.addWidget(self._tree(), 1)
        layout.addWidget(self.none)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.search.textChanged.connect(self._find)
        self._find("")

    def _filter(self) -> QSortFilterProxyModel:
        model = QSortFilterProxyModel(self)
        model.setSourceModel(self._rows())
        model.setFilterKeyColumn(-1)
        model.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        return model

    def _rows(self) -> QStandardItemModel:
        model = QStandardItemModel(0, 3, self)
        model.setHorizontalHeaderLabels([self.tr("Action"), self.tr("Menu"), self.tr("Key")])
        for menu, entries in MENUS.items():
            for spec in entries:
                if spec is not None and spec.keys:
                    _append(model, spec.title, plain(menu), keys_of(spec))
        for what, key in HELD:
            _append(model, translated(what), self.tr("Canvas"), key)
        return model

    def _tree(self) -> QTreeView:
        tree = QTreeView()
        tree.setModel(self.model)
        tree.setRootIsDecorated(False)
        tree.setAlternatingRowColors(True)
        tree.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        tree.header().setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        tree.header().setStretchLastSection(False)
        tree.setAccessibleName(self.tr("Shortcuts"))
        return tree

    def _find(self, text: str) -> None:
        self.model.setFilterFixedString(text)
        self.none.setVisible(self.model.rowCount() == 0)


def _append(model: QStandardItemModel, *texts: str) -> None:
    model.appendRow([QStandardItem(text) for text in texts])


def keys_of(spec: ActionSpec) -> str:
    """All shortcuts of an action in the notation of this platform."""
    return ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in spec.keys)
