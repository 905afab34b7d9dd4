"""What the user has selected in the window; not part of the project."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.observable import Value
from app.palettes import MaskPalette
from imagest_core.arrays import Labels, Mask
from imagest_core.damage.selection import Selection as SelectedPart
from imagest_core.painting.geometry import Box
from imagest_core.restoration.request import RestorationRequest

RESET_BY_DOCUMENT = (
    "tool",
    "mask_visible",
    "previewed_labels",
    "zones_visible",
    "windows_visible",
    "provenance_visible",
    "probe_visible",
    "run",
    "region",
    "within",
    "layer",
    "proposal",
    "examples_visible",
    "suggestions",
    "style_taken",
    "style_declined",
    "windows",
    "variations",
    "seed_locked",
)
"""Values that a document starts with; none is carried over from the one before."""
LARGEST_BRUSH = 4000
"""Diameter in native pixels."""


class ToolName(StrEnum):
    """The tools of the canvas."""

    PAN = "pan"
    BRUSH = "brush"
    ERASER = "eraser"
    LASSO = "lasso"
    POLYGON = "polygon"
    RECTANGLE = "rectangle"
    WAND = "wand"
    FILL = "fill"
    STYLE = "style"
    MEASURE = "measure"
    NOTE = "note"
    SELECT = "select"
    SELECT_LASSO = "select_lasso"
    PICK = "pick"
    EXAMPLE = "example"
    REJECT_BRUSH = "reject_brush"
    REJECT_LASSO = "reject_lasso"


REJECT_TOOLS = (ToolName.REJECT_BRUSH, ToolName.REJECT_LASSO)
"""Tools that reject a part of the result under review."""


class SelectMode(StrEnum):
    """What a new selection does to the existing one."""

    REPLACE = "replace"
    ADD = "add"
    SUBTRACT = "subtract"


class LayerMode(StrEnum):
    """How a layer is shown over the scan."""

    BLEND = "blend"
    SWIPE = "swipe"


class ExampleBrushMode(StrEnum):
    """What the brush for example strokes marks."""

    DAMAGE = "damage"
    """The selected class."""
    INTACT = "intact"
    ERASE = "erase"
    """It removes strokes."""


class Compare(StrEnum):
    """How original and restored are compared."""

    SINGLE = "single"
    SIDE = "side"
    SWIPE = "swipe"
    BLINK = "blink"
    DIFFERENCE = "difference"
    CONTACT = "contact"
    """The variations of a region, side by side."""


class DisplayedPicture(StrEnum):
    """The picture that a single view shows."""

    ORIGINAL = "original"
    RESTORED = "restored"


@dataclass(frozen=True, eq=False)
class Proposal:
    """Damage that would be marked with class ``label``: a (h, w) ``mask`` of the native ``box``.

    Its pixels are 2**``level`` native pixels wide and high. ``labels``: (h, w) classes in place of ``label``
    if there may be several.
    """

    box: Box
    mask: Mask
    label: int
    level: int = 0
    labels: Labels | None = None

    @property
    def classes(self) -> Labels:
        """The (h, w) class of each pixel, 0 outside the mask."""
        return self.mask * np.uint8(self.label) if self.labels is None else self.labels


class Selection(QObject):
    """Every attribute ``x`` emits the signal ``x_changed`` unless its ``Value`` names another one."""

    tool_changed = Signal(str)
    label_changed = Signal(int)
    brush_changed = Signal(float)
    overwrite_changed = Signal(bool)
    subtracting_changed = Signal(bool)
    tolerance_changed = Signal(float)
    wand_growth_changed = Signal(int)
    wand_texture_changed = Signal(bool)
    example_mode_changed = Signal(str)
    examples_visible_changed = Signal(bool)
    mask_visible_changed = Signal(bool)
    previewed_labels_changed = Signal(object)
    zones_visible_changed = Signal(bool)
    windows_visible_changed = Signal(bool)
    provenance_visible_changed = Signal(bool)
    probe_visible_changed = Signal(bool)
    palette_changed = Signal(str)
    mask_hatched_changed = Signal(bool)
    scale_bar_changed = Signal(bool)
    notes_visible_changed = Signal(bool)
    surround_changed = Signal(str)
    result_changed = Signal(object)
    compare_changed = Signal(str)
    shown_changed = Signal(str)
    swapped_changed = Signal(bool)
    visible_changed = Signal(object)
    within_changed = Signal(object)
    layer_changed = Signal(str)
    layer_mode_changed = Signal(str)
    layer_opacity_changed = Signal(float)
    proposal_changed = Signal(object)
    suggestions_changed = Signal(object)
    style_taken_changed = Signal(object)
    style_declined_changed = Signal(bool)
    windows_changed = Signal(object)
    request_changed = Signal(object)
    variations_changed = Signal(int)
    seed_locked_changed = Signal(bool)
    refining_strength_changed = Signal(float)
    picked = Signal(int, int)
    """The user has picked pixel (x, y) with the tool ``pick``."""
    reveal = Signal(object)
    """Show this native box on the canvas."""
    zoom_to = Signal(object)
    """Fill the canvas with this native box."""

    tool = Value[str](ToolName.PAN)
    label = Value(1)
    """The damage class that tools paint."""
    brush_size = Value(24.0, "brush_changed")
    """Diameter in native pixels."""
    overwrite_classes = Value(False, "overwrite_changed")
    subtracting = Value(False)
    """Whether lasso, polygon, rectangle, wand and fill erase damage; Alt or Ctrl inverts it."""
    tolerance = Value(12.0)
    """Largest colour difference of the wand, in CIE Lab units."""
    wand_growth = Value(0)
    """Native pixels by which the wand's selection is dilated."""
    wand_texture = Value(False)
    """Whether the wand compares texture besides colour."""
    example_mode = Value[str](ExampleBrushMode.DAMAGE)
    """What the brush for example strokes marks."""
    examples_visible = Value(False)
    """Whether the example strokes are drawn."""
    mask_visible = Value(True)
    previewed_labels: Value[frozenset[int]] = Value(frozenset())
    """The classes whose damage isn't drawn, since the proposal shows what would become of it."""
    zones_visible = Value(True)
    """Whether the dilated margin of the mask and the blending zone are drawn."""
    windows_visible = Value(False)
    """Whether the windows of a restoration are outlined."""
    provenance_visible = Value(False)
    """Whether reconstructed pixels are hatched."""
    probe_visible = Value(False)
    """Whether a panel says where the pixel under the mouse comes from."""
    palette = Value[str](MaskPalette.CLASSES)
    """The colours in which damage is drawn."""
    mask_hatched = Value(False)
    """Whether damage is drawn as hatching, with another pattern for each class."""
    scale_bar = Value(False)
    """Whether a scale bar is drawn on the canvas."""
    notes_visible = Value(True)
    """Whether the notes on the picture are drawn."""
    surround = Value("mid")
    """The background around the picture: dark, mid, light, black or checker."""
    run: Value[int | None] = Value(None, "result_changed")
    """The run under review; None shows the accepted fills."""
    region = Value(0, "result_changed")
    """The region under review, 0 for none."""
    compare = Value[str](Compare.SINGLE)
    shown = Value[str](DisplayedPicture.ORIGINAL)
    """The picture that a single view shows, and the first one in blink mode."""
    swapped = Value(False)
    """Whether the restored picture is on the left if both are shown."""
    visible = Value(Box(0, 0, 0, 0))
    """The visible part of the picture; set by the canvas."""
    within: Value[SelectedPart | None] = Value(None)
    """The part of the picture to which detection, clean-up, statistics and restoration are limited."""
    layer = Value("")
    """The name of the layer that is shown over the scan, "" for none."""
    layer_mode = Value[str](LayerMode.BLEND)
    layer_opacity = Value(0.5)
    proposal: Value[Proposal | None] = Value(None)
    suggestions: Value[tuple[Box, ...]] = Value(())
    """Style regions that the program suggests."""
    style_taken: Value[tuple[Box, ...]] = Value(())
    """The suggestions that a restoration would use; empty if the user has chosen, or until they are known."""
    style_declined = Value(False)
    """Whether the user wants no style reference, not even a suggested one."""
    seed_locked = Value(True)
    """Whether the next restoration uses the same seed; otherwise it draws a new one."""
    refining_strength = Value(0.5)
    """How far a refined hypothesis may leave its present fill, 0–1."""
    windows: Value[tuple[Box, ...]] = Value(())
    """The windows of a restoration of all damage."""
    variations = Value(1)
    """Number of variations of a restoration."""
    request = Value(RestorationRequest("harmonic"))
    """Parameters of the next restoration."""

    def reset(self) -> None:
        """Set everything that belongs to a document to its default."""
        for name in RESET_BY_DOCUMENT:
            setattr(self, name, vars(Selection)[name].default)

    def step_brush(self, larger: bool) -> None:
        """Change the brush size by about 20 %, at least by one pixel."""
        size = self.brush_size
        target = max(size + 1, round(size * 1.2)) if larger else min(size - 1, round(size / 1.2))
        self.brush_size = float(min(max(target, 1), LARGEST_BRUSH))

    def swap_tool(self) -> None:
        """Switch between brush and eraser; with example strokes between damage and intact paint."""
        if self.tool == ToolName.EXAMPLE:
            damage = self.example_mode == ExampleBrushMode.DAMAGE
            self.example_mode = ExampleBrushMode.INTACT if damage else ExampleBrushMode.DAMAGE
            return
        self.tool = ToolName.BRUSH if self.tool == ToolName.ERASER else ToolName.ERASER

    def flip(self) -> None:
        """Exchange original and restored: their sides if both are shown, otherwise the shown picture."""
        if self.compare in (Compare.SIDE, Compare.SWIPE):
            self.swapped = not self.swapped
        else:
            self.shown = (
                DisplayedPicture.RESTORED
                if self.shown == DisplayedPicture.ORIGINAL
                else DisplayedPicture.ORIGINAL
            )
