"""What is refused before anything starts, and what is done again when a batch is continued."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from batch_files import make_mask, make_scan, tree

from imagest_core.batch.job import JobState
from imagest_core.batch.settings import BatchSettings
from imagest_core.batch.sources import find_sources
from imagest_core.batch.start import check_place, load_settings, open_batch
from imagest_core.batch.worker import run_jobs
from imagest_core.damage.detection.recipe import Recipe
from imagest_core.errors import InputError, OutputError
from imagest_core.painting.geometry import Box
from imagest_core.restoration.request import RestorationRequest
from imagest_core.style.reference import StyleReference


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def start(scans, out, settings, **options):
    return open_batch(out, find_sources(scans, settings.mask_suffix, out), settings, **options)


def waiting(jobs):
    return [job.name for job in jobs.jobs(JobState.WAITING)]


def test_settings_survive_as_json(scans, out, tmp_path):
    request = RestorationRequest.of("imagest", seed=7, steps=4)
    donor = make_scan(tmp_path / "donor.png", mask=False)
    style = StyleReference((Box(1, 2, 8, 9),), donor)
    settings = BatchSettings(
        request, "_m", Recipe("cracks", {"widest": 5}, 3), style, 2, "A. C.", 1, True, 10
    )
    assert BatchSettings.of_plain(settings.plain()) == settings
    usable = replace(settings, mask_suffix="-mask", max_pixels=None)
    assert load_settings(start(scans, out, usable)).request == request


def test_what_is_done_is_not_done_again(scans, out, settings):
    start(scans, out, settings)
    run_jobs(out, settings)
    before = (out / "a.tif").stat().st_mtime_ns
    assert waiting(start(scans, out, settings)) == []
    run_jobs(out, settings)
    assert (out / "a.tif").stat().st_mtime_ns == before


def test_a_changed_scan_or_mask_a_missing_result_or_record_is_restored_again(scans, out, settings):
    start(scans, out, settings)
    run_jobs(out, settings)
    make_scan(scans / "a.tif", 9, mask=False)
    os.utime(scans / "b-mask.png", (1, 1))
    (out / "north wing/c.json").unlink()
    jobs = start(scans, out, settings)
    assert waiting(jobs) == ["a.tif", "b.tif", "north wing/c.tif"]
    run_jobs(out, settings)
    assert len(tree(out)) == 6
    assert waiting(start(scans, out, settings)) == []
    (out / "b.tif").unlink()
    assert waiting(start(scans, out, settings)) == ["b.tif"]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", ["a.tif", "a.json"])
def test_a_result_that_was_edited_fails_alone(scans, out, settings, force, name):
    start(scans, out, settings)
    run_jobs(out, settings)
    (out / name).write_bytes(b"II*\0 retouched")
    (out / "b.tif").unlink()
    for _ in range(2):
        jobs = start(scans, out, settings, force=force)
        assert [job.name for job in jobs.jobs(JobState.FAILED)] == ["a.tif"]
        assert waiting(jobs) == (["b.tif", "north wing/c.tif"] if force else ["b.tif"])
    run_jobs(out, settings)
    (failed,) = jobs.jobs(JobState.FAILED)
    assert str(failed.outcome.sentence) == f"{name} was changed after it was written: move it away."
    assert (out / name).read_bytes() == b"II*\0 retouched"
    assert (out / "b.tif").exists()
    (out / name).rename(out / "mine")
    assert "a.tif" in waiting(start(scans, out, settings))
    run_jobs(out, settings)
    assert (out / name).exists()


def test_a_result_that_is_edited_while_its_job_waits_is_kept(scans, out, settings):
    start(scans, out, settings)
    run_jobs(out, settings)
    jobs = start(scans, out, settings, force=True)
    (out / "a.tif").write_bytes(b"II*\0 retouched")
    run_jobs(out, settings)
    assert (out / "a.tif").read_bytes() == b"II*\0 retouched"
    assert [job.name for job in jobs.jobs(JobState.FAILED)] == ["a.tif"]


def test_a_copied_result_is_verified_by_its_hash(scans, out, settings):
    start(scans, out, settings)
    run_jobs(out, settings)
    os.utime(out / "a.tif")
    assert waiting(start(scans, out, settings)) == []
    with (out / "b.tif").open("r+b") as file:
        stamp = os.fstat(file.fileno())
        file.seek(-1, 2)
        file.write(b"\xaa")
    os.utime(out / "b.tif", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert waiting(start(scans, out, settings)) == [], "size and time are as they were"
    jobs = start(scans, out, settings, hashes=True)
    assert [job.name for job in jobs.jobs(JobState.FAILED)] == ["b.tif"]


def test_new_scans_are_added(scans, out, settings):
    start(scans, out, settings)
    run_jobs(out, settings)
    make_scan(scans / "z.tif", 4)
    assert waiting(start(scans, out, settings)) == ["z.tif"]


def test_failed_jobs_wait_again(scans, out, settings):
    (scans / "b-mask.png").unlink()
    start(scans, out, settings)
    run_jobs(out, settings)
    make_mask(scans / "b-mask.png")
    assert waiting(start(scans, out, settings)) == ["b.tif"]


def test_other_options_are_refused_for_the_same_folder(scans, out, settings):
    start(scans, out, settings)
    other = replace(settings, request=RestorationRequest.of("telea"))
    with pytest.raises(InputError, match="other options"):
        start(scans, out, other)
    assert start(scans, out, other, force=True)


@pytest.mark.parametrize("name", ["b.json", "b.tif"])
def test_a_file_in_the_way_fails_its_painting_alone(scans, out, settings, name):
    out.mkdir()
    (out / name).write_text("mine")
    for _ in range(2):
        jobs = start(scans, out, settings)
        run_jobs(out, settings)
        (failed,) = jobs.jobs(JobState.FAILED)
        assert (
            str(failed.outcome.sentence) == f"{name} exists already and isn't from this batch: move it away."
        )
        assert (out / name).read_text() == "mine"
        assert tree(out) == sorted({name, "a.tif", "a.json", "north wing/c.tif", "north wing/c.json"})
    (out / name).unlink()
    assert waiting(start(scans, out, settings)) == ["b.tif"]


def test_a_derived_mask_replaces_no_file(scans, out, settings):
    (scans / "b-mask.png").unlink()
    out.mkdir()
    (out / "b-mask.png").write_text("mine")
    jobs = start(scans, out, replace(settings, recipe=Recipe("cracks", {})))
    assert [job.name for job in jobs.jobs(JobState.FAILED)] == ["b.tif"]
    assert (out / "b-mask.png").read_text() == "mine"


def test_a_file_that_appears_meanwhile_is_not_replaced(scans, out, settings):
    jobs = start(scans, out, settings)
    (out / "a.tif").write_bytes(b"mine")
    for _ in range(2):
        run_jobs(out, settings)
        assert (out / "a.tif").read_bytes() == b"mine"
        assert [job.name for job in jobs.jobs(JobState.FAILED)] == ["a.tif"]
        start(scans, out, settings)


def test_results_never_go_among_the_scans(scans, tmp_path):
    for wrong in (scans, tmp_path, scans / ".." / "scans"):
        with pytest.raises(OutputError, match="choose another folder"):
            check_place(wrong, scans)
    check_place(scans / "results", scans)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="not a folder"):
        check_place(tmp_path / "file", scans)


def test_a_result_never_replaces_an_input(scans, tmp_path, settings):
    listed = tmp_path / "list.txt"
    listed.write_text("scans/a.tif\n")
    with pytest.raises(OutputError, match="inputs"):
        start(listed, tmp_path, settings, force=True)


def test_a_damaged_list_is_refused(scans, out, settings):
    start(scans, out, settings)
    (out / ".imagest-batch" / "settings.json").write_text("{")
    with pytest.raises(InputError, match="can't be read"):
        start(scans, out, settings)


def test_a_copy_without_empty_folders_goes_on(scans, out, settings):
    jobs = start(scans, out, settings)
    run_jobs(out, settings)
    before = (out / "a.tif").stat().st_mtime_ns
    for state in (JobState.WAITING, JobState.RUNNING, JobState.FAILED, JobState.CANCELLED):
        (jobs.root / state).rmdir()
    assert jobs.exists
    (out / "b.tif").unlink()
    assert waiting(start(scans, out, settings)) == ["b.tif"]
    run_jobs(out, settings)
    assert len(jobs.files(JobState.DONE)) == 3
    assert (out / "a.tif").stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["", "starting", "waiting", "damaged"])
def test_a_file_in_place_of_a_folder_of_the_list_is_named(scans, out, settings, name):
    place = out / ".imagest-batch" / name
    place.parent.mkdir(parents=True)
    place.write_bytes(b"mine")
    with pytest.raises(OutputError, match="isn't a folder"):
        start(scans, out, settings)
    assert place.read_bytes() == b"mine"


def test_settings_that_can_t_be_read_start_anew_with_force(scans, out, settings):
    jobs = start(scans, out, settings)
    run_jobs(out, settings)
    (jobs.root / "settings.json").write_bytes(b"{")
    with pytest.raises(InputError, match=r"can't be read .* Or give --force"):
        start(scans, out, settings)
    (out / "b.tif").write_bytes(b"II*\0 retouched")
    assert waiting(start(scans, out, settings, force=True)) == ["a.tif", "north wing/c.tif"]
    run_jobs(out, settings)
    assert len(jobs.files(JobState.DONE)) == 2
    assert (out / "b.tif").read_bytes() == b"II*\0 retouched"
