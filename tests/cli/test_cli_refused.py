"""Arguments that are empty, out of range or contradictory are refused in one sentence."""

from __future__ import annotations

import numpy as np
import pytest

from imagest_core.painting.picture_files import write_picture


def refusal(answer) -> str:
    """The one sentence of a refused command."""
    assert answer.code == 2, answer
    assert answer.err.count("\n") == 1
    assert "Traceback" not in answer.err
    return answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["restore", "SCAN", "--mask", "", "-o", "out.tif"],
        ["restore", "SCAN", "--mask", "MASK", "-o", "out.tif", "--study", ""],
        ["restore", "SCAN", "--mask", "MASK", "-o", "out.tif", "--study="],
        ["restore", "SCAN", "--mask", "MASK", "-o", "out.tif", "--protect", ""],
        ["restore", "SCAN", "--mask", "MASK", "-o", "out.tif", "--within", ""],
        ["restore", "SCAN", "--mask", "MASK", "-o", ""],
        ["restore", "", "--mask", "MASK", "-o", "out.tif"],
        ["mask", "SCAN", "--clean", "", "-o", "out.png"],
        ["batch", "", "-o", "out"],
        ["licenses", ""],
        ["unblind", "key.csv", ""],
        ["models", "check", ""],
        ["project", "info", ""],
    ],
)
def test_empty_values_are_refused(cli, scan, mask, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    names = {"SCAN": scan, "MASK": mask}
    sentence = refusal(cli(*(names.get(each, each) for each in arguments)))
    assert "expected a value, but it is empty" in sentence
    assert "COMMAND" not in sentence
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("option", ["--out", "--record", "--operator", "--mask", "--style-image", "--rim"])
def test_dashes_are_no_value(cli, scan, mask, tmp_path, option):
    answer = cli("restore", scan, "--mask", mask, "-o", tmp_path / "out.tif", f"{option}=--")
    assert "expected a value, not '--'" in refusal(answer)
    assert not (tmp_path / "out.tif").exists()


def test_an_empty_operator_is_a_value(cli, scan, mask, tmp_path):
    answer = cli("restore", scan, "--mask", mask, "-o", tmp_path / "out.tif", "--operator", "")
    assert answer.code == 0, answer.err


@pytest.mark.parametrize("within", ["a,b,c,d", "nan,0,10,10", "1.5,0,5,5", "1,2,3"])
def test_a_rectangle_that_is_none_is_not_taken_for_a_file(cli, scan, mask, tmp_path, within):
    answer = cli("restore", scan, "--mask", mask, "-o", tmp_path / "out.tif", "--within", within)
    assert "X,Y,W,H" in refusal(answer)


def test_a_rectangle_beyond_the_picture_is_cut_with_a_note(cli, scan, mask, tmp_path):
    out, note = tmp_path / "out.tif", "note: the selection 0,0,999,100 extends beyond the picture"
    answer = cli("restore", scan, "--mask", mask, "-o", out, "--within", "0,0,999,100")
    assert answer.code == 0, answer.err
    assert note in answer.out
    answer = cli("restore", scan, "--mask", mask, "-o", out, "--force", "--within", "0,0,180,100")
    assert "extends" not in answer.out


def test_protection_of_all_damage_is_named(cli, scan, mask, tmp_path):
    everything = tmp_path / "all.png"
    write_picture(everything, np.full((140, 180), 255, np.uint8))
    answer = cli("restore", scan, "--mask", mask, "-o", tmp_path / "out.tif", "--protect", everything)
    assert "protection covers all damage" in refusal(answer)
    ground = ("--method", "losses", "--ground", "#404040", "--tolerance", 60)
    answer = cli("mask", scan, "-o", tmp_path / "found.png", *ground, "--protect", everything)
    assert "protection covers all damage" in refusal(answer)


def test_two_classes_of_one_part_are_refused(cli, scan, holes, tmp_path):
    labels = tmp_path / "labels.png"
    write_picture(labels, holes.astype(np.uint8) * 7)
    command = ("restore", scan, "--mask", labels, "-o", tmp_path / "out.tif")
    answer = cli(*command, "--class", "7=loss", "--class", "7=protected")
    assert "'7' is given two classes" in refusal(answer)
    assert "for all parts" in refusal(cli(*command, "--class", "loss", "--class", "protected"))


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [("--rate", "0", "above 0"), ("--rate", "nan", "above 0"), ("--threads", "0", "from 1 to")],
)
def test_training_without_steps_or_threads_is_refused(cli, scan, mask, tmp_path, option, value, sentence):
    command = ("train", "painting", scan, "--mask", mask, "-o", tmp_path / "study.safetensors")
    assert sentence in refusal(cli(*command, option, value))


def test_an_empty_prompt_is_refused(cli, tmp_path):
    assert "prompt is empty" in refusal(cli("synthesize", "--prompt", " ", "-o", tmp_path / "pictures"))
    assert "prompt is empty" in refusal(cli("synthesize", "--prompt", "", "-o", tmp_path / "pictures"))
    assert not (tmp_path / "pictures").exists()


@pytest.fixture
def case(tmp_path):
    """A folder with one case, and its folder."""
    folder = tmp_path / "cases" / "one"
    folder.mkdir(parents=True)
    picture = np.random.default_rng(2).integers(0, 255, (24, 24, 3), np.uint8)
    hole = np.zeros((24, 24), np.uint8)
    hole[8:12, 8:12] = 255
    for name, content in (("clean", picture), ("damaged", picture), ("mask", hole)):
        write_picture(folder / f"{name}.png", content)
    return folder.parent


def test_a_file_is_no_folder_for_results(cli, case, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"kept")
    evaluation = ("evaluate", case, "--method", "harmonic")
    assert "is a file; name a folder" in refusal(cli(*evaluation, "-o", file))
    assert "is a file; name a folder" in refusal(cli("demo", "-o", file, "--engine", "harmonic"))
    assert file.read_bytes() == b"kept"


def test_missing_metric_weights_are_refused(cli, case, tmp_path):
    out = tmp_path / "results"
    command = ("evaluate", case, "--method", "harmonic", "-o", out)
    assert "no folder" in refusal(cli(*command, "--metric-weights", tmp_path / "nope"))
    assert not out.exists()


def test_a_judged_comparison_goes_to_a_folder(cli, tmp_path):
    key, tally = tmp_path / "key.csv", tmp_path / "tally.csv"
    key.write_text("test,case,letter,method\nt,c,A,spline\n")
    tally.write_text("test,judge,case,letter,score,note\nt,j,c,A,3,\n")
    assert "is a file; name a folder" in refusal(cli("unblind", key, tally, "-o", key))


def amounts():
    """Yield each training command with its options that say how much is trained."""
    from imagest_core.cli.program import parser as make_parser

    options = ("--minutes", "--steps", "--epochs", "--batch", "--rate", "--rank", "--save-every", "--crops")
    commands = next(each for each in make_parser("train")._actions if each.dest == "command").choices
    parts = next(each for each in commands["train"]._actions if each.dest == "part").choices
    for name, part in parts.items():
        known = [flag for action in part._actions for flag in action.option_strings]
        yield from ((name, option) for option in options if option in known)


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "-inf", "many", ""])
def test_a_training_of_no_length_is_refused_before_anything_is_read(cli, value):
    pairs = list(amounts())
    assert len(pairs) > 20
    for part, option in pairs:
        assert option in refusal(cli("train", part, "missing", "-o", "out", f"{option}={value}"))
