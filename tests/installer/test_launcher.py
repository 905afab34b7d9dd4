"""The launcher, run as a user runs it, with a small wheel and without a network."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import time

import pytest

from installer.imagest_launcher.aside import set_aside
from installer.imagest_launcher.commands import system_error
from installer.imagest_launcher.install import install, repair
from installer.imagest_launcher.payload import read_payload
from installer.imagest_launcher.places import Places


def test_it_installs_and_the_program_runs_without_foreign_variables(user):
    done = user.install()
    assert done.returncode == 0, done.stderr
    assert "Nothing is downloaded. On disk: 0 MB" in done.stderr
    ran = user.run("imagest", "info", "Süd scan.tif", PYTHONHOME="/nowhere")
    assert (ran.returncode, ran.stdout) == (0, "imagest 1.0 info Süd scan.tif\n")
    assert user.run("imagest-launcher", "--status").returncode == 0


def test_menu_icon_file_type_and_commands_are_added(user):
    user.install()
    share = user.home / ".local" / "share"
    entry = (share / "applications" / "imagest.desktop").read_text()
    program = (user.home / ".local" / "bin" / "imagest").resolve()
    assert f'Exec="{program}" %f' in entry
    assert "application/x-imagest-project" in entry
    assert "*.imagest" in (share / "mime" / "packages" / "imagest.xml").read_text()
    assert (share / "icons" / "hicolor" / "scalable" / "apps" / "imagest.svg").is_file()
    assert user.root in program.parents, "the unpacked archive may be deleted"


def test_without_somebody_to_ask_nothing_begins(user):
    done = user.run("imagest-launcher")
    assert (done.returncode, user.root.exists()) == (2, False)
    assert done.stderr.endswith("add --yes to begin.\n")
    ran = user.run("imagest", "--version")
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)


def test_an_upgrade_keeps_settings_and_models_and_removes_the_old_version(user):
    kept = [user.home / ".config" / "Imagest" / "Workstation.ini"]
    kept.append(user.home / ".local" / "share" / "imagest" / "models" / "mine" / "config.json")
    user.install()
    for path in kept:
        path.parent.mkdir(parents=True)
        path.write_text("mine")
    user.unpack("2.0")
    assert user.install().returncode == 0
    assert user.run("imagest").stdout == "imagest 2.0\n"
    assert [path.read_text() for path in kept] == ["mine", "mine"]
    assert [path.name.split("-")[0] for path in (user.root / "environments").iterdir()] == ["2.0"]
    assert len(list((user.root / "programs").iterdir())) == 1


def test_the_old_version_stays_in_use_until_the_new_one_is_complete(user):
    user.install()
    user.unpack("2.0")
    (user.payload / "locks" / "onnx.txt").write_text("imagest-workstation==2.0 --hash=sha256:" + "0" * 64)
    failed = user.install()
    assert failed.returncode == 2
    assert "could not be installed" in failed.stderr
    assert "Traceback" not in failed.stderr
    ran = user.run("imagest")
    assert ran.stdout == "imagest 1.0\n"
    assert "using 1.0" in ran.stderr


def wait_until_held(user) -> None:
    """Wait until uv has begun to install packages."""
    for _ in range(1000):
        if user.hold.with_name("hold.reached").exists():
            return
        time.sleep(0.01)


def start_and_kill(user) -> None:
    """Start an installation and kill it with everything it started while packages are installed."""
    user.hold.touch()
    process = subprocess.Popen(
        [str(user.payload / "imagest-launcher"), "--yes"],
        env=user.environment,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until_held(user)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    user.hold.unlink()


def test_after_a_kill_it_is_incomplete_and_repair_completes_it(user):
    start_and_kill(user)
    status = user.run("imagest-launcher", "--status")
    assert status.returncode == 1
    assert "incomplete" in status.stdout
    assert "current: none" in status.stdout
    assert user.run("imagest").returncode == 2
    assert user.run("imagest-launcher", "--repair", "--yes").returncode == 0
    assert user.run("imagest").stdout == "imagest 1.0\n"


def test_after_a_kill_installing_again_completes_it(user):
    start_and_kill(user)
    assert user.install().returncode == 0
    assert user.run("imagest").stdout == "imagest 1.0\n"


def test_repair_replaces_damaged_files(user):
    user.install()
    (module,) = user.root.glob("environments/*/venv/lib/python3*/site-packages/app/launch.py")
    module.write_text("damaged")
    assert user.run("imagest").returncode != 0
    done = user.run("imagest-launcher", "--repair", "--yes")
    assert (done.returncode, "1 damaged files were replaced" in done.stderr) == (0, True), done.stderr
    assert user.run("imagest").stdout == "imagest 1.0\n"


def test_a_repair_that_fails_keeps_what_was_installed(user):
    user.install()
    (module,) = user.root.glob("environments/*/venv/lib/python3*/site-packages/app/__init__.py")
    module.write_text("# damaged, but it runs")
    program = user.payload / "bin" / "uv"
    working = program.read_text()
    broken = 'case "$*" in *sync*) echo "error: Request failed after 3 retries" >&2; exit 2 ;; esac'
    program.write_text(working.replace("exec ", f"{broken}\nexec "))
    done = user.run("imagest-launcher", "--repair", "--yes")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("What was installed before is kept.")
    assert user.run("imagest").stdout == "imagest 1.0\n"
    assert not (user.root / "before-repair").exists()
    program.write_text(working)
    done = user.run("imagest-launcher", "--repair", "--yes")
    assert (done.returncode, "1 damaged files were replaced" in done.stderr) == (0, True), done.stderr
    assert user.run("imagest").stdout == "imagest 1.0\n"
    assert not (user.root / "before-repair").exists()


def test_what_can_t_be_set_aside_stays_installed(user, monkeypatch):
    """Windows moves no folder of which a file is open."""
    user.install()
    (module,) = user.root.glob("environments/*/venv/lib/python3*/site-packages/app/__init__.py")
    module.write_text("# damaged, but it runs")
    payload, places, move = read_payload(user.payload), Places(user.root), os.replace

    def refuse(source, target):
        if source == places.environments:
            raise PermissionError(errno.EACCES, "in use", str(source))
        move(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError):
        repair(payload, places, payload.profiles["onnx"], lambda *_: None)
    assert user.run("imagest").stdout == "imagest 1.0\n"
    assert not (user.root / "before-repair").exists()


def test_a_repair_that_was_killed_is_undone(user):
    user.install()
    set_aside(Places(user.root), cache=True)
    (user.root / "environments").mkdir()
    assert user.run("imagest").returncode == 2
    assert user.run("imagest-launcher", "--repair", "--yes").returncode == 0
    assert user.run("imagest").stdout == "imagest 1.0\n"
    assert not (user.root / "before-repair").exists()


def test_repair_keeps_what_is_intact(user):
    user.install()
    (marker,) = user.root.glob("environments/*/installation.json")
    before = marker.stat().st_ino
    assert user.run("imagest-launcher", "--repair", "--yes").returncode == 0
    assert marker.stat().st_ino == before


def files(user) -> set:
    """All files of the user, but for the desktop's own indexes."""
    found = {path for path in user.home.rglob("*") if path.is_file() and path.name != "mimeinfo.cache"}
    return {path for path in found if user.home / ".local" / "share" / "mime" not in path.parents}


