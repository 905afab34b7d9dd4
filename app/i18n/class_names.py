"""Names of damage classes in the user's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.i18n.noop import QT_TRANSLATE_NOOP
from imagest_core.damage.classes import DamageClass


def class_name(item: DamageClass) -> str:
    """The name of a damage class; built-in names are translated."""
    known = (
        QT_TRANSLATE_NOOP("Classes", "loss"),
        QT_TRANSLATE_NOOP("Classes", "crack"),
        QT_TRANSLATE_NOOP("Classes", "abrasion"),
        QT_TRANSLATE_NOOP("Classes", "stain"),
        QT_TRANSLATE_NOOP("Classes", "tear"),
        QT_TRANSLATE_NOOP("Classes", "overpaint"),
        QT_TRANSLATE_NOOP("Classes", "protected"),
    )
    return QCoreApplication.translate("Classes", item.name) if item.name in known else item.name
