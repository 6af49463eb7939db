"""Outlines of cameras on the sky, to be drawn over a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.geometry.directions import gnomonic_to_sky
from telescopes.outlines import outline
from telescopes.telescope import Telescope

PLANNED, OBSERVED = "#1f5fbf", "#2e8b57"
"""Colors of what is planned and of what was observed."""

_POINTS = 8
"""Of each side: a straight side of a camera is not straight in every projection."""


@dataclass(frozen=True, eq=False)
class Tiles:
    """Pointings to be drawn in one color."""

    label: str
    """What they are, for the legend."""

    color: str
    """As matplotlib knows it."""

    outlines: Sequence[NDArray[np.float64]]
    """RA and Dec (ICRS, deg) along each closed outline, shape (n, 2) each."""

    @classmethod
    def of(cls, label: str, color: str, telescope: Telescope, coord: SkyCoord) -> Self:
        """Outline a camera at each of some positions, shape (n,)."""
        corners = np.radians(outline(telescope.footprint))
        part = np.arange(_POINTS)[:, None] / _POINTS
        following = np.roll(corners, -1, axis=0)
        sides = [a + (b - a) * part for a, b in zip(corners, following, strict=True)]
        around = np.concatenate([*sides, corners[:1]])
        return cls(label, color, list(gnomonic_to_sky(around, coord.reshape(-1))))

    @classmethod
    def at(
        cls, label: str, color: str, telescope: Telescope, positions: Sequence[tuple[float, float]]
    ) -> Self:
        """Outline a camera at RA and Dec (deg) of each pointing, once at each place."""
        ra, dec = np.array(list(dict.fromkeys(positions)), dtype=float).reshape(-1, 2).T
        return cls.of(label, color, telescope, SkyCoord(ra * u.deg, dec * u.deg))
