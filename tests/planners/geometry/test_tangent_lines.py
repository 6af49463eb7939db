"""Lines on the sky in a tangent plane, against astropy's projection."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.geometry.directions import tangent_frames
from planners.geometry.tangent_lines import tangent_lines, tangent_points


@pytest.mark.parametrize(("ra", "dec"), [(0, 0), (359.9, 35), (120, -72), (10, 89.9)])
def test_points_lie_where_astropy_has_them(ra: float, dec: float):
    center = SkyCoord(ra, dec, unit=u.deg)
    points = center.directional_offset_by([0, 50, 140, 290] * u.deg, [0, 3, 20, 60] * u.deg)
    plane = WCS(naxis=2)
    plane.wcs.ctype, plane.wcs.crval = ["RA---TAN", "DEC--TAN"], [ra, dec]
    plane.wcs.cdelt = [1, 1]
    expected = np.stack(plane.world_to_pixel(points), axis=-1) + 1
    found = np.degrees(tangent_points(points, tangent_frames(center)))
    assert found == pytest.approx(expected, abs=1e-6)
    line = np.stack([points.ra.deg, points.dec.deg], axis=-1)
    (drawn,) = tangent_lines(line, tangent_frames(center))
    assert np.degrees(drawn) == pytest.approx(expected, abs=1e-6)


def test_what_lies_behind_is_not_there():
    center = SkyCoord(0, 0, unit=u.deg)
    assert np.isnan(tangent_points(SkyCoord([180], [0], unit=u.deg), tangent_frames(center))).all()
    assert tangent_lines(np.array([[170.0, 0], [180, 10], [190, 0]]), tangent_frames(center)) == []


def test_a_line_around_the_sky_is_cut_at_both_ends():
    equator = np.array([[angle, 0.0] for angle in range(0, 361, 20)])
    first, second = tangent_lines(equator, tangent_frames(SkyCoord(0, 0, unit=u.deg)))
    for part, side in ((first, 1), (second, -1)):
        assert part[:, 1] == pytest.approx(0)
        assert np.abs(part[:, 0]).max() == pytest.approx(np.tan(np.radians(85)), rel=0.02)
        assert (side * part[:, 0] >= 0).all()


@settings(max_examples=50)
@given(st.floats(0, 360), st.floats(-90, 90), st.floats(0, 360), st.floats(-90, 90))
def test_no_point_lies_without_end(ra: float, dec: float, other: float, height: float):
    line = np.array([[other, height], [other + 100, -height], [other + 200, height / 2]])
    for part in tangent_lines(line, tangent_frames(SkyCoord(ra, dec, unit=u.deg))):
        assert len(part) >= 2
        assert np.hypot(*part.T).max() <= np.tan(np.radians(85)) * (1 + 1e-9)
