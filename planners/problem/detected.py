"""The chance that exposures detect a source, each at its own depth."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from planners.problem.detectability import Detectability
from planners.problem.finish_times import finished_atoms, fulfilled_at
from planners.problem.plan_statistics import bounded_plans, gap
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure
from planners.visibility.local_sky import Circumstances

_OF_ONE_EXPOSURE_TIME = ", if a field is exposed as long in each of its visits"


def detection_statistics(
    problem: Problem, exposures: Sequence[ScheduledExposure], upper_bound: float | None
) -> dict[str, Any]:
    """What statistics of `ObservingPlan` say of the objective.

    Parameters
    ----------
    exposures
        Of the fields as they are, in the order of time.
    upper_bound
        No plan detects the source more likely, where that is the objective.
    """
    ways = problem.ways
    if ways is None:
        return {
            "objective": "coverage",
            "objective_note": problem.coverage_only or None,
            "detection_probability": None,
            "detection_bound": None,
        }
    detected = detection_probability(ways.plain, ways.detectability, exposures, ways.done)
    figures = {
        "objective": "detection",
        "objective_note": (
            f"{ways.detectability.sought.source.title}, dimmed by "
            f"{ways.detectability.reddening_title}"
        ),
        "detection_probability": detected,
        "detection_bound": upper_bound,
    }
    if upper_bound is None:
        return figures
    return figures | {
        "optimality_gap": gap(detected, upper_bound),
        "bound_holds_for": bounded_plans(ways.plain) + _OF_ONE_EXPOSURE_TIME,
    }


def left_to_detect(problem: Problem, exposures: Sequence[ScheduledExposure]) -> NDArray[np.float64]:
    """What the best way of observing each field would add to the chance of a detection.

    Returns
    -------
    ndarray, shape (n_fields,)
        Of the fields as they are.
    """
    assert problem.ways is not None
    done = finished_atoms(problem, exposures)
    adds = problem.atoms.sum_by_field(np.where(done, 0.0, problem.atoms.probability))
    best = np.zeros(len(problem.ways.plain.field_id))
    np.maximum.at(best, problem.pointing, adds)
    return best


def as_fields(problem: Problem, exposures: Sequence[ScheduledExposure]) -> list[ScheduledExposure]:
    """Exposures of ways of observing fields as those of the fields."""
    pointing = problem.pointing.tolist()
    return [replace(each, field=pointing[each.field]) for each in exposures]


def exposure_limits(
    problem: Problem, detectability: Detectability, exposures: Sequence[ScheduledExposure]
) -> NDArray[np.float64]:
    """Limit within which each exposure detects a source, before extinction, mag; shape (n,).

    Parameters
    ----------
    problem
        The fields as they are.
    """
    limits = np.full(len(exposures), -np.inf)
    alike: dict[tuple[str, float], list[int]] = defaultdict(list)
    for k, exposure in enumerate(exposures):
        alike[exposure.filter, round(exposure.end - exposure.start, 3)].append(k)
    for (name, length), own in alike.items():
        fields = np.array([exposures[k].field for k in own])
        middle = np.array([(exposures[k].start + exposures[k].end) / 2 for k in own])
        seen = Circumstances(problem.sky, problem.positions[fields], middle)
        limits[own] = detectability.sought.limits(problem.telescope, name, length * u.s, seen)
    return limits


def detection_probability(
    problem: Problem,
    detectability: Detectability,
    exposures: Sequence[ScheduledExposure],
    done: NDArray[np.float64],
) -> float:
    """Probability that the source is detected in as many visits to one field as are required.

    Parameters
    ----------
    problem
        The fields as they are.
    exposures
        In the order of time.
    done
        Limit that executed exposures set for each of `Problem.needs`, mag; inf where none does.
        Shape (n_needs,).
    """
    atoms = problem.atoms
    limits = exposure_limits(problem, detectability, exposures)
    reached = np.full(len(atoms.probability), -np.inf)
    wants_nothing = np.array([not wanted for wanted in problem.needs])
    finished = wants_nothing[atoms.need]
    reached[finished] = done[atoms.need[finished]]
    visits: dict[int, list[int]] = defaultdict(list)
    for k, exposure in enumerate(exposures):
        visits[exposure.field].append(k)
    for field, own in visits.items():
        of_field = atoms.of_field(field)
        for need in np.unique(atoms.need[of_field]).tolist():
            wanted = problem.needs[need]
            times = [(exposures[k].filter, exposures[k].start, exposures[k].end) for k in own]
            if not wanted or fulfilled_at(times, wanted, problem.gap) == math.inf:
                continue
            atom = of_field[atoms.need[of_field] == need]
            each = [
                limits[k] - detectability.extinction(exposures[k].filter, atom)
                for k in _deepest(exposures, limits, own, wanted)
            ]
            missing = max(detectability.required - (len(problem.request.filters) - len(each)), 1)
            ordered = np.sort(np.stack(each), axis=0)
            limit = np.minimum(ordered[len(each) - min(missing, len(each))], done[need])
            reached[atom] = np.maximum(reached[atom], limit)
    everywhere = np.arange(len(reached))
    return float(atoms.probability @ detectability.chance(everywhere, reached))


def _deepest(
    exposures: Sequence[ScheduledExposure],
    limits: NDArray[np.float64],
    own: Sequence[int],
    wanted: Sequence[str],
) -> list[int]:
    """The deepest visits to one field in each wanted filter, as many as are wanted."""
    chosen = []
    for name in dict.fromkeys(wanted):
        alike = sorted((k for k in own if exposures[k].filter == name), key=lambda k: -limits[k])
        chosen += alike[: list(wanted).count(name)]
    return chosen
