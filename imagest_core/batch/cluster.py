"""Run a batch on a Ray cluster: each actor is a worker with its own model, and takes jobs from the same list.

Only paths travel through Ray; the scans and the list are on storage that every machine sees under the same
path. Ray restarts an actor that was killed, and it takes up the job that it held.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imagest_core import __version__
from imagest_core.batch.job import JobState
from imagest_core.batch.job_list import JobList
from imagest_core.batch.processes import GRACE, POLL, FlagFile, Limits, Watch, work_in_process
from imagest_core.batch.settings import BatchSettings
from imagest_core.errors import ImagestError, InputError
from imagest_core.extras import require_extra
from imagest_core.interrupt import hold, insisted
from imagest_core.messages import Message
from imagest_core.progress import Progress

if TYPE_CHECKING:
    import ray

LOCAL = "local"
"""The address of a cluster that is started on this machine and ends with the batch."""

STARTS = 3
"""Attempts to start Ray: it gives itself 30 s, which is too little on a busy machine."""


@dataclass(frozen=True)
class ClusterOptions:
    """Where and with how many workers to run.

    ``address``: of the cluster; "auto" for the one that runs on this machine, "local" to start one.
    ``cores``: of a worker without a GPU. ``workers``: 0 for as many as the cluster has room for.
    """

    address: str = "auto"
    cores: int = 4
    workers: int = 0
    retries: int = 1
    depth: int = 3


class Actor:
    """A worker in a process of the cluster; Ray restarts it if the process ends."""

    def __init__(self, version: str) -> None:
        self._version = version

    def work(self, folder: str, settings: str, limits: Limits, stop: str) -> str:
        """Run jobs until none is left; return a sentence if this machine can't, else ""."""
        if self._version != __version__:
            return Message(
                "A machine of the cluster has version {found} of Imagest, not {needed}: install the same "
                "one.",
                found=__version__,
                needed=self._version,
            )
        if not JobList(_path(folder)).exists:
            return Message(
                "A machine of the cluster doesn't see {folder}: mount it under the same path.", folder=folder
            )
        work_in_process(folder, settings, limits, stop)
        return ""


def _path(text: str) -> Any:
    from pathlib import Path

    return Path(text)


def require_ray() -> None:
    """Raise ``InputError`` unless Ray is installed."""
    require_extra("cluster", "A cluster")


def run_on_cluster(
    jobs: JobList, settings: BatchSettings, options: ClusterOptions, watch: Watch, progress: Progress
) -> None:
    """Run the jobs on a Ray cluster; raises ``InputError`` if it can't be reached, and ``Cancelled``."""
    require_ray()
    folder = jobs.folder.absolute()
    stop = FlagFile(folder / jobs.root.name / f".stop-{os.getpid()}-{time.monotonic_ns():x}")
    connected = _connect(options)
    try:
        actors, on_machine = _actors(connected, settings, options, jobs)
        limits = Limits(on_machine, options.retries, options.depth)
        arguments = (str(folder), json.dumps(settings.plain()), limits, str(stop.path))
        running = [actor.work.remote(*arguments) for actor in actors]
        _wait(connected, running, jobs, watch, stop, progress)
    finally:
        stop.remove()
        connected.shutdown()
        jobs.release_stale()


def _connect(options: ClusterOptions) -> Any:
    """Import Ray, without usage statistics, and connect; raises ``InputError``."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ray

        for attempt in range(STARTS):
            try:
                _init(ray, options)
                break
            except Exception as error:  # Ray raises plain exceptions
                ray.shutdown()
                if options.address != LOCAL or attempt + 1 == STARTS:
                    raise _no_cluster(options.address, error) from error
    return ray


def _init(connected: Any, options: ClusterOptions) -> None:
    common: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    if options.address == LOCAL:
        cores = max(options.cores * max(options.workers, 1), 1)
        connected.init(num_cpus=cores, include_dashboard=False, **common)
    else:
        connected.init(address=options.address, **common)


def _no_cluster(address: str, error: Exception) -> InputError:
    if address == LOCAL:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return InputError(Message("Ray can't be started on this machine: {reason}", reason=reason))
    return InputError(
        Message(
            "No Ray cluster answers at {address}: start one with ray start, or use --ray local.",
            address=address,
        )
    )


def _actors(
    connected: Any, settings: BatchSettings, options: ClusterOptions, jobs: JobList
) -> tuple[list[Any], int]:
    """Return one actor a GPU, else one for each ``cores`` cores; and how many share a machine at most."""
    resources = connected.cluster_resources()
    gpus = 0 if settings.request.device == "cpu" else int(resources.get("GPU", 0))
    room = gpus or int(resources.get("CPU", 0)) // options.cores
    waiting = sum(jobs.counts()[state] for state in (JobState.WAITING, JobState.RUNNING))
    number = min(options.workers or room, max(waiting, 1))
    if not 0 < number <= room:
        raise InputError(
            Message(
                "The cluster has room for {room} workers: give fewer --workers or fewer --cores.", room=room
            )
        )
    need: dict[str, Any] = {"num_gpus": 1, "num_cpus": 1} if gpus else {"num_cpus": options.cores}
    kind = connected.remote(max_restarts=-1, max_task_retries=-1, **need)(Actor)
    machines = max(sum(1 for node in connected.nodes() if node.get("Alive")), 1)
    return [kind.remote(__version__) for _ in range(number)], -(-number // machines)


def _wait(
    connected: Any, running: list[Any], jobs: JobList, watch: Watch, stop: FlagFile, progress: Progress
) -> None:
    """Wait until a worker has ended and no job is left; after a cancel, for at most :data:`GRACE` seconds.

    A worker whose machine was lost is not waited for: Ray keeps it until a machine has room for it.
    """
    ended: list[Any] = []
    try:
        while running and not (ended and _is_done(jobs)):
            progress.check()
            watch(jobs)
            more, running = connected.wait(running, num_returns=1, timeout=POLL)
            ended += more
            for each in more:
                _check(connected, each)
    except BaseException:
        hold()
        stop.write()
        if running and not insisted():
            connected.wait(running, num_returns=len(running), timeout=GRACE)
        raise


def _is_done(jobs: JobList) -> bool:
    """Whether no job waits and none runs."""
    return not jobs.files(JobState.WAITING) and not jobs.files(JobState.RUNNING)


def _check(connected: Any, ended: ray.ObjectRef) -> None:
    """Raise ``InputError`` if a worker's machine can't work, ``ImagestError`` if it failed."""
    try:
        sentence = connected.get(ended)
    except connected.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise ImagestError(Message("A worker of the cluster failed: {reason}", reason=reason[0])) from error
    if sentence:
        raise InputError(sentence)
