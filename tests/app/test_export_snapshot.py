"""All files of an export come from one snapshot of the project."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from app.commands.export import ExportSpec, export
from app.document import OpenDocument
from imagest_core.cli.program import main
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.project.operations import decisions, results, settings
from imagest_core.project.operations.mask import change_mask
from imagest_core.project.run_builder import run_of
from imagest_core.project.state import Subject
from imagest_core.restoration.api import restore
from imagest_core.restoration.request import RestorationRequest

ACCEPTED, REJECTED, OPEN = Box(20, 20, 10, 10), Box(60, 50, 12, 8), Box(110, 80, 9, 9)


@pytest.fixture
def decided(opened: OpenDocument) -> OpenDocument:
    """Three losses restored: one fill accepted, one rejected with a note, one not decided on."""
    after = opened.state.damage.copy()
    for box in (ACCEPTED, REJECTED, OPEN):
        after.write(box, np.ones((box.height, box.width), np.uint8))
    opened.do(change_mask(opened.state.damage, after, "Brush"))
    opened.do(settings.set_operator(opened.state, "A. Conservator"))
    made = restore(opened.painting, opened.state.damage, RestorationRequest.of("harmonic"))
    run = run_of(opened.painting, made, 1)
    opened.do(results.add_run(run))
    opened.do(decisions.accept(opened.state, run, [number(opened, ACCEPTED)]))
    opened.do(decisions.reject(opened.state, run, [number(opened, REJECTED)]))
    opened.do(decisions.annotate(opened.state, Subject(1, number(opened, REJECTED)), "too bright"))
    return opened


def number(document: OpenDocument, box: Box) -> int:
    run = document.state.runs[1]
    return next(each for each in run.numbers if run.region_box(each).touches(box))


def wanted(folder: Path) -> ExportSpec:
    folder.mkdir()
    names = ("out.tif", "out-mask.png", "out-fill.tif", "out-record.json")
    return ExportSpec(*(folder / name for name in names))


def edits(document: OpenDocument) -> list[Callable[[], object]]:
    state, run = document.state, document.state.runs[1]
    return [
        lambda: document.do(decisions.accept(state, run, run.numbers)),
        lambda: document.do(change_mask(state.damage, DamageMap(160, 120), "Clear mask")),
        lambda: document.do(settings.set_operator(state, "somebody else")),
        lambda: document.do(settings.set_notes(state, "later")),
        lambda: document.do(decisions.reconsider(state, run, [number(document, ACCEPTED)])),
        lambda: document.do(results.remove_run(run)),
    ]


def test_edits_during_an_export_change_no_file(decided: OpenDocument, tmp_path: Path) -> None:
    before = wanted(tmp_path / "before")
    export(decided, before, Progress())
    left = edits(decided)

    def busy(report: object) -> None:
        for _ in left[:2]:
            left.pop(0)()

    during = wanted(tmp_path / "during")
    export(decided, during, Progress(busy))
    assert not left
    assert not decided.state.runs
    for one, other in zip(before.files[:3], during.files[:3], strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name
    records = [json.loads(files.files[3].read_text("utf-8")) for files in (before, during)]
    for record in records:
        record.pop("time")
        record.pop("log")
    assert records[0] == records[1]
    rows = decided.document.store.query("SELECT operator, pixels, sha256, record FROM exports")
    assert rows[0][:3] == rows[1][:3]
    assert rows[0][0] == "A. Conservator"
    assert json.loads(rows[1][3])["sha256"] == hashlib.sha256(during.files[3].read_bytes()).hexdigest()


def test_the_files_of_an_export_are_consistent(decided: OpenDocument, scan: Path, tmp_path: Path) -> None:
    files = wanted(tmp_path / "out")
    assert files.mask is not None
    assert files.fill is not None
    assert files.record is not None
    export(decided, files, Progress())
    changed = (tifffile.imread(files.out) != tifffile.imread(scan)).any(axis=2)
    mask = np.asarray(Image.open(files.mask)) > 0
    filled = tifffile.imread(files.fill)[..., 3] > 0
    record = json.loads(files.record.read_text("utf-8"))
    assert np.array_equal(mask, filled)
    assert not (changed & ~mask).any()
    assert mask[ACCEPTED.slices].all()
    assert not mask[REJECTED.slices].any()
    assert not mask[OPEN.slices].any()
    assert record["mask"]["pixels"] == mask.sum() == record["verification"]["filled"]
    assert record["mask"]["marked_pixels"] == ACCEPTED.area + REJECTED.area + OPEN.area
    assert record["mask"]["marked_but_not_filled_pixels"] == REJECTED.area + OPEN.area
    said = record["decisions"]["runs"]["1"]
    assert [len(said[each]["regions"]) for each in ("accepted", "rejected", "undecided")] == [1, 1, 1]
    assert {each["verdict"]: each["note"] for each in said["signed"]} == {
        "accepted": "",
        "rejected": "too bright",
    }
    assert record["operator"] == "A. Conservator"
    assert record["sha256"] == hashlib.sha256(files.out.read_bytes()).hexdigest()
    kept = decided.state.runs[1].content.record()
    assert record["record_sha256"] == {"1": hashlib.sha256(kept.encode()).hexdigest()}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('"seed": 0', '"seed": 1', "run 1: request.seed"),
        ('"operator": "A. Conservator"', '"operator": "B"', "operator"),
        ('"name": "harmonic"', '"name": "telea"', "run 1: engine.name"),
        ('"marked_pixels"', '"Marked_pixels"', "mask.marked_pixels"),
        ("\n", "\n\n", "was changed after it was written"),
    ],
)
def test_verify_reports_what_was_changed_in_the_record(
    decided: OpenDocument, tmp_path: Path, old: str, new: str, named: str, capsys
) -> None:
    files = wanted(tmp_path / "out")
    assert files.record is not None
    export(decided, files, Progress())
    project = decided.document.path
    assert main(["project", "verify", str(project), str(files.out)]) == 0
    text = files.record.read_text("utf-8")
    assert old in text
    files.record.write_text(text.replace(old, new, 1), "utf-8")
    capsys.readouterr()
    assert main(["project", "verify", str(project), str(files.out)]) == 1
    said = capsys.readouterr().err
    assert "out-record.json" in said
    assert named in said
