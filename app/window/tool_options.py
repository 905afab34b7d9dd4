"""The options of the selected tool, in a line above the canvas."""

from __future__ import annotations

import math
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QSpinBox, QToolButton, QWidget

from app.context import Context
from app.document import OpenDocument
from app.i18n.class_names import class_name
from app.palettes import displayed_colour
from app.selection import ToolName
from app.widgets.parts import Amount, SegmentedControl, elided, guard_wheel, label, tool_button
from imagest_core.project.state import Point

HEIGHT = 40
NAME_WIDTH = 160
"""Maximum width of the class name in px."""
LARGEST_BRUSH, LARGEST_GROWTH = 500, 20
PAINTING_TOOLS = (
    ToolName.BRUSH,
    ToolName.LASSO,
    ToolName.POLYGON,
    ToolName.RECTANGLE,
    ToolName.WAND,
    ToolName.FILL,
)
"""Tools that paint the selected class."""
SIZED_TOOLS = (ToolName.BRUSH, ToolName.ERASER, ToolName.EXAMPLE, ToolName.REJECT_BRUSH)
"""Tools with the brush size."""
AREA_TOOLS = (ToolName.LASSO, ToolName.POLYGON, ToolName.RECTANGLE, ToolName.WAND, ToolName.FILL)
"""Tools that mark or erase a whole area."""


