"""The texts that parameters carry in the core, listed for translation.

A test compares the list with the parameters of all engines.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.i18n.noop import QT_TRANSLATE_NOOP

CONTEXT = "Parameters"


def parameter_text(text: str) -> str:
    """A label or help text of the core in the language of the window."""
    return QCoreApplication.translate(CONTEXT, text) if text else ""


TEXTS = (
    QT_TRANSLATE_NOOP("Parameters", "Seed"),
    QT_TRANSLATE_NOOP("Parameters", "The same seed gives the same fill."),
    QT_TRANSLATE_NOOP("Parameters", "Variation"),
    QT_TRANSLATE_NOOP("Parameters", "Another fill of the same seed."),
    QT_TRANSLATE_NOOP("Parameters", "Mask margin"),
    QT_TRANSLATE_NOOP("Parameters", "Widens the mask over its uncertain boundary (dilation)."),
    QT_TRANSLATE_NOOP("Parameters", "Transition"),
    QT_TRANSLATE_NOOP("Parameters", "Width of the transition inside the margin (blend)."),
    QT_TRANSLATE_NOOP("Parameters", "Context"),
    QT_TRANSLATE_NOOP("Parameters", "Intact border around damage, as a share of its size."),
    QT_TRANSLATE_NOOP("Parameters", "Large damage"),
    QT_TRANSLATE_NOOP("Parameters", "How damage larger than a tile is filled."),
    QT_TRANSLATE_NOOP("Parameters", "coarse first, then refined"),
    QT_TRANSLATE_NOOP("Parameters", "at the scan's own scale"),
    QT_TRANSLATE_NOOP("Parameters", "Tiles at once"),
    QT_TRANSLATE_NOOP("Parameters", "Tiles that a GPU computes at once (batch size); a CPU computes one."),
    QT_TRANSLATE_NOOP("Parameters", "as memory allows"),
    QT_TRANSLATE_NOOP("Parameters", "Device"),
    QT_TRANSLATE_NOOP("Parameters", "Where the network runs."),
    QT_TRANSLATE_NOOP("Parameters", "Automatic"),
    QT_TRANSLATE_NOOP("Parameters", "CPU"),
    QT_TRANSLATE_NOOP("Parameters", "CUDA GPU"),
    QT_TRANSLATE_NOOP("Parameters", "Model"),
    QT_TRANSLATE_NOOP("Parameters", "Name or folder of the weights."),
    QT_TRANSLATE_NOOP("Parameters", "Mode"),
    QT_TRANSLATE_NOOP("Parameters", "What a fill aims for."),
    QT_TRANSLATE_NOOP("Parameters", "Faithful"),
    QT_TRANSLATE_NOOP("Parameters", "Closest to what is known; smooth where nothing is"),
    QT_TRANSLATE_NOOP("Parameters", "Textured"),
    QT_TRANSLATE_NOOP("Parameters", "Continues the texture of the style reference"),
    QT_TRANSLATE_NOOP("Parameters", "Quality"),
    QT_TRANSLATE_NOOP("Parameters", "Preset of sampling steps and texture search."),
    QT_TRANSLATE_NOOP("Parameters", "Draft"),
    QT_TRANSLATE_NOOP("Parameters", "Least texture search: to see where it goes"),
    QT_TRANSLATE_NOOP("Parameters", "Standard"),
    QT_TRANSLATE_NOOP("Parameters", "For most work"),
    QT_TRANSLATE_NOOP("Parameters", "Fine"),
    QT_TRANSLATE_NOOP("Parameters", "Most steps and texture search: for the last run"),
    QT_TRANSLATE_NOOP("Parameters", "Steps"),
    QT_TRANSLATE_NOOP("Parameters", "Sampling steps."),
    QT_TRANSLATE_NOOP("Parameters", "by quality"),
    QT_TRANSLATE_NOOP("Parameters", "Sampling method"),
    QT_TRANSLATE_NOOP("Parameters", "Solver of the sampling (scheduler)."),
    QT_TRANSLATE_NOOP("Parameters", "DPM-Solver++, for few steps"),
    QT_TRANSLATE_NOOP("Parameters", "DDIM, the paper's"),
    QT_TRANSLATE_NOOP("Parameters", "Style strength"),
    QT_TRANSLATE_NOOP(
        "Parameters", "Weight of the style reference; a reference that you choose also changes colours."
    ),
    QT_TRANSLATE_NOOP("Parameters", "Style emphasis"),
    QT_TRANSLATE_NOOP(
        "Parameters",
        "Exaggeration of the style (guidance scale); values other than 1 take twice as long.",
    ),
    QT_TRANSLATE_NOOP("Parameters", "Detail"),
    QT_TRANSLATE_NOOP("Parameters", "Share of the texture of intact paint that a fill takes."),
    QT_TRANSLATE_NOOP("Parameters", "Prompt"),
    QT_TRANSLATE_NOOP("Parameters", "What is lost, in words."),
)
"""Labels, help texts, choices and automatic values of every parameter."""
