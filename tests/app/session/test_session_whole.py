"""A whole session with the bundled sample and the embedded network, from opening to a verified file."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from user import User

import resources
from app.canvas.navigation import ViewPosition
from app.commands import open as opening
from app.dialogs.export import ExportDialog
from app.selection import Compare
from imagest_core.painting.geometry import Box
from imagest_core.painting.picture_files import read_picture
from imagest_core.project.state import Verdict

HERE = ViewPosition(300.0, 300.0, 6.0)
"""The part in which the test works: cracks, and paint without cracks."""
ACCEPTED, REJECTED = Verdict.ACCEPTED, Verdict.REJECTED


def test_from_the_sample_to_a_verified_file_and_back(start, tmp_path: Path) -> None:
    user = start()
    user.act("open_sample")
    user.shown()
    derive_cracks(user)
    user.view.set_view(HERE)
    box = user.context.selection.visible
    correct_by_hand(user, box)
    pick_the_style(user)
    project = tmp_path / "work.imagest"
    opening.save_as(user.context, project)
    filled = restore(user)
    compare(user)
    dilated = review(user, filled)
    out = export(user, tmp_path / "restored.tif")
    check_file(out, *dilated)
    check_reopened(start, user, project)


def derive_cracks(user: User) -> None:
    """Change a parameter, check its preview, then derive the whole scan in one step."""
    user.act("derive_cracks")
    user.until(lambda: user.context.selection.proposal is not None)
    assert not user.labels().any(), "a preview changes nothing"
    first = user.context.selection.proposal
    strictness = user.slider(user.window.damage.derive, "Threshold")
    usual = strictness.value()
    strictness.setValue(strictness.maximum())
    user.until(lambda: user.context.selection.proposal is not first)
    assert user.context.selection.proposal.mask.sum() < first.mask.sum()
    strictness.setValue(usual)
    user.click(user.window.damage.derive.apply_button)
    user.settle()
    assert user.names() == ["Derive cracks"]
    truth = read_picture(resources.sample_mask(), cv2.IMREAD_UNCHANGED) > 0
    assert truth[user.labels() > 0].mean() > truth.mean(), "no better than chance"


def correct_by_hand(user: User, box: Box) -> None:
    """Erase wrong damage, paint missing damage; undo and redo by keys."""
    middle = box.y + box.height / 2
    user.press("E")
    user.context.selection.brush_size = 40.0
    user.draw((box.x + 2, middle), (box.x + box.width / 2, middle), (box.right - 2, middle))
    erased = user.labels()
    assert not erased[int(middle), box.x : box.right].any()

    user.press("X")
    user.context.selection.label, user.context.selection.brush_size = 1, 10.0
    user.draw((box.x + 40, middle), (box.x + 60, middle), (box.x + 80, middle))
    painted = user.labels()
    assert (painted == 1).sum() > 300
    assert user.names() == ["Derive cracks", "Erase", "Brush stroke"]
    user.press("Ctrl+Z")
    assert (user.labels() == erased).all()
    user.press("Ctrl+Z")
    assert user.names() == ["Derive cracks"]
    user.press("Ctrl+Shift+Z")
    user.press("Ctrl+Y")
    assert (user.labels() == painted).all()


def pick_the_style(user: User) -> None:
    """Accept the suggested style regions with one action."""
    user.until(lambda: user.context.selection.suggestions)
    proposed = user.context.selection.suggestions
    user.act("accept_suggestions")
    assert user.document.state.style.regions == proposed
    assert not any(user.document.state.damage.read(box).any() for box in proposed)


def restore(user: User) -> NDArray[np.bool_]:
    """Restore the visible part with the embedded network as draft: cancel the first run, finish the second.

    Returns the mask of what was to be filled: (h, w) bool.
    """
    part = np.zeros(user.labels().shape, bool)
    part[user.context.selection.visible.slices] = True
    filled = part & (user.labels() > 0)
    user.choose("Engine", "imagest")
    user.push("Quality: Draft")
    user.push("Visible part")
    assert user.window.status.job.isVisible()
    user.click(user.window.status.job.cancel)
    assert "cancelling" in user.window.status.job.text.text().lower()
    user.settle()
    assert user.document.state.runs == {}
    assert "cancelled" in user.said[-1].sentence

    user.push("Visible part")
    user.settle()
    (run,) = user.document.state.runs.values()
    assert (run.engine, run.count >= 2) == ("imagest", True)
    assert user.context.selection.run == run.id
    return filled


def seen(user: User) -> NDArray[np.uint8]:
    """(h, w, 4) uint8: the drawn main canvas."""
    user.until(lambda: not user.view.layers.original.waiting)
    image = user.view.viewport().grab().toImage()
    image = image.convertToFormat(image.Format.Format_RGBA8888)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4).copy()


def compare(user: User) -> None:
    """All comparison modes, by their keys."""
    area, selection = user.window.area, user.context.selection
    user.press("Ctrl+R")
    assert selection.compare == Compare.SIDE
    assert area.second.isVisible()
    assert not selection.mask_visible
    user.until(lambda: together(area.view.position, area.second.position))
    user.press("Alt+1")
    assert not area.second.isVisible()
    user.view.set_view(HERE)
    original = seen(user)
    user.press("Q")
    user.until(lambda: (seen(user) != original).any())
    restored = seen(user)
    QTest.keyPress(user.view, Qt.Key.Key_Tab)
    user.until(lambda: same(seen(user), original))
    QTest.keyRelease(user.view, Qt.Key.Key_Tab)
    user.until(lambda: same(seen(user), restored))
    user.press("Q")

    user.press("Alt+3")
    swiped, width = seen(user), original.shape[1]
    left, right = slice(60, width // 2 - 40), slice(width // 2 + 40, None)
    assert same(swiped[100:, left], original[100:, left])
    assert same(swiped[100:, right], restored[100:, right])
    user.press("Alt+4")
    user.until(lambda: same(seen(user), restored))
    user.until(lambda: same(seen(user), original))
    user.press("Alt+5")
    assert area.legend.isVisible()
    user.until(lambda: not same(seen(user), original))
    user.press("Alt+1")


def together(one: ViewPosition, other: ViewPosition) -> bool:
    """Whether two views show the same place to within a screen pixel."""
    return one.zoom == other.zoom and max(abs(one.x - other.x), abs(one.y - other.y)) * one.zoom <= 1


def same(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Whether two pictures are equal except for the label in the corner."""
    clear = slice(48, None)
    return bool((one[clear] == other[clear]).all())


