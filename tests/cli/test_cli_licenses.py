"""``imagest licenses`` and the file behind it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from imagest_core.licenses import find_package, third_party
from scripts.collect_licenses import EXTRAS

ROOT = Path(__file__).parents[2]


def test_every_package_has_a_line(cli):
    code, out, _ = cli("licenses")
    assert (code, out.count("\n")) == (0, len(third_party()))
    assert "LGPL-3.0-only" in next(line for line in out.splitlines() if line.startswith("PySide6"))


def test_the_text_of_one_package_is_printed(cli):
    code, out, _ = cli("licenses", "PYSIDE6_Essentials")
    assert code == 0
    assert "GNU LESSER GENERAL PUBLIC LICENSE\n" in out


def test_as_json(cli):
    (row,) = json.loads(cli("licenses", "numpy", "--json").out)
    assert row["license"].startswith("BSD-3-Clause")
    assert row["installed"]


def test_an_unknown_package_is_refused(cli):
    code, out, err = cli("licenses", "nothing")
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_all_that_the_program_asks_for_is_there():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    lines += [line for extra in EXTRAS for line in project["optional-dependencies"][extra]]
    for line in lines:
        package = find_package(Requirement(line).name)
        assert package.license != "see its page"
        assert package.page.startswith("http")


@pytest.mark.parametrize("name", ["numpy", "torch", "scipy", "opencv-python-headless", "PySide6-Essentials"])
def test_texts_are_complete(name):
    text = find_package(name).text()
    assert len(text) > 2000
    assert "\ufffd" not in text
