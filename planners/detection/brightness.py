"""How likely a source is nearer or brighter than a limit, along each line of sight.

One number says whether an exposure detects a source: its distance modulus, plus how much fainter it
is than usual of its kind. An exposure detects it where that is below the exposure's limit less the
usual magnitude (absolute, or apparent where the kind is known by that).
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from planners.detection.sources import SourceModel
from planners.skymaps.skymap import SkyMap

_DEEP = -6.0
"""Least DISTMU over DISTSIGMA for which the closed form keeps its digits."""

_FINE, _REACH = 0.05, 4.0
"""Step of the sum over distance moduli, mag; and how far from a limit it goes, in spreads."""


def nearer_than(
    distance: NDArray[np.float64], distmu: NDArray[np.float64], distsigma: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probability that a source is nearer than some distances (Mpc).

    Parameters
    ----------
    distance
        Shape (n_distances,).
    distmu, distsigma
        Location and scale of the ansatz of Singer et al. 2016, ApJL 829, L15, section 2, Mpc.
        Shape (n,).

    Returns
    -------
    ndarray, shape (n, n_distances)
    """
    mu, sigma = distmu[:, None], distsigma[:, None]

    def below(mu: NDArray[np.float64], reach: NDArray[np.float64]) -> NDArray[np.float64]:
        """Integral of r^2 N(r) up to a distance, by parts."""
        z = (reach - mu) / sigma
        gauss = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
        return np.asarray((mu**2 + sigma**2) * scipy.special.ndtr(z) - sigma * gauss * (mu + reach))

    near = np.maximum(mu, _DEEP * sigma)
    nothing = below(near, np.zeros(1))
    whole = near**2 + sigma**2 - nothing
    usual = (below(near, distance[None, :]) - nothing) / whole
    # Far below zero the differences lose all digits, and the tail falls exponentially.
    rate = np.maximum(-mu, 0.0) / sigma**2
    tail = scipy.special.gammainc(3.0, rate * distance[None, :])
    return np.clip(np.where(mu < _DEEP * sigma, tail, usual), 0.0, 1.0)


def detectable(
    skymap: SkyMap, cells: NDArray[np.int64], source: SourceModel, limits: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probability that a source in some cells of a map is within each of some limits.

    Parameters
    ----------
    cells
        Indices of the map's ranges. Shape (n,).
    source
        Its kind. Where that has an absolute magnitude, the map has distances.
    limits
        Of the distance modulus (or nothing) plus the deviation of the magnitude. Shape (m,).

    Returns
    -------
    ndarray, shape (n, m)
    """
    if not source.is_absolute:
        within = scipy.special.ndtr(limits / source.spread)
        return np.broadcast_to(within, (len(cells), len(limits)))
    if skymap.distmu is None or skymap.distsigma is None:
        raise ValueError("the map has no distances")
    distmu, distsigma = skymap.distmu[cells], skymap.distsigma[cells]
    known = np.isfinite(distmu)
    # Neighbors differ by less than matters: a thousandth of the scale.
    scale = np.where(known, distsigma, 1.0)
    coarse = np.stack([np.round(np.log(scale), 3), np.round(np.where(known, distmu, 0) / scale, 3)])
    alike, which = np.unique(coarse, axis=1, return_inverse=True)
    sigma = np.exp(alike[0])
    chance = _spread_out(alike[1] * sigma, sigma, limits, source.spread)[which]
    if known.any() and not known.all():
        # Nothing is known of a few lines of sight: as on the others, on average.
        chance[~known] = np.average(chance[known], axis=0, weights=skymap.probability[cells[known]])
    return np.asarray(chance)


def _spread_out(
    distmu: NDArray[np.float64],
    distsigma: NDArray[np.float64],
    limits: NDArray[np.float64],
    spread: float,
) -> NDArray[np.float64]:
    """Probability that distance modulus and deviation together are within limits; (n, m)."""
    if spread == 0:
        return nearer_than(_distance(limits), distmu, distsigma)
    far = _REACH * spread
    edges = np.arange(limits[0] - far, limits[-1] + far + _FINE, _FINE)
    nearer = nearer_than(_distance(edges), distmu, distsigma)
    middle = (edges[1:] + edges[:-1]) / 2
    reached = scipy.special.ndtr((limits[None, :] - middle[:, None]) / spread)
    return np.asarray(np.diff(nearer, axis=1) @ reached + nearer[:, :1])


def _distance(modulus: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of a distance modulus, Mpc."""
    return np.asarray(10 ** ((modulus - 25) / 5))
