"""Flat HEALPix columns in NESTED order, reduced to runs of equal pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from astropy_healpix.core import nested_to_ring
from numpy.typing import NDArray

CHUNK = 1 << 18
"""Pixels that are looked at together: all of one cell nine orders coarser."""

_ROUGH = 4
"""A chunk of which more than one pixel in so many differs from the last is thinned."""

_ALIKE = (0.03, 0.1, 0.3)
"""Four pixels whose probabilities differ by less, relatively, become one when thinned: the
first of these after which a whole sky of such chunks would not be too many."""

_NEGLIGIBLE = 1e-6
"""So do four that are all below this part of a uniform sky: at most so much probability moves."""

_DEEPEST = 6
"""Most orders by which a pixel may be coarsened."""

Columns = dict[str, NDArray[Any]]


class TooManyPixels(ValueError):
    """More distinct pixels than are kept."""


MAX_RUNS = 4_000_000
"""Distinct pixels that are kept at most; what is published has some ten thousand."""


def renumbered(ring: Columns, order: int) -> Iterator[Columns]:
    """Columns of a RING map in NESTED order, a chunk at a time."""
    n_pixels = 12 << (2 * order)
    for start in range(0, n_pixels, CHUNK):
        nested = np.arange(start, min(start + CHUNK, n_pixels))
        source = nested_to_ring(nested, 1 << order)
        yield {name: values[source] for name, values in ring.items()}


def joined(chunks: Iterable[Columns], n_pixels: int) -> Columns:
    """Whole columns, in the machine's byte order."""
    whole: Columns = {}
    for first, chunk in _placed(chunks):
        for name, values in chunk.items():
            if name not in whole:
                whole[name] = np.empty(n_pixels, dtype=values.dtype.newbyteorder("="))
            whole[name][first : first + len(values)] = values
    return whole


def _placed(chunks: Iterable[Columns]) -> Iterator[tuple[int, Columns]]:
    """Chunks and the number of elements before each."""
    first = 0
    for chunk in chunks:
        yield first, chunk
        first += len(next(iter(chunk.values())))


def runs(
    chunks: Iterable[Columns], probability: str, uniform: float, n_pixels: int
) -> tuple[NDArray[np.int64], Columns]:
    """Where runs of equal pixels begin.

    Parameters
    ----------
    chunks
        Columns of a map in NESTED order, `CHUNK` pixels at a time.
    probability
        Name of the column that says how probable a pixel is.
    uniform
        Its value in a uniform map.
    n_pixels
        How many pixels there are.

    Returns
    -------
    start
        First pixel of each run, and the number of pixels. Shape (n_runs + 1,).
    columns
        Value of each run.

    Raises
    ------
    TooManyPixels
        If more than `MAX_RUNS` remain.

    Notes
    -----
    A chunk in which nearly all pixels differ (a smooth map that is sampled more finely than it
    deserves) is thinned: four siblings that are alike, or negligible, become one of their mean
    probability. Maps that were made by adaptive division, as most are, stay
    exactly as they are.
    """
    starts, kept, n_runs = [], [], 0
    enough = CHUNK * MAX_RUNS // n_pixels
    for before, chunk in _placed(chunks):
        first, values = _chunk_runs(chunk, probability, _NEGLIGIBLE * uniform, enough)
        starts.append(first + before)
        kept.append(values)
        n_runs += len(first)
        if n_runs > MAX_RUNS:
            raise TooManyPixels(f"more than {MAX_RUNS} distinct pixels")
    columns = joined(kept, n_runs)
    # Runs were cut where the chunks end.
    first = _changes(columns)
    start = np.append(np.concatenate(starts)[first], n_pixels)
    return start, {name: values[first] for name, values in columns.items()}


def _chunk_runs(
    chunk: Columns, probability: str, negligible: float, enough: int
) -> tuple[NDArray[np.int64], Columns]:
    """First pixels of the runs of one chunk, thinned if there are too many, and their values."""
    first = _changes(chunk)
    size = len(chunk[probability])
    if size < CHUNK or len(first) <= size // _ROUGH:
        return first, {name: column[first] for name, column in chunk.items()}
    for alike in _ALIKE:
        first, mean = _thinned(chunk[probability], alike, negligible)
        if len(first) <= enough:
            break
    values = {name: column[first] for name, column in chunk.items()}
    return first, {**values, probability: mean}


def _changes(columns: Columns) -> NDArray[np.int64]:
    """Indices of the elements that differ, in any column, from the one before."""
    differs = np.zeros(len(next(iter(columns.values()))) - 1, dtype=bool)
    for values in columns.values():
        # As integers, NaN equals itself.
        bits = values.view(f"i{values.dtype.itemsize}")
        differs |= bits[1:] != bits[:-1]
    return np.flatnonzero(np.concatenate([[True], differs]))


def _thinned(
    pixels: NDArray[Any], tolerance: float, negligible: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """First pixel, and mean, of the largest cells that are alike within.

    Parameters
    ----------
    pixels
        Probabilities in NESTED order; anything but finite numbers is left as it is.
        Shape (CHUNK,).
    tolerance
        How much the probabilities within a cell may differ, relatively.
    negligible
        Probability of a pixel below which they may differ more.
    """
    low = high = mean = pixels.astype(np.float64)
    whole = np.ones(len(mean), dtype=bool)
    means, wholes = [mean], [whole]
    for _ in range(_DEEPEST):
        low, high = low.reshape(-1, 4).min(axis=1), high.reshape(-1, 4).max(axis=1)
        mean = mean.reshape(-1, 4).mean(axis=1)
        # A comparison with NaN is false.
        alike = (high - low <= tolerance * high) | (high <= negligible)
        whole = whole.reshape(-1, 4).all(axis=1) & alike & (low >= 0)
        means.append(mean)
        wholes.append(whole)
    first, value = [], []
    covered = np.zeros(len(wholes[-1]), dtype=bool)
    for level in range(_DEEPEST, -1, -1):
        # What is whole at one level is whole at every finer one.
        chosen = np.flatnonzero(wholes[level] & ~covered)
        first.append(chosen << (2 * level))
        value.append(means[level][chosen])
        covered = np.repeat(wholes[level], 4)
    start = np.concatenate(first)
    by_start = np.argsort(start)
    return start[by_start], np.concatenate(value)[by_start]
