"""The names of gestures, as the history shows them, in the user's language."""

from __future__ import annotations

import re

from PySide6.QtCore import QCoreApplication

from app.i18n.noop import QT_TRANSLATE_NOOP

NAMES = (
    QT_TRANSLATE_NOOP("Gestures", "Restore with {0}"),
    QT_TRANSLATE_NOOP("Gestures", "Accept {0} regions"),
    QT_TRANSLATE_NOOP("Gestures", "Reject {0} regions"),
    QT_TRANSLATE_NOOP("Gestures", "Reconsider {0} regions"),
    QT_TRANSLATE_NOOP("Gestures", "Accept region {0}"),
    QT_TRANSLATE_NOOP("Gestures", "Reject region {0}"),
    QT_TRANSLATE_NOOP("Gestures", "Reconsider region {0}"),
    QT_TRANSLATE_NOOP("Gestures", "Add class {0}"),
    QT_TRANSLATE_NOOP("Gestures", "Rename class to {0}"),
    QT_TRANSLATE_NOOP("Gestures", "Import {0}"),
    QT_TRANSLATE_NOOP("Gestures", "Discard result"),
    QT_TRANSLATE_NOOP("Gestures", "Annotate"),
    QT_TRANSLATE_NOOP("Gestures", "Review region"),
    QT_TRANSLATE_NOOP("Gestures", "Add style region"),
    QT_TRANSLATE_NOOP("Gestures", "Move style region"),
    QT_TRANSLATE_NOOP("Gestures", "Remove style region"),
    QT_TRANSLATE_NOOP("Gestures", "Set style reference"),
    QT_TRANSLATE_NOOP("Gestures", "Use suggested style"),
    QT_TRANSLATE_NOOP("Gestures", "Trim style references"),
    QT_TRANSLATE_NOOP("Gestures", "Remove style references"),
    QT_TRANSLATE_NOOP("Gestures", "Set donor picture"),
    QT_TRANSLATE_NOOP("Gestures", "Remove donor picture"),
    QT_TRANSLATE_NOOP("Gestures", "Set scale by two points"),
    QT_TRANSLATE_NOOP("Gestures", "Set scale from the file"),
    QT_TRANSLATE_NOOP("Gestures", "Set operator"),
    QT_TRANSLATE_NOOP("Gestures", "Edit notes"),
    QT_TRANSLATE_NOOP("Gestures", "Invert mask"),
    QT_TRANSLATE_NOOP("Gestures", "Grow class"),
    QT_TRANSLATE_NOOP("Gestures", "Shrink class"),
    QT_TRANSLATE_NOOP("Gestures", "Clear class"),
    QT_TRANSLATE_NOOP("Gestures", "Clear mask"),
    QT_TRANSLATE_NOOP("Gestures", "Derive cracks"),
    QT_TRANSLATE_NOOP("Gestures", "Derive losses"),
    QT_TRANSLATE_NOOP("Gestures", "Derive difference"),
    QT_TRANSLATE_NOOP("Gestures", "Recolour class"),
    QT_TRANSLATE_NOOP("Gestures", "Lock class"),
    QT_TRANSLATE_NOOP("Gestures", "Unlock class"),
    QT_TRANSLATE_NOOP("Gestures", "Show class"),
    QT_TRANSLATE_NOOP("Gestures", "Hide class"),
    QT_TRANSLATE_NOOP("Gestures", "Fill class"),
    QT_TRANSLATE_NOOP("Gestures", "Only record class"),
)
"""As the core and the tools call them; {0} stands for a number or a name."""

_PATTERNS = [(name, re.compile(re.escape(name).replace(r"\{0\}", "(.+)"))) for name in NAMES]


def gesture_name(name: str) -> str:
    """``name`` translated; as it is where it isn't known."""
    for known, pattern in _PATTERNS:
        if (found := pattern.fullmatch(name)) is not None:
            return QCoreApplication.translate("Gestures", known).format(*found.groups())
    return name
