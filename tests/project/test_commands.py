"""The ``imagest project`` commands: output, exit codes and messages."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from imagest_core.cli.program import main
from imagest_core.painting.atomic import _host
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.project.damage_statistics import damage_statistics
from imagest_core.project.document import Document
from imagest_core.project.operations import decisions, mask, results, settings
from imagest_core.project.run_builder import run_of
from imagest_core.restoration.api import restore
from imagest_core.restoration.request import RestorationRequest

Command = Callable[..., tuple[int, dict, str]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run ``imagest project …`` and return the exit code, the JSON output and the messages."""

    def run(*arguments: object) -> tuple[int, dict, str]:
        code = main(["project", *map(str, arguments)])
        message = capsys.readouterr()
        return code, json.loads(message.out or "{}"), message.err

    return run


@pytest.fixture
def project(document: Document, painting: Painting, brush) -> Path:
    """Return a project of two losses restored twice, with fills of each accepted from different runs."""
    brush(document, Box(10, 10, 30, 20), 1)
    brush(document, Box(240, 200, 40, 40), 2)
    for seed in (1, 2):
        result = restore(
            painting, document.state.damage, RestorationRequest.of("telea" if seed == 1 else "harmonic")
        )
        document.do(results.add_run(run_of(painting, result, document.next_run)))
    state = document.state
    document.do(decisions.accept(state, state.runs[1], [1, 2]))
    document.do(decisions.accept(state, state.runs[2], [2]))
    document.close()
    assert document.path is not None
    return document.path


def test_info_prints_json(project: Path, command: Command, scan: Path) -> None:
    code, facts, message = command("info", project, "--json")
    assert (code, message) == (0, "")
    assert facts["painting"]["found"]
    assert [run["engine"] for run in facts["runs"]] == ["telea", "harmonic"]
    assert facts["decisions"] == {"accepted": 2, "undecided": 1}
    assert {item["name"]: item["area_px"] for item in facts["damage"]} == {"loss": 600, "crack": 1600}
    assert facts["damage"][0]["area_mm2"] == pytest.approx(600 * (25.4 / 600) ** 2)
    assert facts["calibration"]["resolution"]["px_per_mm_x"] == pytest.approx(600 / 25.4)


def test_info_prints_text(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["project", "info", str(project)]) == 0
    message = capsys.readouterr().out
    assert "the file's resolution (TIFF tags)" in message
    loss = next(line for line in message.splitlines() if line.startswith("loss"))
    assert loss.split()[:6] == ["loss", "fill", "1", "600", "1.08", "0.3333"]


def test_info_writes_statistics_as_csv(project: Path, tmp_path: Path) -> None:
    with Document.open(project) as document:
        document.do(settings.calibrate(document.state, (0, 0), (300, 0), 30))
    table = tmp_path / "damage.csv"
    assert main(["project", "info", str(project), "--csv", str(table)]) == 0
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [(row["name"], row["count"], row["area_px"], row["area_mm2"]) for row in rows] == [
        ("loss", "1", "600", "6.0"),
        ("crack", "1", "1600", "16.0"),
    ]
    assert {row["scale"] for row in rows} == {"calibrated by the user (two points 30 mm apart)"}
    assert main(["project", "info", str(project), "--csv", str(table)]) == 2
    assert main(["project", "info", str(project), "--csv", str(table), "--force"]) == 0


def test_no_millimetres_without_a_scale(document: Document) -> None:
    mask.paint(document.state.damage, Box(5, 5, 9, 9), np.ones((9, 9), bool), 2)
    [known] = damage_statistics(document.state)
    document.do(settings.set_scale(document.state, None))
    [unknown] = damage_statistics(document.state)
    assert (known.area_px, unknown.area_px) == (81, 81)
    assert known.area_mm2
    assert (unknown.area_mm2, unknown.length_mm, unknown.sizes_mm2) == (None, None, None)
    assert unknown.scale == "no resolution: pixels only"


