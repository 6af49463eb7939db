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
from planners.problem.finish_times import finished_atoms
from planners.problem.problem import Problem, least_worth
from planners.problem.scheduler import ScheduledExposure
from planners.problem.visit_options import programs_of
from planners.visibility.intervals import visible_intervals, visits_that_fit
from planners.visibility.local_sky import LocalSky
from planners.visibility.rules import Rule, every, rules_for
from telescopes.observing_plan import Reason, Unobserved

_HOPE = (
    Reason.NO_TIME,
    Reason.TARGET_REACHED,
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

_ROUNDING = 1e-9
"""Of a probability."""

_NOWHERE = "outside all fields"

_AHEAD = (1, 2, 4, 14, 60, 200)
"""How far the first chance of an observation is looked for, days."""

_MAX_LISTED = 5000
"""Fields left out that a plan lists. All count where probability is given by reason; a camera of
half a degree leaves a hundred thousand out, of which nobody reads."""

_MAX_FIELDS = (20_000, 20_000, 5000, 2000, 500, 500)
"""Most probable fields for which it is looked for, the fewer the longer the time ahead."""


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
        """The fields left out, most probable first; of a narrow camera's only the first ones."""
        index = np.array(list(filter(self._is_listed, self.reasons)), dtype=np.int64)
        lost = self.problem.atoms.sum_by_field(self.left)[index]
        field_id = self.problem.field_id[index]
        # Of a hundred thousand, only those that are listed are made.
        first = np.lexsort((field_id, -lost))[:_MAX_LISTED]
        return tuple(
            Unobserved(int(field_id[k]), self.reasons[int(index[k])], float(lost[k])) for k in first
        )

    def probability_lost(self) -> dict[str, float]:
        """Probability that is not covered in all visits, by reason; no place counts twice.

        Together with what is covered, and with "outside all fields", it makes one.
        """
        atoms = self.problem.atoms
        rank = np.full(atoms.n_fields, len(_HOPE))
        places = {reason: k for k, reason in enumerate(_HOPE)}
        rank[list(self.reasons)] = [places[reason] for reason in self.reasons.values()]
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
        most = self._most()
        if most < self.problem.minimum_gain and lost.get(Reason.BELOW_WORTH.value, 0.0) > 0:
            return (
                f"Nothing adds {_in_ten_minutes(self.problem.minimum_gain)} in 10 minutes of "
                f"telescope time: the most that any field does is {_in_ten_minutes(most)}."
            )
        covered = float((self.problem.atoms.probability - self.left).sum())
        target = self.problem.request.target_probability
        if target is not None and covered >= target - _ROUNDING:
            return (
                f"What was observed before covers {covered:.1%} in all visits: "
                f"{target:.1%} is enough."
            )
        cause = max(lost, key=lambda reason: lost[reason])
        chance = first_chance(self.problem)
        if chance is None:
            then = f"nor in the {_AHEAD[-1]} days that follow"
        else:
            then = f"the first chance is {chance.utc.strftime('%Y-%m-%d %H:%M')} UTC"
        return f"Nothing can be observed in the window ({cause}); {then}."

    def _most(self) -> float:
        """Most that any field adds for its time, were it taken alone; 1/s."""
        options = programs_of(self.problem)
        gain = self.problem.atoms.sum_by_field(self.left)[options.field]
        return float((gain / options.least_time).max(initial=0.0))


def ledger(
    problem: Problem,
    scheduled_exposures: Sequence[ScheduledExposure],
    worth: NDArray[np.float64] | None = None,
) -> Ledger:
    """Account for everything that a plan leaves out.

    Parameters
    ----------
    problem
        The fields as they are.
    worth
        What each field could add, where that is not the probability in it. Shape (n_fields,).
    """
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
    adds = lost if worth is None else worth
    is_little = adds < problem.worth
    is_left = lost > 0
    is_left[list(seen)] &= ~is_little[list(seen)]
    observed = before > lost
    observed[list(seen)] = False
    # As many as a hundred thousand, of which hardly any is special.
    causes = np.full(len(lost), _HOPE.index(Reason.NO_TIME))
    target = problem.request.target_probability
    if target is not None and 1 - float(left.sum()) >= target - _ROUNDING:
        causes[:] = _HOPE.index(Reason.TARGET_REACHED)
    is_little |= adds < problem.minimum_gain * _time_of_a_field(problem)
    causes[is_little] = _HOPE.index(Reason.BELOW_WORTH)
    causes[list(limits)] = [_HOPE.index(reason) for reason in limits.values()]
    causes[~allowed] = _HOPE.index(Reason.NO_REFERENCE)
    causes[observed] = _HOPE.index(Reason.ALREADY_OBSERVED)
    causes[excluded] = _HOPE.index(Reason.EXCLUDED)
    left_out = np.flatnonzero(likely & (is_left | observed | excluded))
    reasons = {
        index: _HOPE[cause]
        for index, cause in zip(left_out.tolist(), causes[left_out].tolist(), strict=True)
    }
    return Ledger(problem, left, reasons)


def _time_of_a_field(problem: Problem) -> float:
    """Telescope time of all visits to a field, at the most, s."""
    exposing = sum(problem.exposure[name] for name in problem.request.filters)
    return exposing + len(problem.request.filters) * problem.slews.longest


def _in_ten_minutes(gain: float) -> str:
    """A rate (1/s) as people say it."""
    return f"{100 * 600 * gain:.2g} %"


def _limits(problem: Problem) -> dict[int, Reason]:
    """The first rule that leaves too little time for all visits to a field, by index."""
    exposure = max(problem.exposure.values())
    visits = len(problem.request.filters)
    limits: dict[int, Reason] = {}
    suspects = np.flatnonzero(visits_that_fit(problem.visible, exposure, problem.gap) < visits)
    rules = rules_for(problem.telescope, problem.request)
    for k, rule in enumerate(rules):
        kept = visible_intervals(
            problem.sky,
            problem.positions[suspects],
            every(rules[: k + 1]),
            problem.dark.spans,
            exact=False,
        )
        blocked = visits_that_fit(kept, exposure, problem.gap) < visits
        limits.update(dict.fromkeys(suspects[blocked].tolist(), rule.reason))
        suspects = suspects[~blocked]
    return limits


def first_chance(problem: Problem) -> Time | None:
    """When the first worthwhile field can next be observed, from the start of the window on."""
    atoms = problem.atoms
    # The window itself may have nothing to offer, and then says nothing of worth: whatever a plan
    # of another window would observe is a chance.
    everything = atoms.covered(np.arange(atoms.n_fields))
    worth = least_worth(float(atoms.probability[everything].sum()))
    is_worthy = atoms.field_probability >= worth
    is_worthy &= np.any([problem.allowed(name) for name in problem.request.filters], axis=0)
    by_worth = np.argsort(-atoms.field_probability, kind="stable")
    worthy = by_worth[is_worthy[by_worth]]
    if len(worthy) == 0:
        return None
    rule = every(rules_for(problem.telescope, problem.request))
    exposure = min(problem.exposure.values())
    start, begun = problem.request.start, 0
    for day, most in zip(_AHEAD, _MAX_FIELDS, strict=True):
        sky = LocalSky(problem.telescope.site, start + begun * u.day, start + day * u.day)
        chance = _first(sky, problem.coord[worthy[:most]], rule, exposure)
        if chance is not None:
            return chance
        begun = day
    return None


def _first(sky: LocalSky, coord: SkyCoord, rule: Rule, exposure: float) -> Time | None:
    visible = visible_intervals(sky, sky.positions(coord), rule, [(0.0, sky.length)])
    soonest = visible.lasting(exposure).first.min(initial=np.inf)
    return sky.time(soonest) if np.isfinite(soonest) else None
