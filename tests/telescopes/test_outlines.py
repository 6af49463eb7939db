"""An outline holds the whole camera, and turns left at every corner."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telescopes import TELESCOPES
from telescopes.outlines import convex_hull, outline

POINTS = st.lists(
    st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=3, max_size=40
).filter(lambda points: np.linalg.matrix_rank(np.subtract(points, points[0])) == 2)


def check(ring, points):
    edge = np.roll(ring, -1, axis=0) - ring
    for point in points:
        away = point - ring
        assert np.all(edge[:, 0] * away[:, 1] - edge[:, 1] * away[:, 0] >= -1e-9)
    after = np.roll(edge, -1, axis=0)
    assert np.all(edge[:, 0] * after[:, 1] - edge[:, 1] * after[:, 0] > 0)


@given(POINTS)
def test_every_point_is_within_a_hull_whose_corners_are_points(points):
    hull = convex_hull(np.array(points, dtype=float))
    assert {tuple(corner) for corner in hull} <= set(points)
    check(hull, np.array(points))


@pytest.mark.parametrize("name", sorted(TELESCOPES))
def test_every_detector_is_within(name):
    footprint = TELESCOPES[name].footprint
    check(outline(footprint), footprint.corners.to_value("deg").reshape(-1, 2))


def test_the_outline_of_ztf_is_a_rectangle():
    corners = TELESCOPES["ZTF"].footprint.corners.to_value("deg").reshape(-1, 2)
    ring = outline(TELESCOPES["ZTF"].footprint)
    assert len(ring) == 4
    np.testing.assert_array_equal(ring.min(axis=0), corners.min(axis=0))
    np.testing.assert_array_equal(ring.max(axis=0), corners.max(axis=0))
