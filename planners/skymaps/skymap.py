"""Sky maps: probability on the sky, and distance along each line of sight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.geometry.ranges import CELL_AREA, Ranges, overlaps
from planners.skymaps.checks import SkyMapInvalid, check_density, check_ranges, sanitized_distance
from planners.skymaps.distances import conditional_moments
from planners.skymaps.sky_probability import SkyProbability
from planners.skymaps.store import pack, unpack
from planners.skymaps.summary import summary

__all__ = ["SkyMap", "SkyMapInvalid"]

_AS_BRIGHT = 0.9
"""A position is a map's brightest if no cell is brighter by more than sampling makes of it."""

_COLUMNS = ("lo", "hi", "density", "distmu", "distsigma", "distnorm")


@dataclass(frozen=True, eq=False, repr=False)
class SkyMap(SkyProbability):
    """A probability distribution over the sky, and over the distance where a map has that.

    Make one from numbers of any origin with `SkyMap.normalized`, from a file with `read_skymap`.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from planners import circle_skymap
    >>> skymap = circle_skymap(30 * u.deg, -20 * u.deg, 5 * u.deg, containment=0.9)
    >>> print(f"{skymap.area(0.9):.1f}")
    78.6 deg2
    >>> float(skymap.probability_in(skymap.region(0.9))) >= 0.9
    True
    >>> there = SkyCoord([30, 36] * u.deg, [-20, -20] * u.deg)
    >>> skymap.credible_level_at(there) < 0.9
    array([ True, False])
    """

    distmu: NDArray[np.float64] | None = None
    """Location of the distance ansatz, Mpc; infinite where nothing is known."""

    distsigma: NDArray[np.float64] | None = None
    """Scale of the distance ansatz, Mpc."""

    distnorm: NDArray[np.float64] | None = None
    """Normalization of the distance ansatz, Mpc^-2; zero where nothing is known."""

    metadata: Mapping[str, Any] = field(default_factory=dict)
    """What the file says of itself, plain JSON: creator, object, date, distmean and diststd
    (Mpc), order (of the finest cell), probability_sum (before normalizing), flags
    (sentences on what was taken as zero), stated_position (RA
    and Dec, deg, of the error region that it is made of)."""

    @classmethod
    def normalized(
        cls,
        ranges: tuple[NDArray[np.int64], NDArray[np.int64]],
        density: NDArray[np.float64],
        distance: tuple[NDArray[np.float64], ...] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Self:
        """Sort the ranges, drop those of no probability and scale the sum to one.

        Parameters
        ----------
        ranges
            Order-29 ranges in any order. Shape (n,).
        density
            sr^-1. Shape (n,).
        distance
            DISTMU, DISTSIGMA (Mpc) and DISTNORM (Mpc^-2). Shape (n,).
        metadata
            Plain JSON.

        Raises
        ------
        SkyMapInvalid
            If a density is not finite or negative, if none is positive, or if ranges are
            out of the sky or overlap.
        """
        check_density(density)
        keep = density > 0
        lo, hi = ranges[0][keep], ranges[1][keep]
        order = None if np.all(lo[1:] > lo[:-1]) else np.argsort(lo, kind="stable")
        chosen = [values[keep] for values in (density, *(distance or ()))]
        if order is not None:
            lo, hi, chosen = lo[order], hi[order], [values[order] for values in chosen]
        check_ranges(lo, hi)
        density, *moments = (np.ascontiguousarray(values, dtype=np.float64) for values in chosen)
        with np.errstate(over="ignore", under="ignore"):
            total = float(np.sum(density * ((hi - lo) * CELL_AREA)))
        if not 0 < total < np.inf:
            raise SkyMapInvalid(f"the probability sums to {total}")
        about = {**(metadata or {}), "probability_sum": total}
        distmu, distsigma, distnorm = (
            sanitized_distance(*moments) if moments else (None, None, None)
        )
        return cls(lo, hi, density / total, distmu, distsigma, distnorm, about)

    def peak(self) -> SkyCoord:
        """Brightest position (ICRS): what a notice states, where the map is as bright there.

        Else as of any probability on the sky: the middle of what is densest.
        """
        stated = self.metadata.get("stated_position")
        if stated is not None:
            position = SkyCoord(*stated, unit=u.deg)
            if float(self.density_at(position)) >= _AS_BRIGHT * float(self.density.max()):
                return position
        return super().peak()

    def without(self, ranges: Ranges) -> SkyMap:
        """Renormalized map of what remains once a region has been observed.

        Raises
        ------
        SkyMapInvalid
            If nothing remains.
        """
        remaining = ranges.complement()
        lo, hi, owner, _ = overlaps(self.lo, self.hi, remaining.lo, remaining.hi)
        if len(lo) == 0:
            raise SkyMapInvalid("the whole of the sky map is taken away")
        distance = self._distance()
        picked = tuple(column[owner] for column in distance) if distance else None
        left = SkyMap.normalized((lo, hi), self.density[owner], picked, self.metadata)
        kept = {**self.metadata, "probability_left": left.metadata["probability_sum"]}
        return replace(left, metadata=kept)

    def _distance(self) -> tuple[NDArray[np.float64], ...] | None:
        if self.distmu is None or self.distsigma is None or self.distnorm is None:
            return None
        return self.distmu, self.distsigma, self.distnorm

    @cached_property
    def _conditional(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        if self.distmu is None or self.distsigma is None:
            return None
        return conditional_moments(self.distmu, self.distsigma)

    def distance_moments(
        self,
    ) -> tuple[u.Quantity[u.physical.length], u.Quantity[u.physical.length]] | None:
        """Mean and standard deviation of the distance over the whole map; None if it has none."""
        if self._conditional is None:
            return None
        mean, std = self._conditional
        known = np.isfinite(mean)
        weight = self.probability[known]
        if weight.sum() <= 0:
            return None
        first = np.average(mean[known], weights=weight)
        spread = np.average(std[known] ** 2 + (mean[known] - first) ** 2, weights=weight)
        return first * u.Mpc, np.sqrt(spread) * u.Mpc

    def distance_at(
        self, coord: SkyCoord
    ) -> tuple[u.Quantity[u.physical.length], u.Quantity[u.physical.length]] | None:
        """Mean and standard deviation of the distance along each line of sight.

        Infinite and 1 Mpc where the map knows nothing; None if it has no distances.
        """
        if self._conditional is None:
            return None
        mean, std = self._conditional
        nearest, is_inside = self._find(coord)
        return (
            np.where(is_inside, mean[nearest], np.inf) * u.Mpc,
            np.where(is_inside, std[nearest], 1.0) * u.Mpc,
        )

    def __repr__(self) -> str:
        return summary(self)

    def to_bytes(self) -> bytes:
        """Prepared form: a compressed npz of the arrays and the metadata."""
        return pack({name: getattr(self, name) for name in _COLUMNS}, self.metadata)

    @classmethod
    def from_bytes(cls, prepared: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises
        ------
        SkyMapInvalid
            If it is anything else.
        """
        columns, metadata = unpack(prepared)
        return cls(**columns, metadata=metadata)
