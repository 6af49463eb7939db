"""Cameras on the sky: what each field, pointing and detector covers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import ConvexHull

from planners.footprints.cameras import camera_cells, tangent_frames
from planners.geometry.polygons import unit_vectors
from planners.geometry.ranges import HIGHEST_ORDER, Ranges, consecutive
from planners.skymaps.skymap import SkyMap
from telescopes.observing import Footprint, Telescope

_CELLS_PER_CAMERA = 3000
"""At the customary order, at least: the area of a ZTF field is then good to 0.2 %, without bias."""

_CELLS_PER_MAP = 10_000, 2_000_000
"""In the 50 % region of a map at least, in its 99.9 % region at most, once the order is chosen
for it too."""


@dataclass(frozen=True, eq=False)
class FieldCells:
    """Which cells of one HEALPix order lie on a detector, for many pointings: a sparse matrix.

    A cell belongs to the detector on which one point of it falls, see
    `planners.footprints.cameras.sample_points`. The cells of pointing i are
    ``cell[start[i]:start[i + 1]]``, in ascending order.
    """

    order: int
    """HEALPix order of the cells."""

    field_id: NDArray[np.int64]
    """Field of each pointing, -1 off the grid; shape (n_fields,)."""

    start: NDArray[np.int64]
    """Where the cells of each pointing begin, and the end; shape (n_fields + 1,)."""

    cell: NDArray[np.int64]
    """NESTED index of each cell, shape (n_cells,)."""

    detector: NDArray[np.int16]
    """Index in the footprint of the detector that it falls on, shape (n_cells,)."""

    def __len__(self) -> int:
        return len(self.field_id)

    def cells(self, i: int) -> NDArray[np.int64]:
        """NESTED indices of the cells of pointing `i`, ascending."""
        return self.cell[self.start[i] : self.start[i + 1]]

    def ranges(self, i: int) -> Ranges:
        """What the whole camera covers at pointing `i`, gaps left out."""
        return Ranges.of_cells(self.order, self.cells(i))


def customary_order(telescope: Telescope) -> int:
    """HEALPix order at which a camera is some thousand cells."""
    corners = telescope.footprint.corners.to_value(u.rad)
    ahead = np.roll(corners, -1, axis=1)
    area = 0.5 * np.abs(np.sum(_cross(corners, ahead), axis=1)).sum()
    return int(np.clip(np.ceil(_order_of(area / _CELLS_PER_CAMERA)), 0, HIGHEST_ORDER))


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])


def field_cells(telescope: Telescope, order: int | None = None) -> FieldCells:
    """Cells of every field of a telescope's grid, built once for each content.

    Parameters
    ----------
    telescope : Telescope
        Its grid and its footprint.
    order : int, optional
        HEALPix order; `customary_order` unless given.
    """
    grid = telescope.read_grid()
    corners = np.ascontiguousarray(telescope.footprint.corners.to_value(u.rad))
    positions = np.stack([grid.coord.icrs.ra.rad, grid.coord.icrs.dec.rad])
    return _field_cells(
        customary_order(telescope) if order is None else order,
        np.asarray(grid.field_id, dtype=np.int64).tobytes(),
        positions.tobytes(),
        corners.tobytes(),
        corners.shape,
    )


@lru_cache(maxsize=4)
def _field_cells(
    order: int, field_id: bytes, positions: bytes, corners: bytes, shape: tuple[int, ...]
) -> FieldCells:
    """As `field_cells`, by content."""
    ra, dec = np.frombuffer(positions).reshape(2, -1)
    outline = np.frombuffer(corners).reshape(shape) * u.rad
    footprint = Footprint(np.arange(shape[0]), outline)
    start, cell, detector = camera_cells(footprint, SkyCoord(ra, dec, unit=u.rad), order)
    return FieldCells(order, np.frombuffer(field_id, dtype=np.int64), start, cell, detector)


def field_cells_near(
    telescope: Telescope, skymap: SkyMap, level: float = 0.999, order: int | None = None
) -> FieldCells:
    """Cells of the fields that touch a credible region, only where they touch it.

    Much less than `field_cells` for a small map, and as fine as the map itself may need.

    Parameters
    ----------
    telescope : Telescope
        Its grid and its footprint.
    skymap : SkyMap
        Where the source may be.
    level : float
        Credible level of the region, 0 to 1.
    order : int, optional
        HEALPix order; `order_for` unless given.
    """
    grid = telescope.read_grid()
    order = order_for(telescope, skymap) if order is None else order
    start, cell, detector = camera_cells(
        telescope.footprint, grid.coord, order, skymap.region(level)
    )
    seen = np.flatnonzero(np.diff(start) > 0)
    field_id = np.asarray(grid.field_id, dtype=np.int64)[seen]
    return FieldCells(order, field_id, np.append(start[seen], start[-1]), cell, detector)


def order_for(telescope: Telescope, skymap: SkyMap) -> int:
    """HEALPix order fine enough for both the camera and the map."""
    least, most = _CELLS_PER_MAP
    needed = np.ceil(_order_of(skymap.area(0.5).to_value(u.sr) / least))
    affordable = np.floor(_order_of(skymap.area(0.999).to_value(u.sr) / most))
    wanted = max(customary_order(telescope), min(needed, affordable))
    return int(np.clip(wanted, 0, HIGHEST_ORDER))


def _order_of(cell_area: float) -> float:
    """HEALPix order, not rounded, of cells of a solid angle, sr."""
    return float(0.5 * np.log2(np.pi / 3 / cell_area))


def field_probability(skymap: SkyMap, cells: FieldCells) -> NDArray[np.float64]:
    """Probability on the detectors of each field, shape (n_fields,)."""
    if cells.order <= 10:
        weight = skymap.rasterize(cells.order)
        gain = weight[cells.cell]
        first = np.arange(len(gain))
    else:
        owner = np.repeat(np.arange(len(cells)), np.diff(cells.start))
        first, last = consecutive(cells.cell, owner)
        shift = 2 * (HIGHEST_ORDER - cells.order)
        upto = skymap.cumulative((cells.cell[last] + 1) << shift)
        gain = upto - skymap.cumulative(cells.cell[first] << shift)
    total = np.concatenate([[0.0], np.cumsum(gain)])
    return np.diff(total[np.searchsorted(first, cells.start)])


def detector_ranges(
    telescope: Telescope,
    coord: SkyCoord,
    order: int | None = None,
    detectors: ArrayLike | None = None,
) -> Ranges:
    """What some or all detectors of a telescope cover when it points at one position.

    Parameters
    ----------
    telescope : Telescope
        Its footprint.
    coord : SkyCoord, scalar
        Boresight.
    order : int, optional
        Finest HEALPix order; `customary_order` unless given.
    detectors : array_like of int, optional
        Identifiers of those that count; all unless given.
    """
    order = customary_order(telescope) if order is None else order
    _, cell, detector = camera_cells(telescope.footprint, coord.reshape((1,)), order)
    if detectors is not None:
        wanted = np.isin(telescope.footprint.detector_id, np.asarray(detectors))
        cell = cell[wanted[detector]]
    return Ranges.of_cells(order, cell)


def detector_polygons(
    telescope: Telescope, ra: u.Quantity[u.physical.angle], dec: u.Quantity[u.physical.angle]
) -> SkyCoord:
    """Corners of each detector on the sky (ICRS), shape (..., n_detectors, n_corners).

    Parameters
    ----------
    telescope : Telescope
        Its footprint.
    ra, dec : Quantity, shape (...)
        Boresights (ICRS).
    """
    return _deprojected(telescope.footprint.corners.to_value(u.rad), SkyCoord(ra, dec))


def _deprojected(offsets: NDArray[np.float64], centre: SkyCoord) -> SkyCoord:
    """Positions of standard coordinates (..., 2), rad, around each of some centres."""
    frames = tangent_frames(centre.reshape((-1,)))
    plane = np.concatenate([offsets, np.ones((*offsets.shape[:-1], 1))], axis=-1)
    xyz = np.einsum("...j,kji->k...i", plane, frames)
    xyz = xyz.reshape(*centre.shape, *offsets.shape[:-1], 3)
    lon = np.arctan2(xyz[..., 1], xyz[..., 0]) % (2 * np.pi)
    return SkyCoord(lon, np.arctan2(xyz[..., 2], np.hypot(xyz[..., 0], xyz[..., 1])), unit=u.rad)


def outline(
    telescope: Telescope, ra: u.Quantity[u.physical.angle], dec: u.Quantity[u.physical.angle]
) -> list[list[float]]:
    """Convex outline of the whole camera at one pointing, as a GeoJSON ring.

    Returns
    -------
    list of [ra, dec], deg
        Clockwise where RA grows to the right, as d3-geo wants; the first point is repeated.
    """
    corners = telescope.footprint.corners.to_value(u.rad).reshape(-1, 2)
    return _ring(_deprojected(corners[ConvexHull(corners).vertices], SkyCoord(ra, dec)))


def detector_rings(
    telescope: Telescope, ra: u.Quantity[u.physical.angle], dec: u.Quantity[u.physical.angle]
) -> list[list[list[list[float]]]]:
    """Detectors at one pointing, as the coordinates of a GeoJSON MultiPolygon.

    Rings run as in `outline`, in the order of the footprint's detectors.
    """
    return [[_ring(corners)] for corners in detector_polygons(telescope, ra, dec)]


def _ring(corners: SkyCoord) -> list[list[float]]:
    """Closed ring around a convex polygon smaller than a hemisphere, clockwise."""
    points = np.stack([corners.ra.deg, corners.dec.deg], axis=-1).round(5)
    xyz = unit_vectors(corners)
    turning = np.sum(np.cross(xyz, np.roll(xyz, -1, axis=0)), axis=0) @ xyz.mean(axis=0)
    if turning > 0:
        points = points[::-1]
    return [*points.tolist(), points[0].tolist()]
