"""The window of the manual: contents and search at the left, the page at the right."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.manual.browser import SCALES, ManualBrowser
from app.manual.pages import NAMES, ManualPage, language, read_page
from app.widgets.parts import column, label, row, tool_button
from app.widgets.placement import Dialog, place

SIZE = QSize(1040, 760)
LIST_WIDTH = 240
TARGET = Qt.ItemDataRole.UserRole


class ManualWindow(Dialog):
    """Not modal, and without a parent, so that a dialog of the main window does not block it.

    ``scale_changed(float)``: the user changed the size of the text.
    """

    scale_changed = Signal(float)

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        self.setWindowFlag(Qt.WindowType.WindowMinMaxButtonsHint)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setWindowTitle(self.tr("Manual"))
        folder = language()
        self._pages = {name: read_page(name, folder) for name in NAMES}
        self.browser = ManualBrowser(folder)
        self.browser.scale = scale
        self.search, self.contents = self._make_search(), self._make_contents()
        self.none = label(self.tr("No page contains these words."), "soft", wrap=True)
        left = QWidget()
        inside = column(left)
        inside.addWidget(self.search)
        inside.addWidget(self.contents, 1)
        inside.addWidget(self.none)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(self.browser)
        split.setStretchFactor(1, 1)
        split.setSizes([LIST_WIDTH, SIZE.width() - LIST_WIDTH])
        layout = column(self, margin=12)
        layout.addLayout(self._buttons())
        layout.addWidget(split, 1)
        self.browser.page_changed.connect(self._mark_current)
        self._filter("")
        self._add_shortcuts()
        place(self, SIZE)

    @property
    def page(self) -> str:
        """Name of the current page."""
        return self.browser.page

    def show_page(self, target: str) -> None:
        """Show the page ``target``, ``name`` or ``name#heading``, and bring the window to the front."""
        self.browser.show_page(target)
        self.show()
        self.raise_()
        self.activateWindow()
        self.browser.setFocus()

    def redraw(self) -> None:
        """Draw the page again, after a change of the theme."""
        self.browser.redraw()

    # Building

    def _buttons(self) -> QHBoxLayout:
        browser = self.browser
        self.back = tool_button("chevron-left", self.tr("Back   Alt+Left"), browser.backward)
        self.forward = tool_button("chevron-right", self.tr("Forward   Alt+Right"), browser.forward)
        self.smaller = tool_button("minus", self.tr("Smaller text   Ctrl+-"), lambda: self._step_scale(False))
        self.larger = tool_button("plus", self.tr("Larger text   Ctrl++"), lambda: self._step_scale(True))
        for button, available in (
            (self.back, browser.backwardAvailable),
            (self.forward, browser.forwardAvailable),
        ):
            button.setEnabled(False)
            available.connect(button.setEnabled)
        self._limit_scale()
        return row(self.back, self.forward, None, self.smaller, self.larger)

    def _make_search(self) -> QLineEdit:
        search = QLineEdit()
        search.setPlaceholderText(self.tr("Search the manual"))
        search.setAccessibleName(self.tr("Search the manual"))
        search.setToolTip(self.tr("Enter goes to the next match"))
        search.setClearButtonEnabled(True)
        search.textChanged.connect(self._filter)
        search.returnPressed.connect(self.find_next)
        return search

    def _make_contents(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setHeaderHidden(True)
        tree.setAccessibleName(self.tr("Contents"))
        self._items = [_entry(page) for page in self._pages.values()]
        tree.addTopLevelItems(self._items)
        tree.currentItemChanged.connect(self._chosen)
        tree.itemClicked.connect(lambda item: self._chosen(item))
        return tree

    def _add_shortcuts(self) -> None:
        keys = QKeySequence.StandardKey
        for key, slot in (
            (keys.Find, self.search.setFocus),
            (keys.Back, self.browser.backward),
            (keys.Forward, self.browser.forward),
            (keys.ZoomIn, lambda: self._step_scale(True)),
            (keys.ZoomOut, lambda: self._step_scale(False)),
            (keys.FindNext, self.find_next),
        ):
            QShortcut(QKeySequence(key), self).activated.connect(slot)

    # Contents

    def _chosen(self, item: QTreeWidgetItem | None, previous: QTreeWidgetItem | None = None) -> None:
        if item is not None:
            self.browser.show_page(item.data(0, TARGET))

    def _mark_current(self) -> None:
        """Mark the current page in the contents and unfold its headings."""
        blocker = QSignalBlocker(self.contents)
        for item in self._items:
            current = item.data(0, TARGET) == self.page
            item.setExpanded(current)
            chosen = self.contents.currentItem()
            if current and (chosen is None or (chosen is not item and chosen.parent() is not item)):
                self.contents.setCurrentItem(item)
        del blocker

    # Searching

    def _filter(self, words: str) -> None:
        """List the pages that contain ``words``."""
        found = 0
        for item, page in zip(self._items, self._pages.values(), strict=True):
            matches = page.contains(words.strip())
            item.setHidden(not matches)
            found += matches
        self.none.setVisible(not found)

    def find_next(self) -> None:
        """Go to the next match of the search, on this page or the first listed one."""
        words = self.search.text().strip()
        if not words:
            return
        matching = [name for name, page in self._pages.items() if page.contains(words)]
        if matching and self.page not in matching:
            self.browser.show_page(matching[0])
        self.browser.find_next(words)

    # Text size

    def _step_scale(self, larger: bool) -> None:
        self.browser.step_scale(larger)
        self._limit_scale()
        self.scale_changed.emit(self.browser.scale)

    def _limit_scale(self) -> None:
        self.smaller.setEnabled(self.browser.scale > SCALES[0])
        self.larger.setEnabled(self.browser.scale < SCALES[-1])

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter in the search field must not press a button."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)


def _entry(page: ManualPage) -> QTreeWidgetItem:
    """The entry of a page, with its headings of the second level."""
    item = QTreeWidgetItem([page.title])
    item.setData(0, TARGET, page.name)
    for heading in page.headings:
        if heading.level == 2 and heading.id:
            part = QTreeWidgetItem(item, [heading.text])
            part.setData(0, TARGET, f"{page.name}#{heading.id}")
    return item
