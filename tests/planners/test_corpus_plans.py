"""Plans for every map of the corpus: feasible, and near their bound."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.time import Time

from planners import greedy, optimal
from planners.skymaps.files import read_skymap
from telescopes import TELESCOPES, ZTF
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


def memory_from_now_on() -> Callable[[], float]:
    """Gives the most bytes that this process has had at a time, beyond those that it has now.

    The kernel counts, for the solver's too; `tracemalloc` would take as long as the plan.
    """
    ctypes.CDLL(None).malloc_trim(0)  # what is free would be taken again unseen
    Path("/proc/self/clear_refs").write_text("5")
    before = _resident("VmRSS")
    return lambda: _resident("VmHWM") - before


def _resident(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{name}:"))
    return float(line.split()[1]) * 1024


def test_memory_is_counted():
    taken = memory_from_now_on()
    assert taken() < 20e6
    np.ones(10_000_000)
    assert 70e6 < taken() < 100e6


@pytest.mark.parametrize("name", ["LCO-1m-lsc", "GROWTH-India"])
def test_a_narrow_camera_on_a_huge_map_takes_little_memory(maps, name):
    telescope = TELESCOPES[name]
    taken = memory_from_now_on()
    plan = optimal.plan(
        maps["S190425z_bayestar.fits.gz"],
        telescope,
        request_for(NIGHTS[1] - 3 * u.hour, 24, exposure=300),
    )
    assert taken() < 300e6
    assert violations(plan, telescope) == []
    figures = plan.statistics
    assert figures["probability_all_filters"] > 0
    assert 0 <= figures["optimality_gap"] < 0.25
    assert sum(figures["probability_lost"].values()) + figures[
        "probability_all_filters"
    ] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "night", "complete"),
    [
        ("nsbh_00077deg2_10107.multiorder.fits", "2027-03-10", 31),
        ("userguide_MS181101ab_bayestar.multiorder.fits", "2026-11-28", 28),
    ],
)
def test_pauses_hold_all_visits_of_fields_that_could_have_them(maps, name, night, complete):
    telescope = TELESCOPES["LCO-1m-lsc"]
    request = request_for(Time(night), 24, exposure=300)
    plans = [planner.plan(maps[name], telescope, request) for planner in (optimal, greedy)]
    for plan in plans:
        assert violations(plan, telescope) == []
    visited = [[exposure.field_id for exposure in plan.exposures] for plan in plans]
    finished = [sum(ids.count(field) == 2 for field in set(ids)) for ids in visited]
    assert finished[0] >= complete
    assert finished[0] > finished[1]
