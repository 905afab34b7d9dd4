"""The record of an export: who restored what, with what, what was decided, and what was written."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from imagest_core import __version__
from imagest_core.painting.atomic import replacing
from imagest_core.painting.painting import Painting
from imagest_core.painting.tiff_form import KEPT, Form
from imagest_core.painting.writer import writing_notes
from imagest_core.project.operations.decisions import now
from imagest_core.project.state import Decision, State, Subject
from imagest_core.project.verify import Account
from imagest_core.restoration.plainly import to_plain
from imagest_core.restoration.record import class_facts, json_text

FORMAT = 2
"""Version of the form. 1 held ``file``, ``verification`` and ``runs`` alone."""


def export_record(
    state: State, account: Account, painting: Painting, file: str, *, form: Form = KEPT
) -> dict[str, Any]:
    """What an export of ``state`` to a file of this name did, in plain values.

    ``painting`` is the scan, ``account`` what the check of the written file has found. ``runs`` are the
    records of the runs that filled a pixel, by number, and ``record_sha256`` the hashes of these records as
    they were kept.
    """
    texts = {number: state.runs[number].content.record() for number in sorted(account.runs)}
    return {
        "format": FORMAT,
        "program": __version__,
        "written": now(),
        "file": file,
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
        "decisions": _decisions(state),
        "stored_as": to_plain(form),
        "writing_notes": list(writing_notes(painting, form)),
        "verification": account.facts(),
        "runs": {str(number): _plain(text) for number, text in texts.items()},
        "record_sha256": {
            str(number): hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
            for number, text in texts.items()
        },
    }


def write_export_record(record: dict[str, Any], path: Path, *, force: bool = False) -> None:
    """Write ``record`` as JSON; raises ``OutputError``."""
    with replacing(path, force=force) as temporary:
        temporary.write_text(json_text(record) + "\n", encoding="utf-8")


def _decisions(state: State) -> dict[str, Any]:
    """The verdicts and notes, those of whole runs and of single regions, and how many of each there are."""
    return {
        "counts": dict(Counter(decision.verdict.value for decision in state.decisions.values())),
        "runs": _listed(state.decisions.items(), lambda subject: subject.run and not subject.region),
        "regions": _listed(state.decisions.items(), lambda subject: subject.run and subject.region),
        "damage": _listed(state.decisions.items(), lambda subject: not subject.run),
    }


def _listed(decisions: Iterable[tuple[Subject, Decision]], wanted: Any) -> Sequence[dict[str, Any]]:
    return [_decision(*item) for item in sorted(decisions, key=lambda item: item[0]) if wanted(item[0])]


def _decision(subject: Subject, decision: Decision) -> dict[str, Any]:
    where = {"run": subject.run, "region": subject.region} if subject.run else {"box": list(subject.box)}
    return {
        **where,
        "verdict": decision.verdict.value,
        "note": decision.note,
        "operator": decision.operator,
        "time": decision.time,
    }


def _plain(text: str) -> Any:
    """A kept record as it is; one that can't be read as its text, so that it is at least not lost."""
    try:
        return json.loads(text)
    except ValueError:
        return text
