"""Which program in which round: an integer program for a given structure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from planners.geometry.ranges import expand
from planners.problem.scheduler import RobotState
from planners.problem.visit_options import VisitOptions
from planners.search.block_layouts import BlockLayout, BlockLayoutBuilder
from planners.search.blocks import block_at, exchanges
from planners.search.maximum_coverage import MaximumCoverage
from planners.visibility.local_sky import Circumstances

_THRESHOLDS = 48
"""Places within a round at which it is checked that not too many must stand before or after."""


_TIGHT = 1.1
"""Slower than usual where the order is not free."""

_AIRMASS = 2e-6
"""Probability that one unit of airmass is worth: it decides among equals, so that fields are
observed high in the sky, and together with their neighbors."""


_NEGLIGIBLE, _NEGLIGIBLE_SHARE = 2e-6, 2e-3
"""Atoms of less probability, or of less than this part of the most probable field's, are not worth
a variable of their own."""


@dataclass(frozen=True, eq=False)
class Places:
    """Where programs may stand: a column of the integer program each."""

    visit_option: NDArray[np.int64]
    """shape (n_columns,)."""

    round: NDArray[np.int64]
    """Index in the structure, shape (n_columns,)."""

    earliest: NDArray[np.float64]
    """Place in the order, as time after the start of the pass, s, shape (n_columns,)."""

    latest: NDArray[np.float64]
    """Likewise."""


class Assignment:
    """The integer program of one structure."""

    def __init__(
        self,
        visit_options: VisitOptions,
        layout: BlockLayout,
        builder: BlockLayoutBuilder,
        interruption_rate: float = 0.0,
    ) -> None:
        """Build the program.

        Parameters
        ----------
        interruption_rate
            Chance in a short time that the night ends, 1/s.
        """
        self._overhead = builder.step.overhead
        self.visit_options = visit_options
        self.layout = layout
        self.cost = builder.cost
        self.places = _places(visit_options, layout, builder)
        self.model = MaximumCoverage(
            visit_options.problem.atoms.probability,
            _pairs(visit_options, self.places.visit_option),
            visit_options.pointing[self.places.visit_option],
            min(_NEGLIGIBLE, _NEGLIGIBLE_SHARE * self._most_probable()),
            -_AIRMASS * self._airmass() - self._lost_by_waiting(interruption_rate),
        )
        self.model.limit_each(visit_options.pointing[self.places.visit_option])
        self._time_in_rounds()
        self._budgets()

    def _most_probable(self) -> float:
        """Probability of the most probable field."""
        fields = self.visit_options.field
        return float(self.visit_options.problem.atoms.field_probability[fields].max(initial=0.0))

    def _airmass(self) -> NDArray[np.float64]:
        """Airmass of each column in the middle of its round."""
        problem = self.visit_options.problem
        fields = self.visit_options.field[self.places.visit_option]
        ends = [block.start for block in self.layout[1:]] + [problem.sky.length]
        middle = np.array([(a.start + b) / 2 for a, b in zip(self.layout, ends, strict=True)])
        seen = Circumstances(problem.sky, problem.positions[fields], middle[self.places.round])
        return np.minimum(seen.airmass, 5.0)

    def _lost_by_waiting(self, interruption_rate: float) -> NDArray[np.float64]:
        """Probability that each column would lose as its round ends, if the night may end before.

        It orders what is covered in the end; where fields overlap it counts too much.
        """
        problem = self.visit_options.problem
        ends = [
            block.start + len(block.filters) * max(block.length, problem.gap)
            for block in self.layout
        ]
        lost = 1 - problem.chance_of_reaching(np.array(ends), interruption_rate)
        whole = self.visit_options.cover.spread(np.arange(len(problem.atoms.probability)))
        return np.asarray(lost[self.places.round] * whole[self.places.visit_option])

    def _time_in_rounds(self) -> None:
        """No more in a round, nor near either end of it, than there is time for."""
        takes = self._exposures_taken()
        groups: list[NDArray[np.int64]] = []
        limits: list[float] = []
        for k, block in enumerate(self.layout):
            own = np.flatnonzero(self.places.round == k)
            groups.append(own)
            limits.append(np.floor(block.length / self.cost) + 1)
            for depth in np.linspace(0.0, block.length, _THRESHOLDS, endpoint=False):
                early = own[self.places.latest[own] <= depth]
                late = own[self.places.earliest[own] >= block.length - depth]
                for members in (early, late):
                    groups.append(members)
                    limits.append(np.floor(depth / (_TIGHT * self.cost)) + 1)
        useful = [
            i
            for i, (members, limit) in enumerate(zip(groups, limits, strict=True))
            if takes[members].sum() > limit
        ]
        if useful:
            members = np.concatenate([groups[i] for i in useful])
            self.model.limit_groups(
                np.repeat(np.arange(len(useful)), [len(groups[i]) for i in useful]),
                members,
                np.array([limits[i] for i in useful]),
                takes[members],
            )

    def _exposures_taken(self) -> NDArray[np.float64]:
        """Usual exposures in whose place each column stands in a pass, shape (n_columns,)."""
        options = self.visit_options
        exposing = (options.exposing[:, -1] / options.visits)[self.places.visit_option]
        if len(np.unique(exposing)) <= 1:
            return np.ones(len(exposing))
        return np.asarray((exposing + self._overhead) / self.cost)

    def _budgets(self) -> None:
        request = self.visit_options.problem.request
        n = len(self.places.visit_option)
        if request.maximum_fields is not None:
            self.model.limit(np.ones(n), float(request.maximum_fields))
        if request.maximum_time is not None:
            visits = self.visit_options.visits[self.places.visit_option]
            each = visits * self.cost * self._exposures_taken()
            time = request.maximum_time.to_value(u.s)
            spent = _exchanges(self.layout) * self.visit_options.problem.slews.filter_exchange
            # Of many rounds a budget leaves some empty, and their exchanges are not made.
            self.model.limit(each, time - min(spent, time / 2))

    def relaxed(self) -> tuple[float, NDArray[np.float64]]:
        """Optimum of the relaxation, and the share of each column."""
        return self.model.relaxed()

    def rounded(self, share: NDArray[np.float64]) -> list[NDArray[np.int64]]:
        """Programs of each round, of a whole solution."""
        chosen = self.model.rounded(share)
        return [
            self.places.visit_option[chosen & (self.places.round == k)]
            for k in range(len(self.layout))
        ]


def _exchanges(layout: BlockLayout) -> int:
    """Filter exchanges within and between the rounds of a structure."""
    return exchanges(tuple(name for block in layout for name in block.filters))


def _places(
    visit_options: VisitOptions, layout: BlockLayout, builder: BlockLayoutBuilder
) -> Places:
    columns = []
    for k, planned in enumerate(layout):
        state = RobotState(time=planned.start)
        block = block_at(visit_options, state, planned.filters, builder.pace(planned.length))
        fit = np.flatnonzero(block.latest >= block.earliest)
        columns.append((fit, np.full(len(fit), k), block.earliest[fit], block.latest[fit]))
    return Places(*(np.concatenate(part) for part in zip(*columns, strict=True)))


def _pairs(
    visit_options: VisitOptions, visit_option: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Column and atom, wherever a column finishes an atom; sorted by atom."""
    by_program = np.argsort(visit_option, kind="stable")
    start = np.searchsorted(visit_option[by_program], np.arange(len(visit_options) + 1))
    whole, atom = visit_options.pairs
    pair, rank = expand(start[whole + 1] - start[whole])
    return by_program[start[whole][pair] + rank], atom[pair]
