"""What came of a batch: a table for people, CSV and JSON for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagest_core.batch.job import Job, JobState
from imagest_core.batch.job_list import FOLDER, JobList
from imagest_core.batch.lost import with_lost
from imagest_core.painting.atomic import all_or_none, replacing, write_text
from imagest_core.printable import json_text, printable

CSV_NAME, JSON_NAME = "summary.csv", "summary.json"
COLUMNS = ("name", "state", "scan", "mask", "megapixels", "filled", "regions", "seconds", "host", "reason")
LONGEST_TABLE = 40
"""Rows of the table; the files have all."""


@dataclass(frozen=True)
class Summary:
    """All jobs of a batch with their states, in order; ``seconds``: the time that the run took."""

    rows: Sequence[tuple[Job, JobState]]
    seconds: float = 0.0

    @classmethod
    def of(
        cls, jobs: JobList, seconds: float = 0.0, wanted: Iterable[Job] = (), *, listed: bool = True
    ) -> Summary:
        """Return the summary of a list; ``wanted``: jobs that must be in it.

        ``listed``: they were added to the list; otherwise, because that was cancelled, the others wait.
        """
        rows = list(jobs.all().values())
        if listed:
            return cls(with_lost(rows, wanted), seconds)
        known = {job.id for job, _ in rows}
        missing = [(job, JobState.WAITING) for job in wanted if job.id not in known]
        return cls([*rows, *missing], seconds)

    def count(self, state: JobState) -> int:
        """Return the number of jobs in ``state``."""
        return sum(each is state for _, each in self.rows)

    @property
    def complete(self) -> bool:
        """Whether all jobs are done."""
        return self.count(JobState.DONE) == len(self.rows)

    def values(self) -> list[dict[str, Any]]:
        """Return the values of :data:`COLUMNS` for each job."""
        return [_values(job, state) for job, state in self.rows]

    def to_json(self) -> str:
        """Return all values as JSON."""
        counts = {state.value: self.count(state) for state in JobState}
        return json_text(
            {"jobs": counts, "seconds": round(self.seconds, 3), "paintings": self.values()}, indent=1
        )

    def to_csv(self) -> str:
        """Return all values as CSV with a heading."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(value) for key, value in row.items()} for row in self.values())
        return text.getvalue()

    def table(self) -> list[str]:
        """Return lines for a terminal: failed jobs first, then the others, at most :data:`LONGEST_TABLE`."""
        ordered = sorted(self.values(), key=lambda row: row["state"] == JobState.DONE)
        shown = ordered[:LONGEST_TABLE]
        width = max((len(printable(row["name"])) for row in shown), default=0)
        lines = [_line(row, min(width, 60)) for row in shown]
        if len(ordered) > len(shown):
            lines.append(f"… and {len(ordered) - len(shown):,} more")
        states = (state for state in JobState if self.count(state))
        total = ", ".join(f"{self.count(state):,} {state.value}" for state in states)
        return [*lines, f"paintings: {total or 'none'}"]


def write_summary(jobs: JobList, summary: Summary) -> tuple[Path, Path]:
    """Write the summary into the batch folder's list as CSV and JSON; return the paths."""
    files = (jobs.folder / FOLDER / CSV_NAME, jobs.folder / FOLDER / JSON_NAME)
    with all_or_none(files, force=True):
        for path, text in zip(files, (summary.to_csv(), summary.to_json() + "\n"), strict=True):
            with replacing(path, force=True) as temporary:
                write_text(temporary, text, path)
    return files


def _values(job: Job, state: JobState) -> dict[str, Any]:
    outcome = job.outcome
    mask = job.mask or ("derived" if outcome and outcome.derived else "")
    values = {"name": job.name, "state": state.value, "scan": job.scan, "mask": mask}
    if outcome is None:
        return values | {
            "megapixels": 0.0,
            "filled": 0,
            "regions": 0,
            "seconds": 0.0,
            "host": "",
            "reason": "",
        }
    return values | {
        "megapixels": round(outcome.pixels / 1e6, 3),
        "filled": outcome.filled,
        "regions": outcome.regions,
        "seconds": round(sum(outcome.seconds.values()), 3),
        "host": outcome.host,
        "reason": outcome.reason,
    }


def _cell(value: Any) -> Any:
    """Return a value for a spreadsheet: text that would be taken for a formula is quoted."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _line(row: dict[str, Any], width: int) -> str:
    name = f"{row['state']:<9}  {printable(row['name']):<{width}}"
    if row["state"] != JobState.DONE:
        return f"{name}  {row['reason']}".rstrip()
    return f"{name}  {row['megapixels']:8.1f} MP  {row['filled']:>11,} px filled  {row['seconds']:7.1f} s"
