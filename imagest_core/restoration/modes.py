"""Modes, qualities and schedulers that several engines share."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """The goal of a fill."""

    FAITHFUL = "faithful"
    """Closest to the known samples; smooth elsewhere."""
    TEXTURED = "textured"
    """Continues the texture of the style reference."""


class Quality(StrEnum):
    """Presets of steps and scheduler."""

    DRAFT = "draft"
    STANDARD = "standard"
    FINE = "fine"


DDIM, MULTISTEP = "ddim", "dpm++2m"
SCHEDULERS = (DDIM, MULTISTEP)
"""Solvers: Song et al., ICLR 2021, the paper's; and Lu et al., 2022, for few steps."""
