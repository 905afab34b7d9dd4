"""A document starts with the defaults or its own stored values, never with those of the one before."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from tiny_model import tiny_checkpoint
from user import User

import resources
from app.commands import open as opening
from app.panels.restore_advanced import Advanced
from app.selection import RESET_BY_DOCUMENT, Compare, Selection, ToolName
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.settings import show_class
from imagest_core.restoration.request import RestorationRequest

OVERLAYS = {
    "mask_visible": True,
    "zones_visible": True,
    "windows_visible": False,
    "provenance_visible": False,
}


@pytest.fixture
def user(window: MainWindow, scan: Path, qtbot: QtBot) -> User:
    user = User(window, qtbot)
    user.open(scan)
    return user


def open_sample(user: User) -> None:
    opening.open_path(user.context, resources.sample_painting())
    user.until(lambda: user.document.painting.path == resources.sample_painting())
    user.shown()


def test_overlays_changed_for_one_picture_are_at_their_defaults_in_the_next(user: User) -> None:
    user.mark(Box(50, 40, 30, 20))
    for name in OVERLAYS:
        user.act(name)
    assert {name: getattr(user.context.selection, name) for name in OVERLAYS} != OVERLAYS
    open_sample(user)
    assert {name: getattr(user.context.selection, name) for name in OVERLAYS} == OVERLAYS
    assert {name: user.window.action(name).isChecked() for name in OVERLAYS} == OVERLAYS


def test_view_tool_and_class_are_not_carried_over(user: User) -> None:
    selection = user.context.selection
    user.act("difference")
    user.act("flip")
    user.act("tool_style")
    selection.label = 3
    open_sample(user)
    assert selection.compare == Compare.DIFFERENCE, "the way of comparing is the user's, not the document's"
    assert (selection.tool, selection.label) == (ToolName.PAN, 1)
    assert user.window.action("difference").isChecked()
    assert user.window.action("tool_pan").isChecked()


def test_a_class_hidden_in_its_project_is_not_selected(user: User, scan: Path) -> None:
    user.document.do(show_class(user.document.state, 1, False))
    open_sample(user)
    assert user.document.state.damage.class_of(1).visible
    user.context.settings.forget(scan)
    user.open(scan)
    assert not user.document.state.damage.class_of(1).visible
    assert user.context.selection.label == 2


def test_style_values_are_not_carried_over(user: User, tmp_path: Path, scan: Path) -> None:
    context = user.context
    toy = str(tiny_checkpoint(tmp_path / "toy"))
    context.selection.request = RestorationRequest.of("imagest", model=toy, device="cpu")
    context.selection.request = context.selection.request.changed(style_strength=0.25, detail=0.1)
    context.selection.variations, context.selection.style_declined = 4, True
    open_sample(user)
    assert context.selection.request.engine == "harmonic", "the engine that the settings start with"
    assert context.selection.variations == 1
    assert not context.selection.style_declined
    advanced = user.window.findChild(Advanced)
    assert advanced.changed_count == 0
    user.open(scan)
    assert context.selection.request.get("style_strength") == 0.25, "its own values are stored"


def test_every_value_of_a_document_has_a_default() -> None:
    selection = Selection()
    for name in RESET_BY_DOCUMENT:
        assert getattr(selection, name) == vars(Selection)[name].default
