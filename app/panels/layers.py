"""Layers: further pictures of the work, registered with the scan, shown blended or behind the curtain."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.commands import layers as commands
from app.commands.open import PICTURES
from app.context import Context
from app.document import OpenDocument
from app.folders import remember_folder, start_folder
from app.selection import Compare, LayerMode
from app.widgets.combo_box import narrow_combo_box
from app.widgets.parts import Amount, SegmentedControl, button, clear, column, elided, label, row, tool_button
from imagest_core.project.state import Layer, LayerKind


class LayersPanel(QWidget):
    """Lists the layers of the project. ``use_as_clean(str)``: compare the scan with this layer."""

    use_as_clean = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.about = label(
            self.tr("Infrared, ultraviolet, X-ray, raking light or an older photograph of the same work."),
            "small",
            wrap=True,
        )
        self._rows = column(spacing=2)
        self.kind = narrow_combo_box()
        for kind, text in self._kinds().items():
            self.kind.addItem(text, kind)
        self.kind.setAccessibleName(self.tr("What the picture shows"))
        self.add_button = button(self.tr("Add…"), self.ask, icon="plus")
        self.mode = SegmentedControl(
            (
                (
                    LayerMode.BLEND,
                    self.tr("Blend"),
                    self.tr("The layer over the scan, as opaque as you choose"),
                ),
                (LayerMode.SWIPE, self.tr("Swipe"), self.tr("The scan on the left, the layer on the right")),
            ),
            self.tr("How the layer is shown"),
        )
        self.opacity = Amount(
            self.tr("Opacity"), 0, 100, 50, unit="%", tip=self.tr("0 % shows the scan, 100 % the layer")
        )
        self._shown = QWidget()
        shown = column(self._shown, spacing=4)
        shown.addWidget(self.mode)
        shown.addWidget(self.opacity)
        layout = column(self, spacing=4)
        layout.addWidget(self.about)
        layout.addLayout(self._rows)
        layout.addWidget(self._shown)
        layout.addLayout(row(self.kind, None, self.add_button))
        self._connect()

    def _connect(self) -> None:
        selection = self._context.selection
        self.mode.chosen.connect(lambda mode: setattr(selection, "layer_mode", LayerMode(mode)))
        self.opacity.changed.connect(lambda value: setattr(selection, "layer_opacity", value / 100))
        selection.layer_changed.connect(lambda _: self.refresh())
        selection.layer_mode_changed.connect(lambda _: self._show_mode())
        selection.layer_opacity_changed.connect(lambda value: setattr(self.opacity, "value", 100 * value))
        selection.compare_changed.connect(self._leave)
        self._show_mode()

    def bind(self, document: OpenDocument) -> None:
        """List the layers of ``document``."""
        document.layers_changed.connect(self.refresh)

    def refresh(self) -> None:
        """List the layers of the open document."""
        clear(self._rows)
        document, shown = self._context.document, self._context.selection.layer
        layers = document.state.layers if document is not None else ()
        for layer in layers:
            self._rows.addWidget(self._row(layer, layer.name == shown))
        if shown and shown not in {layer.name for layer in layers}:
            self._context.selection.layer = ""
        self._show_mode()

    def _row(self, layer: Layer, shown: bool) -> QWidget:
        widget = QWidget()
        name = elided(layer.name)
        name.setMinimumWidth(64)
        name.setToolTip(f"{layer.path}\n{commands.residual_text(layer)}")
        error = "–" if layer.residual is None else f"{layer.residual:.2f} px"
        residual = label(error, "unit")
        residual.setToolTip(commands.residual_text(layer))
        kind = elided(self._kinds()[layer.kind], "soft")
        hide, show = self.tr("Hide the layer {0}"), self.tr("Show the layer {0}")
        toggle = tool_button(
            "visible" if shown else "hidden",
            (hide if shown else show).format(layer.name),
            lambda: commands.show_layer(self._context, "" if shown else layer.name),
        )
        clean = tool_button(
            "difference",
            self.tr("Derive the mask from the difference to {0}").format(layer.name),
            lambda: self.use_as_clean.emit(layer.name),
        )
        remove = tool_button(
            "discard",
            self.tr("Remove the layer {0}; its file stays").format(layer.name),
            lambda: commands.remove_layer(self._context, layer.name),
        )
        widget.setLayout(row(toggle, name, kind, None, residual, clean, remove, spacing=4))
        return widget

    def _show_mode(self) -> None:
        selection = self._context.selection
        self.mode.choose(selection.layer_mode)
        self._shown.setVisible(bool(selection.layer))
        self.opacity.setEnabled(selection.layer_mode == LayerMode.BLEND)

    def _leave(self, mode: str) -> None:
        """Hide the layer when original and restored are compared."""
        if mode != Compare.SINGLE:
            self._context.selection.layer = ""

    def ask(self) -> None:
        """Ask for a picture and add it."""
        kinds = self.tr("Pictures") + f" ({PICTURES})"
        folder = str(start_folder(self._context, "layer"))
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Add a picture of the same work"), folder, kinds
        )
        if chosen:
            remember_folder(self._context, "layer", Path(chosen))
            commands.add_layer(self._context, Path(chosen), LayerKind(self.kind.currentData()))

    def _kinds(self) -> dict[LayerKind, str]:
        return {
            LayerKind.INFRARED: self.tr("infrared"),
            LayerKind.ULTRAVIOLET: self.tr("ultraviolet"),
            LayerKind.XRAY: self.tr("X-ray"),
            LayerKind.RAKING: self.tr("raking light"),
            LayerKind.EARLIER: self.tr("older photograph"),
            LayerKind.OTHER: self.tr("other picture"),
        }
