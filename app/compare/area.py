"""The canvas area of the window, with the modes that compare original and restored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QWidget

from app.canvas.document_layers import DocumentLayers
from app.canvas.layer import PictureLayer
from app.canvas.navigation import NavigableView
from app.canvas.screen import screen_profile
from app.canvas.view import CanvasView, ClippedLayer
from app.compare.curtain import Curtain
from app.compare.difference import DifferenceLegend, DifferencePicture
from app.compare.held_tab import HeldTab
from app.compare.link import ViewLink
from app.compare.probe import PixelProbe, ProbePanel
from app.compare.registered_layer import ShownLayer
from app.compare.restored import Restored
from app.context import Context
from app.document import OpenDocument
from app.jobs.call_later import call_later
from app.selection import Compare, DisplayedPicture, LayerMode, ToolName

if TYPE_CHECKING:
    from app.compare.contact import ContactView

READING = 400
"""Milliseconds after which it is shown that a scan is still being read."""
BLINK = 700
"""Milliseconds for which each picture is shown in blink mode."""
_INSET = 12


class CompareArea(QWidget):
    """``view`` is the main canvas; ``second`` is shown next to it in side-by-side mode."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.view, self.second = CanvasView(context), CanvasView(context, has_overview=False)
        self.probe = PixelProbe(context, self)
        self._layers: DocumentLayers | None = None
        self._restored: Restored | None = None
        self._difference: PictureLayer | None = None
        self.registered = ShownLayer(context, self)
        self.contact: ContactView | None = None
        """The variations of a region side by side, while they are shown."""
        self._blink_phase, self._reserved = False, 0
        self.curtain, self.legend = Curtain(self.view), DifferenceLegend(self.view)
        self._captions = {view: Caption(view) for view in (self.view, self.second)}
        self.reading = Caption(self.view)
        """How much of the scan is read, if that takes long."""
        self._reading_timer = QTimer(self)
        self._reading_timer.setSingleShot(True)
        self._reading_timer.setInterval(READING)
        self._reading_timer.timeout.connect(self._show_reading)
        self._blink_timer = QTimer(self)
        self._blink_timer.setInterval(BLINK)
        self._blink_timer.timeout.connect(self._blink)
        self._build_timer = QTimer(self)
        self._build_timer.setSingleShot(True)
        self._build_timer.setInterval(0)
        self._build_timer.timeout.connect(self._build)
        self._create_layout()
        self.tab = HeldTab(self)
        for widget in (self.view, self.second, self.curtain):
            self.tab.watch(widget)
        self.link = ViewLink([self.view, self.second], self)
        self._connect()

    def _create_layout(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("views")
        self.splitter.setHandleWidth(2)
        self.splitter.setChildrenCollapsible(False)
        for view in (self.view, self.second):
            view.setMinimumWidth(160)
            self.splitter.addWidget(view)
        self.second.hide()
        self.second.setAccessibleName(self.tr("Second canvas"))
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(self.splitter)

    def _connect(self) -> None:
        selection = self.context.selection
        self.context.document_changed.connect(self.set_document)
        for signal in (
            selection.compare_changed,
            selection.shown_changed,
            selection.swapped_changed,
            selection.result_changed,
            selection.layer_mode_changed,
            selection.layer_opacity_changed,
            selection.examples_visible_changed,
            self.registered.changed,
        ):
            signal.connect(self.arrange)
        selection.tool_changed.connect(self._leave_contact)
        self.tab.changed.connect(self._tab_changed)
        self.second.hovered.connect(self.view.hovered)
        self.second.measured.connect(self.view.measured)
        self.view.hovered.connect(self.probe.point)
        self.probe_panel = ProbePanel(self.context, self.probe, self)
        selection.result_changed.connect(self.probe.update)
        selection.probe_visible_changed.connect(self.probe.update)
        self.curtain.moved.connect(lambda _: self.view.viewport().update())
        self.view.moved.connect(self._place_overlays)
        if self.context.document is not None:
            self.set_document(self.context.document)

    # The document

    def set_document(self, document: OpenDocument | None) -> None:
        """Show another document, or none."""
        self._close_contact()
        old, restored, difference = self._layers, self._restored, self._difference
        self._layers = self._restored = self._difference = None
        if document is not None:
            self._layers = DocumentLayers(self.context, document, screen_profile(self.screen()))
            self._restored = Restored(self._layers)
            picture = DifferencePicture(self._layers.pyramid, self._restored.picture)
            self._difference = PictureLayer(picture, self.context.background, self._layers)
            self._restored.changed.connect(self._update_captions)
            self._restored.changed.connect(self.probe.update)
            self._difference.follow(self._restored.layer)
            self._difference.follow(self._layers.original)
            self._layers.progressed.connect(self._update_reading)
        self.registered.set_document(document, None if self._layers is None else self._layers.pyramid)
        for view in (self.view, self.second):
            view.set_layers(self._layers)
        self.arrange()
        self.reading.hide()
        self._build_timer.start()
        for part in (difference, restored, old):
            if part is not None:
                part.close()
        if old is not None:
            old.deleteLater()

    def _build(self) -> None:
        """Start decoding once the window is shown, so that the workers do not delay it."""
        if self._layers is not None:
            self._layers.build()
            self._reading_timer.start()

    def _show_reading(self) -> None:
        """Say how much of the scan is read; the rest of the canvas is empty until then."""
        if self._layers is not None and not self._layers.complete:
            share = self._layers.share_read
            self.reading.move(_INSET, 2 * _INSET + self._reserved + self.reading.sizeHint().height())
            known = self.tr("Reading the scan: {0}").format(f"{share:.0%}")
            self.reading.show_text(known if share else self.tr("Reading the scan…"))

    def _update_reading(self) -> None:
        if self._layers is None or self._layers.complete:
            self.reading.hide()
        elif not self._reading_timer.isActive():
            self._show_reading()

    @property
    def layers(self) -> DocumentLayers | None:
        """The layers of the open document."""
        return self._layers

    @property
    def restored(self) -> Restored | None:
        """The restored picture of the open document."""
        return self._restored

    @property
    def restored_view(self) -> CanvasView:
        """The view that shows the fills of a running restoration."""
        beside = self.context.selection.compare == Compare.SIDE
        return self.second if beside and not self.context.selection.swapped else self.view

    def reserve_top(self, height: int) -> None:
        """Leave ``height`` pixels at the top free when a picture is fitted: a message covers them."""
        for view in (self.view, self.second):
            view.reserve_top(height)

    def keep_below(self, height: int) -> None:
        """Keep captions and the variations side by side below a message of this ``height``."""
        self._reserved = height
        for caption in self._captions.values():
            caption.move(_INSET, _INSET + height)
        if self.contact is not None:
            self.contact.reserve_top(height)

    # Modes

    @property
    def mode(self) -> str:
        """The current mode; while Tab is held, the original is shown alone, or on both sides."""
        compare = self.context.selection.compare
        kept = compare in (Compare.SIDE, Compare.CONTACT)
        return Compare.SINGLE if self.tab.held and not kept else compare

    def arrange(self) -> None:
        """Show the pictures that the selection asks for."""
        mode = self.mode
        self._arrange_contact(mode == Compare.CONTACT)
        beside = mode == Compare.SIDE
        if beside and not self.second.isVisible():
            self.second.show()
            half = self.splitter.width() // 2
            self.splitter.setSizes([half, self.splitter.width() - half])
            call_later(self, lambda: self.link.lead(self.view))
        self.second.setVisible(beside)
        swipes = mode == Compare.SWIPE or (
            self._over(mode) is not None and self.context.selection.layer_mode == LayerMode.SWIPE
        )
        self.curtain.setVisible(swipes and self._layers is not None)
        self.legend.setVisible(mode == Compare.DIFFERENCE and self._layers is not None)
        self._blink_timer.start() if mode == Compare.BLINK else self._blink_timer.stop()
        self._show(mode)
        self._place_overlays()

    def _arrange_contact(self, shown: bool) -> None:
        """Show the variations in place of the canvas, at its position, or return to the canvas."""
        if shown and self.contact is None and self._layers is not None:
            from app.compare.contact import ContactView

            position = self.view.position
            self.contact = ContactView(self.context, self._layers)
            for cell in self.contact.cells:
                cell.view.hovered.connect(self.view.hovered)
            self._layout.addWidget(self.contact)
            self.splitter.hide()
            self.contact.reserve_top(self._reserved)
            self.contact.show()
            self._layout.activate()
            self.probe_panel.keep_clear(self.contact.bar_height)
            self.contact.open_at(position)
        elif not shown and self.contact is not None:
            position = self.contact.position._replace(zoom=self.view.zoom)
            self._close_contact()
            self.view.set_view(position)
            self.view.setFocus()

    def _leave_contact(self, tool: str) -> None:
        """Return to the canvas when a tool is selected that works on it."""
        selection = self.context.selection
        if selection.compare == Compare.CONTACT and tool != ToolName.PAN:
            selection.compare = Compare.SIDE

    def _close_contact(self) -> None:
        if self.contact is not None:
            self.contact.close()
            self.contact.deleteLater()
            self._layout.removeWidget(self.contact)
            self.contact = None
            self.probe_panel.keep_clear(0)
            self.splitter.show()
            self._layout.activate()

    @property
    def active_view(self) -> NavigableView:
        """The view that zoom commands move; the others follow."""
        return self.view if self.contact is None else self.contact.cells[0].view

    def _show(self, mode: str) -> None:
        if self._layers is None or self._restored is None or self._difference is None:
            for name in self._captions.values():
                name.hide()
            return
        if self.contact is not None:
            self._restored.set_needed(False)
            return
        first, other = self._order(mode)
        self._restored.set_needed(mode != Compare.SINGLE or first is self._restored.layer)
        if mode == Compare.DIFFERENCE:
            self._draw(self.view, [ClippedLayer(self._difference)], self.tr("Difference"))
        elif mode == Compare.SWIPE:
            both = [ClippedLayer(first), ClippedLayer(other, self.curtain.right)]
            self._draw(self.view, both, f"{self._name(first)}  │  {self._name(other)}")
        else:
            named = mode != Compare.SINGLE or not self._restored.empty
            over = self._over(mode)
            caption = self._name(first) if named or over is not None else ""
            if over is not None:
                caption += f"  │  {self.context.selection.layer}"
            self._draw(self.view, [ClippedLayer(first), *([] if over is None else [over])], caption)
        self._draw(self.second, [ClippedLayer(other)], self._name(other))
        original_alone = first is self._layers.original and mode == Compare.SINGLE and not self.tab.held
        offered = original_alone and not self.context.selection.examples_visible
        for view in (self.view, self.second):
            view.guides.set_suggestions_visible(offered)

    def _over(self, mode: str) -> ClippedLayer | None:
        """The layer of the project that is shown over the picture of a single view."""
        layer, selection = self.registered.layer, self.context.selection
        if layer is None or mode != Compare.SINGLE or self.tab.held:
            return None
        if selection.layer_mode == LayerMode.SWIPE:
            return ClippedLayer(layer, self.curtain.right)
        return ClippedLayer(layer, opacity=selection.layer_opacity)

    def _order(self, mode: str) -> tuple[PictureLayer, PictureLayer]:
        """The layers of the first (or left) and the second view."""
        assert self._layers is not None
        assert self._restored is not None
        original, restored = self._layers.original, self._restored.layer
        if self.tab.held:
            return original, original
        selection = self.context.selection
        if mode in (Compare.SIDE, Compare.SWIPE):
            flipped = selection.swapped
        else:
            flipped = (selection.shown == DisplayedPicture.RESTORED) != (
                mode == Compare.BLINK and self._blink_phase
            )
        return (restored, original) if flipped else (original, restored)

    def _update_captions(self) -> None:
        """Update the captions after another result is shown or a decision was made."""
        self._show(self.mode)

    def _draw(self, view: CanvasView, layers: list[ClippedLayer], name: str) -> None:
        view.show_layers(layers)
        self._captions[view].show_text(name)

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
        self._blink_phase = not self._blink_phase
        self._show(self.mode)

    def _place_overlays(self) -> None:
        self.curtain.update_geometry()
        area = self.view.viewport().geometry()
        self.legend.move(area.x() + _INSET, area.bottom() - self.legend.height() - _INSET)
        beside = self.second.isVisible()
        self.probe_panel.keep_right(self.second.mapTo(self, QPoint(0, 0)).x() if beside else 0)
        self.view.scale_bar.raise_by(0 if self.legend.isHidden() else self.legend.height() + _INSET)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._place_overlays()

    # Tab

    def _tab_changed(self, held: bool) -> None:
        """Show the original while Tab is held."""
        if held and self.curtain.hasFocus():
            self.view.setFocus()
        self.arrange()


class Caption(QLabel):
    """The name of the picture, in the upper left corner of a view."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setStyleSheet(
            "background: rgba(24, 24, 24, 200); color: #e8e8e8; padding: 3px 8px; font-size: 11px;"
        )
        self.move(_INSET, _INSET)
        self.hide()

    def show_text(self, name: str) -> None:
        """Show ``name``; hide if it is empty."""
        self.setText(name)
        self.adjustSize()
        self.setVisible(bool(name))
