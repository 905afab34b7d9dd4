"""Check whether damage may be marked, and show hidden classes before they are marked or filled."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.context import Context
from app.i18n.class_names import class_name
from app.messages import MessageAction
from imagest_core.project.operations.settings import show_class

translate = QCoreApplication.translate


def may_mark(context: Context, label: int) -> bool:
    """Return whether damage of class ``label`` (0 erases) can be marked; if not, report why.

    A hidden mask or class is shown first, so that nothing is marked invisibly.
    """
    document = context.document
    if document is None:
        return False
    if document.read_only:
        context.messages.warn(document.read_only, topic="read-only")
        return False
    context.selection.mask_visible = True
    return not label or _ensure_visible(context, label)


def _ensure_visible(context: Context, label: int) -> bool:
    """Show the class if it is hidden; return whether it exists and is visible."""
    assert context.document is not None
    state = context.document.state
    item = next((item for item in state.damage.classes if item.label == label), None)
    if item is None:
        context.messages.warn(
            translate("Marking", "This damage class no longer exists: choose one from the list of classes."),
            topic="edit",
        )
        return False
    if not item.visible:
        if not context.do(show_class(state, label, True)):
            return False
        sentence = translate(
            "Marking", "The class “{0}” is shown again because you are marking damage with it."
        )
        context.messages.say(sentence.format(class_name(item)))
    return True


def rim_action(context: Context, *labels: int) -> MessageAction | None:
    """Return the button *Clean rim* after damage of classes ``labels`` was marked; None if none is filled."""
    document = context.document
    if document is None or not any(
        item.label in labels and item.filled for item in document.state.damage.classes
    ):
        return None
    return MessageAction(translate("Restoring", "Clean rim"), context.rim_requested.emit)


def note_protected(context: Context) -> None:
    """Report that protected pixels were left out of what was just marked."""
    context.messages.say(
        translate("Marking", "Protected pixels were left out. Erase the protection first to mark them."),
        topic="protected",
    )


def show_filled(context: Context) -> None:
    """Show hidden classes whose damage will be filled, and report it."""
    if context.document is None:
        return
    damage = context.document.state.damage
    for item in damage.classes:
        if item.filled and not item.visible and damage.has(item.label):
            if not context.do(show_class(context.document.state, item.label, True)):
                return
            sentence = translate(
                "Marking", "The class “{0}” is shown again because its damage will be filled."
            )
            context.messages.say(sentence.format(class_name(item)))
