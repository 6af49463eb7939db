"""Predicted depth: what the telescope's facts say, and how conditions change it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from astropy import units as u
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from planners.geometry.directions import lon_lat
from planners.visibility.depth import EXTINCTION, limiting_magnitudes, moonlight
from planners.visibility.local_sky import Circumstances, LocalSky
from telescopes import TELESCOPES, ZTF
from telescopes.preflight.local_sky import ApproximateSky, SeenPosition


@dataclass
class Seen:
    """Circumstances that a test chooses."""

    altitude: float = 90.0
    moon_altitude: float = -10.0
    moon_separation: float = 90.0
    moon_illumination: float = 1.0

    @property
    def airmass(self):
        return 1 / np.sin(np.radians(self.altitude))


def depth(name="g", exposure=30, telescope=ZTF, **seen):
    return float(limiting_magnitudes(telescope, name, exposure * u.s, Seen(**seen)))


@pytest.mark.parametrize("name", ["g", "r", "i"])
def test_the_customary_exposure_at_zenith_in_the_dark_reaches_what_is_published(name):
    assert depth(name) == pytest.approx(ZTF.reference_magnitudes[name])


def test_four_times_the_time_is_three_quarters_of_a_magnitude():
    assert depth(exposure=120) - depth() == pytest.approx(0.7526, abs=1e-4)


def test_airmass_two_costs_extinction_and_seeing():
    # 2.5 log10(2^0.6) = 0.4515 of seeing.
    lost = depth("r") - depth("r", altitude=30.0)
    assert lost == pytest.approx(EXTINCTION["r"] + 0.4515, abs=1e-3)


def test_the_full_moon_brightens_the_sky_as_published():
    # Where Krisciunas and Schaefer 1991 is evaluated elsewhere, the sky far from a high full Moon
    # has 18.0 +- 0.7 mag arcsec^-2 in V; ours is 21.8 without the Moon.
    seen = Seen(altitude=45.0, moon_altitude=70.0, moon_separation=90.0)
    assert 21.8 - float(moonlight(seen)) == pytest.approx(18.0, abs=0.7)


def test_a_moon_that_is_down_does_no_harm():
    assert float(moonlight(Seen(moon_altitude=-1.0))) == 0


@given(
    separation=st.floats(10, 150),
    illumination=st.floats(0.1, 1),
    name=st.sampled_from(("g", "r", "i")),
)
def test_moonlight_never_helps_and_hurts_less_in_the_red(separation, illumination, name):
    moon = {"altitude": 60.0, "moon_altitude": 40.0}
    seen = {**moon, "moon_separation": separation, "moon_illumination": illumination}
    assert depth(name, **seen) <= depth(name, altitude=60.0)
    lost = {band: depth(band, altitude=60.0) - depth(band, **seen) for band in "gri"}
    assert lost["g"] >= lost["r"] >= lost["i"]
    nearer = {**seen, "moon_separation": separation / 2}
    assert depth(name, **nearer) <= depth(name, **seen) + 0.3


def test_silence_where_the_facts_are_silent():
    silent = [name for name, one in TELESCOPES.items() if not one.reference_magnitudes]
    seen = Seen()
    for name in silent:
        telescope = TELESCOPES[name]
        band = telescope.filters[0]
        assert limiting_magnitudes(telescope, band, 30 * u.s, seen) is None
    assert limiting_magnitudes(ZTF, "J", 30 * u.s, seen) is None


MEDIANS = {"g": 20.8, "r": 20.6, "i": 19.9}
"""Of ZTF's 30 s exposures, 5 sigma: Bellm et al. 2019, PASP 131, 018002, Table 1."""


def a_year_of_exposures():
    """Circumstances as a survey has them: dark, mostly high up, off the Moon."""
    random = np.random.default_rng(1)
    coord = ZTF.read_grid().coord
    for day in range(0, 365, 6):
        begin = Time("2026-01-01T00:00:00", scale="utc") + day * u.day
        sky = LocalSky(ZTF.site, begin, begin + 1 * u.day)
        positions = sky.positions(coord[random.choice(len(coord), 400)])
        seen = Circumstances(sky, positions, random.uniform(0, sky.length, 400))
        usual = (seen.sun_altitude < -18) & (seen.airmass < 2.5)
        usual &= random.uniform(size=400) < np.exp(-(seen.airmass - 1) / 0.25)
        usual &= (seen.moon_separation > 20 * seen.moon_illumination) | (seen.moon_altitude < 0)
        yield sky, positions, seen, np.flatnonzero(usual)


@pytest.mark.parametrize("name", MEDIANS)
def test_the_median_of_a_year_is_what_is_published(name):
    limits = [
        limiting_magnitudes(ZTF, name, 30 * u.s, seen)[usual]
        for _, _, seen, usual in a_year_of_exposures()
    ]
    assert np.median(np.concatenate(limits)) == pytest.approx(MEDIANS[name], abs=0.1)


def test_a_simulated_night_reaches_what_was_predicted():
    light = ApproximateSky.of(ZTF.site)
    apart = []
    for sky, positions, seen, usual in a_year_of_exposures():
        predicted = limiting_magnitudes(ZTF, "g", 30 * u.s, seen)
        where = np.degrees(lon_lat(positions.icrs))
        for k in usual:
            when = sky.time(float(seen.seconds[k])).utc.mjd
            reached = SeenPosition(light, where[0][k], where[1][k], when)
            apart.append(limiting_magnitudes(ZTF, "g", 30 * u.s, reached) - predicted[k])
    assert np.median(apart) == pytest.approx(0, abs=0.01)
    assert np.percentile(np.abs(apart), 95) < 0.1
