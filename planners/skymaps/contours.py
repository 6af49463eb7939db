"""Smooth contours of credible level, as GeoJSON for a map of the sky."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import contourpy
import numpy as np
import scipy
from astropy import units as u
from astropy_healpix.core import nested_to_ring
from numpy.typing import NDArray

from planners.geometry.directions import lon_lat
from planners.geometry.equal_area import Lambert, enclosing_cap
from planners.geometry.interpolation import bilinear
from planners.geometry.polygons import cell_centers, circumradius
from planners.geometry.ranges import CELL_AREA, HIGHEST_ORDER, Ranges
from planners.skymaps.skymap import SkyMap

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

_FINE, _FINER = 700, 1200
"""Grid points a side: ordinarily, and for regions wider than `_WIDE`."""

_COARSE, _POINTS_A_CELL = 200, 5
"""Grid points a side at the least; and along a side of a cell, where more would show nothing: what
is interpolated between cells bends at their centers only, and `_SLACK` of a side is smoothed. The
wide regions have many small parts."""

_WIDE = np.radians(45)
_BLOCK = 8
_CELLS_PER_REGION = 20_000
"""In the widest region, about: finer cells than the grid can show only make noise."""

_MIN_COUNT = 12
"""Cells of which a region is drawn with the outermost; a smaller one has a grid of its own."""

_SLACK = 0.2
"""Part of a cell's side by which an outline may be simplified."""

_TABLE = 12 << 18
"""Cells that are looked up in a table of their values: 25 MB."""

_SURROUNDINGS = 4
"""Areas of the outermost region that are looked at, at most: beyond lies a plain."""


def contours(skymap: SkyMap, levels: Sequence[float] = LEVELS) -> dict[str, Any]:
    """Credible regions as nested, smooth polygons.

    Parameters
    ----------
    skymap
        Any, from arcseconds to the whole sky.
    levels
        Between 0 and 1.

    Returns
    -------
    dict
        GeoJSON FeatureCollection: a MultiPolygon for each level, with ``credible_level`` in
        percent; coordinates are RA and Dec in degrees. Rings run as d3-geo wants them,
        clockwise around what they enclose where RA grows to the right, holes the other way.

    Notes
    -----
    The credible level is interpolated between cells onto a grid of equal area around the
    region, far from which the map is never looked at, and contoured there. The one point
    where that grid is singular is placed as far from the region as can be.
    """
    drawn: dict[float, list[list[list[list[float]]]]] = {}
    waiting = sorted(set(levels))
    while waiting:
        drawn |= _drawn_together(skymap, waiting)
        waiting = [level for level in waiting if level not in drawn]
    features = [
        {
            "type": "Feature",
            "properties": {"credible_level": round(100 * level, 6)},
            "geometry": {"type": "MultiPolygon", "coordinates": drawn[level]},
        }
        for level in levels
    ]
    return {"type": "FeatureCollection", "features": features}


def _drawn_together(
    skymap: SkyMap, levels: Sequence[float]
) -> dict[float, list[list[list[list[float]]]]]:
    """Polygons of the highest level, and of those others that its grid resolves."""
    outermost = levels[-1]
    order = _order(skymap, outermost)
    region = _surroundings(skymap, outermost)
    cells, values = _cell_levels(skymap, order, region, 0.4 * levels[0])
    directions = cell_centers(order, cells)
    center, radius = enclosing_cap(directions)
    radius = min(radius + 3 * circumradius(order) + 0.05 * radius, np.pi)
    chart = Lambert(center, radius)
    side = np.sqrt(np.pi / 3) / (1 << order)
    enough = max(_COARSE, math.ceil(_POINTS_A_CELL * 2 * chart.reach / side))
    n = _FINER if radius > _WIDE else min(_FINE, enough)
    axis, grid = _sampled(chart, n, order, cells, values)
    generator: Any = contourpy.contour_generator(
        axis, axis, grid, fill_type=contourpy.FillType.OuterOffset
    )
    decimals = 3 + max(0, int(np.ceil(-np.log10(np.degrees(radius)))))
    step = axis[1] - axis[0]
    tolerance = max(0.4 * step, _SLACK * side)
    drawn = {}
    for level in levels:
        if level == outermost or skymap.area(level) > _MIN_COUNT * max(step, side) ** 2 * u.sr:
            count = int(skymap.area(level).to_value(u.sr) / step**2)
            points, offsets = generator.filled(-1, _threshold(grid, level, count))
            drawn[level] = [
                _rings(chart, p, o, tolerance, decimals)
                for p, o in zip(points, offsets, strict=True)
            ]
    return drawn


