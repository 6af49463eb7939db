"""Few cells that stand for a map."""

import numpy as np
import pytest
from astropy import units as u
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.geometry.directions import sky_coord
from planners.geometry.ranges import CELL_AREA, HIGHEST_ORDER
from planners.skymaps.circles import circle_skymap
from planners.skymaps.files import read_skymap
from tests.planners.cases import angles, declinations

NARROWEST = 11
"""Order of cells of 1.7 arcmin."""


@given(ra=angles, dec=declinations, radius=st.floats(0.01, 60), most=st.floats(1e-4, 1e-2))
@settings(max_examples=30)
def test_few_cells_hold_all_and_none_too_much(ra, dec, radius, most):
    skymap = circle_skymap(ra * u.deg, dec * u.deg, radius * u.deg, 0.9)
    direction, probability = skymap.cells(most)
    assert len(direction) == len(probability)
    assert probability.sum() == pytest.approx(1)
    assert (probability > 0).all()
    # The narrowest cell may hold more, but no more than there is at the densest place.
    narrowest = skymap.density.max() * CELL_AREA * 4 ** (HIGHEST_ORDER - NARROWEST)
    assert probability.max() <= max(most, narrowest) * 1.02
    assert np.linalg.norm(direction, axis=1) == pytest.approx(1)


def test_a_position_is_where_it_is():
    skymap = circle_skymap(150 * u.deg, -20 * u.deg, 1 * u.arcsec, 0.9)
    direction, probability = skymap.cells()
    middle = sky_coord(probability @ direction)
    assert middle.separation(skymap.peak()) < 1 * u.arcmin


def test_the_cells_of_a_real_map_hold_as_much_of_any_half_of_the_sky(corpus):
    path = corpus / "skymaps" / "gw" / "S190425z_bayestar.fits.gz"
    skymap = read_skymap(path.read_bytes())
    direction, probability = skymap.cells()
    assert len(probability) < 4000
    fine, held = skymap.cells(most=2e-5)
    generator = np.random.default_rng(20261128)
    for axis in generator.normal(size=(20, 3)):
        few = probability[direction @ axis > 0].sum()
        many = held[fine @ axis > 0].sum()
        assert few == pytest.approx(many, abs=0.01)
