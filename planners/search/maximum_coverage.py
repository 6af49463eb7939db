"""Maximum coverage with budgets, solved by HiGHS.

Choose columns so that the probability of the atoms that they cover is greatest. An atom counts
once, however often it is covered, and only columns that bring all that it wants cover it.
"""

from __future__ import annotations

import highspy
import numpy as np
from numpy.typing import NDArray

from planners.problem.incidence import Incidence
from planners.search.swaps import Budget, Spending, SwapSearch

_SCALE = 1e3
"""Of the objective, so that the probability of a small atom is well above the tolerances."""

_CLEAR = 1e-4
"""A share this close to 0 or 1 is one of them."""

_DUAL, _PRIMAL = 1, 4
"""Of HiGHS's strategies of the simplex method. Nothing covered is a vertex from which the primal
one reaches the optimum in a third of the time; of a model that has changed since it was solved the
dual one goes on from where it was."""

_SURE, _STEP = 0.8, 0.25
"""In a dive, shares above the first are taken at once, and at least this part of the others."""


class SolverFailed(RuntimeError):
    """HiGHS returned no solution; the message is its verdict."""


class MaximumCoverage:
    """The model. Variables are one for each column, then one for each atom that needs one."""

    def __init__(
        self,
        probability: NDArray[np.float64],
        pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
        field: NDArray[np.int64],
        negligible: float,
        tiebreak: NDArray[np.float64] | None = None,
    ) -> None:
        """Build the model.

        Parameters
        ----------
        probability
            Of each atom. Shape (n_atoms,).
        pairs
            Column and atom, for each column that covers an atom; sorted by atom.
            Shape (n_pairs,).
        field
            Field of each column. The budgets must allow no more than one column a field.
            Shape (n_columns,).
        negligible
            Atoms of less probability are counted as covered: the optimum is no less for it.
        liking
            Added to the objective for each column, to choose among equals; it does not count
            in values. Shape (n_columns,).
        """
        column, atom = pairs
        n_columns = len(field)
        self._cover = (probability, pairs)
        self.n_columns = n_columns
        present, first = np.unique(atom, return_index=True)
        owner = field[column]
        lowest = np.minimum.reduceat(owner, first) if len(first) else owner
        highest = np.maximum.reduceat(owner, first) if len(first) else owner
        # What a single field covers is simply worth its probability to the field's columns.
        alone = np.zeros(len(probability), dtype=bool)
        alone[present[lowest == highest]] = True
        matters = np.zeros(len(probability), dtype=bool)
        matters[present] = ~alone[present] & (probability[present] > negligible)
        self._given = float(probability[present][~alone[present] & ~matters[present]].sum())
        in_column = np.where(alone[atom], probability[atom], 0.0)
        self._weight = np.concatenate(
            [np.bincount(column, in_column, minlength=n_columns), probability[matters]]
        )
        objective = self._weight.copy()
        if tiebreak is not None:
            objective[:n_columns] += tiebreak
        row = np.cumsum(matters) - 1
        keep = matters[atom]
        self._budgets: list[Budget] = []
        self.iterations = 0
        """Of the simplex method so far: what solving costs, on any machine alike."""
        self.highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self._configure()
        self.highs.passModel(_model(_SCALE * objective, column[keep], row[atom[keep]], n_columns))

    def _configure(self) -> None:
        # One thread and one seed: the same input gives the same plan.
        for name, value in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
            self.highs.setOptionValue(name, value)
        self.highs.setOptionValue("simplex_strategy", _PRIMAL)

    def limit(self, weights: NDArray[np.float64], limit: float) -> int:
        """Add a budget: the weighted sum of the chosen columns, shape (n_columns,), is bounded.

        Returns
        -------
        int
            Its row, for `price`.
        """
        used = np.flatnonzero(weights).astype(np.int32)
        self._budgets.append((used, weights[used], limit))
        self.highs.addRow(-highspy.kHighsInf, limit, len(used), used, weights[used])
        return int(self.highs.getNumRow()) - 1

    def change_limit(self, row: int, limit: float) -> None:
        """Give a budget of `limit` another limit, before anything is rounded."""
        self.highs.changeRowBounds(row, -highspy.kHighsInf, limit)

    def price(self, row: int) -> float:
        """Probability that a unit more of a budget would have brought the last relaxation."""
        return max(float(self.highs.getSolution().row_dual[row]), 0.0) / _SCALE

    def limit_each(self, owner: NDArray[np.int64]) -> None:
        """Allow no more than one column of each owner; shape (n_columns,)."""
        order = np.argsort(owner, kind="stable")
        _, group, count = np.unique(owner[order], return_inverse=True, return_counts=True)
        several = count[group] > 1
        _, group = np.unique(group[several], return_inverse=True)
        limits = np.ones(int(group.max(initial=-1)) + 1)
        self.limit_groups(group, order[several], limits, np.ones(len(group)))

    def limit_groups(
        self,
        group: NDArray[np.int64],
        column: NDArray[np.int64],
        limits: NDArray[np.float64],
        weights: NDArray[np.float64],
    ) -> None:
        """Add budgets: so much of the columns of each group at the most.

        Parameters
        ----------
        group, column, weights
            Members, sorted by group, and what each takes. Shape (n_members,).
        limits
            Of each group. Shape (n_groups,).
        """
        if len(limits) == 0:
            return
        start = np.searchsorted(group, np.arange(len(limits))).astype(np.int32)
        parts = zip(np.split(column, start[1:]), np.split(weights, start[1:]), limits, strict=True)
        for members, each, limit in parts:
            self._budgets.append((members, each, float(limit)))
        self.highs.addRows(
            len(limits),
            np.full(len(limits), -highspy.kHighsInf),
            limits.astype(float),
            len(column),
            start,
            column.astype(np.int32),
            weights,
        )

    def relaxed(self) -> tuple[float, NDArray[np.float64]]:
        """Optimum of the linear relaxation, and how much of each column it takes.

        Raises
        ------
        SolverFailed
            If there is none.
        """
        self.highs.run()
        self.highs.setOptionValue("simplex_strategy", _DUAL)
        self.iterations += self.highs.getInfo().simplex_iteration_count
        self._check((highspy.HighsModelStatus.kOptimal,))
        return self._value(), self._columns()

    def rounded(self, share: NDArray[np.float64]) -> NDArray[np.bool_]:
        """A whole solution near the optimum of the relaxation, by diving and swapping.

        Again and again, the columns of which most is taken are taken whole where the budgets
        allow and given up where they do not, and the relaxation is solved anew for the rest.
        In the end single columns are exchanged as long as that covers more.

        Parameters
        ----------
        share
            What `relaxed` returned. Shape (n_columns,).

        Returns
        -------
        ndarray of bool, shape (n_columns,)
        """
        columns = np.arange(self.n_columns, dtype=np.int32)
        taken = np.zeros(self.n_columns, dtype=bool)
        given_up = np.zeros(self.n_columns, dtype=bool)
        spending = Spending(self._budgets, self.n_columns)
        while True:
            open_ = np.flatnonzero((share > _CLEAR) & ~taken & ~given_up)
            if len(open_) == 0:
                search = SwapSearch(Incidence(*self._cover, self.n_columns))
                return search.improved(taken, spending)
            open_ = open_[np.argsort(-share[open_], kind="stable")]
            sure = int(np.sum(share[open_] > _SURE))
            for column in open_[: max(sure, int(len(open_) * _STEP) + 1)].tolist():
                fits = spending.take(column)
                taken[column], given_up[column] = fits, not fits
            # Else the relaxation takes a little of one after another of them, in room for none.
            given_up |= spending.beyond() & ~taken
            self.highs.changeColsBounds(
                self.n_columns, columns, taken.astype(float), (~given_up).astype(float)
            )
            _, share = self.relaxed()

    def _value(self) -> float:
        """Probability covered by the last solution."""
        return float(np.asarray(self.highs.getSolution().col_value) @ self._weight) + self._given

    def _columns(self) -> NDArray[np.float64]:
        return np.asarray(self.highs.getSolution().col_value[: self.n_columns])

    def _check(self, good: tuple[highspy.HighsModelStatus, ...]) -> None:
        status = self.highs.getModelStatus()
        if status not in good:
            raise SolverFailed(f"HiGHS: {self.highs.modelStatusToString(status)}")


def _model(
    objective: NDArray[np.float64],
    column: NDArray[np.int64],
    row: NDArray[np.int64],
    n_columns: int,
) -> highspy.HighsLp:
    """``y_a <= sum of the columns that cover a``, as ``sum - y_a >= 0``; all between 0 and 1."""
    n_rows = len(objective) - n_columns
    start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n_rows) + 1)])
    # Pairs come by row, and each row ends with its own variable.
    index = np.empty(start[-1], dtype=np.int32)
    value = np.ones(start[-1])
    index[np.arange(len(row)) + row] = column
    index[start[1:] - 1] = n_columns + np.arange(n_rows)
    value[start[1:] - 1] = -1.0
    lp = highspy.HighsLp()
    lp.num_col_ = len(objective)
    lp.num_row_ = n_rows
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = objective
    lp.col_lower_ = np.zeros(lp.num_col_)
    lp.col_upper_ = np.ones(lp.num_col_)
    lp.row_lower_ = np.zeros(n_rows)
    lp.row_upper_ = np.full(n_rows, highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = start.astype(np.int32)
    lp.a_matrix_.index_ = index
    lp.a_matrix_.value_ = value
    return lp