def review(user: User, filled: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Reject the first region, accept all others, one by one.

    Returns the dilated masks of accepted and rejected fills: (h, w) bool each.
    """
    (run,) = user.document.state.runs.values()
    said = {}
    user.press("N")
    while (number := user.context.selection.region) > 0:
        said[number] = ACCEPTED if said else REJECTED
        user.press("A" if said[number] is ACCEPTED else "D")
    assert sorted(said) == list(run.numbers)
    left = user.window.review.counts.text()
    assert left == f"{run.count - 1} accepted, 1 rejected, 0 to review"

    dilated = cv2.dilate(filled.astype(np.uint8), np.ones((3, 3), np.uint8))
    _, pieces = cv2.connectedComponents(dilated, connectivity=8)
    found = np.zeros(pieces.shape, np.int8)
    for number, verdict in said.items():
        box = run.region_box(number)
        inside = [n for n in np.unique(pieces[box.slices]) if n and bounds(pieces == n) == box]
        assert inside, f"region {number} is no piece of the dilated mask"
        found[np.isin(pieces, inside)] = 1 if verdict is ACCEPTED else -1
    return found > 0, found < 0


def bounds(mask: NDArray[np.bool_]) -> Box:
    return Box(*cv2.boundingRect(mask.astype(np.uint8)))


def export(user: User, out: Path) -> Path:
    """Export the restored scan with mask and record in the dialog."""
    user.act("export")
    dialog = user.dialog(ExportDialog)
    dialog.path.setText(str(out))
    user.click(dialog.go)
    user.settle()
    assert "identical" in dialog.answer.text()
    user.click(dialog.close_button)
    return out


def check_file(out: Path, accepted: NDArray[np.bool_], rejected: NDArray[np.bool_]) -> None:
    """Compare independently of the program: only accepted fills differ from the scan."""
    source, written = tifffile.imread(resources.sample_painting()), tifffile.imread(out)
    assert written.dtype == source.dtype == np.uint16
    changed = (written != source).any(axis=2)
    assert changed[accepted].mean() > 0.5
    assert not (changed & ~accepted).any()
    assert not changed[rejected].any()
    mask = read_picture(out.with_name("restored-mask.png"), cv2.IMREAD_UNCHANGED)
    assert ((mask > 0) == accepted).all()
    facts = json.loads(out.with_name("restored-record.json").read_text(encoding="utf-8"))
    assert facts["verification"]["filled"] == accepted.sum()
    (record,) = facts["runs"].values()
    assert record["request"]["engine"] == "imagest"
    assert record["request"]["parameters"]["quality"] == "draft"


def check_reopened(start, user: User, project: Path) -> None:
    """Reopen the project: damage, style, results, verdicts, history and view are the same."""
    user.view.set_view(HERE)
    state, names = user.document.state, user.names()
    labels, decisions, regions = user.labels(), dict(state.decisions), state.style.regions
    user.window.close()

    again = start()
    again.open(project)
    assert (again.labels() == labels).all()
    assert again.document.state.decisions == decisions
    assert again.document.state.style.regions == regions
    assert again.names() == names
    again.until(lambda: again.view.position.zoom == HERE.zoom)
    assert (again.view.to_picture(QPointF(0, 0)) - QPointF(169, 211)).manhattanLength() < 400
    again.act("next_run")
    assert again.window.review.counts.text().endswith("1 rejected, 0 to review")
    again.press("Ctrl+Z")
    assert len(again.document.state.decisions) == len(decisions) - 1
