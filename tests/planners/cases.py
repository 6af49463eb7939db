"""Sky maps and requests that the planners' tests share."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import astropy_healpix
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time, TimeDelta
from hypothesis import strategies as st

from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ObservingRequest
from telescopes.telescope import FieldGrid

NIGHTS = (
    Time("2026-06-21T03:00:00", scale="utc"),
    Time("2026-12-21T01:00:00", scale="utc"),
    Time("2026-11-24T01:00:00", scale="utc"),
)
"""Some hours before the darkness of a summer night, of a winter one and of one at full Moon."""


@cache
def _directions(order):
    cell = np.arange(12 << (2 * order))
    xyz = astropy_healpix.healpix_to_xyz(cell, 1 << order, order="nested")
    return np.stack(xyz, axis=-1)


def skymap_of(density, order):
    """A sky map of one value for each cell of an order, NESTED."""
    cell = np.arange(12 << (2 * order))
    shift = 2 * (29 - order)
    return SkyMap.normalized((cell << shift, (cell + 1) << shift), np.asarray(density, dtype=float))


def blob(ra, dec, sigma, order=None):
    """A round Gaussian (deg), cut off at five sigma."""
    if order is None:
        order = int(np.clip(np.ceil(np.log2(60 / sigma)), 4, 8))
    center = SkyCoord(ra * u.deg, dec * u.deg).cartesian.xyz.value
    angle = np.degrees(np.arccos(np.clip(_directions(order) @ center, -1, 1)))
    return skymap_of(np.where(angle < 5 * sigma, np.exp(-0.5 * (angle / sigma) ** 2), 0), order)


def ring(ra, dec, radius, width):
    """A ring (deg), like those of two detectors."""
    center = SkyCoord(ra * u.deg, dec * u.deg).cartesian.xyz.value
    angle = np.degrees(np.arccos(np.clip(_directions(6) @ center, -1, 1)))
    density = np.exp(-0.5 * ((angle - radius) / width) ** 2)
    return skymap_of(np.where(density > 1e-4, density, 0), 6)


def whole_sky():
    """The source may be anywhere."""
    return skymap_of(np.ones(12 << 8), 4)


def request_for(start, hours, filters=("g", "r"), exposure=30, **more):
    """A request with one exposure time (s)."""
    return ObservingRequest(
        start=start,
        end=start + TimeDelta(hours * 3600, format="sec"),
        filters=filters,
        exposure_time=dict.fromkeys(filters, exposure * u.s),
        **more,
    )


def few_fields(telescope, chosen):
    """The same telescope with some of its fields only."""
    grid = telescope.read_grid()
    used = np.flatnonzero(np.isin(grid.field_id, chosen))
    small = FieldGrid(grid.field_id[used], grid.coord[used], grid.is_primary[used])
    return replace(telescope, read_grid=lambda: small)


angles = st.floats(0, 359.9)
declinations = st.floats(-89, 89)


@st.composite
def skymaps(draw):
    """Maps of many kinds: small, large, polar, along the galactic plane, of the whole sky."""
    kind = draw(st.sampled_from(("small", "large", "polar", "plane", "ring", "sky")))
    if kind == "small":
        return blob(draw(angles), draw(declinations), draw(st.floats(0.2, 2)))
    if kind == "large":
        return blob(draw(angles), draw(declinations), draw(st.floats(5, 15)))
    if kind == "polar":
        return blob(draw(angles), draw(st.floats(80, 89.9)), draw(st.floats(1, 6)))
    if kind == "plane":
        center = SkyCoord(draw(angles) * u.deg, 0 * u.deg, frame="galactic").icrs
        return blob(center.ra.deg, center.dec.deg, draw(st.floats(1, 6)))
    if kind == "ring":
        return ring(draw(angles), draw(declinations), draw(st.floats(20, 80)), 3)
    return whole_sky()


@st.composite
def requests(draw, longest=None):
    """Requests of many kinds: whole nights, minutes, daylight, summer, winter, at full Moon.

    A night is cut down to `longest` hours, if given, somewhere around its middle.
    """
    night = draw(st.sampled_from(NIGHTS))
    window = draw(st.sampled_from(("night", "hours", "minute", "daylight")))
    start, hours = {
        "night": (0.0, 13.0) if longest is None else (draw(st.floats(2, 9)), longest),
        "hours": (draw(st.floats(2, 9)), draw(st.floats(0.5, min(4, longest or 4)))),
        "minute": (draw(st.floats(2, 9)), 1 / 60),
        "daylight": (15.0, 3.0),
    }[window]
    filters = draw(
        st.sampled_from((("r",), ("g", "r"), ("g", "r", "g"), ("r", "r"), ("g", "r", "i")))
    )
    more = {}
    if draw(st.booleans()):
        more["maximum_fields"] = draw(st.integers(1, 60))
    if draw(st.booleans()):
        more["maximum_time"] = draw(st.floats(0.1, 3)) * u.h
    if draw(st.booleans()):
        begin = night + TimeDelta((start + draw(st.floats(0, 2))) * 3600, format="sec")
        more["busy"] = ((begin, begin + TimeDelta(1500, format="sec")),)
    if draw(st.booleans()):
        more["galactic_latitude"] = 10 * u.deg
    return request_for(
        night + TimeDelta(start * 3600, format="sec"),
        hours,
        filters,
        draw(st.sampled_from((30, 60, 300))),
        minimum_gap=draw(st.sampled_from((0, 15, 30, 120))) * u.min,
        airmass_limit=draw(st.sampled_from((1.3, 2.0, 2.5, 3.5))),
        moon_separation=draw(st.sampled_from((0, 20, 45))) * u.deg,
        sun_altitude=draw(st.sampled_from((-12, -18))) * u.deg,
        interruption_rate=draw(st.sampled_from((0.1, 0, 1))) / u.h,
        **more,
    )
