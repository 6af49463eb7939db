"""Interpolation between the centers of HEALPix cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class _Rings:
    """Rings of cells of equal latitude; each array has the shape of what was asked for."""

    first: NDArray[np.int64]
    """Index (RING) of the cell that is the first in longitude."""

    count: NDArray[np.int64]
    """Cells in the ring."""

    shift: NDArray[np.float64]
    """Longitude of the first cell's center, in cells."""

    colatitude: NDArray[np.float64]
    """rad."""

    @classmethod
    def of(cls, nside: int, ring: NDArray[np.int64]) -> _Rings:
        """Rings by their number, 1 to ``4 nside - 1`` from north.

        References
        ----------
        Gorski et al. 2005, ApJ 622, 759, equations 2 to 9.
        """
        from_pole = np.minimum(ring, 4 * nside - ring)
        is_cap = from_pole < nside
        count = 4 * np.minimum(from_pole, nside)
        in_north = np.where(
            is_cap,
            2 * from_pole * (from_pole - 1),
            2 * nside * (nside - 1) + (ring - nside) * count,
        )
        in_south = 12 * nside**2 - 2 * from_pole * (from_pole + 1)
        first = np.where(is_cap & (ring > nside), in_south, in_north)
        shift = np.where(is_cap | ((ring - nside) % 2 == 0), 0.5, 0.0)
        # Near a pole the cosine says nothing of the angle any more.
        near = 2 * np.arcsin(from_pole / (np.sqrt(6) * nside))
        cap = np.where(ring > nside, np.pi - near, near)
        belt = np.arccos(np.clip((2 * nside - ring) * 2 / (3 * nside), -1, 1))
        return cls(first, count, shift, np.where(is_cap, cap, belt))

    def take(self, place: NDArray[np.int64]) -> _Rings:
        """Some of them, by their place."""
        return _Rings(
            self.first.take(place),
            self.count.take(place),
            self.shift.take(place),
            self.colatitude.take(place),
        )

    def around(
        self, longitude: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Cells west and east of longitudes (rad), and the share of the one in the east."""
        place = longitude * (self.count / (2 * np.pi)) - self.shift
        west = np.floor(place)
        place -= west
        index = west.astype(np.int64) % self.count
        return self.first + index, self.first + (index + 1) % self.count, place


def bilinear(
    order: int, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The four cells around each of many positions, and how much each counts there.

    Linear in longitude along the ring of cells above and along the one below, and in latitude
    between the two; at a pole the mean of the four cells around it is taken. What
    `astropy_healpix.bilinear_interpolation_weights` gives, in a quarter of its time.

    Parameters
    ----------
    order
        HEALPix order.
    longitude, latitude
        rad. Shape (n,).

    Returns
    -------
    cell
        RING indices, shape (4, n).
    weight
        Shape (4, n); those of a position make one.
    """
    nside = 1 << order
    last = 4 * nside - 1
    above = _ring_above(nside, latitude)
    upper, lower = _rings(nside, above), _rings(nside, above + 1)
    begin = np.where(above < 1, 0.0, upper.colatitude)
    end = np.where(above >= last, np.pi, lower.colatitude)
    down = np.clip((np.pi / 2 - latitude - begin) / (end - begin), 0, 1)
    shares = np.stack([1 - down, down])
    cell, weight = np.empty((4, *down.shape), dtype=np.int64), np.empty((4, *down.shape))
    for k, row in enumerate((upper, lower)):
        cell[2 * k], cell[2 * k + 1], east = row.around(longitude)
        weight[2 * k], weight[2 * k + 1] = (1 - east) * shares[k], east * shares[k]
    for k, at_pole in enumerate((np.flatnonzero(above < 1), np.flatnonzero(above >= last))):
        # There is no ring beyond: the other two cells of the first take the place of its cells.
        first, beyond = (slice(2, 4), slice(0, 2)) if k == 0 else (slice(0, 2), slice(2, 4))
        opposite = cell[first, at_pole]
        cell[beyond, at_pole] = opposite - opposite % 4 + (opposite + 2) % 4
        weight[beyond, at_pole] = 0.0
        weight[:, at_pole] += shares[k, at_pole] / 4
    return cell, weight


def _rings(nside: int, ring: NDArray[np.int64]) -> _Rings:
    """The ring of each number; the first and the last for numbers beyond them."""
    ring = np.clip(ring, 1, 4 * nside - 1)
    first = int(ring.min(initial=4 * nside))
    span = int(ring.max(initial=0)) - first + 1
    if span > len(ring):
        return _Rings.of(nside, ring)
    # Of a region there are many positions and few rings.
    return _Rings.of(nside, np.arange(first, first + span)).take(ring - first)


def _ring_above(nside: int, latitude: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number of the last ring no farther south than each latitude; 0 if there is none."""
    z = np.sin(latitude)
    ring = nside * (2 - 1.5 * z)
    cap = np.flatnonzero(np.abs(z) > 2 / 3)
    # One minus the sine is not exact near a pole.
    from_pole = nside * np.cos(latitude[cap]) * np.sqrt(3 / (1 + np.abs(z[cap])))
    ring[cap] = np.where(z[cap] > 0, from_pole, 4 * nside - from_pole)
    return np.floor(ring).astype(np.int64)
