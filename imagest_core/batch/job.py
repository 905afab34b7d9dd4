"""A job: one scan, its mask and its result; and what came of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from imagest_core.errors import OutputError
from imagest_core.messages import Message
from imagest_core.painting.stamp import file_sha256
from imagest_core.serialization import from_plain


class JobState(StrEnum):
    """Where a job is; the name of the folder that holds its file."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Stamp:
    """Size and modification time (ns) of a file, to see that it has not changed."""

    size: int
    modified: int

    @classmethod
    def of(cls, path: Path) -> Stamp | None:
        """Return the stamp of the file, None if there is none."""
        try:
            status = path.stat()
        except (OSError, ValueError):
            return None
        return cls(status.st_size, status.st_mtime_ns)


@dataclass(frozen=True)
class Outcome:
    """What came of a job.

    ``reason``: the sentence of a failure, and ``template`` the JSON of what its translation needs.
    ``derived``: the mask was derived by the recipe. ``seconds``: by stage. ``host``: the machine that ran it.
    ``scan``, ``mask``, ``result``, ``record``: stamps of the files when it ended; ``result_sha256`` and
    ``record_sha256``: hashes of what was written.
    """

    reason: str = ""
    template: str = ""
    pixels: int = 0
    filled: int = 0
    regions: int = 0
    derived: bool = False
    seconds: Mapping[str, float] = field(default_factory=dict)
    host: str = ""
    scan: Stamp | None = None
    mask: Stamp | None = None
    result: Stamp | None = None
    record: Stamp | None = None
    result_sha256: str = ""
    record_sha256: str = ""

    @property
    def sentence(self) -> str:
        """The sentence of a failure as a message, which can be translated."""
        try:
            return _message(json.loads(self.template))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return self.reason


def template_of(text: str) -> str:
    """Return the JSON of a message's template and arguments; "" for other text."""
    return json.dumps(_parts(text)) if isinstance(text, Message) else ""


def _parts(value: str | int | float) -> Any:
    if not isinstance(value, Message):
        return value
    return {
        "template": value.template,
        "arguments": {name: _parts(each) for name, each in value.arguments.items()},
    }


def _message(parts: Any) -> Any:
    if not isinstance(parts, dict):
        return parts
    return Message(parts["template"], **{name: _message(each) for name, each in parts["arguments"].items()})


@dataclass(frozen=True)
class Job:
    """A scan to restore.

    ``name``: the result's path below the batch folder, with ``/``. ``scan``, ``mask``: absolute paths;
    ``mask`` is "" where there is none, so that it is derived. ``order``: jobs with a lower one run first.
    ``attempts``: how often it was started without an outcome. ``replace``: whether an existing result may be
    replaced, because an earlier attempt of this batch may have written it. ``result_sha256``,
    ``record_sha256``: hashes of the files that an earlier attempt wrote, "" if unknown.
    """

    name: str
    scan: str
    mask: str = ""
    order: int = 0
    attempts: int = 0
    replace: bool = False
    outcome: Outcome | None = None
    result_sha256: str = ""
    record_sha256: str = ""

    @cached_property
    def id(self) -> str:
        """An identifier that follows from the result's path."""
        return hashlib.sha256(self.name.encode("utf-8", "surrogateescape")).hexdigest()[:12]

    @property
    def file(self) -> str:
        """The name of the job's file without what follows the id of a running one."""
        return f"{self.order:07d}-{self.id}"

    def result(self, folder: Path) -> Path:
        """Return the path of the result in the batch ``folder``."""
        return folder.joinpath(*PurePosixPath(self.name).parts)

    def record(self, folder: Path) -> Path:
        """Return the path of the record, beside the result."""
        return self.result(folder).with_suffix(".json")

    def again(self, before: Job) -> Job:
        """Return this job with what is known of the files that ``before`` wrote."""
        done = before.outcome if before.outcome is not None and before.outcome.result_sha256 else before
        return replace(self, result_sha256=done.result_sha256, record_sha256=done.record_sha256)

    def check_unedited(self, folder: Path) -> None:
        """Raise ``OutputError`` if an earlier attempt wrote a file that was changed since."""
        for path, written in (
            (self.result(folder), self.result_sha256),
            (self.record(folder), self.record_sha256),
        ):
            if written and path.exists() and not (path.is_file() and file_sha256(path) == written):
                raise OutputError(
                    Message("{name} was changed after it was written: move it away.", name=path.name)
                )

    def derived_mask(self, folder: Path, suffix: str) -> Path:
        """Return the path of a mask that the recipe derived, beside the result."""
        result = self.result(folder)
        return result.with_name(f"{result.stem}{suffix}.png")

    def targets(self, folder: Path, suffix: str) -> list[Path]:
        """Return the files that the job writes."""
        files = [self.result(folder), self.record(folder)]
        return files if self.mask else [*files, self.derived_mask(folder, suffix)]

    def to_json(self) -> str:
        """Return JSON in ASCII, so that names of any bytes survive."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        """Read what :meth:`to_json` wrote; raises ``ValueError`` or ``TypeError``."""
        try:
            job: Job = from_plain(cls, json.loads(text))
        except (AttributeError, KeyError, RecursionError) as error:
            raise ValueError("not a job") from error
        if not is_relative_name(job.name):
            raise ValueError("the result would be outside the folder")
        return job


def is_relative_name(name: str) -> bool:
    """Return whether a result's name is a path below a folder."""
    parts = PurePosixPath(name).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts
