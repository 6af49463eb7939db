"""A night of a telescope for a region: as astropy says, and what must hold of any."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_body, get_sun
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.geometry.directions import sky_coord
from planners.skymaps.circles import circle_skymap
from planners.visibility.region_night import SUN_ALTITUDES, region_night
from telescopes import TELESCOPES
from telescopes.telescope import Site
from tests.planners.cases import angles, declinations

pytestmark = pytest.mark.filterwarnings("ignore:Tried to get polar motions")

NIGHT = date(2026, 11, 28)
ZTF = TELESCOPES["ZTF"]


def night_of(telescope, ra, dec, radius=5.0, night=NIGHT):
    skymap = circle_skymap(ra * u.deg, dec * u.deg, radius * u.deg, 0.9)
    return region_night(*skymap.cells(), skymap.peak(), telescope, night)


def times_of(found):
    return found.start + np.arange(len(found.sun_altitude)) * 600 * u.s


def at(latitude):
    site = Site("nowhere", EarthLocation.from_geodetic(10 * u.deg, latitude * u.deg), "UTC")
    return replace(ZTF, site=site, exclusions=())


@pytest.mark.parametrize("name", ["ZTF", "DECam", "LCO-1m-coj"])
def test_sun_moon_and_zenith_are_as_astropy_says(name):
    telescope = TELESCOPES[name]
    found = night_of(telescope, 60.0, 10.0)
    times = times_of(found)
    frame = AltAz(obstime=times, location=telescope.site.location)
    assert np.abs(found.sun_altitude - get_sun(times).transform_to(frame).alt.deg).max() < 0.01
    moon = get_body("moon", times, telescope.site.location)
    assert np.abs(found.moon_altitude - moon.transform_to(frame).alt.deg).max() < 0.02
    peak = SkyCoord(60 * u.deg, 10 * u.deg).transform_to(frame)
    assert np.abs(found.moon_separation - peak.separation(moon.transform_to(frame)).deg).max() < 0.1
    overhead = SkyCoord(*found.zenith.T, unit=u.deg).transform_to(frame)
    assert overhead.alt.deg.min() > 90 - 0.01, "but for aberration, 0.006 deg"


@pytest.mark.parametrize("name", ["ZTF", "LCO-1m-cpt"])
def test_twilights_and_the_moons_rise_are_when_astropy_has_them_there(name):
    telescope = TELESCOPES[name]
    found = night_of(telescope, 60.0, 10.0)
    assert set(found.twilights) == set(SUN_ALTITUDES)
    for which, altitude in SUN_ALTITUDES.items():
        times = found.start + np.array(found.twilights[which]) * u.s
        frame = AltAz(obstime=times, location=telescope.site.location)
        # The Sun climbs a degree in four minutes or more: this is a few seconds.
        assert np.abs(get_sun(times).transform_to(frame).alt.deg - altitude).max() < 0.02
    assert found.moon
    for seconds, _ in found.moon:
        time = found.start + seconds * u.s
        frame = AltAz(obstime=time, location=telescope.site.location)
        moon = get_body("moon", time, telescope.site.location).transform_to(frame)
        assert abs(moon.alt.deg + 0.833) < 0.03


def test_airmass_and_fractions_of_a_small_region_are_those_of_its_middle():
    found = night_of(ZTF, 60.0, 10.0, radius=0.05)
    frame = AltAz(obstime=times_of(found), location=ZTF.site.location)
    airmass = SkyCoord(60 * u.deg, 10 * u.deg).transform_to(frame).secz
    up = (airmass > 0) & (airmass < 3)
    for decile in found.deciles.values():
        assert np.abs(decile[up] / airmass[up] - 1).max() < 0.01
    for key, limit in (("1.5", 1.5), ("2", 2.0), ("limit", 2.5)):
        inside = (airmass > 0) & (airmass < 0.97 * limit)
        outside = (airmass < 0) | (airmass > 1.03 * limit)
        assert (found.within[key][inside] > 0.999).all()
        assert (found.within[key][outside] < 0.001).all()


def test_deciles_of_a_wide_region_are_quantiles_of_its_airmass():
    skymap = circle_skymap(60 * u.deg, 10 * u.deg, 20 * u.deg, 0.9)
    direction, probability = skymap.cells(most=2e-5)
    found = night_of(ZTF, 60.0, 10.0, radius=20.0)
    frame = AltAz(obstime=times_of(found)[40], location=ZTF.site.location)
    altitude = sky_coord(direction).transform_to(frame).alt.rad
    order = np.argsort(-altitude)
    reached = np.cumsum(probability[order])
    for key, part in (("10", 0.1), ("50", 0.5), ("90", 0.9)):
        there = altitude[order][np.searchsorted(reached, part)]
        assert found.deciles[key][40] == pytest.approx(1 / np.sin(there), rel=0.02)


@given(
    name=st.sampled_from(sorted(TELESCOPES)),
    ra=angles,
    dec=declinations,
    radius=st.floats(0.1, 40),
    day=st.integers(0, 365),
)
@settings(max_examples=40)
def test_fractions_are_nested_and_what_is_left_only_shrinks(name, ra, dec, radius, day):
    night = NIGHT + timedelta(days=day)
    found = night_of(TELESCOPES[name], ra, dec, radius, night)
    best, middle, all_ = (found.within[key] for key in ("1.5", "2", "limit"))
    rounding = 1e-9
    assert (best >= 0).all()
    assert (best <= middle + rounding).all()
    assert (middle <= all_ + rounding).all()
    assert (all_ <= 1 + rounding).all()
    assert (np.diff(found.still_reachable) <= rounding).all()
    assert found.best <= found.reachable + rounding
    is_dark = found.sun_altitude < -18
    assert (all_[is_dark] <= found.still_reachable[is_dark] + rounding).all()
    assert all_[is_dark].max(initial=0) <= found.best + rounding
    tenth, half, most = (np.nan_to_num(found.deciles[k], nan=99) for k in ("10", "50", "90"))
    assert (tenth <= half).all()
    assert (half <= most).all()
    assert (tenth >= 1).all()
    spans = found.usable
    assert bool(spans) == (found.reachable > 0)
    dark = found.twilights.get("astronomical")
    for start, end in spans:
        assert dark[0] - 1e-6 <= start <= end <= dark[1] + 1e-6
    assert all(one[1] <= two[0] for one, two in itertools.pairwise(spans))
    assert (found.best_until is None) == (found.best == 0)


def test_a_region_that_never_rises_is_never_reached():
    found = night_of(ZTF, 60.0, -80.0)
    assert found.reachable == found.best == 0
    assert found.usable == []
    assert np.isnan(found.deciles["50"]).all()


def test_where_the_sun_does_not_set_there_is_no_night():
    found = night_of(at(80), 60.0, 80.0, night=date(2026, 6, 21))
    assert len(found.sun_altitude) == 0
    assert found.twilights == {}
    assert found.usable == []
    assert found.reachable == found.best == 0


def test_where_the_sun_does_not_rise_the_night_is_as_long_as_the_day():
    found = night_of(at(89), 60.0, 80.0, night=date(2026, 12, 21))
    assert len(found.sun_altitude) == 145
    assert found.twilights["astronomical"] == (0.0, 86400.0)
    assert found.usable == [(0.0, 86400.0)]
    assert found.best == pytest.approx(1, abs=1e-6)


def test_where_it_does_not_get_dark_nothing_is_usable():
    found = night_of(at(60), 60.0, 60.0, night=date(2026, 6, 21))
    assert "astronomical" not in found.twilights
    assert "nautical" not in found.twilights
    assert "civil" in found.twilights
    assert found.usable == []
    assert found.reachable == 0


def test_the_night_begins_shortly_before_the_sun_sets():
    found = night_of(ZTF, 60.0, 10.0)
    down = found.sun_altitude < -0.833
    assert down[3:-3].all()
    assert not down[:3].any()
    assert not down[-3:].any()
    # Of 28 November, at Palomar: it is 29 November in Greenwich already.
    assert abs(found.start - Time("2026-11-29T00:05")) < 15 * u.min


def test_what_a_bright_moon_stands_in_is_up_only_while_it_is_down():
    """24 November 2026 is a full Moon: plans keep 20 deg from it."""
    full, dark = date(2026, 11, 24), date(2026, 12, 8)
    middle = night_of(ZTF, 60.0, 20.0, night=full)
    moon = get_body("moon", times_of(middle)[len(middle.sun_altitude) // 2], ZTF.site.location)
    icrs = moon.icrs
    beside = night_of(ZTF, float(icrs.ra.deg), float(icrs.dec.deg), radius=2.0, night=full)
    is_up = beside.moon_altitude > 0.5
    assert beside.moon_illumination > 0.98
    assert np.all(beside.within["limit"][is_up] < 0.01)
    new = night_of(ZTF, float(icrs.ra.deg), float(icrs.dec.deg), radius=2.0, night=dark)
    assert new.best > 0.9
