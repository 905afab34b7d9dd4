"""Suggested style regions equal those that a restoration uses, and never overlap damage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from tiny_model import tiny_checkpoint
from user import User

from app.document import OpenDocument
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.operations import settings
from imagest_core.restoration.modes import Mode
from imagest_core.restoration.record import RestorationRecord
from imagest_core.restoration.request import RestorationRequest
from imagest_core.style.reference import StyleReference
from imagest_core.style.suggest import suggest_regions

Settle = Callable[[], None]


@pytest.fixture
def user(
    window: MainWindow, opened: OpenDocument, tmp_path: Path, qtbot: QtBot, settle: Settle
) -> Iterator[User]:
    """A user who restores with a network at toy size."""
    from imagest_core.models.cache import loaded_models

    window.context.selection.request = RestorationRequest.of(
        engine="imagest", model=str(tiny_checkpoint(tmp_path / "toy")), steps=1, device="cpu"
    )
    made = User(window, qtbot)
    made.shown()
    yield made
    loaded_models.clear()


def frames(user: User) -> tuple[Box, ...]:
    """What is outlined on the canvas as picked by the program."""
    polygons = user.view.guides.suggestions.path.toSubpathPolygons()
    return tuple(Box(*(round(v) for v in p.boundingRect().getRect())) for p in polygons)


def restored(user: User) -> StyleReference | None:
    """Restore everything; the style in the record of the run that is made."""
    user.act("restore_all")
    user.settle()
    run = user.document.state.runs[max(user.document.state.runs)]
    return RestorationRecord.from_json(run.content.record()).style


def test_outlined_regions_equal_those_in_the_record(user: User) -> None:
    assert frames(user) == ()
    user.mark(Box(50, 40, 30, 20))
    user.until(lambda: frames(user))
    shown = frames(user)
    assert shown == suggest_regions(user.document.painting, user.document.state.damage)
    assert restored(user) == StyleReference(shown, suggested=True)


def test_damage_painted_over_a_suggestion_moves_it(user: User) -> None:
    user.mark(Box(50, 40, 30, 20))
    user.until(lambda: frames(user))
    before = frames(user)
    hit = before[0]
    user.mark(Box(hit.x + 8, hit.y + 8, 10, 10))
    damage = user.document.state.damage
    assert hit not in frames(user)
    assert hit not in user.context.selection.suggestions
    assert not any(damage.dilated(3).read(box).any() for box in frames(user))
    first = restored(user)  # at once: the frames may not be there yet
    user.until(lambda: frames(user))
    assert first == StyleReference(frames(user), suggested=True)
    assert not any(damage.dilated(3).read(box).any() for box in frames(user))
    user.press("Ctrl+Z")
    user.press("Ctrl+Z")
    user.until(lambda: frames(user) == before)


def test_a_chosen_reference_hides_the_suggestions(user: User) -> None:
    user.mark(Box(50, 40, 30, 20))
    user.until(lambda: len(frames(user)) > 1)
    offered = frames(user)
    user.window.style_panel.accept_suggestion(offered[1])
    assert frames(user) == ()
    assert restored(user) == StyleReference((offered[1],))
    user.window.style_panel.remove_all()
    assert frames(user) == offered


def test_declined_suggestions_are_not_used(user: User) -> None:
    user.mark(Box(50, 40, 30, 20))
    user.until(lambda: frames(user))
    none = next(b for b in user.window.style_panel.findChildren(QPushButton) if b.text() == "Use none")
    user.click(none)
    assert frames(user) == ()
    assert restored(user) is None
    user.act("suggest_style")
    user.until(lambda: frames(user))


def test_no_suggestions_without_style_support(user: User) -> None:
    user.mark(Box(50, 40, 30, 20))
    user.until(lambda: frames(user))
    selection, shown = user.context.selection, frames(user)
    textured = selection.request
    selection.request = textured.changed(mode=Mode.FAITHFUL)
    assert frames(user) == ()
    assert restored(user) is None
    selection.request = textured.changed(engine="harmonic")
    assert frames(user) == ()
    selection.request = textured
    assert frames(user) == shown


def test_an_opened_project_with_damage_shows_suggestions(user: User) -> None:
    user.mark(Box(50, 40, 30, 20))
    user.until(lambda: frames(user))
    shown = frames(user)
    user.document.do(settings.set_operator(user.document.state, "A. Nobody"))
    handed, request = user.document.transferred(), user.context.selection.request
    user.context.set_document(handed)
    assert frames(user) == ()
    user.context.selection.request = request
    user.until(lambda: frames(user) == shown)
