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


DDIM, MULTISTEP, KARRAS, UNIPC, LCM = "ddim", "dpm++2m", "dpm++2m-karras", "unipc", "lcm"
SCHEDULERS = (DDIM, MULTISTEP, KARRAS, UNIPC, LCM)
"""Solvers: Song et al., ICLR 2021, the paper's; Lu et al., 2022, for few steps, also with the noise levels of
Karras et al., 2022; Zhao et al., 2023; and consistency sampling (Luo et al., 2023) for distilled models."""
