"""Why not: one reason for each field that a plan leaves out, and the probability it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from numpy.typing import NDArray

from planners.footprints.atoms import LIKELY
from planners.problem.plan_statistics import finished_atoms
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure
from planners.visibility.intervals import visible_intervals, visits_that_fit
from planners.visibility.local_sky import LocalSky
from planners.visibility.rules import Rule, every, rules_for
from telescopes.observing_plan import Reason, Unobserved

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

_NOWHERE = "outside all fields"

_AHEAD = (1, 2, 4, 14, 60, 200)
"""How far the first chance of an observation is looked for, days."""

_MAX_FIELDS = 500
"""Most probable fields for which the first chance is looked for."""


@dataclass(frozen=True, eq=False)
class Ledger:
    """What a plan leaves out, and why."""

    problem: Problem
    """What was asked."""

    left: NDArray[np.float64]
    """Probability in each atom that is not covered in all visits, shape (n_atoms,)."""

    reasons: Mapping[int, Reason]
    """The one reason of each pointing of the likely region that is left out, by index."""

    def unobserved(self) -> tuple[Unobserved, ...]:
        """The fields left out, most probable first."""
        atoms = self.problem.atoms
        entries = [
            Unobserved(
                int(self.problem.field_id[index]),
                reason,
                float(self.left[atoms.of_field(index)].sum()),
            )
            for index, reason in self.reasons.items()
            if self._is_listed(index)
        ]
        return tuple(sorted(entries, key=lambda entry: (-entry.probability, entry.field_id)))

    def probability_lost(self) -> dict[str, float]:
        """Probability that is not covered in all visits, by reason; no place counts twice.

        Together with what is covered, and with "outside all fields", it makes one.
        """
        atoms = self.problem.atoms
        rank = np.full(atoms.n_fields, len(_HOPE))
        for index, reason in self.reasons.items():
            rank[index] = _HOPE.index(reason)
        best = np.full(len(atoms.probability), len(_HOPE))
        np.minimum.at(best, atoms.atom, rank[atoms.owner])
        lost = np.bincount(best, self.left, minlength=len(_HOPE) + 1)
        named = {reason.value: float(lost[k]) for k, reason in enumerate(_HOPE) if lost[k] > 0}
        covered = float((atoms.probability - self.left).sum())
        return {**named, _NOWHERE: max(1.0 - covered - sum(named.values()), 0.0)}

    def remark(self, *, is_empty: bool) -> str:
        """One sentence where the plan is empty or time has run out; else nothing."""
        if is_empty:
            return self._empty()
        short = sum(
            reason is Reason.NO_TIME and self._is_listed(index)
            for index, reason in self.reasons.items()
        )
        if short == 0:
            return ""
        more = "one more field" if short == 1 else f"{short} more fields"
        return f"There is not time enough for {more}."

    def _is_listed(self, index: int) -> bool:
        """Of a position off the grid nobody asks why, but who gave it; its loss has a reason."""
        return bool(self.problem.request.targets) or int(self.problem.field_id[index]) >= 0

    def _empty(self) -> str:
        lost = self.probability_lost()
        cause = max(lost, key=lambda reason: lost[reason])
        chance = first_chance(self.problem)
        if chance is None:
            then = f"nor in the {_AHEAD[-1]} days that follow"
        else:
            then = f"the first chance is {chance.utc.strftime('%Y-%m-%d %H:%M')} UTC"
        return f"Nothing can be observed in the window ({cause}); {then}."


def ledger(problem: Problem, scheduled_exposures: Sequence[ScheduledExposure]) -> Ledger:
    """Account for everything that a plan leaves out."""
    atoms = problem.atoms
    left = np.where(finished_atoms(problem, scheduled_exposures), 0.0, atoms.probability)
    lost = atoms.sum_by_field(left)
    # What holds more than lies outside of the likely region reaches into it, though that may be
    # smaller than the pieces in which it is looked for.
    likely = (atoms.sum_by_field(atoms.likely.astype(float)) > 0) | (
        atoms.field_probability > 1 - LIKELY
    )
    nothing_wanted = np.array([not wanted for wanted in problem.needs])[atoms.need]
    before = atoms.sum_by_field(np.where(nothing_wanted, atoms.probability, 0.0))
    seen = {scheduled_exposure.field for scheduled_exposure in scheduled_exposures}
    limits = _limits(problem)
    excluded = np.isin(problem.field_id, list(problem.request.excluded_fields))
    allowed = np.all([problem.allowed(name) for name in problem.request.filters], axis=0)
    reasons: dict[int, Reason] = {}
    for index in np.flatnonzero(likely).tolist():
        if excluded[index]:
            reasons[index] = Reason.EXCLUDED
        elif before[index] > lost[index] and index not in seen:
            reasons[index] = Reason.ALREADY_OBSERVED
        elif lost[index] <= 0 or (index in seen and lost[index] < problem.worth):
            continue
        elif not allowed[index]:
            reasons[index] = Reason.NO_REFERENCE
        else:
            short = Reason.BELOW_WORTH if lost[index] < problem.worth else Reason.NO_TIME
            reasons[index] = limits.get(index, short)
    return Ledger(problem, left, reasons)


def _limits(problem: Problem) -> dict[int, Reason]:
    """The first rule that leaves too little time for all visits to a field, by index."""
    exposure = max(problem.exposure.values())
    visits = len(problem.request.filters)
    limits: dict[int, Reason] = {}
    suspects = np.flatnonzero(visits_that_fit(problem.visible, exposure, problem.gap) < visits)
    rules = rules_for(problem.telescope, problem.request)
    dark = list(zip(problem.dark.start.tolist(), problem.dark.end.tolist(), strict=True))
    for k, rule in enumerate(rules):
        kept = visible_intervals(
            problem.sky,
            problem.positions[suspects],
            every(rules[: k + 1]),
            (0.0, problem.sky.length),
            exact=False,
        ).within(dark)
        blocked = visits_that_fit(kept, exposure, problem.gap) < visits
        limits.update(dict.fromkeys(suspects[blocked].tolist(), rule.reason))
        suspects = suspects[~blocked]
    return limits


def first_chance(problem: Problem) -> Time | None:
    """When the first worthwhile field can next be observed, from the start of the window on."""
    probability = problem.atoms.field_probability
    # The window itself may have nothing to offer, and then says nothing of worth.
    worth = 1e-3 * float(probability.max(initial=1.0))
    worthy = [
        i for i in np.argsort(-probability, kind="stable")[:_MAX_FIELDS] if probability[i] >= worth
    ]
    if not worthy:
        return None
    rule = every(rules_for(problem.telescope, problem.request))
    exposure = min(problem.exposure.values())
    start, begun = problem.request.start, 0
    for day in _AHEAD:
        sky = LocalSky(problem.telescope.site, start + begun * u.day, start + day * u.day)
        chance = _first(sky, problem.coord[worthy], rule, exposure)
        if chance is not None:
            return chance
        begun = day
    return None


def _first(sky: LocalSky, coord: SkyCoord, rule: Rule, exposure: float) -> Time | None:
    visible = visible_intervals(sky, sky.positions(coord), rule, (0.0, sky.length))
    soonest = visible.lasting(exposure).first.min(initial=np.inf)
    return sky.time(soonest) if np.isfinite(soonest) else None
