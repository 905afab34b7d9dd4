"""The variations of a region, and accepting one of them."""

from __future__ import annotations

import numpy as np
import pytest

from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.project.accepted_fills import AcceptedFills
from imagest_core.project.document import Document
from imagest_core.project.operations import OperationGroup, decisions, results
from imagest_core.project.operations.rejected_parts import reject_part
from imagest_core.project.rerun import rejected_part_of, restore_part
from imagest_core.project.run_builder import run_of
from imagest_core.project.state import Verdict
from imagest_core.project.variations import accept_regions, accept_variation, variations_of
from imagest_core.restoration.request import RestorationRequest

A, B = Box(10, 10, 40, 30), Box(300, 200, 20, 20)


@pytest.fixture
def runs(document: Document, make_run) -> Document:
    """Two variations of A and B, and a third result of B alone with another mask."""
    document.do(results.add_run(make_run(1, [A, B], 5)))
    document.do(results.add_run(make_run(2, [A, B], 6, variation=1)))
    document.do(results.add_run(make_run(3, [B.expanded(3)], 7)))
    return document


def used(document: Document) -> list[int]:
    return np.unique(AcceptedFills(document.state).provenance(document.state.box)).tolist()


def test_variations_are_the_newest_first(runs: Document) -> None:
    state = runs.state
    region = {tuple(state.runs[1].region_box(number)): number for number in (1, 2)}
    found = variations_of(state, state.runs[1], region[A])
    assert [(each.run.id, each.regions) for each in found] == [(2, (region[A],)), (1, (region[A],))]
    found = variations_of(state, state.runs[1], region[B])
    assert [each.run.id for each in found] == [3, 2, 1]
    assert [each.run.id for each in variations_of(state, state.runs[3], 1)] == [3, 2, 1]


def test_accepting_one_withdraws_the_other(runs: Document) -> None:
    for index, run in ((0, 2), (1, 1)):
        variation = variations_of(runs.state, runs.state.runs[1], 1)[index]
        operation = accept_variation(runs.state, variation)
        assert operation is not None
        runs.do(operation)
        assert used(runs) == [0, run]
        assert variation.verdict(runs.state) is Verdict.ACCEPTED
        assert accept_variation(runs.state, variation) is None
    runs.undo()
    assert used(runs) == [0, 2]


def test_a_part_is_accepted_with_what_is_below(document: Document, painting: Painting, make_run) -> None:
    document.do(results.add_run(make_run(1, [A], 5)))
    part = DamageMap(*document.state.box[2:])
    part.write(Box(10, 10, 10, 10), np.ones((10, 10), np.uint8))
    change = reject_part(document.state, document.state.runs[1], part)
    assert change is not None
    document.do(change)
    selected = rejected_part_of(document.state, document.state.runs[1])
    result = restore_part(painting, selected, RestorationRequest.of("harmonic"))
    document.do(results.add_run(document.store_run(run_of(painting, result, 0))))
    newest = variations_of(document.state, document.state.runs[1], 1)[0]
    assert [(run.id, regions) for run, regions in newest.below] == [(1, (1,))]
    operation = accept_variation(document.state, newest)
    assert isinstance(operation, OperationGroup)
    document.do(operation)
    provenance = AcceptedFills(document.state).provenance(A)
    assert set(np.unique(provenance[:10, :10])) == {2}
    assert np.count_nonzero(provenance == 1) == A.area - 100
    document.undo()
    assert used(document) == [0]


def test_accepting_a_part_accepts_the_rest_of_its_result(
    document: Document, painting: Painting, make_run
) -> None:
    document.do(results.add_run(make_run(1, [A], 5)))
    part = DamageMap(*document.state.box[2:])
    part.write(Box(10, 10, 10, 10), np.ones((10, 10), np.uint8))
    change = reject_part(document.state, document.state.runs[1], part)
    assert change is not None
    document.do(change)
    selected = rejected_part_of(document.state, document.state.runs[1])
    result = restore_part(painting, selected, RestorationRequest.of("harmonic"))
    document.do(results.add_run(document.store_run(run_of(painting, result, 0))))
    again = document.state.runs[2]
    document.do(lambda state: accept_regions(state, again, again.numbers))
    assert used(document) == [0, 1, 2]
    assert accept_regions(document.state, again, again.numbers) is None
    document.undo()
    document.do(decisions.reject(document.state, document.state.runs[1], [1]))
    document.do(lambda state: accept_regions(state, again, again.numbers))
    assert used(document) == [0, 2]
