"""When visits are complete, by hand and by trying every choice of visits."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.problem.finish_times import fulfilled_at


def by_trying(visits, wanted, gap):
    """Every choice of visits in every order."""
    ends = [
        chosen[-1][2]
        for chosen in itertools.combinations(visits, len(wanted))
        if sorted(name for name, _, _ in chosen) == sorted(wanted)
        and all(b[1] - a[1] >= gap - 1e-3 for a, b in itertools.pairwise(chosen))
    ]
    return min(ends, default=math.inf)


@given(
    st.lists(st.tuples(st.sampled_from("gri"), st.integers(0, 100)), max_size=7),
    st.lists(st.sampled_from("gri"), min_size=1, max_size=3),
    st.integers(0, 60),
)
def test_it_is_the_earliest_end_of_any_choice(drawn, wanted, gap):
    starts = sorted(drawn, key=lambda visit: visit[1])
    visits = [(name, float(start), start + 30.0) for name, start in starts]
    assert fulfilled_at(visits, tuple(wanted), gap) == by_trying(visits, wanted, gap)


@pytest.mark.parametrize(
    ("wanted", "gap", "end"),
    [
        ((), 0, -math.inf),
        (("g",), 0, 30),
        (("g", "r"), 30, 2030),
        (("g", "r"), 3000, 4030),
        (("g", "g"), 0, 4030),
        (("g", "i"), 0, math.inf),
    ],
)
def test_by_hand(wanted, gap, end):
    visits = [("g", 0.0, 30.0), ("r", 2000.0, 2030.0), ("g", 4000.0, 4030.0)]
    if wanted == ("g", "r") and gap == 3000:
        visits[1:] = [("r", 2000.0, 2030.0), ("r", 4000.0, 4030.0)]
    assert fulfilled_at(visits, wanted, gap) == end
