"""Which detector of a camera a direction falls on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from telescopes.telescope import Footprint

NOWHERE = -1
"""Where no detector lies."""

_FIRST_EDGE = -2
_SIDE = 1024


@dataclass(frozen=True, eq=False)
class FocalPlane:
    """A camera's detectors, indexed by a fine raster of the tangent plane.

    A texel that one detector covers wholly, or none touches, answers at once; only the
    directions that fall on a texel with an edge in it are tested against the polygons.
    """

    corners: NDArray[np.float64]
    """Standard coordinates (east, north) of the corners, rad; (n_detectors, n_corners, 2)."""

    edges: NDArray[np.float64]
    """``a, b, c`` of each edge with ``a x + b y + c`` the distance inwards;
    (n_detectors, n_corners, 3)."""

    texels: NDArray[np.int32]
    """Index of the detector, `NOWHERE`, or, on an edge, ``_FIRST_EDGE - row`` of
    `candidates`; shape (side * side,), east running fastest."""

    candidates: NDArray[np.int16]
    """Detectors that may cover a texel with an edge in it, padded with `NOWHERE`;
    shape (n_texels, n_most)."""

    origin: NDArray[np.float64]
    """East and north of the first texel's outer corner, rad."""

    texel: float
    """Side of a texel, rad."""

    @classmethod
    def of(cls, footprint: Footprint) -> FocalPlane:
        """Index a footprint.

        Raises
        ------
        ValueError
            If a detector is not a convex polygon with an area.
        """
        corners = footprint.corners.to_value(u.rad)
        edges = _edges(corners)
        low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
        texel = float((high - low).max()) / (_SIDE - 2)
        origin = low - texel
        whole = np.full((_SIDE, _SIDE), NOWHERE, dtype=np.int32)
        on_edge = []
        half_diagonal = 0.7072 * texel
        center = (np.arange(_SIDE) + 0.5) * texel
        for i, outline in enumerate(corners):
            first = np.maximum(((outline.min(axis=0) - origin) / texel).astype(int) - 1, 0)
            last = ((outline.max(axis=0) - origin) / texel).astype(int) + 2
            east = origin[0] + center[None, first[0] : last[0]]
            north = origin[1] + center[first[1] : last[1], None]
            inwards = _inwards(edges[i], east, north)
            whole[first[1] : last[1], first[0] : last[0]][inwards > half_diagonal] = i
            row, column = np.nonzero(np.abs(inwards) <= half_diagonal)
            on_edge.append((row + first[1]) * _SIDE + column + first[0])
        texels, candidates = whole.ravel(), _listed(on_edge)
        places = np.unique(np.concatenate(on_edge))
        texels[places] = _FIRST_EDGE - np.arange(len(places))
        return cls(corners, edges, texels, candidates, origin, texel)

    @property
    def radius(self) -> float:
        """Angle from the boresight to the farthest corner, rad."""
        return float(np.arctan(np.hypot(self.corners[..., 0], self.corners[..., 1]).max()))

    def detector_at(
        self, east: NDArray[np.float64], north: NDArray[np.float64]
    ) -> NDArray[np.int16]:
        """Index of the detector at standard coordinates (rad, any shape), or `NOWHERE`."""
        column = ((east - self.origin[0]) * (1 / self.texel)).astype(np.int32)
        row = ((north - self.origin[1]) * (1 / self.texel)).astype(np.int32)
        # The outermost texels are nowhere; conversion rounds towards zero, also from below.
        np.clip(column, 0, _SIDE - 1, out=column)
        np.clip(row, 0, _SIDE - 1, out=row)
        detector = self.texels.take(row * _SIDE + column)
        doubtful = detector <= _FIRST_EDGE
        if doubtful.any():
            rows = _FIRST_EDGE - detector[doubtful]
            detector[doubtful] = self._tested(rows, east[doubtful], north[doubtful])
        return np.asarray(detector, dtype=np.int16)

    def _tested(
        self, rows: NDArray[np.int32], east: NDArray[np.float64], north: NDArray[np.float64]
    ) -> NDArray[np.int16]:
        detector = np.full(len(east), NOWHERE, dtype=np.int16)
        left = np.arange(len(east))
        for candidate in self.candidates.T:
            tried = candidate[rows[left]]
            left, tried = left[tried != NOWHERE], tried[tried != NOWHERE]
            inside = np.ones(len(left), dtype=bool)
            for a, b, c in np.moveaxis(self.edges, 0, -1):
                inside &= a[tried] * east[left] + b[tried] * north[left] + c[tried] >= 0
            detector[left[inside]] = tried[inside]
            left = left[~inside]
        return detector


def _listed(on_edge: list[NDArray[np.int64]]) -> NDArray[np.int16]:
    """Detectors by texel, from texels by detector; rows in ascending order of texel."""
    texel = np.concatenate(on_edge)
    detector = np.repeat(np.arange(len(on_edge)), [len(part) for part in on_edge])
    order = np.argsort(texel, kind="stable")
    texel, detector = texel[order], detector[order]
    _, row, count = np.unique(texel, return_inverse=True, return_counts=True)
    rank = np.arange(len(texel)) - (np.cumsum(count) - count)[row]
    listed = np.full((len(count), int(count.max())), NOWHERE, dtype=np.int16)
    listed[row, rank] = detector
    return listed


def _inwards(
    edges: NDArray[np.float64], east: NDArray[np.float64], north: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance from the nearest edge line of one polygon, positive inside."""
    first, *remaining = edges
    nearest = np.asarray(first[0] * east + first[1] * north + first[2])
    for a, b, c in remaining:
        nearest = np.minimum(nearest, a * east + b * north + c)
    return nearest


def _edges(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit inward edge equations of convex polygons in the plane, given in either sense."""
    ahead = np.roll(corners, -1, axis=1) - corners
    length = np.hypot(ahead[..., 0], ahead[..., 1])
    if np.any(length == 0):
        raise ValueError("two consecutive corners of a detector coincide")
    a, b = -ahead[..., 1] / length, ahead[..., 0] / length
    c = -(a * corners[..., 0] + b * corners[..., 1])
    inwards = np.einsum("ke,kv->kev", a, corners[..., 0])
    inwards += np.einsum("ke,kv->kev", b, corners[..., 1]) + c[..., None]
    sense = np.sign(inwards.sum(axis=(1, 2)))[:, None]
    if np.any(sense == 0) or np.any(inwards * sense[..., None] < -1e-9 * length.max()):
        raise ValueError("a detector is not a convex polygon")
    return np.stack([a * sense, b * sense, c * sense], axis=-1)
