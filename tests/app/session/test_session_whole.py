"""A whole session with the bundled sample and the embedded network, from opening to a verified file."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import tifffile
from hands import Hands
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

import resources
from app.canvas.navigation import Place
from app.commands import open as opening
from app.dialogs.export import ExportDialog
from app.selection import Compare
from imagest_core.painting.geometry import Box
from imagest_core.painting.picture_files import read_picture
from imagest_core.project.state import Verdict

HERE = Place(300.0, 300.0, 6.0)
"""Where the work is done: cracks, and paint without any."""
ACCEPTED, REJECTED = Verdict.ACCEPTED, Verdict.REJECTED


def test_from_the_sample_to_a_verified_file_and_back(start, tmp_path: Path) -> None:
    hands = start()
    hands.act("open_sample")
    hands.shown()
    derive_cracks(hands)
    hands.view.set_view(HERE)
    box = hands.context.selection.visible
    correct_by_hand(hands, box)
    pick_the_style(hands)
    project = tmp_path / "work.imagest"
    opening.save_as(hands.context, project)
    filled = restore(hands)
    compare(hands)
    grown = review(hands, filled)
    out = export(hands, tmp_path / "restored.tif")
    check_file(out, *grown)
    check_reopened(start, hands, project)


def derive_cracks(hands: Hands) -> None:
    """A parameter is changed, its preview seen, then the whole scan derived in one step."""
    hands.act("derive_cracks")
    hands.until(lambda: hands.context.selection.proposal is not None)
    assert not hands.labels().any(), "a preview changes nothing"
    first = hands.context.selection.proposal
    strictness = hands.slider(hands.window.damage.derive, "Threshold")
    usual = strictness.value()
    strictness.setValue(strictness.maximum())
    hands.until(lambda: hands.context.selection.proposal is not first)
    assert hands.context.selection.proposal.mask.sum() < first.mask.sum()
    strictness.setValue(usual)
    hands.click(hands.window.damage.derive.apply_button)
    hands.settle()
    assert hands.names() == ["Derive cracks"]
    truth = read_picture(resources.sample_mask(), cv2.IMREAD_UNCHANGED) > 0
    assert truth[hands.labels() > 0].mean() > truth.mean(), "no better than chance"


def correct_by_hand(hands: Hands, box: Box) -> None:
    """What is wrong is rubbed out, what is missing painted; keys take back and do again."""
    middle = box.y + box.height / 2
    hands.press("E")
    hands.context.selection.brush_size = 40.0
    hands.draw((box.x + 2, middle), (box.x + box.width / 2, middle), (box.right - 2, middle))
    erased = hands.labels()
    assert not erased[int(middle), box.x : box.right].any()

    hands.press("X")
    hands.context.selection.label, hands.context.selection.brush_size = 1, 10.0
    hands.draw((box.x + 40, middle), (box.x + 60, middle), (box.x + 80, middle))
    painted = hands.labels()
    assert (painted == 1).sum() > 300
    assert hands.names() == ["Derive cracks", "Erase", "Brush stroke"]
    hands.press("Ctrl+Z")
    assert (hands.labels() == erased).all()
    hands.press("Ctrl+Z")
    assert hands.names() == ["Derive cracks"]
    hands.press("Ctrl+Shift+Z")
    hands.press("Ctrl+Y")
    assert (hands.labels() == painted).all()


def pick_the_style(hands: Hands) -> None:
    """What the program proposes is taken with one click."""
    hands.until(lambda: hands.context.selection.suggestions)
    proposed = hands.context.selection.suggestions
    hands.act("accept_suggestions")
    assert hands.document.state.style.regions == proposed
    assert not any(hands.document.state.damage.read(box).any() for box in proposed)


def restore(hands: Hands) -> NDArray[np.bool_]:
    """With the network that ships, as draft: one restoration of what is seen is cancelled, the next finished.

    Answers what was to be filled: (h, w) bool.
    """
    part = np.zeros(hands.labels().shape, bool)
    part[hands.context.selection.visible.slices] = True
    filled = part & (hands.labels() > 0)
    hands.choose("Engine", "imagest")
    hands.push("Quality: Draft")
    hands.push("Visible part")
    assert hands.window.status.job.isVisible()
    hands.click(hands.window.status.job.cancel)
    assert "cancelling" in hands.window.status.job.text.text().lower()
    hands.settle()
    assert hands.document.state.runs == {}
    assert "cancelled" in hands.said[-1].sentence

    hands.push("Visible part")
    hands.settle()
    (run,) = hands.document.state.runs.values()
    assert (run.engine, run.count >= 2) == ("imagest", True)
    assert hands.context.selection.run == run.id
    return filled


def seen(hands: Hands) -> NDArray[np.uint8]:
    """(h, w, 4) uint8: the leading canvas as it is drawn."""
    hands.until(lambda: not hands.view.layers.original.waiting)
    image = hands.view.viewport().grab().toImage()
    image = image.convertToFormat(image.Format.Format_RGBA8888)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4).copy()


def compare(hands: Hands) -> None:
    """Every way of holding the two against each other, by its key."""
    area, selection = hands.window.area, hands.context.selection
    assert selection.compare == Compare.SIDE
    assert area.second.isVisible()
    assert not selection.mask_visible
    hands.until(lambda: together(area.view.place, area.second.place))
    hands.press("Alt+1")
    assert not area.second.isVisible()
    hands.view.set_view(HERE)
    original = seen(hands)
    hands.press("Q")
    hands.until(lambda: (seen(hands) != original).any())
    restored = seen(hands)
    QTest.keyPress(hands.view, Qt.Key.Key_Tab)
    hands.until(lambda: same(seen(hands), original))
    QTest.keyRelease(hands.view, Qt.Key.Key_Tab)
    hands.until(lambda: same(seen(hands), restored))
    hands.press("Q")

    hands.press("Alt+3")
    swiped, width = seen(hands), original.shape[1]
    left, right = slice(60, width // 2 - 40), slice(width // 2 + 40, None)
    assert same(swiped[100:, left], original[100:, left])
    assert same(swiped[100:, right], restored[100:, right])
    hands.press("Alt+4")
    hands.until(lambda: same(seen(hands), restored))
    hands.until(lambda: same(seen(hands), original))
    hands.press("Alt+5")
    assert area.scale.isVisible()
    hands.until(lambda: not same(seen(hands), original))
    hands.press("Alt+1")


def together(one: Place, other: Place) -> bool:
    """Whether two views show one place, to the pixel of the screen."""
    return one.zoom == other.zoom and max(abs(one.x - other.x), abs(one.y - other.y)) * one.zoom <= 1


def same(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Whether two pictures are one but for the label in the corner."""
    clear = slice(48, None)
    return bool((one[clear] == other[clear]).all())


