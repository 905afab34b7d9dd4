from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagest_core.errors import InputError, MaskError
from imagest_core.evaluation.cases import eight_bit, find_cases, load_case


def test_cases_come_by_name_with_their_kind(cases: Path) -> None:
    found = find_cases(cases)
    assert [case.name for case in found] == ["000-losses", "001-cracks", "002-losses", "003-cracks"]
    assert [case.kind for case in find_cases(cases, limit=2)] == ["losses", "cracks"]


def test_the_index_comes_before_the_name(make_case: Callable[..., Path]) -> None:
    folder = make_case("one-cracks").parent
    (folder / "cases.json").write_text('[{"name": "one-cracks", "kind": "flood", "caption": "a barn"}]')
    (case,) = find_cases(folder)
    assert (case.kind, case.caption) == ("flood", "a barn")


@pytest.mark.parametrize(("name", "kind"), [("a-b-tears", "tears"), ("plain", "other"), ("page-12", "other")])
def test_the_kind_is_the_last_word_of_the_name(make_case: Callable[..., Path], name: str, kind: str) -> None:
    assert find_cases(make_case(name).parent)[0].kind == kind


def test_a_case_folder_is_itself_a_case(make_case: Callable[..., Path]) -> None:
    folder = make_case("lone-losses")
    assert [case.folder for case in find_cases(folder)] == [folder]


def test_pictures_are_read_as_they_are(make_case: Callable[..., Path]) -> None:
    folder = make_case("one-losses")
    pictures = load_case(find_cases(folder)[0])
    assert np.array_equal(pictures.truth, np.asarray(Image.open(folder / "clean.png")))
    assert np.array_equal(pictures.damaged, np.asarray(Image.open(folder / "damaged.png")))
    assert np.array_equal(pictures.mask, np.asarray(Image.open(folder / "mask.png")) > 0)


def test_colour_is_rounded_and_clipped() -> None:
    assert eight_bit(np.array([-0.2, 0.4999 / 255, 0.5001 / 255, 1.3])).tolist() == [0, 0, 1, 255]


def test_a_case_that_lacks_a_picture_is_named(make_case: Callable[..., Path]) -> None:
    folder = make_case("one-losses")
    (folder / "mask.png").unlink()
    with pytest.raises(InputError, match=r"one-losses lacks mask\.png"):
        find_cases(folder.parent)


@pytest.mark.parametrize("kept", [0, 1])
def test_a_mask_must_leave_something_but_not_all(make_case: Callable[..., Path], kept: int) -> None:
    case = find_cases(make_case("one-losses", mask=np.full((48, 48), bool(kept))))[0]
    with pytest.raises(MaskError, match="one-losses"):
        load_case(case)


def test_pictures_of_two_sizes_are_refused(make_case: Callable[..., Path]) -> None:
    folder = make_case("one-losses")
    Image.new("RGB", (20, 20)).save(folder / "clean.png")
    with pytest.raises(InputError, match="differ in size"):
        load_case(find_cases(folder)[0])


def test_folders_without_cases_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        find_cases(tmp_path / "absent")
    with pytest.raises(InputError, match="contains no case"):
        find_cases(tmp_path)


def test_a_limit_below_one_and_a_broken_index_are_refused(cases: Path) -> None:
    with pytest.raises(InputError, match="limit"):
        find_cases(cases, 0)
    (cases / "cases.json").write_text("[3]")
    with pytest.raises(InputError, match="JSON list"):
        find_cases(cases)
