"""Damaged projects in the window: each opens, or is refused in one sentence."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.commands import decide as deciding
from app.commands import open as opening
from app.commands.rescue import free_path, rescue
from app.window.main_window import MainWindow
from imagest_core.errors import ProjectError
from imagest_core.painting.geometry import Box
from imagest_core.project.operations import decisions, results
from imagest_core.project.operations.mask import change_mask
from imagest_core.project.run import damaged_result
from imagest_core.project.run_builder import run_of
from imagest_core.restoration.api import restore
from imagest_core.restoration.request import RestorationRequest

Settle = Callable[[], None]
BOMB = zlib.compress(bytes(1 << 24), 9)


@pytest.fixture
def project(window: MainWindow, scan: Path, tmp_path: Path, settle: Settle) -> Path:
    """A closed project with an accepted fill."""
    opening.open_path(window.context, scan)
    settle()
    document = window.context.document
    after = document.state.damage.copy()
    after.write(Box(50, 40, 30, 20), np.ones((20, 30), np.uint8))
    document.do(change_mask(document.state.damage, after, "Brush"))
    made = restore(document.painting, document.state.damage, RestorationRequest(engine="harmonic"))
    document.do(results.add_run(run_of(document.painting, made, 1)))
    document.do(decisions.accept(document.state, document.state.runs[1], [1]))
    path = tmp_path / "work.imagest"
    opening.save_as(window.context, path)
    opening.close(window.context)
    return path


@pytest.mark.parametrize(
    ("table", "column", "value", "opens"),
    [
        ("meta", "value", '{"width":', False),
        ("runs", "regions", BOMB, False),
        ("runs", "record", BOMB, True),
        ("run_tiles", "samples", b"no picture", True),
        ("decisions", "subject", "1/77", True),
        ("operations", "blob", BOMB, True),
    ],
)
def test_a_damaged_project_opens_or_is_refused_with_a_sentence(
    window: MainWindow,
    project: Path,
    settle: Settle,
    said: list,
    table: str,
    column: str,
    value: object,
    opens: bool,
) -> None:
    with closing(sqlite3.connect(project)) as db, db:
        db.execute(f"UPDATE {table} SET {column} = ?", (value,))
    said.clear()
    opening.open_path(window.context, project)
    settle()
    document = window.context.document
    assert (document is not None) == opens
    if not opens:
        assert [item.level for item in said] == ["error"]
        assert "project rescue" in said[0].sentence
        return
    window.context.selection.run = 1
    deciding.copy_parameters(window.context)
    while window.context.attempt(document.undo) and document.document.history.done:
        pass
    settle()


def test_a_damaged_project_is_rescued_by_the_button_of_its_message(
    window: MainWindow, project: Path, settle: Settle, said: list
) -> None:
    with closing(sqlite3.connect(project)) as db, db:
        db.execute("UPDATE runs SET regions = ?", (BOMB,))
    before = project.read_bytes()
    opening.open_path(window.context, project)
    settle()
    assert window.banner.act.isVisible()
    assert window.banner.act.text() == "Rescue into a new file"
    window.banner.act.click()
    settle()
    out = project.with_name("work-rescued.imagest")
    assert window.context.document.document.path == out
    assert project.read_bytes() == before
    assert str(out) in said[-1].sentence
    assert "lost" in said[-1].remedy
    assert free_path(project).name == "work-rescued-2.imagest"


def test_what_a_rescue_lost_is_said_if_another_project_was_open(
    window: MainWindow, project: Path, scan: Path, settle: Settle, qtbot: QtBot, said: list
) -> None:
    opening.open_path(window.context, scan, alone=True)
    settle()
    rescue(window.context, project)
    settle()
    out = project.with_name("work-rescued.imagest")
    qtbot.waitUntil(lambda: window.context.document.document.path == out)
    assert str(out) in said[-1].sentence


def test_a_rescue_is_reported_if_the_new_project_cannot_be_opened(
    window: MainWindow, project: Path, scan: Path, settle: Settle, qtbot: QtBot, said: list
) -> None:
    scan.write_bytes(b"no picture")
    rescue(window.context, project)
    settle()
    qtbot.waitUntil(lambda: any(item.topic == "rescue" for item in said))
    assert window.context.document is None
    assert "work-rescued.imagest" in said[-1].sentence


def test_damage_in_an_open_project_offers_the_rescue(
    window: MainWindow, project: Path, settle: Settle
) -> None:
    opening.open_path(window.context, project)
    settle()
    window.context.messages.fail(ProjectError(damaged_result(1)), "edit")
    assert window.banner.act.isVisible()


def test_parameters_of_an_engine_of_another_version_are_not_taken(
    window: MainWindow, project: Path, settle: Settle, said: list
) -> None:
    with closing(sqlite3.connect(project)) as db, db:
        (packed,) = db.execute("SELECT record FROM runs").fetchone()
        record = json.loads(zlib.decompress(packed))
        record["request"]["engine"] = "magic"
        db.execute("UPDATE runs SET record = ?", (zlib.compress(json.dumps(record).encode()),))
    opening.open_path(window.context, project)
    settle()
    said.clear()
    before = window.context.selection.request
    window.context.selection.run = 1
    deciding.copy_parameters(window.context)
    settle()
    assert window.context.selection.request == before
    assert "the engine magic, which this version doesn't have" in said[-1].sentence
