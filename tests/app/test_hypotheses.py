"""Hypotheses of a region: made with a real pipeline, compared, picked; never accepted as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from canvas_runs import filled_run
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from test_restore_jobs import mark
from test_stable_diffusion_panel import choose
from tiny_models import tiny_sd
from user import User

from app.canvas.document_layers import _reconstructed
from app.commands import decide as deciding
from app.i18n.provenance_texts import fill_rows, origin_line
from app.selection import Compare
from app.window.main_window import MainWindow
from imagest_core.damage.map import DamageMap
from imagest_core.errors import MaskError, ProjectError
from imagest_core.export.marked_picture import _fills_in
from imagest_core.export.record import _run_decisions
from imagest_core.models.cache import loaded_models
from imagest_core.models.library import add_model
from imagest_core.painting.geometry import Box
from imagest_core.project import variations
from imagest_core.project.accepted_fills import AcceptedFills
from imagest_core.project.document import Document
from imagest_core.project.operations.decisions import accepted_regions
from imagest_core.project.operations.results import add_run
from imagest_core.project.probe import as_text, probe_state
from imagest_core.project.report import as_text as project_report
from imagest_core.project.rerun import refinement_of
from imagest_core.project.run import MemoryContent, Run
from imagest_core.project.snapshot import Snapshot
from imagest_core.project.state import Subject, Verdict
from imagest_core.project.summary import summary
from imagest_core.restoration.record import RestorationRecord, StartFacts

SIZE = (160, 120)
LOSS = Box(50, 40, 20, 16)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield tiny_sd(tmp_path_factory.mktemp("made") / "first")
    loaded_models.clear()


@pytest.fixture
def user(window: MainWindow, scan: Path, qtbot: QtBot) -> User:
    """The scan with a result of one region, which is under review."""
    made = User(window, qtbot)
    made.open(scan)
    mark(made.document, LOSS)
    made.document.do(add_run(filled_run(1, [LOSS.expanded(1)], 20_000, SIZE)))
    made.context.selection.run, made.context.selection.region = 1, 1
    return made


def hypothesis_run(number: int) -> Run:
    from dataclasses import replace

    run = filled_run(number, [LOSS.expanded(1)], 40_000, SIZE)
    content = run.content
    assert isinstance(content, MemoryContent)
    record = json.dumps({"request": {}, "hypothesis": True})
    return replace(run, content=MemoryContent(record, content.region_table, content.tiles))


def test_four_hypotheses_are_made_compared_and_one_is_picked(
    user: User, model: Path, settle: Callable[[], None], tmp_path: Path
) -> None:
    add_model(model, in_place=True)
    context = user.context
    choose(user.window.restore, "stable-diffusion/first")
    context.selection.request = context.selection.request.changed(prompt="gold", steps=2, device="cpu")
    user.press("Shift+C")
    settle()
    runs = user.document.state.runs
    made = [run for run in runs.values() if run.hypothesis]
    assert [run.id for run in made] == [2, 3, 4, 5]
    assert len({run.variation for run in made}) == 4
    assert '"hypothesis": true' in made[0].content.record()
    assert '"prompt": "gold"' in made[0].content.record()
    user.until(lambda: user.window.area.contact is not None)
    assert context.selection.compare == Compare.CONTACT
    contact = user.window.area.contact
    assert contact is not None
    user.until(lambda: contact.shown == [2, 3, 4, 5])
    title, details = contact.cells[1].title, contact.cells[1].details
    assert title.text().endswith("· hypothesis")
    assert details.text().startswith("stable-diffusion · seed ")
    for line in (title, details):
        assert line.fontMetrics().horizontalAdvance(line.text()) <= line.width(), "nothing is cut off"
    QTest.keyClick(contact.cells[1].view, Qt.Key.Key_2)
    user.until(lambda: deciding.verdict(context, runs[3], 1) is Verdict.ACCEPTED)
    user.document.document.save_as(tmp_path / "named.imagest")
    copy = Document.open_read_only(tmp_path / "named.imagest")
    assert [run.id for run in copy.state.runs.values() if run.hypothesis] == [2, 3, 4, 5]
    lines = project_report(summary(copy, ())).splitlines()
    assert "hypothesis, stable-diffusion" in next(line for line in lines if line.startswith("run 2"))
    assert "hypothesis" not in next(line for line in lines if line.startswith("run 1"))
    copy.abandon()


def test_a_picked_hypothesis_is_refined_and_under_review_again(
    user: User, model: Path, settle: Callable[[], None]
) -> None:
    add_model(model, in_place=True)
    context = user.context
    choose(user.window.restore, "stable-diffusion/first")
    context.selection.request = context.selection.request.changed(prompt="gold", steps=4, device="cpu")
    user.press("Shift+C")
    settle()
    contact = user.window.area.contact
    user.until(lambda: contact is not None and contact.shown == [2, 3, 4, 5])
    QTest.keyClick(contact.cells[1].view, Qt.Key.Key_2)
    runs = user.document.state.runs
    user.until(lambda: deciding.verdict(context, runs[3], 1) is Verdict.ACCEPTED)
    contact._set_current(2)
    assert contact.refine.isEnabled()
    user.window.review.strength.changed.emit(0.3)
    contact.refine.click()
    settle()
    refined = user.document.state.runs[6]
    assert (context.selection.run, context.selection.region) == (6, 1)
    assert refined.hypothesis
    assert refined.base == 0
    record = RestorationRecord.from_json(refined.content.record())
    assert record.start == StartFacts(3, 1, 0.3)
    assert record.request.get("strength") == 0.3
    assert refined.regions["shape"][0] == runs[3].regions["shape"][0]
    assert deciding.verdict(context, refined, 1) is Verdict.UNDECIDED
    assert user.window.review.facts.text().endswith("hypothesis")
    found = probe_state(user.document.state, LOSS.x + 3, LOSS.y + 3)
    fill = found.of_run(6)
    assert fill is not None
    assert (fill.hypothesis, fill.refines) == (True, 3)
    assert "hypothesis" in origin_line(fill)
    assert any("refined from result 3" in value for _, value in fill_rows(fill))
    assert "refined from result 3, hypothesis" in as_text(found)


def test_only_hypotheses_are_refined(user: User, said: list) -> None:
    review = user.window.review
    assert not review.refine.isEnabled()
    assert not review.strength.isEnabled()
    user.press("Ctrl+Shift+C")
    assert "Only a hypothesis" in said[-1].sentence
    user.document.do(add_run(hypothesis_run(2)))
    user.context.selection.run, user.context.selection.region = 2, 1
    assert review.refine.isEnabled()
    user.press("Ctrl+Shift+C")
    assert "can't refine a fill" in said[-1].sentence
    assert not user.context.jobs.busy
    with pytest.raises(MaskError, match="is no hypothesis"):
        refinement_of(user.document.state, user.document.state.runs[1], 1)


def test_an_engine_without_text_says_what_to_choose(user: User, said: list) -> None:
    user.press("Shift+C")
    assert "Stable Diffusion" in said[-1].sentence
    assert not user.context.jobs.busy


def test_a_hypothesis_is_never_accepted_as_a_whole(user: User, said: list) -> None:
    user.document.do(add_run(hypothesis_run(2)))
    context = user.context
    context.selection.run, context.selection.region = 2, 0
    user.press("Ctrl+Shift+A")
    assert "is a hypothesis" in said[-1].sentence
    assert not user.document.state.decisions
    with pytest.raises(ProjectError, match="accept single regions"):
        variations.accept_run(user.document.state, user.document.state.runs[2])
    context.selection.region = 1
    deciding.accept_region(context)
    assert user.document.state.decisions[Subject(2, 1)].verdict is Verdict.ACCEPTED


def test_an_accepted_hypothesis_stays_when_another_result_is_accepted(user: User, said: list) -> None:
    document, context = user.document, user.context
    document.do(add_run(hypothesis_run(2)))
    document.do(add_run(filled_run(3, [LOSS.expanded(1), Box(10, 10, 8, 8)], 30_000, SIZE)))
    context.selection.run, context.selection.region = 2, 1
    deciding.accept_region(context)
    context.selection.run = 3
    user.press("Ctrl+Shift+A")
    assert document.state.decisions[Subject(2, 1)].verdict is Verdict.ACCEPTED
    assert "1 region accepted" in said[-1].sentence
    assert "In 1 region the hypothesis that you accepted stays" in said[-1].sentence
    first = AcceptedFills(document.state)
    assert set(np.unique(first.provenance(LOSS.expanded(1)))) == {2}
    user.press("Ctrl+Z")
    assert list(accepted_regions(document.state)) == [2]


def test_accepting_a_result_says_what_it_replaces(user: User, said: list) -> None:
    document, context = user.document, user.context
    document.do(add_run(filled_run(2, [LOSS.expanded(1)], 30_000, SIZE)))
    for number in (1, 2):
        context.selection.run = number
        user.press("Ctrl+Shift+A")
    assert "1 region of another result is no longer accepted" in said[-1].sentence
    user.press("Ctrl+Z")
    assert list(accepted_regions(document.state)) == [1]


def test_a_hypothesis_is_marked_in_review_overlay_and_export(user: User) -> None:
    document, context = user.document, user.context
    document.do(add_run(hypothesis_run(2)))
    context.selection.run, context.selection.region = 2, 1
    assert user.window.review.facts.text().endswith("hypothesis")
    state = document.state
    under_review = _reconstructed((document.accepted, state.runs[2]), DamageMap(*SIZE))
    assert set(np.unique(under_review.read(Box(0, 0, *SIZE)))) == {0, 3}
    deciding.accept_region(context)
    accepted = _reconstructed((AcceptedFills(state), None), DamageMap(*SIZE))
    assert set(np.unique(accepted.read(Box(0, 0, *SIZE)))) == {0, 3}
    snapshot = Snapshot.of(document.state)
    (_, _, labels), *_ = _fills_in(snapshot, None, Box(0, 0, *SIZE), document.painting)
    assert set(np.unique(labels)) == {0, 3}
    assert _run_decisions(state, state.runs[2])["hypothesis"] is True
    assert _run_decisions(state, state.runs[1])["hypothesis"] is False
