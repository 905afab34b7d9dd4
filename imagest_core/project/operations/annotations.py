"""Notes at positions of the picture."""

from __future__ import annotations

import math
from dataclasses import replace

from imagest_core.errors import InputError
from imagest_core.project.operations.decisions import now
from imagest_core.project.operations.names import operation_name
from imagest_core.project.operations.settings import ChangeSetting, change_setting
from imagest_core.project.state import Annotation, Aspect, Point, State

LONGEST_TEXT = 2_000
"""Largest number of characters of a note."""


def add_annotation(state: State, position: Point, text: str) -> ChangeSetting:
    """Add a note; raises ``InputError`` if it is empty, too long or outside the picture."""
    added = Annotation(*_inside(state, position), _checked(text), state.operator, now())
    return _change(state, (*state.annotations, added), "add_annotation")


def edit_annotation(state: State, index: int, text: str) -> ChangeSetting:
    """Change the text of the note number ``index`` (from 0); raises ``InputError``."""
    edited = replace(state.annotations[index], text=_checked(text), operator=state.operator, time=now())
    return _replace(state, index, (edited,), "edit_annotation")


def move_annotation(state: State, index: int, position: Point) -> ChangeSetting:
    """Move a note; raises ``InputError`` if the position is outside the picture."""
    x, y = _inside(state, position)
    return _replace(state, index, (replace(state.annotations[index], x=x, y=y),), "move_annotation")


def remove_annotation(state: State, index: int) -> ChangeSetting:
    """Remove a note."""
    return _replace(state, index, (), "remove_annotation")


def _replace(state: State, index: int, by: tuple[Annotation, ...], name: str) -> ChangeSetting:
    before, after = state.annotations[:index], state.annotations[index + 1 :]
    return _change(state, (*before, *by, *after), name)


def _change(state: State, annotations: tuple[Annotation, ...], name: str) -> ChangeSetting:
    return change_setting(state, Aspect.ANNOTATIONS, annotations, operation_name(name))


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise InputError("A note needs a text: type one, or remove the note.")
    if len(text) > LONGEST_TEXT:
        raise InputError("The note is longer than 2,000 characters: shorten it.")
    return text


def _inside(state: State, position: Point) -> Point:
    x, y = map(float, position)
    box = state.box
    if not (math.isfinite(x) and math.isfinite(y) and 0 <= x <= box.width and 0 <= y <= box.height):
        raise InputError("A note must lie on the picture: choose a point inside it.")
    return x, y
