"""Circles: the cells that are asked for hold them, and distances are exact."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from counterparts.archive.errors import QueryRefused
from counterparts.archive.queries.cones import Cone, separation
from planners.geometry.ranges import hpx29
from tests.strategies import angles

RADII = st.one_of(
    st.sampled_from([0.0, 1.5, 180 * 3600.0]), st.floats(-3, 5.8).map(lambda x: 10**x)
)


@given(angles(0, 359.999), angles(-90, 90), RADII, st.integers(0, 2**32 - 1))
def test_the_cover_holds_the_circle(ra, dec, radius, seed):
    random = np.random.default_rng(seed)
    center = SkyCoord(ra, dec, unit=u.deg)
    near = center.directional_offset_by(
        random.uniform(0, 360, 200) * u.deg,
        random.choice([1.0, 0.999, 0.5], 200) * radius * u.arcsec,
    )
    cone = Cone(ra, dec, radius)
    inside = near[cone.contains(near.ra.deg, near.dec.deg)]
    assert cone.cover.contains(hpx29(inside)).all()


@pytest.mark.parametrize("radius", [1.5, 60.0, 3600.0, 36000.0])
def test_the_cover_is_not_much_larger(radius):
    circle = 2 * np.pi * (1 - np.cos(np.radians(radius / 3600))) * u.sr
    for ra, dec in ((10, 0), (45, 41.81), (0, 90), (359.9999, -70)):
        assert Cone(ra, dec, radius).cover.area < 2.2 * circle


@given(angles(0, 360), angles(-90, 90), angles(0, 360), angles(-90, 90))
def test_distances_are_those_of_astropy(ra, dec, other_ra, other_dec):
    first = SkyCoord(ra, dec, unit=u.deg)
    second = SkyCoord(other_ra, other_dec, unit=u.deg)
    expected = first.separation(second).arcsec
    assert separation(ra, dec, other_ra, other_dec) == pytest.approx(expected, abs=1e-8, rel=1e-12)


@pytest.mark.parametrize(
    "cone", [(-1, 0, 1), (361, 0, 1), (0, 91, 1), (float("nan"), 0, 1), (0, 0, -1), (0, 0, 1e6)]
)
def test_what_is_no_circle_is_refused(cone):
    with pytest.raises(QueryRefused):
        Cone(*cone)