def test_uninstall_removes_the_program_and_nothing_else(user):
    model = user.home / ".local" / "share" / "imagest" / "model"
    model.parent.mkdir(parents=True)
    model.write_text("mine")
    before = files(user)
    user.install()
    assert (user.root / "credentials" / ".lock").is_file()
    assert not (user.home / ".local" / "share" / "uv").exists()
    done = user.run("imagest-launcher", "--uninstall", "--yes")
    assert done.returncode == 0
    assert str(model.parent) in done.stderr
    assert files(user) == before
    assert not user.root.exists()


def test_the_folder_of_credentials_that_the_user_names_is_used(user):
    own = user.home / "credentials"
    assert user.run("imagest-launcher", "--yes", UV_CREDENTIALS_DIR=str(own)).returncode == 0
    assert (own / ".lock").is_file()
    assert not (user.root / "credentials").exists()


def test_the_program_gets_none_of_the_variables_for_uv(user):
    user.install()
    program = next(user.root.glob("environments/*/venv/bin/imagest"))
    program.write_text("#!/bin/sh\nenv\n")
    (user.root / "current").unlink()
    (marker,) = user.root.glob("environments/*/installation.json")
    found = json.loads(marker.read_text())
    (user.root / "current").write_text(f"another id\n{marker.parent.name}\n")
    names = [line.partition("=")[0] for line in user.run("imagest").stdout.splitlines()]
    assert found["status"] == "complete"
    assert "PYTHONNOUSERSITE" in names
    assert not [name for name in names if name.startswith("UV_")]


def test_what_a_killed_uv_left_and_what_no_environment_uses_leave_the_cache(user):
    user.install()
    half = user.root / "cache" / ".tmpAbc" / "half"
    half.parent.mkdir()
    half.write_text("unpacked")
    user.unpack("2.0")
    user.install()
    assert not half.parent.exists()
    assert list(user.root.glob("cache/archive-v*/*/app")) == []
    for _ in range(2):
        (user.root / "current").unlink()
        assert user.install().returncode == 0, "uv unpacks again what is missing"
        assert len(list(user.root.glob("cache/archive-v*/*/app"))) == 1


