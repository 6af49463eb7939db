"""Single visits in time that nothing else can use."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from planners.problem.incidence import Incidence, MarginalProbability
from planners.problem.problem import Problem
from planners.problem.scheduler import ExposureScheduler, RobotState, ScheduledExposure

SINGLE_WORTH = 5e-4
"""A lone visit that adds less probability is not made."""


def with_single_visits(
    problem: Problem, scheduled_exposures: Sequence[ScheduledExposure]
) -> list[ScheduledExposure]:
    """Add lone visits where the robot would wait, in one filter, without delaying anything.

    One filter serves for all of them: else two lone visits to fields that overlap would look
    like a whole one.
    """
    if len(problem.request.filters) == 1 or problem.request.maximum_time is not None:
        return list(scheduled_exposures)
    names = list(dict.fromkeys(problem.request.filters))
    return max(
        (_Filler(problem, name).fill(scheduled_exposures) for name in names), key=_Worth(problem)
    )


class _Worth:
    """Probability that exposures cover at least once."""

    def __init__(self, problem: Problem) -> None:
        self._atoms = problem.atoms

    def __call__(self, scheduled_exposures: Sequence[ScheduledExposure]) -> float:
        fields = np.array(
            [scheduled_exposure.field for scheduled_exposure in scheduled_exposures], dtype=np.int64
        )
        return float(self._atoms.probability[self._atoms.covered(fields)].sum())


class _Filler:
    """Fills the idle time of one plan with visits in one filter."""

    def __init__(self, problem: Problem, name: str) -> None:
        self._problem = problem
        self._name = name
        self._clock = ExposureScheduler(problem)
        atoms = problem.atoms
        owner = np.repeat(np.arange(len(atoms.probability)), np.diff(atoms.start))
        cover = Incidence(atoms.probability, (atoms.field, owner), atoms.n_fields)
        self._marginal = MarginalProbability(cover, ~problem.seen_before)
        self._open = problem.allowed(name)

    def fill(self, scheduled_exposures: Sequence[ScheduledExposure]) -> list[ScheduledExposure]:
        visited = {scheduled_exposure.field for scheduled_exposure in scheduled_exposures}
        for index in visited:
            self._marginal.take(index)
        budget = self._problem.request.maximum_fields
        most = len(self._open) if budget is None else budget - len(visited)
        filled: list[ScheduledExposure] = []
        state = RobotState()
        for following in (*scheduled_exposures, None):
            while most > 0:
                scheduled_exposure = self._best(state, following)
                if scheduled_exposure is None:
                    break
                filled.append(self._clock.expose(state, *scheduled_exposure))
                self._marginal.take(scheduled_exposure[0])
                self._open[scheduled_exposure[0]] = False
                most -= 1
            if following is not None:
                filled.append(following)
                state.time, state.field = following.end, following.field
                state.filter = following.filter
        return filled

    def _best(
        self, state: RobotState, following: ScheduledExposure | None
    ) -> tuple[int, str, float] | None:
        """The most probable field that fits before what follows."""
        exposure = self._problem.exposure[self._name]
        latest = self._problem.sky.length if following is None else following.start
        if latest - state.time < exposure + self._least_overhead(state, following):
            return None
        gain = np.where(self._open, self._marginal.gain, 0.0)
        for index in np.argsort(-gain, kind="stable").tolist():
            if gain[index] < SINGLE_WORTH:
                return None
            start, _ = self._clock.next_start(state, index, self._name)
            if start < math.inf and start + exposure + self._onward(index, following) <= latest:
                return index, self._name, start
        return None

    def _least_overhead(self, state: RobotState, following: ScheduledExposure | None) -> float:
        """Overheads of any lone visit before what follows, at the least, s."""
        changes = len({state.filter, self._name} - {None}) - 1
        if following is not None:
            changes += following.filter != self._name
        return 2 * self._problem.slews.readout + changes * self._problem.slews.filter_exchange

    def _onward(self, index: int, following: ScheduledExposure | None) -> float:
        """Overhead from a lone visit to what follows, s."""
        if following is None:
            return 0.0
        slews = self._problem.slews
        exchange = slews.filter_exchange if following.filter != self._name else 0.0
        return slews.one(index, following.field, following.start) + exchange
