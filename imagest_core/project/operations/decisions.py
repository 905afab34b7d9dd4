"""What the conservator says to fills and regions: accepted, rejected, a note."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

import numpy as np

from imagest_core.painting.geometry import Box, union
from imagest_core.project.operations.base import Operation, Payload, Shelf
from imagest_core.project.run import Run
from imagest_core.project.state import Aspect, Change, Changes, Decision, State, Subject, Verdict
from imagest_core.project.storage.codec import decode_decision, dumps, encode_decision, loads
from imagest_core.project.storage.unpack import LARGEST_TEXT, decompressed
from imagest_core.serialization import from_plain

Entry = tuple[Subject, Decision | None, Decision | None]

_UNDECIDED: dict[str, Any] = {"verdict": Verdict.UNDECIDED, "place": 0}


@dataclass(frozen=True)
class Decided(Operation):
    """Decisions replaced: (subject, before, after) each, None for no decision."""

    kind: ClassVar[str] = "decision"
    box: Box
    entries: tuple[Entry, ...]

    def apply(self, state: State) -> Changes:
        for subject, _, after in self.entries:
            if after is None:
                state.decisions.pop(subject, None)
            else:
                state.decisions[subject] = after
        return (Change(Aspect.DECISIONS, self.box, subjects=tuple(entry[0] for entry in self.entries)),)

    def inverse(self) -> Decided:
        return replace(
            self, entries=tuple((subject, after, before) for subject, before, after in self.entries)
        )

    def encode(self) -> Payload:
        rows = [[str(entry[0]), *map(encode_decision, entry[1:])] for entry in self.entries]
        return Payload({"box": self.box, "count": len(rows)}, zlib.compress(dumps(rows).encode()))

    @classmethod
    def decode(cls, name: str, payload: Payload, shelf: Shelf) -> Self:
        rows = loads(decompressed(payload.blob, LARGEST_TEXT).decode())
        entries = ((Subject.parse(text), *map(decode_decision, pair)) for text, *pair in rows)
        return cls(from_plain(Box, payload.data["box"]), tuple(entries), name=name)  # type: ignore[arg-type]

    @property
    def size(self) -> int:
        return 256 + 512 * len(self.entries)


def now() -> str:
    """This moment, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _decided(state: State, subjects: Iterable[Subject], name: str, **values: Any) -> Decided:
    """Decisions on ``subjects`` with other ``values``, signed."""
    entries: list[Entry] = []
    signed = {"time": now(), "operator": state.operator}
    for subject in subjects:
        before = state.decisions.get(subject)
        entries.append((subject, before, replace(before or Decision(), **{**signed, **values})))
    return Decided(_box(state, [entry[0] for entry in entries]), tuple(entries), name=name)


def _box(state: State, subjects: list[Subject]) -> Box:
    """The box round all subjects."""
    boxes, regions = [], dict[int, list[int]]()
    for subject in subjects:
        if subject.run == 0:
            boxes.append(subject.box)
        elif subject.region:
            regions.setdefault(subject.run, []).append(subject.region)
        else:
            boxes.append(state.runs[subject.run].box)
    return union([*boxes, *(state.runs[run].box_of(numbers) for run, numbers in regions.items())])


def accept(state: State, run: Run, numbers: Iterable[int]) -> Decided:
    """Accept regions of a run. Their variations from other runs are kept, but no longer accepted."""
    chosen = sorted(set(numbers))
    place = 1 + max((decision.place for decision in state.decisions.values()), default=0)
    accepted = _decided(
        state,
        (Subject(run.id, number) for number in chosen),
        _named("Accept", chosen),
        verdict=Verdict.ACCEPTED,
        place=place,
    )
    aside = _decided(state, _accepted_siblings(state, run, chosen), "", **_UNDECIDED)
    return replace(accepted, entries=accepted.entries + aside.entries)


def reject(state: State, run: Run, numbers: Iterable[int]) -> Decided:
    """Reject regions of a run."""
    chosen = sorted(set(numbers))
    subjects = (Subject(run.id, number) for number in chosen)
    name = _named("Reject", chosen)
    return _decided(state, subjects, name, verdict=Verdict.REJECTED, place=0)


def reconsider(state: State, run: Run, numbers: Iterable[int]) -> Decided:
    """Neither accepted nor rejected any more."""
    chosen = sorted(set(numbers))
    subjects = (Subject(run.id, number) for number in chosen)
    return _decided(state, subjects, _named("Reconsider", chosen), **_UNDECIDED)


def annotate(state: State, subject: Subject, note: str) -> Decided:
    """A note on a region of a run, on a whole run, or on a damaged region."""
    return _decided(state, [subject], "Annotate", note=note)


def review(state: State, box: Box, verdict: Verdict) -> Decided:
    """A verdict on a damaged region, known by its ``box``, whether it has a fill or not."""
    return _decided(state, [Subject(box=box)], "Review region", verdict=verdict)


def _named(verb: str, numbers: list[int]) -> str:
    return f"{verb} region {numbers[0]}" if len(numbers) == 1 else f"{verb} {len(numbers)} regions"


def _accepted_siblings(state: State, run: Run, numbers: list[int]) -> list[Subject]:
    """Accepted regions of other runs that are exactly the same pixels."""
    shapes = run.regions["shape"][np.array(numbers, int) - 1]
    found: list[Subject] = []
    for other, accepted in accepted_regions(state).items():
        if other != run.id:
            same = np.isin(state.runs[other].regions["shape"][np.array(accepted) - 1], shapes)
            found += [Subject(other, accepted[index]) for index in np.flatnonzero(same)]
    return found


def accepted_regions(state: State) -> dict[int, list[int]]:
    """The numbers of the accepted regions of every listed run that has some."""
    found: dict[int, list[int]] = {}
    for subject, decision in state.decisions.items():
        run = state.runs.get(subject.run)
        if decision.verdict is Verdict.ACCEPTED and run is not None and subject.region in run.numbers:
            found.setdefault(subject.run, []).append(subject.region)
    return found


def undecided_regions(state: State, run: Run) -> list[int]:
    """The numbers of the regions of a run that nobody has accepted or rejected yet."""
    decided = {
        subject.region
        for subject, decision in state.decisions.items()
        if subject.run == run.id and decision.verdict is not Verdict.UNDECIDED
    }
    return [number for number in run.numbers if number not in decided]
