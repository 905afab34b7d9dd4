"""Messages of the core in the language of the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from imagest_core.messages import Message

CONTEXT = "Core"


def localized(text: str) -> str:
    """Translate a message by its template, with the messages among its arguments; other text is unchanged."""
    if not isinstance(text, Message):
        return text
    template = QCoreApplication.translate(CONTEXT, text.template)
    if not text.arguments:
        return template
    arguments = {
        name: localized(value) if isinstance(value, str) else value for name, value in text.arguments.items()
    }
    return template.format(**arguments)
