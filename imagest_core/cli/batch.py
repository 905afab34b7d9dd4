"""``imagest batch``: restore all scans of a folder or a list, in one process, several, or a Ray cluster."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import add_colour_option, add_rim_option, count, whole
from imagest_core.errors import InputError
from imagest_core.interrupt import undisturbed
from imagest_core.printable import show
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.batch.job_list import JobList
    from imagest_core.batch.settings import BatchSettings
    from imagest_core.batch.sources import Source
    from imagest_core.batch.worker import JobReport

SOME_FAILED = 1
"""The exit code if a scan was not restored; the others were."""
CORES = 4
"""Cores of a worker without a GPU."""
COUNTING_SHARE = 0.05
"""Share of the time that counting the jobs of a list may take."""
LOCAL_ONLY = "--jobs and --ray are two ways to use several processes; give one of them."


def add_commands(subparsers: Any) -> None:
    """Add ``batch``."""
    from imagest_core.batch import MASK_SUFFIX
    from imagest_core.cli.options import add_operator_option, add_request_options, add_style_options
    from imagest_core.cli.parsing import add_reading_options

    parser = subparsers.add_parser(
        "batch",
        help="restore all scans of a folder or a list",
        description="Restore all scans of a folder or a list into another folder. The same command continues "
        "after an interruption: what is done stays, what failed is tried again.",
        epilog="Exit codes: 0 all scans are restored; 1 some are not, the table says why; 2 wrong options or "
        "input, nothing was started; 130 cancelled.",
    )
    _add_own_options(parser, MASK_SUFFIX)
    add_operator_option(parser)
    add_reading_options(parser)
    add_colour_option(parser)
    add_style_options(parser)
    add_rim_option(parser)
    add_request_options(parser)
    parser.set_defaults(run=_run)


def _add_own_options(parser: argparse.ArgumentParser, suffix: str) -> None:
    add = parser.add_argument
    add(
        "source", type=Path, metavar="FOLDER|LIST", help="the folder of scans, or a text file that lists them"
    )
    add("-o", "--out", type=Path, required=True, metavar="DIR", help="the folder for results and records")
    add(
        "--mask-suffix",
        default=suffix,
        metavar="SUFFIX",
        help=f"end of a mask's name (default {suffix})",
    )
    add(
        "--recipe",
        type=Path,
        metavar="FILE",
        help="derive masks that are missing; see imagest mask --save-recipe",
    )
    add("--force", action="store_true", help="restore all scans again and replace existing results")
    add("--check-hashes", action="store_true", help="read finished results completely to verify them")
    add("--retries", type=whole(0, 20), default=1, metavar="N", help="attempts after a failure (default 1)")
    add("--jobs", type=whole(1, 256), default=1, metavar="N", help="processes on this machine (default 1)")
    add(
        "--depth", type=whole(1, 8), default=3, metavar="N", help="scans in progress in a process (default 3)"
    )
    ray = parser.add_argument_group("cluster (needs the extra cluster)").add_argument
    ray("--ray", metavar="ADDRESS", help="run on a Ray cluster: its address, auto (on this machine) or local")
    ray("--cores", type=whole(1), metavar="N", help="cores of a worker without a GPU (default 4)")
    ray(
        "--workers",
        type=count,
        metavar="N",
        help="workers in the cluster (default as many as fit)",
    )


def _run(args: argparse.Namespace, progress: Progress) -> int:
    from imagest_core.batch.sources import check_masks, find_sources
    from imagest_core.batch.start import check_place

    if args.ray is not None and args.jobs > 1:
        raise InputError(LOCAL_ONLY)
    for flag, value in (("--cores", args.cores), ("--workers", args.workers)):
        if args.ray is None and value is not None:
            raise InputError(f"{flag} is an option of a cluster: leave it out, or give --ray.")
    settings = _settings(args)
    check_place(args.out, args.source)
    sources = find_sources(args.source, args.mask_suffix, args.out, progress.check)
    if settings.recipe is None:
        check_masks(sources, args.source, args.mask_suffix)
    if args.ray is not None:
        from imagest_core.batch.cluster import require_ray

        require_ray()
    run = _Run(args, sources, settings, progress)
    undisturbed(run.work, run.end)
    return 0 if run.complete else SOME_FAILED


class _Run:
    """A run of a batch: its work, and the summary at its end."""

    def __init__(
        self, args: argparse.Namespace, sources: list[Source], settings: BatchSettings, progress: Progress
    ) -> None:
        from imagest_core.batch.job_list import JobList

        self._args, self._settings, self._progress = args, settings, progress
        self._sources, self._jobs = sources, JobList(args.out)
        self._opened, self._started = False, time.monotonic()
        self.complete = False

    def work(self) -> None:
        """Make the list, and restore its scans."""
        _open(self._args, self._sources, self._settings, self._progress)
        self._opened, self._started = True, time.monotonic()
        _work(self._args, self._jobs, self._settings, self._progress)

    def end(self) -> None:
        """Print and write the summary, also after a cancel; nothing if no list could be made."""
        from imagest_core.batch.summary import Summary, write_summary
        from imagest_core.cli.progress_bar import duration

        if not (self._opened or (_cancel_poll(self._progress)() and self._jobs.exists)):
            return
        seconds = time.monotonic() - self._started
        wanted = [source.job(order) for order, source in enumerate(self._sources)]
        summary = Summary.of(self._jobs, seconds, wanted, listed=self._opened)
        files = write_summary(self._jobs, summary)
        show(*summary.table(), f"time: {duration(seconds)}", f"summary: {files[0]}, {files[1].name}")
        self.complete = summary.complete


def _open(
    args: argparse.Namespace, sources: list[Source], settings: BatchSettings, progress: Progress
) -> None:
    """Make the list of jobs, ready to run; print a note for each job file that couldn't be read."""
    from imagest_core.batch.processes import pause_flag
    from imagest_core.batch.start import open_batch

    jobs = open_batch(
        args.out,
        sources,
        settings,
        force=args.force,
        hashes=args.check_hashes,
        progress=progress,
        notice=lambda sentence: show(f"note: {sentence}"),
    )
    pause_flag(jobs).remove()


