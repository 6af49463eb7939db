"""The Zwicky Transient Facility on the Samuel Oschin 48-inch at Palomar: its facts.

References
----------
.. [1] Bellm et al. 2019, PASP 131, 018002.
.. [2] Graham et al. 2019, PASP 131, 078001.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
from astropy import units as u
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.table import Table

from telescopes.slews import Axis, Overheads
from telescopes.telescope import FieldGrid, Footprint, PointingExclusion, Site, Telescope


@cache
def read_grid() -> FieldGrid:
    """The 1778 fields: primary grid 1 to 881, secondary grid 1001 to 1897."""
    with resources.as_file(resources.files("telescopes") / "data" / "ztf_fields.ecsv") as path:
        table = Table.read(path, format="ascii.ecsv")
    field_id = np.asarray(table["field_id"], dtype=np.int64)
    coord = SkyCoord(np.asarray(table["ra"]), np.asarray(table["dec"]), unit=u.deg)
    return FieldGrid(field_id, coord, field_id < 1000)


@cache
def field_centers() -> dict[int, tuple[float, float]]:
    """Right ascension and declination (deg) of each field, for one look-up after another."""
    grid = read_grid()
    centers = zip(grid.coord.ra.deg.tolist(), grid.coord.dec.deg.tolist(), strict=True)
    return dict(zip(grid.field_id.tolist(), centers, strict=True))


def _footprint() -> Footprint:
    """64 readout channels, four in each of 4 x 4 CCDs.

    References
    ----------
    Bellm et al. 2019, PASP 131, 018002, Table 1: 6144 x 6160 pixels of 1.01 arcsec a CCD;
    gaps of 0.205 deg north-south and 0.140 deg east-west.
    """
    scale = 1.01 / 3600
    width, height = 6160 / 2 * scale, 6144 / 2 * scale
    gap_east, gap_north = 0.140, 0.205
    channel = np.arange(64)
    ccd, quadrant = np.divmod(channel, 4)
    row, column = np.divmod(ccd, 4)
    # CCD 1 lies at the south-east corner and numbers run westward, then northward;
    # quadrant 1 of a CCD is its north-east one, and they run westward, then back along the south.
    east = (1.5 - column) * (2 * width + gap_east)
    north = (row - 1.5) * (2 * height + gap_north)
    east = east + np.where((quadrant == 0) | (quadrant == 3), 0.5, -0.5) * width
    north = north + np.where(quadrant <= 1, 0.5, -0.5) * height
    square = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [width / 2, height / 2]
    corners = np.stack([east, north], axis=-1)[:, None, :] + square
    return Footprint(channel, corners * u.deg)


ZTF = Telescope(
    name="ZTF",
    facility="Zwicky Transient Facility",
    description=(
        "ZTF; Bellm et al. 2019; Graham et al. 2019; 47 square degree camera on the 48-inch "
        "Samuel Oschin Telescope at Palomar Observatory"
    ),
    # Grants: Bellm et al. 2019, PASP 131, 018002, and the notes of ZTF's own circulars since 2020.
    acknowledgment=(
        "ZTF is supported by the National Science Foundation under Grants No. AST-1440341 and "
        "AST-2034437 and by the institutions of its collaboration."
    ),
    site=Site(
        "Palomar Observatory",
        # The scheduler's own position (ztf_sim, constants.py).
        EarthLocation.from_geodetic(
            lon=-116.85890 * u.deg, lat=33.35732 * u.deg, height=1707 * u.m
        ),
        "America/Los_Angeles",
    ),
    filters=("g", "r", "i"),
    footprint=_footprint(),
    overheads=Overheads(
        # Readout and filter exchange as the scheduler counts them (ztf_sim, constants.py and
        # its successors: 8 s and 135 s).
        readout=8 * u.s,
        mount_settle=2 * u.s,
        filter_exchange=135 * u.s,
        # Bellm et al. 2019, PASP 131, 018002, section 4.2.
        hour_angle_axis=Axis(2.5 * u.deg / u.s, 0.4 * u.deg / u.s**2),
        declination_axis=Axis(3.0 * u.deg / u.s, 0.5 * u.deg / u.s**2),
    ),
    read_grid=read_grid,
    # What the scheduler blocks (ztf_sim, QueueManager.py, ListQueueManager._next_obs).
    exclusions=(
        PointingExclusion((5.95 * 15 * u.deg, 180 * u.deg), (-90 * u.deg, 90 * u.deg)),
        PointingExclusion((-180 * u.deg, -5.95 * 15 * u.deg), (-90 * u.deg, 90 * u.deg)),
        PointingExclusion((-180 * u.deg, -17.6 * u.deg), (-90 * u.deg, -22 * u.deg)),
        PointingExclusion((-17.6 * u.deg, 180 * u.deg), (-90 * u.deg, -45 * u.deg)),
        PointingExclusion((3 * u.deg, 180 * u.deg), (-90 * u.deg, -46 * u.deg)),
        PointingExclusion((-180 * u.deg, -3 * u.deg), (-90 * u.deg, -46 * u.deg)),
        PointingExclusion((-180 * u.deg, 180 * u.deg), (87.5 * u.deg, 90 * u.deg)),
    ),
    airmass_limit=2.5,
    exposure_time=30 * u.s,
    longest_exposure=600 * u.s,
    default_filters=("g", "r"),
    # The median 5-sigma limits of 30 s exposures are 20.8, 20.6 and 19.9 (Bellm et al. 2019, PASP
    # 131, 018002, Table 1), whatever the Moon and the airmass. At zenith in dark time it is so much
    # deeper that the median over a year of `telescopes.limiting_magnitudes` is as published.
    reference_magnitudes={"g": 21.1, "r": 20.8, "i": 20.1},
    treasure_map_id=47,
)
