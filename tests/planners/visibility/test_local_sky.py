"""Where fields, Sun and Moon stand: as astropy and astroplan say."""

from __future__ import annotations

import astroplan
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, SkyCoord, get_body, get_sun
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.visibility.local_sky import Circumstances, LocalSky
from telescopes import TELESCOPES
from tests.planners.cases import angles, declinations

pytestmark = pytest.mark.filterwarnings("ignore:Tried to get polar motions")

SITES = ("ZTF", "DECam", "GROWTH-India")
days = st.integers(0, 2550)


def sky_of(name, day, hours=12):
    start = Time("2020-01-01T00:00:00", scale="utc") + day * u.day
    return LocalSky(TELESCOPES[name].site, start, start + hours * u.hour)


@pytest.mark.parametrize("name", SITES)
@given(day=days, ra=angles, dec=declinations, fraction=st.floats(0, 1))
@settings(max_examples=15)
def test_fields_stand_where_astropy_says(name, day, ra, dec, fraction):
    sky = sky_of(name, day)
    seconds = fraction * sky.length
    coord = SkyCoord([ra] * u.deg, [dec] * u.deg)
    ours = Circumstances(sky, sky.positions(coord), seconds)
    frame = AltAz(obstime=sky.time(seconds), location=sky.site.location)
    theirs = coord.transform_to(frame)
    assert abs(ours.altitude[0] - theirs.alt.deg[0]) < 0.002
    if theirs.alt.deg[0] > 20:
        assert abs(ours.airmass[0] - theirs.secz[0]) < 0.001
    if abs(theirs.alt.deg[0]) < 85:
        assert abs((ours.azimuth[0] - theirs.az.deg[0] + 180) % 360 - 180) < 0.03
    assert ours.galactic_latitude[0] == pytest.approx(coord.galactic.b.deg[0], abs=1e-6)


@pytest.mark.parametrize("name", SITES)
@given(day=days, ra=angles, dec=declinations, fraction=st.floats(0, 1))
@settings(max_examples=15)
def test_sun_and_moon_stand_where_astropy_says(name, day, ra, dec, fraction):
    sky = sky_of(name, day)
    seconds = fraction * sky.length
    time = sky.time(seconds)
    coord = SkyCoord([ra] * u.deg, [dec] * u.deg)
    ours = Circumstances(sky, sky.positions(coord), seconds)
    frame = AltAz(obstime=time, location=sky.site.location)
    moon = get_body("moon", time, sky.site.location).transform_to(frame)
    assert abs(float(ours.sun_altitude) - get_sun(time).transform_to(frame).alt.deg) < 0.005
    assert abs(float(ours.moon_altitude) - moon.alt.deg) < 0.01
    seen = coord.transform_to(frame)[0]
    assert abs(ours.moon_separation[0] - seen.separation(moon).deg) < 0.01
    illumination = astroplan.moon_illumination(time)
    assert float(ours.moon_illumination) == pytest.approx(float(illumination), abs=0.003)


def test_one_matrix_serves_a_month():
    sky = sky_of("ZTF", 100, hours=24 * 30)
    coord = SkyCoord(np.linspace(0, 350, 8) * u.deg, np.linspace(-80, 80, 8) * u.deg)
    positions = sky.positions(coord)
    for seconds in (0.0, sky.length):
        frame = AltAz(obstime=sky.time(seconds), location=sky.site.location)
        ours = Circumstances(sky, positions, seconds).altitude
        assert np.max(np.abs(ours - coord.transform_to(frame).alt.deg)) < 0.002
