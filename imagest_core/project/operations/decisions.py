"""Decisions of the conservator on fills and regions: accept, reject, annotate."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

import numpy as np

from imagest_core.painting.geometry import Box, union
from imagest_core.project.operations.base import Operation, Payload, RunSource
from imagest_core.project.operations.names import operation_name
from imagest_core.project.run import Run
from imagest_core.project.state import Aspect, Change, Changes, Decision, State, Subject, Verdict
from imagest_core.project.storage.codec import decode_decision, dumps, encode_decision, loads
from imagest_core.project.storage.unpack import LARGEST_TEXT, decompressed
from imagest_core.serialization import from_plain

DecisionChange = tuple[Subject, Decision | None, Decision | None]

_UNDECIDED: dict[str, Any] = {"verdict": Verdict.UNDECIDED, "place": 0}


@dataclass(frozen=True)
class ChangeDecisions(Operation):
    """Replace decisions: (subject, before, after) for each, None for no decision."""

    kind: ClassVar[str] = "decision"
    box: Box
    entries: tuple[DecisionChange, ...]

    def apply(self, state: State) -> Changes:
        """Set or remove the decisions."""
        for subject, _, after in self.entries:
            if after is None:
                state.decisions.pop(subject, None)
            else:
                state.decisions[subject] = after
        return (Change(Aspect.DECISIONS, self.box, subjects=tuple(entry[0] for entry in self.entries)),)

    def inverse(self) -> ChangeDecisions:
        """Return the operation that restores the earlier decisions."""
        return replace(
            self, entries=tuple((subject, after, before) for subject, before, after in self.entries)
        )

    def encode(self) -> Payload:
        """Encode the decisions as compressed JSON."""
        rows = [[str(entry[0]), *map(encode_decision, entry[1:])] for entry in self.entries]
        return Payload({"box": self.box, "count": len(rows)}, zlib.compress(dumps(rows).encode()))

    @classmethod
    def decode(cls, name: str, payload: Payload, run_source: RunSource) -> Self:
        """Decode the result of :meth:`encode`."""
        rows = loads(decompressed(payload.blob, LARGEST_TEXT).decode())
        entries = ((Subject.parse(text), *map(decode_decision, pair)) for text, *pair in rows)
        return cls(from_plain(Box, payload.data["box"]), tuple(entries), name=name)  # type: ignore[arg-type]

    @property
    def size(self) -> int:
        """Approximate size in memory, in bytes."""
        return 256 + 512 * len(self.entries)


def now() -> str:
    """Return the current time, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _change_decisions(state: State, subjects: Iterable[Subject], name: str, **values: Any) -> ChangeDecisions:
    """Change ``values`` of the decisions on ``subjects``, with operator and time."""
    entries: list[DecisionChange] = []
    signature = {"time": now(), "operator": state.operator}
    for subject in subjects:
        before = state.decisions.get(subject)
        entries.append((subject, before, replace(before or Decision(), **{**signature, **values})))
    return ChangeDecisions(_box(state, [entry[0] for entry in entries]), tuple(entries), name=name)


def _box(state: State, subjects: list[Subject]) -> Box:
    """Return the bounding box of all subjects."""
    boxes, regions = [], dict[int, list[int]]()
    for subject in subjects:
        if subject.run == 0:
            boxes.append(subject.box)
        elif subject.region:
            regions.setdefault(subject.run, []).append(subject.region)
        else:
            boxes.append(state.runs[subject.run].box)
    return union([*boxes, *(state.runs[run].box_of(numbers) for run, numbers in regions.items())])


def accept(state: State, run: Run, numbers: Iterable[int]) -> ChangeDecisions:
    """Accept regions of a run; accepted variations of them in other runs become undecided."""
    selected = sorted(set(numbers))
    place = 1 + max((decision.place for decision in state.decisions.values()), default=0)
    accepted = _change_decisions(
        state,
        (Subject(run.id, number) for number in selected),
        _name_for("accept", selected),
        verdict=Verdict.ACCEPTED,
        place=place,
    )
    withdrawn = _change_decisions(state, _accepted_siblings(state, run, selected), "", **_UNDECIDED)
    return replace(accepted, entries=accepted.entries + withdrawn.entries)


