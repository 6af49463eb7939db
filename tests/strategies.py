"""Hypothesis strategies that several test modules share."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import strategies as st

from planners.geometry.ranges import HIGHEST_ORDER, Ranges
from planners.skymaps.skymap import SkyMap


def angles(low: float, high: float) -> st.SearchStrategy[float]:
    """Finite numbers between two bounds, both likely."""
    return st.one_of(st.sampled_from([low, high]), st.floats(low, high, allow_subnormal=False))


@st.composite
def positions(draw) -> SkyCoord:
    """One position, the poles and the meridian of zero likely."""
    return SkyCoord(draw(angles(0, 359.999)) * u.deg, draw(angles(-90, 90)) * u.deg)


@st.composite
def cells(draw, deepest: int = 5) -> tuple[int, int]:
    """HEALPix order and NESTED index of one cell."""
    order = draw(st.integers(0, deepest))
    return order, draw(st.integers(0, (12 << (2 * order)) - 1))


@st.composite
def regions(draw, deepest: int = 3, most: int = 12) -> Ranges:
    """Unions of up to so many cells, overlapping or not."""
    chosen = draw(st.lists(cells(deepest), max_size=most))
    lo = [cell << (2 * (HIGHEST_ORDER - order)) for order, cell in chosen]
    hi = [(cell + 1) << (2 * (HIGHEST_ORDER - order)) for order, cell in chosen]
    return Ranges.of(lo, hi)


@st.composite
def divisions(draw, deepest: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Whole sky divided into cells of many orders, as ranges in ascending order."""
    order, shift = 0, 2 * HIGHEST_ORDER
    cell = np.arange(12)
    lo, hi = [], []
    while order < deepest and len(cell):
        split = draw(st.sets(st.integers(0, len(cell) - 1), max_size=3))
        divided = np.isin(np.arange(len(cell)), list(split))
        lo.append(cell[~divided] << shift)
        hi.append((cell[~divided] + 1) << shift)
        cell = (cell[divided, None] * 4 + np.arange(4)).ravel()
        order, shift = order + 1, shift - 2
    lo.append(cell << shift)
    hi.append((cell + 1) << shift)
    first, last = np.concatenate(lo), np.concatenate(hi)
    ascending = np.argsort(first)
    return first[ascending], last[ascending]


@st.composite
def skymaps(draw, *, distances: bool | None = None) -> SkyMap:
    """Normalized maps of many orders, with ties and zeros, with distances or without."""
    lo, hi = draw(divisions())
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    density = 10 ** random.uniform(-6, 3, len(lo))
    # Ties and zeros, from none to nearly everywhere.
    same = random.random(len(lo)) < draw(st.sampled_from([0.0, 0.3, 1.0]))
    density[same] = random.choice([0.0, 1.0, 2.0], int(same.sum()))
    if not density.any():
        density[draw(st.integers(0, len(lo) - 1))] = 1.0
    distance = None
    if draw(st.booleans()) if distances is None else distances:
        distmu = random.normal(100, 80, len(lo))
        distmu[random.random(len(lo)) < 0.1] = draw(st.sampled_from([np.inf, np.nan, 50.0]))
        distance = distmu, random.uniform(5, 80, len(lo)), random.uniform(1e-6, 1e-4, len(lo))
    return SkyMap.normalized((lo, hi), density, distance, {"creator": "hypothesis"})
