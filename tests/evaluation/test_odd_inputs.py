"""Odd input ends with one sentence and exit code 2 before anything is filled, and leaves nothing behind."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagest_core.evaluation.cases import find_cases
from imagest_core.evaluation.files import made_folder
from imagest_core.evaluation.run import sheet_names
from imagest_core.progress import Progress

LAST = "003-cracks"
Change = Callable[[Path], object]


@pytest.fixture
def refused(cases: Path, cli, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs ``imagest evaluate`` where no fill may begin; returns the sentence."""

    def no_fill(*_: object) -> None:
        raise AssertionError("a fill began")

    monkeypatch.setattr("imagest_core.evaluation.benchmark._fill", no_fill)
    monkeypatch.setattr("imagest_core.evaluation.damaged_works.fill_by", no_fill)

    def run(*options: object, out: Path = cases.parent / "out", folder: Path = cases) -> str:
        before = sorted(cases.parent.rglob("*"))
        answer = cli("evaluate", folder, "-o", out, "--method", "harmonic", *options)
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer.err
        assert sorted(cases.parent.rglob("*")) == before
        return answer.err

    return run


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def corrupt_tiff(path: Path) -> None:
    path.write_bytes(b"II*\0" + b"\xff" * 100)


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe_instead(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def lost_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nowhere.png")


@pytest.mark.parametrize("name", ["clean.png", "damaged.png", "mask.png"])
@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("hello"),
        lambda path: Image.new("L", (30, 48)).save(path),
        cut,
        corrupt_tiff,
        folder_instead,
        lost_link,
    ],
)
def test_a_faulty_picture_of_the_last_case_is_named_with_it(
    cases: Path, refused, name: str, change: Change
) -> None:
    change(cases / LAST / name)
    sentence = refused()
    assert LAST in sentence
    assert ".png" in sentence


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(cases: Path, refused) -> None:
    pipe_instead(cases / LAST / "clean.png")
    assert "clean.png is no file" in refused()


def test_a_folder_that_can_t_be_read_is_not_left_out(cases: Path, refused, monkeypatch) -> None:
    """Root may read everything, so that the refusal of the system is played."""
    lstat = Path.lstat

    def denied(path: Path) -> os.stat_result:
        if path.parent.name == LAST:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", denied)
    assert f"{LAST}{os.sep}clean.png can't be read: permission denied" in refused()


@pytest.mark.parametrize("truth", [True, False])
@pytest.mark.parametrize("fault", ["full", "almost full", "empty"])
def test_a_mask_that_can_t_be_filled_is_found_first(cases: Path, refused, truth: bool, fault: str) -> None:
    mask = np.full((48, 48), 0 if fault == "empty" else 255, np.uint8)
    if fault == "almost full":
        mask[5, 5] = 0
    Image.fromarray(mask).save(cases / LAST / "mask.png")
    if not truth:
        (cases / LAST / "clean.png").unlink()
    assert LAST in refused()


def test_pictures_too_small_for_the_metrics_are_refused(cases: Path, refused) -> None:
    for name in ("clean.png", "damaged.png", "mask.png"):
        with Image.open(cases / LAST / name) as picture:
            picture.crop((0, 0, 48, 31)).save(cases / LAST / name)
    assert "at least 32 px" in refused()


@pytest.mark.parametrize(
    ("index", "sentence"),
    [
        ("{}", "must be a JSON list"),
        ("null", "must be a JSON list"),
        ("[" * 3000, "must be a JSON list"),
        ('[{"name": 5}]', "must be a JSON list"),
        ('[{"name": "000-losses", "kind": NaN}]', "must be a JSON list"),
        ('[{"name": "000-losses", "caption": 5}]', "must be a JSON list"),
        ('[{"name": "000-losses"}, {"name": "000-losses"}]', "twice"),
        ('[{"name": "000-losses", "kind": "../x"}]', "must be a word"),
        ('[{"name": "000-losses", "kind": " x"}]', "must be a word"),
        ('[{"name": "000-losses", "kind": "' + "修" * 40 + '"}]', "must be a word"),
        ('[{"name": "000-losses", "kind": "All"}]', "means every case"),
        ('[{"name": "000-losses", "kind": "Cracks"}]', "differ in their case only"),
    ],
)
def test_an_odd_index_is_refused(cases: Path, refused, index: str, sentence: str) -> None:
    (cases / "cases.json").write_text(index, "utf-8")
    assert sentence in refused()


