"""Whether damage may be marked now; what is marked or filled is always visible."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.context import Context
from app.i18n.class_names import class_name
from imagest_core.project.operations.settings import show_class

translate = QCoreApplication.translate


def may_mark(context: Context, label: int) -> bool:
    """Whether damage of class ``label`` (0 erases) can be marked; if not the user is told why.

    A hidden mask or class is shown first: nothing is ever marked that isn't seen.
    """
    document = context.document
    if document is None:
        return False
    if document.read_only:
        context.messages.warn(document.read_only)
        return False
    context.selection.mask_visible = True
    return not label or _shown(context, label)


def _shown(context: Context, label: int) -> bool:
    """Whether the class exists and is visible, which it is made if need be."""
    assert context.document is not None
    state = context.document.state
    item = next((known for known in state.damage.classes if known.label == label), None)
    if item is None:
        context.messages.warn(
            translate("Marking", "This damage class no longer exists: choose one from the list of classes.")
        )
        return False
    if not item.visible:
        if not context.do(show_class(state, label, True)):
            return False
        told = translate("Marking", "“{0}” is visible again, because damage is marked with it.")
        context.messages.say(told.format(class_name(item)))
    return True


def show_filled(context: Context) -> None:
    """Show the hidden classes whose damage a restoration fills, and say so."""
    if context.document is None:
        return
    damage = context.document.state.damage
    for item in damage.classes:
        if item.filled and not item.visible and damage.has(item.label):
            if not context.do(show_class(context.document.state, item.label, True)):
                return
            told = translate("Marking", "“{0}” is visible again, because its damage is filled.")
            context.messages.say(told.format(class_name(item)))
