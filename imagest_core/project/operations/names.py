"""Names of operations: an id and arguments, which the project file stores, and an English template.

The window shows a name in its language by translating the template. Ids stay when templates change.
"""

from __future__ import annotations

import re
from functools import cache
from string import Formatter

from imagest_core.messages import Message
from imagest_core.project.storage.codec import dumps, loads
from imagest_core.project.storage.unpack import INVALID_DATA

NAMES = {
    "restore": "Restore with {engine}",
    "discard_result": "Discard result",
    "restore_result": "Bring back result",
    "accept_regions": "Accept {count} regions",
    "accept_region": "Accept region {number}",
    "reject_regions": "Reject {count} regions",
    "reject_region": "Reject region {number}",
    "reconsider_regions": "Reconsider {count} regions",
    "reconsider_region": "Reconsider region {number}",
    "reject_part": "Reject part of result {number}",
    "take_back_part": "Take back part of result {number}",
    "accept_variation": "Accept a variation",
    "annotate": "Annotate",
    "review_region": "Review region",
    "brush": "Brush stroke",
    "erase": "Erase",
    "outline": "Outline",
    "lasso": "Lasso",
    "rectangle": "Rectangle",
    "polygon": "Polygon",
    "wand": "Wand",
    "fill_region": "Fill region",
    "clear_region": "Clear region",
    "change_class_of_region": "Change class of region",
    "import_mask": "Import {file}",
    "invert_mask": "Invert mask",
    "clear_mask": "Clear mask",
    "grow_class": "Grow class",
    "shrink_class": "Shrink class",
    "clear_class": "Clear class",
    "derive_cracks": "Derive cracks",
    "derive_losses": "Derive losses",
    "derive_difference": "Derive difference",
    "clean_rim": "Clean rim",
    "example_stroke": "Example stroke",
    "clear_examples": "Clear example strokes",
    "derive_examples": "Derive from strokes",
    "load_damage_model": "Load damage model {file}",
    "forget_damage_model": "Remove damage model",
    "add_class": "Add class {name}",
    "rename_class": "Rename class to {name}",
    "recolour_class": "Recolour class",
    "lock_class": "Lock class",
    "unlock_class": "Unlock class",
    "show_class": "Show class",
    "hide_class": "Hide class",
    "fill_class": "Fill class",
    "record_class": "Only record class",
    "protect_class": "Protect class",
    "set_style": "Set style reference",
    "use_suggested_style": "Use suggested style",
    "add_style_region": "Add style region",
    "move_style_region": "Move style region",
    "remove_style_region": "Remove style region",
    "trim_style": "Trim style references",
    "remove_style": "Remove style references",
    "set_donor": "Set donor picture",
    "remove_donor": "Remove donor picture",
    "add_layer": "Add layer {name}",
    "remove_layer": "Remove layer {name}",
    "calibrate": "Set scale by two points",
    "set_scale": "Set scale from the file",
    "set_operator": "Set operator",
    "set_notes": "Edit notes",
    "add_annotation": "Add note to the picture",
    "edit_annotation": "Edit note on the picture",
    "move_annotation": "Move note on the picture",
    "remove_annotation": "Remove note from the picture",
}
"""The English template of every id."""

_IDS = {name: key for key, name in NAMES.items()}


def operation_name(key: str, /, **arguments: str | int) -> Message:
    """Return the name with the id ``key``; raises ``KeyError`` if there is none."""
    return Message(NAMES[key], **arguments)


def encode_name(name: str) -> str:
    """Return ``name`` as it is stored: JSON with its id, its arguments and the English text.

    A name without an id is stored as it is.
    """
    key = _IDS.get(name.template) if isinstance(name, Message) else None
    if key is None or not isinstance(name, Message):
        return str(name)
    return dumps({"id": key, "arguments": dict(name.arguments), "text": str(name)})


def decode_name(stored: str) -> str:
    """Return a stored name: with its id where it is known, else as text.

    Files of earlier versions contain English names, which are recognised by their templates.
    """
    if not stored.startswith('{"id":'):
        return _recognised(stored)
    try:
        data = loads(stored)
        return _known(data["id"], data["arguments"]) or str(data["text"])
    except INVALID_DATA:
        return stored


def _known(key: str, arguments: dict[str, str | int]) -> Message | None:
    fields = {name for _, name, _, _ in Formatter().parse(NAMES.get(key, "")) if name}
    if key not in NAMES or not all(isinstance(arguments.get(name), str | int) for name in fields):
        return None
    return operation_name(key, **{name: arguments[name] for name in fields})


def _recognised(text: str) -> str:
    for key, pattern in _patterns():
        if (match := pattern.fullmatch(text)) is not None:
            return operation_name(key, **match.groupdict())
    return text


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    def pattern(name: str) -> re.Pattern[str]:
        return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(name)), re.DOTALL)

    return tuple((key, pattern(name)) for key, name in NAMES.items())