def test_an_index_without_caption_has_none(cases: Path) -> None:
    (cases / "cases.json").write_text('[{"name": "000-losses", "kind": null, "caption": null}]')
    first = find_cases(cases)[0]
    assert (first.kind, first.caption) == ("losses", "")


@pytest.mark.parametrize("change", [folder_instead, lost_link])
def test_an_index_that_is_no_file_is_refused(cases: Path, refused, change: Change) -> None:
    change(cases / "cases.json")
    assert "no list of cases" in refused()


@pytest.mark.parametrize("name", ["sheet-losses.png", "close-cracks.png", "table-2.md"])
def test_existing_results_are_found_before_the_work(cases: Path, refused, name: str) -> None:
    out = cases.parent / "out"
    out.mkdir()
    (out / name).write_text("mine")
    assert "exists already" in refused()
    (out / name).unlink()
    (out / name).mkdir()
    assert "is not a file" in refused("--force")


def test_results_never_go_among_the_inputs(cases: Path, refused) -> None:
    link = cases.parent / "link"
    link.symlink_to(cases)
    for out in (cases, cases / "out", cases / "000-losses" / "a" / "b", link / "out"):
        assert "which is only read" in refused(out=out)


def test_a_folder_that_can_t_be_created_is_named(cases: Path, refused) -> None:
    (cases.parent / "file").write_text("")
    for out in (cases.parent / "file" / "out", cases.parent / "new" / ("x" * 300)):
        assert "can't be created" in refused(out=out)


def test_a_folder_that_was_there_stays_when_the_body_fails(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    for folder in (tmp_path / "old", tmp_path / "old" / "new" / "inner"):
        with pytest.raises(FileExistsError), made_folder(folder):
            folder.mkdir()
    assert list(tmp_path.rglob("*")) == [tmp_path / "old"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--method", "telea:"), "has no modes"),
        (("--method", "imagest:"), "The mode is"),
        (("--method", "stable-diffusion:"), "has no modes"),
        (("--limit", "nan"), "--limit"),
        (("--limit", "9" * 50), "--limit"),
        (("--dilation", "nan"), "--dilation"),
    ],
)
def test_odd_options_are_refused(refused, options: tuple[str, ...], sentence: str) -> None:
    assert sentence in refused(*options)


def test_a_wrong_folder_of_weights_is_refused(cases: Path, refused) -> None:
    weights = cases.parent / "weights"
    weights.mkdir()
    assert "has no weights of the metrics" in refused("--metric-weights", weights)
    (weights / "vgg19.safetensors").write_text("hello")
    assert "can't be read as safetensors" in refused("--metric-weights", weights)


@pytest.mark.parametrize("content", [b"", b"x", "Größe".encode("latin-1"), b"test,judge,case\na,b,c\n"])
def test_another_file_in_the_place_of_the_tally_is_kept(cases: Path, refused, content: bytes) -> None:
    (cases / LAST / "clean.png").unlink()
    (cases.parent / "out").mkdir()
    (cases.parent / "out" / "tally.csv").write_bytes(content)
    assert "isn't an empty tally" in refused("--force")


def test_too_many_methods_for_judges_are_found_first(cases: Path, refused, monkeypatch) -> None:
    monkeypatch.setattr("imagest_core.evaluation.blind_test.LETTERS", "A")
    (cases / LAST / "clean.png").unlink()
    assert "at most 1 methods" in refused("--method", "telea")


def test_names_that_are_not_utf_8_are_no_obstacle(cases: Path, cli) -> None:
    if os.name != "posix":
        pytest.skip("the system's names are Unicode")
    odd = Path(os.fsdecode(os.fsencode(cases) + b"/004-\xff\xfe-losses"))
    (cases / LAST).rename(odd)
    answer = cli("evaluate", cases, "-o", cases.parent / "out", "--method", "harmonic")
    assert (answer.code, answer.err) == (0, "")
    assert "004-" in (cases.parent / "out" / "cases.csv").read_text("utf-8")


def test_bench_checks_the_cases_too(cases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from imagest_core.cli.bench import compare_peers
    from imagest_core.errors import PaintingError

    monkeypatch.setattr("imagest_core.evaluation.peers.check_installed", lambda: "gmic")
    (cases / LAST / "damaged.png").write_bytes(b"")
    with pytest.raises(PaintingError, match=LAST):
        compare_peers(cases, Progress())


def test_the_names_of_sheets_are_those_that_are_written() -> None:
    assert sheet_names("sheet", 0) == []
    assert sheet_names("sheet", 20) == ["sheet.png"]
    assert sheet_names("sheet", 41) == ["sheet.png", "sheet-2.png", "sheet-3.png"]
