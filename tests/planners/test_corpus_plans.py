"""Plans for every map of the corpus: feasible, and near their bound."""

from __future__ import annotations

import numpy as np
import pytest

from planners import optimal
from planners.skymaps.files import read_skymap
from telescopes import ZTF
from tests.planners.cases import NIGHTS, request_for
from tests.planners.checker import violations

NOT_MAPS = ("90percent.moc.fits", "gbm_gnd_loc_map_723412808.fits")
"""Files of the corpus that hold no sky map in HEALPix."""


def corpus_maps(corpus):
    paths = sorted((corpus / "skymaps").glob("*/*.fit*"))
    return [path for path in paths if path.name not in NOT_MAPS]


@pytest.fixture(scope="module")
def maps(corpus):
    """Each map of the corpus by its file's name; they are read once for all nights."""
    return {path.name: read_skymap(path.read_bytes()) for path in corpus_maps(corpus)}


@pytest.mark.parametrize("night", NIGHTS, ids=("summer", "winter", "full Moon"))
def test_plans_of_the_corpus_are_feasible_and_near_their_bound(maps, night):
    shares = []
    for name, skymap in maps.items():
        plan = optimal.plan(skymap, ZTF, request_for(night, 13))
        assert violations(plan, ZTF) == [], name
        figures = plan.statistics
        if figures["upper_bound"] > 1e-3:
            shares.append(figures["probability_all_filters"] / figures["upper_bound"])
            assert shares[-1] > 0.95, name
    assert np.mean(shares) > 0.97
