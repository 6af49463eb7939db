"""Areas and probabilities of maps of a few cells, which are added up by hand."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from planners.geometry.ranges import Ranges
from planners.skymaps.contours import contours
from planners.skymaps.files import read_skymap
from planners.skymaps.skymap import SkyMapInvalid

SPHERE = 360**2 / np.pi
"""Square degrees."""

CELL_4 = SPHERE / (12 * 4**4)
CELL_2, CELL_5 = SPHERE / (12 * 4**2), SPHERE / (12 * 4**5)


@pytest.mark.parametrize(
    ("name", "level", "area"),
    [
        # 0.5 and 0.3 and 0.15 and 0.05: 0.95 is the first sum that reaches 0.9.
        ("four_cells", 0.5, CELL_4),
        ("four_cells", 0.79, 2 * CELL_4),
        ("four_cells", 0.9, 3 * CELL_4),
        ("four_cells", 1.0, 4 * CELL_4),
        # A cell of order 5 is the 64th part of one of order 2: the two come first, the denser
        # one before the other; with the large one the sum is one.
        ("two_orders", 0.3, CELL_5),
        ("two_orders", 0.5, 2 * CELL_5),
        ("two_orders", 0.9, 2 * CELL_5 + CELL_2),
        ("with_distance", 0.5, CELL_4),
        ("with_distance", 0.9, 2 * CELL_4),
        # Cells of equal density are one region.
        ("whole_sky", 0.5, SPHERE),
    ],
)
def test_the_area_of_a_credible_region(case, name, level, area):
    skymap = read_skymap(case(f"maps/{name}.fits"))
    assert skymap.area(level).to_value(u.deg**2) == pytest.approx(area, rel=1e-9)


@pytest.mark.parametrize("name", ["four_cells", "two_orders", "with_distance", "whole_sky"])
def test_all_probability_is_there(case, name):
    skymap = read_skymap(case(f"maps/{name}.fits"))
    assert skymap.probability.sum() == pytest.approx(1, abs=1e-12)


def test_the_probability_of_a_region(case):
    skymap = read_skymap(case("maps/four_cells.fits"))
    assert skymap.probability_in(skymap.region(0.9)) == pytest.approx(0.95)
    assert skymap.probability_in(skymap.region(0.5)) == pytest.approx(0.5)


def test_a_map_that_is_alike_everywhere_is_so(case):
    skymap = read_skymap(case("maps/whole_sky.fits"))
    everywhere = SkyCoord([0, 90, 200, 310], [-80, -10, 25, 89], unit=u.deg)
    assert skymap.density_at(everywhere) == pytest.approx([1 / (4 * np.pi)] * 4)
    # The first four cells of order 0 stand around the north pole: a third of the sky.
    north = Ranges.of(np.array([0]), np.array([4 << 58]))
    assert skymap.probability_in(north) == pytest.approx(1 / 3)


def test_the_mean_distance_is_that_of_the_ansatz(case):
    # Of r^2 N(r; m, s): (m^3 + 3 m s^2) / (m^2 + s^2).
    moments = read_skymap(case("maps/with_distance.fits")).distance_moments()
    assert moments is not None
    assert moments[0].to_value(u.Mpc) == pytest.approx((1e6 + 3e4) / (1e4 + 1e2), rel=1e-4)


def test_the_peak_lies_in_the_likeliest_cell(case):
    skymap = read_skymap(case("maps/four_cells.fits"))
    assert skymap.credible_level_at(skymap.peak()) == 0
    drawn = contours(skymap)
    assert len(drawn["features"]) == 9


@pytest.mark.parametrize(("name", "fault"), [("negative", "negative"), ("half", "sums to 0.5")])
def test_what_is_no_probability_is_refused(case, name, fault):
    with pytest.raises(SkyMapInvalid, match=fault):
        read_skymap(case(f"maps/{name}.fits"))


def test_a_map_that_is_cut_short_is_refused(case):
    with pytest.raises(SkyMapInvalid):
        read_skymap(case("maps/four_cells.fits")[:4000])
