"""The files that gwemopt reads: a telescope, its fields, and the map."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.io import fits

from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ObservingRequest
from telescopes.telescope import FieldGrid, Telescope

ORDER = 8
"""Of the map that gwemopt reads: its own default, NSIDE 256."""

NAME = "telescope"
"""What gwemopt calls it."""


def config(telescope: Telescope, *, with_filter_exchange: bool = True) -> str:
    """The telescope's facts in gwemopt's own terms."""
    location, overheads = telescope.site.location, telescope.overheads
    corners = telescope.footprint.corners.to_value(u.deg).reshape(-1, 2)
    width = float(np.mean(corners.max(axis=0) - corners.min(axis=0)))
    name, depth = next(iter(telescope.reference_magnitudes.items()), ("r", 20.0))
    facts: Mapping[str, str | float] = {
        "filt": name,
        "magnitude": depth,
        "exposuretime": telescope.exposure_time.to_value(u.s),
        "latitude": location.lat.to_value(u.deg),
        "longitude": location.lon.to_value(u.deg),
        "elevation": location.height.to_value(u.m),
        "FOV_coverage": width,
        "FOV": width,
        "FOV_coverage_type": "square",
        "FOV_type": "square",
        "tesselationFile": f"{NAME}.tess",
        "slew_rate": overheads.hour_angle_axis.speed.to_value(u.deg / u.s),
        "readout": overheads.readout.to_value(u.s),
        "horizon": 30,
        "overhead_per_exposure": overheads.readout.to_value(u.s)
        + overheads.mount_settle.to_value(u.s),
        "filt_change_time": with_filter_exchange * overheads.filter_exchange.to_value(u.s),
    }
    return "".join(f"{key} {value}\n" for key, value in facts.items())


def tessellation(grid: FieldGrid) -> str:
    """Fields and their centers, deg."""
    centers = zip(grid.field_id.tolist(), grid.coord.ra.deg, grid.coord.dec.deg, strict=True)
    return "".join(f"{field} {ra:.5f} {dec:.5f}\n" for field, ra, dec in centers)


def write_map(skymap: SkyMap, path: Path, request: ObservingRequest) -> None:
    """Write the map, all cells of one order."""
    column = fits.Column("PROB", "D", array=skymap.rasterize(ORDER))
    table = fits.BinTableHDU.from_columns([column])
    table.header.update(
        {
            "PIXTYPE": "HEALPIX",
            "ORDERING": "NESTED",
            "COORDSYS": "C",
            "NSIDE": 1 << ORDER,
            "INDXSCHM": "IMPLICIT",
            "DATE-OBS": request.start.utc.isot,
        }
    )
    table.writeto(path)
