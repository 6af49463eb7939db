"""Programs: the visits that a field can be given so that atoms in it are finished."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planners.geometry.ranges import expand
from planners.problem.incidence import Incidence
from planners.problem.problem import Problem
from planners.visibility.intervals import visits_that_fit

_MAX_PAIRWISE = 1500
"""Fields among which the shortest slew from each is looked for; else the readout time serves."""


@dataclass(frozen=True, eq=False)
class VisitOptions:
    """Every program that can be carried out, a column of the integer program each."""

    problem: Problem
    """What they belong to."""

    field: NDArray[np.int64]
    """Index of the field, shape (n,)."""

    need: NDArray[np.int64]
    """The visits are ``problem.needs[need]``, shape (n,)."""

    def __len__(self) -> int:
        return len(self.field)

    @cached_property
    def pointing(self) -> NDArray[np.int64]:
        """What is the same for all programs of which a plan takes one, shape (n,)."""
        return self.problem.pointing[self.field]

    @cached_property
    def visits(self) -> NDArray[np.int64]:
        """Number of visits, shape (n,)."""
        return np.array([len(wanted) for wanted in self.problem.needs])[self.need]

    @cached_property
    def exposing(self) -> NDArray[np.float64]:
        """Open-shutter time of the shortest 1, 2, ... visits, s, shape (n, most visits + 1).

        The first column is zero, and the last that a program fills is repeated.
        """
        most = max(len(wanted) for wanted in self.problem.needs)
        table = np.zeros((len(self.problem.needs), most + 1))
        for row, wanted in zip(table, self.problem.needs, strict=True):
            lengths = sorted(self.problem.exposure[name] for name in wanted)
            row[1 : len(lengths) + 1] = np.cumsum(lengths)
            row[len(lengths) + 1 :] = row[len(lengths)]
        return table[self.need] * self.problem.exposure_scale[self.field][:, None]

    @cached_property
    def least_overhead(self) -> NDArray[np.float64]:
        """The robot never leaves the field for another in less than this, s, shape (n,)."""
        slews = self.problem.slews
        # One way of observing each: the others point alike.
        pointings, first = np.unique(self.pointing, return_index=True)
        fields = self.field[first]
        longest = self.problem.longest_exposure
        stays = self.visits.max(initial=0) > 1 and self.problem.gap < longest + slews.longest
        # A robot that always leaves must settle each time.
        always = slews.readout if stays else max(slews.readout, slews.mount_settle)
        least = np.full(int(self.problem.pointing.max(initial=-1)) + 1, always)
        if 1 < len(fields) <= _MAX_PAIRWISE and not stays and not slews.time_dependent:
            cost = slews.between(fields[:, None], fields[None, :])
            np.fill_diagonal(cost, np.inf)
            least[pointings] = cost.min(axis=1)
        return least[self.pointing]

    @cached_property
    def least_time(self) -> NDArray[np.float64]:
        """Telescope time that all visits take, at the least, s, shape (n,)."""
        return np.asarray(self.exposing[:, -1] + self.visits * self.least_overhead)

    @cached_property
    def worth(self) -> NDArray[np.float64]:
        """Probability that each program must add to be carried out, shape (n,)."""
        return np.maximum(self.problem.worth, self.problem.minimum_gain * self.least_time)

    @cached_property
    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Column and atom, wherever a program finishes an atom; sorted by atom."""
        atoms = self.problem.atoms
        start = atoms.field_start
        column, rank = expand(start[self.field + 1] - start[self.field])
        atom = atoms.atom[start[self.field][column] + rank]
        finishes = np.array(
            [
                [bool(wanted) and contains(given, wanted) for wanted in self.problem.needs]
                for given in self.problem.needs
            ]
        )
        keep = finishes[self.need[column], atoms.need[atom]]
        column, atom = column[keep], atom[keep]
        order = np.argsort(atom, kind="stable")
        return column[order], atom[order]

    @cached_property
    def cover(self) -> Incidence:
        """Which program finishes which atom."""
        return Incidence(self.problem.atoms.probability, self.pairs, len(self))

    @cached_property
    def exchanges(self) -> int:
        """Filter exchanges that any plan needs which carries out one program or more."""
        return min(
            (len(set(self.problem.needs[k])) - 1 for k in set(self.need.tolist())), default=0
        )


def contains(given: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Whether visits in `given` filters include those that are `wanted`."""
    return all(given.count(name) >= wanted.count(name) for name in wanted)


def programs_of(problem: Problem, worth: float | None = None) -> VisitOptions:
    """The programs that time, rules and references allow.

    Parameters
    ----------
    worth
        Probability that a field must have; that of the problem unless given.
    """
    worthy = problem.atoms.field_probability >= (problem.worth if worth is None else worth)
    fields, needs = [], []
    for k, wanted in enumerate(problem.needs):
        if not wanted:
            continue
        present = problem.atoms.sum_by_field((problem.atoms.need == k).astype(float)) > 0
        shortest = min(problem.exposure[name] for name in wanted)
        possible = worthy & present
        possible &= visits_that_fit(problem.visible, shortest, problem.gap) >= len(wanted)
        for name in wanted:
            possible &= problem.allowed(name)
        fields.append(np.flatnonzero(possible))
        needs.append(np.full(int(possible.sum()), k))
    if not fields:
        return VisitOptions(problem, np.empty(0, np.int64), np.empty(0, np.int64))
    return VisitOptions(problem, np.concatenate(fields), np.concatenate(needs))
