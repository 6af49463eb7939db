"""The Dark Energy Camera on the Blanco 4 m telescope at Cerro Tololo: its facts.

References
----------
.. [1] Flaugher et al. 2015, AJ 150, 150.
.. [2] Abbott et al. 2018, ApJS 239, 18 (DES DR1).
.. [3] NOIRLab, DECam and Blanco pages (noirlab.edu/science/programs/ctio).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from astropy import units as u
from astropy.coordinates import EarthLocation

from telescopes.grids import declination_rings
from telescopes.slews import Axis, Overheads
from telescopes.telescope import FieldGrid, Footprint, PointingExclusion, Site, Telescope

ROWS = (3, 4, 5, 6, 6, 7, 7, 6, 6, 5, 4, 3)
"""CCDs in each row, from S29 to N31 [1]_."""

DEAD = 61
"""CCD N30 has not worked since November 2012 [3]_."""


def _footprint() -> Footprint:
    """61 of the 62 imaging CCDs.

    2048 x 4096 pixels of 0.2637 arcsec, the long side east-west; 201 pixels between long
    edges and 153 between short ones [3]_. Rows are centered on the boresight.
    """
    pixel = 0.2637 / 3600
    width, height = 4096 * pixel, 2048 * pixel
    pitch_east, pitch_north = width + 153 * pixel, height + 201 * pixel
    centers = [
        ((column - (count - 1) / 2) * pitch_east, (row - (len(ROWS) - 1) / 2) * pitch_north)
        for row, count in enumerate(ROWS)
        for column in range(count)
    ]
    detector = np.arange(1, len(centers) + 1)
    works = detector != DEAD
    square = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [width / 2, height / 2]
    corners = np.array(centers)[works, None, :] + square
    return Footprint(detector[works], corners * u.deg)


@cache
def read_grid() -> FieldGrid:
    """Rings that the camera's inscribed rectangle covers without gaps."""
    return declination_rings(1.55 * u.deg, 1.35 * u.deg, -89 * u.deg, 35 * u.deg)


DECAM = Telescope(
    name="DECam",
    facility="Dark Energy Camera",
    description=(
        "DECam; Flaugher et al. 2015; 3 square degree camera on the 4-m Victor M. Blanco "
        "Telescope at Cerro Tololo Inter-American Observatory"
    ),
    # noirlab.edu, "Scientific acknowledgments".
    acknowledgment=(
        "This project used data obtained with the Dark Energy Camera (DECam) at Cerro Tololo "
        "Inter-American Observatory, NSF NOIRLab, which is managed by AURA."
    ),
    site=Site(
        "Cerro Tololo Inter-American Observatory",
        # 70 deg 48' 23.49" W, 30 deg 10' 10.78" S [3]_.
        EarthLocation.from_geodetic(
            lon=-70.806525 * u.deg, lat=-30.169661 * u.deg, height=2207 * u.m
        ),
        "America/Santiago",
    ),
    filters=("u", "g", "r", "i", "z", "Y"),
    footprint=_footprint(),
    overheads=Overheads(
        # Readout of 20 s [1]_ and 8 s for the next exposure to begin (as gwemopt counts).
        readout=28 * u.s,
        mount_settle=3 * u.s,
        filter_exchange=8 * u.s,
        # 2 deg in 28 s hide behind the readout; no published figure for longer slews is
        # known to us, gwemopt counts 0.3 deg/s.
        hour_angle_axis=Axis(0.3 * u.deg / u.s, 0.05 * u.deg / u.s**2),
        declination_axis=Axis(0.3 * u.deg / u.s, 0.05 * u.deg / u.s**2),
    ),
    read_grid=read_grid,
    exclusions=(
        # The telescope's limit in hour angle is 5.25 h [3]_.
        PointingExclusion((5.25 * 15 * u.deg, 180 * u.deg), (-90 * u.deg, 90 * u.deg)),
        PointingExclusion((-180 * u.deg, -5.25 * 15 * u.deg), (-90 * u.deg, 90 * u.deg)),
        PointingExclusion((-180 * u.deg, 180 * u.deg), (36 * u.deg, 90 * u.deg)),
    ),
    airmass_limit=2.5,
    exposure_time=90 * u.s,
    # No limit is published; longer ones are not target-of-opportunity work.
    longest_exposure=900 * u.s,
    default_filters=("g", "z"),
    # Median 10-sigma limits of 90 s exposures in DES [2]_, 2.5 log10(2) deeper at 5 sigma.
    reference_magnitudes={"g": 24.3, "r": 24.1, "i": 23.5, "z": 22.9, "Y": 21.4},
    off_grid=True,
    # A script holds the two halves of a split exposure.
    most_dithers=2,
    treasure_map_id=38,
)
