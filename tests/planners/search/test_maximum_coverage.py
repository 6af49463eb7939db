"""Maximum coverage against brute force."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from planners.search.maximum_coverage import MaximumCoverage

covers = hnp.arrays(bool, st.tuples(st.integers(1, 8), st.integers(1, 12)))


def model_of(covers_, probability, weights, limit):
    atom, column = np.nonzero(covers_.T)
    model = MaximumCoverage(probability, (column, atom), np.arange(len(covers_)), 0.0)
    model.limit(weights, limit)
    return model


def best_of_all(covers_, probability, weights, limit):
    best = 0.0
    for chosen in itertools.product((False, True), repeat=len(covers_)):
        if weights @ np.array(chosen) <= limit + 1e-9:
            best = max(best, float(probability[covers_[list(chosen)].any(axis=0)].sum()))
    return best


@given(covers_=covers, data=st.data())
@settings(max_examples=60)
def test_the_relaxation_bounds_and_a_whole_solution_keeps_the_budget(covers_, data):
    n_columns, n_atoms = covers_.shape
    shares = data.draw(st.lists(st.floats(0.01, 1), min_size=n_atoms, max_size=n_atoms))
    probability = np.array(shares) / np.sum(shares)
    weights = np.array(
        data.draw(st.lists(st.floats(0.1, 2), min_size=n_columns, max_size=n_columns))
    )
    limit = data.draw(st.floats(0.1, 6))
    model = model_of(covers_, probability, weights, limit)
    bound, share = model.relaxed()
    best = best_of_all(covers_, probability, weights, limit)
    assert bound >= best - 1e-6
    chosen = model.rounded(share)
    assert weights @ chosen <= limit + 1e-9
    value = float(probability[covers_[chosen].any(axis=0)].sum())
    assert value <= best + 1e-9
    # Greedy alone would promise no more than 63 per cent (Nemhauser et al. 1978).
    assert value >= 0.63 * best


def test_many_small_cases_are_solved_all_but_exactly():
    random = np.random.default_rng(4)
    reached = []
    for _ in range(100):
        covers_ = random.random((9, 20)) < 0.3
        probability = random.dirichlet(np.ones(20))
        model = model_of(covers_, probability, np.ones(9), 4.0)
        chosen = model.rounded(model.relaxed()[1])
        best = best_of_all(covers_, probability, np.ones(9), 4.0)
        reached.append(probability[covers_[chosen].any(axis=0)].sum() / best)
    assert np.mean(reached) > 0.995
    assert min(reached) > 0.93


def test_groups_are_limited():
    covers_ = np.eye(4, dtype=bool)
    model = model_of(covers_, np.array([0.4, 0.3, 0.2, 0.1]), np.ones(4), 10.0)
    model.limit_groups(np.array([0, 0, 1, 1]), np.arange(4), np.array([1.0, 1.0]), np.ones(4))
    value, share = model.relaxed()
    assert value == np.float64(0.6) or abs(value - 0.6) < 1e-6
    assert model.rounded(share).tolist() == [True, False, True, False]