def test_a_second_installation_at_the_same_time_is_refused(user):
    user.hold.touch()
    first = subprocess.Popen(
        [str(user.payload / "imagest-launcher"), "--yes"], env=user.environment, stderr=subprocess.DEVNULL
    )
    wait_until_held(user)
    second = user.install()
    first.terminate()
    first.wait()
    assert second.returncode == 2
    assert "Another installation" in second.stderr


def test_where_only_the_launcher_was_killed_uv_is_waited_for(user):
    user.hold.touch()
    first = subprocess.Popen(
        [str(user.payload / "imagest-launcher"), "--yes"],
        env=user.environment,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until_held(user)
    first.kill()
    first.wait()
    second = user.install()
    os.killpg(first.pid, signal.SIGKILL)
    assert (second.returncode, "Another installation" in second.stderr) == (2, True)


def test_an_unknown_profile_names_those_that_there_are(user):
    done = user.run("imagest-launcher", "--yes", "--profile", "cuda")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "choose one of: onnx" in done.stderr


def test_a_disk_without_room_is_said_before_anything_is_installed(user, manifest):
    manifest["profiles"]["onnx"]["disk"] = 10**15
    (user.payload / "manifest.json").write_text(json.dumps(manifest))
    done = user.install()
    assert done.returncode == 2
    assert "make room" in done.stderr


@pytest.mark.parametrize("damage", ["manifest.json", "locks/onnx.txt"])
def test_an_incomplete_installer_is_named(user, damage):
    (user.payload / damage).unlink()
    done = user.install()
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "unpack or download it again" in done.stderr


def test_a_python_that_is_too_old_is_refused(user, tmp_path):
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    script = user.payload / "imagest-launcher"
    script.write_text(script.read_text().replace("/usr/bin/python3 ", ""))
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        (folder / name).symlink_to(old)
    done = user.run(
        "imagest-launcher", "--yes", PATH=f"{folder}{os.pathsep}{os.environ['PATH']}", IMAGEST_PYTHON=str(old)
    )
    assert done.returncode == 2
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr


def test_a_full_disk_in_the_middle_is_one_sentence_and_repair_completes_it(user):
    """uv says what it says on a full disk: the last part of its answer."""
    program = user.payload / "bin" / "uv"
    working = program.read_text()
    full = 'case "$*" in *sync*) echo "error: No space left on device (os error 28)" >&2; exit 2 ;; esac'
    program.write_text(working.replace("exec ", f"{full}\nexec "))
    done = user.install()
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "the disk is full; make room and start again" in done.stderr
    assert "incomplete" in user.run("imagest-launcher", "--status").stdout
    program.write_text(working)
    assert user.run("imagest-launcher", "--repair", "--yes").returncode == 0
    assert user.run("imagest").stdout == "imagest 1.0\n"


def test_a_home_folder_that_cannot_be_written_is_one_sentence(user):
    """A file where the folder should be stands for a read-only disk, which root could write to."""
    (user.home / ".local").write_text("mine")
    done = user.install()
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert done.stderr.splitlines()[-1].endswith("correct that and start again.")
    assert (user.home / ".local").read_text() == "mine"


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.EROFS, "set IMAGEST_INSTALLATION to a folder that can be written"),
        (errno.EACCES, "set IMAGEST_INSTALLATION to a folder that can be written"),
        (errno.ENOSPC, "is full; make room"),
        (errno.ENOTDIR, "correct that"),
    ],
)
def test_what_the_system_refuses_is_said_with_a_remedy(number, sentence):
    said = system_error(OSError(number, os.strerror(number), "/home/x"))
    assert sentence in said
    assert "/home/x" in said


def test_progress_never_goes_back(user):
    """uv removes what it has unpacked."""
    program = user.payload / "bin" / "uv"
    grows = "head -c 2000 /dev/zero >cache/part; sleep 0.7; rm cache/part; sleep 0.6"
    program.write_text(program.read_text().replace("exec ", f'case "$*" in *sync*) {grows} ;; esac\nexec '))
    shares: list[float] = []
    payload = read_payload(user.payload)
    places = Places(user.home / "elsewhere")
    places.root.mkdir()
    install(payload, places, payload.profiles["onnx"], lambda share, _: shares.append(share))
    assert shares == sorted(shares)
    assert 0.5 < shares[-3] < 1
