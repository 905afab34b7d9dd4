"""The middle of the window: the canvas, and the ways to hold original and restored against each other."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QWidget

from app.canvas.document_layers import DocumentLayers
from app.canvas.layer import PictureLayer
from app.canvas.screen import screen_profile
from app.canvas.view import CanvasView, ClippedLayer
from app.compare.curtain import Curtain
from app.compare.difference import DifferenceLegend, DifferencePicture
from app.compare.link import ViewLink
from app.compare.restored import Restored
from app.context import Context
from app.document import OpenDocument
from app.jobs.call_later import call_later
from app.selection import Compare, DisplayedPicture

BLINK = 700
"""Milliseconds each picture is shown."""
_INSET = 12


class CompareArea(QWidget):
    """``view`` is the leading canvas; ``second`` stands beside it for comparing side by side."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.view, self.second = CanvasView(context), CanvasView(context, has_overview=False)
        self._layers: DocumentLayers | None = None
        self._restored: Restored | None = None
        self._difference: PictureLayer | None = None
        self._held, self._blinked = False, False
        self.curtain, self.scale = Curtain(self.view), DifferenceLegend(self.view)
        self.curtain.installEventFilter(self)
        self._names = {view: Caption(view) for view in (self.view, self.second)}
        self._timer = QTimer(self)
        self._timer.setInterval(BLINK)
        self._timer.timeout.connect(self._blink)
        self._begin = QTimer(self)
        self._begin.setSingleShot(True)
        self._begin.setInterval(0)
        self._begin.timeout.connect(self._build)
        self._lay_out()
        self.link = ViewLink([self.view, self.second], self)
        self._connect()

    def _lay_out(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(2)
        self.splitter.setChildrenCollapsible(False)
        for view in (self.view, self.second):
            view.setMinimumWidth(160)
            self.splitter.addWidget(view)
            view.installEventFilter(self)
        self.second.hide()
        self.second.setAccessibleName(self.tr("Second canvas"))
        inside = QHBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.splitter)

    def _connect(self) -> None:
        selection = self.context.selection
        self.context.document_changed.connect(self.set_document)
        for signal in (
            selection.compare_changed,
            selection.shown_changed,
            selection.swapped_changed,
            selection.result_changed,
        ):
            signal.connect(self.arrange)
        self.second.hovered.connect(self.view.hovered)
        self.second.measured.connect(self.view.measured)
        self.curtain.drawn.connect(lambda _: self.view.viewport().update())
        self.view.moved.connect(self._settle)
        if self.context.document is not None:
            self.set_document(self.context.document)

    # The document

    def set_document(self, document: OpenDocument | None) -> None:
        """Show another document, or none."""
        left, restored, difference = self._layers, self._restored, self._difference
        self._layers = self._restored = self._difference = None
        if document is not None:
            self._layers = DocumentLayers(self.context, document, screen_profile(self.screen()))
            self._restored = Restored(self._layers)
            picture = DifferencePicture(self._layers.pyramid, self._restored.picture)
            self._difference = PictureLayer(picture, self.context.background, self._layers)
            self._restored.changed.connect(self._name_all)
            self._difference.follow(self._restored.layer)
            self._difference.follow(self._layers.original)
        for view in (self.view, self.second):
            view.set_layers(self._layers)
        self.arrange()
        self._begin.start()
        for part in (difference, restored, left):
            if part is not None:
                part.close()
        if left is not None:
            left.deleteLater()

    def _build(self) -> None:
        """Decode the scan once the window stands: before, the workers would only keep it from its turn."""
        if self._layers is not None:
            self._layers.build()

    @property
    def layers(self) -> DocumentLayers | None:
        """What is shown."""
        return self._layers

    @property
    def restored(self) -> Restored | None:
        """The restored picture of what is shown."""
        return self._restored

    @property
    def restored_view(self) -> CanvasView:
        """Where fills that are on their way belong: the side of the restored picture, or the only view."""
        beside = self.context.selection.compare == Compare.SIDE
        return self.second if beside and not self.context.selection.swapped else self.view

    # What is where

    @property
    def mode(self) -> str:
        """How the two are compared now; the held key shows the original alone, or on both sides."""
        compare = self.context.selection.compare
        return Compare.SINGLE if self._held and compare != Compare.SIDE else compare

    def arrange(self) -> None:
        """Show what the selection asks for."""
        mode = self.mode
        beside = mode == Compare.SIDE
        if beside and not self.second.isVisible():
            self.second.show()
            half = self.splitter.width() // 2
            self.splitter.setSizes([half, self.splitter.width() - half])
            call_later(self, lambda: self.link.lead(self.view))
        self.second.setVisible(beside)
        self.curtain.setVisible(mode == Compare.SWIPE and self._layers is not None)
        self.scale.setVisible(mode == Compare.DIFFERENCE and self._layers is not None)
        self._timer.start() if mode == Compare.BLINK else self._timer.stop()
        self._show(mode)
        self._settle()

    def _show(self, mode: str) -> None:
        if self._layers is None or self._restored is None or self._difference is None:
            for name in self._names.values():
                name.hide()
            return
        first, other = self._order(mode)
        self._restored.want(mode != Compare.SINGLE or first is self._restored.layer)
        if mode == Compare.DIFFERENCE:
            self._draw(self.view, [ClippedLayer(self._difference)], self.tr("Difference"))
        elif mode == Compare.SWIPE:
            both = [ClippedLayer(first), ClippedLayer(other, self.curtain.right)]
            self._draw(self.view, both, f"{self._name(first)}  │  {self._name(other)}")
        else:
            named = mode != Compare.SINGLE or not self._restored.empty
            self._draw(self.view, [ClippedLayer(first)], self._name(first) if named else "")
        self._draw(self.second, [ClippedLayer(other)], self._name(other))

    def _order(self, mode: str) -> tuple[PictureLayer, PictureLayer]:
        """What comes first, or on the left, and the other."""
        assert self._layers is not None
        assert self._restored is not None
        original, restored = self._layers.original, self._restored.layer
        if self._held:
            return original, original
        selection = self.context.selection
        if mode in (Compare.SIDE, Compare.SWIPE):
            flipped = selection.swapped
        else:
            flipped = (selection.shown == DisplayedPicture.RESTORED) != (
                mode == Compare.BLINK and self._blinked
            )
        return (restored, original) if flipped else (original, restored)

    def _name_all(self) -> None:
        """Another result is shown, or it was decided on: the pictures are the same, their names aren't."""
        self._show(self.mode)

    def _draw(self, view: CanvasView, layers: list[ClippedLayer], name: str) -> None:
        view.show_layers(layers)
        self._names[view].tell(name)

    def _name(self, layer: PictureLayer) -> str:
        assert self._layers is not None
        assert self._restored is not None
        if layer is self._layers.original:
            return self.tr("Original")
        if self._restored.empty:
            return self.tr("Restored: nothing yet")
        under_review = self._layers.document.run(self.context.selection.run) is not None
        return self.tr("Restored, under review") if under_review else self.tr("Restored")

    def _blink(self) -> None:
        self._blinked = not self._blinked
        self._show(self.mode)

    def _settle(self) -> None:
        self.curtain.settle()
        area = self.view.viewport().geometry()
        self.scale.move(area.x() + _INSET, area.bottom() - self.scale.height() - _INSET)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep what lies over the view in its place."""
        super().resizeEvent(event)
        self._settle()

    # The held key

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Tab shows the original as long as it is held."""
        kinds = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)
        if event.type() == QEvent.Type.FocusOut and self._held:
            self._hold(False)
        if event.type() not in kinds or not isinstance(event, QKeyEvent):
            return False
        if event.key() != Qt.Key.Key_Tab or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        if not event.isAutoRepeat():
            self._hold(event.type() == QEvent.Type.KeyPress)
        return True

    def _hold(self, held: bool) -> None:
        if held and self.curtain.hasFocus():
            self.view.setFocus()
        self._held = held
        self.arrange()


class Caption(QLabel):
    """What a view shows, in its upper left corner."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setStyleSheet(
            "background: rgba(24, 24, 24, 200); color: #e8e8e8; padding: 3px 8px; font-size: 11px;"
        )
        self.move(_INSET, _INSET)
        self.hide()

    def tell(self, name: str) -> None:
        """Show ``name``, or nothing."""
        self.setText(name)
        self.adjustSize()
        self.setVisible(bool(name))
