"""Intervals of time in which a quantity is above a limit, from its samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_ACCURACY = 1.0
"""Of a crossing between two samples, s."""


def spans_above(
    height: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    limit: float,
    seconds: NDArray[np.float64],
) -> list[tuple[float, float]]:
    """Intervals in which a quantity is at or above a limit.

    Parameters
    ----------
    height
        The quantity at any times (s).
    seconds
        Samples, between which it crosses the limit once at the most: from the first to the last.
    """
    if len(seconds) == 0:
        return []
    is_up = height(seconds) >= limit
    change = np.flatnonzero(is_up[1:] != is_up[:-1])
    low, high = seconds[change], seconds[change + 1]
    for _ in range(
        int(np.ceil(np.log2(float(np.diff(seconds).max(initial=_ACCURACY)) / _ACCURACY)))
    ):
        middle = (low + high) / 2
        is_before = (height(middle) >= limit) == is_up[change]
        low, high = np.where(is_before, middle, low), np.where(is_before, high, middle)
    edges = [
        *([float(seconds[0])] if is_up[0] else []),
        *((low + high) / 2).tolist(),
        *([float(seconds[-1])] if is_up[-1] else []),
    ]
    return list(zip(edges[::2], edges[1::2], strict=True))


def above(
    at: NDArray[np.float64], value: NDArray[np.float64], least: float
) -> list[tuple[float, float]]:
    """Intervals in which what is linear between samples is at or above a limit."""
    is_up = value >= least
    change = np.flatnonzero(is_up[1:] != is_up[:-1])
    step = (least - value[change]) / (value[change + 1] - value[change])
    crossing = at[change] + step * (at[change + 1] - at[change])
    edges = [
        *([float(at[0])] if is_up[0] else []),
        *crossing.tolist(),
        *([float(at[-1])] if is_up[-1] else []),
    ]
    return list(zip(edges[::2], edges[1::2], strict=True))
