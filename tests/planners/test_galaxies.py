"""The galaxies planner: the right hosts first, several in one field, honest about distances."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from scipy.stats import norm

from planners import galaxies
from planners.geometry.ranges import hpx29
from planners.problem.requests import RequestInvalid
from planners.skymaps.files import read_skymap
from telescopes import TELESCOPES, ZTF
from tests.planners.cases import NIGHTS, blob, request_for, skymap_of
from tests.planners.checker import violations

NARROW = TELESCOPES["LCO-1m-elp"]
WINTER = NIGHTS[1] + 6 * u.hour
SKYMAP = blob(120, 33, 4)


def table(ra, dec, distance=40.0, luminosity=None):
    columns = {"ra": ra, "dec": dec, "distance": np.broadcast_to(distance, np.shape(ra))}
    if luminosity is not None:
        columns["luminosity"] = luminosity
    return Table(columns)


def scattered(n, seed=1):
    random = np.random.default_rng(seed)
    return table(120 + random.normal(0, 4, n), 33 + random.normal(0, 4, n))


def request(hosts, hours=2, telescope=NARROW, **more):
    return request_for(WINTER, hours, telescope.default_filters[:1], 120, galaxies=hosts, **more)


def test_weights_are_the_density_times_the_luminosity():
    hosts = table([120.0, 124.0, 120.0], [33.0, 33.0, 33.0], luminosity=[1.0, 1.0, 3.0])
    weights = galaxies.galaxy_weights(SKYMAP, hosts)
    density = SKYMAP.density_at(SkyCoord([120, 124] * u.deg, 33 * u.deg))
    assert weights.sum() == pytest.approx(1)
    assert weights[2] / weights[0] == pytest.approx(3)
    assert weights[1] / weights[0] == pytest.approx(density[1] / density[0])


def test_distances_weigh_as_the_map_says(corpus):
    path = corpus / "skymaps" / "gw" / "S190814bv_5_LALInference.v1.fits.gz"
    skymap = read_skymap(path.read_bytes())
    peak = skymap.peak()
    cell = np.searchsorted(skymap.lo, skymap.lo[np.argmax(skymap.density)])
    mu, sigma = skymap.distmu[cell], skymap.distsigma[cell]
    distance = mu + sigma * np.array([-2.0, 0.0, 1.0])
    weights = galaxies.galaxy_weights(
        skymap, table(np.full(3, peak.ra.deg), np.full(3, peak.dec.deg), distance)
    )
    expected = norm.pdf([-2.0, 0.0, 1.0])
    assert weights == pytest.approx(expected / expected.sum(), rel=0.02)


def test_a_narrow_field_goes_to_the_best_hosts_first():
    hosts = scattered(300)
    plan = galaxies.plan(SKYMAP, NARROW, request(hosts))
    assert violations(plan, NARROW) == []
    assert len(plan.exposures) > 5
    weights = np.sort(galaxies.galaxy_weights(SKYMAP, hosts))[::-1]
    reached = plan.statistics["probability_all_filters"]
    assert reached >= 0.9 * weights[: len(plan.exposures)].sum()
    assert reached <= plan.statistics["upper_bound"] + 1e-9


def test_near_neighbors_share_a_pointing():
    # The field is 26 arcmin wide.
    hosts = table([120.0, 120.01, 120.0], [33.0, 33.0, 33.01])
    plan = galaxies.plan(SKYMAP, NARROW, request(hosts, hours=1))
    assert len(plan.exposures) == 1
    assert plan.statistics["probability_all_filters"] == pytest.approx(1, abs=1e-6)


def test_a_telescope_with_a_grid_keeps_to_it():
    plan = galaxies.plan(SKYMAP, ZTF, request(scattered(100), telescope=ZTF))
    assert violations(plan, ZTF) == []
    assert {exposure.field_id for exposure in plan.exposures} <= set(ZTF.read_grid().field_id)
    assert plan.statistics["probability_all_filters"] > 0.9


@pytest.mark.parametrize(
    ("hosts", "message"),
    [
        (None, "no galaxies"),
        (Table({"ra": [120.0], "dec": [33.0]}), "distance"),
        (table([300.0], [-60.0]), "no galaxy of the table lies"),
        (table([120.0], [33.0], np.nan), "no galaxy of the table lies"),
        (table([np.nan], [33.0]), "no galaxy of the table lies"),
        (table([120.0], [33.0], -40.0), "no galaxy of the table lies"),
        (table([120.0], [95.0]), "declination"),
        (table(["here"], [33.0]), "not a number"),
    ],
)
def test_a_table_of_no_use_is_refused_by_name(hosts, message):
    with pytest.raises(RequestInvalid, match=message):
        galaxies.plan(SKYMAP, NARROW, request(hosts))


def test_twenty_thousand_galaxies_of_a_huge_map_take_little_memory(corpus):
    path = corpus / "skymaps" / "gw" / "S190425z_bayestar.fits.gz"
    skymap = read_skymap(path.read_bytes())
    random = np.random.default_rng(20190425)
    dec = np.degrees(np.arcsin(random.uniform(-1, 1, 120_000)))
    ra = random.uniform(0, 360, len(dec))
    likely = skymap.region(0.9).contains(hpx29(SkyCoord(ra * u.deg, dec * u.deg)))
    chosen = np.flatnonzero(likely)[:20_000]
    assert len(chosen) == 20_000
    hosts = table(ra[chosen], dec[chosen], random.normal(155, 40, len(chosen)).clip(10))
    kped = TELESCOPES["KPED"]
    tracemalloc.start()
    try:
        plan = galaxies.plan(
            skymap,
            kped,
            request_for(NIGHTS[1], 13, kped.default_filters, 300, galaxies=hosts),
        )
        assert tracemalloc.get_traced_memory()[1] < 250e6
    finally:
        tracemalloc.stop()
    assert violations(plan, kped) == []
    figures = plan.statistics
    # Of all galaxies' weight, and not only of the galaxies that were considered.
    weight = galaxies.galaxy_weights(skymap, hosts)
    pointed = SkyCoord([e.ra for e in plan.exposures], [e.dec for e in plan.exposures])
    at = np.unique(pointed.match_to_catalog_sky(SkyCoord(hosts["ra"], hosts["dec"], unit="deg"))[0])
    assert figures["probability"] == pytest.approx(weight[at].sum(), rel=0.02)
    assert figures["exposure_time"] > 0.85 * figures["dark_time"]
    assert 0 <= figures["optimality_gap"] < 0.1


def test_galaxies_that_are_never_up_leave_room_for_those_that_are():
    random = np.random.default_rng(5)
    south, north = 4000, 50
    hosts = table(
        np.concatenate([random.uniform(0, 360, south), 120 + random.normal(0, 2, north)]),
        np.concatenate([random.uniform(-80, -70, south), 33 + random.normal(0, 2, north)]),
        luminosity=np.repeat([100.0, 1.0], (south, north)),
    )
    skymap = skymap_of(np.ones(12 << 8), 4)
    plan = galaxies.plan(skymap, NARROW, request(hosts))
    assert len(plan.exposures) > 5
    assert plan.statistics["probability"] < north / (100 * south)
    assert plan.statistics["probability"] <= plan.statistics["upper_bound"] + 1e-9
