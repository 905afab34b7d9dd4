"""``imagest licenses`` and the file behind it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from imagest_core.licenses import find_package, third_party
from scripts.collect_licenses import collect, is_installed, requirements

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
    for requirement in requirements():
        package = find_package(requirement.name)
        assert package.license != "see its page"
        assert package.page.startswith("http")


def test_the_packages_of_all_extras_are_there():
    names = {requirement.name.lower() for requirement in requirements()}
    assert {"torch", "diffusers", "peft", "ray", "onnx", "onnxscript", "piq", "tensorboard"} <= names
    assert not names & {"pytest", "ruff", "uv", "matplotlib"}, "those are for development"


def test_all_packages_with_a_pinned_version_that_the_program_needs_are_there():
    pinned = dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+)$", (ROOT / "constraints.txt").read_text()))
    for package in third_party():
        assert pinned[re.sub(r"[-_.]+", "-", package.name).lower()] == package.version


def test_a_package_that_is_not_installed_is_no_gap_in_the_list(monkeypatch):
    from scripts import collect_licenses

    monkeypatch.setattr(collect_licenses, "is_installed", lambda name: name != "ray")
    with pytest.raises(SystemExit, match="not installed: ray; install all extras"):
        collect()


@pytest.mark.skipif(
    not all(is_installed(requirement.name) for requirement in requirements()), reason="needs all extras"
)
def test_the_list_is_what_is_installed():
    rows = json.loads((ROOT / "resources/licenses/third_party.json").read_text())["packages"]
    collected = collect()["packages"]
    assert [(row["name"], row["license"]) for row in collected] == [
        (row["name"], row["license"]) for row in rows
    ]


def test_what_a_package_contains_of_others_is_there_under_its_path():
    package = find_package("ray")
    inner = [name for name in package.texts if ".dist-info/" in name]
    assert any("aiohttp" in name for name in inner)
    assert "Apache License" in package.text()
    assert any("ThirdPartyNotices" in name for name in find_package("onnxruntime").texts)


@pytest.mark.parametrize(
    "name", ["numpy", "torch", "scipy", "opencv-python-headless", "PySide6-Essentials", "ray"]
)
def test_texts_are_complete(name):
    text = find_package(name).text()
    assert len(text) > 2000
    assert "\ufffd" not in text