class ToolOptions(QFrame):
    """Shows the name of the tool, the class it paints, its size or tolerance, and a hint."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("head")
        self.setFixedHeight(HEIGHT)
        self._context = context
        self.tool_name, self.class_label = label("", "heading"), label("", "soft")
        self.hint = elided("", "small")
        self.brush_size = Amount(
            self.tr("Size"),
            1,
            LARGEST_BRUSH,
            24,
            unit="px",
            tip=self.tr("Brush size   [ and ], or drag with Ctrl or Alt"),
        )
        self.tolerance = Amount(
            self.tr("Tolerance"), 1, 60, 12, unit="ΔE", tip=self.tr("Largest colour difference")
        )
        self.growth = self._growth_field()
        self.texture = self._texture_field()
        self.effect = SegmentedControl(
            (
                ("add", self.tr("Mark"), self.tr("Mark the area as damage   Alt or Ctrl erases")),
                ("subtract", self.tr("Erase"), self.tr("Erase the area from the mask   Shift+E")),
            ),
            self.tr("Effect on the mask"),
        )
        self.distance = label(self.tr("Drag between two points"), "soft")
        self._create_layout()
        self._connect()
        self.refresh()

    def _growth_field(self) -> QSpinBox:
        """A field without a label and a slider, since the wand has many options already."""
        field = QSpinBox()
        field.setRange(0, LARGEST_GROWTH)
        field.setPrefix("+")
        field.setSuffix(" px")
        field.setFixedWidth(80)
        field.setAccessibleName(self.tr("Growth"))
        field.setToolTip(self.tr("Widens what the wand selects, over the soft edge of the damage"))
        guard_wheel(field)
        return field

    def _texture_field(self) -> QToolButton:
        field = tool_button(
            "texture",
            self.tr("Texture: also tells smooth plaster from painted areas of the same colour"),
            checkable=True,
        )
        field.setFixedWidth(28)
        return field

    def _create_layout(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 12, 0)
        layout.setSpacing(12)
        amounts = self.brush_size, self.tolerance
        options = *amounts, self.growth, self.texture, self.distance
        for widget in (self.tool_name, self.class_label, self.effect, *options):
            layout.addWidget(widget)
        layout.addWidget(self.hint, 1)
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for amount in amounts:
            amount.setMaximumWidth(320)
            amount.compact()

    def show_measured(self, start: Point, end: Point) -> None:
        """Show the distance of two native points."""
        pixels = math.dist(start, end)
        document = self._context.document
        text = f"{pixels:.1f} px"
        if document is not None and document.state.calibration is not None:
            scale = document.state.calibration.resolution
            dx, dy = (start[0] - end[0]) / scale.px_per_mm_x, (start[1] - end[1]) / scale.px_per_mm_y
            text += f"  ·  {math.hypot(dx, dy):.2f} mm"
        self.distance.setText(text)

    def _connect(self) -> None:
        selection = self._context.selection
        selection.tool_changed.connect(lambda _: self.refresh())
        selection.label_changed.connect(lambda _: self.refresh())
        selection.brush_changed.connect(lambda value: setattr(self.brush_size, "value", value))
        selection.tolerance_changed.connect(lambda value: setattr(self.tolerance, "value", value))
        selection.palette_changed.connect(lambda _: self.refresh())
        selection.subtracting_changed.connect(lambda _: self.refresh())
        self.effect.chosen.connect(lambda key: setattr(selection, "subtracting", key == "subtract"))
        self.brush_size.changed.connect(lambda value: setattr(selection, "brush_size", value))
        self.tolerance.changed.connect(lambda value: setattr(selection, "tolerance", value))
        selection.wand_growth_changed.connect(self.growth.setValue)
        self.growth.valueChanged.connect(lambda value: setattr(selection, "wand_growth", value))
        selection.wand_texture_changed.connect(self.texture.setChecked)
        self.texture.toggled.connect(lambda on: setattr(selection, "wand_texture", on))
        self._context.document_changed.connect(self._bind)

    def _bind(self, document: OpenDocument | None) -> None:
        if document is not None:
            document.classes_changed.connect(self.refresh)
            self.refresh()

    def refresh(self) -> None:
        """Show the selected tool."""
        tool = self._context.selection.tool
        names = self._names()
        name, hint = names.get(tool, ("", ""))
        self.tool_name.setText(name)
        self.hint.setText(hint)
        self.class_label.setText(self._class())
        erases = self._context.selection.subtracting and tool in AREA_TOOLS
        self.effect.choose("subtract" if self._context.selection.subtracting else "add")
        self._show_only(
            {
                self.effect: tool in AREA_TOOLS,
                self.class_label: tool in PAINTING_TOOLS and not erases,
                self.brush_size: tool in SIZED_TOOLS,
                self.tolerance: tool == ToolName.WAND,
                self.growth: tool == ToolName.WAND,
                self.texture: tool == ToolName.WAND,
                self.distance: tool == ToolName.MEASURE,
            }
        )

    def _show_only(self, shown: dict[QWidget, bool]) -> None:
        """Hide what is not shown first, so that the window never has to hold the options of two tools."""
        for widget in sorted(shown, key=lambda each: shown[each]):
            widget.setVisible(shown[widget])

    def _class(self) -> str:
        document = self._context.document
        if document is None:
            return ""
        item = document.state.damage.class_of(self._context.selection.label)
        colour = displayed_colour(item, self._context.selection.palette)
        width = NAME_WIDTH // 4 if self._context.selection.tool == ToolName.WAND else NAME_WIDTH
        name = self.class_label.fontMetrics().elidedText(class_name(item), Qt.TextElideMode.ElideRight, width)
        return f'<span style="color:{colour}">●</span> {escape(name)}'

    def _names(self) -> dict[str, tuple[str, str]]:
        """Name and hint of every tool."""
        return {
            **self._marking_names(),
            ToolName.PAN: (self.tr("Move"), self.tr("Drag to move, wheel to zoom")),
            ToolName.STYLE: (self.tr("Style reference"), self.tr("Draw a rectangle on an intact region")),
            ToolName.MEASURE: (
                self.tr("Measure"),
                self.tr("Drag between two points; enter their distance to set the scale"),
            ),
            ToolName.NOTE: (
                self.tr("Note"),
                self.tr("Click to write or edit; drag to move; Delete removes"),
            ),
            ToolName.SELECT: (
                self.tr("Select"),
                self.tr("Drag a rectangle; Shift: add; Alt or Ctrl: subtract; click: remove"),
            ),
            ToolName.SELECT_LASSO: (
                self.tr("Select"),
                self.tr("Draw around a part; Shift: add; Alt or Ctrl: subtract; click: remove"),
            ),
            ToolName.EXAMPLE: (
                self.tr("Example strokes"),
                self.tr("Paint over damage, then over intact paint; X: the other one; Esc: cancel"),
            ),
            ToolName.PICK: (self.tr("Ground colour"), self.tr("Click where the bare ground is visible")),
            ToolName.REJECT_BRUSH: (
                self.tr("Reject a part"),
                self.tr("Paint over the result; Ctrl takes back; Ctrl+J restores the part again"),
            ),
            ToolName.REJECT_LASSO: (
                self.tr("Reject a part"),
                self.tr("Draw around the part; Ctrl takes back; Ctrl+J restores the part again"),
            ),
        }

    def _marking_names(self) -> dict[str, tuple[str, str]]:
        return {
            ToolName.BRUSH: (
                self.tr("Brush"),
                self.tr("Shift: straight line; X: eraser; Esc: cancel"),
            ),
            ToolName.ERASER: (
                self.tr("Eraser"),
                self.tr("Shift: straight line; X: brush; Esc: cancel"),
            ),
            ToolName.LASSO: (
                self.tr("Lasso"),
                self.tr("Draw around the damage; Alt or Ctrl: the other effect"),
            ),
            ToolName.POLYGON: (
                self.tr("Polygon"),
                self.tr("Click the corners; Enter or a double click closes"),
            ),
            ToolName.RECTANGLE: (
                self.tr("Rectangle"),
                self.tr("Drag; Shift: square; Alt or Ctrl: the other effect"),
            ),
            ToolName.WAND: (
                self.tr("Wand"),
                self.tr("Click similar colours; drag to change the tolerance"),
            ),
            ToolName.FILL: (
                self.tr("Fill or clear"),
                self.tr("Click to give a region this class; with Alt or Ctrl to clear it"),
            ),
        }
