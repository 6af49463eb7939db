"""Probability on the sky, constant within each of many ranges of HEALPix cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import ArrayLike, NDArray

from planners.geometry.centers import middle_of
from planners.geometry.directions import sky_coord
from planners.geometry.polygons import cell_centers
from planners.geometry.ranges import CELL_AREA, HIGHEST_ORDER, Ranges, expand, hpx29

_ROUNDING = 1e-9
"""Two credible levels, or two densities relatively, that differ by less are the same."""

_WIDEST, _NARROWEST = 4, 11
"""HEALPix orders of the few cells that stand for a map: 3.7 deg and 1.7 arcmin."""


@dataclass(frozen=True, eq=False, repr=False)
class SkyProbability:
    """A probability distribution over the sky; where no range lies, the probability is zero."""

    lo: NDArray[np.int64]
    """First order-29 NESTED index of each range; sorted; shape (n_ranges,)."""

    hi: NDArray[np.int64]
    """One past the last; the ranges are disjoint."""

    density: NDArray[np.float64]
    """Probability per solid angle, sr^-1; above zero; shape (n_ranges,)."""

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
        nearest, is_inside = self._find(coord)
        return np.where(is_inside, self.credible_levels[nearest], 1.0)

    def density_at(self, coord: SkyCoord) -> NDArray[np.float64]:
        """Probability per solid angle at each position, sr^-1."""
        nearest, is_inside = self._find(coord)
        return np.where(is_inside, self.density[nearest], 0.0)

    def peak(self) -> SkyCoord:
        """Brightest position (ICRS).

        The center of the densest cell. Where several are the densest, as in a box, the middle of
        all of them, if that is one of them, and else the center of one.
        """
        densest = self.density >= self.density.max() * (1 - _ROUNDING)
        return sky_coord(middle_of(self.lo[densest], self.hi[densest]))

    def cells(self, most: float = 1e-3) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Few cells in the map's place: small where it is dense, so that none holds too much.

        The least probable ones, which together hold less than one of them may, are left out.

        Parameters
        ----------
        most
            Probability that a cell may hold; one of 1.7 arcmin may hold any.

        Returns
        -------
        direction
            Unit vectors (ICRS) of the centers. Shape (n_cells, 3).
        probability
            Of each, above zero; they add up to one. Shape (n_cells,).
        """
        order, cell = _WIDEST, np.arange(12 << (2 * _WIDEST))
        directions, probabilities = [], []
        while len(cell):
            shift = 2 * (HIGHEST_ORDER - order)
            held = self.cumulative((cell + 1) << shift) - self.cumulative(cell << shift)
            is_small = (held <= most) | (order == _NARROWEST)
            kept = is_small & (held > 0)
            directions.append(cell_centers(order, cell[kept]))
            probabilities.append(held[kept])
            cell = (cell[~is_small, None] * 4 + np.arange(4)).ravel()
            order += 1
        direction, probability = np.concatenate(directions), np.concatenate(probabilities)
        order_of = np.argsort(probability)
        counts = order_of[np.cumsum(probability[order_of]) >= min(most, probability.max())]
        return direction[counts], probability[counts] / probability[counts].sum()

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
