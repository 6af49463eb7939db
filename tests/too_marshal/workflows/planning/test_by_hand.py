"""The order in which a person wants the exposures of a plan."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from too_marshal.workflows.planning.by_hand import Change

COUNT = 9


@pytest.mark.parametrize(
    ("change", "order"),
    [
        (Change(), [0, 1, 2, 3, 4]),
        (Change(moved={4: 0}), [4, 0, 1, 2, 3]),
        (Change(moved={0: 4}), [1, 2, 3, 4, 0]),
        (Change(moved={0: 4, 1: 3}), [2, 3, 4, 1, 0]),
        (Change(frozenset({0, 2}), {4: 1}), [1, 4, 3]),
        # What is left out is not moved besides.
        (Change(frozenset({4}), {4: 0}), [0, 1, 2, 3]),
    ],
)
def test_what_is_moved_stands_at_its_place_and_the_others_close_ranks(
    change: Change, order: list[int]
):
    assert change.order(5) == order


@given(st.data())
def test_each_that_stays_is_there_once_and_at_the_place_it_was_given(data: st.DataObject):
    left_out = data.draw(st.frozensets(st.integers(0, COUNT - 1), max_size=COUNT - 1))
    stay = [k for k in range(COUNT) if k not in left_out]
    numbers = data.draw(st.lists(st.sampled_from(stay), unique=True))
    places = data.draw(st.permutations(range(len(stay))))[: len(numbers)]
    moved = dict(zip(numbers, places, strict=True))
    order = Change(left_out, moved).order(COUNT)
    assert sorted(order) == stay
    assert all(order[place] == number for number, place in moved.items())
    still = [k for k in order if k not in moved]
    assert still == sorted(still)
