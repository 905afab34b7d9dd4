"""The variations of a region: the fills of all results in its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import ProjectError
from imagest_core.messages import Message
from imagest_core.project.composed_fills import continued_runs
from imagest_core.project.operations import Operation, OperationGroup
from imagest_core.project.operations.decisions import accept, accepted_regions
from imagest_core.project.operations.names import operation_name
from imagest_core.project.run import Run
from imagest_core.project.state import Decision, State, Subject, Verdict


@dataclass(frozen=True, eq=False)
class Variation:
    """A fill of a region by ``regions`` of ``run``.

    ``below``: the results of which the run restored a part again, the lowest first, each with the regions in
    the same place.
    """

    run: Run
    regions: tuple[int, ...]
    below: tuple[tuple[Run, tuple[int, ...]], ...] = ()

    def verdict(self, state: State) -> Verdict:
        """Return the verdict on its regions; undecided if they differ."""
        verdicts = {verdict_on(state, self.run, number) for number in self.regions}
        return verdicts.pop() if len(verdicts) == 1 else Verdict.UNDECIDED


def verdict_on(state: State, run: Run, number: int) -> Verdict:
    """Return the verdict on region ``number`` of ``run``."""
    return state.decisions.get(Subject(run.id, number), Decision()).verdict


def variations_of(state: State, run: Run, number: int) -> list[Variation]:
    """Return the fills of all listed results where ``run`` has region ``number``, the newest first."""
    found: list[Variation] = []
    for other in sorted(state.runs.values(), key=lambda each: each.id, reverse=True):
        regions = _regions_at(other, run, number)
        if regions:
            layers = ((each, _regions_at(each, run, number)) for each in continued_runs(state, other))
            found.append(Variation(other, regions, tuple(layer for layer in layers if layer[1])))
    return found


def _regions_at(other: Run, run: Run, number: int) -> tuple[int, ...]:
    """Return the regions of ``other`` that share pixels with a region of ``run``."""
    if other.id == run.id:
        return (number,)
    same = np.flatnonzero(other.regions["shape"] == run.regions["shape"][number - 1])
    if len(same):
        return (int(same[0]) + 1,)
    if not _near(other, run, number).any():
        return ()
    shared: set[int] = set()
    for pixels, regions in _overlaps(run, number, other):
        shared.update(np.unique(regions[pixels]).tolist())
    return tuple(sorted(shared - {0}))


def _near(other: Run, run: Run, number: int) -> NDArray[np.bool_]:
    """Return whether the box of each region of ``other`` overlaps that of the region of ``run``."""
    box, rows = run.region_box(number), other.regions
    across = (rows["x"] < box.right) & (rows["x"] + rows["width"] > box.x)
    return np.asarray(across & (rows["y"] < box.bottom) & (rows["y"] + rows["height"] > box.y))


def _overlaps(run: Run, number: int, other: Run) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.uint32]]]:
    """Yield the pixels of the region and the regions of ``other`` in the boxes that both have."""
    box = run.region_box(number)
    for key in sorted(run.tile_keys & other.tile_keys):
        own, theirs = run.content.tile(key), other.content.tile(key)
        common = own.box.within(theirs.box).within(box)
        if not common.empty:
            pixels = own.regions[common.moved(-own.box.x, -own.box.y).slices] == number
            yield pixels, theirs.regions[common.moved(-theirs.box.x, -theirs.box.y).slices]


def accept_variation(state: State, variation: Variation) -> Operation | None:
    """Accept a variation as it is shown, with the results below it; None if all of it is accepted."""
    return _accept_layers(state, (*variation.below, (variation.run, variation.regions)))


def accept_run(state: State, run: Run) -> Operation | None:
    """Accept all regions of a run that were not rejected; None if they are accepted already.

    Where a hypothesis was accepted, it stays: it was chosen for that region.

    Raises :class:`ProjectError` if the run or one that it continues is a hypothesis.
    """
    if any(each.hypothesis for each in (run, *continued_runs(state, run))):
        raise ProjectError(
            Message(
                "Result {number} is a hypothesis and isn't accepted as a whole: accept single regions of it.",
                number=run.id,
            )
        )
    numbers = open_regions(state, run)
    return accept_regions(state, run, numbers) if numbers else None


def open_regions(state: State, run: Run) -> list[int]:
    """Return the regions of a run that were not rejected, and where no hypothesis was accepted."""
    held = hypothesis_regions(state, run)
    return [
        number
        for number in run.numbers
        if number not in held and verdict_on(state, run, number) is not Verdict.REJECTED
    ]


def hypothesis_regions(state: State, run: Run) -> set[int]:
    """Return the regions of a run that share pixels with an accepted hypothesis of another run."""
    return {
        held
        for other, accepted in accepted_regions(state).items()
        if other != run.id and state.runs[other].hypothesis
        for number in accepted
        for held in _regions_at(run, state.runs[other], number)
    }


def accept_regions(state: State, run: Run, numbers: Iterable[int]) -> Operation | None:
    """Accept regions of a run as they are shown; None if they are accepted already.

    If the run restored a part of another result again, the rest of that result is accepted, too, unless it
    was rejected.
    """
    selected = tuple(numbers)
    below = continued_runs(state, run)
    if not below:
        return accept(state, run, selected)
    layers = ((each, {n for number in selected for n in _regions_at(each, run, number)}) for each in below)
    kept = (
        (each, tuple(n for n in sorted(found) if verdict_on(state, each, n) is not Verdict.REJECTED))
        for each, found in layers
    )
    return _accept_layers(state, (*kept, (run, selected)))


def _accept_layers(state: State, layers: Iterable[tuple[Run, tuple[int, ...]]]) -> Operation | None:
    """Accept regions of several runs in one step, the lowest first."""
    after, parts = state.copy(), list[Operation]()
    for run, regions in layers:
        undecided = [each for each in regions if verdict_on(after, run, each) is not Verdict.ACCEPTED]
        if undecided:
            part = accept(after, run, undecided)
            part.apply(after)
            parts.append(part)
    if len(parts) <= 1:
        return parts[0] if parts else None
    return OperationGroup(tuple(parts), name=operation_name("accept_variation"))
