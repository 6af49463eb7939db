"""Places on a finding chart."""

import re

import numpy as np
import pytest

from too_marshal.web.plans.chart_plane import SIDE, Plane


def test_north_is_up_east_to_the_left_and_the_edge_at_half_a_side():
    plane = Plane(0.1)
    assert plane.places(np.array([[0.0, 0], [0.1, 0], [0, 0.1]])) == pytest.approx(
        np.array([[SIDE / 2, SIDE / 2], [0, SIDE / 2], [SIDE / 2, 0]])
    )
    assert plane.length(np.degrees(np.arctan(0.1))) == pytest.approx(SIDE / 2)


def test_what_is_far_outside_is_left_out_and_what_crosses_is_not():
    plane = Plane(0.1)
    line = np.array([[9.0, 0.3], [5, 0.3], [5, 0], [-5, 0], [-6, 0], [-6, 1]])
    path = plane.path([line])
    assert len(re.findall("[ML]", path)) == 2
    assert path == plane.path([line[2:4]])
    assert plane.path([line[3:]]) == ""
