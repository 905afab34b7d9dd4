"""Projects with damaged rows: every command ends with one sentence, and rescue recovers the rest."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from project_runs import run_filling

from imagest_core.cli.program import main
from imagest_core.errors import ImagestError, ProjectError
from imagest_core.export.painting import export_accepted
from imagest_core.painting.geometry import Box
from imagest_core.project.document import Document
from imagest_core.project.operations import decisions, mask, results, settings
from imagest_core.project.run_tile import PackedTile, unpack
from imagest_core.project.storage.codec import unpack_tile
from imagest_core.project.storage.unpack import decompressed

A, B = Box(10, 10, 30, 20), Box(240, 200, 40, 40)
COLUMNS = {
    "meta": ("key", "value"),
    "tiles": ("tx", "ty", "labels"),
    "operations": ("kind", "name", "time", "operator", "status", "data", "blob"),
    "decisions": ("subject", "verdict", "note", "operator", "time", "place"),
    "runs": ("listed", "summary", "record", "regions"),
    "run_tiles": ("run", "tx", "ty", "x", "y", "width", "height", "regions", "samples"),
    "exports": ("time", "operator", "path", "sha256", "pixels", "runs", "record"),
    "seals": ("name", "key", "hash"),
    "log": ("kind", "number", "note", "content", "hash"),
    "run_hashes": ("record_sha256", "hashes"),
}
CELLS = [(table, column) for table, columns in COLUMNS.items() for column in columns]

BOMB = zlib.compress(bytes(1 << 24), 9)
VALUES: tuple[object, ...] = (
    None,
    -1,
    2**62,
    1.5,
    "",
    "x\0y",
    b"\xff\xfe",
    BOMB,
    "[]",
    '{"a":[1,2',
    "NaN",
    "[" * 20_000,
    '{"box":[-5,0,1e400,true],"count":-1,"tiles":[[0]],"run":[],"parts":[[]],"listed":7}',
)


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with content in every table: masks, runs, decisions, an export, undone gestures."""
    import tifffile

    from imagest_core.painting.reader import open_painting

    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("IMAGEST_DATA", str(folder / "data"))
        samples = np.random.default_rng(5).integers(0, 65536, (300, 600, 3), np.uint16)
        tifffile.imwrite(folder / "scan.tif", samples, photometric="rgb", resolution=(600, 600))
        with open_painting(folder / "scan.tif") as painting:
            document = Document.create(painting, folder / "work.imagest")
            hash_of_scan = painting.sha256()
        with document:
            _fill(document, folder, hash_of_scan)
    return folder


def _fill(document: Document, folder: Path, sha256: str) -> None:
    for box, label in ((A, 1), (B, 2)):
        before = document.state.damage.copy()
        mask.paint(document.state.damage, box, np.ones((box.height, box.width), bool), label)
        document.record_gesture(before, "Paint")
    record = json.dumps({"painting": {"sha256": sha256}, "request": {"seed": 7}, "engine": {"name": "telea"}})
    for number in (1, 2):
        run = run_filling(number, [A, B], 100 * number, (600, 300), record=record)
        document.do(results.add_run(run))
    document.do(decisions.accept(document.state, document.state.runs[1], [1]))
    document.do(decisions.reject(document.state, document.state.runs[2], [2]))
    document.do(settings.add_style_region(document.state, Box(300, 20, 64, 64)))
    export_accepted(document, folder / "out.tif")
    document.do(settings.set_notes(document.state, "undone"))
    document.undo()


