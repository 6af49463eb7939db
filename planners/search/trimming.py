"""A plan from which fields are left out one by one, that which adds least first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planners.problem.finish_times import fulfilled_at
from planners.problem.plan_statistics import telescope_time
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure

_NOBODY = -1
"""Beside the first exposure and the last."""


class Trimming:
    """What a plan covers, and how long it takes, as fields are left out.

    What remains stays where it is on the clock: leaving out an exposure never makes a slew
    longer than the two that it replaces.
    """

    def __init__(self, problem: Problem, scheduled_exposures: Sequence[ScheduledExposure]) -> None:
        self._problem = problem
        self._exposures = sorted(scheduled_exposures, key=lambda exposure: exposure.start)
        self._before = [k - 1 for k in range(len(self._exposures))]
        self._after = [*range(1, len(self._exposures)), _NOBODY]
        self._of_field: dict[int, list[int]] = {}
        for k, exposure in enumerate(self._exposures):
            self._of_field.setdefault(exposure.field, []).append(k)
        self._fields = np.array(list(self._of_field), dtype=np.int64)
        self._place = {field: j for j, field in enumerate(self._of_field)}
        self._is_kept = np.ones(len(self._fields), dtype=bool)
        self._owner, self._atom = self._pairs()
        probability = problem.atoms.probability
        self._times = np.bincount(self._atom, minlength=len(probability))
        wants_nothing = np.array([not wanted for wanted in problem.needs])[problem.atoms.need]
        self.covered = float(probability[(self._times > 0) | wants_nothing].sum())
        """Probability in all visits."""
        self.telescope_time = telescope_time(problem, self._exposures)
        """Exposures and overheads, s."""
        self._saved = np.array([self._saved_by(field) for field in self._of_field])
        self._loss = self._losses()

    @property
    def n_fields(self) -> int:
        """Number of fields that are left."""
        return int(self._is_kept.sum())

    @property
    def exposures(self) -> list[ScheduledExposure]:
        """What is left, in the order of time."""
        kept = self._is_kept.tolist()
        return [one for one in self._exposures if kept[self._place[one.field]]]

    def least_by_time(self) -> tuple[int, float, float]:
        """The field that adds least for its time.

        Returns
        -------
        field
            Index in the problem.
        loss
            Probability that is not covered without it.
        saved
            Telescope time that it takes, s.
        """
        return self._field(int(np.argmin(self._loss / self._saved)))

    def least_by_field(self) -> tuple[int, float, float]:
        """The field that adds least; as `least_by_time`."""
        return self._field(int(np.argmin(self._loss)))

    def drop(self, field: int) -> None:
        """Leave a field out."""
        j = self._place[field]
        self.covered -= self._loss[j]
        self.telescope_time -= self._saved[j]
        self._is_kept[j] = False
        beside = set()
        for k in self._of_field[field]:
            before, after = self._before[k], self._after[k]
            if before != _NOBODY:
                self._after[before] = after
            if after != _NOBODY:
                self._before[after] = before
            beside |= {before, after}
        for k in beside - {_NOBODY}:
            other = self._exposures[k].field
            if self._is_kept[self._place[other]]:
                self._saved[self._place[other]] = self._saved_by(other)
        np.subtract.at(self._times, self._atom[self._owner == j], 1)
        self._loss = self._losses()

    def _field(self, j: int) -> tuple[int, float, float]:
        return int(self._fields[j]), float(self._loss[j]), float(self._saved[j])

    def _pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Place of the field and atom, wherever a field gives an atom all that it wants."""
        problem, atoms = self._problem, self._problem.atoms
        visits = [
            [(self._exposures[k].filter, self._exposures[k].start, self._exposures[k].end)
             for k in own]
            for own in self._of_field.values()
        ]  # fmt: skip
        finishes = np.array(
            [
                [bool(wanted) and fulfilled_at(own, wanted, problem.gap) < math.inf
                 for wanted in problem.needs]
                for own in visits
            ],
            dtype=bool,
        ).reshape(len(visits), len(problem.needs))  # fmt: skip
        pieces = [atoms.of_field(int(field)) for field in self._fields]
        owner = np.repeat(np.arange(len(pieces)), [len(piece) for piece in pieces])
        atom = np.concatenate([np.empty(0, np.int64), *pieces])
        finished = finishes[owner, atoms.need[atom]]
        return owner[finished], atom[finished]

    def _losses(self) -> NDArray[np.float64]:
        """Probability that each field alone covers, shape (n_fields,); inf where it is gone."""
        alone = np.where(self._times == 1, self._problem.atoms.probability, 0.0)
        loss = np.bincount(self._owner, alone[self._atom], len(self._fields))
        return np.where(self._is_kept, loss, np.inf)

    def _saved_by(self, field: int) -> float:
        """Telescope time that leaving out a field would save, s."""
        saved = 0.0
        for group in _runs(self._of_field[field], self._after):
            steps = [self._before[group[0]], *group, self._after[group[-1]]]
            saved += sum(self._exposures[k].end - self._exposures[k].start for k in group)
            saved += sum(self._step(a, b) for a, b in pairwise(steps))
            saved -= self._step(steps[0], steps[-1])
        return saved

    def _step(self, first: int, second: int) -> float:
        """Overhead between two exposures, s; none at either end."""
        if _NOBODY in {first, second}:
            return 0.0
        before, after = self._exposures[first], self._exposures[second]
        exchange = self._problem.slews.filter_exchange if before.filter != after.filter else 0.0
        return self._problem.slews.one(before.field, after.field, before.end) + exchange


def _runs(own: Sequence[int], after: Sequence[int]) -> list[list[int]]:
    """Exposures of a field, those together that follow each other."""
    runs = [[own[0]]]
    for k in own[1:]:
        if after[runs[-1][-1]] == k:
            runs[-1].append(k)
        else:
            runs.append([k])
    return runs
