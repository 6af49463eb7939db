"""When each place has all its visits, and what that is worth if the night may end at any time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure

_TOLERANCE = 1e-3
"""Two starts are as far apart as the gap if they miss it by less, s."""

_BEFORE = -math.inf
"""Of what wants no further visit."""


def fulfilled_at(
    visits: Sequence[tuple[str, float, float]], wanted: tuple[str, ...], gap: float
) -> float:
    """When the last of a field's wanted visits has ended, s; inf where some are missing.

    Parameters
    ----------
    visits
        Filter, start and end (s), in the order of time.
    wanted
        Filters, in any order; one that stands twice is wanted twice.
    gap
        Between the starts of two visits that count, s.
    """
    if not wanted:
        return _BEFORE
    earliest = math.inf
    for k, (name, start, end) in enumerate(visits):
        if name not in wanted or end >= earliest:
            continue
        remaining = list(wanted)
        remaining.remove(name)
        later = [visit for visit in visits[k + 1 :] if visit[1] >= start + gap - _TOLERANCE]
        earliest = min(earliest, max(end, fulfilled_at(later, tuple(remaining), gap)))
    return earliest


def finish_times(
    problem: Problem, scheduled_exposures: Sequence[ScheduledExposure]
) -> NDArray[np.float64]:
    """When some field has given each atom every visit that it wants, s; inf where none does.

    Shape (n_atoms,); -inf where nothing was wanted any more.
    """
    visits = _visits(scheduled_exposures)
    fields = np.array(list(visits), dtype=np.int64)
    atoms = problem.atoms
    finish = np.full(len(atoms.probability), math.inf)
    for k, wanted in enumerate(problem.needs):
        own = atoms.need == k
        if not wanted:
            finish[own] = _BEFORE
            continue
        of_field = np.full(atoms.n_fields, math.inf)
        of_field[fields] = [fulfilled_at(each, wanted, problem.gap) for each in visits.values()]
        earliest = np.full(len(finish), math.inf)
        np.minimum.at(earliest, atoms.atom, of_field[atoms.owner])
        finish[own] = earliest[own]
    return finish


def finished_atoms(
    problem: Problem, scheduled_exposures: Sequence[ScheduledExposure]
) -> NDArray[np.bool_]:
    """Atoms that some field covers which receives every visit that they want."""
    return finish_times(problem, scheduled_exposures) < math.inf


def covered_at(
    problem: Problem, finish: NDArray[np.float64], seconds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probability covered in all visits by some times (s); shape of `seconds`.

    Parameters
    ----------
    finish
        What `finish_times` returned. Shape (n_atoms,).
    """
    order = np.argsort(finish, kind="stable")
    total = np.append(0.0, np.cumsum(problem.atoms.probability[order]))
    return np.asarray(total[np.searchsorted(finish[order], seconds, side="right")])


def expected_probability(problem: Problem, finish: NDArray[np.float64]) -> float:
    """Probability covered in all visits, each place weighted by the chance that it is reached.

    Clouds, faults and retractions end a night at a constant rate, from its first dark moment on.

    Parameters
    ----------
    finish
        What `finish_times` returned. Shape (n_atoms,).
    """
    done = finish < math.inf
    chance = problem.chance_of_reaching(finish[done])
    return float(problem.atoms.probability[done] @ chance)


def reached_at(problem: Problem, finish: NDArray[np.float64], part: float) -> float | None:
    """When a part (0 to 1) of all that these exposures cover is covered, s; None for none."""
    done = np.flatnonzero((finish < math.inf) & (finish > _BEFORE))
    order = done[np.argsort(finish[done], kind="stable")]
    covered = np.cumsum(problem.atoms.probability[order])
    if len(order) == 0 or covered[-1] <= 0:
        return None
    return float(finish[order[np.searchsorted(covered, part * covered[-1])]])


def _visits(
    scheduled_exposures: Sequence[ScheduledExposure],
) -> dict[int, list[tuple[str, float, float]]]:
    ordered = sorted(scheduled_exposures, key=lambda exposure: (exposure.field, exposure.start))
    return {
        index: [(exposure.filter, exposure.start, exposure.end) for exposure in group]
        for index, group in groupby(ordered, key=lambda exposure: exposure.field)
    }
