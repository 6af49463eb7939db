"""Depth of exposures: the 5-sigma limit of a point source, as it is predicted and simulated.

It is counted from the limit of the customary exposure at zenith in dark time, which is a fact of
the telescope: deeper by the square root of the exposure time, less by extinction, by the seeing
that grows with airmass, and by the sky that the Moon brightens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from telescopes.telescope import Telescope


class Conditions(Protocol):
    """Where exposures are on the sky, and the Moon; angles in deg, shape (n,)."""

    @property
    def altitude(self) -> NDArray[np.float64]:
        """Above the horizon."""

    @property
    def airmass(self) -> NDArray[np.float64]:
        """Secant of the zenith distance."""

    @property
    def moon_altitude(self) -> NDArray[np.float64]:
        """Of the Moon's center."""

    @property
    def moon_separation(self) -> NDArray[np.float64]:
        """From the Moon's center."""

    @property
    def moon_illumination(self) -> NDArray[np.float64]:
        """Illuminated fraction of the Moon's disc, 0 to 1."""


EXTINCTION: Mapping[str, float] = {
    # Palomar, mag per airmass: Ofek et al. 2012, PASP 124, 62, section 4 (g, R); the others
    # from Fukugita et al. 1996, AJ 111, 1748, table 3, and, for J, Persson et al. 1998,
    # AJ 116, 2475, section 3.
    "u": 0.49,
    "g": 0.17,
    "r": 0.10,
    "i": 0.06,
    "z": 0.06,
    "Y": 0.05,
    "J": 0.10,
}
"""Of the atmosphere above a good site, mag per airmass, by filter."""

MOONLIGHT: Mapping[str, float] = {
    # Sky brightness at new and full Moon in B, V, R, I: Walker 1987, NOAO Newsletter 10, 16;
    # differences of 3.2, 1.8, 1.0 and 0.7 mag. The model below, which says how that changes with
    # place and phase, has 3.7 mag in V where they were measured (zenith, the full Moon 45 deg
    # high): twice as much.
    "u": 1.07,
    "g": 0.68,
    "r": 0.34,
    "i": 0.19,
    "z": 0.15,
    "Y": 0.05,
    "J": 0.0,
}
"""How much the Moon brightens the sky, in magnitudes, over what the model has in V."""

_DARK_SKY = 34.08 * np.exp(20.7233 - 0.92104 * 21.8)
"""Of 21.8 mag arcsec^-2 in V at zenith, nanolambert: Krisciunas and Schaefer 1991, eq. 27."""

_EXTINCTION_V = 0.172
"""Of the model of moonlight, mag per airmass: Krisciunas and Schaefer 1991, section 4."""


def moonlight(seen: Conditions) -> NDArray[np.float64]:
    """Brightening of the sky by the Moon in V, mag; zero while it is down.

    References
    ----------
    Krisciunas and Schaefer 1991, PASP 103, 1033, equations 2, 3, 15, 20 and 21.
    """
    phase = np.degrees(np.arccos(np.clip(2 * seen.moon_illumination - 1, -1, 1)))
    illuminance = 10 ** (-0.4 * (3.84 + 0.026 * phase + 4e-9 * phase**4))
    separation = np.maximum(seen.moon_separation, 1.0)
    scattering = 10**5.36 * (1.06 + np.cos(np.radians(separation)) ** 2) + 10 ** (
        6.15 - separation / 40
    )
    through_moon = 10 ** (-0.4 * _EXTINCTION_V * _path(seen.moon_altitude))
    through_field = 10 ** (-0.4 * _EXTINCTION_V * _path(seen.altitude))
    moon = scattering * illuminance * through_moon * (1 - through_field)
    dark = _DARK_SKY * through_field * _path(seen.altitude)
    return np.where(seen.moon_altitude > 0, 2.5 * np.log10(1 + moon / dark), 0.0)


def _path(altitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Optical path along which air scatters, in units of that to the zenith."""
    zenith_distance = np.radians(90 - np.maximum(altitude, 0.0))
    return np.asarray((1 - 0.96 * np.sin(zenith_distance) ** 2) ** -0.5)


def limiting_magnitudes(
    telescope: Telescope, name: str, exposure_time: u.Quantity[u.physical.time], seen: Conditions
) -> NDArray[np.float64] | None:
    """Predicted 5-sigma AB limits in one filter; None where the telescope's facts are silent.

    Parameters
    ----------
    name
        Filter.
    seen
        Where and when, in the middle of the exposures.
    """
    if name not in telescope.reference_magnitudes or name not in EXTINCTION:
        return None
    gain = 1.25 * np.log10((exposure_time / telescope.exposure_time).to_value(u.one))
    airmass = np.minimum(seen.airmass, 10.0)
    # Seeing grows as airmass^0.6 (Fried 1966), and with it the sky under the source.
    seeing = 2.5 * 0.6 * np.log10(airmass)
    sky = MOONLIGHT[name] * moonlight(seen) / 2
    dimming = EXTINCTION[name] * (airmass - 1)
    return np.asarray(telescope.reference_magnitudes[name] + gain - dimming - seeing - sky)