def _threshold(grid: NDArray[np.float64], level: float, count: int) -> float:
    """Where to contour: at the level, unless interpolation between few cells has lost it.

    Then at the value that `count` points of the grid, which is one of equal areas, do not exceed.
    """
    if grid.min() < level:
        return level
    return float(np.partition(grid, count, axis=None)[count])


def _order(skymap: SkyMap, level: float) -> int:
    """Order to interpolate at: that of the map's own cells near the outermost contour, or less."""
    area = skymap.area(level).to_value(u.sr)
    shown = int(np.ceil(0.5 * np.log2(_CELLS_PER_REGION * np.pi / 3 / area)))
    inner = np.flatnonzero(np.abs(skymap.credible_levels - level + 0.2) <= 0.2)
    if len(inner) == 0:
        return int(np.clip(shown, 0, HIGHEST_ORDER))
    sizes = skymap.hi[inner] - skymap.lo[inner]
    by_size = np.argsort(sizes)
    weight = np.cumsum(skymap.probability[inner][by_size])
    typical = int(sizes[by_size[np.searchsorted(weight, 0.5 * weight[-1])]])
    own = HIGHEST_ORDER - (typical.bit_length() - 1) // 2
    return int(np.clip(min(shown, own), 0, HIGHEST_ORDER))


def _surroundings(skymap: SkyMap, level: float) -> Ranges:
    """The region of a level and what lies around it, which bears on its outline too."""
    reach = level + 0.8 * (1 - level)
    descending = np.argsort(skymap.credible_levels, kind="stable")
    spent = np.cumsum(skymap.range_area[descending])
    most = _SURROUNDINGS * skymap.area(level).to_value(u.sr)
    kept = descending[(spent <= most) & (skymap.credible_levels[descending] < reach)]
    return skymap.region(level).union(Ranges.of(skymap.lo[kept], skymap.hi[kept]))


