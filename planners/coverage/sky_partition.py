"""Counting how often each part of the sky was observed, by whole pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.geometry.ranges import Ranges, expand, sorted_unique
from planners.skymaps.skymap import SkyMap


@dataclass(frozen=True, eq=False)
class Ledger:
    """The sky cut at the edges of every view, so that counting is by whole pieces."""

    edge: NDArray[np.int64]
    """Sorted order-29 indices, shape (n_pieces + 1,)."""

    probability: NDArray[np.float64]
    """Of each piece, shape (n_pieces,)."""

    pieces: tuple[NDArray[np.int64], ...]
    """Indices of the pieces in each view."""

    @classmethod
    def of(cls, skymap: SkyMap, views: Sequence[Ranges]) -> Ledger:
        """Cut the sky at the edges of the views."""
        lo = np.concatenate([np.empty(0, dtype=np.int64), *(view.lo for view in views)])
        hi = np.concatenate([np.empty(0, dtype=np.int64), *(view.hi for view in views)])
        edge = sorted_unique(np.concatenate([lo, hi]))
        first = np.searchsorted(edge, lo)
        owner, rank = expand(np.searchsorted(edge, hi) - first)
        bounds = np.searchsorted(owner, np.cumsum([len(view) for view in views])[:-1])
        pieces = np.split(first[owner] + rank, bounds) if views else []
        return cls(edge, np.diff(skymap.cumulative(edge)), tuple(pieces))

    def where(self, wanted: NDArray[np.bool_]) -> Ranges:
        """Region of the chosen pieces."""
        return Ranges.of(self.edge[:-1][wanted], self.edge[1:][wanted])


class Tally:
    """How often each piece has been observed, and the probability so far."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.count = np.zeros(len(ledger.probability), dtype=np.int32)
        self.once = 0.0
        self.twice = 0.0

    def add(self, pieces: NDArray[np.int64]) -> None:
        """Count one more exposure of these pieces."""
        before = self.count[pieces]
        gain = self._ledger.probability[pieces]
        self.once += float(gain[before == 0].sum())
        self.twice += float(gain[before == 1].sum())
        self.count[pieces] = before + 1
