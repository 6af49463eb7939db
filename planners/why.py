"""Why not: one reason for each field that a plan leaves out, and the probability it costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from numpy.typing import NDArray

from planners.account import finished_atoms
from planners.clock import Shot
from planners.intervals import visible_intervals, visits_that_fit
from planners.local_sky import LocalSky
from planners.problem import WORTH, Problem
from planners.visibility import Rule, every, rules_for
from telescopes.observing import Reason, Unobserved

_HOPE = (
    Reason.NO_TIME,
    Reason.BELOW_WORTH,
    Reason.MOON,
    Reason.POINTING_LIMIT,
    Reason.AIRMASS,
    Reason.NO_REFERENCE,
    Reason.EXCLUDED,
    Reason.DAYLIGHT,
    Reason.ALREADY_OBSERVED,
)
"""From the reason that is most easily removed to the one that never is: where several fields
could have covered a place, the least final of their reasons is what it was lost to."""

_AHEAD = (1, 2, 4, 14, 60, 200)
"""How far the first chance of an observation is looked for, days."""

_MOST_FIELDS = 500
"""Most probable fields for which the first chance is looked for."""


def reasons(problem: Problem, shots: Sequence[Shot]) -> dict[int, Reason]:
    """Why each field of the likely region is not, or not fully, observed, by index."""
    atoms = problem.atoms
    done = finished_atoms(problem, shots)
    owner = np.repeat(np.arange(atoms.n_fields), np.diff(atoms.field_start))
    lost = _sum(owner, np.where(done, 0.0, atoms.probability)[atoms.atom], atoms.n_fields)
    likely = _sum(owner, atoms.likely[atoms.atom].astype(float), atoms.n_fields) > 0
    nothing_wanted = np.array([not wanted for wanted in problem.needs])[atoms.need]
    before = _sum(
        owner, np.where(nothing_wanted, atoms.probability, 0.0)[atoms.atom], atoms.n_fields
    )
    seen = {shot.field for shot in shots}
    limits = _limits(problem)
    allowed = np.all([problem.allowed(name) for name in problem.request.filters], axis=0)
    found: dict[int, Reason] = {}
    for i in np.flatnonzero(likely):
        index = int(i)
        if int(problem.field_id[i]) in problem.request.excluded_fields:
            found[index] = Reason.EXCLUDED
        elif before[i] > lost[i] and index not in seen:
            found[index] = Reason.ALREADY_OBSERVED
        elif lost[i] <= 0 or (index in seen and lost[i] < WORTH):
            continue
        elif not allowed[i]:
            found[index] = Reason.NO_REFERENCE
        elif limits[index] is not None:
            found[index] = limits[index]  # type: ignore[assignment]
        elif lost[i] < WORTH:
            found[index] = Reason.BELOW_WORTH
        else:
            found[index] = Reason.NO_TIME
    return found


def _sum(owner: NDArray[np.int64], weight: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    return np.bincount(owner, weight, minlength=n)


def _limits(problem: Problem) -> list[Reason | None]:
    """The first rule that leaves too little time for all visits, for each field."""
    exposure = max(problem.exposure.values())
    visits = len(problem.request.filters)
    n = len(problem.field_id)
    limits: list[Reason | None] = [None] * n
    suspects = np.flatnonzero(visits_that_fit(problem.visible, exposure, problem.gap) < visits)
    rules = rules_for(problem.telescope, problem.request)
    for k in range(1, len(rules) + 1):
        if len(suspects) == 0:
            break
        free = [(0.0, problem.sky.length)]
        if k > 1:
            free = list(zip(problem.dark.start.tolist(), problem.dark.end.tolist(), strict=True))
        kept = visible_intervals(
            problem.sky, problem.positions[suspects], every(rules[:k]), 0.0, problem.sky.length
        ).within(free)
        blocked = visits_that_fit(kept, exposure, problem.gap) < visits
        for i in suspects[blocked]:
            limits[int(i)] = rules[k - 1].reason
        suspects = suspects[~blocked]
    # What remains is blocked by several rules at once, or by other queues: a lack of time.
    for i in suspects:
        limits[int(i)] = Reason.NO_TIME
    return limits


def unobserved(problem: Problem, shots: Sequence[Shot]) -> tuple[Unobserved, ...]:
    """The fields left out, most probable first."""
    atoms = problem.atoms
    left = np.where(finished_atoms(problem, shots), 0.0, atoms.probability)
    entries = [
        Unobserved(int(problem.field_id[index]), reason, float(left[atoms.of_field(index)].sum()))
        for index, reason in reasons(problem, shots).items()
    ]
    return tuple(sorted(entries, key=lambda entry: (-entry.probability, entry.field_id)))


def probability_lost(problem: Problem, shots: Sequence[Shot]) -> dict[str, float]:
    """Probability that the plan does not cover in all visits, by reason; no place counts twice.

    Together with what it covers, and with "outside all fields", it makes one.
    """
    atoms = problem.atoms
    done = finished_atoms(problem, shots)
    rank = np.full(atoms.n_fields, len(_HOPE))
    for index, reason in reasons(problem, shots).items():
        rank[index] = _HOPE.index(reason)
    best = np.full(len(atoms.probability), len(_HOPE))
    owner = np.repeat(np.arange(atoms.n_fields), np.diff(atoms.field_start))
    np.minimum.at(best, atoms.atom, rank[owner])
    lost = _sum(best[~done], atoms.probability[~done], len(_HOPE) + 1)
    named = {reason.value: float(lost[k]) for k, reason in enumerate(_HOPE) if lost[k] > 0}
    outside = 1.0 - float(atoms.probability[done].sum()) - sum(named.values())
    return {**named, "outside all fields": max(outside, 0.0)}


def first_chance(problem: Problem) -> Time | None:
    """When the first worthwhile field can next be observed, from the start of the window on."""
    probability = problem.atoms.field_probability
    worthy = [
        i for i in np.argsort(-probability, kind="stable")[:_MOST_FIELDS] if probability[i] >= WORTH
    ]
    if not worthy:
        return None
    rule = every(rules_for(problem.telescope, problem.request))
    exposure = min(problem.exposure.values())
    start, begun = problem.request.start, 0
    for day in _AHEAD:
        end = start + day * u.day
        sky = LocalSky(problem.telescope.site, start + begun * u.day, end)
        found = _first(sky, problem.coord[worthy], rule, exposure)
        if found is not None:
            return found
        begun = day
    return None


def _first(sky: LocalSky, coord: SkyCoord, rule: Rule, exposure: float) -> Time | None:
    visible = visible_intervals(sky, sky.positions(coord), rule, 0.0, sky.length)
    soonest = visible.lasting(exposure).first.min(initial=np.inf)
    return sky.time(soonest) if np.isfinite(soonest) else None


def remark(problem: Problem, shots: Sequence[Shot]) -> str:
    """One sentence where the plan is empty or time has run out; else nothing."""
    if not shots:
        return _empty(problem, shots)
    short = [reason for reason in reasons(problem, shots).values() if reason is Reason.NO_TIME]
    if not short:
        return ""
    more = "one more field" if len(short) == 1 else f"{len(short)} more fields"
    return f"There is not time enough for {more}."


def _empty(problem: Problem, shots: Sequence[Shot]) -> str:
    lost = probability_lost(problem, shots)
    cause = max(lost, key=lambda reason: lost[reason]) if lost else "below worth"
    chance = first_chance(problem)
    if chance is None:
        then = f"nor in the {_AHEAD[-1]} days that follow"
    else:
        then = f"the first chance is {chance.utc.strftime('%Y-%m-%d %H:%M')} UTC"
    return f"Nothing can be observed in the window ({cause}); {then}."
