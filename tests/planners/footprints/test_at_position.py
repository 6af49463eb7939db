"""An image shows what falls on its good detectors, and nothing in its gaps."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from planners.footprints.at_position import images_at
from planners.footprints.cameras import camera_cells
from planners.geometry.ranges import hpx29
from telescopes import TELESCOPES

ZTF = TELESCOPES["ZTF"].footprint
ORDER = 11
ALL = [int(each) for each in ZTF.detector_id]


def at(ra: float, dec: float) -> SkyCoord:
    return SkyCoord(ra, dec, unit=u.deg)


def test_a_camera_shows_what_is_before_it():
    pointings = at([10.0, 10.0, 190.0, 30.0], [20.0, 20.0, -20.0, 20.0])
    shown = images_at(at(11.0, 21.0), ZTF, pointings, [ALL, [], ALL, ALL])
    assert shown.tolist() == [True, False, False, False]


def test_the_middle_of_ztf_is_a_gap():
    assert not images_at(at(10.0, 20.0), ZTF, at([10.0], [20.0]), [ALL]).any()


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-4, 4), st.floats(-4, 4), st.floats(0, 359.9), st.floats(-80, 80), st.integers(0, 63)
)
def test_it_agrees_with_the_cells_of_the_camera(east, north, ra, dec, broken):
    """Where all around a position lies on one detector, or on none."""
    position = at(ra, dec).spherical_offsets_by(east * u.deg, north * u.deg).icrs
    _, cells, detectors = camera_cells(ZTF, at([ra], [dec]), ORDER)
    around = position.directional_offset_by(np.arange(0, 360, 30) * u.deg, 0.03 * u.deg)
    places = [int(hpx29(each)) >> (2 * (29 - ORDER)) for each in (position, *around)]
    detector_of = dict(zip(cells.tolist(), detectors.tolist(), strict=True))
    on = {detector_of.get(place) for place in places}
    assume(len(on) == 1)
    (detector,) = on
    good = [each for each in ALL if each != broken]
    shown = images_at(position, ZTF, at([ra], [dec]), [good])
    expected = detector is not None and int(ZTF.detector_id[detector]) != broken
    assert shown.tolist() == [expected]
