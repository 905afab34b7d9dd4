"""What is chosen and shown in the window; nothing of it belongs to the project."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.observable import Value
from imagest_core.painting.geometry import Box
from imagest_core.restoration.request import RestorationRequest

LARGEST_BRUSH = 4000
"""Diameter in px of the picture."""


class ToolName(StrEnum):
    """What a press of the mouse on the canvas does."""

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
    PICK = "pick"


class Compare(StrEnum):
    """How original and restored are shown together."""

    SINGLE = "single"
    SIDE = "side"
    SWIPE = "swipe"
    BLINK = "blink"
    DIFFERENCE = "difference"


class DisplayedPicture(StrEnum):
    """Which of the two a single view shows."""

    ORIGINAL = "original"
    RESTORED = "restored"


@dataclass(frozen=True, eq=False)
class Proposal:
    """Damage that would be marked: ``mask`` (h, w) bool over ``box``, in the colour of class ``label``.

    With a ``level``, a pixel of the mask stands for 2**``level`` of the picture on each side.
    """

    box: Box
    mask: NDArray[np.bool_]
    label: int
    level: int = 0


class Selection(QObject):
    """Every attribute ``x`` has a signal ``x_changed`` unless another is named."""

    tool_changed = Signal(str)
    label_changed = Signal(int)
    brush_changed = Signal(float)
    overwrite_changed = Signal(bool)
    tolerance_changed = Signal(float)
    mask_visible_changed = Signal(bool)
    zones_visible_changed = Signal(bool)
    windows_visible_changed = Signal(bool)
    provenance_visible_changed = Signal(bool)
    surround_changed = Signal(str)
    result_changed = Signal(object)
    compare_changed = Signal(str)
    shown_changed = Signal(str)
    swapped_changed = Signal(bool)
    visible_changed = Signal(object)
    proposal_changed = Signal(object)
    suggestions_changed = Signal(object)
    style_taken_changed = Signal(object)
    style_declined_changed = Signal(bool)
    windows_changed = Signal(object)
    request_changed = Signal(object)
    variations_changed = Signal(int)
    seed_locked_changed = Signal(bool)
    picked = Signal(int, int)
    """The user has picked the pixel (x, y) with the tool ``pick``."""
    reveal = Signal(object)
    """Show this box of the picture on the canvas."""

    tool = Value[str](ToolName.PAN)
    label = Value(1)
    """The damage class that tools paint."""
    brush_size = Value(24.0, "brush_changed")
    """Diameter in px of the picture."""
    overwrite_classes = Value(False, "overwrite_changed")
    tolerance = Value(12.0)
    """How far the wand lets colours differ (CIE Lab units)."""
    mask_visible = Value(True)
    zones_visible = Value(True)
    """Whether the grown zone is drawn, and the ring in which an engine's fills are blended."""
    windows_visible = Value(False)
    """Whether the windows that a restoration would use are drawn."""
    provenance_visible = Value(False)
    """Whether reconstructed pixels are hatched."""
    surround = Value("mid")
    """The grey round the picture: dark, mid, light, black or checker."""
    run: Value[int | None] = Value(None, "result_changed")
    """The run that is looked at before it is decided on; None shows what is accepted."""
    region = Value(0, "result_changed")
    """The region of that run under review, 0 for none."""
    compare = Value[str](Compare.SINGLE)
    shown = Value[str](DisplayedPicture.ORIGINAL)
    """What a single view shows, and a blinking one first."""
    swapped = Value(False)
    """Whether the restored picture is on the left where both are shown at once."""
    visible = Value(Box(0, 0, 0, 0))
    """The part of the picture that the canvas shows; the canvas sets it."""
    proposal: Value[Proposal | None] = Value(None)
    suggestions: Value[tuple[Box, ...]] = Value(())
    """Style regions the program proposes, to be taken one by one or together."""
    style_taken: Value[tuple[Box, ...]] = Value(())
    """Those a restoration takes by itself; empty where the user has chosen, or until they are known."""
    style_declined = Value(False)
    """Whether the user wants no style reference at all, not even one the program picks."""
    seed_locked = Value(True)
    """Whether the next restoration keeps the seed; else it rolls the dice first."""
    windows: Value[tuple[Box, ...]] = Value(())
    """The windows a restoration of everything would use."""
    variations = Value(1)
    """How many variations a restoration makes."""
    request = Value(RestorationRequest(engine="harmonic"))
    """How the next restoration is made."""

    def step_brush(self, larger: bool) -> None:
        """The next size up or down: about a fifth, at least a pixel."""
        size = self.brush_size
        wanted = max(size + 1, round(size * 1.2)) if larger else min(size - 1, round(size / 1.2))
        self.brush_size = float(min(max(wanted, 1), LARGEST_BRUSH))

    def swap_tool(self) -> None:
        """From brush to eraser and back."""
        self.tool = ToolName.BRUSH if self.tool == ToolName.ERASER else ToolName.ERASER

    def flip(self) -> None:
        """Original and restored exchanged: the sides where both are shown, else one for the other."""
        if self.compare in (Compare.SIDE, Compare.SWIPE):
            self.swapped = not self.swapped
        else:
            self.shown = (
                DisplayedPicture.RESTORED
                if self.shown == DisplayedPicture.ORIGINAL
                else DisplayedPicture.ORIGINAL
            )
