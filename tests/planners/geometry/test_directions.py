"""Directions and frames are astropy's, at the poles too."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from hypothesis import given
from numpy.testing import assert_allclose

from planners.geometry.directions import lon_lat, sky_coord, tangent_frames
from planners.geometry.polygons import unit_vectors
from tests.strategies import positions


@given(positions())
def test_a_direction_is_the_position_that_it_comes_from(coord):
    restored = sky_coord(3 * unit_vectors(coord))
    assert restored.separation(coord) < 1e-9 * u.deg
    lon, lat = lon_lat(unit_vectors(coord))
    assert -np.pi <= lon <= np.pi
    assert abs(lat) <= np.pi / 2


@given(positions())
def test_a_frame_is_east_north_and_ahead(coord):
    frame = tangent_frames(coord)
    assert_allclose(frame @ frame.T, np.eye(3), atol=1e-12)
    assert_allclose(frame[2], unit_vectors(coord), atol=1e-12)
    step = 1e-6
    for axis, angle in ((frame[0], 90 * u.deg), (frame[1], 0 * u.deg)):
        there = sky_coord(frame[2] + step * axis)
        expected = coord.directional_offset_by(angle, step * u.rad)
        assert there.separation(expected) < 1e-9 * u.rad
