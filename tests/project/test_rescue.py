"""Rescue of damaged projects into a new file."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from imagest_core.errors import OutputError, ProjectError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.project.document import Document
from imagest_core.project.operations import decisions, results, settings
from imagest_core.project.painting_reference import reference_to
from imagest_core.project.recovery.rescue import rescue
from imagest_core.project.state import Subject

PAGE = 4096


@pytest.fixture
def project(document: Document, brush, make_run) -> Path:
    """Return a project of several dozen pages."""
    rng = np.random.default_rng(3)
    for step in range(30):
        before = document.state.damage.copy()
        document.state.damage.write(Box(step * 18, 0, 60, 300), rng.integers(0, 7, (300, 60), np.uint8))
        document.record_gesture(before, f"Paint {step}")
    for number in (1, 2):
        document.do(
            results.add_run(make_run(number, [Box(10, 10, 90, 90), Box(300, 200, 50, 50)], 40 + number))
        )
    document.do(decisions.accept(document.state, document.state.runs[2], [1, 2]))
    document.do(settings.set_operator(document.state, "Ada"))
    document.close()
    assert document.path is not None
    return document.path


def damage_page(project: Path, page: int) -> None:
    content = bytearray(project.read_bytes())
    content[page * PAGE : (page + 1) * PAGE] = random.Random(page).randbytes(PAGE)
    project.write_bytes(content)


def test_rescues_an_intact_project_completely(project: Path, tmp_path: Path) -> None:
    report = rescue(project, tmp_path / "new.imagest")
    assert not report.lost
    with Document.open(project) as old, Document.open(tmp_path / "new.imagest") as new:
        assert new.state == old.state
        assert new.state.damage == old.state.damage
        assert new.undo()
        assert new.undo()
        assert not new.state.decisions


def test_damaged_page_costs_only_its_rows(project: Path, painting: Painting, tmp_path: Path) -> None:
    pages, content = project.stat().st_size // PAGE, project.read_bytes()
    with Document.open_read_only(project) as document:
        damage = document.state.damage
    shares = []
    for page in range(0, pages, 5):
        project.write_bytes(content)
        damage_page(project, page)
        rescue(project, tmp_path / f"{page}.imagest", painting=reference_to(painting))
        with Document.open(tmp_path / f"{page}.imagest") as rescued:
            tiles = rescued.state.damage.tiles()
            assert all(np.array_equal(tile, damage.tiles()[key]) for key, tile in tiles.items())
            shares.append(len(tiles) / len(damage.tiles()))
    assert min(shares) > 0.8
    assert shares.count(1) > 0.9 * len(shares)


def test_requires_the_scan_if_its_reference_is_lost(
    project: Path, painting: Painting, tmp_path: Path
) -> None:
    with Document.open_read_only(project) as document:
        before, root = document.state, document.store.query("SELECT rootpage FROM sqlite_schema")[0][0]
    damage_page(project, root - 1)
    with pytest.raises(ProjectError, match="--painting"):
        rescue(project, tmp_path / "new.imagest")
    report = rescue(project, tmp_path / "new.imagest", painting=reference_to(painting))
    assert any("scan.tif is used instead" in sentence for sentence in report.lost)
    with Document.open(tmp_path / "new.imagest") as rescued:
        assert rescued.state.damage == before.damage
        assert rescued.state.decisions == before.decisions


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.999])
def test_rescues_the_rest_of_a_truncated_project(project: Path, tmp_path: Path, share: float) -> None:
    content = project.read_bytes()
    project.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ProjectError, match="rescue"):
        Document.open(project)
    report = rescue(project, tmp_path / "new.imagest")
    assert report.lost
    with Document.open(tmp_path / "new.imagest") as rescued:
        assert rescued.state.painting.width == 600
        assert not rescued.undo()
        rescued.do(settings.set_notes(rescued.state, "continued"))
    assert project.read_bytes() == content[: int(len(content) * share)]


def test_rebuilds_a_lost_first_page(project: Path, tmp_path: Path) -> None:
    with Document.open_read_only(project) as document:
        before = document.state.copy()
    damage_page(project, 0)
    rescue(project, tmp_path / "new.imagest")
    with Document.open(tmp_path / "new.imagest") as rescued:
        assert rescued.state.damage == before.damage
        assert rescued.state.decisions == before.decisions


def test_reads_rows_below_a_table_definition_that_is_not_utf8(project: Path, tmp_path: Path) -> None:
    content, word = project.read_bytes(), b"name TEXT NOT NULL, time"
    assert word in content
    project.write_bytes(content.replace(word, b"name TEXT NOT \xa9ULL, time"))
    with pytest.raises(ProjectError, match="is damaged"):
        Document.open_read_only(project)
    rescue(project, tmp_path / "new.imagest")
    with Document.open(tmp_path / "new.imagest") as rescued:
        assert sorted(rescued.state.runs) == [1, 2]


def test_rebuilds_lost_tiles_from_the_history(document: Document, brush, tmp_path: Path) -> None:
    for step in range(9):
        brush(document, Box(step * 60, 20, 70, 200), 1 + step % 6)
    before = document.state.damage.copy()
    document.store.query("UPDATE tiles SET labels = x'00' WHERE tx = 1")
    document.abandon()
    assert document.path is not None
    with pytest.raises(ProjectError, match="damaged"):
        Document.open(document.path)
    rescue(document.path, tmp_path / "new.imagest")
    with Document.open(tmp_path / "new.imagest") as rescued:
        assert rescued.state.damage == before


def test_reports_damaged_samples_of_a_run(project: Path, tmp_path: Path) -> None:
    with Document.open(project) as document:
        document.store.query("UPDATE run_tiles SET samples = x'00' WHERE run = 1")
        with pytest.raises(ProjectError, match="Result 1 is damaged"):
            document.state.runs[1].content.tile((0, 0))
    report = rescue(project, tmp_path / "new.imagest")
    assert any("run_tiles" in sentence for sentence in report.lost)
    with Document.open(tmp_path / "new.imagest") as rescued:
        assert rescued.state.decisions[Subject(2, 1)].place == 1
        assert not rescued.state.runs[1].tile_keys
        assert rescued.state.runs[2].content.tile((0, 0)).samples.max() == 42


def test_rescued_project_can_be_rescued_again(project: Path, tmp_path: Path, brush) -> None:
    damage_page(project, project.stat().st_size // PAGE - 1)
    rescue(project, tmp_path / "new.imagest")
    with Document.open(tmp_path / "new.imagest") as rescued:
        brush(rescued, Box(0, 0, 50, 50), 0)
        rescued.store.query("UPDATE tiles SET labels = x'00' WHERE tx = 1")
    rescue(tmp_path / "new.imagest", tmp_path / "newer.imagest")
    with Document.open(tmp_path / "newer.imagest") as rescued_again:
        assert not any(key[0] == 1 for key in rescued_again.state.damage.tiles()), (
            "labels must not be made up"
        )


def test_names_the_newest_backup_if_nothing_is_readable(project: Path, tmp_path: Path) -> None:
    with Document.open(project) as document:
        backup = document.back_up()
    assert backup is not None
    project.write_bytes(b"\0" * 20_000)
    with pytest.raises(ProjectError, match=backup.name):
        rescue(project, tmp_path / "new.imagest")
    assert not (tmp_path / "new.imagest").exists()


def test_never_overwrites_the_damaged_file(project: Path, painting: Painting) -> None:
    with pytest.raises(OutputError, match="another name"):
        rescue(project, project, force=True)


def test_other_files_are_no_project(painting: Painting, tmp_path: Path) -> None:
    other, out = tmp_path / "other.db", tmp_path / "out.imagest"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    for path in (painting.path, other):
        with pytest.raises(ProjectError, match=f"{path.name} is not an Imagest project"):
            rescue(path, out)
    assert not out.exists()
