"""Translation of operation names, as shown in the history."""

from __future__ import annotations

import re

from PySide6.QtCore import QCoreApplication

from app.i18n.noop import QT_TRANSLATE_NOOP

NAMES = (
    QT_TRANSLATE_NOOP("Operations", "Restore with {0}"),
    QT_TRANSLATE_NOOP("Operations", "Accept {0} regions"),
    QT_TRANSLATE_NOOP("Operations", "Reject {0} regions"),
    QT_TRANSLATE_NOOP("Operations", "Reconsider {0} regions"),
    QT_TRANSLATE_NOOP("Operations", "Accept region {0}"),
    QT_TRANSLATE_NOOP("Operations", "Reject region {0}"),
    QT_TRANSLATE_NOOP("Operations", "Reconsider region {0}"),
    QT_TRANSLATE_NOOP("Operations", "Add class {0}"),
    QT_TRANSLATE_NOOP("Operations", "Rename class to {0}"),
    QT_TRANSLATE_NOOP("Operations", "Import {0}"),
    QT_TRANSLATE_NOOP("Operations", "Discard result"),
    QT_TRANSLATE_NOOP("Operations", "Annotate"),
    QT_TRANSLATE_NOOP("Operations", "Review region"),
    QT_TRANSLATE_NOOP("Operations", "Add style region"),
    QT_TRANSLATE_NOOP("Operations", "Move style region"),
    QT_TRANSLATE_NOOP("Operations", "Remove style region"),
    QT_TRANSLATE_NOOP("Operations", "Set style reference"),
    QT_TRANSLATE_NOOP("Operations", "Use suggested style"),
    QT_TRANSLATE_NOOP("Operations", "Trim style references"),
    QT_TRANSLATE_NOOP("Operations", "Remove style references"),
    QT_TRANSLATE_NOOP("Operations", "Set donor picture"),
    QT_TRANSLATE_NOOP("Operations", "Remove donor picture"),
    QT_TRANSLATE_NOOP("Operations", "Set scale by two points"),
    QT_TRANSLATE_NOOP("Operations", "Set scale from the file"),
    QT_TRANSLATE_NOOP("Operations", "Set operator"),
    QT_TRANSLATE_NOOP("Operations", "Edit notes"),
    QT_TRANSLATE_NOOP("Operations", "Invert mask"),
    QT_TRANSLATE_NOOP("Operations", "Grow class"),
    QT_TRANSLATE_NOOP("Operations", "Shrink class"),
    QT_TRANSLATE_NOOP("Operations", "Clear class"),
    QT_TRANSLATE_NOOP("Operations", "Clear mask"),
    QT_TRANSLATE_NOOP("Operations", "Derive cracks"),
    QT_TRANSLATE_NOOP("Operations", "Derive losses"),
    QT_TRANSLATE_NOOP("Operations", "Derive difference"),
    QT_TRANSLATE_NOOP("Operations", "Recolour class"),
    QT_TRANSLATE_NOOP("Operations", "Lock class"),
    QT_TRANSLATE_NOOP("Operations", "Unlock class"),
    QT_TRANSLATE_NOOP("Operations", "Show class"),
    QT_TRANSLATE_NOOP("Operations", "Hide class"),
    QT_TRANSLATE_NOOP("Operations", "Fill class"),
    QT_TRANSLATE_NOOP("Operations", "Only record class"),
)
"""Names given by the core and the tools; {0} stands for a number or a name."""

_PATTERNS = [(name, re.compile(re.escape(name).replace(r"\{0\}", "(.+)"))) for name in NAMES]


def operation_name(name: str) -> str:
    """Translate ``name``; unknown names are returned unchanged."""
    for known, pattern in _PATTERNS:
        if (match := pattern.fullmatch(name)) is not None:
            return QCoreApplication.translate("Operations", known).format(*match.groups())
    return name
