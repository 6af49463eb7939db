"""Numbers for cells: each its own, and no more memory than the cells are worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.footprints.cell_numbers import numbered


@given(
    order=st.integers(0, 20),
    seed=st.integers(0, 10**6),
    n=st.integers(1, 300),
    is_small=st.booleans(),
)
def test_every_cell_has_a_number_of_its_own(order, seed, n, is_small):
    random = np.random.default_rng(seed)
    beyond = min(12 << (2 * order), 1000) if is_small else 12 << (2 * order)
    cell = random.integers(0, beyond, n)
    numbers = numbered(cell, order)
    index = numbers.index_of(cell)
    assert np.all((index >= 0) & (index < numbers.size))
    assert np.array_equal(numbers.cell(index), cell)
    marked = random.integers(0, beyond, n)
    assert np.array_equal(numbers.flagged(marked)[index], np.isin(cell, marked))
    assert numbers.size <= 1_000_000


@pytest.mark.parametrize("order", [16, 20, 29])
def test_cells_far_from_each_other_take_no_room_between_them(order):
    cell = np.random.default_rng(1).integers(0, 12 << (2 * order), 3000)
    assert numbered(cell, order).size <= 3000