def test_export_changes_only_accepted_fills(
    project: Path, command: Command, scan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.tif"
    code, facts, _ = command("export", project, "-o", out)
    assert code == 0
    assert facts["runs"] == {"1": 32 * 22, "2": 42 * 42}
    before, after = tifffile.imread(scan), tifffile.imread(out)
    filled = np.zeros(before.shape[:2], bool)
    filled[9:31, 9:41] = filled[199:241, 239:281] = True
    np.testing.assert_array_equal(before[~filled], after[~filled])
    assert (before[filled] != after[filled]).mean() > 0.9
    code, facts, _ = command("verify", project, out)
    assert code == 0
    assert facts["exported"]
    assert facts["filled"] == np.count_nonzero(filled)
    assert command("verify", project)[0] == 0


@pytest.mark.parametrize(
    ("position", "sentence"), [((0, 0), "outside the accepted fills"), ((210, 250), "run 2")]
)
def test_verify_detects_a_single_changed_sample(
    project: Path, command: Command, tmp_path: Path, position: tuple[int, int], sentence: str
) -> None:
    out = tmp_path / "out.tif"
    command("export", project, "-o", out)
    samples = tifffile.imread(out)
    samples[position][1] ^= 1
    tifffile.imwrite(out, samples, photometric="rgb")
    code, facts, message = command("verify", project, out)
    assert (code, facts) == (1, {})
    assert sentence in message


def test_verify_rejects_a_missing_file(project: Path, command: Command, tmp_path: Path) -> None:
    code, _, message = command("verify", project, tmp_path / "nothing.tif")
    assert code == 2
    assert "doesn't exist" in message


def test_verify_reports_changes_outside_the_samples(project: Path, command: Command, tmp_path: Path) -> None:
    out = tmp_path / "out.tif"
    command("export", project, "-o", out)
    assert command("verify", project)[1]["notes"] == []
    out.write_bytes(out.read_bytes() + b"\0")
    code, facts, _ = command("verify", project)
    assert (code, facts["exported"]) == (0, "")
    [note] = facts["notes"]
    assert "out.tif was changed after it was exported" in note


def test_record_of_another_file_with_the_same_bytes_is_not_checked(
    project: Path, command: Command, tmp_path: Path
) -> None:
    first, second, record = tmp_path / "first.tif", tmp_path / "second.tif", tmp_path / "first.json"
    assert command("export", project, "-o", first, "--record", record)[0] == 0
    assert command("export", project, "-o", second)[0] == 0
    assert first.read_bytes() == second.read_bytes()
    record.write_text("{}")
    assert command("verify", project, second)[0] == 0
    assert command("verify", project, first)[0] == 1
    first.rename(tmp_path / "moved.tif")
    assert command("verify", project, tmp_path / "moved.tif")[0] == 1


@pytest.mark.parametrize("name", ["out.json", "elsewhere/out.json", os.fsdecode(b"out\xe9.json")])
def test_verify_checks_the_record_at_any_location(
    project: Path, command: Command, tmp_path: Path, name: str
) -> None:
    out, record = tmp_path / "out.tif", tmp_path / name
    record.parent.mkdir(exist_ok=True)
    assert command("export", project, "-o", out, "--record", record)[0] == 0
    assert command("verify", project)[1]["notes"] == []
    out.write_bytes(out.read_bytes() + b"\0")
    record.write_text(record.read_text().replace('"telea"', '"spline"', 1))
    code, _, message = command("verify", project)
    assert code == 1
    assert "was changed after it was written (run 1: request.engine)" in message
    record.unlink()
    code, facts, _ = command("verify", project)
    assert code == 0
    assert "is missing, so it wasn't checked" in facts["notes"][1]


def test_next_export_reverts_a_killed_one_even_if_it_fails(
    project: Path, command: Command, tmp_path: Path
) -> None:
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True).stdout
    out = tmp_path / "out.tif"
    out.write_bytes(b"II*\0new")
    hidden = tmp_path / f".out.tif.{int(dead)}-{_host()}-01234567.old"
    hidden.write_bytes(b"II*\0old")
    assert command("export", project, "-o", out)[0] == 2
    assert out.read_bytes() == b"II*\0old"
    assert not hidden.exists()


def test_verify_detects_fills_that_are_no_longer_accepted(
    project: Path, command: Command, tmp_path: Path
) -> None:
    out = tmp_path / "out.tif"
    command("export", project, "-o", out)
    with Document.open(project) as document:
        document.do(decisions.reject(document.state, document.state.runs[1], [1]))
    assert command("verify", project, out)[0] == 1


