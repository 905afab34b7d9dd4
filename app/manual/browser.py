"""Shows Markdown pages with links, pictures and headings that links can refer to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from PySide6.QtCore import QEvent, QUrl, Signal
from PySide6.QtGui import (
    QFont,
    QImage,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextTable,
)
from PySide6.QtWidgets import QTextBrowser

from app import theme
from app.manual.pages import NAMES, ManualPage, page_path, read_page
from app.theme import GRID

LINE_HEIGHT = 135
"""Percent of the font's height."""
HEADING_SIZES = {1: 1.7, 2: 1.3, 3: 1.1}
"""Sizes of headings relative to the text."""
SCALES = (0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.5)
"""Sizes of the text relative to that of the window."""
PICTURE = "\ufffc"
"""The character that stands for a picture."""
MARKDOWN = QTextDocument.ResourceType.MarkdownResource


class ManualBrowser(QTextBrowser):
    """Browser of the manual in the language ``folder``, with back and forward.

    ``page_changed()``: another page, or another heading of the page, is shown.
    """

    page_changed = Signal()

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder, self._scale, self._unformatted = folder, 1.0, False
        self._url = QUrl()
        """The current page; ``source()`` still returns the previous one in ``sourceChanged``."""
        self.setAccessibleName(self.tr("Manual page"))
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._follow)
        self.sourceChanged.connect(self._source_changed)
        self.document().setDocumentMargin(2 * GRID)

    @property
    def page(self) -> str:
        """Name of the current page; "" before the first one."""
        return PurePosixPath(self._url.path()).stem

    def show_page(self, target: str) -> None:
        """Show the page ``target``, given as ``name`` or ``name#heading``."""
        name, _, heading = target.partition("#")
        url = QUrl.fromLocalFile(str(page_path(name, self._folder)))
        url.setFragment(heading)
        self.setSource(url, MARKDOWN)

    @property
    def scale(self) -> float:
        """Size of the text relative to that of the window."""
        return self._scale

    @scale.setter
    def scale(self, scale: float) -> None:
        self._scale = scale
        self.redraw()

    def step_scale(self, larger: bool) -> None:
        """Change the size of the text by one step."""
        candidates = [each for each in SCALES if (each > self._scale if larger else each < self._scale)]
        if candidates:
            self.scale = min(candidates) if larger else max(candidates)

    def redraw(self) -> None:
        """Draw the page again, after a change of the theme or the text size."""
        if self.page:
            bar = self.verticalScrollBar()
            share = bar.value() / max(bar.maximum(), 1)
            self.setMarkdown(self._read(self._url).text)
            self._finish()
            bar.setValue(round(share * bar.maximum()))

    def find_next(self, words: str) -> bool:
        """Select the next occurrence of ``words``, after the last the first; return whether there is one."""
        if self.find(words):
            return True
        before = self.textCursor()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        if self.find(words):
            return True
        self.setTextCursor(before)
        return False

    # Loading

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # noqa: N802
        """The Markdown of a page without the ids of its headings; other resources as usual."""
        if kind == MARKDOWN.value and isinstance(name, QUrl):
            self._unformatted = True
            return self._read(name).text
        return super().loadResource(kind, name)

    def _source_changed(self, url: QUrl) -> None:
        """Format the page if it was loaded again; a link within the page needs no loading."""
        self._url = url
        if self._unformatted:
            self._unformatted = False
            self._finish()
            self.scrollToAnchor(url.fragment())
        self.page_changed.emit()

    def _follow(self, link: QUrl) -> None:
        """Follow a link to a page of the manual; others are ignored."""
        url = self._url.resolved(link)
        name = PurePosixPath(url.path()).stem
        if name in NAMES and Path(url.toLocalFile()) == page_path(name, self._folder):
            self.setSource(url, MARKDOWN)

    def _read(self, url: QUrl) -> ManualPage:
        return read_page(PurePosixPath(url.path()).stem, self._folder)

    def _finish(self) -> None:
        """Set fonts, margins, and the ids of the headings."""
        self._set_font()
        headings = iter(self._read(self._url).headings)
        for block in self._blocks():
            level = block.blockFormat().headingLevel()
            if level:
                self._format_heading(block, level, next(headings).id)
            else:
                self._format_text(block)
        self._format_tables()
        self._fit_pictures()

    def _set_font(self) -> None:
        font = self.font()
        font.setPixelSize(round(theme.BODY * self._scale))
        self.document().setDefaultFont(font)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Set the font of the text again: a style sheet that changes the widget's font replaces it."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.page:
            self._set_font()

    def _fit_pictures(self) -> None:
        """Reduce pictures that are wider than the page."""
        room = self.viewport().width() - 2 * self.document().documentMargin()
        for block in self._blocks():
            cursor = QTextCursor(block)
            cursor.movePosition(QTextCursor.MoveOperation.NextCharacter, QTextCursor.MoveMode.KeepAnchor)
            if cursor.charFormat().isImageFormat():
                shown = cursor.charFormat().toImageFormat()
                own = QImage(self._picture_path(shown.name())).width()
                shown.setWidth(min(own, max(room, 8 * GRID)))
                cursor.setCharFormat(shown)

    def _picture_path(self, name: str) -> str:
        return self._url.resolved(QUrl(name)).toLocalFile()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit_pictures()

    def _blocks(self) -> Iterator[QTextBlock]:
        block = self.document().begin()
        while block.isValid():
            yield block
            block = block.next()

    def _format_heading(self, block: QTextBlock, level: int, anchor: str) -> None:
        letters, paragraph = QTextCharFormat(), QTextBlockFormat()
        letters.setFontWeight(QFont.Weight.DemiBold)
        letters.setProperty(
            QTextFormat.Property.FontPixelSize, round(theme.BODY * self._scale * HEADING_SIZES[level])
        )
        letters.setAnchor(bool(anchor))
        letters.setAnchorNames([anchor])
        paragraph.setTopMargin(0 if level == 1 else 2.5 * GRID * self._scale)
        paragraph.setBottomMargin(GRID * self._scale)
        cursor = self._select(block)
        cursor.setCharFormat(letters)
        cursor.mergeBlockFormat(paragraph)

    def _format_text(self, block: QTextBlock) -> None:
        paragraph = QTextBlockFormat()
        if PICTURE not in block.text():
            paragraph.setLineHeight(LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        if QTextCursor(block).currentTable() is None:
            paragraph.setBottomMargin((0.25 if block.textList() else 1) * GRID * self._scale)
        self._select(block).mergeBlockFormat(paragraph)

    def _format_tables(self) -> None:
        """Set the distance between cells; no lines."""
        for frame in self.document().rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                shape = frame.format()
                shape.setBorder(0)
                shape.setCellPadding(GRID / 2 * self._scale)
                shape.setBottomMargin(GRID * self._scale)
                frame.setFormat(shape)

    def _select(self, block: QTextBlock) -> QTextCursor:
        cursor = QTextCursor(block)
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
        return cursor