@pytest.fixture
def faulty(intact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return a function that copies the project with another value in one cell."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def with_value(table: str, column: str, value: object, row: int = 0) -> Path:
        path = tmp_path / "faulty.imagest"
        shutil.copyfile(intact / "work.imagest", path)
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("PRAGMA ignore_check_constraints = ON")
            sql = f"UPDATE {table} SET {column} = ? WHERE rowid = (SELECT min(rowid) + ? FROM {table})"
            try:
                db.execute(sql, (value, row))
            except sqlite3.IntegrityError:
                pytest.skip("the table itself refuses this")
        return path

    return with_value


def flip_bit(path: Path, table: str, column: str, row: int) -> object:
    """Return the value of a cell with one bit of its first, middle or last byte flipped."""
    with closing(sqlite3.connect(path)) as db:
        db.text_factory = bytes
        sql = f"SELECT {column} FROM {table} WHERE rowid = (SELECT min(rowid) + ? FROM {table})"
        cells = db.execute(sql, (row,)).fetchone()
    value = cells[0] if cells else None
    if isinstance(value, int):
        return value + 1
    if not value:
        return b"?"
    position = (0, len(value) // 2, len(value) - 1)[row % 3]
    changed = value[:position] + bytes([value[position] ^ 1]) + value[position + 1 :]
    return changed


COMMANDS = (("info",), ("verify",), ("export", "-o", "OUT", "--force"), ("rescue", "-o", "NEW", "--force"))


def check_commands(path: Path, capsys: pytest.CaptureFixture[str]) -> list[int]:
    """Run every command on ``path``; each ends with one line and no internal error."""
    codes = []
    for command, *options in COMMANDS:
        names = {"OUT": path.with_name("out.tif"), "NEW": path.with_name("rescued.imagest")}
        code = main(["project", command, str(path), *(str(names.get(each, each)) for each in options)])
        message = capsys.readouterr().err.splitlines()
        assert code in ((0, 1, 2) if command == "verify" else (0, 2)), (command, message)
        assert len(message) == (code != 0), (command, message)
        assert "internal error" not in "".join(message)
        codes.append(code)
    if codes[-1] == 0:
        assert main(["project", "info", str(path.with_name("rescued.imagest"))]) == 0
        assert capsys.readouterr().err == ""
    return codes


@pytest.mark.parametrize(("table", "column"), CELLS)
def test_invalid_cells_are_reported_in_one_sentence(
    table: str, column: str, faulty, capsys: pytest.CaptureFixture[str]
) -> None:
    step = sum(map(ord, table + column))
    for index in range(3):
        value = VALUES[(step + 5 * index) % len(VALUES)]
        try:
            path = faulty(table, column, value, index % 2)
        except pytest.skip.Exception:
            continue
        check_commands(path, capsys)


@pytest.mark.parametrize(("table", "column"), CELLS)
def test_verify_names_a_flipped_byte(table: str, column: str, faulty, intact: Path, capsys) -> None:
    value = flip_bit(intact / "work.imagest", table, column, 0)
    if isinstance(value, bytes) and column not in (*BLOBS, "blob"):
        value = value.decode("utf-8", "replace")
    path = faulty(table, column, value)
    assert main(["project", "verify", str(path)]) == 1
    message = capsys.readouterr().err
    assert len(message.splitlines()) == 1
    assert NAMED[table] in message


NAMED = {
    "meta": "the value “",
    "tiles": "the damage of tile",
    "operations": "line 1 of the history",
    "decisions": "the decision on",
    "runs": "run 1",
    "run_tiles": "run 1: its samples",
    "exports": "export 1",
    "seals": "the value “",
    "log": "line 1 of the log",
    "run_hashes": "run 1",
}
BLOBS = ("labels", "record", "regions", "samples", "hash", "content")


def test_verify_accepts_an_intact_project(intact: Path, capsys) -> None:
    assert main(["project", "verify", str(intact / "work.imagest")]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["log"]["lines"] > 10
    assert facts["exported"]


@pytest.mark.parametrize("field", ["width", "height", "channels", "depth", "page", "size", "path", "sha256"])
@pytest.mark.parametrize("value", [-7, 10**30, None, "\0", [1], 1.5])
def test_invalid_scan_properties_are_reported_in_one_sentence(
    field: str, value: object, faulty, intact, capsys
) -> None:
    with closing(sqlite3.connect(intact / "work.imagest")) as db:
        [(text, row)] = db.execute("SELECT value, rowid FROM meta WHERE key = 'painting'").fetchall()
        [(first,)] = db.execute("SELECT min(rowid) FROM meta").fetchall()
    path = faulty("meta", "value", json.dumps({**json.loads(text), field: value}), row - first)
    for command in ("info", "verify"):
        main(["project", command, str(path)])
        message = capsys.readouterr().err
        assert len(message.splitlines()) <= 1
        assert "internal error" not in message


@pytest.mark.parametrize("number", [0, -3, 3, 2**31 - 1, 2**40])
def test_ignores_decisions_on_missing_regions(number: int, faulty, capsys) -> None:
    path = faulty("decisions", "subject", f"1/{number}")
    info = 2 if number < 0 else 0  # no number of a region
    assert check_commands(path, capsys) == [info, 1, 2, 0]
    rescued = path.with_name("rescued.imagest")
    assert main(["project", "export", str(rescued), "-o", str(path.with_name("again.tif"))]) == 2
    assert "No fill is accepted yet" in capsys.readouterr().err


def test_rescue_recovers_all_other_rows(faulty, tmp_path: Path, capsys) -> None:
    path = faulty("runs", "summary", '{"box":[0,0,9000,9000]}')
    out = tmp_path / "rescued.imagest"
    assert main(["project", "rescue", str(path), "-o", str(out)]) == 0
    with Document.open(out) as document:
        assert list(document.state.runs) == [2]
        assert document.state.damage.count() == A.area + B.area
    capsys.readouterr()
    assert main(["project", "info", str(out), "--json"]) == 0


def test_failed_undo_of_a_damaged_line_changes_nothing(faulty) -> None:
    with closing(sqlite3.connect(faulty("operations", "blob", BOMB))) as db, db:
        db.execute("UPDATE operations SET status = 'dropped' WHERE id > 1")
    path = faulty("operations", "blob", BOMB)
    with Document.open(path) as document:
        while len(document.history.done) > 1:
            document.undo()
        before = document.state.damage.copy()
        with pytest.raises(ProjectError):
            document.undo()
        assert document.state.damage == before
        assert len(document.history.done) == 1


def test_decompression_is_bounded() -> None:
    for blob in (
        BOMB,
        b"",
        b"x",
        zlib.compress(bytes(10)),
        zlib.compress(bytes(65536)) + b"more",
        None,
        "text",
    ):
        with pytest.raises(ImagestError):
            unpack_tile(blob)  # type: ignore[arg-type]
    assert decompressed(zlib.compress(bytes(100)), 100) == bytes(100)
    with pytest.raises(ProjectError):
        decompressed(zlib.compress(bytes(101)), 100)


@pytest.mark.parametrize(("channels", "dtype"), [(4, np.uint16), (1, np.uint16), (3, np.uint8)])
def test_rejects_samples_of_another_type(channels: int, dtype: type, faulty, capsys) -> None:
    import imagecodecs

    png = imagecodecs.png_encode(np.zeros((20, 30, channels), dtype))
    path = faulty("run_tiles", "samples", bytes(png))
    assert main(["project", "export", str(path), "-o", str(path.with_name("out.tif"))]) == 2
    assert "Result 1 is damaged" in capsys.readouterr().err


@pytest.mark.parametrize("size", [(30, 21), (10_000, 10_000), (0, 0)])
def test_does_not_decode_samples_of_another_size(size: tuple[int, int]) -> None:
    import imagecodecs

    from imagest_core.project.run_tile import pack_regions

    regions = pack_regions(np.ones((20, 30), np.uint32))
    png = bytearray(imagecodecs.png_encode(np.zeros((20, 30, 3), np.uint16)))
    png[16:24] = size[0].to_bytes(4, "big") + size[1].to_bytes(4, "big")
    with pytest.raises(ValueError, match="another size"):
        unpack(PackedTile(Box(0, 0, 30, 20), regions, bytes(png)))
