"""One night of one telescope for a region of the sky: when how much of it can be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.time import Time
from numpy.typing import NDArray

from planners.geometry.directions import lon_lat, sky_coord
from planners.visibility.local_sky import Circumstances, LocalSky
from planners.visibility.nights import noons
from planners.visibility.rules import airmass_below, every, moon_beyond, pointing_rules
from planners.visibility.spans import above, spans_above
from telescopes.observing_plan import ObservingRequest
from telescopes.telescope import Telescope

STEP = 600.0
"""Between two samples, s."""

DARK = "astronomical"
"""Twilight at whose end it is dark: a plan observes in the dark unless it is asked otherwise."""

SUN_ALTITUDES = {"sunset": -0.833, "civil": -6.0, "nautical": -12.0, DARK: -18.0}
"""Altitude of the Sun's center (deg) at the beginning of each, without refraction; at sunset its
upper limb is seen on the horizon."""

MOON_RISES = -0.833
"""Likewise of the Moon, seen from the site."""

MOON_SEPARATION = ObservingRequest.moon_separation
"""From a full Moon, as plans keep it unless they are asked otherwise."""

AIRMASSES = (1.5, 2.0)
"""Airmasses of the bands, besides the telescope's own limit."""

LIMIT = "limit"
"""Name of the band of all that the telescope may point at."""

DECILES = (0.1, 0.5, 0.9)
"""Parts of the probability whose airmass is given."""

MAX_AIRMASS = 20.0
"""Where it is higher the airmass is not given."""

_MARGIN = 3
"""Samples that are kept before the Sun sets and after it rises."""

_USEFUL = 0.05
"""Part of what the night reaches that must be up for an hour to be of use."""

_BEST = 0.95
"""Part of the best that is as good."""


@dataclass(frozen=True, eq=False)
class RegionNight:
    """What a night offers. Samples are `STEP` apart; times are seconds since the first one.

    Probabilities are of the whole map, whatever of it is ever seen from the site.
    """

    night: date
    """Of the evening."""

    start: Time
    """Of the first sample: shortly before the Sun sets, or noon where it does not rise."""

    sun_altitude: NDArray[np.float64]
    """deg, shape (n_samples,); no samples at all where the Sun does not set."""

    moon_altitude: NDArray[np.float64]
    """deg, shape (n_samples,)."""

    moon_separation: NDArray[np.float64]
    """From the region's peak, deg, shape (n_samples,)."""

    moon_illumination: float
    """Illuminated fraction in the middle of the night, 0 to 1."""

    zenith: NDArray[np.float64]
    """Right ascension and declination (ICRS, deg) of what stands overhead, shape (n_samples, 2):
    the altitude of any position follows, but for aberration."""

    twilights: dict[str, tuple[float, float]]
    """When the Sun goes below each of `SUN_ALTITUDES` and when it comes back, s; those that it
    does not reach are left out."""

    moon: list[tuple[float, bool]]
    """When the Moon rises (True) and sets (False), s."""

    within: dict[str, NDArray[np.float64]]
    """Probability where the telescope may point, as far from the Moon as plans keep, and the
    airmass is at most that of the key, one of `AIRMASSES` or "limit", shape (n_samples,); whether
    it is dark does not matter."""

    still_reachable: NDArray[np.float64]
    """Probability that the telescope can reach in the dark from each sample on, shape
    (n_samples,)."""

    deciles: dict[str, NDArray[np.float64]]
    """Airmass that each of `DECILES` of the probability is at or below, shape (n_samples,): the
    map's cells are ordered by their airmass, wherever the telescope may point. NaN while less
    than that is above the horizon, or its airmass is above `MAX_AIRMASS`."""

    usable: list[tuple[float, float]]
    """Intervals (s) in which it is dark and at least 5 % of what the night reaches is up."""

    best: float
    """Most probability that is up at one time in the dark."""

    best_until: float | None
    """Last time at which as much (95 % of it) is up in the dark, s; None: it never is."""

    @property
    def reachable(self) -> float:
        """Probability that is up at any time in the dark."""
        return float(self.still_reachable[0]) if len(self.still_reachable) else 0.0