def test_verify_requires_a_record_of_the_same_scan(
    project: Path, command: Command, tmp_path: Path, make_run
) -> None:
    with Document.open(project) as document:
        run = make_run(3, [Box(400, 50, 9, 9)], 77, record='{"painting":{"sha256":"00"}}')
        document.do(results.add_run(run))
        document.do(decisions.accept(document.state, run, [1]))
    out = tmp_path / "out.tif"
    assert command("export", project, "-o", out)[0] == 0
    code, _, message = command("verify", project, out)
    assert code == 1
    assert "Run 3 was computed from a file that isn't the scan" in message


@pytest.mark.parametrize("name", ["scan.tif", "work.imagest"])
def test_export_never_overwrites_the_scan_or_the_project(
    project: Path, command: Command, tmp_path: Path, name: str
) -> None:
    before = (tmp_path / name).read_bytes()
    assert command("export", project, "-o", tmp_path / name, "--force")[0] == 2
    if name == "scan.tif":
        assert (tmp_path / name).read_bytes() == before
    assert command("info", project, "--json")[0] == 0


def test_export_requires_accepted_fills(document: Document, command: Command, tmp_path: Path) -> None:
    document.close()
    code, _, message = command("export", document.path, "-o", tmp_path / "out.tif")
    assert code == 2
    assert "accept some" in message
    assert command("verify", document.path)[0] == 2


def test_rescue_reports_losses(project: Path, command: Command, tmp_path: Path) -> None:
    content = project.read_bytes()
    project.write_bytes(content[: len(content) * 2 // 3])
    assert command("info", project)[0] == 2
    code, facts, _ = command("rescue", project)
    assert code == 0
    assert facts["lost"]
    assert command("info", facts["out"], "--json")[0] == 0


def test_finds_a_moved_scan_and_rejects_a_changed_one(
    project: Path, command: Command, scan: Path, tmp_path: Path
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (away / project.name).write_bytes(project.read_bytes())
    (away / "renamed.tif").write_bytes(scan.read_bytes())
    scan.unlink()
    moved = away / project.name
    _, facts, _ = command("info", moved, "--json")
    assert facts["painting"]["path"] == str(away / "renamed.tif")
    assert "has moved" in facts["painting"]["note"]
    assert command("export", moved, "-o", tmp_path / "out.tif")[0] == 0
    (away / "renamed.tif").write_bytes((away / "renamed.tif").read_bytes()[:-1] + b"x")
    code, _, message = command("export", moved, "-o", tmp_path / "out2.tif")
    assert code == 2
    assert "has changed" in message
    (away / "renamed.tif").unlink()
    code, _, message = command("verify", moved, tmp_path / "out.tif")
    assert code == 2
    assert "can't be found" in message


def test_exported_file_has_the_properties_of_the_scan(
    project: Path, command: Command, scan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.tif"
    command("export", project, "-o", out)
    with open_painting(scan) as before, open_painting(out) as after:
        assert (after.dtype, after.resolution, after.box) == (before.dtype, before.resolution, before.box)


def test_info_writes_the_regions_as_csv(project: Path, tmp_path: Path) -> None:
    with Document.open(project) as document:
        counts = document.state.damage.counts()
    table = tmp_path / "regions.csv"
    assert main(["project", "info", str(project), "--regions", str(table)]) == 0
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    areas = {
        label: sum(int(row["area_px"]) for row in rows if int(row["label"]) == label) for label in counts
    }
    assert areas == counts
    assert all(float(row["thickness_mm"]) > 0 for row in rows)
    assert main(["project", "info", str(project), "--regions", str(table)]) == 2
    assert main(["project", "info", str(project), "--regions", str(table), "--csv", str(table)]) == 2


def test_info_measures_a_selection(command: Command, document: Document) -> None:
    path, damage = document.path, document.state.damage.copy()
    for x in (10, 200):
        damage.write(Box(x, 20, 10, 10), np.ones((10, 10), np.uint8))
    document.do(mask.change_mask(document.state.damage, damage, "Mark"))
    document.close()
    _, whole, _ = command("info", path, "--json")
    code, facts, _ = command("info", path, "--json", "--within", "0,0,100,100")
    assert code == 0
    assert [whole["damage"][0]["area_px"], facts["damage"][0]["area_px"]] == [200, 100]
    assert facts["damage"][0]["percent"] == 1.0
    assert facts["within"]["pixels"] == 10_000
    assert command("info", path, "--within", "9000,0,5,5")[0] == 2


def test_the_help_of_verify_explains_its_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["project", "verify", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for words in ("code 0: verified", "1: something differs", "2: it could not be checked"):
        assert words in text
