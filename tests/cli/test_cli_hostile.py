"""Names, numbers, pipes and terminals that mean no good."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest
from odd_files import directory

from imagest_core.cli.parsing import number, whole
from imagest_core.printable import (
    article,
    counted,
    escape_unencodable_output,
    json_text,
    printable,
    show,
    show_json,
)

NASTY = "a\x1b[31m\n\r\t\x9b\u202e\u2028\x7f.tif"
SHOWN = r"a\x1b[31m\n\r\t\x9b\u202e\u2028\x7f.tif"


def test_names_are_escaped_on_the_terminal(cli, scan, mask, tmp_path):
    odd = tmp_path / NASTY
    scan.rename(odd)
    answer = cli("restore", odd, "--mask", mask, "-o", tmp_path / f"o{NASTY}", "--engine", "harmonic")
    assert answer.code == 0
    assert f"o{SHOWN}" in answer.out
    answers = [
        cli("info", tmp_path / f"no{NASTY}"),
        cli("restore", odd, "--mask", tmp_path / NASTY, "-o", tmp_path / "o.tif"),
        cli("models", "info", NASTY),
        cli("models", "info", tmp_path / NASTY),
        cli("project", "info", tmp_path / NASTY),
        cli("evaluate", tmp_path / NASTY, "-o", tmp_path / "e"),
        cli("restore", odd, "--mask", mask, "-o", tmp_path / "o.tif", "--engine", NASTY),
        cli("info", odd, f"--{NASTY}"),
        cli("info", odd, "--page", NASTY),
        cli("restore", odd, "--mask", mask, "-o", tmp_path / "o.tif", "--quality", NASTY),
        cli("mask", odd, "-o", tmp_path / "m.png", "--ground", NASTY),
    ]
    for answer in answers:
        assert (answer.code, answer.err.count("\n")) == (2, 1), answer
        assert printable(answer.err.rstrip("\n")) == answer.err.rstrip("\n")


def test_json_keeps_names_and_shows_no_control_character(cli, scan, tmp_path):
    scan.rename(tmp_path / NASTY)
    answer = cli("info", tmp_path / NASTY)
    assert json.loads(answer.out)["path"] == str(tmp_path / NASTY)
    assert printable(answer.out[:-1]) == answer.out[:-1]
    assert json_text({"é\x7f": ["\udce9"]}, indent=1) == '{\n "é\\u007f": [\n  "\\\\xe9"\n ]\n}'


def test_text_without_control_characters_is_left_alone():
    plain = "Ölgemälde – 修复 «x» × 10⁻³ 👩‍🎨"
    assert printable(plain) == plain


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_of_the_terminal_will_do(monkeypatch, encoding):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    monkeypatch.setattr(sys, "stdout", stream)
    escape_unencodable_output()
    show("12 × 3 – “é”… 修")
    show_json({"name": "é修"})
    stream.flush()
    first, second = stream.buffer.getvalue().decode(encoding).splitlines()
    assert json.loads(second) == {"name": "é修"}
    expected = {"ascii": '12 x 3 - "\\xe9"... \\u4fee', "latin-1": '12 × 3 - "é"... \\u4fee'}
    assert first == expected.get(encoding, "12 × 3 – “é”… 修")


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_no_file_takes_the_number_of_a_closed_stream(scan, tmp_path, closed):
    """What libraries print would go into it."""
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "from imagest_core.cli import main\n"
        "code = main(['info', sys.argv[1]])\n"
        "sys.exit(code if open(sys.argv[1], 'rb').fileno() > 2 else 9)\n"
    )
    command = ["sh", "-c", f'exec "$0" "$@" {closed}', sys.executable, script, scan]
    assert subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is always full")
def test_a_full_standard_output_or_error_ends_with_code_2(scan, tmp_path):
    base = [sys.executable, "-m", "imagest_core", "info"]
    with open("/dev/full", "w") as full:
        done = subprocess.run([*base, scan], stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 2
        assert done.stderr == "imagest: The standard output can't be written: no space left on device.\n"
        done = subprocess.run([*base, tmp_path / "missing.tif"], stdout=subprocess.PIPE, stderr=full)
        assert (done.returncode, done.stdout) == (2, b"")


def test_an_ascii_terminal_gets_every_command(scan, mask, tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    base = [sys.executable, "-m", "imagest_core"]
    for words, code in (
        (["info", scan], 0),
        (["info", tmp_path / "é×.tif"], 2),
        (["restore", "--help"], 0),
    ):
        done = subprocess.run([*base, *words], capture_output=True, env=environment)
        assert (done.returncode, done.stderr.count(b"\n")) == (code, code // 2), done
        assert (done.stdout + done.stderr).isascii()


@pytest.fixture
def pipe(tmp_path):
    path = tmp_path / "pipe.png"
    os.mkfifo(path)
    return path


@pytest.mark.timeout(60)
@pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")
def test_pipes_and_devices_are_refused_and_not_waited_for(cli, scan, mask, tmp_path, pipe):
    (tmp_path / "link.tif").symlink_to(pipe)
    case = tmp_path / "cases" / "one"
    case.mkdir(parents=True)
    for name in ("clean.png", "damaged.png"):
        cv2.imwrite(str(case / name), np.zeros((8, 8), np.uint8))
    os.mkfifo(case / "mask.png")
    model = tmp_path / "model"
    model.mkdir()
    os.mkfifo(model / "config.json")
    out = ["-o", tmp_path / "out.tif"]
    listed = sorted(os.listdir(tmp_path))
    for words in (
        ["info", pipe],
        ["info", tmp_path / "link.tif"],
        ["info", "/dev/zero"],
        ["restore", pipe, "--mask", mask, *out],
        ["restore", scan, "--mask", pipe, *out],
        ["restore", scan, "--mask", "/dev/zero", *out],
        ["restore", scan, "--mask", mask, "--style-image", pipe, *out],
        ["restore", scan, "--mask", mask, "--model", model, *out],
        ["restore", scan, "--mask", mask, "-o", tmp_path / "link.tif", "--force"],
        ["restore", scan, "--mask", mask, *out, "--record", pipe, "--force"],
        ["restore", scan, "--mask", mask, *out, "--record", "/dev/full", "--force"],
        ["mask", scan, "--clean", pipe, "-o", tmp_path / "m.png"],
        ["mask", scan, "-o", pipe, "--force"],
        ["unblind", pipe, pipe],
        ["unblind", "/dev/zero", pipe],
        ["evaluate-synthesis", pipe, "--styles", tmp_path, "-o", tmp_path / "results"],
        ["mask", scan, "--method", "examples", "--model", pipe, "-o", tmp_path / "m.png"],
        ["restore", scan, "--mask", mask, "--study", pipe, *out],
        ["models", "import", pipe],
        ["project", "info", pipe],
        ["project", "rescue", pipe],
        ["project", "verify", pipe],
        ["models", "info", model],
        ["models", "import", model],
        ["evaluate", tmp_path / "cases", "-o", tmp_path / "results", "--engine", "harmonic"],
        ["demo", "-o", pipe],
    ):
        answer = cli(*words)
        assert (answer.code, answer.err.count("\n")) == (2, 1), (words, answer)
    assert set(os.listdir(tmp_path)) - set(listed) <= {"results"}


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e308", "-1", "1e999", "x", "", "0x9", "9" * 5000])
def test_numbers_are_finite_and_in_their_range(cli, scan, mask, tmp_path, text):
    words = ["restore", scan, "--mask", mask, "-o", tmp_path / "o.tif", "--engine", "harmonic"]
    for option in (
        "--guidance",
        "--style-strength",
        "--detail",
        "--context",
        "--growth",
        "--steps",
        "--seed",
    ):
        answer = cli(*words, f"{option}={text}")
        assert (answer.code, answer.err.count("\n")) == (2, 1), answer
        assert len(answer.err) < 300
    for option in ("--sensitivity", "--tolerance", "--opening", "--page", "--max-pixels"):
        assert cli("mask", scan, "-o", tmp_path / "m.png", f"{option}={text}").code == 2
    for option in ("--minutes", "--rate", "--steps", "--side", "--batch", "--evaluate-every"):
        answer = cli("train", "autoencoder", tmp_path, "-o", tmp_path / "run", f"{option}={text}")
        assert (answer.code, "expected" in answer.err) == (2, True)
    for option in ("--limit", "--steps", "--seed"):
        assert cli("evaluate", tmp_path, "-o", tmp_path / "e", f"{option}={text}").code == 2
    assert cli("bench", f"--repeats={text}").code == 2


def test_numbers_that_are_right_are_taken():
    assert number(0, 1)("0.25") == 0.25
    assert whole(1, 9)("9") == 9
    assert whole(0)("9223372036854775807") == 2**63 - 1


def test_choices_are_named_as_they_are_typed(cli, scan, mask, tmp_path):
    words = ["restore", scan, "--mask", mask, "-o", tmp_path / "o.tif"]
    for option, values in (
        ("--quality", ("draft", "standard", "fine")),
        ("--mode", ("faithful", "textured")),
        ("--scale", ("auto", "native")),
    ):
        said = cli(*words, option, "best").err
        assert all(value in said for value in values)
        assert not set(said) & set("<>"), said


def test_the_limit_of_pixels_can_be_raised(cli, scan, mask, tmp_path):
    out = ["-o", tmp_path / "o.tif", "--engine", "harmonic"]
    for words in (["info", scan], ["restore", scan, "--mask", mask, *out], ["mask", scan, "-o", mask]):
        said = cli(*words, "--max-pixels", 1000, *(["--force"] if words[0] == "mask" else []))
        assert said.code == 2
        assert "raise the limit on the command line with --max-pixels" in said.err
    assert cli("restore", scan, "--mask", mask, *out, "--max-pixels", 180 * 140).code == 0
    assert cli("info", scan).code == 0, "the limit is that of one command"


@pytest.mark.parametrize("page", ["1", "7"])
def test_a_missing_page_is_named_with_those_there_are(cli, scan, page):
    answer = cli("info", scan, "--page", page)
    assert answer.err == f"imagest: {scan.name} has one page, number 0: there is no page {page}.\n"


def test_articles_and_plurals_are_right():
    articles = {bits: article(f"{bits}-bit picture") for bits in (4, 8, 11, 12, 18, 80)}
    assert articles == {4: "a", 8: "an", 11: "an", 12: "a", 18: "an", 80: "an"}
    assert (article("RGB picture"), article("grey one")) == ("an", "a")
    assert (counted(1, "region"), counted(2400, "region")) == ("1 region", "2,400 regions")


def test_a_picture_with_a_channel_too_many_is_an_rgb_picture(cli, tmp_path):
    tags = [(256, 4), (257, 4), (258, 8), (259, 1), (262, 2), (273, 8), (277, 2), (278, 4), (279, 32)]
    (tmp_path / "two.tif").write_bytes(directory(*((code, 4, 1, value) for code, value in tags)))
    answer = cli("info", tmp_path / "two.tif")
    assert answer.code == 2
    assert "a RGB" not in answer.err
    assert "is an RGB picture of 2 channels" in answer.err
