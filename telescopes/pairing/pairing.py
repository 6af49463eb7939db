"""Which of the exposures that were taken is which of those that were planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
import scipy
from numpy.typing import NDArray

from telescopes.pairing.pointings import SAME_POINTING, Exposed, begin, chord, positions, vectors

_STEPS = 1000
"""A distance is told from another in so many steps of the tolerance: 0.03 arcsec. Finer than
that, it is the order in time that tells two visits apart."""

Taken = TypeVar("Taken", bound=Exposed)


def pairs(planned: Sequence[Exposed], taken: Sequence[Taken]) -> list[Taken | None]:
    """The exposure that was taken for each planned one; None where there is none."""
    return [None if k < 0 else taken[k] for k in pairing(planned, taken).tolist()]


def pairing(
    planned: Sequence[Exposed], taken: Sequence[Exposed], tolerance: float = SAME_POINTING
) -> NDArray[np.int64]:
    """Pair as many exposures of one pointing and filter as can be, the nearest before others.

    Those that are equally near are told apart by their order in time.

    Parameters
    ----------
    planned, taken
        In any order; neither is used twice.
    tolerance
        Greatest distance of a pair, deg; fields of a grid are paired by their numbers.

    Returns
    -------
    ndarray, shape (n_planned,)
        Index of the exposure that was taken for each planned one; -1 where there is none.
    """
    match = np.full(len(planned), -1)
    if not planned or not taken:
        return match
    row, column, distance = _candidates(planned, taken, tolerance)
    times = [np.array([begin(each) for each in some]) for some in (planned, taken)]
    shape = len(planned), len(taken)
    for rows, columns, near in _components(row, column, distance, shape):
        first = rows[np.argsort(times[0][rows], kind="stable")]
        second = columns[np.argsort(times[1][columns], kind="stable")]
        in_time = np.ix_(np.searchsorted(rows, first), np.searchsorted(columns, second))
        own, its = _assigned(near[in_time])
        match[first[own]] = second[its]
    return match


def _candidates(
    planned: Sequence[Exposed], taken: Sequence[Exposed], tolerance: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Every two that may be a pair, and their distance as a part of the tolerance."""
    row, column, distance = _close(planned, taken, chord(tolerance))
    fields = [np.array([each.field_id for each in some]) for some in (planned, taken)]
    names = [np.array([each.filter for each in some]) for some in (planned, taken)]
    is_pair = (fields[0][row] < 0) | (fields[1][column] < 0)
    is_pair &= names[0][row] == names[1][column]
    same_field = _of_one_field(planned, taken)
    return (
        np.concatenate([row[is_pair], same_field[0]]),
        np.concatenate([column[is_pair], same_field[1]]),
        np.concatenate([distance[is_pair], np.zeros(len(same_field[0]))]),
    )


def _close(
    planned: Sequence[Exposed], taken: Sequence[Exposed], reach: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    trees = [scipy.spatial.cKDTree(vectors(positions(some))) for some in (planned, taken)]
    near = trees[0].sparse_distance_matrix(trees[1], reach, output_type="ndarray")
    return near["i"].astype(np.int64), near["j"].astype(np.int64), near["v"] / reach


def _of_one_field(
    planned: Sequence[Exposed], taken: Sequence[Exposed]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every two of one field of the grid and one filter."""
    members: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for index, each in enumerate(taken):
        if each.field_id >= 0:
            members[each.field_id, each.filter].append(index)
    index_pairs = [
        (index, other)
        for index, each in enumerate(planned)
        for other in members.get((each.field_id, each.filter), ())
    ]
    row, column = np.array(index_pairs, dtype=np.int64).reshape(-1, 2).T
    return row, column


def _components(
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    distance: NDArray[np.float64],
    shape: tuple[int, int],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
    """Parts that have nothing to do with each other: planned, taken, and their distances.

    The distance of two that are no pair is infinite.
    """
    size = sum(shape)
    links = scipy.sparse.coo_array(
        (np.ones(len(row)), (row, column + shape[0])), shape=(size, size)
    )
    _, part = scipy.sparse.csgraph.connected_components(links, directed=False)
    order = np.argsort(part[row], kind="stable")
    for edges in np.split(order, np.flatnonzero(np.diff(part[row][order])) + 1):
        if len(edges) == 0:
            continue
        rows, i = np.unique(row[edges], return_inverse=True)
        columns, j = np.unique(column[edges], return_inverse=True)
        near = np.full((len(rows), len(columns)), np.inf)
        near[i, j] = distance[edges]
        yield rows, columns, near


def _assigned(near: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of rows and columns, both in the order of time.

    As many as can be; of those choices the least sum of distances; of those the order in time.
    """
    may_be = np.isfinite(near)
    steps = np.round(np.where(may_be, near, 0) * _STEPS)
    if may_be.all() and not steps.any():
        both = np.arange(min(near.shape))
        return both, both
    most = max(near.shape)
    places = np.subtract.outer(*(np.arange(n) / most for n in near.shape)) ** 2 / (most + 1)
    cost = np.where(may_be, steps + places, (_STEPS + 1) * (most + 1))
    own, its = scipy.optimize.linear_sum_assignment(cost)
    good = may_be[own, its]
    return own[good], its[good]
