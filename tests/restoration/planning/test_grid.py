from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from imagest_core.painting.geometry import Box
from imagest_core.restoration.planning.grid import Axis, Grid, ramps

AXES = st.builds(
    lambda length, side, share: Axis(length, side, max(int(side * share), 1)),
    st.integers(1, 3000),
    st.integers(8, 400),
    st.floats(0.2, 0.9),
)


@settings(deadline=None)
@given(AXES)
def test_cells_tile_the_length_and_lie_in_their_windows(axis: Axis) -> None:
    cells = [axis.cell(index) for index in range(axis.count)]
    assert cells[0][0] == 0
    assert cells[-1][1] == axis.length
    assert all(one[1] == other[0] for one, other in pairwise(cells))
    for index, (first, last) in enumerate(cells):
        start, end = axis.start(index), axis.start(index) + axis.side
        assert start <= max(first - axis.margin, 0)
        assert end >= min(last + axis.margin, axis.length)


@settings(deadline=None)
@given(AXES)
def test_index_returns_the_cell(axis: Axis) -> None:
    found = axis.index(np.arange(axis.length))
    for index in range(axis.count):
        first, last = axis.cell(index)
        assert (found[first:last] == index).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(40, 300))
def test_weights_of_all_cells_sum_to_one(width: int, height: int, side: int) -> None:
    picture = Box(0, 0, width, height)
    grid = Grid(picture, side, side * 2 // 3)
    overlap = max(grid.across.margin / 2, 0.5)
    total = np.zeros((height, width))
    for number in range(grid.across.count * grid.down.count):
        total += ramps(grid.cell(number), picture, picture, overlap)
    assert np.allclose(total, 1, atol=1e-5)


def test_centered_window_stays_in_the_picture() -> None:
    grid = Grid(Box(0, 0, 500, 100), 256, 170)
    assert grid.centered(Box(480, 90, 10, 10)) == Box(244, 0, 256, 256)
    assert grid.centered(Box(200, 40, 20, 20)) == Box(82, 0, 256, 256)
