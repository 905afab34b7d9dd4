"""What the builder writes: locks, sizes, archives and the Debian package's requirements."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from installer.builder.archives import dependencies, make_deb, make_tar, make_zip
from installer.builder.locks import download_size, driver_for, split_lock, supported_tags
from installer.builder.payload import FILES, INSTALLER, ROOT
from installer.builder.platforms import BELOW, EXTRAS, PLATFORMS, PYTHONS

LOCK = """\
imagest-workstation==1.0 \\
    --hash=sha256:aa
nvidia-cublas==13.4.1.3 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
"""


def test_the_own_wheel_is_separated_from_the_packages_of_others():
    own, others = split_lock(LOCK)
    assert own.splitlines() == LOCK.splitlines()[:2]
    assert others.splitlines() == LOCK.splitlines()[2:]


@pytest.mark.parametrize(
    ("line", "driver"),
    [
        ("nvidia-cublas==13.4.1.3", 580),
        ("nvidia-cublas-cu12==12.8", 525),
        ("nvidia-cublas==14.0", 580),
        ("x==1", 0),
    ],
)
def test_the_oldest_driver_follows_the_cuda_libraries(line, driver):
    assert driver_for(f"a==1\n{line} \\\n") == driver


def test_the_size_is_that_of_the_wheel_for_the_platform():
    names = [
        "x-1-cp311-cp311-win_amd64.whl",
        "x-1-cp311-cp311-manylinux_2_28_x86_64.whl",
        "x-1-py3-none-any.whl",
    ]
    package = {"name": "x", "version": "1"}
    package["wheels"] = [{"name": name, "size": size} for size, name in enumerate(names)]
    sizes = {}
    for name, platform in PLATFORMS.items():
        sizes[name] = download_size(package, list(supported_tags(platform, "3.11")), Path("own"))
    assert sizes == {"windows": 0, "linux": 1, "macos": 2}


def test_a_package_without_a_wheel_for_the_platform_stops_the_build():
    package = {"name": "x", "version": "1", "wheels": [{"name": "x-1-cp311-cp311-win_amd64.whl", "size": 1}]}
    with pytest.raises(SystemExit, match="x 1 has no wheel"):
        download_size(package, list(supported_tags(PLATFORMS["linux"], "3.11")), Path("own"))


def test_profiles_and_pythons_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {part for names in EXTRAS.values() for part in names.split(",") if part} <= set(
        project["optional-dependencies"]
    )
    assert project["requires-python"] == f">={PYTHONS[0]},<{BELOW}"
    assert not [line for line in project["dependencies"] if line.startswith("torch")]


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "payload"
    (folder / "share" / "applications").mkdir(parents=True)
    (folder / "share" / "applications" / "imagest.desktop").write_text("x")
    for name in ("imagest", "imagest-launcher", "LICENSE", "install.sh"):
        (folder / name).write_text(name)
    (folder / "imagest").chmod(0o755)
    return folder


@pytest.mark.parametrize("pack", [make_tar, make_zip])
def test_the_same_files_give_the_same_archive(folder, tmp_path, pack):
    first = pack(folder, tmp_path / "first", 1_700_000_000).read_bytes()
    os.utime(folder / "imagest", (1, 1))
    (folder / "imagest").chmod(0o755)
    assert pack(folder, tmp_path / "second", 1_700_000_000).read_bytes() == first


def test_archives_keep_what_is_executable(folder, tmp_path):
    with tarfile.open(make_tar(folder, tmp_path / "a.tar.gz", 1_700_000_000)) as archive:
        assert archive.getmember("payload/imagest").mode == 0o755
        assert archive.getmember("payload/LICENSE").mode == 0o644
        assert archive.getmember("payload/imagest").uname == "root"
    with zipfile.ZipFile(make_zip(folder, tmp_path / "a.zip", 1_700_000_000)) as archive:
        assert archive.getinfo("payload/imagest").external_attr >> 16 == 0o755


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed")
def test_the_debian_package_has_commands_menu_entry_and_requirements(folder, tmp_path):
    template = (INSTALLER / "linux" / "control.in").read_text()
    deb = make_deb(folder, tmp_path / "a.deb", "1.0", 1_700_000_000, template)
    listed = subprocess.run(["dpkg-deb", "-c", deb], capture_output=True, text=True, check=True).stdout
    assert "./usr/bin/imagest -> ../lib/imagest-workstation/imagest\n" in listed
    assert "./usr/share/applications/imagest.desktop" in listed
    assert "./usr/lib/imagest-workstation/system" in listed
    assert "install.sh" not in listed
    asked = subprocess.run(
        ["dpkg-deb", "-f", deb, "Depends"], capture_output=True, text=True, check=True
    ).stdout
    assert asked.strip() == ", ".join(dependencies())
    assert {"python3 (>= 3.11)", "python3 (<< 3.14)", "python3-venv"} <= set(dependencies())


@pytest.mark.parametrize("platform", ["windows", "macos"])
def test_scripts_that_were_never_run_say_so(platform):
    for name in FILES[platform]:
        text = (INSTALLER / platform / name).read_text().lower()
        assert "never run on" in text


@pytest.mark.parametrize("script", [*FILES["linux"], *(f"../macos/{name}" for name in FILES["macos"])])
def test_shell_scripts_have_no_syntax_errors(script):
    subprocess.run(["sh", "-n", str(INSTALLER / "linux" / script)], check=True)


@pytest.mark.parametrize("name", FILES["windows"])
def test_windows_scripts_are_ascii_and_every_label_exists(name):
    """A code page or a missing label would stop them; nobody has run them on Windows."""
    text = (INSTALLER / "windows" / name).read_text(encoding="ascii")
    labels = {line[1:] for line in text.splitlines() if line.startswith(":")}
    targets = {line.split("goto ")[1].strip() for line in text.splitlines() if "goto " in line}
    assert targets <= labels
    for pair in ("()", "{}", "[]"):
        assert text.count(pair[0]) == text.count(pair[1])
    assert "%~dp0" not in text.replace('"%~dp0', ""), "a path with spaces"
