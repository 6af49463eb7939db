"""How likely a source in each atom is detected by exposures of some depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.detection.brightness import detectable
from planners.detection.dust import DustLayer, Reddening
from planners.detection.sources import EXTINCTION, SourceModel, days_from
from planners.footprints.atoms import Atoms
from planners.geometry.polygons import cell_centers
from planners.geometry.ranges import HIGHEST_ORDER
from planners.skymaps.skymap import SkyMap
from planners.visibility.depth import limiting_magnitudes
from planners.visibility.local_sky import Circumstances
from telescopes.observing_plan import ObservingRequest
from telescopes.telescope import Telescope

_STEP = 0.1
"""Of the table of limits, mag; in between it is linear."""

_DIMMED = 5.0
"""Extinction beyond which nothing is detected by the shallowest exposure, mag."""


@dataclass(frozen=True)
class Sought:
    """A source that was triggered at some time."""

    source: SourceModel
    """Its kind."""

    trigger: float
    """s from the start of the request."""

    def limits(
        self,
        telescope: Telescope,
        name: str,
        exposure_time: u.Quantity[u.physical.time],
        seen: Circumstances,
    ) -> NDArray[np.float64]:
        """Limits of exposures in a filter before Galactic extinction, mag; shape of `seen`.

        Raises
        ------
        ValueError
            If the depth of the telescope in the filter is not known.
        """
        depth = limiting_magnitudes(telescope, name, exposure_time, seen)
        if depth is None:
            raise ValueError(f"the depth of {telescope.name} in {name} is not known")
        days = np.broadcast_to(days_from(self.trigger, seen.seconds), depth.shape)
        return np.asarray(depth - self.source.magnitude(name, days))


@dataclass(frozen=True, eq=False)
class Detectability:
    """A kind of source in the atoms of one problem.

    A limit is that of `planners.detection.brightness`: the depth of an exposure less the usual
    magnitude of the source, before Galactic extinction.
    """

    sought: Sought
    """The source."""

    required: int
    """Visits that must detect it."""

    limits: NDArray[np.float64]
    """Equally spaced, rising, mag, shape (n_limits,)."""

    within: NDArray[np.float64]
    """Probability that a source in each atom is within each limit, shape (n_atoms, n_limits)."""

    reddening: NDArray[np.float64]
    """Mean E(B-V) of each atom, shape (n_atoms,)."""

    field_reddening: NDArray[np.float64]
    """The same of each field, by the probability in it, shape (n_fields,)."""

    reddening_title: str
    """Whence that is known, in words."""

    def chance(self, atom: NDArray[np.int64], limit: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability that a source in some atoms is within limits, extinction taken off.

        Both of one shape. Below the table nothing is detected, above it as much as at its end.
        """
        at = (limit - self.limits[0]) / _STEP
        low = np.clip(np.floor(np.nan_to_num(at, neginf=-1.0)), 0, len(self.limits) - 2)
        low = low.astype(np.int64)
        part = np.clip(at - low, 0.0, 1.0)
        chance = self.within[atom, low] * (1 - part) + self.within[atom, low + 1] * part
        return np.asarray(np.where(at < 0, 0.0, chance))

    def extinction(self, name: str, atom: NDArray[np.int64]) -> NDArray[np.float64]:
        """By the dust of the Galaxy in a filter, toward some atoms, mag."""
        return EXTINCTION[name] * self.reddening[atom]


def detectability(
    skymap: SkyMap,
    atoms: Atoms,
    sought: Sought,
    request: ObservingRequest,
    span: tuple[float, float],
) -> Detectability:
    """Work out how likely a source is detected.

    Parameters
    ----------
    atoms
        With their cells.
    request
        That says how many visits must detect it, and what is known of the dust.
    span
        Least and greatest limit of any exposure, mag.
    """
    dust: Reddening = DustLayer() if request.reddening is None else request.reddening
    first = np.floor((span[0] - _DIMMED) / _STEP)
    limits = np.arange(first, np.ceil(span[1] / _STEP) + 2) * _STEP
    visits = len(request.filters)
    reddening = _mean_reddening(atoms, dust)
    whole = np.maximum(atoms.field_probability, 1e-300)
    return Detectability(
        sought=sought,
        required=visits if request.detections is None else min(request.detections, visits),
        limits=limits,
        within=_within(skymap, atoms, sought.source, limits),
        reddening=reddening,
        field_reddening=atoms.sum_by_field(atoms.probability * reddening) / whole,
        reddening_title=dust.title,
    )


def _within(
    skymap: SkyMap, atoms: Atoms, source: SourceModel, limits: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`Detectability.within`: means over the cells of each atom, by their probability."""
    rows, columns, weights = [], [], []
    for cells in atoms.cells:
        shift = 2 * (HIGHEST_ORDER - cells.order)
        middle = (cells.cell << shift) + (1 << shift) // 2
        rows.append(cells.atom)
        columns.append(np.maximum(np.searchsorted(skymap.lo, middle, side="right") - 1, 0))
        weights.append(cells.probability)
    used, column = np.unique(np.concatenate(columns), return_inverse=True)
    shape = len(atoms.probability), len(used)
    parts = scipy.sparse.csr_array(
        (np.concatenate(weights), (np.concatenate(rows), column)), shape=shape
    )
    sums = parts @ detectable(skymap, used, source, limits)
    whole = np.maximum(atoms.probability, 1e-300)[:, None]
    return np.asarray(np.clip(sums / whole, 0.0, 1.0))


def _mean_reddening(atoms: Atoms, dust: Reddening) -> NDArray[np.float64]:
    n = len(atoms.probability)
    total, count = np.zeros(n), np.zeros(n)
    for cells in atoms.cells:
        x, y, z = cell_centers(cells.order, cells.cell).T
        coord = SkyCoord(x, y, z, representation_type="cartesian", frame="icrs")
        coord.representation_type = "unitspherical"
        total += np.bincount(cells.atom, dust.at(coord), n)
        count += np.bincount(cells.atom, minlength=n)
    return np.asarray(total / np.maximum(count, 1))


def limiting(limits: Sequence[NDArray[np.float64]], required: int) -> NDArray[np.float64]:
    """The limit within which so many of some visits detect a source.

    Parameters
    ----------
    limits
        Of each visit; all of one shape.
    """
    ordered = np.sort(np.stack(list(limits)), axis=0)
    return np.asarray(ordered[len(ordered) - required])
