"""The command line as other programs call it: exit codes, one sentence, and nothing loaded in vain."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

import resources
from imagest_core import __version__
from imagest_core.cli import exit_codes as ending
from imagest_core.cli.parsing import Parser, box, count
from imagest_core.cli.program import COMMANDS, command_name, parser
from imagest_core.errors import OutputError, VerificationError
from imagest_core.painting.geometry import Box
from imagest_core.progress import Cancelled


def fresh(code: str) -> str:
    """What ``code`` prints in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_every_command_has_a_help_and_keeps_its_promise_of_a_run(capsys):
    for command in COMMANDS:
        with pytest.raises(SystemExit) as stop:
            parser(command.name).parse_args([command.name, "--help"])
        assert stop.value.code == 0
        assert f"usage: imagest {command.name}" in capsys.readouterr().out


def test_list_of_commands_uses_the_descriptions_of_the_commands():
    for command in COMMANDS:
        listed = parser().format_help()
        assert re.search(rf"^ +{command.name}\s+{re.escape(command.help)}", listed, re.MULTILINE)


def test_version(cli):
    assert cli("--version") == (0, f"imagest {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["paint"],
        ["restore"],
        ["info"],
        ["info", "a", "b"],
        ["restore", "a.tif", "--mask", "m.png", "-o", "b.tif", "--style", "1,2,3"],
        ["restore", "a.tif", "--mask", "m.png", "-o", "b.tif", "--mode", "wild"],
        ["restore", "a.tif", "--mask", "m.png", "-o", "b.tif", "--eng", "harmonic"],
        ["restore", "a.tif", "--mask", "m.png", "-o", "b.tif", "--steps", "many"],
        ["mask", "a.tif"],
        ["train", "nothing"],
    ],
)
def test_wrong_arguments_give_one_sentence_and_2(cli, arguments):
    code, out, err = cli(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("imagest: ")
    assert err.count("\n") == 1
    assert err.endswith(".\n")


def test_the_command_is_found_behind_options():
    assert command_name(["--debug", "info", "x"]) == "info"
    assert command_name(["--help"]) == ""


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (OutputError("It exists."), 2, "It exists."),
        (VerificationError("A sample differs."), 1, "A sample differs."),
        (Cancelled(), 130, "cancelled."),
        (KeyboardInterrupt(), 130, "cancelled."),
        (MemoryError(), 1, "memory"),
        (
            FileNotFoundError(2, "No such file or directory", "a.tif"),
            2,
            "a.tif can't be used: no such file or directory.",
        ),
        (OSError(28, "No space left on device"), 2, "no space left on device."),
        (ZeroDivisionError("division"), 1, "an internal error"),
    ],
)
def test_every_outcome_has_its_code_and_one_sentence(capsys, error, code, sentence):
    def work(_):
        raise error

    assert ending.run(work) == code
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1


def test_a_fault_names_a_log_that_holds_the_traceback(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    ending.run(lambda _: 1 // 0)
    log = tmp_path / "imagest" / "imagest-error.log"
    assert str(log) in capsys.readouterr().err
    assert "ZeroDivisionError" in log.read_text()


def test_debug_shows_the_traceback_instead(capsys):
    assert ending.run(lambda _: 1 // 0, debug=True) == 1
    assert "Traceback" in capsys.readouterr().err


def test_closed_pipe_is_not_an_error():
    work = f"{sys.executable} -m imagest_core --help | head -c 1"
    done = subprocess.run(["bash", "-c", work], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


def test_regions_and_counts():
    assert box("1,2,30,40") == Box(1, 2, 30, 40)
    assert count("12") == 12
    top = Parser(prog="x")
    top.add_argument("--style", type=box)
    for wrong in ("1,2,3", "a,b,c,d", "-1,0,3,3", "0,0,0,5"):
        with pytest.raises(SystemExit):
            top.parse_args([f"--style={wrong}"])


@pytest.mark.parametrize("heavy", ["torch", "cv2", "numpy", "PySide6", "skimage", "scipy", "transformers"])
def test_command_line_imports_no_heavy_package(heavy):
    code = f"import sys, imagest_core.cli, app.launch; print({heavy!r} in sys.modules)"
    assert fresh(code) == "False"


def test_parsers_import_no_heavy_package():
    code = (
        "import sys\nfrom imagest_core.cli.program import COMMANDS, parser\n"
        "for c in COMMANDS: parser(c.name)\n"
        "print([m for m in ('torch', 'cv2', 'scipy', 'skimage', 'PIL', 'PySide6') if m in sys.modules])"
    )
    assert fresh(code) == "[]"


@pytest.mark.parametrize("arguments", [["--help"], ["restore", "--help"], ["info", "{sample}"]])
def test_help_and_info_answer_at_once(arguments):
    command = [part.format(sample=resources.sample_painting()) for part in arguments]
    before = os.times()
    subprocess.run(
        [sys.executable, "-m", "imagest_core", *command], capture_output=True, check=True, timeout=60
    )
    after = os.times()
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    assert busy < 0.7, "processor time; the clock would also count what else the machine is doing"
