"""Record of an export: complete, and written exactly when the exported file is."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from failing_engines import change_byte

from imagest_core.cli.program import main
from imagest_core.damage.classes import DamageClass, Policy
from imagest_core.errors import PaintingError
from imagest_core.export.painting import export_accepted
from imagest_core.export.record import export_record
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.painting.tiff.form import Form
from imagest_core.project.document import Document
from imagest_core.project.operations import decisions, settings
from imagest_core.project.operations.results import add_run
from imagest_core.project.run import Run
from imagest_core.project.state import Subject

FIRST, SECOND = Box(240, 100, 40, 30), Box(400, 20, 10, 10)


@pytest.fixture
def decided(document: Document, make_run: Callable[..., Run], brush) -> Document:
    """Return a project with an accepted and a rejected fill, and damage that is only recorded."""
    added = DamageClass(9, "old retouching", "#123456", Policy.RECORD)
    document.do(settings.add_class(document.state, added))
    document.do(settings.set_operator(document.state, "A. Nobody"))
    document.do(settings.set_notes(document.state, "Varnish not removed."))
    brush(document, FIRST, 1)
    brush(document, Box(10, 10, 5, 5), 9)
    run = make_run(1, [FIRST, SECOND], 30_000)
    document.do(add_run(run))
    document.do(decisions.accept(document.state, run, [1]))
    document.do(decisions.reject(document.state, run, [2]))
    document.do(decisions.annotate(document.state, Subject(1, 1), "Agreed with the curator."))
    return document


def test_record_contains_operator_verdicts_notes_classes_and_messages(
    decided: Document, painting: Painting, tmp_path: Path
) -> None:
    form = Form(depth=8)
    snapshot = decided.snapshot()
    check = export_accepted(decided, tmp_path / "out.tif", form=form, snapshot=snapshot)
    record = export_record(snapshot, check, painting, "out.tif", "0" * 64, form=form)
    assert record == json.loads(json.dumps(record))
    assert (record["operator"], record["notes"]) == ("A. Nobody", "Varnish not removed.")
    assert [(each["name"], each["policy"], each["pixels"]) for each in record["classes"]] == [
        ("loss", "fill", FIRST.area),
        ("old retouching", "record", 25),
    ]
    one, two = record["decisions"]["runs"]["1"]["signed"]
    assert (one["verdict"], one["note"], one["operator"]) == (
        "accepted",
        "Agreed with the curator.",
        "A. Nobody",
    )
    assert (two["region"], two["verdict"]) == (2, "rejected")
    assert record["decisions"]["counts"] == {"accepted": 1, "rejected": 1}
    assert (
        "Every sample is converted, so nothing in the file is identical to the scan."
        in record["writing_notes"]
    )
    assert record["painting"]["sha256"] == painting.sha256()
    assert record["painting"]["notes"] == list(painting.notes)
    assert record["verification"] == check.to_plain()
    text = decided.state.runs[1].content.record()
    assert record["record_sha256"] == {"1": hashlib.sha256(text.encode()).hexdigest()}
    assert record["runs"] == {"1": json.loads(text)}


def test_command_line_writes_the_record(
    decided: Document, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decided.close()
    out, record = tmp_path / "out.tif", tmp_path / "record.json"
    arguments = ["project", "export", str(decided.path), "-o", str(out), "--record", str(record)]
    assert main(arguments) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["record"] == str(record)
    written = json.loads(record.read_text(encoding="utf-8"))
    assert (written["file"], written["operator"]) == ("out.tif", "A. Nobody")
    assert main(arguments) == 2
    assert main([*arguments, "--force"]) == 0


@pytest.mark.parametrize("name", ["out.tif", "scan.tif", "work.imagest"])
def test_record_does_not_replace_another_file(
    decided: Document, scan: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    decided.close()
    before = {path.name: path.read_bytes() for path in (scan, tmp_path / "work.imagest")}
    arguments = ["project", "export", str(decided.path), "-o", str(tmp_path / "out.tif"), "--force"]
    assert main([*arguments, "--record", str(tmp_path / name)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out.tif").exists()
    assert {path.name: path.read_bytes() for path in (scan, tmp_path / "work.imagest")} == before


def test_failed_record_leaves_no_export(
    decided: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    decided.close()
    out = tmp_path / "out.tif"
    out.write_bytes(b"of last week")

    def disk_full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    arguments = ["project", "export", str(decided.path), "-o", str(out), "--force"]
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", disk_full)
        assert main([*arguments, "--record", str(tmp_path / "record.json")]) == 2
    assert out.read_bytes() == b"of last week"
    assert not (tmp_path / "record.json").exists()


def test_silently_changed_scan_is_not_exported(decided: Document, scan: Path, tmp_path: Path) -> None:
    change_byte(scan)
    with pytest.raises(PaintingError, match="has changed"):
        export_accepted(decided, tmp_path / "out.tif")
    assert not (tmp_path / "out.tif").exists()


def test_undecodable_scan_name_gives_a_readable_record(tmp_path: Path) -> None:
    import tifffile

    from imagest_core.export.record import write_export_record

    path = tmp_path / os.fsdecode(b"scan-\xe9.tif")
    tifffile.imwrite(path, np.zeros((4, 4, 3), np.uint8), photometric="rgb")
    write_export_record({"name": path.name}, tmp_path / "record.json")
    assert json.loads((tmp_path / "record.json").read_text(encoding="utf-8")) == {"name": r"scan-\xe9.tif"}
