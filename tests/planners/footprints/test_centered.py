"""A small region is better served by a pointing of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from planners import greedy, manual, optimal
from planners.files.tables import read_targets
from planners.geometry.centers import range_centers
from planners.geometry.directions import sky_coord
from planners.geometry.ranges import hpx29
from planners.problem.requests import RequestInvalid
from planners.skymaps.circles import circle_skymap
from planners.skymaps.files import read_skymap
from telescopes import TELESCOPES, ZTF
from tests.planners.cases import NIGHTS, blob, request_for
from tests.planners.checker import violations

CHILE = NIGHTS[1] + 1 * u.hour
DECAM = TELESCOPES["DECam"]


def circle(ra, dec, radius):
    return circle_skymap(ra * u.deg, dec * u.deg, radius * u.deg, 0.9)


@pytest.mark.parametrize("planner", [optimal, greedy])
@pytest.mark.parametrize("radius", [1 / 3600, 0.05, 0.3])
def test_a_pointing_is_centered_where_the_telescope_allows_it(planner, radius):
    # This position lies at the edge of fields.
    skymap = circle(65.8, -29.03, radius)
    request = request_for(CHILE, 5, ("g", "r"), 60)
    plan = planner.plan(skymap, DECAM, request)
    assert violations(plan, DECAM) == []
    on_grid = planner.plan(skymap, replace(DECAM, off_grid=False), request)
    reached = plan.statistics["probability_all_filters"]
    assert reached >= on_grid.statistics["probability_all_filters"] - 1e-9
    # A chip's gap does not swallow the region.
    assert reached > 0.85


def test_the_pointing_is_named_by_its_position():
    skymap = circle(65.8, -29.03, 0.05)
    plan = optimal.plan(skymap, DECAM, request_for(CHILE, 5, ("g", "r"), 60))
    off_grid = [exposure for exposure in plan.exposures if exposure.field_id == -1]
    assert off_grid
    middle = SkyCoord(65.8 * u.deg, -29.03 * u.deg)
    assert all(
        middle.separation(SkyCoord(exposure.ra, exposure.dec)) < 1 * u.deg for exposure in off_grid
    )
    assert all(entry.field_id >= 0 for entry in plan.unobserved)


def test_a_telescope_without_a_grid_points_at_a_small_region_only():
    telescope = TELESCOPES["KPED"]
    request = request_for(NIGHTS[1] + 6 * u.hour, 2, ("g", "r"), 60)
    plan = optimal.plan(circle(120, 33, 0.02), telescope, request)
    assert violations(plan, telescope) == []
    assert plan.statistics["probability_all_filters"] > 0.85
    with pytest.raises(RequestInvalid, match="KPED has no grid of fields"):
        optimal.plan(blob(120, 33, 3), telescope, request)


def test_four_cells_are_centered_and_the_bound_is_not_exceeded(cases):
    telescope = TELESCOPES["KPED"]
    skymap = read_skymap(cases / "17_four_cells_nside2048_kped.fits")
    request = request_for(NIGHTS[1] + 4 * u.hour, 8, ("g", "r"), 300)
    plan = optimal.plan(skymap, telescope, request)
    figures = plan.statistics
    assert violations(plan, telescope) == []
    assert figures["probability_all_filters"] > 0.986
    assert figures["upper_bound"] >= figures["probability_all_filters"]
    targets = read_targets(cases / "17_true_centre_target.csv")
    by_hand = manual.plan(skymap, telescope, replace(request, targets=targets))
    assert figures["upper_bound"] >= by_hand.statistics["probability_all_filters"]
    assert figures["bound_holds_for"] == (
        "plans of the pointings that were considered (1), not for others"
    )
    weighted = skymap.probability @ range_centers(skymap.lo, skymap.hi)
    assert sky_coord(weighted).separation(targets[0]) < 1 * u.arcsec
    brightest = skymap.peak()
    densest = int(skymap.density.argmax())
    assert skymap.lo[densest] <= hpx29(brightest) < skymap.hi[densest]


@pytest.mark.parametrize(
    ("name", "dec", "radius", "hours"),
    [
        ("DECam", 5, 1.5, 3),
        ("DECam", 5, 2.0, 0.6),
        ("WINTER", 10, 1.2, 0.6),
        ("DECam", -75, 1.5, 3),
    ],
)
def test_tilings_of_a_region_of_some_cameras_are_never_worse_than_the_grid(
    name, dec, radius, hours
):
    telescope = TELESCOPES[name]
    skymap = circle(65.8, dec, radius)
    request = request_for(NIGHTS[1] + 2.5 * u.hour, hours, telescope.default_filters, 60)
    plan = optimal.plan(skymap, telescope, request)
    assert violations(plan, telescope) == []
    on_grid = optimal.plan(skymap, replace(telescope, off_grid=False), request)
    reached = plan.statistics["probability_all_filters"]
    assert reached >= on_grid.statistics["probability_all_filters"]
    if (name, dec, radius) == ("DECam", 5, 1.5):
        assert reached > 0.97 > on_grid.statistics["probability_all_filters"]
        assert any(exposure.field_id == -1 for exposure in plan.exposures)


def test_a_telescope_without_a_grid_tiles_a_region_of_some_cameras():
    telescope = TELESCOPES["KPED"]
    request = request_for(NIGHTS[1] + 6 * u.hour, 2, ("g", "r"), 60)
    plan = optimal.plan(circle(120, 33, 0.07), telescope, request)
    assert violations(plan, telescope) == []
    assert plan.statistics["probability_all_filters"] > 0.95


def test_a_robot_with_a_grid_and_a_large_region_keep_to_the_grid():
    small = optimal.plan(circle(120, 33, 0.3), ZTF, request_for(NIGHTS[1] + 6 * u.hour, 2))
    large = optimal.plan(blob(65, -30, 4), DECAM, request_for(CHILE, 5, ("g", "r"), 60))
    for plan in (small, large):
        assert plan.exposures
        assert all(exposure.field_id >= 0 for exposure in plan.exposures)


@pytest.mark.parametrize(
    "name", [name for name, telescope in TELESCOPES.items() if telescope.off_grid]
)
@pytest.mark.parametrize("planner", [optimal, greedy])
def test_a_position_of_some_arcminutes_is_one_pointing_with_the_position_on_a_detector(
    planner, name
):
    telescope = TELESCOPES[name]
    filters = telescope.default_filters
    # A field of a grid would hold it too, somewhere; dark at each of the sites.
    skymap = circle(64.6, 5, 0.5 / 60)
    request = replace(
        request_for(NIGHTS[1], 24, filters, 60), minimum_gap=0 * u.min, moon_separation=0 * u.deg
    )
    plan = planner.plan(skymap, telescope, request)
    assert [exposure.filter for exposure in plan.exposures] == list(filters)
    assert {exposure.field_id for exposure in plan.exposures} == {-1}
    assert plan.statistics["probability_all_filters"] > 0.99
    if planner is optimal:
        assert plan.statistics["upper_bound"] >= plan.statistics["probability_all_filters"]
    if len(telescope.footprint.detector_id) == 1:
        pointing = SkyCoord(plan.exposures[0].ra, plan.exposures[0].dec)
        assert pointing.separation(SkyCoord(64.6 * u.deg, 5 * u.deg)) < 0.2 * u.arcmin
    first, last = plan.exposures[0], plan.exposures[-1]
    assert last.start - first.start < 5 * u.min, "all filters follow at once"
