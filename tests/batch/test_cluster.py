"""A local Ray cluster of two workers: one is killed, and nothing is lost, nothing is done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec

import pytest
from batch_files import make_scan, tree

from imagest_core.batch.cluster import Actor, ClusterOptions, _wait, run_on_cluster
from imagest_core.batch.job import JobState, Outcome
from imagest_core.batch.processes import FlagFile, Limits
from imagest_core.batch.sources import find_sources
from imagest_core.batch.start import open_batch
from imagest_core.errors import InputError
from imagest_core.progress import Progress

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray (the extra cluster) is not installed")
SCANS = 24


def test_without_ray_one_sentence_says_what_to_install(cli, scans, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    answer = cli("batch", scans, "-o", tmp_path / "out", "--engine", "harmonic", "--ray", "auto")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "pip install 'imagest-workstation[cluster]'" in answer.err
    assert not (tmp_path / "out").exists()


def test_ray_is_imported_only_when_it_is_asked_for(scans, tmp_path):
    code = (
        "import sys; from imagest_core.cli import main; "
        f"code = main(['batch', {str(scans)!r}, '-o', {str(tmp_path / 'out')!r}, '--engine', 'telea']); "
        "sys.exit(code or ('ray' in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_a_machine_that_cannot_work_says_why(tmp_path):
    assert "install the same one" in Actor("0.0.1").work(str(tmp_path), "{}", Limits(), "stop")
    from imagest_core import __version__

    assert "mount it" in Actor(__version__).work(str(tmp_path), "{}", Limits(), "stop")


class LostMachine:
    """A cluster of two workers: the first ends, the second waits for a machine that never comes back."""

    def wait(self, running, num_returns, timeout):
        return [each for each in running if each == "first"], [each for each in running if each != "first"]

    def get(self, reference):
        return ""


def test_a_worker_whose_machine_is_lost_is_not_waited_for(scans, tmp_path, settings):
    """But its painting is: another worker takes it over."""
    jobs = open_batch(tmp_path / "out", find_sources(scans, "-mask", tmp_path), settings)
    looks = []

    def watch(watched):
        looks.append(watched.counts()[JobState.DONE])
        claim = watched.claim()
        assert claim is not None
        watched.end(claim, JobState.DONE, Outcome())

    stop = FlagFile(tmp_path / "stop")
    _wait(LostMachine(), ["first", "second"], jobs, watch, stop, Progress())
    assert looks == [0, 1, 2]
    assert not stop.path.exists()


@needs_ray
def test_no_cluster_is_an_input_error(scans, tmp_path, settings):
    jobs = open_batch(tmp_path / "out", find_sources(scans, "-mask", tmp_path), settings)
    options = ClusterOptions("no such address")
    with pytest.raises(InputError, match="No Ray cluster answers"):
        run_on_cluster(jobs, settings, options, lambda _: None, Progress())


def claims(out):
    names = os.listdir(out / ".imagest-batch" / "running")
    return [int(name.split("@")[2]) for name in names if name.count("@") == 3]


@needs_ray
@pytest.mark.slow
def test_a_killed_worker_loses_nothing_and_bytes_are_those_of_one_process(cli, tmp_path):
    """Starting Ray takes most of the time."""
    scans, out, alone = tmp_path / "scans", tmp_path / "out", tmp_path / "alone"
    for seed in range(SCANS):
        make_scan(scans / f"{seed:02d}.tif", seed, width=256)
    cluster = ("--ray", "local", "--workers", "2", "--cores", "1")
    command = [sys.executable, "-m", "imagest_core", "batch", str(scans), "-o", str(out)]
    environment = {**os.environ, "RAY_TMPDIR": "/tmp", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [*command, "--engine", "harmonic", *cluster],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    seen: set[int] = set()
    killed = 0
    while process.poll() is None:
        if (out / ".imagest-batch" / "running").is_dir():
            for pid in claims(out):
                seen.add(pid)
                if not killed and len(os.listdir(out / ".imagest-batch" / "done")) >= 2:
                    os.kill(pid, signal.SIGKILL)
                    killed = pid
        time.sleep(0.005)
    output, errors = process.communicate()
    if "Ray can't be started" in errors:
        pytest.skip("Ray did not start within its own 30 s, three times: this machine is too busy")
    assert process.returncode == 0, output + errors
    assert killed
    assert len(seen) >= 2
    assert f"paintings: {SCANS} done" in output
    assert len(os.listdir(out / ".imagest-batch" / "done")) == SCANS
    assert os.listdir(out / ".imagest-batch" / "running") == []
    assert cli("batch", scans, "-o", alone, "--engine", "harmonic").code == 0
    pictures = [name for name in tree(alone) if name.endswith(".tif")]
    assert all((out / name).read_bytes() == (alone / name).read_bytes() for name in pictures)
    assert tree(out) == tree(alone)
