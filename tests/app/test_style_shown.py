"""The style regions that are outlined are those a restoration takes, and never lie on damage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hands import Hands
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from tiny_model import tiny_checkpoint

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
def hands(
    window: MainWindow, opened: OpenDocument, tmp_path: Path, qtbot: QtBot, settle: Settle
) -> Iterator[Hands]:
    """A user who restores with a network at toy size."""
    from imagest_core.models.imagest.backbone import cache

    window.context.selection.request = RestorationRequest.of(
        engine="imagest", model=str(tiny_checkpoint(tmp_path / "toy")), steps=1, device="cpu"
    )
    made = Hands(window, qtbot)
    made.shown()
    yield made
    cache.clear()


def frames(hands: Hands) -> tuple[Box, ...]:
    """What is outlined on the canvas as picked by the program."""
    polygons = hands.view.guides.suggestions.path.toSubpathPolygons()
    return tuple(Box(*(round(v) for v in p.boundingRect().getRect())) for p in polygons)


def restored(hands: Hands) -> StyleReference | None:
    """Restore everything; the style in the record of the run that is made."""
    hands.act("restore_all")
    hands.settle()
    run = hands.document.state.runs[max(hands.document.state.runs)]
    return RestorationRecord.from_json(run.content.record()).style


def test_what_is_outlined_is_what_the_record_says(hands: Hands) -> None:
    assert frames(hands) == ()
    hands.mark(Box(50, 40, 30, 20))
    hands.until(lambda: frames(hands))
    shown = frames(hands)
    assert shown == suggest_regions(hands.document.painting, hands.document.state.damage)
    assert restored(hands) == StyleReference(shown, suggested=True)


def test_damage_painted_over_a_frame_moves_it_at_once(hands: Hands) -> None:
    hands.mark(Box(50, 40, 30, 20))
    hands.until(lambda: frames(hands))
    before = frames(hands)
    hit = before[0]
    hands.mark(Box(hit.x + 8, hit.y + 8, 10, 10))
    damage = hands.document.state.damage
    assert hit not in frames(hands)
    assert hit not in hands.context.selection.suggestions
    assert not any(damage.dilated(3).read(box).any() for box in frames(hands))
    first = restored(hands)  # at once: the frames may not be there yet
    hands.until(lambda: frames(hands))
    assert first == StyleReference(frames(hands), suggested=True)
    assert not any(damage.dilated(3).read(box).any() for box in frames(hands))
    hands.press("Ctrl+Z")
    hands.press("Ctrl+Z")
    hands.until(lambda: frames(hands) == before)


def test_a_chosen_reference_takes_the_frames_away(hands: Hands) -> None:
    hands.mark(Box(50, 40, 30, 20))
    hands.until(lambda: len(frames(hands)) > 1)
    offered = frames(hands)
    hands.window.style_panel.accept_suggestion(offered[1])
    assert frames(hands) == ()
    assert restored(hands) == StyleReference((offered[1],))
    hands.window.style_panel.remove_all()
    assert frames(hands) == offered


def test_none_wanted_is_none_used(hands: Hands) -> None:
    hands.mark(Box(50, 40, 30, 20))
    hands.until(lambda: frames(hands))
    none = next(b for b in hands.window.style_panel.findChildren(QPushButton) if b.text() == "Use none")
    hands.click(none)
    assert frames(hands) == ()
    assert restored(hands) is None
    hands.act("suggest_style")
    hands.until(lambda: frames(hands))


def test_an_engine_or_mode_without_style_has_no_frames(hands: Hands) -> None:
    hands.mark(Box(50, 40, 30, 20))
    hands.until(lambda: frames(hands))
    selection, shown = hands.context.selection, frames(hands)
    textured = selection.request
    selection.request = textured.changed(mode=Mode.FAITHFUL)
    assert frames(hands) == ()
    assert restored(hands) is None
    selection.request = textured.changed(engine="harmonic")
    assert frames(hands) == ()
    selection.request = textured
    assert frames(hands) == shown


def test_a_project_opened_with_damage_shows_what_it_would_take(hands: Hands) -> None:
    hands.mark(Box(50, 40, 30, 20))
    hands.until(lambda: frames(hands))
    shown = frames(hands)
    hands.document.do(settings.set_operator(hands.document.state, "A. Nobody"))
    handed = hands.document.transferred()
    hands.context.set_document(handed)
    assert frames(hands) == ()
    hands.until(lambda: frames(hands) == shown)
