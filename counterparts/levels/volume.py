"""Credible levels in the volume: how much of a map's probability is denser than at a place.

The map gives a direction its probability density per solid angle, rho, and the distance along
it the ansatz p(r) = N r^2 G(r; mu, sigma), G being a Gaussian (Singer et al. 2016, ApJL 829, L15,
eq. 1). So the density per volume at distance r is rho N G(r; mu, sigma), and where that is above a
threshold is an interval around mu in every direction: the probability in it is an incomplete
Gaussian moment. No grid in the distance is needed, and no other object of a list changes a level.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray
from scipy.special import ndtr

from planners.geometry.ranges import hpx29
from planners.skymaps.skymap import SkyMap

THRESHOLDS = 240
"""Densities at which the level is worked out; between them it is interpolated."""

_DEEPEST = 1e-6
"""Probability outside of the lowest threshold, about: below it the level is one."""

_FALL = 60.0
"""Natural logarithm of the range of densities over which thresholds are laid first."""

_CHUNK = 200_000
"""Cells times thresholds that are worked on at a time."""


@dataclass(frozen=True, eq=False)
class VolumeLevels:
    """Credible levels of a map with distances, at places in the volume.

    Parameters
    ----------
    skymap
        With distances.

    Raises
    ------
    ValueError
        If the map has no distances.

    References
    ----------
    Singer et al. 2016, ApJL 829, L15; the level of a place is what ligo.skymap calls
    ``searched_prob_vol`` (`ligo.skymap.postprocess.crossmatch`).
    """

    skymap: SkyMap

    def __post_init__(self) -> None:
        if self.skymap.distmu is None:
            raise ValueError("the map has no distances")

    def levels_at(
        self, coord: SkyCoord, distance: u.Quantity[u.physical.length]
    ) -> NDArray[np.float64]:
        """Probability of everything denser than each place.

        Parameters
        ----------
        coord
            Directions, shape (n,).
        distance
            Luminosity distances, shape (n,) or ().

        Returns
        -------
        ndarray
            From 0 at the densest place to 1; 1 where the probability is zero or nothing is known
            of the distance. Shape (n,).
        """
        index = np.atleast_1d(hpx29(coord))
        r = np.broadcast_to(np.asarray(distance.to_value(u.Mpc), dtype=float), index.shape)
        cell = np.maximum(np.searchsorted(self.skymap.lo, index, side="right") - 1, 0)
        is_inside = (index >= self.skymap.lo[cell]) & (index < self.skymap.hi[cell])
        place = np.where(is_inside, self._place[cell], -1)
        mu, sigma, peak = self._columns
        known = place >= 0
        at = np.maximum(place, 0)
        with np.errstate(invalid="ignore", over="ignore"):
            log_density = peak[at] - 0.5 * ((r - mu[at]) / sigma[at]) ** 2
        usable = known & np.isfinite(log_density) & (r >= 0)
        thresholds, levels = self._table
        found = np.interp(log_density, thresholds, levels, left=1.0, right=0.0)
        return np.where(usable, found, 1.0)

    @cached_property
    def _usable(self) -> NDArray[np.bool_]:
        """Cells whose distance is known."""
        mu, sigma, norm = self.skymap.distmu, self.skymap.distsigma, self.skymap.distnorm
        assert mu is not None and sigma is not None and norm is not None  # noqa: PT018
        return np.isfinite(mu) & np.isfinite(sigma) & (sigma > 0) & (norm > 0)

    @cached_property
    def _place(self) -> NDArray[np.int64]:
        """Of each cell among the usable ones; -1 where it is none."""
        return np.where(self._usable, np.cumsum(self._usable) - 1, -1)

    @cached_property
    def _columns(self) -> tuple[NDArray[np.float64], ...]:
        """Location, scale, and log of the greatest density per volume, of each usable cell."""
        mu, sigma, norm = self.skymap.distmu, self.skymap.distsigma, self.skymap.distnorm
        assert mu is not None and sigma is not None and norm is not None  # noqa: PT018
        keep = self._usable
        mu, sigma = mu[keep], sigma[keep]
        log_peak = np.log(self.skymap.density[keep]) + np.log(norm[keep])
        return mu, sigma, log_peak - np.log(sigma * np.sqrt(2 * np.pi))

    @cached_property
    def _table(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Thresholds of the log density, rising, and the probability above each."""
        mu, sigma, peak = self._columns
        # The greatest density with r >= 0: where mu is below zero it is at r = 0.
        top = float(np.max(peak - 0.5 * np.minimum(mu / sigma, 0.0) ** 2))
        # Below its top a level rises as the root of the fall.
        coarse = top - np.append(0.0, np.geomspace(1e-7, _FALL, 120))
        above = self._probability_above(coarse)
        # Laid anew at equal steps of probability, where the level bends most.
        wanted = (
            np.concatenate(
                [np.linspace(0.0, 1 - 1e-3, THRESHOLDS), 1 - np.geomspace(1e-3, _DEEPEST, 24)]
            )
            * above[-1]
        )
        fine = np.unique(np.concatenate([np.interp(wanted, above, coarse), coarse]))
        return fine, np.minimum(self._probability_above(fine), 1.0)

    def _probability_above(self, thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability of where the log density is above each threshold, shape (n,)."""
        mu, sigma, peak = self._columns
        norm = self.skymap.distnorm
        assert norm is not None
        weight = self.skymap.probability[self._usable] * norm[self._usable]
        step = max(1, _CHUNK // len(mu))
        return np.concatenate(
            [
                np.sum(weight * _moments(mu, sigma, peak, some[:, None]), axis=1)
                for some in np.split(thresholds, range(step, len(thresholds), step))
            ]
        )


def _moments(
    mu: NDArray[np.float64],
    sigma: NDArray[np.float64],
    peak: NDArray[np.float64],
    threshold: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Integral of r^2 G(r; mu, sigma) over the r > 0 at which the density is above a threshold."""
    reach = np.sqrt(2 * np.maximum(peak - threshold, 0.0))
    nearest = -mu / sigma
    first, last = np.maximum(-reach, nearest), np.maximum(reach, nearest)
    g_first, g_last = _gauss(first), _gauss(last)
    # Of two values that are near one, the difference is that of the tails.
    between = np.where(first > 0, ndtr(-first) - ndtr(-last), ndtr(last) - ndtr(first))
    return np.asarray(
        mu**2 * between
        + 2 * mu * sigma * (g_first - g_last)
        + sigma**2 * (between - (last * g_last - first * g_first))
    )


def _gauss(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi))