def _settings(args: argparse.Namespace) -> BatchSettings:
    from imagest_core.batch.settings import BatchSettings
    from imagest_core.cli.options import request_of, style_of
    from imagest_core.damage.detection.recipe import load_recipe

    # Other processes may run in another folder.
    if args.style_image is not None:
        args.style_image = args.style_image.absolute()
    if getattr(args, "model", "") and Path(args.model).is_dir():
        args.model = str(Path(args.model).absolute())
    return BatchSettings(
        request_of(args),
        args.mask_suffix,
        None if args.recipe is None else load_recipe(args.recipe),
        style_of(args),
        args.rim,
        args.operator,
        args.page,
        args.assume_srgb,
        args.max_pixels,
    )


def _work(args: argparse.Namespace, jobs: JobList, settings: BatchSettings, progress: Progress) -> None:
    from imagest_core.batch.job import JobState
    from imagest_core.batch.worker import WorkerOptions, run_jobs

    total, next_count = sum(jobs.counts().values()), 0.0

    def watch(watched: JobList) -> None:
        nonlocal next_count
        started = time.monotonic()
        if started < next_count:
            return
        counts = watched.counts()
        ended = sum(counts[state] for state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED))
        progress.part(0.0, 1.0, "restoring").set(ended / max(total, 1), ended, total)
        ended_at = time.monotonic()
        next_count = ended_at + (ended_at - started) / COUNTING_SHARE

    if args.ray is not None:
        from imagest_core.batch.cluster import ClusterOptions, run_on_cluster

        options = ClusterOptions(args.ray, args.cores or CORES, args.workers or 0, args.retries, args.depth)
        run_on_cluster(jobs, settings, options, watch, progress)
    elif args.jobs > 1:
        from imagest_core.batch.processes import Limits, run_in_processes

        limits = Limits(args.jobs, args.retries, args.depth)
        run_in_processes(jobs, settings, limits, watch, progress)
    else:
        bar = _Bar(jobs, total, progress)
        own = Progress(cancelled=_cancel_poll(progress))
        run_jobs(jobs.folder, settings, WorkerOptions(args.retries, args.depth, report=bar.show), own)


def _cancel_poll(progress: Progress) -> Any:
    """Return a function that says whether the user cancelled."""
    from imagest_core.progress import Cancelled

    def poll() -> bool:
        try:
            progress.check()
        except Cancelled:
            return True
        return False

    return poll


class _Bar:
    """Shows the share of all scans that are restored, counting those in progress in part."""

    def __init__(self, jobs: JobList, total: int, progress: Progress) -> None:
        from imagest_core.batch.job_list import ENDED

        counts = jobs.counts()
        self._total, self._progress = max(total, 1), progress
        self._ended = {state: counts[state] for state in ENDED}
        self._running: dict[str, float] = {}

    def show(self, news: JobReport) -> None:
        """Draw the bar after news of a job; a cancel is left to the worker."""
        from contextlib import suppress

        from imagest_core.progress import Cancelled

        if news.state in self._ended:
            self._ended[news.state] += 1
        if news.state == "running":
            self._running[news.job.id] = news.fraction
        else:
            self._running.pop(news.job.id, None)
        ended = sum(self._ended.values())
        share = (ended + sum(list(self._running.values()))) / self._total
        with suppress(Cancelled):
            self._progress.part(0.0, 1.0, f"{news.job.name}: {news.stage}").set(share, ended, self._total)
