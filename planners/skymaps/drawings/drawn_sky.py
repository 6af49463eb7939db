"""What a picture shows of a sky map, taken from it in little memory however large it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.geometry.directions import sky_coord
from planners.geometry.equal_area import enclosing_cap
from planners.geometry.polygons import cell_centers, circumradius, unit_vectors
from planners.geometry.ranges import CELL_AREA, HIGHEST_ORDER, Ranges
from planners.skymaps.contours import contours
from planners.skymaps.skymap import SkyMap

LEVELS = (0.9, 0.5)
"""Credible levels that are outlined."""

ORDER = 7
"""HEALPix order of the whole sky: cells of 0.46 deg, about one pixel of a picture."""

WIDEST = 45.0
"""Radius that the tangent plane shows, deg: what is wider is shown on the globe."""

_NARROWEST = 1 / 60
"""Radius of the closest look, deg."""

_MARGIN = 1.25
"""Radius of the closer look over that of the region."""

_CHUNK = 1 << 18
"""Ranges that are looked at together."""

_MANY, _FINEST_PICTURE = 1 << 20, 9
"""A map of more ranges is made coarser for the closer look, up to this order."""

_PIXELS = 200
"""Of a radius of the closer look."""


@dataclass(frozen=True, eq=False)
class DrawnSky:
    """A map reduced to what two pictures of it need."""

    picture: NDArray[np.float64]
    """Probability in each cell of `ORDER`, NESTED."""

    near: SkyMap
    """The map as fine as it is, where the closer look goes; its sum is not one."""

    center: SkyCoord
    """Middle of the closer look."""

    radius: float
    """Of the closer look, deg."""

    peak: tuple[float, float]
    """RA and Dec of the brightest position, deg."""

    areas: Mapping[float, float]
    """deg2, by credible level."""

    outlines: Mapping[float, list[NDArray[np.float64]]]
    """Rings of RA and Dec (deg) around the regions, by credible level."""

    @classmethod
    def of(cls, skymap: SkyMap) -> Self:
        """Reduce any map."""
        peak = skymap.peak()
        return cls.known(
            skymap,
            (float(peak.ra.deg), float(peak.dec.deg)),
            {level: float(skymap.area(level).to_value(u.deg**2)) for level in LEVELS},
            contours(skymap, LEVELS),
        )

    @classmethod
    def known(
        cls,
        skymap: SkyMap,
        peak: tuple[float, float],
        areas: Mapping[float, float],
        geojson: Mapping[str, Any],
    ) -> Self:
        """Reduce a map of which more is known already: for a large one that is most of the work.

        Parameters
        ----------
        skymap
            Its distances are not looked at.
        peak
            RA and Dec of the brightest position, deg.
        areas
            Of the regions of `LEVELS`, deg2.
        geojson
            What `planners.skymaps.contours.contours` makes of it, of `LEVELS` and others.
        """
        outlines = _outlines(geojson)
        center, radius = _closer_look(outlines[LEVELS[0]], peak)
        picture = np.zeros(12 << (2 * ORDER))
        for part in _parts(skymap):
            picture += part.rasterize(ORDER)
        return cls(
            picture, _within(skymap, center, radius), center, radius, peak, areas,
            {level: outlines[level] for level in LEVELS},
        )  # fmt: skip


def _parts(skymap: SkyMap) -> Iterator[SkyMap]:
    for first in range(0, len(skymap.lo), _CHUNK):
        chosen = slice(first, first + _CHUNK)
        yield SkyMap(skymap.lo[chosen], skymap.hi[chosen], skymap.density[chosen])


def _outlines(geojson: Mapping[str, Any]) -> dict[float, list[NDArray[np.float64]]]:
    """Rings of each level, the outer one of each polygon first."""
    return {
        round(feature["properties"]["credible_level"] / 100, 8): [
            np.asarray(ring, dtype=float)
            for polygon in feature["geometry"]["coordinates"]
            for ring in polygon
        ]
        for feature in geojson["features"]
    }


def _closer_look(
    rings: list[NDArray[np.float64]], peak: tuple[float, float]
) -> tuple[SkyCoord, float]:
    """Middle and radius of the region; of its longest part where the whole is too wide."""
    if not rings:
        return SkyCoord(*peak, unit=u.deg), _NARROWEST
    longest = max(rings, key=len)
    for corners in (np.concatenate(rings), longest):
        middle, angle = enclosing_cap(unit_vectors(SkyCoord(*corners.T, unit=u.deg)))
        radius = max(_MARGIN * float(np.degrees(angle)), _NARROWEST)
        if radius <= WIDEST:
            break
    return sky_coord(middle), radius


def _within(skymap: SkyMap, center: SkyCoord, radius: float) -> SkyMap:
    """Ranges that a square picture around a position can show."""
    # From this order on no cell is larger than a pixel.
    finest = int(np.ceil(np.log2(60 / (min(radius, 90.0) / _PIXELS))))
    if len(skymap.lo) > _MANY and finest <= _FINEST_PICTURE:
        return _coarse(skymap, finest)
    if radius > WIDEST:
        return skymap
    order = max(3, min(7, int(np.ceil(np.log2(60 / radius)))))
    cells = np.arange(12 << (2 * order))
    reach = min(np.radians(1.5 * radius) + circumradius(order), np.pi)
    near = cell_centers(order, cells) @ unit_vectors(center) >= np.cos(reach)
    window = Ranges.of_cells(order, cells[near])
    first = np.searchsorted(skymap.hi, window.lo, side="right")
    last = np.searchsorted(skymap.lo, window.hi, side="left")
    chosen = np.unique(np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)]))
    return SkyMap(skymap.lo[chosen], skymap.hi[chosen], skymap.density[chosen])


def _coarse(skymap: SkyMap, order: int) -> SkyMap:
    picture = np.zeros(12 << (2 * order))
    for part in _parts(skymap):
        picture += part.rasterize(order)
    cells = np.flatnonzero(picture)
    shift = 2 * (HIGHEST_ORDER - order)
    area = CELL_AREA * 2.0**shift
    return SkyMap(cells << shift, (cells + 1) << shift, picture[cells] / area)
