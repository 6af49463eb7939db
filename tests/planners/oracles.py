"""Other people's tools, asked the same questions; and slow ways to the same answers."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from numpy.typing import ArrayLike, NDArray

from planners.footprints.cameras import camera_cells
from planners.footprints.field_cells import customary_order
from planners.geometry.directions import sky_coord, tangent_frames
from planners.geometry.polygons import polygon_cells, unit_vectors
from planners.geometry.ranges import Ranges
from telescopes.telescope import Telescope


def ligo_skymap() -> SimpleNamespace:
    """Modules of ligo.skymap, imported where they are needed: it takes seconds."""
    with warnings.catch_warnings():
        # Its extension modules call what numpy has deprecated.
        warnings.simplefilter("ignore")
        from ligo.skymap import distance, moc  # noqa: PLC0415 - slow to import
        from ligo.skymap.bayestar import rasterize  # noqa: PLC0415
        from ligo.skymap.io import read_sky_map  # noqa: PLC0415
        from ligo.skymap.postprocess import crossmatch  # noqa: PLC0415
    return SimpleNamespace(
        crossmatch=crossmatch,
        distance=distance,
        moc=moc,
        rasterize=rasterize,
        read_sky_map=read_sky_map,
    )


def ligo_table(path: Path) -> Table:
    """A multi-order table as ligo.skymap reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ligo_skymap().read_sky_map(str(path), moc=True)


def ligo_areas(table: Table, levels: tuple[float, ...]) -> u.Quantity[u.deg**2]:
    """Areas of credible regions by ligo.skymap."""
    crossmatch = ligo_skymap().crossmatch(table, contours=levels)
    return np.asarray(crossmatch.contour_areas) * u.deg**2


def flat_area(probability: NDArray[np.floating], level: float) -> u.Quantity[u.deg**2]:
    """Area of the smallest region that holds `level`, counted pixel by pixel."""
    descending = np.sort(probability[probability > 0].astype(np.float64))[::-1]
    n = int(np.searchsorted(np.cumsum(descending), level * descending.sum())) + 1
    return n * (4 * np.pi / len(probability) * u.sr).to(u.deg**2)


def polygon_ranges(vertices: SkyCoord, order: int) -> Ranges:
    """Region covered by one or many convex polygons bounded by great circles.

    Parameters
    ----------
    vertices : SkyCoord, shape (n_corners,) or (n_polygons, n_corners)
        In order around each polygon, in either sense.
    order : int
        Finest HEALPix order: the boundary is true to half a cell of it.

    Raises
    ------
    ValueError
        If a polygon has no area, is not convex, or does not fit in a hemisphere.
    """
    corners = unit_vectors(vertices)
    lo, hi, _ = polygon_cells(corners.reshape(-1, *corners.shape[-2:]), order)
    return Ranges.of(lo, hi)


def detector_ranges(
    telescope: Telescope,
    coord: SkyCoord,
    order: int | None = None,
    detectors: ArrayLike | None = None,
) -> Ranges:
    """What some or all detectors of a telescope cover when it points at one position.

    Parameters
    ----------
    telescope
        Its footprint.
    coord
        Boresight, scalar.
    order
        Finest HEALPix order; `customary_order` unless given.
    detectors
        Identifiers of those that count; all unless given.
    """
    order = customary_order(telescope) if order is None else order
    _, cell, detector = camera_cells(telescope.footprint, coord.reshape((1,)), order)
    if detectors is not None:
        wanted = np.isin(telescope.footprint.detector_id, np.asarray(detectors))
        cell = cell[wanted[detector]]
    return Ranges.of_cells(order, cell)


def detector_polygons(telescope: Telescope, ra: u.Quantity, dec: u.Quantity) -> SkyCoord:
    """Corners of each detector on the sky (ICRS), shape (..., n_detectors, n_corners).

    Parameters
    ----------
    telescope
        Its footprint.
    ra, dec
        Boresights (ICRS), shape (...).
    """
    offsets = telescope.footprint.corners.to_value(u.rad)
    plane = np.concatenate([offsets, np.ones((*offsets.shape[:-1], 1))], axis=-1)
    frames = tangent_frames(SkyCoord(ra, dec))
    return sky_coord(np.einsum("dcj,...ji->...dci", plane, frames))
