"""A cell and its neighbors hold the circle that they are said to hold."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from planners.geometry.neighbors import cells_around, order_as_wide_as
from planners.geometry.ranges import HIGHEST_ORDER, hpx29


@given(
    ra=st.floats(0, 359.99),
    dec=st.floats(-90, 90),
    radius=st.floats(1e-6, 0.7),
    seed=st.integers(0, 10**6),
)
def test_a_circle_lies_in_the_cells_around_its_middle(ra, dec, radius, seed):
    order = order_as_wide_as(radius)
    middle = SkyCoord([ra] * u.deg, [dec] * u.deg)
    around = cells_around(middle, order)
    assert around.shape == (1, 9)
    random = np.random.default_rng(seed)
    turn, away = random.uniform(0, 2 * np.pi, 50), radius * np.sqrt(random.uniform(0, 1, 50))
    near = middle.directional_offset_by(turn * u.rad, away * u.rad)
    assert set((hpx29(near) >> (2 * (HIGHEST_ORDER - order))).tolist()) <= set(around[0].tolist())


def test_nothing_is_wide_enough_for_a_hemisphere():
    assert order_as_wide_as(1.5) is None