def region_night(
    direction: NDArray[np.float64],
    probability: NDArray[np.float64],
    peak: SkyCoord,
    telescope: Telescope,
    night: date,
) -> RegionNight:
    """Work out one night.

    Parameters
    ----------
    direction
        Centers (ICRS) of the map's cells. Shape (n_cells, 3).
    probability
        Of each, adding up to one. Shape (n_cells,).
    peak
        From which the distance of the Moon is given.
    telescope
        Its site, and where it may point.
    night
        Date of the evening.
    """
    noon, next_noon = (Time(each) for each in noons(telescope.site, night))
    sky = LocalSky(telescope.site, noon, next_noon)
    whole = np.arange(0.0, sky.length + 1.0, STEP)
    sun = _sun_altitude(sky, whole)
    seconds = whole[_around_night(sun)]
    origin = float(seconds[0]) if len(seconds) else 0.0
    twilights = {
        name: (spans[0][0] - origin, spans[-1][1] - origin)
        for name, limit in SUN_ALTITUDES.items()
        if (spans := spans_above(lambda at: -_sun_altitude(sky, at), -limit, whole))
    }
    dark = twilights.get(DARK)
    # The first and the last moment of darkness are looked at besides: what is up there counts.
    edges = [] if dark is None else [dark[0] + origin, dark[1] + origin]
    at = np.unique(np.concatenate([seconds, edges]))
    is_sample = np.isin(at, seconds)
    seen = Circumstances(sky, sky.positions(sky_coord(direction))[:, None], at)
    allowed = every((*pointing_rules(telescope), moon_beyond(MOON_SEPARATION)))(seen)
    within = {
        **{
            f"{limit:g}": probability @ (allowed & airmass_below(limit)(seen))
            for limit in AIRMASSES
        },
        LIMIT: probability @ allowed,
    }
    is_dark = (at >= edges[0]) & (at <= edges[1]) if edges else np.zeros(len(at), dtype=bool)
    from_then_on = np.logical_or.accumulate((allowed & is_dark)[:, ::-1], axis=1)[:, ::-1]
    reachable = probability @ from_then_on
    in_the_dark = at[is_dark] - origin, within[LIMIT][is_dark]
    best = float(in_the_dark[1].max(initial=0.0))
    as_good = above(*in_the_dark, _BEST * best) if best > 0 else []
    useful = _USEFUL * float(reachable[:1].sum())
    of_peak = Circumstances(sky, sky.positions(peak), seconds)
    return RegionNight(
        night=night,
        start=sky.time(origin),
        sun_altitude=_sun_altitude(sky, seconds),
        moon_altitude=_moon_altitude(sky, seconds),
        moon_separation=np.broadcast_to(of_peak.moon_separation, seconds.shape),
        moon_illumination=float(sky.moon_illumination(sky.length / 2)),
        zenith=np.degrees(np.stack(lon_lat(sky.zenith(seconds)), axis=-1)),
        twilights=twilights,
        moon=_moon_events(sky, seconds, origin),
        within={name: value[is_sample] for name, value in within.items()},
        still_reachable=reachable[is_sample],
        deciles=_deciles(seen.altitude[:, is_sample], probability),
        usable=above(*in_the_dark, useful) if useful > 0 else [],
        best=best,
        best_until=as_good[-1][1] if as_good else None,
    )


def _sun_altitude(sky: LocalSky, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    return sky.altitude_of(sky.sun(seconds), seconds)


def _moon_altitude(sky: LocalSky, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    return sky.altitude_of(sky.moon(seconds), seconds)


def _around_night(sun: NDArray[np.float64]) -> slice:
    """Samples at which the Sun is down, and a few around them."""
    down = np.flatnonzero(sun < SUN_ALTITUDES["sunset"])
    if len(down) == 0:
        return slice(0, 0)
    return slice(max(int(down[0]) - _MARGIN, 0), int(down[-1]) + _MARGIN + 1)


def _moon_events(
    sky: LocalSky, seconds: NDArray[np.float64], origin: float
) -> list[tuple[float, bool]]:
    """Risings and settings of the Moon strictly between the first sample and the last."""
    spans = spans_above(lambda at: _moon_altitude(sky, at), MOON_RISES, seconds)
    return [
        (time - origin, is_rise)
        for span in spans
        for time, is_rise in zip(span, (True, False), strict=True)
        if seconds[0] < time < seconds[-1]
    ]


def _deciles(
    altitude: NDArray[np.float64], probability: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Airmass that parts of the probability are at or below, at each sample."""
    order = np.argsort(-altitude, axis=0)
    ordered = np.take_along_axis(altitude, order, axis=0)
    reached = np.cumsum(probability[order], axis=0)
    lowest = np.degrees(np.arcsin(1 / MAX_AIRMASS))
    found = {}
    for part in DECILES:
        # A sum of probabilities is rounded.
        first = np.argmax(reached >= part * reached[-1:] - 1e-9, axis=0)
        there = np.take_along_axis(ordered, first[None], axis=0)[0]
        sine = np.sin(np.radians(np.maximum(there, lowest)))
        found[f"{100 * part:g}"] = np.where(there >= lowest, 1 / sine, np.nan)
    return found
