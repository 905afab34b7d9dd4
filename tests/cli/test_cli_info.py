"""``imagest info``: one line of JSON, at once."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


def test_the_properties_are_one_line_of_json(cli, scan):
    answer = cli("info", scan)
    assert (answer.code, answer.err, answer.out.count("\n")) == (0, "", 1)
    facts = json.loads(answer.out)
    assert (facts["width"], facts["height"], facts["channels"], facts["depth"]) == (180, 140, 3, 16)
    assert facts["px_per_mm"] == [pytest.approx(300 / 25.4)] * 2
    assert facts["pages"] == 1


def test_the_hash_comes_when_asked(cli, scan):
    assert len(json.loads(cli("info", scan, "--hash").out)["sha256"]) == 64


def test_other_files_are_refused_in_one_sentence(cli, tmp_path):
    (tmp_path / "note.txt").write_text("no picture")
    for path in (tmp_path / "note.txt", tmp_path / "nowhere.tif", tmp_path):
        code, out, err = cli("info", path)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert err.startswith("imagest: ")


def test_neither_torch_nor_the_solvers_are_loaded(scan):
    code = (
        "import sys\nfrom imagest_core.cli import main\n"
        f"main(['info', {str(scan)!r}])\n"
        "print([m for m in ('torch', 'cv2', 'skimage', 'scipy', 'transformers', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"
