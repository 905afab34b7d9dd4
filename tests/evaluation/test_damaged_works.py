"""Works without a truth: seams, blind sheets, tallies and their key."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagest_core.errors import InputError
from imagest_core.evaluation.blind_test import shuffled, unblind
from imagest_core.evaluation.cases import find_cases
from imagest_core.evaluation.seams import ring_difference, seam_visibility

METHODS = ["harmonic", "telea", "navier-stokes"]


@pytest.fixture
def damaged(make_case: Callable[..., Path]) -> Path:
    """Four works without a clean picture."""
    for number in range(4):
        folder = make_case(f"work-{number}", number)
        (folder / "clean.png").unlink()
    return folder.parent


def painted(side: int = 64) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    picture = np.clip(128 + generator.normal(0, 8, (side, side, 3)), 0, 255).astype(np.uint8)
    hole = np.zeros((side, side), bool)
    hole[20:44, 20:44] = True
    return picture, hole


def test_a_step_of_colour_shows_at_the_boundary_and_not_inside() -> None:
    picture, hole = painted()
    stepped, inner = picture.copy(), picture.copy()
    stepped[hole] = np.clip(stepped[hole].astype(int) + 40, 0, 255)
    inner[30:34, 30:34] = 255
    assert ring_difference(picture, hole) < 3
    assert ring_difference(stepped, hole) > 8
    assert ring_difference(inner, hole) == pytest.approx(ring_difference(picture, hole), abs=0.2)
    assert seam_visibility(picture, hole) == pytest.approx(1, abs=0.15)
    assert seam_visibility(stepped, hole) > 1.5


def test_the_difference_is_that_of_the_two_colours() -> None:
    from skimage.color import deltaE_ciede2000, rgb2lab

    hole = painted()[1]
    picture = np.where(hole[..., None], np.uint8(90), np.uint8(120)).repeat(3, 2)
    pair = np.array([[[90, 90, 90], [120, 120, 120]]]) / 255
    lab = rgb2lab(pair)
    assert ring_difference(picture, hole) == pytest.approx(
        deltaE_ciede2000(lab[:, 0], lab[:, 1])[0], rel=1e-3
    )


def test_without_a_boundary_or_in_flat_paint_nothing_is_measured() -> None:
    picture, hole = painted()
    for mask in (np.zeros_like(hole), np.ones_like(hole)):
        assert math.isnan(ring_difference(picture, mask))
        assert math.isnan(seam_visibility(picture, mask))
    assert math.isnan(seam_visibility(np.full_like(picture, 9), hole))


def test_works_without_truth_are_found_only_where_that_is_meant(damaged: Path) -> None:
    with pytest.raises(InputError, match=r"lacks clean\.png"):
        find_cases(damaged)
    assert [case.has_truth for case in find_cases(damaged, truth=False)] == [False] * 4


def test_each_case_has_an_order_of_its_own() -> None:
    test = shuffled([f"case {n}" for n in range(12)], METHODS, 3)
    assert test.letters == shuffled([f"case {n}" for n in range(12)], METHODS, 3).letters
    assert test.letters != shuffled([f"case {n}" for n in range(12)], METHODS, 4).letters
    assert all(sorted(order) == sorted(METHODS) for order in test.letters.values())
    assert len(set(test.letters.values())) > 2
    with pytest.raises(InputError, match="at most 26"):
        shuffled(["one"], [f"m{n}" for n in range(27)], 0)


def evaluated(damaged: Path, cli, *more: object) -> Path:
    out = damaged.parent / "out"
    answer = cli("evaluate", damaged, "-o", out, *(f"--method={name}" for name in METHODS), *more)
    assert answer.code == 0, answer.err
    return out


def test_damaged_works_get_seams_and_a_blind_sheet(damaged: Path, cli) -> None:
    out = evaluated(damaged, cli)
    assert {path.name for path in out.iterdir()} == {
        "damaged.csv", "damaged.md", "tally.csv", "key.csv", "blind.png", "evaluation-files.json",
    }  # fmt: skip
    rows = rows_of(out / "damaged.csv")
    assert len(rows) == 4 * len(METHODS)
    assert all(float(row["ring"]) >= 0 and float(row["seam"]) > 0 for row in rows)
    tally = (out / "tally.csv").read_text("utf-8")
    assert not any(name in tally for name in METHODS)
    with Image.open(out / "blind.png") as sheet:
        assert sheet.width == 10 + 4 * (48 + 10)


def test_works_with_and_without_truth_are_told_apart(damaged: Path, make_case, cli) -> None:
    make_case("known-losses")
    out = evaluated(damaged, cli)
    assert (out / "table-2.md").is_file()
    assert "| known-losses" not in (out / "damaged.csv").read_text("utf-8")
    assert "known-losses" in (out / "cases.csv").read_text("utf-8")
    assert "work-0" not in (out / "cases.csv").read_text("utf-8")


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def fill_in(out: Path, judge: str, scores: dict[str, float | str]) -> Path:
    """Write a tally in which each method has its score, as a judge who saw through the letters would."""
    key = {(row["case"], row["letter"]): row["method"] for row in rows_of(out / "key.csv")}
    rows = rows_of(out / "tally.csv")
    path = out.parent / f"{judge}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        for row in rows:
            writer.writerow({**row, "judge": judge, "score": scores[key[row["case"], row["letter"]]]})
    return path


def test_the_tallies_of_two_judges_are_unblinded(damaged: Path, cli) -> None:
    out = evaluated(damaged, cli)
    anna = fill_in(out, "Anna", {"harmonic": "4,5", "telea": 2, "navier-stokes": 4})
    ben = fill_in(out, "Ben", {"harmonic": 3, "telea": 3, "navier-stokes": ""})
    answer = cli("unblind", out / "key.csv", anna, ben, "-o", out.parent / "judged")
    assert answer.code == 0, answer.err
    assert "by 2 judges" in answer.out
    found = {each.method: each for each in unblind(out / "key.csv", [anna, ben])}
    assert list(found) == ["navier-stokes", "harmonic", "telea"]
    assert found["harmonic"].score.mean == 3.75
    assert found["harmonic"].best == 0.75
    assert (found["telea"].best, found["telea"].scores) == (0.25, 8)
    assert found["navier-stokes"].scores == 4
    assert "| harmonic | 3.75 |" in (out.parent / "judged" / "judged.md").read_text("utf-8")
    again = cli("unblind", out / "key.csv", anna, "-o", out.parent / "judged")
    assert (again.code, again.err.count("\n")) == (2, 1)


def test_scores_are_never_overwritten(damaged: Path, cli) -> None:
    out = evaluated(damaged, cli)
    (out / "tally.csv").write_bytes(fill_in(out, "Anna", dict.fromkeys(METHODS, 3)).read_bytes())
    answer = cli("evaluate", damaged, "-o", out, "--method", "harmonic", "--force")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "has scores, which would be lost" in answer.err


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text.replace(";3;", ";6;"), "write a number from 1 to 5"),
        (lambda text: text.replace(";3;", ";nan;"), "write a number from 1 to 5"),
        (lambda text: text.replace(";3;", ";1_0;"), "write a number from 1 to 5"),
        (lambda text: text.replace(";3;", ";inf;"), "write a number from 1 to 5"),
        (lambda text: text.replace("work-1", "work-9"), "which the key doesn't have"),
        (lambda text: text.replace("judge", "jury"), "with the columns"),
        (lambda text: text.replace(";3;", ";;"), "No tally has a score"),
        (lambda text: text + text.split("\n", 1)[1], "twice for the judge"),
        (lambda text: "", "with the columns"),
    ],
)
def test_tallies_that_do_not_fit_are_refused(
    damaged: Path, cli, change: Callable[[str], str], sentence: str
) -> None:
    out = evaluated(damaged, cli, "--limit", 2)
    tally = fill_in(out, "Anna", dict.fromkeys(METHODS, 3))
    tally.write_text(change(tally.read_text("utf-8")), "utf-8")
    answer = cli("unblind", out / "key.csv", tally)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert sentence in answer.err


def test_a_tally_of_another_test_and_other_files_are_refused(damaged: Path, cli) -> None:
    out = evaluated(damaged, cli)
    tally = fill_in(out, "Anna", dict.fromkeys(METHODS, 3))
    other = out.parent / "other"
    assert cli("evaluate", damaged, "-o", other, "--method", "harmonic").code == 0
    for key, table, sentence in (
        (other / "key.csv", tally, "another blind test"),
        (tally, tally, "with the columns"),
        (out / "absent.csv", tally, "can't be read"),
        (out / "blind.png", tally, "can't be read"),
    ):
        answer = cli("unblind", key, table)
        assert (answer.code, answer.err.count("\n")) == (2, 1)
        assert sentence in answer.err


def test_a_tally_that_is_given_twice_is_refused(damaged: Path, cli) -> None:
    out = evaluated(damaged, cli)
    for name in ("Anna", ""):
        tally = fill_in(out, name, dict.fromkeys(METHODS, 3))
        link, copy = out.parent / f"{name}-link.csv", out.parent / f"{name}-copy.csv"
        link.symlink_to(tally)
        copy.write_bytes(tally.read_bytes())
        for other, words in ((tally, "is given twice"), (link, "is given twice"), (copy, "same content")):
            answer = cli("unblind", out / "key.csv", tally, other)
            assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
            assert words in answer.err


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text + text.splitlines()[-1] + "\n", "twice with the letter"),
        (lambda text: text + text.splitlines()[-1].replace(",C,", ",D,") + "\n", "or the method"),
        (lambda text: text.replace(",A,", ",AA,"), "a letter from A to Z"),
        (lambda text: text.replace(",A,", ",a,"), "a letter from A to Z"),
        (lambda text: text.replace("telea", ""), "a letter from A to Z and a method"),
        (lambda text: text.splitlines()[0], "with the columns"),
        (lambda text: text + "other,work-9,A,telea\n", "the key of one blind test"),
        (lambda text: '{"test": 1}', "with the columns"),
        (lambda text: text + "\0", "isn't|with the columns"),
    ],
)
def test_damaged_keys_are_refused(damaged: Path, cli, change: Callable[[str], str], sentence: str) -> None:
    out = evaluated(damaged, cli, "--limit", 1)
    tally = fill_in(out, "Anna", dict.fromkeys(METHODS, 3))
    key = out.parent / "other-key.csv"
    key.write_text(change((out / "key.csv").read_text("utf-8")), "utf-8")
    answer = cli("unblind", key, tally, "-o", out.parent / "judged")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert re.search(sentence, answer.err)
    assert not (out.parent / "judged").exists()


def test_a_judge_needs_to_write_the_name_once(damaged: Path, cli) -> None:
    out = evaluated(damaged, cli, "--limit", 2)
    tally = fill_in(out, "Anna", dict.fromkeys(METHODS, 3))
    tally.write_text(
        tally.read_text("utf-8").replace("Anna", "", 3).replace(";", "\t") + "\t\t\t\t\t\n", "utf-8"
    )
    answer = cli("unblind", out / "key.csv", tally)
    assert (answer.code, answer.err) == (0, "")
    assert "by 1 judge\n" in answer.out
