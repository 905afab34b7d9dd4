"""The probe: a line in the status bar over filled pixels, and a panel with everything known."""

from __future__ import annotations

from pathlib import Path

import pytest
from mouse import Mouse
from PySide6.QtCore import QPoint, QRect
from pytestqt.qtbot import QtBot
from user import User

from app.compare.probe import ProbePanel
from app.i18n.provenance_texts import fill_rows, window_text
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.probe import FillProvenance, WindowProvenance
from imagest_core.style.reference import StyleReference

LOSS = Box(50, 40, 30, 20)
INSIDE, OUTSIDE = (65, 50), (10, 10)


@pytest.fixture
def user(window: MainWindow, scan: Path, qtbot: QtBot) -> User:
    made = User(window, qtbot)
    window.resize(1264, 672)
    made.open(scan)
    made.mark(LOSS)
    made.act("restore_all")
    made.settle()
    made.until(lambda: made.document.state.runs)
    made.context.selection.run = 1
    return made


def point_at(user: User, point: tuple[int, int]) -> None:
    Mouse(user.view).move(*user.at((point[0] + 0.5, point[1] + 0.5)), down=False)


def panel(user: User) -> ProbePanel:
    return user.window.area.probe_panel


def test_the_status_bar_names_the_result_over_filled_pixels(user: User) -> None:
    origin = user.window.status.origin
    point_at(user, INSIDE)
    user.until(lambda: origin.text() == "Result 1 · harmonic · under review")
    user.act("accept_run")
    user.until(lambda: origin.text() == "Result 1 · harmonic · accepted")
    user.act("show_accepted")
    user.until(lambda: origin.text() == "Result 1 · harmonic · accepted")
    point_at(user, OUTSIDE)
    user.until(lambda: origin.text() == "")
    assert not panel(user).isVisible()


def test_the_panel_does_not_cover_the_overview_beside_another_view(user: User) -> None:
    area = user.window.area
    user.press("I")
    user.press("Alt+2")
    user.until(area.second.isVisible)
    user.view.zoom_to(4.0)
    user.until(area.view.overview.isVisible)
    corner = area.view.overview.mapTo(area, QPoint(0, 0))
    assert not panel(user).geometry().intersects(QRect(corner, area.view.overview.size()))
    assert area.rect().contains(panel(user).geometry())
    user.press("Alt+1")
    assert panel(user).x() < 40


def test_the_panel_is_switched_by_its_key(user: User) -> None:
    user.press("I")
    assert user.window.action("probe_visible").isChecked()
    assert panel(user).isVisible()
    assert "Point at a pixel" in panel(user).text()
    point_at(user, INSIDE)
    user.until(lambda: "from the scan" in panel(user).text())
    assert "1, region 1, under review" in panel(user).text()
    assert "full size" in panel(user).text()
    user.act("accept_run")
    user.until(lambda: "from result 1" in panel(user).text())
    point_at(user, OUTSIDE)
    user.until(lambda: "No result has filled this pixel" in panel(user).text())
    assert user.window.area.rect().contains(panel(user).geometry())
    user.press("I")
    assert not panel(user).isVisible()


def test_probe_works_beside_and_in_the_contact_view(user: User) -> None:
    user.press("I")
    user.press("C")
    user.until(lambda: user.window.area.contact is not None)
    contact = user.window.area.contact
    assert contact is not None
    view = contact.cells[1].view
    user.until(lambda: view.visible_box().contains(LOSS))
    at = view.viewportTransform().map(*INSIDE)
    Mouse(view).move(round(at[0]), round(at[1]), down=False)
    user.until(lambda: "region 1, under review" in panel(user).text())
    assert panel(user).isVisible()
    title = contact.title
    hint = QRect(title.mapTo(user.window.area, QPoint(0, 0)), title.size())
    assert not panel(user).geometry().intersects(hint)


def test_a_rejected_part_shows_the_scan(user: User) -> None:
    user.press("Shift+J")
    user.view.fit()
    user.draw((40, 30), (65, 30), (65, 70), (40, 70))
    user.press("I")
    point_at(user, (55, 50))
    user.until(lambda: "part rejected" in panel(user).text())
    assert user.window.status.origin.text() == ""


def test_probe_describes_a_textured_fill() -> None:
    fill = FillProvenance(
        run=3,
        region=2,
        verdict="undecided",
        used=False,
        engine="imagest",
        mode="textured",
        model="imagest",
        seed=7,
        variation=1,
        time="",
        operator="",
        filled_by="an anisotropic spline; in thick damage a share of diffusion samples; texture of …",
        texture=0.9,
        style=StyleReference((Box(1, 2, 30, 40),), suggested=True),
        windows=(WindowProvenance(Box(0, 0, 256, 256), 2, {"sampled": "12% of the damage"}),),
        distance=4.0,
        blended=False,
        base=1,
    )
    rows = dict(fill_rows(fill))
    assert rows["Result"] == "3, region 2, under review, part of result 1 restored again"
    assert rows["Fill"] == "Textured · imagest"
    assert "texture of intact paint (0.9)" in rows["Made of"]
    assert rows["Seed / variation"] == "7 / 1"
    assert rows["Style"] == "30 × 40 @ 1, 2 (suggested)"
    assert rows["Tile"] == "256 × 256 px · 1/2 of the size · diffusion samples in 12% of its damage"
    assert (
        window_text(WindowProvenance(Box(0, 0, 9, 9), 1, {"other": "x"})) == "9 × 9 px · full size · other: x"
    )
