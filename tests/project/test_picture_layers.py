from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from layer_pictures import textured, warped, write_grey, write_rgb

from imagest_core.errors import InputError, ProjectError
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.project.document import Document
from imagest_core.project.layers import make_layer, open_layer
from imagest_core.project.operations.layers import add_layer, layer_named, remove_layer
from imagest_core.project.state import LayerKind


@pytest.fixture
def painting(tmp_path: Path) -> Iterator[Painting]:
    with open_painting(write_rgb(tmp_path / "scan.tif", textured())) as painting:
        yield painting


@pytest.fixture
def infrared(tmp_path: Path) -> Path:
    return write_grey(tmp_path / "infrared.tif", warped(textured()))


@pytest.fixture
def project(painting: Painting, tmp_path: Path) -> Path:
    path = tmp_path / "work.imagest"
    Document.create(painting, path).close()
    return path


def test_layers_are_kept_in_the_project_and_can_be_undone(
    painting: Painting, infrared: Path, project: Path
) -> None:
    layer = make_layer(infrared, painting, LayerKind.INFRARED)
    with Document.open(project) as document:
        document.do(add_layer(document.state, layer))
        with pytest.raises(InputError, match="already"):
            add_layer(document.state, layer)
        with pytest.raises(InputError, match="no layer nowhere; the layers are: infrared"):
            layer_named(document.state, "nowhere")
        assert infrared in document.files
    with Document.open(project) as document:
        assert document.state.layers == (layer,)
        registered = open_layer(layer)
        assert np.allclose(registered.alignment.matrix.ravel(), layer.matrix)
        registered.picture.close()
        document.undo()
        assert document.state.layers == ()
        document.redo()
        document.do(remove_layer(document.state, "infrared"))
        assert document.state.layers == ()
        document.undo()
        assert [str(entry.name) for entry in document.history.done] == ["Add layer infrared"]


def test_missing_or_changed_picture_is_a_sentence_and_the_layer_stays(
    cli, painting: Painting, infrared: Path, project: Path, tmp_path: Path
) -> None:
    assert cli("layers", "add", project, infrared, "--kind", "infrared", "--name", "IR").code == 0
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    infrared.rename(moved / infrared.name)
    answer = cli("layers", "list", project, "--json")
    (layer,) = json.loads(answer.out)["layers"]
    assert "is missing" in layer["note"]
    assert layer["name"] == "IR"
    write_grey(infrared, textured(5))
    assert "has changed since" in cli("layers", "list", project).out
    with Document.open_read_only(project) as document:
        with pytest.raises(InputError, match="has changed"):
            open_layer(document.state.layers[0])
        open_layer(document.state.layers[0], (moved,)).picture.close()


def test_the_command_adds_lists_and_removes(cli, painting: Painting, infrared: Path, project: Path) -> None:
    assert "no layers" in cli("layers", "list", project).out
    added = cli("layers", "add", project, infrared, "--kind", "xray")
    assert (added.code, added.err) == (0, "")
    assert "px RMS" in added.out
    assert "infrared (xray)" in cli("layers", "list", project).out
    assert "layer     infrared (xray)" in cli("project", "info", project).out
    refused = cli("layers", "remove", project, "photo")
    assert refused.code == 2
    assert cli("layers", "remove", project, "infrared").code == 0
    assert "no layers" in cli("layers", "list", project).out


def test_a_picture_that_cannot_be_registered_changes_nothing(
    cli, painting: Painting, project: Path, tmp_path: Path
) -> None:
    other = write_grey(tmp_path / "other.tif", textured(77))
    before = project.read_bytes()
    answer = cli("layers", "add", project, other)
    assert answer.code == 2
    assert "other.tif can't be registered" in answer.err
    with Document.open_read_only(project) as document:
        assert document.state.layers == ()
    assert len(project.read_bytes()) == len(before)
    assert cli("layers", "add", project, tmp_path / "missing.tif").code == 2


def test_older_programs_refuse_projects_of_this_version(project: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(project)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(ProjectError, match="newer Imagest"):
        Document.open(project)
