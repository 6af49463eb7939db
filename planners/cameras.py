"""The HEALPix cells that fall on a camera's detectors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.focal_planes import NOWHERE, FocalPlane
from planners.polygons import cell_centres, circumradius
from planners.ranges import HIGHEST_ORDER, Ranges
from telescopes.observing import Footprint

_BATCH = 1 << 19
"""Cells that are projected at a time."""


def tangent_frames(coord: SkyCoord) -> NDArray[np.float64]:
    """East, north and boresight unit vectors of each pointing, shape (n, 3, 3)."""
    ra, dec = coord.icrs.ra.to_value(u.rad), coord.icrs.dec.to_value(u.rad)
    zero = np.zeros_like(ra)
    east = np.stack([-np.sin(ra), np.cos(ra), zero], axis=-1)
    north = np.stack([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)], axis=-1)
    return np.stack([east, north, np.cross(east, north)], axis=-2)


def touched_cells(within: Ranges, order: int) -> Ranges:
    """Whole cells of an order that a region touches."""
    shift = 2 * (HIGHEST_ORDER - order)
    return Ranges.of((within.lo >> shift) << shift, -(-within.hi >> shift) << shift)


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Pointings and the cells that their cameras may touch."""

    frames: NDArray[np.float64]
    """East, north and boresight of each pair's pointing, shape (n_pairs, 3, 3)."""

    pointing: NDArray[np.int64]
    """Shape (n_pairs,)."""

    cell: NDArray[np.int64]
    """Shape (n_pairs,)."""

    level: int
    """HEALPix order of the cells."""


def _coarse_pairs(
    plane: FocalPlane, frames: NDArray[np.float64], order: int, within: Ranges | None
) -> _Pairs:
    """Pair pointings with coarse cells, of `order` at most, by the order of the cells."""
    reach = plane.radius
    pointing = np.repeat(np.arange(len(frames)), 12)
    cell = np.tile(np.arange(12), len(frames))
    level = 0
    while True:
        bound = min(reach + circumradius(level), np.pi)
        near = np.einsum("ki,ki->k", frames[pointing, 2], cell_centres(level, cell))
        keep = near > np.cos(bound)
        if within is not None:
            shift = 2 * (HIGHEST_ORDER - level)
            keep &= touched_cells(within, level).contains(cell << shift)
        pointing, cell = pointing[keep], cell[keep]
        if level == order or circumradius(level) < reach / 8:
            break
        pointing = np.repeat(pointing, 4)
        cell = (cell[:, None] * 4 + np.arange(4)).ravel()
        level += 1
    keep = _near_box(plane, frames[pointing], cell_centres(level, cell), bound)
    pointing, cell = pointing[keep], cell[keep]
    by_cell = np.argsort(cell, kind="stable")
    pointing = pointing[by_cell]
    return _Pairs(frames[pointing], pointing, cell[by_cell], level)


def _near_box(
    plane: FocalPlane, frames: NDArray[np.float64], centres: NDArray[np.float64], bound: float
) -> NDArray[np.bool_]:
    """Whether cells may touch the rectangle around the camera, given that they are near it."""
    if bound > 1.0:
        return np.ones(len(centres), dtype=bool)
    east, north, ahead = np.einsum("kij,kj->ik", frames, centres)
    # The projection stretches no more than it does at the farthest corner of the cell.
    margin = (bound - plane.radius) / np.cos(bound) ** 2
    low, high = plane.corners.min(axis=(0, 1)) - margin, plane.corners.max(axis=(0, 1)) + margin
    x, y = east / ahead, north / ahead
    return np.asarray((x > low[0]) & (x < high[0]) & (y > low[1]) & (y < high[1]))


def camera_cells(
    footprint: Footprint, coord: SkyCoord, order: int, within: Ranges | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int16]]:
    """Cells whose centres fall on a detector, for many pointings.

    Parameters
    ----------
    footprint : Footprint
        The camera.
    coord : SkyCoord, shape (n_pointings,)
        Boresights; north is up in the camera.
    order : int
        HEALPix order of the cells.
    within : Ranges, optional
        Cells that do not touch this region are left out.

    Returns
    -------
    start : ndarray, shape (n_pointings + 1,)
        Where the cells of each pointing begin.
    cell : ndarray, shape (n_cells,)
        NESTED indices, ascending for each pointing.
    detector : ndarray, shape (n_cells,)
        Index in `footprint` of the detector that each falls on.
    """
    plane = focal_plane(footprint)
    pairs = _coarse_pairs(plane, tangent_frames(coord), order, within)
    touched = None if within is None else touched_cells(within, order)
    # Sorted by cell, so that a batch computes the direction of each of its cells only once.
    step = max(_BATCH >> (2 * (order - pairs.level)), 1)
    found = [_project(plane, pairs, slice(0, 0), order)]
    for first in range(0, len(pairs.cell), step):
        owner, cell, detector = _project(plane, pairs, slice(first, first + step), order)
        if touched is not None:
            inside = touched.contains(cell << (2 * (HIGHEST_ORDER - order)))
            owner, cell, detector = owner[inside], cell[inside], detector[inside]
        found.append((owner, cell, detector))
    owner, cell, detector = (np.concatenate(part) for part in zip(*found, strict=True))
    # Sixteen bits or fewer are sorted by counting, in linear time.
    by_pointing = np.argsort(owner.astype(np.min_scalar_type(len(coord))), kind="stable")
    start = np.searchsorted(owner[by_pointing], np.arange(len(coord) + 1))
    return start, cell[by_pointing], detector[by_pointing]


def _project(
    plane: FocalPlane, pairs: _Pairs, batch: slice, order: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int16]]:
    """Cells of `order`, within some pairs, that fall on a detector: pointing, cell, detector."""
    pointing, coarse = pairs.pointing[batch], pairs.cell[batch]
    n_children = 1 << (2 * (order - pairs.level))
    begins = np.diff(coarse, prepend=-1) != 0
    unique, which = coarse[begins], np.cumsum(begins) - 1
    children = unique[:, None] * n_children + np.arange(n_children)
    centres = cell_centres(order, children.ravel()).reshape(len(unique), n_children, 3)
    east, north, ahead = np.moveaxis(
        np.matmul(pairs.frames[batch], np.swapaxes(centres, 1, 2)[which]), 1, 0
    )
    # Only a camera of nearly a hemisphere can be paired with cells behind it.
    with np.errstate(divide="ignore", invalid="ignore"):
        detector = plane.detector_at(east / ahead, north / ahead)
    pair, child = np.nonzero((detector != NOWHERE) & (ahead > 0))
    return pointing[pair], children[which[pair], child], detector[pair, child]


@lru_cache(maxsize=64)
def _focal_plane_of(corners: bytes, shape: tuple[int, ...]) -> FocalPlane:
    flat = np.frombuffer(corners, dtype=np.float64).reshape(shape)
    return FocalPlane.of(Footprint(np.arange(shape[0]), flat * u.rad))


def focal_plane(footprint: Footprint) -> FocalPlane:
    """Index of a footprint, made once for each content."""
    corners = np.ascontiguousarray(footprint.corners.to_value(u.rad))
    return _focal_plane_of(corners.tobytes(), corners.shape)
