"""Groups of places: everything is in one, and none is wider than it may be."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.geometry.groups import Groups
from planners.geometry.polygons import unit_vectors

REACH = np.radians(0.5)


def places(seed, n, width=3.0):
    """Directions within some degrees of the pole, where right ascension means little; weights."""
    random = np.random.default_rng(seed)
    vector = np.array([0, 0, 1]) + np.radians(width) * random.normal(size=(n, 3))
    weight = np.sort(random.exponential(size=n))[::-1]
    return vector / np.linalg.norm(vector, axis=1)[:, None], weight


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 150))
def test_every_place_is_near_the_middle_of_a_group(seed, n):
    direction, weight = places(seed, n)
    groups = Groups(direction, weight, REACH)
    middles = unit_vectors(groups.gathered(np.arange(n)))
    assert len(middles) <= n
    # A place alone where its neighbors' middle is too far has the group's pointing at itself.
    assert np.all((direction @ middles.T).max(axis=1) >= np.cos(REACH) - 1e-12)
    assert len(groups.others(np.ones(n, dtype=bool), REACH)) == 0


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 150), part=st.floats(0, 1))
def test_what_begins_no_group_holds_no_more_than_is_said(seed, n, part):
    direction, weight = places(seed, n)
    begins = np.arange(int(part * n))
    few = Groups(direction, weight, REACH)
    done = unit_vectors(few.gathered(begins))
    radius = np.sqrt(2) * REACH
    limits = few.others(np.ones(n, dtype=bool), radius)
    assert np.all(np.diff(limits) <= 0)
    everything = unit_vectors(Groups(direction, weight, REACH).gathered(np.arange(n)))
    assert np.allclose(everything[: len(done)], done)
    covered = direction @ done.T >= np.cos(REACH) if len(done) else np.zeros((n, 1), dtype=bool)
    alone = ~covered.any(axis=1)
    held = [weight[alone & (direction @ one >= np.cos(radius))].sum() for one in everything]
    held = np.sort(held[len(done) :])[::-1]
    assert len(held) <= len(limits)
    assert np.all(held <= limits[: len(held)] + 1e-9)
