"""The light formulas against astropy."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, SkyCoord, get_body, get_sun
from astropy.time import Time

from telescopes.preflight.local_sky import ApproximateSky
from telescopes.ztf.facts import ZTF

TIMES = list(Time(np.linspace(58000, 61300, 15), format="mjd", scale="utc"))


@pytest.fixture(scope="module")
def sky():
    return ApproximateSky.of(ZTF.site)


@pytest.fixture(scope="module")
def positions():
    random = np.random.default_rng(1)
    return SkyCoord(
        random.uniform(0, 360, 200), np.degrees(np.arcsin(random.uniform(-0.9, 1, 200))), unit=u.deg
    )


@pytest.mark.parametrize("time", TIMES, ids=lambda time: f"{time.mjd:.1f}")
def test_altitude_and_airmass(sky, positions, time):
    frame = positions.transform_to(AltAz(obstime=time, location=ZTF.site.location))
    altitude = sky.altitude(positions.ra.deg, positions.dec.deg, time.mjd)
    np.testing.assert_allclose(altitude, frame.alt.deg, atol=0.02)
    high = frame.alt.deg > 20
    airmass = sky.airmass(positions.ra.deg, positions.dec.deg, time.mjd)
    np.testing.assert_allclose(airmass[high], frame.secz.value[high], rtol=1.5e-3)
    assert np.all(np.isinf(airmass[frame.alt.deg < -0.1]))


@pytest.mark.parametrize("time", TIMES, ids=lambda time: f"{time.mjd:.1f}")
def test_sun(sky, time):
    expected = get_sun(time).transform_to(AltAz(obstime=time, location=ZTF.site.location)).alt.deg
    assert sky.sun_altitude(time.mjd) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("time", TIMES, ids=lambda time: f"{time.mjd:.1f}")
def test_moon(sky, positions, time):
    moon = get_body("moon", time, ZTF.site.location)
    local = moon.transform_to(AltAz(obstime=time, location=ZTF.site.location))
    assert sky.moon_altitude(time.mjd) == pytest.approx(local.alt.deg, abs=0.5)
    separation = sky.moon_separation(positions.ra.deg, positions.dec.deg, time.mjd)
    expected = SkyCoord(moon.ra, moon.dec).separation(SkyCoord(positions.ra, positions.dec)).deg
    np.testing.assert_allclose(separation, expected, atol=1.5)
    elongation = SkyCoord(moon.ra, moon.dec).separation(
        SkyCoord(get_sun(time).ra, get_sun(time).dec)
    )
    assert sky.moon(time.mjd)[2] == pytest.approx((1 - np.cos(elongation.rad)) / 2, abs=0.02)


@pytest.mark.parametrize("time", TIMES, ids=lambda time: f"{time.mjd:.1f}")
def test_hour_angle(sky, positions, time):
    sidereal = time.sidereal_time("apparent", ZTF.site.location.lon)
    expected = (sidereal - positions.ra).wrap_at(180 * u.deg).deg
    difference = sky.hour_angle(positions.ra.deg, time.mjd) - expected
    np.testing.assert_allclose((difference + 180) % 360 - 180, 0, atol=0.01)


def test_hour_angle_is_wrapped(sky):
    angles = sky.hour_angle(np.arange(0, 360, 0.5), 61000.25)
    assert np.all(angles >= -180)
    assert np.all(angles < 180)
