"""Overheads: the kinematics of an axis, and laws of slews."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.visibility.local_sky import LocalSky
from planners.visibility.slew import SlewTimes
from telescopes import TELESCOPES, ZTF
from tests.planners.cases import NIGHTS, angles, declinations


def slews_among(telescope, ra, dec):
    sky = LocalSky(telescope.site, NIGHTS[1], NIGHTS[1] + 1 * u.hour)
    coord = SkyCoord(np.asarray(ra) * u.deg, np.asarray(dec) * u.deg)
    return SlewTimes(telescope.overheads, sky, sky.positions(coord))


def test_a_short_turn_is_all_ramp_and_a_long_one_is_mostly_cruise():
    # ZTF turns in declination with 3 deg/s and 0.5 deg/s2: it takes 6 s and 9 deg to reach full
    # speed, and as much to stop.
    slews = slews_among(ZTF, [100, 100, 100], [10, 18, 58])
    assert slews.between(0, 1) == pytest.approx(2 * np.sqrt(8 / 0.5) + 2, abs=0.02)
    assert slews.between(0, 2) == pytest.approx(48 / 3 + 6 + 2, abs=0.02)


def test_reading_out_goes_on_while_the_telescope_moves():
    slews = slews_among(ZTF, [100, 100.5], [10, 10])
    assert slews.between(0, 1) == 8
    assert slews.between(0, 0) == 8


@pytest.mark.parametrize("name", sorted(TELESCOPES))
@given(
    ra=st.lists(angles, min_size=3, max_size=3), dec=st.lists(declinations, min_size=3, max_size=3)
)
@settings(max_examples=10)
def test_laws_of_slews(name, ra, dec):
    slews = slews_among(TELESCOPES[name], ra, dec)
    table = slews.between(np.arange(3)[:, None], np.arange(3)[None, :], 600.0)
    assert (table >= slews.readout).all()
    assert (table <= slews.longest + 1e-9).all()
    assert np.allclose(table, table.T)
    for first in range(3):
        for second in range(3):
            alone = slews.one(first, second, 600.0)
            assert alone == pytest.approx(table[first, second], abs=1e-9)
    # Leaving out a stop, with its exposure, never takes longer.
    assert table[0, 2] <= table[0, 1] + table[1, 2] + 1e-9
