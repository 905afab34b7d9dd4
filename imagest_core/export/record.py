"""Record of an export: which runs filled which pixels, what was decided, and what was not filled."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from imagest_core import __version__
from imagest_core.errors import ModelError
from imagest_core.painting.atomic import replacing, write_text
from imagest_core.painting.reader import Painting
from imagest_core.painting.tiff.form import KEPT, Form
from imagest_core.painting.writer import writing_notes
from imagest_core.printable import json_text
from imagest_core.project.operations.rejected_parts import rejected_pixels
from imagest_core.project.run import Run
from imagest_core.project.snapshot import Snapshot
from imagest_core.project.state import Decision, State, Subject, Verdict
from imagest_core.project.storage.hashes import record_sha256
from imagest_core.project.verify import ExportCheck
from imagest_core.restoration.record import class_facts, mask_hash
from imagest_core.serialization import to_plain

FORMAT = 2
"""Version of the format. Version 1 contained only ``file``, ``verification`` and ``runs``."""


def export_record(
    snapshot: Snapshot, account: ExportCheck, painting: Painting, file: str, sha256: str, *, form: Form = KEPT
) -> dict[str, Any]:
    """Describe the export of ``snapshot`` as plain values.

    ``mask`` covers the pixels that are filled in the file; damage whose fill was rejected or is undecided is
    not included but listed in ``decisions`` by run. ``runs`` are the records of the runs that filled a pixel,
    ``record_sha256`` the hashes of their stored bytes, ``hypotheses`` the numbers of hypotheses among them,
    ``log`` the last hash of the project's log.

    Parameters
    ----------
    account
        Result of verifying the file.
    file
        Name of the exported file.
    sha256
        Hash of the exported file.
    """
    state = snapshot.state
    records = {number: state.runs[number].content.record() for number in sorted(account.runs)}
    return {
        "format": FORMAT,
        "program": __version__,
        "time": snapshot.time,
        "file": file,
        "sha256": sha256,
        "operator": state.operator,
        "notes": state.notes,
        "painting": {
            **to_plain(state.painting),
            "path": state.painting.path.name,
            "format": painting.format,
            "profile": painting.profile_name,
            "notes": list(painting.notes),
        },
        "scale": to_plain(state.calibration),
        "classes": to_plain(class_facts(state.damage)),
        "style": to_plain(state.style),
        "damage_model": _damage_model(state),
        "mask": _mask(snapshot),
        "decisions": _decisions(state),
        "stored_as": to_plain(form),
        "writing_notes": list(writing_notes(painting, form)),
        "verification": account.to_plain(),
        "runs": {str(number): _parsed(record) for number, record in records.items()},
        "record_sha256": {str(number): record_sha256(record) for number, record in records.items()},
        "hypotheses": [number for number in records if state.runs[number].hypothesis],
        "log": snapshot.log,
    }


def _mask(snapshot: Snapshot) -> dict[str, Any]:
    """Describe the filled pixels, and how much of the marked damage is not filled."""
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


def _damage_model(state: State) -> dict[str, str] | None:
    """Return the hash and the file of the model that the damage was derived with, and if it was checked."""
    model = state.damage_model
    if model is None:
        return None
    try:
        checksum = "checked" if model.model().checked else "not checked"
    except ModelError:
        checksum = "wrong"
    return {"sha256": model.sha256, "file": model.name, "checksum": checksum}


def _decisions(state: State) -> dict[str, Any]:
    """Count the verdicts of each kind; list those on each run's regions and on damaged regions."""
    on_damage = sorted(
        (item for item in state.decisions.items() if not item[0].run), key=lambda item: item[0]
    )
    return {
        "counts": dict(Counter(decision.verdict.value for decision in state.decisions.values())),
        "runs": {str(run.id): _run_decisions(state, run) for run in state.runs.values()},
        "damage": [{"box": list(subject.box), **to_plain(decision)} for subject, decision in on_damage],
    }


def _run_decisions(state: State, run: Run) -> dict[str, Any]:
    """Describe the regions of ``run`` by verdict, the note on the run, and every signed decision."""
    decisions = {number: state.decisions.get(Subject(run.id, number)) for number in run.numbers}
    whole = state.decisions.get(Subject(run.id))
    facts: dict[str, Any] = {"note": whole.note if whole else "", "hypothesis": run.hypothesis}
    for verdict in Verdict:
        numbers = [number for number, decision in decisions.items() if _verdict(decision) is verdict]
        areas = run.regions["area"][np.array(numbers, int) - 1]
        facts[verdict.value] = {"regions": numbers, "pixels": int(areas.sum())}
    rejected = rejected_pixels(state, run)
    facts["rejected_parts"] = {
        "pixels": sum(rejected.values()),
        "regions": {str(number): pixels for number, pixels in sorted(rejected.items())},
    }
    facts["signed"] = [
        {
            "region": number,
            "box": list(run.region_box(number)),
            "pixels": int(run.regions["area"][number - 1]),
            **to_plain(decision),
        }
        for number, decision in decisions.items()
        if decision is not None
    ]
    return facts


def _verdict(decision: Decision | None) -> Verdict:
    return decision.verdict if decision is not None else Verdict.UNDECIDED


def _parsed(record: str) -> Any:
    """Return the stored record as JSON values, or as text if it isn't valid JSON."""
    try:
        return json.loads(record)
    except ValueError:
        return record


def write_export_record(record: dict[str, Any], path: Path, *, force: bool = False) -> None:
    """Write ``record`` to ``path`` as JSON; raise ``OutputError`` on failure."""
    with replacing(path, force=force) as temporary:
        write_text(temporary, json_text(record, indent=1) + "\n", path)
