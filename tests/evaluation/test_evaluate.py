"""The whole command with the real classical engines on tiny cases."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from imagest_core.cli.program import main
from imagest_core.errors import InputError, OutputError
from imagest_core.evaluation.cases import find_cases, load_case
from imagest_core.evaluation.metrics import measure
from imagest_core.evaluation.run import Evaluation, evaluate
from imagest_core.painting.picture_files import write_picture
from imagest_core.progress import Cancelled, Progress

FILES = {
    "cases.csv", "means.csv", "differences.csv", "report.md",
    "table-2.md", "table-2.csv", "table-2.png",
    "sheet-cracks.png", "sheet-losses.png", "close-cracks.png", "close-losses.png", "evaluation-files.json",
}  # fmt: skip


def rows_of(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return {(row["case"], row["method"]): row for row in csv.DictReader(file)}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_the_command_writes_tables_and_sheets(
    cases: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engines = ["--engine", "harmonic", "--engine", "telea", "--engine", "harmonic+noise"]
    assert main(["evaluate", str(cases), "-o", str(out), *engines]) == 0
    assert {path.name for path in out.iterdir()} == FILES
    paths, _, table = capsys.readouterr().out.partition("\n\n")
    assert set(paths.split()) == {str(out / name) for name in FILES}
    assert table.strip() == (out / "table-2.md").read_text("utf-8").strip()
    rows = rows_of(out / "cases.csv")
    assert len(rows) == 4 * 4
    for case in ("000-losses", "001-cracks"):
        untouched, smooth, control = (
            rows[case, name] for name in ("none", "harmonic", "harmonic+noise:telea")
        )
        assert float(smooth["psnr"]) > float(untouched["psnr"]) + 6
        assert float(control["band1"]) == pytest.approx(float(rows[case, "telea"]["band1"]), rel=0.1)
        assert (untouched["seconds"], untouched["lpips"]) == ("0", "")


def test_telea_scores_what_opencv_scores(cases: Path, out: Path) -> None:
    """The fill is that of OpenCV over the mask dilated by a pixel, and only the fill is measured."""
    evaluate(Evaluation(cases, out, ("telea",)), Progress())
    rows = rows_of(out / "cases.csv")
    for case in find_cases(cases):
        pictures = load_case(case)
        dilated = cv2.dilate(pictures.mask.astype(np.uint8), np.ones((3, 3), np.uint8))
        fill = cv2.inpaint(pictures.damaged, dilated, 5, cv2.INPAINT_TELEA)
        expected = measure(np.asarray(fill, np.uint8), pictures.truth, pictures.mask)["psnr"]
        assert float(rows[case.name, "telea"]["psnr"]) == pytest.approx(expected, abs=0.1)


def test_the_same_cases_give_the_same_figures(cases: Path, out: Path) -> None:
    wanted = Evaluation(cases, out, ("harmonic", "telea", "harmonic+noise"), limit=2)
    evaluate(wanted, Progress())
    first = (out / "differences.csv").read_text("utf-8")
    evaluate(wanted, Progress())
    second = (out / "differences.csv").read_text("utf-8")
    timeless = [[line for line in text.splitlines() if "seconds" not in line] for text in (first, second)]
    assert timeless[0] == timeless[1]
    assert len(timeless[0]) > 10


def test_other_files_in_the_folder_are_kept(cases: Path, out: Path) -> None:
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    (out / "report.md").write_text("old")
    evaluate(Evaluation(cases, out, ("harmonic",), limit=1), Progress())
    assert (out / "notes.txt").read_text() == "mine"
    assert "# Evaluation of 1 case" in (out / "report.md").read_text("utf-8")


def test_deep_and_grey_cases_are_measured_in_8_bit_srgb(cases: Path, out: Path) -> None:
    folder = cases / "000-losses"
    for name in ("clean.png", "damaged.png"):
        grey = np.asarray(Image.open(folder / name).convert("L"))
        write_picture(folder / name, grey.astype(np.uint16) * 257)
    evaluate(Evaluation(folder, out, ("harmonic",)), Progress())
    assert float(rows_of(out / "cases.csv")["000-losses", "harmonic"]["psnr"]) > 15


def test_report_names_the_settings(cases: Path, out: Path) -> None:
    evaluate(Evaluation(cases, out, ("harmonic",), limit=1), Progress())
    text = (out / "report.md").read_text("utf-8")
    assert all(f"- {name}: " in text for name in ("imagest", "Python", "numpy", "piq", "machine", "request"))
    assert "- LPIPS" in text


def test_progress_runs_to_the_end_and_can_be_stopped(cases: Path, out: Path) -> None:
    seen: list[float] = []
    evaluate(
        Evaluation(cases, out, ("harmonic",), limit=2), Progress(lambda report: seen.append(report.fraction))
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    with pytest.raises(Cancelled):
        evaluate(Evaluation(cases, out / "none", ("harmonic",)), Progress(cancelled=lambda: len(seen) > 3))
    assert not (out / "none").exists()


def test_wrong_input_is_one_sentence_and_exit_code_2(
    cases: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(cases), "-o", str(out), "--engine", "magic"]) == 2
    assert main(["evaluate", str(cases / "nothing"), "-o", str(out)]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 2
    assert "magic" in said[0]
    assert not out.exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--engine", "telea", "--mode", "faithful"],
        ["--engine", "telea", "--steps", "2"],
        ["--engine", "gmic", "--steps", "2"],
    ],
)
def test_options_that_no_named_engine_has_are_refused(
    cases: Path, out: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(cases), "-o", str(out), *options]) == 2
    assert f"has no parameter {options[2]}; leave it out" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--mode", "faithful", "--guidance", "2"], "None of these fills uses --guidance; leave it out"),
        (["--engine", "imagest:faithful", "--seed", "2"], "imagest in faithful mode doesn't use --seed"),
        (["--engine", "harmonic", "--seed", "2"], "The engine harmonic doesn't use --seed"),
    ],
)
def test_options_that_no_fill_uses_are_refused(
    cases: Path, out: Path, options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(cases), "-o", str(out), *options]) == 2
    assert sentence in capsys.readouterr().err
    assert not out.exists()


def test_missing_gmic_is_reported_before_anything_is_filled(
    cases: Path, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["evaluate", str(cases), "-o", str(out), "--engine", "telea", "--engine", "gmic"]) == 2
    assert main(["bench", "--peers", str(cases)]) == 2
    printed = capsys.readouterr()
    assert printed.err.count("G'MIC is not installed") == 2
    assert printed.out == ""
    assert not out.exists()


def test_an_output_that_is_a_file_is_refused(cases: Path, out: Path) -> None:
    out.write_text("")
    with pytest.raises(OutputError, match="is a file; name a folder"):
        evaluate(Evaluation(cases, out, ("harmonic",)), Progress())


def test_a_broken_case_stops_the_run_by_name(cases: Path, out: Path) -> None:
    (cases / "cases.json").write_text(json.dumps([{"name": "000-losses", "kind": "losses"}]))
    Image.new("L", (3, 3)).save(cases / "002-losses" / "mask.png")
    with pytest.raises(InputError, match=r"mask\.png"):
        evaluate(Evaluation(cases, out, ("harmonic",)), Progress())
