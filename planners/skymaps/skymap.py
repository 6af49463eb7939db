"""Sky maps: probability on the sky, and distance along each line of sight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import astropy_healpix
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import ArrayLike, NDArray

from planners.geometry.ranges import CELL_AREA, HIGHEST_ORDER, Ranges, expand, hpx29, overlaps
from planners.skymaps.checks import SkyMapInvalid, check_density, check_ranges, sanitized_distance
from planners.skymaps.distances import conditional_moments
from planners.skymaps.store import pack, unpack
from planners.skymaps.summary import summary

__all__ = ["SkyMap", "SkyMapInvalid"]

_ROUNDING = 1e-9
"""Two credible levels that differ by less are the same."""

_COLUMNS = ("lo", "hi", "density", "distmu", "distsigma", "distnorm")


@dataclass(frozen=True, eq=False, repr=False)
class SkyMap:
    """A probability distribution over the sky, constant within each range.

    Where no range lies, the probability is zero. Make one from numbers of any origin with
    `SkyMap.normalized`, from a file with `read_skymap`.

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

    lo: NDArray[np.int64]
    """First order-29 NESTED index of each range; sorted; shape (n_ranges,)."""

    hi: NDArray[np.int64]
    """One past the last; the ranges are disjoint."""

    density: NDArray[np.float64]
    """Probability per solid angle, sr^-1; above zero; shape (n_ranges,)."""

    distmu: NDArray[np.float64] | None = None
    """Location of the distance ansatz, Mpc; infinite where nothing is known."""

    distsigma: NDArray[np.float64] | None = None
    """Scale of the distance ansatz, Mpc."""

    distnorm: NDArray[np.float64] | None = None
    """Normalization of the distance ansatz, Mpc^-2; zero where nothing is known."""

    metadata: Mapping[str, Any] = field(default_factory=dict)
    """What the file says of itself, plain JSON: creator, object, date, distmean and diststd
    (Mpc), order (of the finest cell), probability_sum (before normalizing)."""

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
        density, *rest = (np.ascontiguousarray(values, dtype=np.float64) for values in chosen)
        with np.errstate(over="ignore", under="ignore"):
            total = float(np.sum(density * ((hi - lo) * CELL_AREA)))
        if not 0 < total < np.inf:
            raise SkyMapInvalid(f"the probability sums to {total}")
        about = {**(metadata or {}), "probability_sum": total}
        distmu, distsigma, distnorm = sanitized_distance(*rest) if rest else (None, None, None)
        return cls(lo, hi, density / total, distmu, distsigma, distnorm, about)

    @cached_property
    def range_area(self) -> NDArray[np.float64]:
        """Solid angle of each range, sr."""
        return np.asarray((self.hi - self.lo) * CELL_AREA, dtype=np.float64)

    @cached_property
    def probability(self) -> NDArray[np.float64]:
        """Probability in each range."""
        return self.density * self.range_area

    @cached_property
    def _before(self) -> NDArray[np.float64]:
        return np.concatenate([[0.0], np.cumsum(self.probability)])

    def cumulative(self, index: ArrayLike) -> NDArray[np.float64]:
        """Probability in all cells before each order-29 index (any shape), 0 to 1.

        It is piecewise linear, so the probability of any range is the difference of two.
        """
        at = np.asarray(index, dtype=np.int64)
        nearest = np.maximum(np.searchsorted(self.lo, at, side="right") - 1, 0)
        within = np.clip(at, self.lo[nearest], self.hi[nearest]) - self.lo[nearest]
        return self._before[nearest] + self.density[nearest] * (within * CELL_AREA)

    def probability_in(self, ranges: Ranges) -> float:
        """Probability that the source lies in a region."""
        return float(np.sum(self.cumulative(ranges.hi) - self.cumulative(ranges.lo)))

    def probability_in_each(
        self, lo: NDArray[np.int64], hi: NDArray[np.int64], owner: NDArray[np.int64], n: int
    ) -> NDArray[np.float64]:
        """Probability in each of many regions.

        Parameters
        ----------
        lo, hi
            Order-29 ranges; those of one owner do not overlap. Shape (n_ranges,).
        owner
            Region that each range belongs to, 0 to ``n - 1``. Shape (n_ranges,).
        n
            Number of regions.

        Returns
        -------
        ndarray, shape (n,)
        """
        gain = self.cumulative(hi) - self.cumulative(lo)
        return np.asarray(np.bincount(owner, weights=gain, minlength=n), dtype=np.float64)

    @cached_property
    def credible_levels(self) -> NDArray[np.float64]:
        """Probability of everything denser than each range, shape (n_ranges,).

        Zero for the densest; ranges of equal density share one level. A range belongs to
        the region of level q when this is below q, which makes that region the smallest
        that holds at least q, and never empty.
        """
        order = np.argsort(-self.density, kind="stable")
        density = self.density[order]
        before = np.concatenate([[0.0], np.cumsum(self.probability[order])[:-1]])
        first_of_group = np.concatenate([[True], density[1:] < density[:-1]])
        group = np.cumsum(first_of_group) - 1
        levels = np.empty_like(before)
        levels[order] = np.minimum(before[first_of_group][group], 1.0)
        return levels

    def _within(self, level: float) -> NDArray[np.bool_]:
        # A sum of probabilities is rounded: a level that it only reaches is not below it.
        return (self.credible_levels < level - _ROUNDING) | (level >= 1)

    def region(self, level: float) -> Ranges:
        """Smallest region that holds at least `level` (0 to 1) of the probability."""
        within = self._within(level)
        return Ranges.of(self.lo[within], self.hi[within])

    def area(self, level: float) -> u.Quantity[u.deg**2]:
        """Solid angle of the credible region of `level` (0 to 1)."""
        return (np.sum(self.range_area[self._within(level)]) * u.sr).to(u.deg**2)

    def _find(self, coord: SkyCoord) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        at = hpx29(coord)
        nearest = np.maximum(np.searchsorted(self.lo, at, side="right") - 1, 0)
        return nearest, (at >= self.lo[nearest]) & (at < self.hi[nearest])

    def credible_level_at(self, coord: SkyCoord) -> NDArray[np.float64]:
        """Level of `credible_levels` at each position; 1 where the probability is zero.

        A position lies in the region of level q when this is below q.
        """
        nearest, found = self._find(coord)
        return np.where(found, self.credible_levels[nearest], 1.0)

    def density_at(self, coord: SkyCoord) -> NDArray[np.float64]:
        """Probability per solid angle at each position, sr^-1."""
        nearest, found = self._find(coord)
        return np.where(found, self.density[nearest], 0.0)

    def peak(self) -> SkyCoord:
        """Middle of the densest range (ICRS)."""
        densest = int(np.argmax(self.density))
        middle = (self.lo[densest] + self.hi[densest]) // 2
        lon, lat = astropy_healpix.healpix_to_lonlat(middle, 1 << HIGHEST_ORDER, order="nested")
        return SkyCoord(lon, lat)

    def rasterize(self, order: int) -> NDArray[np.float64]:
        """Probability in each pixel of one HEALPix order, NESTED, shape (12 * 4**order,).

        Raises
        ------
        ValueError
            If `order` is above 12: such an array would need more than 1.6 GB.
        """
        if not 0 <= order <= 12:
            raise ValueError(f"cannot rasterize a sky map at order {order}: 0 to 12 are possible")
        shift = 2 * (HIGHEST_ORDER - order)
        first, end = self.lo >> shift, -(-self.hi >> shift)
        whole = (first << shift == self.lo) & (end << shift == self.hi)
        raster = np.zeros(12 << (2 * order))
        weight = self.density * (CELL_AREA * 2.0**shift)
        count = np.where(whole, end - first, 0)
        owner, rank = expand(count)
        raster[first[owner] + rank] = weight[owner]
        # The rest begins or ends within a pixel: cut it at the pixels' edges.
        part = np.flatnonzero(~whole)
        owner, rank = expand((end - first)[part])
        pixel, owner = first[part][owner] + rank, part[owner]
        lo = np.maximum(self.lo[owner], pixel << shift)
        hi = np.minimum(self.hi[owner], (pixel + 1) << shift)
        gain = self.density[owner] * ((hi - lo) * CELL_AREA)
        np.add.at(raster, pixel, gain)
        return raster

    def without(self, ranges: Ranges) -> SkyMap:
        """Renormalized map of what remains once a region has been observed.

        Raises
        ------
        SkyMapInvalid
            If nothing remains.
        """
        rest = ranges.complement()
        lo, hi, owner, _ = overlaps(self.lo, self.hi, rest.lo, rest.hi)
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
        nearest, found = self._find(coord)
        return (
            np.where(found, mean[nearest], np.inf) * u.Mpc,
            np.where(found, std[nearest], 1.0) * u.Mpc,
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
