"""Studies that a project keeps."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from imagest_core.errors import ModelError, ProjectError
from imagest_core.models import studies
from imagest_core.models.studies import Study, StudyFacts, parse_study
from imagest_core.project.document import Document
from imagest_core.project.recovery.rescue import rescue
from imagest_core.project.storage.check import check_project


def made(seed: int = 0) -> Study:
    facts = StudyFacts(
        *("imagest", "toy", "a" * 64, "scan.tif", "b" * 64, "c" * 64),
        *(10, 4, 0.01, seed, 64, 4, 32, 8, 0.5, 0.4, 0.1, 0.01),
    )
    return parse_study(save({"x.down": torch.ones(2, 3), "x.up": torch.ones(4, 2)}, facts.to_metadata()), "x")


@pytest.fixture(autouse=True)
def forgotten() -> None:
    studies._known.clear()


def test_studies_are_kept_copied_and_checked(document: Document, tmp_path: Path) -> None:
    first = document.keep_study(made())
    assert document.keep_study(made()) is first
    document.keep_study(made(1))
    path = document.path
    assert path is not None
    document.save_as(tmp_path / "copy.imagest")
    document.close()
    studies._known.clear()
    with Document.open(tmp_path / "copy.imagest") as copy:
        assert [kept.study for kept in copy.studies] == [made(), made(1)]
        assert studies.find_study(made().sha256) == made()
    assert not check_project(tmp_path / "copy.imagest").findings


def test_rescue_keeps_studies(document: Document, tmp_path: Path) -> None:
    document.keep_study(made())
    path = document.path
    assert path is not None
    document.close()
    rescue(path, tmp_path / "rescued.imagest")
    with Document.open(tmp_path / "rescued.imagest") as rescued:
        assert [kept.sha256 for kept in rescued.studies] == [made().sha256]


def test_a_project_of_version_4_opens(document: Document) -> None:
    path = document.path
    assert path is not None
    document.close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TABLE studies")
        db.execute("PRAGMA user_version = 4")
    with Document.open(path) as opened:
        assert opened.studies == []
        opened.keep_study(made())
    assert not check_project(path).findings


def test_a_damaged_study_is_left_out(document: Document) -> None:
    document.keep_study(made())
    path = document.path
    assert path is not None
    document.close()
    studies._known.clear()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE studies SET data = ?", (made(1).data,))
    with Document.open(path) as opened:
        assert opened.studies == []
    with pytest.raises(ModelError, match="isn't known here"):
        studies.find_study(made().sha256)


def test_a_read_only_project_keeps_no_study(document: Document) -> None:
    path = document.path
    assert path is not None
    with Document.open_read_only(path) as other, pytest.raises(ProjectError, match="read-only"):
        other.keep_study(made())


def test_a_study_survives_a_missing_file(document: Document, tmp_path: Path) -> None:
    path = document.path
    assert path is not None
    hidden = path.rename(tmp_path / "hidden.imagest")
    document.keep_study(made())
    assert document.write_error
    assert not document.saved
    hidden.rename(path)
    document.flush()
    assert document.saved
    document.close()
    with Document.open(path) as opened:
        assert [kept.sha256 for kept in opened.studies] == [made().sha256]