def reject(state: State, run: Run, numbers: Iterable[int]) -> ChangeDecisions:
    """Reject regions of a run."""
    selected = sorted(set(numbers))
    subjects = (Subject(run.id, number) for number in selected)
    name = _name_for("reject", selected)
    return _change_decisions(state, subjects, name, verdict=Verdict.REJECTED, place=0)


def reconsider(state: State, run: Run, numbers: Iterable[int]) -> ChangeDecisions:
    """Set regions of a run to undecided."""
    selected = sorted(set(numbers))
    subjects = (Subject(run.id, number) for number in selected)
    return _change_decisions(state, subjects, _name_for("reconsider", selected), **_UNDECIDED)


def annotate(state: State, subject: Subject, note: str) -> ChangeDecisions:
    """Set the note on a region of a run, a whole run, or a region of damage."""
    return _change_decisions(state, [subject], operation_name("annotate"), note=note)


def review(state: State, box: Box, verdict: Verdict) -> ChangeDecisions:
    """Set the verdict on a region of damage, identified by its ``box``, with or without a fill."""
    return _change_decisions(state, [Subject(box=box)], operation_name("review_region"), verdict=verdict)


def _name_for(verb: str, numbers: list[int]) -> str:
    if len(numbers) == 1:
        return operation_name(f"{verb}_region", number=numbers[0])
    return operation_name(f"{verb}_regions", count=len(numbers))


def _accepted_siblings(state: State, run: Run, numbers: list[int]) -> list[Subject]:
    """Return accepted regions of other runs with exactly the same pixels, and parts that these cover."""
    shapes = run.regions["shape"][np.array(numbers, int) - 1]
    regions: list[Subject] = []
    for other, accepted in accepted_regions(state).items():
        if other != run.id:
            same = np.isin(state.runs[other].regions["shape"][np.array(accepted) - 1], shapes)
            regions += [Subject(other, accepted[index]) for index in np.flatnonzero(same)]
            rest = [accepted[index] for index in np.flatnonzero(~same)]
            regions += [Subject(other, number) for number in _covered(state, run, numbers, other, rest)]
    return regions


def _covered(state: State, run: Run, numbers: list[int], other: int, accepted: list[int]) -> list[int]:
    """Return the ``accepted`` regions of a part that was restored again in whose place ``run`` fills all."""
    part = state.runs[other]
    if not accepted or part.box.within(run.box_of(numbers)).empty or not part.base:
        return []
    rejected, covered, open_regions = state.rejected_parts.get(run.id), set[int](), set[int]()
    for key in part.tile_keys:
        tile = part.content.tile(key)
        filled = np.zeros(tile.regions.shape, np.bool_)
        if key in run.tile_keys:
            own = run.content.tile(key)
            common = own.box.within(tile.box)
            source = own.regions[common.moved(-own.box.x, -own.box.y).slices]
            filled[common.moved(-tile.box.x, -tile.box.y).slices] = np.isin(source, numbers)
        if rejected is not None:
            filled &= rejected.read(tile.box) == 0
        covered.update(np.unique(tile.regions[filled]).tolist())
        open_regions.update(np.unique(tile.regions[~filled]).tolist())
    return sorted((covered - open_regions) & set(accepted))


def accepted_regions(state: State) -> dict[int, list[int]]:
    """Return the numbers of the accepted regions of every listed run that has any."""
    regions: dict[int, list[int]] = {}
    for subject, decision in state.decisions.items():
        run = state.runs.get(subject.run)
        if decision.verdict is Verdict.ACCEPTED and run is not None and subject.region in run.numbers:
            regions.setdefault(subject.run, []).append(subject.region)
    return regions


def undecided_regions(state: State, run: Run) -> list[int]:
    """Return the numbers of the regions of a run that are neither accepted nor rejected."""
    decided = {
        subject.region
        for subject, decision in state.decisions.items()
        if subject.run == run.id and decision.verdict is not Verdict.UNDECIDED
    }
    return [number for number in run.numbers if number not in decided]
