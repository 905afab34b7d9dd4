"""Studying the painting in the window: plan, training, keeping, and a restoration that uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tifffile
from pytestqt.qtbot import QtBot
from test_restore_jobs import mark
from tiny_model import picture, tiny_checkpoint
from user import User

from app.commands import restore as restoring
from app.i18n.run_texts import study_mark
from app.window.main_window import MainWindow
from imagest_core.errors import ProjectError
from imagest_core.models import studies
from imagest_core.models.cache import loaded_models
from imagest_core.painting.geometry import Box
from imagest_core.project import probe
from imagest_core.project.document import Document
from imagest_core.restoration.request import RestorationRequest
from imagest_core.training import study as training
from imagest_core.training.study_states import states_folder
from imagest_core.training.study_tasks import StudyOptions

SIDE = 920
LOSS = Box(300, 280, 60, 50)


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    toy = StudyOptions(steps=10, rank=4, rate=1e-2, batch=4, crops=16)
    monkeypatch.setitem(training.DEFAULTS, studies.IMAGEST, toy)
    yield
    loaded_models.clear()


@pytest.fixture
def user(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> User:
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, picture(SIDE), photometric="rgb")
    made = User(window, qtbot)
    made.open(path)
    mark(made.document, LOSS)
    model = str(tiny_checkpoint(tmp_path / "toy"))
    made.context.selection.request = RestorationRequest.of("imagest", model=model, steps=2, device="cpu")
    return made


def test_the_painting_is_studied_and_the_study_used(
    user: User, settle: Callable[[], None], tmp_path: Path
) -> None:
    section, context = user.window.style_panel.study, user.context
    assert section.start.isHidden() or not section.start.isVisibleTo(section)
    section.begin.click()
    settle()
    assert section.start.isVisibleTo(section)
    assert "16 parts to study" in section.plan.text()
    section.start.click()
    settle()
    said = user.said[-1]
    assert "The study helps" in said.sentence
    (kept,) = user.document.document.studies
    assert "Study 1 · 10 steps · error −" in section.kept.text()
    editor = user.window.restore.choices.editor("study")
    assert editor.box.count() == 2
    assert context.selection.request.get("study") == ""  # nothing is used silently
    assert said.action is not None
    said.action.run()
    assert context.selection.request.get("study") == kept.sha256
    assert editor.box.currentData() == kept.sha256
    restoring.restore_all(context)
    settle()
    run = user.document.state.runs[1]
    assert run.study == kept.sha256
    assert kept.sha256[:8] in study_mark(run)
    found = probe.probe(user.document.document, LOSS.x + 5, LOSS.y + 5)
    assert found.fills[0].study == kept.sha256
    user.document.document.save_as(tmp_path / "named.imagest")
    studies._known.clear()
    with Document.open_read_only(tmp_path / "named.imagest") as copy:
        assert [each.sha256 for each in copy.studies] == [kept.sha256]
        assert studies.find_study(kept.sha256).facts.steps == 10


def test_a_cancelled_study_leaves_nothing_and_continues(user: User, settle: Callable[[], None]) -> None:
    section, jobs = user.window.style_panel.study, user.context.jobs
    section.begin.click()
    settle()
    section.start.click()
    jobs.progressed.connect(lambda report: jobs.cancel() if "studying" in report.stage else None)
    settle()
    assert not user.document.document.studies


def test_another_engine_is_refused_in_a_sentence(user: User, said: list) -> None:
    user.context.selection.request = user.context.selection.request.changed(engine="harmonic")
    user.window.style_panel.study.begin.click()
    assert "can't study a painting" in said[-1].sentence
    assert not user.context.jobs.busy


def test_a_plan_is_dropped_when_the_damage_changes(user: User, settle: Callable[[], None]) -> None:
    section = user.window.style_panel.study
    section.begin.click()
    settle()
    mark(user.document, Box(10, 10, 20, 20))
    assert not section.start.isVisibleTo(section)
    assert section.begin.isEnabled()


def test_a_study_that_can_t_be_kept_is_not_trained_again(
    user: User, settle: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    section, document = user.window.style_panel.study, user.document.document

    def no_room(_: object) -> None:
        raise ProjectError("The disk became full.")

    with monkeypatch.context() as patch:
        patch.setattr(document, "keep_study", no_room)
        section.begin.click()
        settle()
        section.start.click()
        settle()
    assert "disk became full" in user.said[-1].sentence
    assert not document.studies
    section.begin.click()
    settle()
    assert section._planned is not None
    assert section._planned.study.plan.done == 10
    section.start.click()
    settle()
    assert len(document.studies) == 1
    assert not list(states_folder().iterdir())