def review(hands: Hands, filled: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The first region is rejected, all others accepted, one by one.

    Answers the grown masks of what is accepted and of what isn't: (h, w) bool each.
    """
    (run,) = hands.document.state.runs.values()
    said = {}
    hands.press("N")
    while (number := hands.context.selection.region) > 0:
        said[number] = ACCEPTED if said else REJECTED
        hands.press("A" if said[number] is ACCEPTED else "D")
    assert sorted(said) == list(run.numbers)
    left = hands.window.review.counts.text()
    assert left == f"{run.count - 1} accepted, 1 rejected, 0 to review"

    grown = cv2.dilate(filled.astype(np.uint8), np.ones((3, 3), np.uint8))
    _, pieces = cv2.connectedComponents(grown, connectivity=8)
    found = np.zeros(pieces.shape, np.int8)
    for number, verdict in said.items():
        box = run.region_box(number)
        inside = [n for n in np.unique(pieces[box.slices]) if n and bounds(pieces == n) == box]
        assert inside, f"region {number} is no piece of the grown mask"
        found[np.isin(pieces, inside)] = 1 if verdict is ACCEPTED else -1
    return found > 0, found < 0


def bounds(mask: NDArray[np.bool_]) -> Box:
    return Box(*cv2.boundingRect(mask.astype(np.uint8)))


def export(hands: Hands, out: Path) -> Path:
    """The restored scan with mask and record beside it, by the dialog."""
    hands.act("export")
    dialog = hands.dialog(ExportDialog)
    dialog.path.setText(str(out))
    hands.click(dialog.go)
    hands.settle()
    assert "identical" in dialog.answer.text()
    hands.click(dialog.close_button)
    return out


def check_file(out: Path, accepted: NDArray[np.bool_], rejected: NDArray[np.bool_]) -> None:
    """Compared here, not by the program: nothing but accepted fills differs from the scan."""
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
    assert record["request"]["quality"] == "draft"


def check_reopened(start, hands: Hands, project: Path) -> None:
    """Another session, from the file: damage, style, results, verdicts, history and place are there."""
    hands.view.set_view(HERE)
    state, names = hands.document.state, hands.names()
    labels, decisions, regions = hands.labels(), dict(state.decisions), state.style.regions
    hands.window.close()

    again = start()
    again.open(project)
    assert (again.labels() == labels).all()
    assert again.document.state.decisions == decisions
    assert again.document.state.style.regions == regions
    assert again.names() == names
    again.until(lambda: again.view.place.zoom == HERE.zoom)
    assert (again.view.to_picture(QPointF(0, 0)) - QPointF(169, 211)).manhattanLength() < 400
    again.act("next_run")
    assert again.window.review.counts.text().endswith("1 rejected, 0 to review")
    again.press("Ctrl+Z")
    assert len(again.document.state.decisions) == len(decisions) - 1