def _cell_levels(
    skymap: SkyMap, order: int, region: Ranges, most: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Cells of `order` that touch a region, and the level of each.

    The level is the probability of everything denser and half of what is equal, but not more
    than `most` of that: a plain lies within all contours that reach it, and not on one.
    """
    shift = 2 * (HIGHEST_ORDER - order)
    cells = region.touching(order).cells(order)
    gain = skymap.cumulative((cells + 1) << shift) - skymap.cumulative(cells << shift)
    density = gain / (CELL_AREA * 2.0**shift)
    by_density = np.argsort(skymap.density)
    ascending = skymap.density[by_density]
    above = np.append(np.cumsum(skymap.probability[by_density][::-1])[::-1], 0.0)
    # The mean of equal densities is rounded.
    denser = above[np.searchsorted(ascending, density * (1 + 1e-9), side="right")]
    no_less = above[np.searchsorted(ascending, density * (1 - 1e-9), side="left")]
    return cells, np.minimum(denser + np.minimum(0.5 * (no_less - denser), most), 1.0)


def _sampled(
    chart: Lambert,
    n: int,
    order: int,
    cells: NDArray[np.int64],
    values: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Axis of a square grid, shape (n,), and the interpolated level on it, shape (n, n)."""
    axis = np.linspace(-chart.reach, chart.reach, n)
    step = axis[1] - axis[0]
    grid = np.ones((n, n))
    x, y = chart.project(cell_centers(order, cells))
    blocks = np.zeros((-(-n // _BLOCK),) * 2, dtype=bool)
    column, row = (np.clip((v - axis[0]) / step / _BLOCK, 0, len(blocks) - 1) for v in (x, y))
    blocks[row.astype(int), column.astype(int)] = True
    # A cell reaches its own width, which the chart stretches away from its center.
    widest = 2 * circumradius(order) / max(np.cos(chart.radius / 2), 0.05)
    blocks = scipy.ndimage.binary_dilation(
        blocks, np.ones((3, 3)), iterations=1 + int(widest / (_BLOCK * step))
    )
    wanted = np.kron(blocks, np.ones((_BLOCK, _BLOCK), dtype=bool))[:n, :n]
    row, column = np.nonzero(wanted)
    inside = np.hypot(axis[column], axis[row]) <= chart.reach
    row, column = row[inside], column[inside]
    neighbors, weights = bilinear(order, *lon_lat(chart.deproject(axis[column], axis[row])))
    # There are many times more points of the grid than cells.
    cells = nested_to_ring(cells, 1 << order)
    by_cell = np.argsort(cells)
    cells, values = cells[by_cell], values[by_cell]
    grid[row, column] = np.sum(weights * _looked_up(neighbors, cells, values), axis=0)
    return axis, grid


def _looked_up(
    index: NDArray[np.int64], cells: NDArray[np.int64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values of sorted cells by their index; 1 where the cell is not listed."""
    span = int(cells[-1] - cells[0]) + 1
    if span <= _TABLE:
        table = np.ones(span + 2)
        table[cells - cells[0] + 1] = values
        return np.asarray(table[np.clip(index - cells[0] + 1, 0, span + 1)])
    place = np.minimum(np.searchsorted(cells, index), len(cells) - 1)
    return np.asarray(np.where(cells[place] == index, values[place], 1.0))


def _rings(
    chart: Lambert,
    points: NDArray[np.float64],
    offsets: NDArray[np.uint32],
    tolerance: float,
    decimals: int,
) -> list[list[list[float]]]:
    """One polygon: its outline, then its holes."""
    rings: list[list[list[float]]] = []
    for first, last in itertools.pairwise(offsets):
        around = chart.deproject(*points[first:last][::-1].T)
        ring = simplified(around, tolerance)
        # A speck of the size of the tolerance is still somewhere to look.
        kept = ring if len(ring) >= 4 else around
        lon = np.degrees(np.arctan2(kept[:, 1], kept[:, 0])) % 360
        lat = np.degrees(np.arctan2(kept[:, 2], np.hypot(kept[:, 0], kept[:, 1])))
        rings.append(np.stack([lon.round(decimals) % 360, lat.round(decimals)], axis=-1).tolist())
    return rings


def simplified(line: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """Fewest of a line's points, both ends among them, that it stays within `tolerance` of.

    Parameters
    ----------
    line
        Unit vectors; between two, the line follows a great circle. Shape (n, 3).
    tolerance
        rad.

    References
    ----------
    Douglas & Peucker 1973, Cartographica 10, 112.
    """
    keep = np.zeros(len(line), dtype=bool)
    keep[[0, -1]] = True
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        between = line[first + 1 : last]
        # `numpy.cross` and `numpy.linalg.norm` take ten times as long for three numbers.
        (ax, ay, az), (bx, by, bz) = line[first].tolist(), line[last].tolist()
        pole = np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])
        length = math.hypot(*pole.tolist())
        if length > 0:
            away = np.abs((between - line[first]) @ pole) / length
        else:
            away = np.linalg.norm(between - line[first], axis=1)
        farthest = int(np.argmax(away))
        if away[farthest] > tolerance:
            middle = first + 1 + farthest
            keep[middle] = True
            spans += [(first, middle), (middle, last)]
    return line[keep]
