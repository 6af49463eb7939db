"""Galactic reddening: from a map of the dust, or from a layer that knows the latitude alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import astropy_healpix
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from numpy.typing import NDArray

_LAYER = 1.8 * 0.1 / 3.1
"""E(B-V) of a layer seen from its middle, through which one looks straight up: 1.8 mag of A_V per
kpc (Whittet 2003, Dust in the Galactic Environment, section 1.3), 100 pc, and R_V = 3.1."""

_GRAZING = 1.0
"""Least Galactic latitude at which the layer is looked through, deg."""

_MOST = 1000.0
"""E(B-V) that no place exceeds."""


class DustMapInvalid(ValueError):
    """A file is no map of Galactic reddening; the message says why."""


class Reddening(Protocol):
    """What is known of the dust."""

    @property
    def title(self) -> str:
        """Whence it is known, in words."""

    def at(self, coord: SkyCoord) -> NDArray[np.float64]:
        """E(B-V) through the whole Galaxy toward some positions; shape of `coord`."""


class DustLayer:
    """A plane layer of dust around the Sun: where no map of it is at hand."""

    title = "a plane layer of dust, by Galactic latitude: there is no dust map"

    def at(self, coord: SkyCoord) -> NDArray[np.float64]:
        """E(B-V) through the whole layer toward some positions; shape of `coord`."""
        latitude = np.abs(coord.galactic.b.to_value(u.deg))
        return np.asarray(_LAYER / np.sin(np.radians(np.maximum(latitude, _GRAZING))))


@dataclass(frozen=True, eq=False)
class DustMap:
    """E(B-V) in HEALPix cells, Galactic coordinates."""

    values: NDArray[np.float32]
    """Of each cell, shape (12 nside^2,)."""

    nside: int
    """Of the cells."""

    order: str
    """In which they are numbered: nested or ring."""

    title: str
    """Name of the file it is from."""

    @classmethod
    def read(cls, path: Path) -> DustMap:
        """Read a map such as that of Schlegel, Finkbeiner and Davis (1998) at LAMBDA.

        Raises
        ------
        DustMapInvalid
            If the file is no such map.
        """
        try:
            with fits.open(path, memmap=False) as hdus:
                header = hdus[1].header
                column = np.asarray(hdus[1].data.field(0), dtype=np.float32).ravel()
        except (OSError, IndexError, AttributeError, ValueError, TypeError) as err:
            raise DustMapInvalid(f"{path.name} is no FITS file with a table: {err}") from err
        ordering = str(header.get("ORDERING", "")).upper()
        frame = str(header.get("COORDSYS", "G")).upper()
        if ordering not in {"NESTED", "RING"}:
            raise DustMapInvalid(f"{path.name} does not say its HEALPix ordering")
        if not frame.startswith("G"):
            raise DustMapInvalid(f"{path.name} is not in Galactic coordinates: COORDSYS {frame}")
        try:
            nside = int(astropy_healpix.npix_to_nside(len(column)))
        except ValueError as err:
            raise DustMapInvalid(f"{path.name} has {len(column)} values: no HEALPix map") from err
        if not (np.isfinite(column).all() and column.min() >= 0 and column.max() <= _MOST):
            raise DustMapInvalid(f"{path.name} holds values that are no reddening")
        return cls(column, nside, ordering.lower(), f"the dust map {path.name}")

    def at(self, coord: SkyCoord) -> NDArray[np.float64]:
        """E(B-V) toward some positions; shape of `coord`."""
        galactic = coord.galactic
        cell = astropy_healpix.lonlat_to_healpix(
            galactic.l, galactic.b, self.nside, order=self.order
        )
        return np.asarray(self.values[cell], dtype=np.float64)
