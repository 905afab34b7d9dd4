"""Random work in the window, reproducible by seed: invariants always hold."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mouse import Mouse
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QSize
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QToolButton
from shown import BLOCK, block_colours, covers_of, painted, write_blocks
from user import User

from app.canvas.view import CanvasView
from app.commands import open as opening
from app.faults import faults
from app.selection import Compare, DisplayedPicture
from imagest_core.painting.geometry import Box
from imagest_core.project.composed_fills import fills_under_review
from imagest_core.project.state import State

STEPS = 60
COLUMNS, ROWS = 16, 10
TOOLS = "BBBERLWGS"
COMMANDS = (
    "undo",
    "undo",
    "redo",
    "clear_all",
    "invert",
    "accept_run",
    "next_region",
    "reject_region",
    "flip",
    "contact",
)
COMPARES = (Compare.SINGLE, Compare.SIDE)


class Monkey:
    """Performs random user actions."""

    def __init__(self, user: User, scans: list[Path], seed: int) -> None:
        self.user, self.scans, self.random = user, scans, random.Random(seed)
        self.acts: list[Callable[[], None]] = [self.draw] * 4 + [self.command] * 4
        self.acts += [
            self.classes,
            self.add_class,
            self.restore,
            self.compare,
            self.reject_part,
            self.look,
            self.open,
            self.resize,
        ]

    def step(self) -> None:
        self.random.choice(self.acts)()
        QApplication.processEvents()

    def draw(self) -> None:
        """A stroke with a random tool, during which something else may happen."""
        view = self.user.view
        size, mouse = view.viewport().size(), Mouse(view)
        self.user.press(self.random.choice(TOOLS))
        points = [
            (self.random.randrange(size.width()), self.random.randrange(size.height())) for _ in range(3)
        ]
        mouse.press(*points[0])
        for point in points[1:]:
            mouse.move(*point)
            if self.random.random() < 0.15:
                self.random.choice((self.command, self.restore, self.compare, self.open))()
        mouse.release(*points[-1])

    def command(self) -> None:
        action = self.user.window.action(self.random.choice(COMMANDS))
        if action.isEnabled():
            action.trigger()

    def classes(self) -> None:
        """Change the policy, visibility or lock of a random class."""
        found = self.user.window.damage.classes.findChildren(QToolButton)
        self.random.choice([one for one in found if not one.accessibleName().startswith("Colour")]).click()

    def add_class(self) -> None:
        self.user.window.damage.classes.add()

    def restore(self) -> None:
        if self.user.window.action("restore_all").isEnabled():
            self.user.window.action("restore_all").trigger()
        if self.random.random() < 0.3:
            self.user.context.jobs.cancel()

    def compare(self) -> None:
        self.user.context.selection.compare = self.random.choice(COMPARES)

    def reject_part(self) -> None:
        """Reject a part of the result under review, or take it back."""
        if not self.user.window.action("tool_reject_brush").isEnabled():
            return
        self.user.window.action("tool_reject_brush").trigger()
        size, mouse = self.user.view.viewport().size(), Mouse(self.user.view)
        mouse.drag(
            *((self.random.randrange(size.width()), self.random.randrange(size.height())) for _ in range(3))
        )
        self.user.window.action("tool_pan").trigger()

    def look(self) -> None:
        self.random.choice((self.user.view.fit, lambda: self.user.view.zoom_to(1.0)))()

    def open(self) -> None:
        """Open one of the scans, perhaps the current one."""
        if not self.user.context.jobs.busy:
            opening.open_path(self.user.context, self.random.choice(self.scans))

    def resize(self) -> None:
        self.user.window.resize(self.random.choice((1264, 1000, 1424)), self.random.choice((672, 852)))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_invariants_hold_during_random_work(
    user: User, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("wax", True))
    scans = [write_blocks(tmp_path / f"{n}.tif", block_colours(n, COLUMNS, ROWS)) for n in (1, 2)]
    found: list[BaseException] = []
    faults.listen(found.append)
    user.open(scans[0])
    user.choose("Engine", "harmonic")
    monkey = Monkey(user, scans, seed)
    for step in range(STEPS):
        monkey.step()
        if step % 10 == 9:
            rest(user)
            check(user)
    faults.forget(found.append)
    assert not found
    assert not [message.sentence for message in user.said if "fault of this program" in message.sentence]
    before = kept(user.document.state)
    path = user.document.painting.path
    opening.close(user.context)
    user.open(path)
    assert kept(user.document.state) == before


def rest(user: User) -> None:
    """Wait until all work has finished."""
    area, background = user.window.area, user.context.background
    user.settle()
    user.until(lambda: area.layers is not None and area.layers.complete and area.restored is not None)
    user.until(lambda: background.resting and not background._latest and not area.restored.busy)
    QTest.qWait(30)


def check(user: User) -> None:
    """Check the invariants."""
    window, selection, state = user.window, user.context.selection, user.document.state
    labels = {item.label for item in state.damage.classes}
    assert not user.document.read_only
    assert user.document.document.gesture is None
    assert user.context.free
    assert selection.label in labels
    assert selection.run is None or selection.run in state.runs
    assert set(state.damage.counts()) <= labels
    assert window.action(f"tool_{selection.tool}").isChecked()
    assert window.action(selection.compare).isChecked()
    assert window.screen().availableGeometry().contains(window.frameGeometry())
    assert window.status.isVisible()
    assert window.rect().contains(window.status.geometry())
    for view in (window.area.view, window.area.second):
        if view.isVisible():
            assert_shown(user, view)


def assert_shown(user: User, view: CanvasView) -> None:
    """Wait up to two seconds until the view is drawn, and check what it shows."""
    for _ in range(20):
        if not (found := wrong(user, view)):
            return
        QTest.qWait(100)
    assert not found


def wrong(user: User, view: CanvasView) -> list[str]:
    """Centres of visible blocks whose colour on the screen differs from picture, fills and mask."""
    selection, document, box = user.context.selection, user.document, user.document.state.box
    beside = selection.compare == Compare.SIDE
    restored = (
        (view is user.view) == selection.swapped if beside else selection.shown == DisplayedPicture.RESTORED
    )
    samples = document.painting.read(box)
    if restored:
        samples = fills_under_review(document.state, document.run(selection.run)).composite(samples, box)
    picture, labels = samples / 257, document.state.damage.read(box)
    classes = {item.label: item for item in document.state.damage.classes}
    pixels, found, covers = painted(view.viewport()), [], [*covers_of(view), *labels_of(user, view)]
    lines, reach = drawn_boxes(user), min(max(8, round(5 / view.zoom)), BLOCK // 2 - 1)
    for row, column in np.ndindex(ROWS, COLUMNS):
        x, y = int((column + 0.5) * BLOCK), int((row + 0.5) * BLOCK)
        at = view.viewportTransform().map(QPointF(x + 0.5, y + 0.5)).toPoint()
        if not view.viewport().rect().adjusted(7, 7, -7, -7).contains(at) or any(
            cover.contains(at) for cover in covers
        ):
            continue
        if any(on_line(box, x, y, reach) for box in lines):
            continue
        near = labels[y - reach : y + reach + 1, x - reach : x + reach + 1]
        if near.min() != near.max() or np.ptp(picture[y - 3 : y + 4, x - 3 : x + 4], axis=(0, 1)).max() > 4:
            continue
        item = classes.get(int(labels[y, x]))
        tinted = item is not None and item.visible and selection.mask_visible
        wanted = blend(picture[y, x], item.colour) if tinted and item is not None else picture[y, x]
        if not shows(pixels, at, wanted):
            found.append(f"({x}, {y}) is {pixels[at.y(), at.x()]} instead of {np.rint(wanted)}")
    return found


def shows(pixels: NDArray[np.uint8], at: QPoint, wanted: NDArray[np.float64]) -> bool:
    """Whether a colour is on the screen at ``at``, where a cross may be drawn."""
    before, middle, after = (np.abs(pixels[at.y() + d, at.x() + d] - wanted).max() <= 12 for d in (-7, 0, 7))
    return middle or (before and after)


def labels_of(user: User, view: CanvasView) -> list[QRect]:
    """Where the names of suggested style regions may be drawn: above or in their upper left corners."""
    corners = [QPointF(box.x, box.y) for box in user.context.selection.style_taken]
    return [QRect(view.viewportTransform().map(c).toPoint() - QPoint(2, 24), QSize(120, 48)) for c in corners]


def drawn_boxes(user: User) -> list[Box]:
    """Outlined boxes: style references and the region under review."""
    selection, document = user.context.selection, user.document
    run = document.run(selection.run)
    region = [run.region_box(selection.region)] if run is not None and selection.region else []
    return [*document.state.style.regions, *selection.style_taken, *region]


def on_line(box: Box, x: int, y: int, reach: int) -> bool:
    """Whether a pixel is near the outline of ``box``."""
    pixel = Box(x, y, 1, 1)
    return box.expanded(reach).touches(pixel) and not box.expanded(-reach).touches(pixel)


def blend(below: NDArray[np.float64], colour: str) -> NDArray[np.float64]:
    """A pixel tinted with the colour of a class."""
    return 0.55 * below + 0.45 * np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])


def kept(state: State) -> tuple[object, ...]:
    """The state that a project must keep when it is reopened."""
    damage = state.damage
    settings = damage.classes, state.style
    return (
        damage.read(damage.box).tobytes(),
        settings,
        sorted(state.runs),
        state.decisions,
        state.rejected_parts,
    )
