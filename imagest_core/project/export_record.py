"""The record of an export: which runs filled what, what was decided, and what was left as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from imagest_core.painting.atomic import replacing
from imagest_core.project.run import Run
from imagest_core.project.sealing import record_sha256
from imagest_core.project.snapshot import Snapshot
from imagest_core.project.state import State, Subject, Verdict
from imagest_core.project.verify import Account
from imagest_core.restoration.plainly import to_plain
from imagest_core.restoration.record import mask_hash

FORMAT = 2
"""Version of the record's form."""


def export_record(snapshot: Snapshot, account: Account, file: str, sha256: str) -> dict[str, Any]:
    """The record of the export ``file`` (a name) with hash ``sha256``, in plain values.

    ``mask`` are the pixels that are filled in the file. Damage whose fill was rejected, or not decided on,
    isn't among them; ``decisions`` lists it run by run.
    """
    state = snapshot.state
    records = {number: state.runs[number].content.record() for number in sorted(account.runs)}
    return {
        "format": FORMAT,
        "file": file,
        "sha256": sha256,
        "time": snapshot.time,
        "operator": state.operator,
        "notes": state.notes,
        "painting": {**to_plain(state.painting), "path": state.painting.path.name},
        "classes": to_plain(state.damage.classes),
        "verification": account.facts(),
        "mask": _mask(snapshot),
        "decisions": {str(run.id): _decisions(state, run) for run in state.runs.values()},
        "runs": {str(number): _parsed(record) for number, record in records.items()},
        "record_sha256": {str(number): record_sha256(record) for number, record in records.items()},
        "log": snapshot.log,
    }


def _mask(snapshot: Snapshot) -> dict[str, Any]:
    """The pixels that are filled, and how much of the marked damage isn't."""
    filled, damage = snapshot.filled, snapshot.state.damage
    left = sum(
        int(np.count_nonzero(damage.fill_mask(cell) & (filled.read(cell) == 0))) for cell in damage.occupied()
    )
    return {
        "meaning": "pixels filled in the file, the grown zone included",
        "pixels": filled.count(),
        "sha256": mask_hash(filled),
        "marked_pixels": damage.filled().count(),
        "marked_but_not_filled_pixels": left,
    }


def _decisions(state: State, run: Run) -> dict[str, Any]:
    """What was said to the regions of a run: the numbers and pixels by verdict, and every note."""
    said = {number: state.decisions.get(Subject(run.id, number)) for number in run.numbers}
    whole = state.decisions.get(Subject(run.id))
    facts: dict[str, Any] = {"note": whole.note if whole else ""}
    for verdict in Verdict:
        numbers = [
            number
            for number, decision in said.items()
            if (decision.verdict if decision else Verdict.UNDECIDED) is verdict
        ]
        areas = run.regions["area"][np.array(numbers, int) - 1]
        facts[verdict.value] = {"regions": numbers, "pixels": int(areas.sum())}
    facts["signed"] = [
        {
            "region": number,
            "box": list(run.region_box(number)),
            "pixels": int(run.regions["area"][number - 1]),
            **to_plain(decision),
        }
        for number, decision in said.items()
        if decision is not None
    ]
    return facts


def _parsed(record: str) -> Any:
    try:
        return json.loads(record)
    except ValueError:
        return record


def write_export_record(facts: dict[str, Any], out: Path, *, force: bool = False) -> None:
    """Write :func:`export_record` to ``out`` as JSON; raises ``OutputError``."""
    text = json.dumps(facts, indent=1, ensure_ascii=False)
    with replacing(out, force=force) as temporary:
        temporary.write_text(text, "utf-8", "backslashreplace")
